"""The figures equal a calculation that shares nothing with them: plain loops over the facts at a date."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from events.decode import decode
from events.time import instant
from metrics.book import Book
from metrics.catalogue import MEASURES
from metrics.figures import Question, figures
from metrics.measure import Measure
from metrics.shapes import Rules
from metrics.windows import parse_at
from metrics.working_days import calendar
from tests.histories import history, moments, shuffled
from tests.promises import plain

HISTORIES, CHUNKS = 1000, 20
NOW = datetime(2026, 11, 30, tzinfo=UTC)
WINDOWS = ("day", "week", "month", "quarter", "year_to_date", "year", "last_30_days")
AUTHORITY = "X99999901"


def told(log: list[dict[str, object]]) -> Book:
    return Book(Rules(calendar())).tell(decode(json.dumps(event).encode(), NOW) for event in log)


def windows(measure: Measure) -> Iterator[str]:
    yield from ("now",) if measure.numerator.stock else WINDOWS


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_figure_equals_the_plain_loops(chunk: int) -> None:
    """For any history, moment, window and breakdown: the same numerator and denominator."""
    compared = 0
    for seed in range(chunk * HISTORIES // CHUNKS, (chunk + 1) * HISTORIES // CHUNKS):
        log = history(seed)
        book = told(shuffled(seed, log))
        for turn, at in enumerate(moments(seed, log)):
            for measure in MEASURES:
                window = list(windows(measure))[(turn + seed) % len(list(windows(measure)))]
                compared += compare(seed, book, log, measure, at, window)
    assert compared > 1000


def compare(seed: int, book: Book, log: list[dict[str, object]], measure: Measure, at: str, window: str) -> int:
    sums = book.sums().get(AUTHORITY)
    assert sums is not None
    where = f"seed {seed}, {measure.name} at {at} over {window}"
    compared = 0
    for dim in (None, "team", *measure.by):
        question = Question(measure=measure, at=parse_at(at), window=window, by=(dim,) if dim else ())
        found = figures(sums, AUTHORITY, question)
        if dim:
            listed = {figure.by.get(dim) or figure.team for figure in found}
            assert listed == plain.values(log, measure.name, at, dim, authority=AUTHORITY, window=window), (where, dim)
        for figure in found:
            team, by = (figure.team, None) if dim in (None, "team") else (None, figure.by)
            truth = plain.figure(log, measure.name, at, authority=AUTHORITY, window=window, team=team, by=by)
            assert (figure.numerator, figure.denominator) == truth, (where, dim, figure.by, figure.team)
            compared += 1
    return compared


@pytest.mark.parametrize("chunk", range(4))
def test_as_known_at_equals_the_plain_loops(chunk: int) -> None:
    """As it stood then: only what was known by then counts."""
    for seed in range(chunk * 10, chunk * 10 + 10):
        log = history(seed)
        book = told(log)
        for at, known in zip(moments(seed, log), reversed(moments(seed, log)), strict=True):
            then = book.known_at(parse_at(known).moment)
            for measure in MEASURES:
                sums = then.sums().get(AUTHORITY)
                assert sums is not None
                figure = figures(sums, AUTHORITY, Question(measure=measure, at=parse_at(at)))[0]
                truth = plain.figure(log, measure.name, at, authority=AUTHORITY, known_at=known)
                assert (figure.numerator, figure.denominator) == truth, (seed, measure.name, at, known)


def test_the_histories_are_what_they_say() -> None:
    """A history is the same each time, and every event in it is one that decode lets through."""
    assert history(1) == history(1)
    assert instant(NOW) > max(event.known for _, case in told(history(1)).households() for event in case)
