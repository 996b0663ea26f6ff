"""What HTTP promises of series, of several moments at once, of CSV, and of tags that spare an answer twice."""

import asyncio
import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from metrics.catalogue import BY_NAME, MEASURES
from metrics.exposition.feeds.csv import COLUMNS, csv_of
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Answer, Figure
from metrics.figures.question import Question
from metrics.figures.series import MAX_POINTS, UnknownSeries, ends
from metrics.store.reader import Reader
from metrics.store.redis import Store
from metrics.sums.sums import Sums
from metrics.windows import At
from tests import conftest
from tests.contracts.test_api import asking, client_of
from tests.promises.test_time_passes_on_read import with_store
from tests.story import AUTHORITY

SERIES = "/v1/figures/assessments_overdue/series"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody follows the store here, and a busy machine may take more than five seconds over a test."""
    monkeypatch.setattr("metrics.store.reader.STORE_SILENT_SECONDS", 600.0)


# --- the days ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "first", "last", "found"),
    [
        ("day", "2024-02-28", "2024-03-01", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("week", "2025-05-05", "2025-05-18", ["2025-05-11", "2025-05-18"]),  # Monday to the second Sunday
        ("week", "2025-05-11", "2025-05-12", ["2025-05-11", "2025-05-12"]),  # a Sunday, and the week begun after it
        ("month", "2025-01-31", "2025-03-14", ["2025-01-31", "2025-02-28", "2025-03-14"]),
        ("month", "2016-01-01", "2017-12-31", None),
        ("day", "2025-05-09", "2025-05-09", ["2025-05-09"]),
        ("month", "9999-11-30", "9999-12-31", ["9999-11-30", "9999-12-31"]),
        ("week", "9999-12-30", "9999-12-31", ["9999-12-31"]),
    ],
)
def test_a_point_is_the_end_of_its_step(step: str, first: str, last: str, found: list[str] | None) -> None:
    """The last day of each month, the Sunday of each week; of the step under way its days so far."""
    days = ends(date.fromisoformat(first), date.fromisoformat(last), step)
    if found is None:
        assert len(days) == 24
        assert all((day + timedelta(days=1)).day == 1 for day in days)
    else:
        assert [str(day) for day in days] == found


def test_there_are_at_most_a_thousand_points() -> None:
    """One more is refused, and so is what would take for ever to count."""
    first = date(2020, 1, 1)
    assert len(ends(first, first + timedelta(days=MAX_POINTS - 1), "day")) == MAX_POINTS
    for last in (first + timedelta(days=MAX_POINTS), date.max):
        with pytest.raises(UnknownSeries, match="more than 1,000 points, one a day"):
            ends(first, last, "day")


# --- over HTTP --------------------------------------------------------------------------------------------------------


def test_a_series_is_the_figures_of_its_days(valkey: conftest.Store) -> None:
    """Each figure is the one that its day alone gives, by whatever it is divided and wherever it is kept to."""

    async def ask(client: httpx.AsyncClient) -> None:
        for more in ({}, {"by": "team"}, {"team": "South"}, {"window": "last_30_days"}):
            days = {"from": "2025-03-01", "to": "2025-05-09", "step": "week"}
            for measure in ("assessments_overdue", "enquiries_received", "assessment_timeliness", "longest_wait"):
                found = (await client.get(f"/v1/figures/{measure}/series", params=days | more)).json()
                one_by_one: list[Any] = []
                for day in dict.fromkeys(figure["at"] for figure in found["figures"]):
                    alone = await client.get("/v1/figures", params={"measure": measure, "at": day} | more)
                    one_by_one += alone.json()["figures"]
                assert found["figures"] == one_by_one
                assert found["as_of"] == "2025-05-09T23:59:59.999999+01:00"
        weeks = (await client.get(SERIES, params=days)).json()["figures"]
        assert [figure["at"] for figure in weeks[:2]] == ["2025-03-02", "2025-03-09"]
        assert [figure["numerator"] for figure in weeks][-4:] == [2, 3, 3, 4]
        assert weeks[-1]["at"] == "2025-05-09"

    asking(valkey, ask)


def test_left_out_a_series_is_of_the_twelve_months_to_now(valkey: conftest.Store) -> None:
    """By month, the month under way included: NOW is 30 November 2026."""

    async def ask(client: httpx.AsyncClient) -> None:
        found = (await client.get(SERIES)).json()["figures"]
        assert [found[0]["at"], found[-1]["at"], len(found)] == ["2025-12-31", "2026-11-30", 12]

    asking(valkey, ask)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        (f"{SERIES}?step=fortnight", 400, "one of day, week, month"),
        (f"{SERIES}?from=2025-05-09&to=2025-05-08", 400, "the first day is after the last"),
        (f"{SERIES}?from=1995-01-01&to=2025-05-08&step=day", 400, "more than 1,000 points"),
        (f"{SERIES}?from=yesterday", 400, "neither a date"),
        (f"{SERIES}?from=2025-05-09T12:00:00Z", 400, "from day to day"),
        (f"{SERIES}?from=9999-12-31", 400, "from 1900 to 2099"),
        (f"{SERIES}?at=2025-05-09", 400, "no parameter 'at'"),
        (f"{SERIES}?by=colour", 400, "no breakdown"),
        (f"{SERIES}?team=Nroth", 400, "no team 'Nroth'"),
        (f"{SERIES}?authority=E09999999", 404, "have arrived"),
        (f"{SERIES}?format=xml", 400, "there are json, csv"),
        ("/v1/figures/nonsense/series", 404, "casepulse measures"),
        ("/v1/figures?" + "&".join(["at=2025-05-09"] * 101), 400, "at most 100"),
    ],
)
def test_what_cannot_be_a_series_is_a_problem_that_says_why(
    valkey: conftest.Store, path: str, status: int, says: str
) -> None:
    """Never a series of something else than was asked, and never one that nobody can wait for."""

    async def ask(client: httpx.AsyncClient) -> None:
        answer = await client.get(path)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert says in answer.json()["detail"]

    asking(valkey, ask)


def test_an_answer_has_no_more_figures_than_can_be_read(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many are refused before they are all counted, and it says how to go on."""
    monkeypatch.setattr("metrics.exposition.http.figures.MAX_FIGURES", 20)

    async def ask(client: httpx.AsyncClient) -> None:
        answer = await client.get(SERIES, params={"from": "2025-05-01", "to": "2025-05-21", "step": "day"})
        assert (answer.status_code, "ask for fewer" in answer.json()["detail"]) == (400, True)

    asking(valkey, ask)


def test_several_moments_are_one_answer(valkey: conftest.Store) -> None:
    """Each figure says its `at`; `as_of` is the last, and never later than now."""

    async def ask(client: httpx.AsyncClient) -> None:
        moments = ["2025-05-08", "2025-05-09T00:00:00+01:00", "2025-04-17"]
        found = (await client.get("/v1/figures", params={"measure": "assessments_overdue", "at": moments})).json()
        assert [(f["at"], f["numerator"]) for f in found["figures"]] == list(zip(moments, (3, 4, 1), strict=True))
        assert found["as_of"] == "2025-04-17T23:59:59.999999+01:00"

    asking(valkey, ask)


def test_a_long_answer_is_of_one_moment_and_keeps_nobody_waiting(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes while it is counted is in no figure of it, though others had their turns in between."""
    monkeypatch.setattr("metrics.exposition.http.figures.TURN_SECONDS", 0.0)
    asked = {"from": "2025-04-01", "to": "2025-05-09", "step": "day", "by": "team"}

    async def look(_: Store, reader: Reader, __: Any) -> None:
        turns = 0

        async def meddle() -> None:
            nonlocal turns
            found = reader.authority(AUTHORITY)
            assert found is not None
            while True:
                turns += 1
                found[1].add("assessment_clock.overdue", {("North", (), 0): 1})
                await asyncio.sleep(0)

        async with client_of(reader) as client:
            before = (await client.get(SERIES, params=asked)).content
            meddling = asyncio.create_task(meddle())
            changed = (await client.get(SERIES, params=asked)).json()["figures"]
            meddling.cancel()
            north = [figure["numerator"] for figure in changed if figure["team"] == "North"]
            plain = [
                f["numerator"] for f in httpx.Response(200, content=before).json()["figures"] if f["team"] == "North"
            ]
        assert turns > 20
        assert len({after - was for after, was in zip(north[-len(plain) :], plain, strict=True)}) == 1

    with_store(valkey, look)


# --- CSV --------------------------------------------------------------------------------------------------------------


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def as_row(figure: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, str]:
    """Return what a figure is in CSV: of itself, of its measure, and of the answer that it came in."""
    pairs = {name: ";".join(f"{key}={value}" for key, value in figure[name].items()) for name in ("by", "beside")}
    whole = {"title": BY_NAME[figure["measure"]].title, "simulated": str(answer["simulated"]).lower()}
    complete_to = figure["beside"].get("complete_to", answer["complete_to"])
    told = {**figure, **pairs, **whole, "complete_to": complete_to}
    return {name: "" if told[name] is None else str(told[name]) for name in COLUMNS}


def test_csv_is_the_same_figures(valkey: conftest.Store) -> None:
    """Asked for by parameter or by `Accept`, of a moment and of a series; JSON is what is sent unasked."""

    async def ask(client: httpx.AsyncClient) -> None:
        for path in ("/v1/figures?at=2025-05-09&by=team", f"{SERIES}?from=2025-05-01&to=2025-05-09&step=day"):
            told = await client.get(path)
            assert told.headers["content-type"] == "application/json"
            assert told.headers["vary"].startswith("Accept")
            for answer in (
                await client.get(f"{path}&format=csv"),
                await client.get(path, headers={"Accept": "text/csv"}),
            ):
                assert answer.headers["content-type"] == "text/csv; charset=utf-8"
                assert rows(answer.text) == [as_row(figure, told.json()) for figure in told.json()["figures"]]
            for accepts in ("*/*", "text/html, */*", "application/json, text/csv"):
                answer = await client.get(path, headers={"Accept": accepts})
                assert answer.headers["content-type"] == "application/json"
            assert (await client.get(f"{path}&format=json", headers={"Accept": "text/csv"})).json() == told.json()

    asking(valkey, ask)


def test_no_cell_of_a_spreadsheet_is_a_formula() -> None:
    """A team is called what somebody typed into another system."""
    sums = Sums({"assessments_started": {("=HYPERLINK(1)", (), 0): 1, ('A, "quoted"\nteam', (), 0): 1}})
    (measure,) = (one for one in MEASURES if one.name == "assessments_started")
    found: list[Figure] = evaluate(
        sums, AUTHORITY, Question(measure=measure, at=At(date(1970, 1, 1)), window="year", by=("team",))
    )
    assert [row["team"] for row in rows(csv_of(answer(found)))] == ["'=HYPERLINK(1)", 'A, "quoted"\\u000ateam']
    named = [msgspec.structs.replace(found[0], authority="=1+1")]
    assert rows(csv_of(answer(named)))[0]["authority"] == "'=1+1"


def answer(figures: list[Figure]) -> Answer:
    return Answer(as_of="2025-05-09", complete_to=None, catalogue="c", simulated=False, figures=figures)


# --- tags -------------------------------------------------------------------------------------------------------------


def test_an_answer_about_what_is_over_is_not_sent_twice(valkey: conftest.Store) -> None:
    """Nothing was told since: 304 and no body. Asked otherwise, or of other figures, it is another answer."""

    async def ask(client: httpx.AsyncClient) -> None:
        path = "/v1/figures?at=2025-05-09"
        first = await client.get(path)
        tag = first.headers["etag"]
        assert tag.startswith('"')  # strong: equal to the byte
        for named in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            again = await client.get(path, headers={"If-None-Match": named})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["vary"] == "Accept"
        assert (await client.get(path, headers={"If-None-Match": '"other"'})).content == first.content
        others = [
            await client.get(other)
            for other in (
                f"{path}&format=csv",
                f"{path}&by=team",
                "/v1/figures?at=2025-05-08",
                f"{SERIES}?to=2025-05-09",
            )
        ]
        assert len({answer.headers["etag"] for answer in (first, *others)}) == 5

    asking(valkey, ask)


def test_an_answer_that_moves_with_the_clock_has_no_tag(valkey: conftest.Store) -> None:
    """Now, today, and what is still to come: the same bytes do not come again."""

    async def ask(client: httpx.AsyncClient) -> None:
        for path in ("/v1/figures", "/v1/figures?at=2026-11-30", "/v1/figures?at=2025-05-09&at=2030-01-01", SERIES):
            answer = await client.get(path, headers={"If-None-Match": "*"})
            assert (answer.status_code, "etag" in answer.headers) == (200, False)

    asking(valkey, ask)


def test_a_correction_changes_the_tag(valkey: conftest.Store) -> None:
    """What is over can still be told otherwise."""

    async def look(_: Store, reader: Reader, __: Any) -> None:
        async with client_of(reader) as client:
            before = (await client.get("/v1/figures?at=2025-05-09")).headers["etag"]
            found = reader.authority(AUTHORITY)
            assert found is not None
            found[1].add("assessment_clock.overdue", {("North", (), 0): 1})
            after = await client.get("/v1/figures?at=2025-05-09", headers={"If-None-Match": before})
            assert (after.status_code, after.headers["etag"] == before) == (200, False)

    with_store(valkey, look)
