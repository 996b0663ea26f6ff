"""The fold, for any history: order, repetition and batches never matter, and the differences add up to the whole."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from events import EVENTS
from events.case import (
    HEADER_BYTES,
    Case,
    Person,
    SomeEvent,
    decode_case,
    encode_case,
    encode_size,
    encode_tellings,
    join,
    people,
    tell,
    tell_new,
)
from events.decode import decode
from events.event import Event
from events.person import ChildMerged
from events.time import instant
from metrics.catalogue import MEASURES, PARTS
from metrics.catalogue.assessments import ASSESSMENT_CLOCK
from metrics.counting.fold import fold
from metrics.counting.tally import Tally, add, asked_by, tally
from metrics.counting.tally_cache import TallyCache
from metrics.lives.life import Life
from metrics.lives.terms import PLACING
from metrics.lives.timeline import Stretch, squeeze, uppermost
from metrics.rules.rules import RulesByAuthority
from metrics.shapes import Part, Value
from metrics.store.in_memory import InMemoryStore
from metrics.sums.sums import GrowingSums, Sums
from tests.histories import history, knowns, shuffled

NOW = datetime(2026, 11, 30, tzinfo=UTC)
RULES = RulesByAuthority()
AUTHORITY = "X99999901"
STOCKS = {part.name for measure in MEASURES for part in measure.parts if part.stock}

# The same examples each time: a change is judged by what it changed.
always = settings(max_examples=60, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 10**6)
randoms = st.integers(0, 10**6).map(Random)


def decoded(event: dict[str, Any]) -> Event:
    return decode(json.dumps(event).encode(), NOW)


@lru_cache(maxsize=64)
def events_of(seed: int) -> tuple[Event, ...]:
    """A history, and of a few of its facts one more telling that nothing but its content tells from another."""
    random = Random(f"level {seed}")
    events = [decoded(event) for event in history(seed)]
    level = [msgspec.structs.replace(event, team=random.choice(("east", "west"))) for event in random.sample(events, 4)]
    return (*events, *level)


def histories() -> st.SearchStrategy[tuple[Event, ...]]:
    return seeds.map(events_of)


def store_of(events: Iterable[Event]) -> InMemoryStore:
    return InMemoryStore(RULES).tell(events)


def in_batches(events: Sequence[Event], random: Random) -> InMemoryStore:
    """Fold *events* cut anywhere, at times between two events that belong together, at times all in one."""
    store = InMemoryStore(RULES)
    cuts = sorted(random.sample(range(len(events) + 1), random.choice((0, 1, 5, 30))))
    for start, end in pairwise((0, *cuts, len(events))):
        store.take(fold(store.kept, store.authorities, events[start:end], RULES))
    return store


def households_of(store: InMemoryStore) -> dict[str, Case]:
    """Return, for every pseudonym, the household that is found under it. Where that is kept, the order decides."""
    found = {}
    for (authority, name), kept in store.kept.items():
        case = store.kept[authority, kept] if isinstance(kept, str) else kept
        assert isinstance(case, Case), "a pointer leads to a household, and never to another pointer"
        assert name in case.ids
        found[name] = case
    assert found.keys() == {name for case in found.values() for name in case.ids}
    return found


def cells(sums: Sums) -> dict[tuple[str, Any], int]:
    return {(part, where): n for part, where, n in sums.cells()}


def difference(after: Tally, before: Tally) -> Tally:
    return add(add({}, after), before, -1)


# --- order, repetition, batches ---------------------------------------------------------------------------------


@always
@given(histories(), randoms)
def test_order_and_repetition_never_matter(events: tuple[Event, ...], random: Random) -> None:
    """Any shuffle, any of it told again, cut into batches anywhere: all that is kept is equal."""
    again = [*events, *random.choices(events, k=random.choice((0, 3, 60)))]
    random.shuffle(again)
    once, anyhow = store_of(events), in_batches(again, random)
    assert households_of(anyhow) == households_of(once)
    assert anyhow.tallies == once.tallies
    assert anyhow.authorities == once.authorities


@always
@given(histories(), randoms)
def test_what_was_told_before_changes_nothing(events: tuple[Event, ...], random: Random) -> None:
    """A batch told a second time is no change at all: nothing to write, nothing to add."""
    store = store_of(events)
    again = random.sample(events, random.choice((1, len(events))))
    change = fold(store.kept, store.authorities, again, RULES)
    assert (change.cases, change.authorities) == ({}, {})
    assert not any(change.tallies.values())


@pytest.mark.parametrize("letter", "abcdefgh")
def test_the_newest_report_of_a_source_stands_whatever_came_first(letter: str) -> None:
    """Reports that nothing but their content tells apart, too: the same one stands in either order."""
    random = Random(letter)
    report = {"type": "feed.reported", "authority": AUTHORITY, "record": "eclipse", "source": "eclipse"}
    report |= {"id": "r", "occurred_on": "2025-06-02", "recorded_at": "2025-06-02T09:00:00Z"}
    events = [decoded(report | {"complete_to": f"2025-06-02T0{hour}:00:00Z"}) for hour in range(6)]
    events += [decoded(report | {"id": random.choice("aqrsz"), "retracted": True})]
    first = store_of(events).authorities
    random.shuffle(events)
    assert store_of(events).authorities == first


# --- sums -------------------------------------------------------------------------------------------------------


@settings(always, max_examples=30)
@given(histories())
def test_the_differences_add_up_to_a_recount(events: tuple[Event, ...]) -> None:
    """After each event: what the changes added up to, and what a count of the cases afresh gives, are equal."""
    store = InMemoryStore(RULES)
    for event in events:
        store.take(fold(store.kept, store.authorities, [event], RULES))
        assert {name: total for name, total in store.tallies.items() if total} == store.recounted()


@always
@given(histories(), randoms)
def test_following_the_changes_equals_reading_the_whole(events: tuple[Event, ...], random: Random) -> None:
    """A reader that took in each change, and one that comes at the end, hold the same cells."""
    log = list(events)
    random.shuffle(log)
    store, following = InMemoryStore(RULES), GrowingSums()
    for start in range(0, len(log), 7):
        change = fold(store.kept, store.authorities, log[start : start + 7], RULES)
        store.take(change)
        for part, total in change.tallies.get(AUTHORITY, {}).items():
            following.add(part, total)
    assert cells(following) == cells(Sums(store.tallies[AUTHORITY]))


@settings(always, max_examples=30)
@given(histories(), randoms)
def test_the_measures_that_are_not_asked_again_had_nothing_new_to_say(
    events: tuple[Event, ...], random: Random
) -> None:
    """The shapes that an event does not concern give the same cells before it and after."""
    log = list(events)
    random.shuffle(log)
    before, total = Case(), Tally()
    for event in log:
        after = tell(before, [event])
        asked = asked_by([event], after.allocated)
        everything = tally(after, RULES.of(AUTHORITY))
        of_those_asked = difference(tally(after, RULES.of(AUTHORITY), asked), tally(before, RULES.of(AUTHORITY), asked))
        assert difference(everything, total) == of_those_asked, event.type
        before, total = after, everything


@always
@given(histories())
def test_no_stock_is_ever_negative(events: tuple[Event, ...]) -> None:
    """At no instant fewer than none, in any team and under any breakdown value; what is over never stays behind."""
    for where, steps in _stocks(store_of(events).tallies[AUTHORITY]).items():
        assert min(accumulate(n for _, n in sorted(steps.items()))) >= 0, where


@always
@given(histories())
def test_a_part_is_never_more_than_the_whole(events: tuple[Event, ...]) -> None:
    """At every instant no more overdue than open, by team; of those stopped no more in time than there are."""
    total = store_of(events).tallies[AUTHORITY]
    stocks = _stocks(total)
    for (part, team, by), late in stocks.items():
        if part == ASSESSMENT_CLOCK.overdue.name:
            running = stocks[ASSESSMENT_CLOCK.running.name, team, by]
            for at in late:
                assert _up_to(late, at) <= _up_to(running, at), (team, at)
    stopped = total.get(ASSESSMENT_CLOCK.stopped.name, {})
    for where, n in total.get(ASSESSMENT_CLOCK.in_time.name, {}).items():
        assert 0 < n <= stopped[where]


def _stocks(total: Tally) -> dict[tuple[str, str, tuple[Value, ...]], dict[int, int]]:
    stocks: dict[tuple[str, str, tuple[Value, ...]], dict[int, int]] = {}
    for part in STOCKS & total.keys():
        for (team, by, at), n in total[part].items():
            stocks.setdefault((part, team, by), {})[at] = n
    return stocks


def _up_to(steps: dict[int, int], moment: int) -> int:
    return sum(n for at, n in steps.items() if at <= moment)


# --- as known at ------------------------------------------------------------------------------------------------


@always
@given(seeds)
def test_as_known_at_is_a_book_that_was_told_no_more(seed: int) -> None:
    """Read back to a moment: equal to a book begun afresh with only what was known by then, and no link from later."""
    events = events_of(seed)
    store = store_of(events)
    for known in knowns(seed, history(seed))[:3]:
        moment = instant(datetime.fromisoformat(known))
        then = store.known_at(moment)
        afresh = store_of(event for event in events if event.known <= moment)
        assert (households_of(then), then.tallies) == (households_of(afresh), afresh.tallies)
        by_case: Tally = {}
        for _, case in store.households():
            add(by_case, tally(case.known_at(moment), RULES.of(AUTHORITY)))
        assert by_case == afresh.tallies.get(AUTHORITY, {})


# --- who is who -------------------------------------------------------------------------------------------------


def link(child: str, into: str, **fields: Any) -> Event:
    event = {"type": "child.merged", "id": "link", "authority": AUTHORITY, "child": child, "into": into}
    event |= {
        "record": "M-new",
        "occurred_on": "2018-06-01",
        "recorded_at": "2018-06-01T12:00:00Z",
        "source": "eclipse",
    }
    return decoded(event | fields)


@always
@given(histories(), randoms)
def test_a_merge_taken_back_leaves_no_trace_in_the_figures(events: tuple[Event, ...], random: Random) -> None:
    """Joined and parted again, in any order of arrival, among other news: the tallies of a history without the link."""
    one, other = random.sample(["child-1", "child-2", "child-3", "child-4", "nobody"], 2)
    merged = link(one, other)
    parted = link(one, other, id="parted", retracted=True, recorded_at="2018-07-01T12:00:00Z")
    log = list(events)
    for event in (merged, parted):
        log.insert(random.randint(0, len(log)), event)
    assert in_batches(log, random).tallies == store_of(events).tallies


@always
@given(histories(), randoms)
def test_merged_they_count_as_if_they_had_always_had_one_name(events: tuple[Event, ...], random: Random) -> None:
    """While a link stands, the figures are those of a history in which the second name was written as the first."""
    one, other = random.sample(["child-1", "child-2", "child-3", "child-4"], 2)
    shared = Counter((e.type, e.record) for e in {(e.type, e.record, e.subject): e for e in events}.values())
    assume(all(shared[e.type, e.record] == 1 for e in events if e.subject in (one, other)))

    def named(event: Event) -> Event:
        changes = {name: one for name in ("child", "into") if getattr(event, name, None) == other}
        return msgspec.structs.replace(event, **changes)

    assert store_of([*events, link(other, one)]).tallies == store_of(map(named, events)).tallies


@always
@given(histories())
def test_people_are_the_connected_names_and_nobody_is_lost(events: tuple[Event, ...]) -> None:
    """Each name with a fact that stands is in one person; two are one exactly where links that stand lead across."""
    standing = list(tell(Case(), events).standing())
    groups = [{fact.subject} for fact in standing] + [{f.child, f.into} for f in standing if isinstance(f, ChildMerged)]
    for group in groups:
        for other in groups:
            if group & other:
                group |= other
                other |= group
    subjects_told = {fact.subject for fact in standing}
    persons = [frozenset(fact.subject for fact in facts) for facts in map(_facts, people(tell(Case(), events)))]
    assert len(persons) == len({frozenset(group & subjects_told) for group in groups} - {frozenset()})
    assert all(sum(bool(subjects & group) for subjects in persons) <= 1 for group in groups)
    everything = [fact for person in people(tell(Case(), events)) for fact in _facts(person)]
    assert {(fact.type, fact.record) for fact in everything} == {(fact.type, fact.record) for fact in standing}


def _facts(person: Person) -> list[Event]:
    return [fact for kind in EVENTS for fact in person.facts(kind)]


# --- what is written down ---------------------------------------------------------------------------------------


@always
@given(histories(), randoms)
def test_a_case_is_read_back_as_it_was_told(events: tuple[Event, ...], random: Random) -> None:
    """Written whole, or what is new of it behind what was written before: the same case, in whatever order it came."""
    log = list(events)
    case = tell(Case(), log)
    assert decode_case(encode_case(case)) == case
    random.shuffle(log)
    at_once = join([tell(Case(), log[: len(log) // 2]), tell(Case(), log[len(log) // 2 :])])
    one_by_one, stored = Case(), encode_case(Case())
    while log:
        batch, log = log[: random.randint(1, 3)], log[random.randint(0, 1) :]  # some of it again
        one_by_one, new = tell_new(one_by_one, batch)
        stored = encode_size(one_by_one.size) + stored[HEADER_BYTES:] + encode_tellings(new)
        assert decode_case(stored) == one_by_one
    assert one_by_one == at_once == case


@always
@given(histories())
def test_what_a_case_carries_follows_from_what_was_told(events: tuple[Event, ...]) -> None:
    """Its names, its size and whether it was ever allocated are those of its tellings, however it came about."""
    case = tell(Case(), events)
    links = {telling.into for telling in case if isinstance(telling, ChildMerged)}
    assert case.ids == {telling.subject for telling in case} | links
    assert case.size == len(list(case))
    assert case.allocated == any(telling.type == "case.allocated" for telling in case)


def test_one_moment_is_one_telling_at_whatever_offset_it_is_written() -> None:
    """09:00Z and 10:00+01:00 are the same telling, kept once and written alike, whichever came first."""
    event = {"type": "enquiry.received", "id": "t", "authority": AUTHORITY, "child": "a", "record": "E1", "source": "x"}
    event |= {"occurred_at": "2018-06-01T09:00:00Z", "recorded_at": "2018-06-01T12:00:00Z"}
    one, other = decoded(event), decoded(event | {"occurred_at": "2018-06-01T10:00:00+01:00"})
    cases = [tell(Case(), order) for order in ((one, other), (other, one))]
    assert [len(list(case)) for case in cases] == [1, 1]
    assert encode_case(cases[0]) == encode_case(cases[1])


@pytest.mark.parametrize("seed", [*range(40), 59, 280])
@pytest.mark.parametrize("size", [1, 3])
def test_what_is_remembered_of_a_tally_is_what_would_be_counted(seed: int, size: int) -> None:
    """Told a few at a time, each difference is taken from what was remembered: the sum is a recount all the same.

    In 59 and 280 all that was told of a child is taken back in between, so that for a while there is nobody to count.
    """
    events = [decoded(event) for event in shuffled(seed, history(seed))]
    store, remembered = InMemoryStore(RULES), TallyCache()
    for first in range(0, len(events), size):
        store.take(fold(store.kept, store.authorities, events[first : first + size], RULES, remembered))
    assert store.tallies == store.recounted()


# --- shapes and timelines ---------------------------------------------------------------------------------------


class WatchedPerson(Person):
    """A person who notes which facts they are asked for."""

    def __init__(self, facts: Iterable[Event]) -> None:
        super().__init__(facts)
        self.asked: set[type[Event]] = set()

    def facts(self, kind: type[SomeEvent]) -> list[SomeEvent]:
        self.asked.add(kind)
        return super().facts(kind)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_reads_what_it_declares_and_nothing_else(part: Part) -> None:
    """So that the events which concern it are known: no type behind its back, and none declared for nothing."""
    asked: set[type[Event]] = set()
    for seed in range(60):
        for person in _watched(seed):
            list(part.cells(Life(person, RULES.of(AUTHORITY))))
            assert person.asked <= part.reads | (PLACING if part.moves else set())
            asked |= person.asked
    assert asked >= part.reads


def _watched(seed: int) -> list[WatchedPerson]:
    return [WatchedPerson(_facts(person)) for person in people(tell(Case(), events_of(seed)))]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_yields_cells_of_its_own_shape(part: Part) -> None:
    """A value for each of its breakdowns, no two alike in one place, and at least one cell in the histories."""
    seen = 0
    for seed in range(60):
        for person in people(tell(Case(), events_of(seed))):
            for cell in part.cells(Life(person, RULES.of(AUTHORITY))):
                (team, by, _), n = cell
                assert team
                assert len(by) == len(part.by)
                assert n
                seen += 1
    assert seen


def test_no_two_parts_bear_one_name() -> None:
    """Cells are kept by the name of their part."""
    assert len({part.name for part in PARTS}) == len(PARTS)


stretches = st.lists(
    st.tuples(st.integers(0, 9), st.none() | st.integers(0, 9), st.integers(0, 9)).map(
        lambda drawn: (drawn[0], None if drawn[1] is None else drawn[0] + drawn[1], drawn[2])
    ),
    max_size=6,
)


@settings(always, max_examples=300)
@given(stretches)
def test_a_timeline_rises_and_holds_the_highest_at_every_moment(drawn: list[tuple[int, int | None, int]]) -> None:
    """Strictly rising, no step that changes nothing, and at each moment the value of the highest that holds then."""
    laid = [Stretch(start, end, (rank, str(n)), f"value {rank % 3}") for n, (start, end, rank) in enumerate(drawn)]
    timeline = uppermost(laid)
    assert all(before < after for (before, _), (after, _) in pairwise(timeline))
    assert all(before != after for (_, before), (_, after) in pairwise([(-1, None), *timeline]))
    for moment in range(-1, 22):
        holding = [s for s in laid if s.start <= moment and (s.end is None or moment < s.end)]
        highest = max(holding, key=lambda s: s.rank).value if holding else None
        assert next((value for at, value in reversed(timeline) if at <= moment), None) == highest


@pytest.mark.parametrize("steps", [[(1, "a"), (1, "b")], [(2, "a"), (1, "b")], [(1, None), (1, None)]])
def test_a_timeline_that_does_not_rise_is_an_error(steps: list[tuple[int, str | None]]) -> None:
    """Two values at one instant, or a step back, is a fault in a shape, and never a figure."""
    with pytest.raises(ValueError, match="must rise strictly"):
        squeeze(steps)
