"""Figures over HTTP: the catalogue, figures at a moment or at several, and how they went."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from starlette.exceptions import HTTPException

from events.time import add_months
from metrics.catalogue import MEASURES, measure_named
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.http.replies import figures_reply, json_of, only
from metrics.figures.answers import Answers
from metrics.figures.description import chosen, described
from metrics.figures.figure import Answer, Figure
from metrics.figures.inquiry import Ask, Inquiry
from metrics.figures.question import Question, kept_to
from metrics.figures.series import ends
from metrics.measure import Measure
from metrics.store.reader import Reader
from metrics.windows import At, parse_at
from metrics.wrong_question import WrongQuestion

MAX_MOMENTS = 100  # that one request may ask figures at; a series is of one measure and may have more
MAX_FIGURES = 20_000  # of one answer
TURN_SECONDS = 0.02  # of counting, after which others have their turn

Many = Annotated[list[str], Query(default_factory=list)]


class TooMuch(WrongQuestion):
    """The question asks for more than one answer should hold."""


def figure_routes(app: FastAPI, reader: Reader, directory: AuthorityDirectory) -> None:
    """Add the routes that answer questions about figures."""

    @app.get("/v1/measures")
    async def measures(request: Request) -> Response:
        """The catalogue: every measure, with its definition and source."""
        only(request)
        return json_of([described(measure) for measure in MEASURES])

    @app.get("/v1/measures/{measure}")
    async def measure(request: Request, measure: str) -> Response:
        """One measure."""
        only(request)
        return json_of(described(measure_named(measure)))

    @app.get("/v1/authorities")
    async def authorities(request: Request) -> Response:
        """The authorities whose events have arrived."""
        only(request)
        return json_of(
            [
                {"authority": name, "name": directory.name(name), "simulated": completeness.simulated}
                for name, completeness in reader.authorities().items()
            ]
        )

    @app.get("/v1/figures")
    async def figures(
        request: Request,
        *,
        measure: Many,
        at: Many,
        window: str | None = None,
        by: Many,
        kept: Annotated[list[str], Query(default_factory=list, alias="only")],
        team: str | None = None,
        locality: str | None = None,
        authority: str | None = None,
        format: str | None = None,
    ) -> Response:
        """Figures at a moment or at several (left out: now), of every measure and authority or of those named."""
        only(request, "window", "team", "locality", "authority", "format", many=("measure", "at", "by", "only"))
        moments = [parse_at(text) for text in at if text]
        if len(moments) > MAX_MOMENTS:
            raise TooMuch(f"{len(moments)} moments: ask at most {MAX_MOMENTS} at a time, or for a series of a measure")
        wanted = kept_to(kept)
        asks = [_ask(each, window, by, team, locality, wanted) for each in chosen(measure)]
        inquiry = _inquiry(reader, directory, authority, moments)
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
        only(request, "from", "to", "step", "window", "team", "locality", "authority", "format", many=("by",))
        ask = _ask(measure_named(measure), window, by, team, locality)
        now = _inquiry(reader, directory, authority, ())
        last = _day(to) if to else now.today
        days = ends(_day(from_) if from_ else add_months(last, -12) + timedelta(days=1), last, step)
        inquiry = now.at([At(day) for day in days])
        return figures_reply(request, await _answer(inquiry, [ask]), inquiry.is_over)


def _ask(
    measure: Measure,
    window: str | None,
    by: Sequence[str],
    team: str | None,
    locality: str | None,
    wanted: Mapping[str, str] = MappingProxyType({}),
) -> Ask:
    return lambda at: Question(
        measure=measure, at=at, window=window, team=team, locality=locality, by=tuple(by), wanted=wanted
    )


def _inquiry(reader: Reader, directory: AuthorityDirectory, authority: str | None, moments: Sequence[At]) -> Inquiry:
    """Return the inquiry to one authority or to all, each at one prefix of its log. Raises NotReady."""
    snapshot = reader.snapshot([authority] if authority else None)
    answers = Answers(snapshot, directory.now, directory.rules, directory.speed)
    if authority and not answers.authorities:
        raise HTTPException(404, f"no events of {authority!r} have arrived: /v1/authorities lists those that have")
    return Inquiry(answers, moments, directory.now)


async def _answer(inquiry: Inquiry, asks: Sequence[Ask]) -> Answer:
    """Return the answer to *asks*. A long one lets others have their turns. Raises TooMuch."""
    answered: list[Figure] = []
    turn = time.monotonic()
    for figures in inquiry.figures(asks):
        answered += figures
        if len(answered) > MAX_FIGURES:
            raise TooMuch(f"more than {MAX_FIGURES:,} figures: ask for fewer moments, measures or breakdowns")
        if time.monotonic() - turn > TURN_SECONDS:
            await asyncio.sleep(0)
            turn = time.monotonic()
    return inquiry.envelope(answered)


def _day(text: str) -> date:
    """Return the day that *text* names. Raises WrongQuestion."""
    at = parse_at(text)
    if not len(text) == len("2017-12-31"):
        raise WrongQuestion(f"{text!r} is no date: a series goes from day to day (2017-12-31)")
    return at.day
