"""The made-up authority beside other people's: its rules come with it, and its clock is never taken for ours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.command import main
from deploy.configuration.settings import Settings, read_settings
from deploy.doctor.machine import clock as examined
from deploy.machine.programs import free_port
from deploy.processes.authority_directory import MADE_UP, ClockUnknown, authority_directory
from events.simulator.clock import DemonstrationClock

(WEXSHIRE,) = MADE_UP
BEGAN = datetime(2017, 12, 14, 14, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """A clock that has just begun, sixty times as fast as ours."""
    file = tmp_path / "demonstration.json"
    file.write_bytes(DemonstrationClock.resumed(BEGAN, datetime.now(UTC), 60.0).encode())
    return file


def settings(clock: Path | None, authorities: Path | None = None) -> Settings:
    given = {"CASEPULSE_DEMONSTRATION": str(clock or ""), "CASEPULSE_AUTHORITIES": str(authorities or "")}
    return read_settings(given, by_up=False)


def test_a_demonstration_brings_what_its_authority_sets(clock: Path, tmp_path: Path) -> None:
    """Localities, population and targets of Wexshire are there unasked, beside what the file here sets for others."""
    file = tmp_path / "mine.toml"
    file.write_text('[E10000099]\nname = "Elsewhere"\n')
    rules = settings(clock, file).rules
    wexshire = rules.of(WEXSHIRE)
    assert wexshire.locality_at("Coast assessment 1", BEGAN.date()) == "Coast"
    assert (wexshire.population[2017], wexshire.targets["assessment_timeliness"]) == (143525, 0.85)
    assert rules.of("E10000099").name == "Elsewhere"
    assert settings(None, file).rules.of(WEXSHIRE).teams == ()  # real parts, where nobody is made up


def test_a_section_of_one_s_own_counts_alone(clock: Path, tmp_path: Path) -> None:
    """Who writes a section for the made-up authority tries something out: nothing is mixed into it."""
    file = tmp_path / "mine.toml"
    file.write_text(f'[{WEXSHIRE}]\nname = "Mine"\n')
    mine = settings(clock, file).rules.of(WEXSHIRE)
    assert (mine.name, mine.teams, mine.population, mine.targets) == ("Mine", (), {}, {})


def test_what_a_demonstration_brings_recounts_nothing(clock: Path) -> None:
    """Localities, population and targets are read beside the count."""
    assert settings(clock).rules.version == settings(None).rules.version


def test_without_its_clock_nobody_says_what_time_it_is(clock: Path) -> None:
    """Missing, empty or damaged: the wall's date would make each figure another year's. Others have the wall's time."""
    now = authority_directory(settings(clock)).now
    assert abs(now(WEXSHIRE) - BEGAN) < timedelta(hours=3)
    for spoil in (lambda: clock.write_bytes(b""), lambda: clock.write_bytes(b"{"), clock.unlink):
        spoil()
        directory = authority_directory(settings(clock))
        for ask in (directory.now, directory.speed):
            with pytest.raises(
                ClockUnknown, match=rf"{WEXSHIRE} is made up, and {clock}, its clock, .*: let `casepulse"
            ):
                ask(WEXSHIRE)
        assert abs(directory.now("E10000099") - datetime.now(UTC)) < timedelta(minutes=5)
    assert abs(authority_directory(settings(None)).now(WEXSHIRE) - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_clock_that_was_seen_goes_on_without_its_file(clock: Path) -> None:
    """A server that runs loses nothing by it: what the file said is all that the time depends on. A new one is read."""
    directory = authority_directory(settings(clock))
    assert directory.now(WEXSHIRE).year == 2017
    clock.unlink()
    assert (directory.now(WEXSHIRE).year, directory.speed(WEXSHIRE)) == (2017, 60.0)
    clock.write_bytes(DemonstrationClock.resumed(BEGAN + timedelta(days=400), datetime.now(UTC), 30.0).encode())
    assert (directory.now(WEXSHIRE).year, directory.speed(WEXSHIRE)) == (2019, 30.0)


def test_a_server_and_a_question_refuse_without_it(clock: Path, tmp_path: Path) -> None:
    """Exit 3, and one line that says what to do; the doctor says the same."""
    clock.unlink()
    (tmp_path / "one.ndjson").write_text(
        '{"type": "enquiry.received", "id": "1", "authority": "X99999901", "child": "c", "record": "E1", '
        '"occurred_on": "2017-12-01", "recorded_at": "2017-12-01T12:00:00Z", "source": "carefirst"}\n'
    )
    env = {"CASEPULSE_DEMONSTRATION": str(clock), "CASEPULSE_REDIS": "redis://127.0.0.1:1/0"}
    for asked in (
        ("serve", "--port", str(free_port())),
        ("figures", "enquiries_received", "--from", str(tmp_path / "one.ndjson")),
    ):
        done = CliRunner().invoke(main, asked, env=env)
        assert (done.exit_code, done.stdout) == (3, ""), done.output
        assert done.stderr.endswith(
            "is not there: let `casepulse up` write it, which it does once its story is told, or unset "
            "CASEPULSE_DEMONSTRATION\n"
        )
    (found,) = examined(settings(clock))
    assert (found.level, found.remedy.partition(",")[0]) == ("wrong", "let `casepulse up` write it")
