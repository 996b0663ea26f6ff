"""The sources of events: `load` takes its choices from one tuple, and says what became of every line."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from deploy.command import main
from deploy.verbs.load import load
from events.sources.catalogue import SOURCES, source_named
from events.sources.source import PathKind

EVENT = {
    "type": "referral.received",
    "id": "t-1",
    "authority": "X99999901",
    "record": "R-1",
    "source": "simulator",
    "recorded_at": "2018-03-05T10:30:00Z",
    "occurred_on": "2018-03-05",
    "child": "child-1",
}
OTHER = {**EVENT, "id": "t-2", "authority": "X99999902"}


@pytest.fixture
def events_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with an event of each of two authorities, an empty line, and a line that is no event."""
    monkeypatch.setenv("CASEPULSE_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "some.ndjson"
    path.write_text("\n".join([json.dumps(EVENT), "", "child-9", json.dumps(OTHER)]))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["load", *map(str, arguments)])


def test_each_source_has_a_name_of_its_own() -> None:
    """The names are the choices of --source, and its help says what each path has to be."""
    names = [source.name for source in SOURCES]
    assert len(set(names)) == len(names)
    assert [source_named(name) for name in names] == list(SOURCES)
    option = next(option for option in load.params if "--source" in option.opts)
    assert isinstance(option, click.Option)
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == names
    assert all(f"{source.name}: {source.path_is}" in str(option.help) for source in SOURCES)


def test_every_line_of_a_file_of_events_is_accounted_for(events_file: Path) -> None:
    """An event, or left for a reason; empty lines are none. No line is repeated."""
    target = events_file.with_name("out.ndjson")
    done = run(events_file, "--source", "events", "--to", target)
    assert done.exit_code == 0, done.output
    assert "some.ndjson: 2 events; 1 left, not_json 1" in done.output
    assert "child-9" not in done.output
    assert [json.loads(line) for line in target.read_text().splitlines()] == [EVENT, OTHER]


def test_events_of_another_authority_are_left(events_file: Path) -> None:
    """With --authority, whatever the events say of themselves."""
    target = events_file.with_name("out.ndjson")
    done = run(events_file, "--source", "events", "--authority", "X99999902", "--to", target)
    assert "some.ndjson: 1 events; 2 left, of another authority 1, not_json 1" in done.output
    assert [json.loads(line) for line in target.read_text().splitlines()] == [OTHER]


@pytest.mark.parametrize("name", [source.name for source in SOURCES])
def test_a_path_of_the_wrong_kind_is_wrong_use(events_file: Path, name: str) -> None:
    """A folder for a file, or a file for a folder: the error says what to give."""
    source = source_named(name)
    path = events_file.parent if source.path_kind is PathKind.FILE else events_file
    done = run(path, "--source", name, "--authority", "E10000008", "--as-of", "2018-03-31")
    assert done.exit_code == 2
    assert f"for --source {name} give {source.path_is}" in " ".join(done.output.split())


@pytest.mark.parametrize("name", [source.name for source in SOURCES if source.is_return])
def test_a_return_needs_its_authority_and_its_day(tmp_path: Path, name: str) -> None:
    """Neither is in it; and it never goes into the made-up authority."""
    path = tmp_path if source_named(name).path_kind is PathKind.FOLDER else tmp_path / "return"
    path.touch()
    assert "a return needs --authority and --as-of" in run(path, "--source", name).output
    assert "a return needs" in run(path, "--source", name, "--as-of", "2018-03-31").output
    done = run(path, "--source", name, "--authority", "X99999901", "--as-of", "2018-03-31")
    assert (done.exit_code, "a real return never goes into it" in done.output) == (2, True)


def test_what_would_fail_after_the_reading_is_refused_before(events_file: Path, tmp_path: Path) -> None:
    """A folder that is not there; and an empty authority, as an unset variable of a script gives it, which is none."""
    done = run(events_file, "--source", "events", "--to", tmp_path / "nowhere" / "out.ndjson")
    assert (done.exit_code, "there is no folder" in done.output) == (2, True)
    done = run(events_file, "--source", "events", "--authority", "", "--to", tmp_path / "out.ndjson")
    assert (done.exit_code, "it is empty: name an authority" in done.output) == (2, True)
    assert not (tmp_path / "out.ndjson").exists()
