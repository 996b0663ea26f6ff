"""Odd bytes of Kafka and of the store, met by the owner of a partition: used, or refused in words; never an end."""

import asyncio
import json

import pytest

from events.case import Case
from events.decode import decode
from metrics.rules.rules import RulesByAuthority
from metrics.store.connection import connect
from metrics.store.position import Refused
from metrics.store.redis import Store
from streams.worker.consumer import Reseek
from streams.worker.health import Counters
from tests import conftest
from tests.contracts.test_owner import EVENTS, POSITION, owning, records
from tests.journeys.machine.test_spine import reference
from tests.journeys.parts import tallies
from tests.promises.test_time_passes_on_read import LOG, PARTITION
from tests.story import NOW


@pytest.mark.parametrize(
    "damaged",
    [b"", b"\0", b"\xdd", b"\xdd\xff\xff\xff\xff", b"\xa1\xff", b"\xd9", b"\xc0", b"\xdd\0\0\0\1\x80", b"\x91" * 9000],
)
def test_a_damaged_case_is_refused_wherever_it_is_read(valkey: conftest.Store, damaged: bytes) -> None:
    """Empty, cut short or nonsense: the worker says what to do, and a count of all cases leaves none of them out."""

    async def story() -> None:
        client = connect(valkey.url)
        store = Store(client, LOG.topic)
        owner = owning(store)
        await owner.positions([PARTITION])
        await owner.apply(PARTITION, records()[:60])
        keys = await store.case_keys(PARTITION.partition)
        for key in keys:
            await client.set(key, damaged)
        with pytest.raises(Refused, match="casepulse replay"):
            _ = [household async for household in store.cases(PARTITION.partition)]
        restarted = owning(store)
        await restarted.positions([PARTITION])
        with pytest.raises(Reseek):
            await restarted.apply(PARTITION, records()[60:])
        assert "casepulse replay" in str(restarted.refused)
        await client.hset(POSITION.replace("position", "authorities"), "X99999901", damaged)
        with pytest.raises(Refused, match="casepulse replay"):
            await store.authorities(PARTITION.partition)
        await store.close()

    asyncio.run(story())


def test_what_is_read_of_the_store_never_replaces_what_is_remembered(valkey: conftest.Store) -> None:
    """A pointer is read, and with it the household that it points to: what is remembered of that may be ahead."""

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        owner = owning(store)
        await owner.positions([PARTITION])
        link = next(event for event in EVENTS if event.get("into") not in (None, event["child"]))
        await owner.apply(PARTITION, records([link]))
        home, pointer = sorted((link["child"], link["into"]))
        owned = owner._owned[PARTITION.partition]
        received = next(event for event in EVENTS if event["type"] == "enquiry.received")
        told = [decode(json.dumps({**received, "child": name, "id": name}).encode(), NOW) for name in (home, pointer)]
        owned.remember(await owned.fold(store, RulesByAuthority(), told[:1]))
        owned.cases.pop(("X99999901", pointer), None)
        change = await owned.fold(store, RulesByAuthority(), told[1:])
        (case,) = (case for case in change.cases.values() if isinstance(case, Case))
        assert {event.id for event in case} == {link["id"], home, pointer}
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("timestamp", [-1, -(2**63), 253_402_300_800_000, 2**63 - 1])
def test_a_timestamp_that_is_no_moment_ends_nothing(valkey: conftest.Store, timestamp: int) -> None:
    """Past the year 9999, or none: nobody knows when the record was appended, and its event counts all the same."""
    counters = Counters()

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        owner = owning(store, counters=counters)
        await owner.positions([PARTITION])
        for record in (log := records()):
            record.timestamp = timestamp
        await owner.apply(PARTITION, log)
        await store.close()

    asyncio.run(story())
    assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies
    assert counters.registry.get_sample_value("casepulse_late_events_total") == 0
