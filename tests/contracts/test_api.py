"""What HTTP promises: the envelope, the errors, the headers, and what Prometheus makes of /metrics."""

import asyncio
import json
import subprocess
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from events.working_days import calendar
from metrics.catalogue import MEASURES
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.http.app import create_app
from metrics.exposition.prometheus import names
from metrics.exposition.prometheus.collector import FigureCollector
from metrics.figures.answers import Answers
from metrics.figures.question import PLACES
from metrics.rules.rules import Rules
from metrics.rules.teams import TeamFact
from metrics.store.connection import connect
from metrics.store.reader import Reader
from metrics.store.redis import Store
from tests import conftest
from tests.boards import Clock, Told, at
from tests.conftest import installed
from tests.contracts.test_mash import DAY
from tests.promises.test_time_passes_on_read import with_store
from tests.story import AUTHORITY, NOW

ONLY = "no team 'Nroth': there are North, South, unknown"
CLOCKS = AuthorityDirectory(now=lambda _: NOW, speed=lambda _: 1.0, name=lambda authority: authority)


def client_of(reader: Reader) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(reader, CLOCKS))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


def asking(valkey: conftest.Store, what: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def ask(_: Store, reader: Reader, __: Any) -> None:
        async with client_of(reader) as client:
            await what(client)

    with_store(valkey, ask)


def test_figures_come_in_the_envelope(valkey: conftest.Store) -> None:
    """Every field of the envelope (contract 3); a stock has no `from`, nothing to divide by is null."""

    async def ask(client: httpx.AsyncClient) -> None:
        found = (await client.get("/v1/figures", params={"at": "2025-05-09"})).json()
        assert set(found) == {"as_of", "complete_to", "catalogue", "simulated", "figures"}
        by_name = {figure["measure"]: figure for figure in found["figures"]}
        overdue, timely = by_name["assessments_overdue"], by_name["assessment_timeliness"]
        assert (overdue["value"], overdue["numerator"], overdue["denominator"], overdue["from"]) == (4.0, 4, None, None)
        assert (timely["value"], timely["denominator"], timely["beside"]) == (None, 0, {"open": 4, "overdue": 4})
        assert (timely["at"], timely["from"], timely["window"]) == ("2025-05-09", "2025-04-01", "year_to_date")
        divided = (await client.get("/v1/figures?measure=assessments_overdue&by=team&at=2025-05-09")).json()
        assert {f["team"]: f["numerator"] for f in divided["figures"]} == {"North": 3, "South": 1}
        kept = (await client.get("/v1/figures?measure=assessments_overdue&only=team=North&at=2025-05-09")).json()
        assert [f["numerator"] for f in kept["figures"]] == [3]

    asking(valkey, ask)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/v1/figures?tema=North", 400, "no parameter 'tema'"),
        ("/v1/figures?measure=nonsense", 404, "casepulse measures"),
        ("/v1/figures?window=fortnight", 400, "no window"),
        ("/v1/figures?by=colour", 400, "no breakdown"),
        ("/v1/figures?only=colour=red", 400, "no breakdown"),
        ("/v1/figures?only=band", 400, "write it as NAME=VALUE"),
        ("/v1/figures?measure=placements_in_year&only=band=4", 400, "has no band '4': there are 0, 1, 2, 3+"),
        ("/v1/figures?measure=assessments_overdue&only=team=Nroth", 400, "no team 'Nroth'"),
        ("/v1/figures/assessments_overdue/series?window=day&window=week", 400, "window is given 2 times"),
        ("/v1/measures?measure=enquiries_received", 400, "no parameter 'measure': there is none"),
        ("/v1/authorities?authority=X99999901", 400, "no parameter 'authority'"),
        ("/v1/measures/enquiries_received?by=team", 400, "no parameter 'by'"),
        ("/boards/mash?tema=North", 400, "no parameter 'tema': there are authority, team"),
        ("/boards/mash?team=North&team=South", 400, "team is given 2 times"),
        ("/?team=North", 400, "no parameter 'team'"),
        ("/v1/figures?at=yesterday", 400, "neither a date"),
        ("/v1/figures?at=2025-05-09T12:00:00", 400, "neither a date"),
        ("/v1/figures?at=9999-12-31", 400, "from 1900 to 2099"),
        ("/v1/figures?at=0001-01-01T00:00:00%2B14:00", 400, "from 1900 to 2099"),
        ("/v1/figures?authority=E09999999", 404, "have arrived: /v1/authorities"),
        ("/v1/measures/nonsense", 404, "casepulse measures"),
        ("/v1/live?board=kitchen", 404, "no such board"),
        ("/boards/assets/..%2Fapi.py", 404, ""),
        ("/nowhere", 404, ""),
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_says_why(
    valkey: conftest.Store, path: str, status: int, says: str
) -> None:
    """Never a figure of something else than was asked."""

    async def ask(client: httpx.AsyncClient) -> None:
        answer = await client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert says in answer.json()["detail"]

    asking(valkey, ask)


def test_an_empty_store_is_not_an_authority_without_children(valkey: conftest.Store) -> None:
    """Until a worker has claimed it, no figure and no zero: 503, and when to ask again."""

    async def run() -> None:
        store = Store(connect(valkey.url), "case-events")
        reader = Reader(store)
        await reader.turn()
        async with client_of(reader) as client:
            for path in ("/v1/figures", "/v1/authorities", "/readyz"):
                answer = await client.get(path)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
            text = (await client.get("/metrics")).text
            assert "casepulse_ready 0.0" in text
            assert "casepulse_assessments_open" not in text
        await store.close()

    asyncio.run(run())


def test_every_answer_keeps_the_browser_on_a_short_leash(valkey: conftest.Store) -> None:
    """No script, style or connection but our own; nothing kept in a cache."""

    async def ask(client: httpx.AsyncClient) -> None:
        for path in ("/", "/boards/mash", "/boards/assets/board.js", "/v1/figures", "/metrics", "/nowhere"):
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")

    asking(valkey, ask)


def test_prometheus_reads_the_same_figures(valkey: conftest.Store) -> None:
    """Gauges by team, both halves of what is divided, bands, waits in seconds, targets; promtool finds no fault."""

    async def ask(client: httpx.AsyncClient) -> None:
        text = (await client.get("/metrics")).text
        found = {
            (sample.name, sample.labels.get("team"), sample.labels.get("band")): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        figures = (await client.get("/v1/figures?by=team")).json()["figures"]
        for figure in figures:
            if "statistic" not in figure["by"]:
                ending, of = ENDINGS[figure["kind"]]
                name = f"casepulse_{figure['measure']}{ending}"
                value = figure[of] * (3600 if figure["kind"] == "age" else 1)
                assert found[name, figure["team"], figure["by"].get("band")] == value
        assert len(figures) > 20
        assert found["casepulse_assessment_timeliness_target", None, None] == 0.85
        assert found["casepulse_store_up", None, None] == 1
        _promtool(text)

    asking(valkey, ask)


ENDINGS = {
    "count": ("", "numerator"),
    "quotient": ("_numerator", "numerator"),
    "rate": ("_numerator", "numerator"),
    "distribution": ("", "numerator"),
    "age": ("_seconds", "value"),
}


def test_a_team_with_nothing_has_a_zero(valkey: conftest.Store) -> None:
    """Absent is what is not known. A team that has no conference, and a measure of which nobody has any, are known."""

    async def ask(client: httpx.AsyncClient) -> None:
        text = (await client.get("/metrics")).text
        told = {
            (sample.name, sample.labels.get("team")): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        for name in ("conferences_overdue", "referrals_received", "assessment_timeliness_denominator"):
            assert {team for it, team in told if it == f"casepulse_{name}"} >= {"North", "South"}, name
        assert told["casepulse_conferences_overdue", "North"] == 0

    asking(valkey, ask)


def test_prometheus_has_the_targets_that_an_authority_sets() -> None:
    """As the board judges by them; and a team that moved is counted for both places that its window may span."""
    moved = tuple(
        TeamFact(team, place, last=last, first=first)
        for team in ("North", "South", "Front_door")
        for place, first, last in (("Hill", None, date(2017, 12, 1)), ("Dale", date(2017, 12, 2), None))
    )
    rules = Rules(calendar(), targets={"assessment_timeliness": 0.7, "enquiry_decision_timeliness": 0.9}, teams=moved)
    told = Told(DAY, rules)
    told.answered_at = time.monotonic()
    clock = Clock(at("2017-12-14T14:32")).clocks(rules)
    figures = FigureCollector(told, clock, "1")
    found = {(it.name, it.labels.get("authority")): it.value for one in figures.collect() for it in one.samples}
    assert found["casepulse_assessment_timeliness_target", AUTHORITY] == 0.7
    assert found["casepulse_enquiry_decision_timeliness_target", AUTHORITY] == 0.9
    answers = Answers(told.snapshot(), clock.now, clock.rules)
    assert {place for team, place in answers.places(AUTHORITY) if team == "North"} == {"Hill", "Dale"}


def _promtool(text: str) -> None:
    done = subprocess.run(
        [installed("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_there_are_never_too_many_series(valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for teams, whole authorities are shown: what is left adds up to what it did before."""

    async def scraped(client: httpx.AsyncClient) -> dict[str, list[tuple[dict[str, str], float]]]:
        text = (await client.get("/metrics")).text
        _promtool(text)
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found

    async def ask(client: httpx.AsyncClient) -> None:
        full = await scraped(client)
        for most in (200, 150, 65, 30):
            monkeypatch.setattr(names, "MAX_SERIES", most)
            found = await scraped(client)
            ((_, series),) = found["casepulse_series"]
            assert series == sum(map(len, found.values())) <= most
            reduced = {labels["to"]: n for labels, n in found["casepulse_measures_reduced"]}
            assert reduced["authorities"] or most == 30
            assert bool(reduced["nothing"]) == (most < 100)
            for name, samples in found.items():
                if name.startswith("casepulse_measures") or name == "casepulse_series" or name.endswith("_seconds"):
                    continue
                assert sum(n for _, n in samples) == sum(n for _, n in full.get(name, [])), name
                if len(samples) < len(full.get(name, [])):
                    assert {(labels["team"], labels["locality"]) for labels, _ in samples} == {("", "")}

    asking(valkey, ask)


@pytest.mark.parametrize(
    ("authorities", "teams", "whole"), [(1, 60, True), (2, 60, True), (8, 60, False), (150, 80, False), (900, 1, False)]
)
def test_how_measures_are_shown_depends_on_what_there_could_be(authorities: int, teams: int, whole: bool) -> None:
    """A county of sixty teams is shown in full; a country is not, and not one series more than there may be."""
    detail = names.details({f"E{n}": teams for n in range(authorities)}, others=authorities)
    assert set(detail) == {measure.name for measure in MEASURES}
    assert (set(detail.values()) == {PLACES}) == whole
    each = {measure.name: len(measure.bands) or len(names.SHOWN[measure.kind]) for measure in MEASURES}
    places = {PLACES: teams + 1, (): 1, None: 0}
    series = sum(each[name] * authorities * places[shown] for name, shown in detail.items())
    assert series + authorities + names.OWN_SERIES <= names.MAX_SERIES


def test_the_live_stream_begins_with_the_whole_truth(valkey: conftest.Store) -> None:
    """The first message is the board as it is now, so that a page that comes back needs nothing from before."""

    async def ask(_: Store, reader: Reader, __: Any) -> None:
        from metrics.exposition.boards.live import Streams
        from metrics.exposition.boards.mash import MASH

        watching = Streams(reader, CLOCKS).of(MASH, AUTHORITY).watch()
        first = await anext(watching)
        await watching.aclose()  # type: ignore[attr-defined]
        told = json.loads(first.partition(b"data: ")[2])
        assert told["authority"] == AUTHORITY
        assert set(told["figures"]) >= {"received_today", "assessment_timeliness", "children_looked_after"}

    with_store(valkey, ask)


def test_each_authority_answers_by_its_own_clock(valkey: conftest.Store) -> None:
    """Left out, `at` is now where the authority is: a made-up one is not asked about a year it has not come to."""

    async def ask(_: Store, reader: Reader, __: Any) -> None:
        clocks = AuthorityDirectory(
            now=lambda name: NOW if name else NOW + timedelta(days=900), speed=CLOCKS.speed, name=str
        )
        transport = httpx.ASGITransport(create_app(reader, clocks))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            found = (await client.get("/v1/figures?measure=assessments_open")).json()
        assert datetime.fromisoformat(found["figures"][0]["at"]) == NOW
        assert datetime.fromisoformat(found["as_of"]) == NOW

    with_store(valkey, ask)


def test_a_team_that_nobody_told_of_is_no_team_without_children(valkey: conftest.Store) -> None:
    """A slip of the keyboard must not be answered by zeros."""

    async def ask(client: httpx.AsyncClient) -> None:
        answer = await client.get("/v1/figures?team=Nroth")
        assert (answer.status_code, answer.json()["detail"]) == (
            400,
            "no team 'Nroth': there are North, South, unknown",
        )

    asking(valkey, ask)
