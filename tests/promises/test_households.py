"""A household has room for so many tellings. What it has none for is refused, the same whatever the batches."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from events.case import Case
from events.decode import decode
from events.event import Event
from metrics.counting import households
from metrics.counting.fold import fold
from metrics.rules.rules import RulesByAuthority
from metrics.store.connection import connect
from metrics.store.in_memory import InMemoryStore
from metrics.store.redis import Store
from streams.worker.consumer import Reseek
from streams.worker.dead_letters import Limit
from tests import conftest
from tests.contracts.test_owner import Kafka, owning, records
from tests.histories import history, shuffled
from tests.journeys.parts import tallies
from tests.promises.test_time_passes_on_read import LOG, PARTITION
from tests.story import AUTHORITY, NOW

RULES = RulesByAuthority()
ROOM = 12


def decoded(log: list[dict[str, Any]]) -> list[Event]:
    return [decode(json.dumps(event).encode(), NOW) for event in log]


def told(events: Sequence[Event], batches: Random | None) -> tuple[InMemoryStore, list[int]]:
    """Return what is kept, and the numbers of the events that were refused."""
    store, refused, first = InMemoryStore(RULES), [], 0
    while first < len(events):
        batch = events[first : first + (batches.choice((1, 2, 7, 40)) if batches else len(events))]
        change = fold(store.kept, store.authorities, batch, RULES)
        store.take(change)
        refused += [first + number for number in change.refused]
        first += len(batch)
    return store, refused


@pytest.mark.parametrize("seed", range(40))
def test_what_is_refused_and_where_all_is_kept_follow_from_the_log_alone(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is cut into batches. What was refused might as well never have been told."""
    monkeypatch.setattr(households, "MAX_TELLINGS", ROOM)
    events = decoded(shuffled(seed, history(seed)))
    once, refused = told(events, None)
    assert refused
    for cut in range(3):
        batched, refused_too = told(events, Random(cut))
        assert refused_too == refused
        assert (batched.kept, batched.tallies, batched.authorities) == (once.kept, once.tallies, once.authorities)
    assert all(case.size <= ROOM for _, case in once.households())
    assert once.tallies == once.recounted()
    left = [event for number, event in enumerate(events) if number not in set(refused)]
    monkeypatch.setattr(households, "MAX_TELLINGS", 10**6)
    without, none = told(left, None)
    assert (without.kept, without.tallies, none) == (once.kept, once.tallies, [])


def test_what_a_full_household_was_told_before_changes_nothing_and_is_not_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A feed may send again what it sent; and a child that nobody has told too much of is linked to no full one."""
    monkeypatch.setattr(households, "MAX_TELLINGS", 3)
    report = {"type": "enquiry.received", "authority": AUTHORITY, "source": "eclipse"}
    report |= {"occurred_on": "2025-06-02", "recorded_at": "2025-06-02T09:00:00Z"}
    link = report | {"type": "child.merged", "child": "ada", "into": "ben", "record": "M", "id": "m"}
    of = [report | {"child": name, "id": f"{name}{n}", "record": f"E{n}"} for name in ("ada", "ben") for n in range(4)]
    store, refused = told(decoded([*of, *of, link]), None)
    assert refused == [3, 7, 11, 15, 16]
    assert [case.size for _, case in store.households()] == [3, 3]


def test_a_chain_of_links_is_not_written_anew_with_each() -> None:
    """Whichever end grows: a new link is added to the household where it is, with one pointer to it."""
    report = {"type": "child.merged", "authority": AUTHORITY, "source": "eclipse", "occurred_on": "2025-06-02"}
    report |= {"recorded_at": "2025-06-02T09:00:00Z"}
    up = [report | {"child": f"c{n:03}", "into": f"c{n + 1:03}"} for n in range(100, 200)]
    down = [report | {"child": f"c{n:03}", "into": f"c{n + 1:03}"} for n in range(99, 0, -1)]
    store = InMemoryStore(RULES)
    for n, event in enumerate(decoded([link | {"id": f"{n}", "record": f"{n}"} for n, link in enumerate(up + down)])):
        change = fold(store.kept, store.authorities, [event], RULES)
        store.take(change)
        assert len(change.cases) == 2
        assert n == 0 or list(change.new.values()) == [[event]]
    ((_, case),) = store.households()
    assert (case.size, len(case.ids)) == (199, 200)


def test_two_large_households_are_joined_by_adding_the_smaller() -> None:
    """The larger stays where it is, whatever its name; all that the smaller was told is added to it."""
    enquiry = {"type": "enquiry.received", "authority": AUTHORITY, "source": "eclipse", "occurred_on": "2025-06-02"}
    enquiry |= {"recorded_at": "2025-06-02T09:00:00Z"}
    of = [enquiry | {"child": "child-1", "id": f"{n}", "record": f"{n}"} for n in range(9)]
    store = InMemoryStore(RULES).tell(decoded([*of, *(event | {"child": "a-first-name"} for event in of[:4])]))
    link = {"type": "child.merged", "authority": AUTHORITY, "source": "eclipse", "occurred_on": "2025-06-02"}
    link |= {
        "recorded_at": "2025-06-02T09:00:00Z",
        "id": "m",
        "record": "M",
        "child": "child-1",
        "into": "a-first-name",
    }
    change = fold(store.kept, store.authorities, decoded([link]), RULES)
    assert change.cases[AUTHORITY, "a-first-name"] == "child-1"
    assert isinstance(change.cases[AUTHORITY, "child-1"], Case)
    smaller = store.kept[AUTHORITY, "a-first-name"]
    assert isinstance(smaller, Case)
    assert len(change.new[AUTHORITY, "child-1"]) == smaller.size + 1


class RejectingKafka(Kafka):
    """Notes the dead letters that it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.rejected: list[tuple[int, str]] = []

    async def reject(self, partition: int, rejected: list[Any]) -> None:
        self.rejected += [(dead.record.offset, str(dead.letter.reason)) for dead in rejected]


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_what_no_household_has_room_for_is_a_dead_letter(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Listed by its coordinate and a reason of its own, sent on, and counted towards the limit; the rest is counted."""
    monkeypatch.setattr(households, "MAX_TELLINGS", ROOM)
    log = shuffled(11, history(11, events=120))
    once, refused = told(decoded(log), None)
    kafka = RejectingKafka()

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        owner = owning(store, kafka=kafka)
        await owner.positions([PARTITION])
        for first in range(0, len(log), at_once):
            await owner.apply(PARTITION, records(log)[first : first + at_once])
        listed = await store.dead_letters(PARTITION.partition)
        assert listed == [(offset, "household_full", "$") for offset in refused]
        await store.close()

    asyncio.run(story())
    assert refused
    assert kafka.rejected == [(offset, "household_full") for offset in refused]
    assert tallies(valkey.url, LOG.topic) == once.tallies


def test_too_many_of_them_stop_the_line(valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are dead letters like any other: a broken feed is not read to its end."""
    monkeypatch.setattr(households, "MAX_TELLINGS", 1)
    log = [event | {"id": f"again {n}"} for n, event in enumerate([history(1)[0]] * 20)]

    async def story() -> str:
        store = Store(connect(valkey.url), LOG.topic)
        owner = owning(store, kafka=RejectingKafka(), limit=Limit(8))
        await owner.positions([PARTITION])
        with suppress(Reseek):
            await owner.apply(PARTITION, records(log))
        position = await store.position(PARTITION.partition)
        assert position is not None
        assert position.offset == 0
        await store.close()
        return str(owner.refused)

    assert "household_full" in asyncio.run(story())
