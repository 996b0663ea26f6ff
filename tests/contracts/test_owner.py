"""The owner of a partition, on a real store: what it remembers never stands in the way of what the store has."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from events.case import ARRAY, Case, decode_case
from metrics.counting.fold import CaseKey, Kept
from metrics.rules.rules import RulesByAuthority
from metrics.store import redis as store_of
from metrics.store.redis import FORMAT, Commit, Store, connect
from streams.worker import case_cache, owner
from streams.worker.consumer import Reseek
from streams.worker.dead_letters import Limit
from streams.worker.health import Counters, Health
from streams.worker.owner import Owner
from streams.worker.processor import Rejected
from tests import conftest
from tests.histories import history, shuffled
from tests.journeys.machine import secured
from tests.journeys.machine.test_spine import reference
from tests.journeys.parts import tallies
from tests.promises import test_time_passes_on_read
from tests.promises.test_time_passes_on_read import LOG, PARTITION, Partition
from tests.story import NOW

TOLD = shuffled(3, [event for seed in range(3) for event in history(seed, authority="X99999901")])


POSITION = f"{{{LOG.topic}:{PARTITION.partition}}}:position"


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


def owning(store: Store, **given: Any) -> Owner:
    """Return an owner that knows no more of Kafka, and has done no more, than is *given*."""
    parts = {"kafka": Kafka(), "limit": Limit(), "counters": Counters(), "health": Health(), **given}
    return Owner(store, LOG, RulesByAuthority(), **parts)


def records(told: list[dict[str, Any]] = TOLD) -> list[Any]:
    return [
        SimpleNamespace(
            offset=n,
            timestamp=int(NOW.timestamp() * 1000),
            key=b"X99999901",
            value=json.dumps(event).encode(),
            headers=[],
        )
        for n, event in enumerate(told)
    ]


def test_what_was_forgotten_is_read_again(valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one case alone, households and those that point to them come and go: the figures are the same."""
    monkeypatch.setattr(case_cache, "CASES", 1)
    monkeypatch.setattr(owner, "CHUNK", 3)

    async def story(at_once: int) -> None:
        client = connect(valkey.url)
        await client.flushall()
        store = Store(client, LOG.topic)
        it = owning(store)
        await it.positions([PARTITION])
        for first in range(0, len(TOLD), at_once):
            await it.apply(PARTITION, records()[first : first + at_once])
        await store.close()

    for at_once in (3, len(TOLD)):
        asyncio.run(story(at_once))
        assert tallies(valkey.url, LOG.topic) == reference(TOLD).tallies


@pytest.mark.parametrize("room", [1, case_cache.CASES])
def test_what_is_told_is_added_to_what_is_kept(
    store_server: conftest.Store, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """However many commits wrote a case, and whether or not it was remembered, it is the case that was told."""
    monkeypatch.setattr(case_cache, "CASES", room)
    kept: list[tuple[str, Case]] = []

    async def story() -> None:
        store = Store(connect(store_server.url), LOG.topic)
        it = owning(store)
        await it.positions([PARTITION])
        for first in range(0, len(TOLD), 3):
            await it.apply(PARTITION, records()[first : first + 3])
        kept.extend(await store.households(PARTITION.partition))
        await store.close()

    asyncio.run(story())
    by_id = {min(case.ids): case for _, case in kept}
    assert by_id == {min(case.ids): case for _, case in reference(TOLD).households()}
    assert max(case.size for case in by_id.values()) > 3


@pytest.mark.parametrize("damage", [("set", b""), ("setrange", 1, b"\0\0\1\0"), ("lpush", b"\xdd")])
def test_a_case_that_is_not_the_one_remembered_is_not_added_to(valkey: conftest.Store, damage: tuple[Any, ...]) -> None:
    """Who has changed it knows why; we say what to do, and write nothing at all."""

    async def story() -> None:
        client = connect(valkey.url)
        store = Store(client, LOG.topic)
        it = owning(store)
        await it.positions([PARTITION])
        received = next(event for event in TOLD if event["type"] == "enquiry.received")
        *before, new = records([*TOLD, {**received, "id": "new", "record": "new"}])
        await it.apply(PARTITION, before)
        kept = await store.kept(PARTITION.partition, [("X99999901", str(received["child"]))])
        (home,) = [child for (_, child), case in kept.items() if isinstance(case, Case)]
        key = f"{{{LOG.topic}:{PARTITION.partition}}}:case:X99999901:{home}"
        command, *arguments = damage
        if command == "lpush":
            await client.delete(key)
        await client.execute_command(command, key, *arguments)
        with pytest.raises(Reseek):
            await it.apply(PARTITION, [new])
        assert "flush the store" in str(it.refused)
        position = await store.position(PARTITION.partition)
        assert position is not None
        assert position.offset == len(TOLD)
        await store.close()

    asyncio.run(story())


def test_a_store_of_the_format_before_is_carried_on(valkey: conftest.Store) -> None:
    """What it holds is read as it is, behind whatever header; from the claim on it is of this format."""

    async def story() -> None:
        client = connect(valkey.url)
        store = Store(client, LOG.topic)
        first = owning(store)
        await first.positions([PARTITION])
        await first.apply(PARTITION, records()[:100])
        for key in await store.case_keys(PARTITION.partition):
            if (value := await client.get(key)).startswith(ARRAY):
                await client.set(key, msgspec.msgpack.encode(list(decode_case(value))))
        await client.hset(POSITION, "format", "1")
        assert await store.position(PARTITION.partition) is None
        store = Store(client, LOG.topic)
        second = owning(store)
        assert list((await second.positions([PARTITION])).values()) == [100]
        assert await store.format(PARTITION.partition) == FORMAT
        for first_of in range(100, len(TOLD), 20):
            await second.apply(PARTITION, records()[first_of : first_of + 20])
        assert not [key async for key in client.scan_iter("*rights*")]
        await store.close()

    asyncio.run(story())
    assert tallies(valkey.url, LOG.topic) == reference(TOLD).tallies


@pytest.mark.parametrize("kept_in", ["1", FORMAT])
def test_a_worker_without_the_rights_says_so(store_server: conftest.Store, kept_in: str) -> None:
    """It would be refused for ever. And a store of the format before stays what it was."""

    async def story() -> None:
        keeper = connect(store_server.url)
        store = Store(keeper, LOG.topic)
        await owning(store).positions([PARTITION])
        await keeper.hset(POSITION, "format", kept_in)
        rights = secured.WORKER.replace("+append +getrange +setrange ", "")
        assert rights != secured.WORKER
        await keeper.execute_command("ACL", "SETUSER", "worker", "on", ">secret", *rights.split())
        address = store_server.url.replace("redis://", "redis://worker:secret@")
        theirs = Store(connect(address), LOG.topic)
        it = owning(theirs)
        with suppress(Reseek):
            await it.positions([PARTITION])
            for first in range(0, len(TOLD), 20):
                await it.apply(PARTITION, records()[first : first + 20])
        assert "docs/operations.md" in str(it.refused)
        assert await store.format(PARTITION.partition) == kept_in
        await theirs.close()
        await store.close()

    asyncio.run(story())


class Asked(Store):
    """A store that counts the cases that it is asked for."""

    asked = 0

    async def kept(self, partition: int, keys: Iterable[CaseKey]) -> dict[CaseKey, Kept]:
        wanted = set(keys)
        self.asked += len(wanted)
        return await super().kept(partition, wanted)


@pytest.mark.parametrize("overtaken", [False, True])
def test_what_is_remembered_outlives_a_recount(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch, overtaken: bool
) -> None:
    """A long log is told, beyond where it ended, and counted: nothing is read again, unless somebody else went on."""
    monkeypatch.setattr(store_of, "LONG", 100)
    monkeypatch.setattr(owner, "CHUNK", 60)

    async def story() -> None:
        client = connect(valkey.url)
        store = Asked(client, LOG.topic)
        kafka = Kafka()
        kafka.end = 100
        it = owning(store, kafka=kafka)
        await it.positions([PARTITION])
        with pytest.raises(Reseek, match="is to be counted"):
            await it.apply(PARTITION, records())
        kafka.end = 121
        offset = await _counted(it)
        assert offset == 120
        if overtaken:
            other = owning(Store(client, LOG.topic), kafka=kafka)
            await other.positions([PARTITION])
            await other.apply(PARTITION, records()[120:121])
            offset = await _counted(it)
        store.asked = 0
        told = {str(event["child"]) for event in TOLD[:offset] if "child" in event}
        known = [record for record, event in zip(records(), TOLD, strict=True) if event.get("child") in told]
        await it.apply(PARTITION, [record for record in known if record.offset >= offset][:1])
        assert bool(store.asked) == overtaken
        await store.close()

    async def _counted(it: Owner) -> int:
        while True:
            try:
                return int(next(iter((await it.positions([PARTITION])).values())))
            except Reseek:
                await asyncio.sleep(0)

    asyncio.run(story())


def test_a_recount_forgets_nothing_of_whoever_took_over(valkey: conftest.Store) -> None:
    """A worker that slept between its switch and its sweep wakes when another has counted: that is what is shown."""

    class Sleepy(Store):
        async def _switch(self, *about: Any) -> None:
            await super()._switch(*about)
            await recounted(other)

    other = Store(connect(valkey.url), LOG.topic, "another")

    async def recounted(store: Store) -> None:
        position = await store.position(PARTITION.partition)
        assert position is not None
        await store.recounted(PARTITION.partition, position, reference(TOLD).tallies)

    async def story() -> None:
        store = Sleepy(connect(valkey.url), LOG.topic)
        it = owning(store)
        await it.positions([PARTITION])
        await it.apply(PARTITION, records())
        await recounted(store)
        for each in (store, other):
            await each.close()

    asyncio.run(story())
    assert tallies(valkey.url, LOG.topic) == reference(TOLD).tallies


class Failing(Store):
    """A store of which one commit fails, before it lands or after it; or whoever sent it is being ended meanwhile."""

    def __init__(self, url: str, at: int, how: str) -> None:
        super().__init__(connect(url), LOG.topic)
        self.left, self.how = at, how
        self.apply: asyncio.Task[None] | None = None

    async def commit(self, partition: int, commit: Commit) -> None:
        self.left -= 1
        if self.left == 0 and self.how == "before":
            raise ConnectionError
        if self.left == 0 and self.how.startswith("ended"):
            assert self.apply is not None
            if self.how == "ended later":
                await asyncio.sleep(0.05)  # the next are folded by then
            self.apply.cancel()
            await asyncio.sleep(0.01)
        await super().commit(partition, commit)
        if self.left == 0 and self.how == "after":
            raise ConnectionError


@pytest.mark.parametrize("how", ["before", "after", "ended", "ended later"])
def test_what_was_folded_ahead_of_a_commit_that_failed_is_folded_again(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Whichever of the commits fails, and however: from where the store stands on all is told once more."""
    monkeypatch.setattr(owner, "CHUNK", 60)
    chunks = -(-len(TOLD) // owner.CHUNK)
    assert chunks > 3

    async def story(at: int) -> None:
        client = connect(valkey.url)
        await client.flushall()
        await client.aclose()
        store = Failing(valkey.url, at, how)
        it = owning(store)
        await it.positions([PARTITION])
        store.apply = asyncio.ensure_future(it.apply(PARTITION, records()))
        with pytest.raises((Reseek, asyncio.CancelledError)):
            await store.apply
        (offset,) = (await it.positions([PARTITION])).values()
        assert offset in (owner.CHUNK * (at - 1), owner.CHUNK * at)
        assert offset == owner.CHUNK * at or how != "after"
        if offset < len(TOLD):
            await it.apply(PARTITION, records()[offset:])
        await store.close()

    for at in range(1, chunks):  # the last is not a whole one
        asyncio.run(story(at))
        assert tallies(valkey.url, LOG.topic) == reference(TOLD).tallies


def test_a_quiet_hour_is_no_hanging(valkey: conftest.Store) -> None:
    """Nothing waits and nothing comes: the first event after it does not find the worker guilty of the hour."""
    health = Health()

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        it = owning(store, health=health)
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
        it = owning(store, kafka=kafka, limit=Limit(1))
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
        it = owning(store, health=health)
        with pytest.raises(Reseek):
            await it.positions([PARTITION])
        await store.close()

    asyncio.run(story())
    assert not health.assigned


def test_what_was_told_last_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose turn it was most lately stays; a child that is told of each day is not read each day."""
    monkeypatch.setattr(case_cache, "CASES", 2)
    cases = case_cache.CaseCache()
    for names in ("ab", "ca", "d"):
        cases.remember({("X", name): None for name in names})
        cases.forget()
    assert [name for _, name in cases] == ["a", "d"]
