"""Figures over HTTP: the catalogue, figures at a moment or at several, and how they went."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from starlette.exceptions import HTTPException

from events.time import add_months
from metrics.catalogue import MEASURES, measure_named
from metrics.counting.fold import Completeness
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.http.replies import figures_reply, json_of, only
from metrics.figures.answers import Ask, Inquiry, chosen, described
from metrics.figures.evaluate import Answer, Figure, Question, figures
from metrics.figures.series import ends
from metrics.measure import Measure
from metrics.store.reader import Reader
from metrics.sums.sums import Sums
from metrics.windows import At, parse_at

MOST_MOMENTS = 100  # that one request may ask figures at; a series is of one measure and may have more
MOST_FIGURES = 20_000  # of one answer
TURN = 0.02  # seconds of counting after which others have theirs

Many = Annotated[list[str], Query(default_factory=list)]


class TooMuch(ValueError):
    """Asked for more than one answer should be."""


def figure_routes(app: FastAPI, reader: Reader, clocks: AuthorityDirectory) -> None:
    """Add what answers questions about figures."""

    @app.get("/v1/measures")
    async def measures() -> Response:
        """The catalogue: every measure, with its definition and source."""
        return json_of([described(measure) for measure in MEASURES])

    @app.get("/v1/measures/{measure}")
    async def measure(measure: str) -> Response:
        """One measure."""
        return json_of(described(measure_named(measure)))

    @app.get("/v1/authorities")
    async def authorities() -> Response:
        """The authorities that there are figures of."""
        found = reader.authorities().items()
        return json_of([{"authority": a, "name": clocks.name(a), "simulated": it.simulated} for a, it in found])

    @app.get("/v1/figures")
    async def figures_of(
        request: Request,
        *,
        measure: Many,
        at: Many,
        window: str | None = None,
        by: Many,
        team: str | None = None,
        locality: str | None = None,
        authority: str | None = None,
        format: str | None = None,
    ) -> Response:
        """Figures at a moment or at several (left out: now), of every measure and authority or of those named."""
        only(request, "measure", "at", "window", "by", "team", "locality", "authority", "format")
        moments = [parse_at(text) for text in at if text]
        if len(moments) > MOST_MOMENTS:
            raise TooMuch(f"{len(moments)} moments: ask at most {MOST_MOMENTS} at a time, or for a series of a measure")
        asks = [_asking(one, window, by, team, locality) for one in chosen(measure)]
        inquiry = _inquiry(reader, clocks, authority, moments)
        return figures_reply(request, await _answer(inquiry, asks), inquiry.is_over)

    @app.get("/v1/figures/{measure}/series")
    async def series(
        request: Request,
        *,
        measure: str,
        from_: Annotated[str | None, Query(alias="from")] = None,
        to: str | None = None,
        step: str = "month",
        window: str | None = None,
        by: Many,
        team: str | None = None,
        locality: str | None = None,
        authority: str | None = None,
        format: str | None = None,
    ) -> Response:
        """How a measure went: its figures at the end of each day, week or month; left out, of the twelve months to now.

        Each figure is over the measure's own window, or over the one asked for: *step* only says how often.
        """
        only(request, "from", "to", "step", "window", "by", "team", "locality", "authority", "format")
        ask = _asking(measure_named(measure), window, by, team, locality)
        now = _inquiry(reader, clocks, authority, ())
        last = _day(to) if to else now.today
        days = ends(_day(from_) if from_ else add_months(last, -12) + timedelta(days=1), last, step)
        inquiry = now.at([At(day) for day in days])
        return figures_reply(request, await _answer(inquiry, [ask]), inquiry.is_over)


def _asking(measure: Measure, window: str | None, by: Sequence[str], team: str | None, locality: str | None) -> Ask:
    return lambda at: Question(measure=measure, at=at, window=window, team=team, locality=locality, by=tuple(by))


def _inquiry(reader: Reader, clocks: AuthorityDirectory, authority: str | None, moments: Sequence[At]) -> Inquiry:
    """Return whom is asked, of one prefix of the log each, whatever comes while they are. Raises NotReady."""
    names = [authority] if authority else list(reader.authorities())
    found: Mapping[str, tuple[Completeness, Sums]] = {
        name: (it[0], it[1].as_it_is()) for name in names if (it := reader.authority(name)) is not None
    }
    if authority and not found:
        raise HTTPException(404, f"no events of {authority!r} have arrived: /v1/authorities lists those that have")
    return Inquiry(found, moments, clocks.now, reader.catalogue(found), clocks.rules)


async def _answer(inquiry: Inquiry, asks: Sequence[Ask]) -> Answer:
    """Return the answer to *asks*. A long one lets others have their turns. Raises TooMuch."""
    told: list[Figure] = []
    turn = time.monotonic()
    for name, question in inquiry.questions(asks):
        told += figures(inquiry.found[name][1], name, question, inquiry.rules(name))
        if len(told) > MOST_FIGURES:
            raise TooMuch(f"more than {MOST_FIGURES:,} figures: ask for fewer moments, measures or breakdowns")
        if time.monotonic() - turn > TURN:
            await asyncio.sleep(0)
            turn = time.monotonic()
    return inquiry.answer(told)


def _day(text: str) -> date:
    """Return the day that *text* names. Raises ValueError."""
    at = parse_at(text)
    if not len(text) == len("2017-12-31"):
        raise ValueError(f"{text!r} is no date: a series goes from day to day (2017-12-31)")
    return at.day
