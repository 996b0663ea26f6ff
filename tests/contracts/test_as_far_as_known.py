"""A figure says where it reaches further than is known, and why there is no rate: in every face, in the same words."""

import asyncio
import csv
import io
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from deploy.command import main
from events.working_days import calendar
from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER, LOOKED_AFTER_RATE
from metrics.exposition.http.app import create_app
from metrics.exposition.prometheus.collector import FigureCollector
from metrics.figures.answers import Answers
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.rules.rules import Rules
from metrics.windows import parse_at
from streams.publishing.figures_topic import standing
from tests.boards import Clock, Told, at
from tests.story import AUTHORITY, rows

NOW = "2026-11-30T12:00:00Z"
RETURN = """
    day        | event         | record  | fields
    -----------+---------------+---------+----------------------------------------------------------------------------
    2017-05-02 | care started  | C1      | team=North
    2018-03-31 | feed reported | ssda903 | recorded_at=2018-03-31T23:59:59+01:00 complete_to=2018-03-31T23:59:59+01:00
"""
FED = """
    day        | event         | record  | fields
    -----------+---------------+---------+----------------------------------------------------------------------
    2025-05-02 | care started  | C1      | team=North
    2026-11-27 | feed reported | eclipse | recorded_at=2026-11-27T15:59:30Z complete_to=2026-11-27T15:59:00Z
"""
NO_FEED = "day | event | record | fields\n---\n2017-05-02 | care started | C1 | team=North"
COMPLETE = "as far as known: complete to 31 March 2018"


def figure(table: str, on: str | None, now: str = NOW, known_at: str | None = None, speed: float = 1.0) -> Figure:
    """Return what an authority that was told *table* answers at *now*, asked about a moment, or about now."""
    reader, clock = Told(table), datetime.fromisoformat(now)
    answers = Answers(reader.snapshot(), lambda _: clock, lambda _: reader.rules, lambda _: speed)
    moment = parse_at(on) if on else answers.now(AUTHORITY)
    (found,) = answers.figures(AUTHORITY, Question(measure=CHILDREN_LOOKED_AFTER, at=moment, known_at=known_at))
    return found


# --- when -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", ["2018-03-31", "2018-03-31T23:59:59+01:00", "2017-12-31"])
def test_up_to_the_end_of_a_return_nothing_is_missing(on: str) -> None:
    """Its last day is known, to the end of it."""
    found = figure(RETURN, on)
    assert (found.value, found.status, found.note, found.beside) == (1, "no_target", None, {})


@pytest.mark.parametrize("on", [None, "2018-04-01", "2018-04-03", "2026-11-29"])
def test_past_the_end_of_a_return_the_figure_says_to_when_it_is_complete(on: str | None) -> None:
    """Nobody may take the children of March 2018 for those of today."""
    found = figure(RETURN, on)
    assert (found.value, found.status, found.note) == (1, "incomplete", COMPLETE)
    assert found.beside == {"complete_to": "2018-03-31T23:59:59+01:00"}


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("2026-12-01", "1 December 2026 has not come"),
        ("2027-01-31", "31 January 2027 has not come"),
        ("2026-11-30", "30 November 2026 is not over"),
        ("2026-11-30T12:00:01Z", "30 November 2026 12:00 has not come"),
    ],
)
def test_a_day_that_has_not_come_is_as_far_as_known(on: str, says: str) -> None:
    """Whether anybody reports or not; with what is known so far."""
    found = figure(NO_FEED, on)
    assert (found.value, found.status, found.note) == (1, "incomplete", f"as far as known: {says}")
    assert found.beside == {"as_of": "2026-11-30T12:00:00+00:00"}
    both = figure(RETURN, on)
    assert both.note == f"as far as known: {says}; complete to 31 March 2018"
    assert set(both.beside) == {"as_of", "complete_to"}


@pytest.mark.parametrize("on", [None, "2026-11-29", "2020-01-01"])
def test_without_any_report_what_is_over_is_taken_as_it_is(on: str | None) -> None:
    """Nobody ever said up to when all is here: no figure could say so."""
    assert figure(NO_FEED, on).status == "no_target"


def test_a_feed_that_is_not_late_makes_no_figure_incomplete() -> None:
    """On Saturday all that the office did until Friday evening is here; on Monday at ten it is late."""
    assert figure(FED, None, "2026-11-28T12:00:00Z").status == "no_target"
    assert figure(FED, "2026-11-27", "2026-11-28T12:00:00Z").status == "no_target"
    late = figure(FED, None, "2026-11-30T10:00:00Z")
    assert (late.status, late.note) == ("incomplete", "as far as known: complete to 27 November 2026 15:59")
    assert figure(FED, "2026-11-27T15:59:00Z", "2026-11-30T10:00:00Z").status == "no_target"
    assert figure(FED, "2026-11-28", "2026-11-30T10:00:00Z").status == "incomplete"
    assert figure(FED, None, "2026-11-30T09:04:00Z", speed=60.0).status == "no_target", "a demonstration runs faster"


def test_who_knows_nothing_later_knows_no_later_figure() -> None:
    """As known on the 20th of December, the 31st had not come."""
    known = figure(NO_FEED, "2025-12-31", known_at="2025-12-20")
    assert (known.status, known.note) == ("incomplete", "as far as known: 31 December 2025 has not come")
    assert figure(NO_FEED, "2025-12-31", known_at="2026-01-05").status == "no_target"


# --- in every face ----------------------------------------------------------------------------------------------------


def over_http(path: str) -> httpx.Response:
    reader = Told(RETURN)
    app = create_app(reader, Clock(at(NOW)).clocks(Rules(calendar())))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


def command(folder: Path, *words: str) -> str:
    file = folder / "return.ndjson"
    file.write_text("\n".join(json.dumps(row) for row in rows(RETURN)))
    done = CliRunner().invoke(main, ["figures", *words, "--from", str(file)])
    assert done.exit_code == 0, done.output
    return done.stdout


def topic(measure: str) -> list[dict[str, Any]]:
    reader = Told(RETURN)
    answers = Answers(reader.snapshot(), lambda _: at(NOW), lambda _: reader.rules)
    figures = [f for each in standing(answers, AUTHORITY, answers.now(AUTHORITY)) for f in each if f.measure == measure]
    return [{"status": f.status, "note": f.note, "value": f.value, "beside": f.beside, "team": f.team} for f in figures]


def test_every_face_says_to_when_a_return_is_complete(tmp_path: Path) -> None:
    """API, series, CSV, topic and command: one answer, one sentence."""
    name = CHILDREN_LOOKED_AFTER.name
    found = over_http(f"/v1/figures?measure={name}").json()["figures"]
    series = over_http(f"/v1/figures/{name}/series?from=2018-03-01&to=2018-04-30").json()["figures"]
    (row,) = csv.DictReader(io.StringIO(over_http(f"/v1/figures?measure={name}&format=csv").text))
    of_team = over_http(f"/v1/figures?measure={name}&by=team").json()["figures"]
    for told in (*found, *of_team, row, *topic(name)):
        assert (told["status"], told["note"]) == ("incomplete", COMPLETE)
    assert [(told["at"], told["status"]) for told in series] == [
        ("2018-03-31", "no_target"),
        ("2018-04-30", "incomplete"),
    ]
    assert row["complete_to"] == "2018-03-31T23:59:59+01:00"
    assert f"1 ({COMPLETE})" in command(tmp_path, name, "--at", "2018-04-30")
    assert "as far as known" not in command(tmp_path, name, "--at", "2018-03-31")


def test_a_rate_without_a_population_is_no_number_and_says_why(tmp_path: Path) -> None:
    """The children counted stand under a rate's name nowhere but in its numerator; the remedy is in every answer."""
    name, why = LOOKED_AFTER_RATE.name, "set its population in authority.toml"
    for told in (*over_http(f"/v1/figures?measure={name}&at=2018-03-31").json()["figures"], *topic(name)[:1]):
        assert told["value"] is None
        assert why in told["note"]
    (row,) = csv.DictReader(io.StringIO(command(tmp_path, name, "--at", "2018-03-31", "--csv")))
    assert (row["value"], why in row["note"]) == ("", True)
    *_, line = command(tmp_path, name, "--at", "2018-03-31").splitlines()
    assert line.partition(AUTHORITY)[2].startswith("  no rate (how many children live in X99999901 is not known for")
    assert why in line
    assert "is not known for 2017 nor before" in line, "2017-18 is per mid-2017"
    (of_team,) = over_http(f"/v1/figures?measure={name}&at=2018-03-31&by=team").json()["figures"]
    assert (of_team["value"], "ask for its rate" in of_team["note"]) == (None, True)


def test_prometheus_says_that_there_is_no_rate_without_a_denominator() -> None:
    """A numerator alone divides into nothing; the help of the series says what to do."""
    reader, registry = Told(RETURN), CollectorRegistry()
    reader.answered_at = time.monotonic()
    registry.register(FigureCollector(reader, Clock(at(NOW)).clocks(reader.rules), "1"))
    lines = [line for line in generate_latest(registry).decode().splitlines() if LOOKED_AFTER_RATE.name in line]
    assert any("_numerator{" in line for line in lines)
    assert not any("_denominator{" in line for line in lines)
    assert all("set the authority's population" in line for line in lines if line.startswith("# HELP"))
