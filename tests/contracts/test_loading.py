"""A partition that goes on while it is read: what is read is of one moment all the same, or is not read at all."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from metrics.counting.completeness import Completeness
from metrics.counting.fold import Change
from metrics.counting.tally import Tally
from metrics.shapes.part import CellKey
from metrics.store import loading
from metrics.store.loading import load
from metrics.store.reader import PARTS, STOCKS, NotReady, Reader
from metrics.store.redis import Commit, Log, Named, Position, Store, TallyPage, connect
from metrics.sums.sums import Sums
from tests import conftest

LOG = Log("case-events", "a-cluster", "a-topic", 2)
Meddle = Callable[[int], Awaitable[None]]
Cells = Counter[tuple[str, str, CellKey]]


class Meddled(Store):
    """A store in which something happens before each page is read."""

    meddle: Meddle | None = None
    reads = 0

    async def page(self, partition: int, generation: str, after: int, names: Sequence[Named]) -> TallyPage | None:
        self.reads += 1
        if self.meddle is not None:
            await self.meddle(partition)
        return await super().page(partition, generation, after, names)


class Worker:
    """Commits made-up cells, and remembers what there must be."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store, self._choose = store, Random(seed)
        self.cells: Cells = Counter()
        self.authorities = ["X99999901"]

    async def commit(self, partition: int, cells: int = 5, last: int | None = None) -> None:
        position = await self._store.position(partition)
        assert position is not None
        tallies: dict[str, Tally] = {}
        for _ in range(cells):
            name, part, where = self._cell()
            here = tallies.setdefault(name, {}).setdefault(part, {})
            n = self._choose.choice((1, 1, -1))
            here[where] = here.get(where, 0) + n
            self.cells[name, part, where] += n
        change = Change(authorities={name: Completeness() for name in self.authorities}, tallies=tallies)
        end = position.offset + self._choose.choice((1, 7))
        await self._store.commit(
            partition,
            Commit(expected=position.offset, position=end, generation=position.generation, change=change),
        )

    def _cell(self) -> tuple[str, str, CellKey]:
        choose = self._choose
        where: CellKey = (choose.choice("ab"), (choose.choice(("x", ("x", "y"))),), choose.randrange(5))
        return choose.choice(self.authorities), choose.choice(PARTS[:6]), where

    def held_by(self, sums: dict[str, Sums]) -> bool:
        found = {(name, part, where): n for name, theirs in sums.items() for part, where, n in theirs.cells()}
        return found == {key: n for key, n in self.cells.items() if n}


@asynccontextmanager
async def filled(valkey: conftest.Store, seed: int = 0) -> AsyncIterator[tuple[Meddled, Worker, Any]]:
    """Open a store with some commits in partition 0, and a client to look with."""
    client = connect(valkey.url)
    store, other = Meddled(connect(valkey.url), LOG.topic), Store(connect(valkey.url), LOG.topic)
    try:
        worker = Worker(other, seed)
        for partition in (0, 1):
            await other.claim(partition, LOG, 0)
        for _ in range(10):
            await worker.commit(0)
        yield store, worker, client
    finally:
        for each in (store, other):
            await each.close()
        await client.aclose()


async def stands(store: Store) -> Position:
    position = await store.position(0)
    assert position is not None
    return position


@pytest.mark.parametrize("seed", range(5))
def test_what_is_read_while_commits_go_on_is_of_one_moment(
    valkey: conftest.Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tally by tally, with commits between any two, of an authority that nobody had heard of among them."""
    monkeypatch.setattr(loading, "PAGE", 1)

    async def run() -> None:
        async with filled(valkey, seed) as (store, worker, _):
            before = await stands(store)

            async def meddle(partition: int) -> None:
                if store.reads == 3:
                    worker.authorities.append("X99999902")
                for _ in range(store.reads % 3):
                    await worker.commit(partition)

            store.meddle = meddle
            loaded = await load(store, 0, before, PARTS, STOCKS)
            assert loaded is not None
            assert store.reads > 5
            assert loaded.position == await stands(store)
            assert loaded.position.offset > before.offset
            assert set(loaded.authorities) == {"X99999901", "X99999902"}
            assert worker.held_by(loaded.sums)

    asyncio.run(run())


def test_what_began_before_the_last_commits_is_of_the_last(valkey: conftest.Store) -> None:
    """The position that a reader saw first may be old by the time it reads: what came since is in the tallies."""

    async def run() -> None:
        async with filled(valkey) as (store, worker, _):
            before = await stands(store)
            await worker.commit(0)
            loaded = await load(store, 0, before, PARTS)
            assert loaded is not None
            assert worker.held_by(loaded.sums)

    asyncio.run(run())


def test_what_lost_its_way_is_read_again_and_never_shown(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More commits than are kept between two pages, or another count of the tallies: nothing of it is taken."""
    monkeypatch.setattr(loading, "PAGE", 1)

    async def run() -> None:
        async with filled(valkey) as (store, worker, client):

            async def trim(_: int) -> None:
                await worker.commit(0)
                await client.xtrim("{case-events:0}:changes", maxlen=0, approximate=False)

            async def recount(_: int) -> None:
                await client.hset("{case-events:0}:position", "generation", f"other.{store.reads}")

            generation = (await stands(store)).generation
            for meddle in (trim, recount):
                store.meddle = meddle
                assert await load(store, 0, await stands(store), PARTS) is None
                reader = Reader(store)
                await reader.turn()
                assert not reader.whole
                with pytest.raises(NotReady):
                    reader.authorities()
            store.meddle = None
            await client.hset("{case-events:0}:position", "generation", generation)
            await reader.turn()
            found = reader.authority("X99999901")
            assert found is not None
            assert worker.held_by({"X99999901": found[1]})

    asyncio.run(run())


def test_no_partition_waits_for_another_that_is_being_read(valkey: conftest.Store) -> None:
    """While one takes its time, the others are followed, and nobody calls the store silent."""

    async def run() -> None:
        async with filled(valkey) as (store, worker, _):
            go_on = asyncio.Event()

            async def wait(partition: int) -> None:
                if partition == 0:
                    await go_on.wait()

            store.meddle = wait
            reader = Reader(store)
            following = asyncio.create_task(reader.follow())
            await until(lambda: 1 in reader._held and reader._held[1].whole)
            await worker.commit(1)
            await until(lambda: dict(reader.positions())[1] == 1 or dict(reader.positions())[1] == 7)
            assert not reader.whole
            go_on.set()
            await until(lambda: reader.whole)
            following.cancel()

    asyncio.run(run())


def test_reading_keeps_nobody_waiting(valkey: conftest.Store) -> None:
    """Others have their turns while tens of thousands of cells are read."""

    async def run() -> None:
        async with filled(valkey) as (store, worker, _):
            for _ in range(8):
                await worker.commit(0)
            position = await stands(store)
            many = {("north", ((f"{n}"),), n): 1 for n in range(60_000)}
            tallies: dict[str, Tally] = {"X99999901": {PARTS[0]: many}}
            end = position.offset + 1
            await store.commit(
                0,
                Commit(
                    expected=position.offset,
                    position=end,
                    generation=position.generation,
                    change=Change(tallies=tallies),
                ),
            )
            turns, longest = 0, 0.0

            async def others() -> None:
                nonlocal turns, longest
                while True:
                    began = time.thread_time()
                    await asyncio.sleep(0)
                    turns, longest = turns + 1, max(longest, time.thread_time() - began)

            waiting = asyncio.create_task(others())
            loaded = await load(store, 0, await stands(store), PARTS)
            waiting.cancel()
            assert loaded is not None
            assert sum(1 for _ in loaded.sums["X99999901"].cells()) > 59_000
            assert turns > 30
            assert longest < 0.5  # seconds; a benchmark tells how long it is

    asyncio.run(run())


async def until(true: Callable[[], bool], within: float = 20.0) -> None:
    """Wait until *true* holds."""
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.02)
