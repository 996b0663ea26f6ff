"""A commit is written whole or not at all; where it broke off all the same, what it left is counted afresh."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from metrics.store import codec
from metrics.store import position as store_position
from metrics.store.connection import connect
from metrics.store.position import Log, Refused
from metrics.store.reader import Reader
from metrics.store.redis import Store
from streams.worker import owner as owner_module
from streams.worker.consumer import Reseek
from streams.worker.owner import Owner
from tests import conftest
from tests.contracts.test_owner import EVENTS, POSITION, owning, records
from tests.journeys.machine import secured
from tests.journeys.machine.test_spine import reference
from tests.journeys.parts import tallies
from tests.promises import test_time_passes_on_read
from tests.promises.test_time_passes_on_read import LOG, PARTITION

TOLD = 20  # events that stand in the store before
BROKEN = 150  # records of the commit that breaks off
UNREADABLE = SimpleNamespace(**{**vars(records()[TOLD]), "offset": TOLD, "value": b"{"})
LATER = [UNREADABLE, *(SimpleNamespace(**{**vars(r), "offset": r.offset + 1}) for r in records()[TOLD:])]


def owner_of(store: Store, end: int = len(EVENTS) + 1) -> Owner:
    return owning(store, kafka=test_time_passes_on_read.Kafka(end))


async def all_keys(client: Any) -> dict[bytes, Any]:
    """Return all that is kept, but for what every claim may change."""
    kept = {key: await client.dump(key) async for key in client.scan_iter(count=1000) if key != POSITION.encode()}
    position = await client.hgetall(POSITION)
    return {
        **kept,
        POSITION.encode(): {name: value for name, value in position.items() if name not in (b"head", b"token")},
    }


async def told(url: str) -> tuple[Any, Store]:
    """Return a client, and a store in which the first events stand."""
    client = connect(url)
    await client.flushall()
    store = Store(client, LOG.topic)
    owner = owner_of(store, TOLD)
    await owner.positions([PARTITION])
    with suppress(Reseek):  # a long log is told, and counted by the next claim
        await owner.apply(PARTITION, records()[:TOLD])
    await claimed(owner)
    return client, store


async def claimed(owner: Owner) -> int:
    """Return where *owner* reads on. A recount takes more than one claim."""
    for _ in range(1000):
        try:
            (offset,) = (await owner.positions([PARTITION])).values()
            return offset
        except Reseek as exc:
            why = exc
            await asyncio.sleep(0.001)
    raise AssertionError(f"no claim succeeds ({owner.refused or why})")


async def go_on(store: Store, at_once: int) -> None:
    """Have another worker take over, and read all that is left, *at_once* records at a time."""
    owner = owner_of(store)
    offset = await claimed(owner)
    while left := [record for record in LATER if record.offset >= offset][:at_once]:
        with suppress(Reseek):
            await owner.apply(PARTITION, left)
        offset = await claimed(owner)


def without(right: str) -> str:
    rights = secured.WORKER.replace(f"{right} ", "")
    assert rights != secured.WORKER
    return rights


def only_keys(*patterns: str) -> str:
    rights = secured.WORKER.replace("~{case-events:*", " ".join(f"~{pattern}" for pattern in patterns))
    assert rights != secured.WORKER
    return f"{rights} %R~*"


LACKING = {
    **{right: without(right) for right in ("+hset", "+hdel", "+set", "+append", "+setrange", "+xadd", "+zadd")},
    "no cases": only_keys(
        "*:position", "*:changes", "*:authorities", "*:dead-letters", "*:rights", "*:tally:*", "*:definitions:*"
    ),
}


@pytest.mark.parametrize("rights", LACKING.values(), ids=LACKING)
def test_a_right_that_is_missing_leaves_the_store_as_it_was(store_server: conftest.Store, rights: str) -> None:
    """The worker says so and ends. Whatever it wrote before is whole. Once the right is given, nothing is missing."""

    async def story() -> None:
        keeper, store = await told(store_server.url)
        await keeper.execute_command("ACL", "SETUSER", "worker", "reset", "on", ">secret", *rights.split())
        restricted = Store(connect(store_server.url.replace("redis://", "redis://worker:secret@")), LOG.topic)
        owner = owner_of(restricted)
        before = await all_keys(keeper)
        with suppress(Reseek):
            await owner.positions([PARTITION])
            for first in range(0, len(LATER), 10):
                before = await all_keys(keeper)
                await owner.apply(PARTITION, LATER[first : first + 10])
        assert "docs/operations.md" in str(owner.refused)
        assert await all_keys(keeper) == before
        await keeper.execute_command("ACL", "SETUSER", "worker", "reset", "on", ">secret", *secured.WORKER.split())
        await go_on(restricted, 50)
        await restricted.close()
        await store.close()

    asyncio.run(story())
    assert tallies(store_server.url, LOG.topic) == reference(EVENTS).tallies


def test_a_case_that_is_too_long_for_the_store_is_refused(
    store_server: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words that say what to do, before anything is written where we know how long a string may be."""

    async def story() -> None:
        keeper, store = await told(store_server.url)
        longest = max([await keeper.strlen(key) for key in await store.case_keys(PARTITION.partition)])
        monkeypatch.setattr(codec, "MAX_STRING_BYTES", longest)
        owner = owner_of(store)
        await owner.positions([PARTITION])
        with suppress(Reseek):
            for first in range(0, len(LATER), 10):
                before = await all_keys(keeper)
                await owner.apply(PARTITION, LATER[first : first + 10])
        assert "proto-max-bulk-len" in str(owner.refused)
        assert await all_keys(keeper) == before
        await store.close()

    asyncio.run(story())


def test_a_case_that_only_the_server_finds_too_long_is_counted_afresh(store_server: conftest.Store) -> None:
    """A server may take less than is usual, and says so amid a commit. Once it takes more, nothing is missing."""
    lowest = 1024 * 1024  # that a server can be set to
    first = next(event for event in EVENTS if event["type"] == "enquiry.received")
    many = [{**first, "id": f"{n:064}", "record": f"{n % 9:064}", "revision": n} for n in range(6000)]
    log = records(many)

    async def story() -> None:
        keeper = connect(store_server.url)
        await keeper.config_set("proto-max-bulk-len", lowest)
        store = Store(keeper, LOG.topic)
        owner = owning(store, kafka=test_time_passes_on_read.Kafka(len(log)))
        offset = await claimed(owner)
        with suppress(Reseek):
            for start in range(0, len(log), 500):
                await owner.apply(PARTITION, log[start : start + 500])
        assert "proto-max-bulk-len" in str(owner.refused)
        await keeper.config_set("proto-max-bulk-len", 512 * lowest)
        owner = owning(store, kafka=test_time_passes_on_read.Kafka(len(log)))
        offset = await claimed(owner)
        assert 0 < offset < len(log)
        for start in range(offset, len(log), 500):
            await owner.apply(PARTITION, log[start : start + 500])
        await store.close()

    asyncio.run(story())
    assert tallies(store_server.url, LOG.topic) == reference(many).tallies


def broken(after: int) -> str:
    """Return the script of a commit that breaks off after so many writes."""
    text = files("metrics.store").joinpath("commit.lua").read_text()
    checks, first, writes = text.partition("redis.call('HSET', KEYS[1], 'committing'")
    assert first
    counted = f"""
local done = 0
local function write(...)
  done = done + 1
  if done == {after + 1} then error({{err = 'ERR broke off'}}) end
  return redis.call(...)
end
local function try(...)
  done = done + 1
  if done == {after + 1} then return {{err = 'ERR broke off'}} end
  return redis.pcall(...)
end
"""
    return checks + counted + (first + writes).replace("redis.call(", "write(").replace("redis.pcall(", "try(")


async def breaks_off(store: Store, client: Any, after: int) -> bool:
    """Have a commit break off after so many writes; return whether it has as many."""
    honest, store._commit = store._commit, client.register_script(broken(after))
    owner = owner_of(store)
    await owner.positions([PARTITION])
    try:
        with pytest.raises(Reseek):
            await owner.apply(PARTITION, LATER[:BROKEN])
    except pytest.fail.Exception:
        return False
    finally:
        store._commit = honest
    return True


@pytest.mark.parametrize("is_counted_later", [False, True])
def test_a_commit_that_broke_off_is_counted_afresh(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch, is_counted_later: bool
) -> None:
    """After whichever write: nothing is shown until all of it is told again, in any batches; then all is right.

    Also where it broke off twice, and where nothing is counted yet.
    """
    if is_counted_later:
        monkeypatch.setattr(store_position, "LONG_LOG_EVENTS", 1)

    async def story(after: int) -> bool:
        client, store = await told(valkey.url)
        reader = Reader(Store(connect(valkey.url), LOG.topic))
        await reader.turn()
        assert reader.whole
        if not await breaks_off(store, client, after):
            return False
        if after:
            assert (await store.position(PARTITION.partition)).committing == TOLD + BROKEN  # type: ignore[union-attr]
            await reader.turn()
            assert not reader.whole
            monkeypatch.setattr(owner_module, "MAX_COMMIT_RECORDS", 37)
            seen = []
            turn = asyncio.ensure_future(go_on(store, 37))
            while not turn.done():
                await asyncio.sleep(0.001)
                await reader.turn()
                position = await store.position(PARTITION.partition)
                seen.append((reader.whole, position.offset if position else 0))
            await turn
            assert not [offset for is_whole, offset in seen if is_whole and offset < TOLD + BROKEN]
        else:
            await go_on(store, 37)
        monkeypatch.undo()
        await reader.turn()
        assert reader.whole
        assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies
        await reader._store.close()
        await store.close()
        return True

    writes = [1, 2, 3, 4, 5, 6, 20, 61, 120]
    for after in [0, *writes] if not is_counted_later else [2, 20]:
        if is_counted_later:
            monkeypatch.setattr(store_position, "LONG_LOG_EVENTS", 1)
        assert asyncio.run(story(after))


Damage = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("log", "kept_in"),
    [
        (msgspec.structs.replace(LOG, cluster="another"), None),
        (msgspec.structs.replace(LOG, topic_id="another"), None),
        (msgspec.structs.replace(LOG, partitions=LOG.partitions + 1), None),
        (msgspec.structs.replace(LOG, cluster="another"), "1"),
        (LOG, "99"),
    ],
)
def test_a_claim_changes_nothing_of_a_store_that_is_not_ours(
    valkey: conftest.Store, log: Log, kept_in: str | None
) -> None:
    """Neither its head nor its format: whoever it belongs to goes on with it as it was."""

    async def story() -> None:
        client, store = await told(valkey.url)
        if kept_in:
            await client.hset(POSITION, "format", kept_in)
        before = await client.hgetall(POSITION), await all_keys(client)
        with pytest.raises(Refused):
            await store.claim(PARTITION.partition, log, 1_000_000)
        assert (await client.hgetall(POSITION), await all_keys(client)) == before
        await store.close()

    asyncio.run(story())
