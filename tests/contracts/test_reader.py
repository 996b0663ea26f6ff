"""When a reader shows nothing: another catalogue, a store that is silent or cannot be read, a late claim."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from metrics.counting.fold import Change
from metrics.counting.tally import Tally
from metrics.store.commits import Commit
from metrics.store.position import Moved
from metrics.store.reader import NotReady, Reader
from metrics.store.redis import Store
from tests import conftest
from tests.promises.test_time_passes_on_read import LOG, with_store
from tests.story import AUTHORITY


def reading(valkey: conftest.Store, look: Callable[[Store, Reader, Any], Awaitable[None]]) -> None:
    """Run *look* on a store that it may change."""
    changed = AssertionError

    async def run(store: Store, reader: Reader, client: Any) -> None:
        await look(store, reader, client)
        raise changed("done")  # ends before with_store checks that nothing was changed

    with pytest.raises(changed, match="done"):
        with_store(valkey, run)


def test_tallies_of_another_catalogue_are_not_shown(valkey: conftest.Store) -> None:
    """A part that the other lacks would read as 0, and one that it has may be counted by another rule."""

    async def look(_: Store, reader: Reader, client: Any) -> None:
        assert reader.authority(AUTHORITY)
        await client.hset("{case-events:0}:position", "generation", "000000000000.other")
        await reader.turn()
        with pytest.raises(NotReady):
            reader.authority(AUTHORITY)

    reading(valkey, look)


def test_a_store_that_cannot_be_read_is_not_shown_and_does_not_end_the_reader(valkey: conftest.Store) -> None:
    """It goes on looking, and shows figures again once the store is repaired."""

    async def look(_: Store, reader: Reader, client: Any) -> None:
        readable = await client.hget("{case-events:0}:authorities", AUTHORITY)
        following = asyncio.create_task(reader.follow())
        await client.hset("{case-events:0}:authorities", AUTHORITY, b"\xc1nothing")
        reader._partitions[0] = replace(reader._partitions[0], answered_at=0.0)  # as after five silent seconds
        await asyncio.sleep(0.3)
        assert not following.done()
        assert not reader.whole
        await client.hset("{case-events:0}:authorities", AUTHORITY, readable)
        await asyncio.sleep(2)
        assert reader.whole
        following.cancel()

    reading(valkey, look)


def test_figures_of_a_silent_store_are_not_shown(valkey: conftest.Store) -> None:
    """After five seconds without an answer nobody knows the figures of now."""

    async def look(_: Store, reader: Reader, __: Any) -> None:
        following = asyncio.create_task(reader.follow())
        await asyncio.sleep(0.2)
        assert reader.whole
        valkey.running.freeze()
        await asyncio.sleep(5.5)
        is_shown = reader.whole
        valkey.running.thaw()
        assert not is_shown
        await asyncio.sleep(1)
        assert reader.whole
        following.cancel()

    reading(valkey, look)


def test_a_late_claim_does_not_lower_the_head(valkey: conftest.Store) -> None:
    """A worker that slept between asking Kafka and asking the store must not make half a rebuild look whole."""

    async def look(store: Store, _: Reader, client: Any) -> None:
        await client.hdel("{case-events:0}:position", "moved_at")  # as where nobody has gone on for long
        await store.claim(0, LOG, 5000)
        late = await store.claim(0, LOG, 11)
        assert late.head == 5000
        position = await store.position(0)
        assert position is not None
        assert msgspec.structs.replace(position, head=0) == msgspec.structs.replace(late, head=0)

    reading(valkey, look)


def test_figures_stay_shown_while_one_worker_follows_another(valkey: conftest.Store) -> None:
    """What waits meanwhile has them late, and not wrong; also while the next version recounts, however long."""

    async def look(store: Store, reader: Reader, client: Any) -> None:
        position = await store.position(0)
        assert position is not None
        await store.claim(0, LOG, 5000)
        await client.hset("{case-events:0}:position", "moved_at", "1")
        await Store(client, LOG.topic, "another").claim(0, LOG, 6000)
        await reader.turn()
        new = Reader(store)
        await new.turn()
        assert reader.whole
        assert new.whole
        await store.claim(0, LOG, 7000)  # nobody has gone on for long: it may be an older copy of itself
        await new.turn()
        assert not new.whole

    reading(valkey, look)


def test_a_recount_lands_where_nothing_went_on(valkey: conftest.Store) -> None:
    """Once the partition is read further, or another claim holds it, the count is not of what is kept."""

    async def look(store: Store, _: Reader, client: Any) -> None:
        before = await store.claim(0, LOG, 5000)
        claimed = await store.claim(0, LOG, 6000)
        with pytest.raises(Moved):
            await store.replace_tallies(0, before, {})
        assert await store.position(0) == claimed
        after = await store.replace_tallies(0, claimed, {})
        assert await store.position(0) == after
        assert after.generation != before.generation
        await client.hincrby("{case-events:0}:position", "offset", 1)
        with pytest.raises(Moved):
            await store.replace_tallies(0, after, {})

    reading(valkey, look)


def test_tallies_of_an_unfinished_recount_do_not_stay(valkey: conftest.Store) -> None:
    """Neither those of a recount that came too late, nor, after the next, those of a worker that was killed."""

    async def look(store: Store, _: Reader, client: Any) -> None:
        counted: dict[str, Tally] = {AUTHORITY: {"assessments_started": {("North", (), 0): 1}}}
        before = await store.claim(0, LOG, 5000)
        await client.hincrby("{case-events:0}:position", "offset", 1)
        with pytest.raises(Moved):
            await store.replace_tallies(0, before, counted)
        assert all([before.generation.encode() in key async for key in client.scan_iter(match="*:tally:*")])
        await client.hset("{case-events:0}:tally:rules.killed:X:part", "cell", 1)
        now = await store.position(0)
        assert now is not None
        after = await store.replace_tallies(0, now, counted)
        (kept,) = [key async for key in client.scan_iter(match="*:tally:*")]
        assert after.generation.encode() in kept

    reading(valkey, look)


def test_what_is_shown_first_after_a_silence_is_never_gone_behind(valkey: conftest.Store) -> None:
    """A store answers after a long silence, and loses its last second before it is looked at again."""

    async def look(store: Store, reader: Reader, client: Any) -> None:
        position = await store.position(0)
        assert position is not None
        reader._partitions[0] = replace(reader._partitions[0], answered_at=0.0)  # as after five silent seconds
        further = Commit(
            token=position.token,
            expected=position.offset,
            position=position.offset + 5,
            generation=position.generation,
            change=Change(),
        )
        await store.commit(0, further)
        await reader.turn()
        assert reader.whole
        await client.hset("{case-events:0}:position", "offset", position.offset)  # what a crash leaves of a commit
        await client.xdel("{case-events:0}:changes", f"{position.offset + 5}-0")
        await reader.turn()
        assert not reader.whole
        with pytest.raises(NotReady):
            reader.authority(AUTHORITY)

    reading(valkey, look)
