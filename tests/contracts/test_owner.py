"""The owner of a partition, on a real store: where its memory and the store differ, the store is right."""

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
from metrics.store import position as store_position
from metrics.store.commits import Commit
from metrics.store.connection import connect
from metrics.store.generations import Generations
from metrics.store.position import FORMAT, Position
from metrics.store.redis import Store
from streams.worker import case_cache
from streams.worker import owner as owner_module
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
from tests.promises.test_time_passes_on_read import LOG, PARTITION
from tests.story import NOW

EVENTS = shuffled(3, [event for seed in range(3) for event in history(seed, authority="X99999901")])
POSITION = f"{{{LOG.topic}:{PARTITION.partition}}}:position"


class Kafka(test_time_passes_on_read.Kafka):
    """A Kafka that holds all events, counts how often it is asked, and is sent no dead letter."""

    def __init__(self) -> None:
        super().__init__(end=len(EVENTS))
        self.asked = 0

    async def bounds(self, partitions: list[Any]) -> Mapping[Any, tuple[int, int]]:
        self.asked += 1
        return await super().bounds(partitions)

    async def reject(self, partition: int, rejected: list[Rejected]) -> None:
        raise AssertionError("no record here is unreadable")


def owning(store: Store, **parts: Any) -> Owner:
    """Return an owner with these *parts*, and new ones for the others."""
    parts = {"kafka": Kafka(), "limit": Limit(), "counters": Counters(), "health": Health(), **parts}
    return Owner(store, LOG, RulesByAuthority(), **parts)


def records(events: list[dict[str, Any]] = EVENTS) -> list[Any]:
    return [
        SimpleNamespace(
            offset=n,
            timestamp=int(NOW.timestamp() * 1000),
            key=b"X99999901",
            value=json.dumps(event).encode(),
            headers=[],
        )
        for n, event in enumerate(events)
    ]


def test_a_forgotten_case_is_read_again(valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for a single case, households and the pointers to them come and go: the figures are the same."""
    monkeypatch.setattr(case_cache, "MAX_REMEMBERED_CASES", 1)
    monkeypatch.setattr(owner_module, "MAX_COMMIT_RECORDS", 3)

    async def story(records_at_once: int) -> None:
        client = connect(valkey.url)
        await client.flushall()
        store = Store(client, LOG.topic)
        owner = owning(store)
        await owner.positions([PARTITION])
        for first in range(0, len(EVENTS), records_at_once):
            await owner.apply(PARTITION, records()[first : first + records_at_once])
        await store.close()

    for records_at_once in (3, len(EVENTS)):
        asyncio.run(story(records_at_once))
        assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies


@pytest.mark.parametrize("room", [1, case_cache.MAX_REMEMBERED_CASES])
def test_new_events_are_added_to_the_case_that_is_kept(
    store_server: conftest.Store, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """However many commits wrote a case, and whether it was remembered or not, all of its events are in it."""
    monkeypatch.setattr(case_cache, "MAX_REMEMBERED_CASES", room)
    kept: list[tuple[str, Case]] = []

    async def story() -> None:
        store = Store(connect(store_server.url), LOG.topic)
        owner = owning(store)
        await owner.positions([PARTITION])
        for first in range(0, len(EVENTS), 3):
            await owner.apply(PARTITION, records()[first : first + 3])
        kept.extend(await store.households(PARTITION.partition))
        await store.close()

    asyncio.run(story())
    by_id = {min(case.ids): case for _, case in kept}
    assert by_id == {min(case.ids): case for _, case in reference(EVENTS).households()}
    assert max(case.size for case in by_id.values()) > 3


@pytest.mark.parametrize("damage", [("set", b""), ("setrange", 1, b"\0\0\1\0"), ("lpush", b"\xdd")])
def test_a_case_that_is_not_the_one_remembered_is_not_added_to(valkey: conftest.Store, damage: tuple[Any, ...]) -> None:
    """Somebody else changed it: we say what to do, and write nothing at all."""

    async def story() -> None:
        client = connect(valkey.url)
        store = Store(client, LOG.topic)
        owner = owning(store)
        await owner.positions([PARTITION])
        received = next(event for event in EVENTS if event["type"] == "enquiry.received")
        *before, new = records([*EVENTS, {**received, "id": "new", "record": "new"}])
        await owner.apply(PARTITION, before)
        position = await store.position(PARTITION.partition)
        assert position is not None
        kept = await store.kept(PARTITION.partition, position, [("X99999901", str(received["child"]))])
        (home,) = [child for (_, child), case in kept.items() if isinstance(case, Case)]
        key = f"{{{LOG.topic}:{PARTITION.partition}}}:case:X99999901:{home}"
        command, *arguments = damage
        if command == "lpush":
            await client.delete(key)
        await client.execute_command(command, key, *arguments)
        with pytest.raises(Reseek):
            await owner.apply(PARTITION, [new])
        assert "casepulse replay" in str(owner.refused)
        position = await store.position(PARTITION.partition)
        assert position is not None
        assert position.offset == len(EVENTS)
        await store.close()

    asyncio.run(story())


def test_a_store_of_the_format_before_is_carried_on(valkey: conftest.Store) -> None:
    """Its cases are read behind either header; from the claim on it is of this format."""

    async def story() -> None:
        client = connect(valkey.url)
        store = Store(client, LOG.topic)
        before = owning(store)
        await before.positions([PARTITION])
        await before.apply(PARTITION, records()[:100])
        for key in await store.case_keys(PARTITION.partition):
            if (value := await client.get(key)).startswith(ARRAY):
                await client.set(key, msgspec.msgpack.encode(list(decode_case(value))))
        await client.hset(POSITION, "format", "1")
        assert await store.format(PARTITION.partition) == "1"
        await client.hdel(POSITION, "last")
        store = Store(client, LOG.topic)
        after = owning(store)
        assert list((await after.positions([PARTITION])).values()) == [100]
        assert await store.format(PARTITION.partition) == FORMAT
        for first in range(100, len(EVENTS), 20):
            await after.apply(PARTITION, records()[first : first + 20])
        assert not [key async for key in client.scan_iter("*rights*")]
        await store.close()

    asyncio.run(story())
    assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies


@pytest.mark.parametrize("kept_in", ["1", FORMAT])
def test_a_worker_without_the_rights_says_so(store_server: conftest.Store, kept_in: str) -> None:
    """Redis would refuse it for ever. And a store of the format before stays as it was."""

    async def story() -> None:
        keeper = connect(store_server.url)
        store = Store(keeper, LOG.topic)
        await owning(store).positions([PARTITION])
        await keeper.hset(POSITION, "format", kept_in)
        rights = secured.WORKER.replace("+append +getrange +setrange ", "")
        assert rights != secured.WORKER
        await keeper.execute_command("ACL", "SETUSER", "worker", "on", ">secret", *rights.split())
        address = store_server.url.replace("redis://", "redis://worker:secret@")
        restricted = Store(connect(address), LOG.topic)
        owner = owning(restricted)
        with suppress(Reseek):
            await owner.positions([PARTITION])
            for first in range(0, len(EVENTS), 20):
                await owner.apply(PARTITION, records()[first : first + 20])
        assert "docs/operations.md" in str(owner.refused)
        assert await store.format(PARTITION.partition) == kept_in
        await restricted.close()
        await store.close()

    asyncio.run(story())


class CountingStore(Store):
    """A store that counts the cases that it is asked for."""

    asked = 0

    async def kept(self, partition: int, position: Position, keys: Iterable[CaseKey]) -> dict[CaseKey, Kept]:
        wanted = set(keys)
        self.asked += len(wanted)
        return await super().kept(partition, position, wanted)


@pytest.mark.parametrize("overtaken", [False, True])
def test_remembered_cases_outlive_a_recount(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch, overtaken: bool
) -> None:
    """A long log is told, beyond its former end, and counted: no case is read again, unless another worker went on."""
    monkeypatch.setattr(store_position, "LONG_LOG_EVENTS", 100)
    monkeypatch.setattr(owner_module, "MAX_COMMIT_RECORDS", 60)

    async def story() -> None:
        client = connect(valkey.url)
        store = CountingStore(client, LOG.topic)
        kafka = Kafka()
        kafka.end = 100
        owner = owning(store, kafka=kafka)
        await owner.positions([PARTITION])
        with pytest.raises(Reseek, match="is to be counted"):
            await owner.apply(PARTITION, records())
        kafka.end = 121
        offset = await _counted(owner)
        assert offset == 120
        if overtaken:
            other = owning(Store(client, LOG.topic), kafka=kafka)
            await other.positions([PARTITION])
            await other.apply(PARTITION, records()[120:121])
            offset = await _counted(owner)
        store.asked = 0
        children = {str(event["child"]) for event in EVENTS[:offset] if "child" in event}
        known = [record for record, event in zip(records(), EVENTS, strict=True) if event.get("child") in children]
        await owner.apply(PARTITION, [record for record in known if record.offset >= offset][:1])
        assert bool(store.asked) == overtaken
        await store.close()

    async def _counted(owner: Owner) -> int:
        while True:
            try:
                return int(next(iter((await owner.positions([PARTITION])).values())))
            except Reseek:
                await asyncio.sleep(0)

    asyncio.run(story())


def test_a_recount_sweeps_nothing_of_another_worker_that_took_over(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept between its switch and its sweep wakes when another has counted: that count is shown."""
    sleeper = Store(connect(valkey.url), LOG.topic)
    other = Store(connect(valkey.url), LOG.topic, "another")
    switch = Generations._switch

    async def recount(store: Store) -> None:
        position = await store.position(PARTITION.partition)
        assert position is not None
        await store.replace_tallies(PARTITION.partition, position, reference(EVENTS).tallies)

    async def sleepy_switch(generations: Generations, *about: Any) -> None:
        await switch(generations, *about)
        if generations is sleeper._generations:
            await recount(other)

    async def story() -> None:
        owner = owning(sleeper)
        await owner.positions([PARTITION])
        await owner.apply(PARTITION, records())
        await recount(sleeper)
        for store in (sleeper, other):
            await store.close()

    monkeypatch.setattr(Generations, "_switch", sleepy_switch)
    asyncio.run(story())
    assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies


class Failing(Store):
    """A store of which one commit fails, before or after it lands, or during which the sender is cancelled."""

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
                await asyncio.sleep(0.05)  # the next records are folded by then
            self.apply.cancel()
            await asyncio.sleep(0.01)
        await super().commit(partition, commit)
        if self.left == 0 and self.how == "after":
            raise ConnectionError


@pytest.mark.parametrize("how", ["before", "after", "ended", "ended later"])
def test_records_folded_ahead_of_a_failed_commit_are_folded_again(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Whichever commit fails, and however: all events after the store's position are told once more."""
    monkeypatch.setattr(owner_module, "MAX_COMMIT_RECORDS", 60)
    chunks = -(-len(EVENTS) // owner_module.MAX_COMMIT_RECORDS)
    assert chunks > 3

    async def story(at: int) -> None:
        client = connect(valkey.url)
        await client.flushall()
        await client.aclose()
        store = Failing(valkey.url, at, how)
        owner = owning(store)
        await owner.positions([PARTITION])
        store.apply = asyncio.ensure_future(owner.apply(PARTITION, records()))
        with pytest.raises((Reseek, asyncio.CancelledError)):
            await store.apply
        (offset,) = (await owner.positions([PARTITION])).values()
        assert offset in (owner_module.MAX_COMMIT_RECORDS * (at - 1), owner_module.MAX_COMMIT_RECORDS * at)
        assert offset == owner_module.MAX_COMMIT_RECORDS * at or how != "after"
        if offset < len(EVENTS):
            await owner.apply(PARTITION, records()[offset:])
        await store.close()

    for at in range(1, chunks):  # the last chunk is shorter
        asyncio.run(story(at))
        assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies


def test_a_quiet_hour_is_no_hanging(valkey: conftest.Store) -> None:
    """Where no event waits or comes for an hour, the first one after it does not make the worker count as hanging."""
    health = Health()

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        owner = owning(store, health=health)
        await owner.positions([PARTITION])
        await owner.apply(PARTITION, records())
        health.applied_at -= 3600
        await owner.look()
        await store.close()

    asyncio.run(story())
    health.lag = 1
    assert health.hangs(time.monotonic()) is None


def test_a_worker_that_has_refused_asks_kafka_no_more(valkey: conftest.Store) -> None:
    """The connections are being closed then: a question would wait for its answer and keep the worker from ending."""

    async def story() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        kafka = Kafka()
        owner = owning(store, kafka=kafka, limit=Limit(1))
        await owner.positions([PARTITION])
        unreadable = SimpleNamespace(offset=0, timestamp=0, key=b"X99999901", value=b"{", headers=[])
        with pytest.raises(Reseek):
            await owner.apply(PARTITION, [unreadable])
        assert owner.refused is not None
        kafka.asked = 0
        with pytest.raises(Reseek):
            await owner.positions([PARTITION])
        assert kafka.asked == 0
        await store.close()

    asyncio.run(story())


def test_only_the_last_records_count_for_the_share_of_dead_letters(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six of the last twenty stop the line. Five that lie further back do not, however few good batches came since."""
    monkeypatch.setattr(owner_module, "LOOK_BACK_RECORDS", 20)

    async def story(letters: str) -> str:
        """Apply a record a letter, `x` an unreadable one, a batch a word; return why the owner refused, if it did."""
        client = connect(valkey.url)
        await client.flushall()
        store = Store(client, LOG.topic)
        owner = owning(store, kafka=test_time_passes_on_read.Kafka(1000), limit=Limit(3))
        log = iter(records()[: len(letters)])
        await owner.positions([PARTITION])
        with suppress(Reseek):
            for batch in letters.split():
                await owner.apply(PARTITION, [_unreadable(next(log)) if it == "x" else next(log) for it in batch])
        await store.close()
        return str(owner.refused or "")

    five, good = "x.x.x.x.x.", ".........."
    assert "6 among the last" in asyncio.run(story(f"{five} x"))
    assert "6 among the last" in asyncio.run(story(f"{five} ......... x"))  # the first of the five is the 20th last
    assert not asyncio.run(story(f"{five} {good} . x . x.x"))
    assert not asyncio.run(story(f"{five} {good} {good} x.x.x"))
    assert "6 among the last" in asyncio.run(story(f"{five} {good} {good} {five} x"))


def _unreadable(record: Any) -> Any:
    return SimpleNamespace(**{**vars(record), "value": b"{"})


def test_a_worker_without_partitions_is_not_ready(valkey: conftest.Store) -> None:
    """From the moment at which it must ask for its positions, until it knows them."""
    health = Health(assigned=True)

    async def story() -> None:
        store = Store(connect("redis://127.0.0.1:1/0"), LOG.topic)
        owner = owning(store, health=health)
        with pytest.raises(Reseek):
            await owner.positions([PARTITION])
        await store.close()

    asyncio.run(story())
    assert not health.assigned


def test_the_cases_of_the_latest_events_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child of whom there are events every day is not read every day."""
    monkeypatch.setattr(case_cache, "MAX_REMEMBERED_CASES", 2)
    cases = case_cache.CaseCache()
    for names in ("ab", "ca", "d"):
        cases.remember({("X", name): None for name in names})
        cases.forget()
    assert [name for _, name in cases] == ["a", "d"]
