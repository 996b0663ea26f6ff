"""How many children rates are per: of each year, under whichever code the place had then."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.command import main
from deploy.doctor import authorities
from deploy.doctor.authorities import HeardAuthority
from metrics.counting.completeness import Completeness
from metrics.figures.reference.population import Estimate, population, published, successions
from metrics.rules.rules import RulesByAuthority
from tests.contracts.test_sources import made_return


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("E08000038", "2026-03-31", (2024, "E08000016")),  # Barnsley since 2025
        ("E08000016", "2026-03-31", (2024, "E08000016")),
        ("E08000039", "2017-12-31", (2017, "E08000019")),  # Sheffield
        ("E06000066", "2023-03-31", (2022, "E10000027")),  # Somerset since April 2023, before
        ("E06000066", "2023-12-31", (2023, "E06000066")),
        ("E10000027", "2026-03-31", (2024, "E06000066")),  # and under its old code after
        ("E06000065", "2020-03-31", (2019, "E10000023")),  # North Yorkshire
        ("E06000060", "2012-04-01", (2012, "E10000002")),  # Buckinghamshire
        ("E08000020", "2018-03-31", (2017, "E08000037")),  # Gateshead to 2013
        ("E10000009", "2017-12-31", None),  # Dorset to 2019: a part of it is of another authority now
        ("E10000021", "2023-03-31", (2020, "E10000021")),  # Northamptonshire, split in two: nothing newer is its own
        ("E06000061", "2020-03-31", None),
        ("935", "2017-12-31", None),
    ],
)
def test_a_place_keeps_its_estimates_when_its_code_changes(
    code: str, day: str, expected: tuple[int, str] | None
) -> None:
    """One for one, in both directions; not where an authority was split or merged."""
    estimate = population(code, date.fromisoformat(day), {})
    assert estimate == (expected and Estimate(expected[0], published()[expected[1]][expected[0]]))


def test_what_the_authority_sets_goes_before_what_is_published_under_any_code() -> None:
    """Of the same year; of others, the published one stands."""
    assert population("E06000066", date(2023, 3, 31), {2022: 5}) == (2022, 5)
    assert population("E06000066", date(2023, 12, 31), {2022: 5}) == (2023, published()["E06000066"][2023])


@pytest.mark.parametrize(("code", "is_said"), [("E08000038", False), ("E08000016", False), ("E10000099", True)])
def test_the_doctor_misses_a_population_only_where_rates_do(code: str, is_said: bool) -> None:
    """A place whose code has changed has its rates under the new one, and nothing is to be set."""
    heard = HeardAuthority(code, Completeness(), None, 1.0, None)
    findings = authorities.judge([heard], RulesByAuthority())
    assert any("sets no population" in finding.what for finding in findings) is is_said


def test_each_succession_is_of_one_code_by_one() -> None:
    """And the estimates of both do not contradict each other: no year is of two codes."""
    for code, others in successions().items():
        assert len(others) == 1
        years = [set(published().get(each, {})) for each in (code, *others)]
        assert len(years[0] & years[1]) == 0


def test_a_code_that_has_no_population_is_said_when_a_return_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do. A known one is not spoken of, nor one whose population is set."""
    monkeypatch.setenv("CASEPULSE_DATA_DIR", str(tmp_path / "data"))
    folder = str(made_return(tmp_path / "return", 3))
    words = ["load", folder, "--source", "ssda903", "--as-of", "2018-03-31", "--to", str(tmp_path / "out.ndjson")]
    said = "no population is known of this code"
    assert said in CliRunner().invoke(main, [*words, "--authority", "935"]).output
    assert said not in CliRunner().invoke(main, [*words, "--authority", "E10000008"]).output
    (tmp_path / "authority.toml").write_text('["935"]\npopulation = {2017 = 1000}\n')
    monkeypatch.setenv("CASEPULSE_AUTHORITIES", str(tmp_path / "authority.toml"))
    assert said not in CliRunner().invoke(main, [*words, "--authority", "935"]).output
