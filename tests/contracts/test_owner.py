"""The owner of a partition, on a real store: what it remembers never stands in the way of what the store has."""

import asyncio
import json
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from metrics.rules import Authorities
from metrics.store import Store, connect
from streams import remembered
from streams.consumer import Reseek
from streams.dead_letters import Limit
from streams.health import Counters, Health
from streams.owner import Owner
from streams.processor import Rejected
from tests import conftest
from tests.histories import history, shuffled
from tests.journeys.parts import tallies
from tests.journeys.test_spine import reference
from tests.promises import test_time_passes_on_read
from tests.promises.test_time_passes_on_read import LOG, PARTITION, Partition
from tests.story import NOW

TOLD = shuffled(3, [event for seed in range(3) for event in history(seed, authority="X99999901")])


class Kafka(test_time_passes_on_read.Kafka):
    """One that holds all that was told, counts how often it is asked, and is sent no dead letter."""

    def __init__(self) -> None:
        super().__init__(end=len(TOLD))
        self.asked = 0

    async def bounds(self, partitions: list[Any]) -> Mapping[Any, tuple[int, int]]:
        self.asked += 1
        return await super().bounds(partitions)

    async def reject(self, partition: int, rejected: list[Rejected]) -> None:
        raise AssertionError("nothing here is to be rejected")


def records() -> list[Any]:
    return [
        SimpleNamespace(
            offset=n, timestamp=int(NOW.timestamp() * 1000), key=b"X99999901", value=json.dumps(event).encode(),
            headers=[],
        )
        for n, event in enumerate(TOLD)
    ]  # fmt: skip


def test_what_was_forgotten_is_read_again(valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one case alone, households and those that point to them come and go: the figures are the same."""
    monkeypatch.setattr(remembered, "CASES", 1)

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        it = Owner(store, LOG, Authorities(), Kafka(), Limit(), Counters(), Health())
        await it.positions([PARTITION])
        for first in range(0, len(TOLD), 3):
            await it.apply(PARTITION, records()[first : first + 3])
        await store.close()

    asyncio.run(story())
    assert tallies(valkey.url, LOG.topic) == reference(TOLD).tallies


def test_a_quiet_hour_is_no_hanging(valkey: conftest.Store) -> None:
    """Nothing waits and nothing comes: the first event after it does not find the worker guilty of the hour."""
    health = Health()

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        it = Owner(store, LOG, Authorities(), Kafka(), Limit(), Counters(), health)
        await it.positions([PARTITION])
        await it.apply(PARTITION, records())
        health.applied_at -= 3600
        await it.look(lambda number: Partition(LOG.topic, number))
        await store.close()

    asyncio.run(story())
    health.lag = 1
    assert health.hangs(time.monotonic()) is None


def test_who_has_refused_asks_nobody_any_more(valkey: conftest.Store) -> None:
    """The connections are being closed then, and whoever waited for an answer would keep the worker from ending."""

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        kafka = Kafka()
        it = Owner(store, LOG, Authorities(), kafka, Limit(1), Counters(), Health())
        await it.positions([PARTITION])
        unreadable = SimpleNamespace(offset=0, timestamp=0, key=b"X99999901", value=b"{", headers=[])
        with pytest.raises(Reseek):
            await it.apply(PARTITION, [unreadable])
        assert it.refused is not None
        kafka.asked = 0
        with pytest.raises(Reseek):
            await it.positions([PARTITION])
        assert kafka.asked == 0
        await store.close()

    asyncio.run(story())


def test_who_has_no_partition_is_not_ready(valkey: conftest.Store) -> None:
    """From when it must ask where it is, until it knows."""
    health = Health(assigned=True)

    async def story() -> None:
        store = Store(connect("redis://127.0.0.1:1/0"), LOG.topic)
        it = Owner(store, LOG, Authorities(), Kafka(), Limit(), Counters(), health)
        with pytest.raises(Reseek):
            await it.positions([PARTITION])
        await store.close()

    asyncio.run(story())
    assert not health.assigned


def test_what_was_told_last_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose turn it was most lately stays; a child that is told of each day is not read each day."""
    monkeypatch.setattr(remembered, "CASES", 2)
    cases = remembered.Cases()
    for names in ("ab", "ca", "d"):
        cases.remember({("X", name): None for name in names})
        cases.forget()
    assert [name for _, name in cases] == ["a", "d"]
