"""The figures equal a calculation that shares nothing with them: plain loops over the facts at a date.

Each history is folded in small batches, as a live feed brings it: a fault of going on from what was kept shows in no
fold of all at once.
"""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from events.decode import decode
from events.event import Event
from events.time import MICROSECONDS_PER_HOUR, instant
from metrics.catalogue import MEASURES
from metrics.counting.fold import fold
from metrics.counting.tally_cache import TallyCache
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.measure import Measure
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.sums.sums import Sums
from metrics.windows import parse_at
from tests.histories import history, knowns, moments, shuffled
from tests.promises import plain

HISTORIES, CHUNKS = 2_000, 40
A_NIGHT = 200_000
NOW = datetime(2026, 11, 30, tzinfo=UTC)
WINDOWS = ("day", "week", "month", "quarter", "year_to_date", "year", "last_30_days")
AUTHORITY = "X99999901"
PLAIN = "tests/promises/plain.py"

TWINS = [measure for measure in MEASURES if measure.name in plain.KINDS]  # all of them, as the first test has it

Log = list[dict[str, Any]]


def test_every_measure_has_a_plain_twin_and_every_twin_a_measure() -> None:
    """A twin counts the same thing in another way; it has the kind, window, breakdowns and bands that are declared."""
    if lines := [*without_twin(), *without_measure(), *unlike_their_twins()]:
        pytest.fail("\n".join(lines), pytrace=False)


def without_twin() -> Iterator[str]:
    for measure in MEASURES:
        if measure.name not in plain.KINDS:
            yield f"no plain twin of {measure.name}: add it to TABLE in {PLAIN}"


def without_measure() -> Iterator[str]:
    for name in plain.KINDS.keys() - {measure.name for measure in MEASURES}:
        yield f"no measure {name}, and a plain twin of it: declare it in metrics/catalogue/, or take it out of {PLAIN}"


def unlike_their_twins() -> Iterator[str]:
    for measure in TWINS:
        declared = (measure.kind, measure.window, measure.by, measure.bands)
        name = measure.name
        twin = (plain.KINDS[name], plain.DEFAULT_WINDOWS[name], plain.BREAKDOWNS[name], plain.BANDS.get(name, ()))
        if twin != declared:
            yield f"the plain twin of {name} is {twin} and the measure {declared}: see TABLE and BANDS in {PLAIN}"


def events(log: Log) -> Iterator[Event]:
    return (decode(json.dumps(event).encode(), NOW) for event in log)


def told_in_batches(seed: int, log: Log) -> InMemoryStore:
    """Return the store that *log* makes, folded one to seven events at a time."""
    rng, store, remembered = random.Random(f"batches {seed}"), InMemoryStore(RulesByAuthority()), TallyCache()
    source = events(log)
    while batch := list(islice(source, rng.randint(1, 7))):
        store.take(fold(store.kept, store.authorities, batch, store.rules, remembered))
    return store


def windows(measure: Measure) -> tuple[str, ...]:
    return ("now",) if measure.numerator.stock else WINDOWS


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_figure_equals_the_plain_loops(chunk: int) -> None:
    """For any history, moment, window, place and breakdown: the same numbers."""
    size = HISTORIES // CHUNKS
    assert compare(range(chunk * size, (chunk + 1) * size)) > 20_000


@pytest.mark.nightly
@pytest.mark.timeout(8 * 3600)
@pytest.mark.parametrize("chunk", range(100))
def test_every_figure_equals_the_plain_loops_all_night(chunk: int) -> None:
    """The same for a hundred times as many."""
    size = A_NIGHT // 100
    assert compare(range(10**6 + chunk * size, 10**6 + (chunk + 1) * size)) > 20_000


def compare(seeds: range) -> int:
    """Compare everything for each seed, and return how many figures were the same. Raises AssertionError."""
    compared = 0
    for seed in seeds:
        log = history(seed)
        sums = told_in_batches(seed, shuffled(seed, log)).sums()[AUTHORITY]
        look = None
        for turn, at in enumerate(moments(seed, log)):
            look = look.again(at) if look else plain.Look(log, at, authority=AUTHORITY)
            for measure in TWINS:
                choice = windows(measure)
                compared += same(sums, look, measure, at, choice[(turn + seed) % len(choice)], f"seed {seed}")
    return compared


def same(sums: Sums, look: plain.Look, measure: Measure, at: str, window: str, where: str) -> int:
    """Assert that a measure is the same in whole and by everything that it may be divided by."""
    where, compared = f"{where}: {measure.name} at {at} over {window}", 0
    for dim in (None, "team", *measure.by):
        question = Question(measure=measure, at=parse_at(at), window=window, by=(dim,) if dim else ())
        answer = evaluate(sums, AUTHORITY, question)
        if dim:
            listed = {figure.team if dim == "team" else figure.by[dim] for figure in answer}
            assert listed == look.values(measure.name, dim, window=window), (where, dim)
        for figure in answer:
            truth = look.figure(measure.name, window=window, team=figure.team, by=figure.by or None)
            assert numbers(figure) == truth, (where, figure.by, figure.team)
            there = look.beside(measure.name, window=window, team=figure.team, by=figure.by)
            assert beside(figure) == there, (where, figure.by, figure.team)
            compared += 1
    return compared


def numbers(figure: Figure) -> tuple[int | None, int | None]:
    """Return what the plain loops give of a figure: of a wait its microseconds, of a rate no population."""
    if figure.kind == "age":
        return None if figure.value is None else round(figure.value * MICROSECONDS_PER_HOUR), None
    return figure.numerator, None if figure.kind == "rate" else figure.denominator


def beside(figure: Figure) -> Mapping[str, int | str]:
    """Return what the plain loops give beside a figure: not the year of a population, nor from when on there is any."""
    return {name: n for name, n in figure.beside.items() if name not in ("population_year", "history_from")}


@pytest.mark.parametrize("chunk", range(8))
def test_as_known_at_equals_the_plain_loops(chunk: int) -> None:
    """As it stood then: what was not known by then counts for nothing, whatever was learned since."""
    for seed in range(chunk * 10, chunk * 10 + 10):
        log = history(seed)
        store = told_in_batches(seed, log)
        for at, known in zip(moments(seed, log), (*knowns(seed, log), *reversed(moments(seed, log))), strict=False):
            sums = store.known_at(parse_at(known).instant).sums()[AUTHORITY]
            look = plain.Look(log, at, authority=AUTHORITY, known_at=known)
            for measure in TWINS:
                same(sums, look, measure, at, measure.window, f"seed {seed}, known at {known}")


def test_the_histories_are_what_they_say() -> None:
    """A history is the same each time, and every event in it is one that decode lets through."""
    assert history(1) == history(1)
    assert instant(NOW) > max(event.known for event in events(history(1)))
