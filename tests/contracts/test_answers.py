"""One door for answers: whatever it says, every face shows, and nothing else."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import msgspec
import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from deploy.command import main
from events.time import instant
from events.working_days import calendar
from metrics.catalogue.front_door import ENQUIRIES_RECEIVED
from metrics.exposition.http.app import create_app
from metrics.exposition.prometheus.collector import FigureCollector
from metrics.figures import answers as door
from metrics.figures import behind
from metrics.figures.answers import Answers
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.rules.rules import Rules
from metrics.rules.teams import TeamFact
from metrics.windows import parse_at
from metrics.wrong_question import WrongQuestion
from streams.publishing.figures_topic import standing
from tests.boards import Clock, Told, at
from tests.story import AUTHORITY, rows

NOW = "2025-06-02T12:00"
ODD = 4_711  # a number that no counting gives
TABLE = """
    day                  | event            | record | child | fields
    ---------------------+------------------+--------+-------+-----------
    2025-06-02T09:00:00Z | enquiry received | E1     | ada   | team=North
    2025-06-02T10:00:00Z | enquiry received | E2     | ben   | team=South
"""


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the door say the same odd number of everything."""

    def answer(*question: object) -> list[Figure]:
        figures = evaluate(*question)  # type: ignore[arg-type]
        return [msgspec.structs.replace(figure, numerator=ODD, denominator=ODD, value=float(ODD)) for figure in figures]

    monkeypatch.setattr(door, "answer", answer)
    monkeypatch.setattr(behind, "answer", answer)  # imported above: once the door is odd, it would keep the odd one


def told() -> Told:
    reader = Told(TABLE)
    reader.answered_at = time.monotonic()
    return reader


def asked(path: str) -> httpx.Response:
    reader = told()
    app = create_app(reader, Clock(at(NOW)).clocks(reader.rules))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


def over_http(path: str) -> str:
    return asked(path).text


def board() -> str:
    return json.dumps(told().message(NOW)["figures"])


def scrape() -> str:
    reader, registry = told(), CollectorRegistry()
    registry.register(FigureCollector(reader, Clock(at(NOW)).clocks(reader.rules), "1"))
    return "\n".join(line for line in generate_latest(registry).decode().splitlines() if "enquiries_received{" in line)


def topic() -> str:
    reader = told()
    answers = Answers(reader.snapshot(), lambda _: at(NOW), lambda _: reader.rules)
    return "".join(
        str(figure.numerator) for each in standing(answers, AUTHORITY, answers.now(AUTHORITY)) for figure in each
    )


def command(folder: Path, *words: str) -> str:
    file = folder / "events.ndjson"
    file.write_text("\n".join(json.dumps(row) for row in rows(TABLE)))
    asked = ["figures", "enquiries_received", "--from", str(file), "--at", "2025-06-30", *words]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    return done.stdout.replace(",", "")


FACES: dict[str, Callable[[Path], str]] = {
    "board": lambda _: board(),
    "API": lambda _: over_http("/v1/figures?measure=enquiries_received"),
    "series": lambda _: over_http("/v1/figures/enquiries_received/series?from=2025-06-01&to=2025-06-30&step=week"),
    "CSV": lambda _: over_http("/v1/figures?measure=enquiries_received&by=team&format=csv"),
    "/metrics": lambda _: scrape(),
    "topic": lambda _: topic(),
    "command": lambda folder: command(folder),
    "command, CSV": lambda folder: command(folder, "--csv"),
    "cases": lambda folder: command(folder, "--cases"),
}


@pytest.mark.parametrize("face", FACES)
def test_every_face_shows_what_the_door_says(face: str, odd: None, tmp_path: Path) -> None:
    """What is hidden or mended there is hidden or mended everywhere: disclosure will stand in that one place."""
    assert str(ODD) in FACES[face](tmp_path)


def test_a_team_of_the_file_is_shown_on_the_days_that_the_file_gives_it() -> None:
    """A team that has nothing has its zeros; one that is closed, or has not begun, is no team that has nothing."""
    begins, ends = date(2030, 1, 1), date(2016, 1, 1)
    teams = (TeamFact("Gone", "G", last=ends), TeamFact("Later", "G", first=begins), TeamFact("There", "G"))
    reader = Told(TABLE, Rules(calendar(), teams=teams))
    answers = Answers(reader.snapshot(), lambda _: at(NOW), lambda _: reader.rules)
    shown = answers.figures_by_place(AUTHORITY, ENQUIRIES_RECEIVED, answers.now(AUTHORITY))
    places = {(figure.team, figure.locality): figure.numerator for figure in shown}
    assert places == {("North", "unknown"): 1, ("South", "unknown"): 1, ("There", "G"): 0}
    assert answers.places_shown_on(AUTHORITY, date(2025, 6, 2)) == places.keys()
    assert answers.places_on(AUTHORITY, ends) >= {("Gone", "G")}
    assert answers.places_on(AUTHORITY, begins) >= {("Later", "G")}


def test_a_snapshot_is_of_one_moment() -> None:
    """Events that come while a long answer is on its way are in none of its figures."""
    reader = told()
    answers = Answers(reader.snapshot(), lambda _: at(NOW), lambda _: reader.rules)
    question = Question(measure=ENQUIRIES_RECEIVED, at=parse_at("2025-06-30"))
    reader.sums[AUTHORITY].add("enquiries_received", {("West", ("a", "b", "c", "d", "e"), instant(at(NOW))): 1})
    assert [figure.numerator for figure in answers.figures(AUTHORITY, question)] == [2]
    later = Answers(reader.snapshot(), lambda _: at(NOW), lambda _: reader.rules)
    assert [figure.numerator for figure in later.figures(AUTHORITY, question)] == [3]


@pytest.mark.parametrize(
    ("fault", "status"),
    [(ValueError("ada's case"), 500), (KeyError("ada"), 500), (WrongQuestion("ask otherwise"), 400)],
)
def test_a_fault_of_ours_is_never_the_askers(
    fault: Exception, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong question answers 400 in its own words; a bug answers 500 without any, as they may quote a child."""

    def failing(*_: object) -> list[Figure]:
        raise fault

    monkeypatch.setattr(door, "answer", failing)
    answer = asked("/v1/figures?measure=enquiries_received")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Content-Security-Policy" in answer.headers
    assert ("ask otherwise" in answer.text) == (status == 400)
    assert "ada" not in answer.text + caplog.text
    assert (type(fault).__name__ in caplog.text) == (status == 500)
