"""A partition that goes on while it is read: what is read is of one moment all the same, or is discarded."""

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
from metrics.store.codec import TallyPage
from metrics.store.commits import Commit, TallyName
from metrics.store.connection import connect
from metrics.store.loading import load
from metrics.store.position import Log, Position
from metrics.store.reader import PARTS, STOCKS, NotReady, Reader
from metrics.store.redis import Store
from metrics.sums.sums import Sums
from tests import conftest

LOG = Log("case-events", "a-cluster", "a-topic", 2)
Meddle = Callable[[int], Awaitable[None]]
Cells = Counter[tuple[str, str, CellKey]]


class Meddled(Store):
    """A store in which something happens before each page is read."""

    meddle: Meddle | None = None
    reads = 0

    async def page(self, partition: int, generation: str, after: int, names: Sequence[TallyName]) -> TallyPage | None:
        self.reads += 1
        if self.meddle is not None:
            await self.meddle(partition)
        return await super().page(partition, generation, after, names)


class Committer:
    """Commits made-up cells, and remembers which there must be."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store, self._choose = store, Random(seed)
        self.cells: Cells = Counter()
        self.authorities = ["X99999901"]

    async def commit(self, partition: int, cells: int = 5) -> None:
        position = await self._store.position(partition)
        assert position is not None
        tallies: dict[str, Tally] = {}
        for _ in range(cells):
            name, part, where = self._cell()
            of_part = tallies.setdefault(name, {}).setdefault(part, {})
            n = self._choose.choice((1, 1, -1))
            of_part[where] = of_part.get(where, 0) + n
            self.cells[name, part, where] += n
        change = Change(authorities={name: Completeness() for name in self.authorities}, tallies=tallies)
        end = position.offset + self._choose.choice((1, 7))
        await self._store.commit(
            partition,
            Commit(
                token=position.token,
                expected=position.offset,
                position=end,
                generation=position.generation,
                change=change,
            ),
        )

    def _cell(self) -> tuple[str, str, CellKey]:
        choose = self._choose
        where: CellKey = (choose.choice("ab"), (choose.choice(("x", ("x", "y"))),), choose.randrange(5))
        return choose.choice(self.authorities), choose.choice(PARTS[:6]), where

    def held_by(self, sums: dict[str, Sums]) -> bool:
        held = {(name, part, where): n for name, theirs in sums.items() for part, where, n in theirs.cells()}
        return held == {key: n for key, n in self.cells.items() if n}


@asynccontextmanager
async def filled(valkey: conftest.Store, seed: int = 0) -> AsyncIterator[tuple[Meddled, Committer, Any]]:
    """Open a store with some commits in partition 0, and a client to look with."""
    client = connect(valkey.url)
    store, workers_own = Meddled(connect(valkey.url), LOG.topic), Store(connect(valkey.url), LOG.topic)
    try:
        worker = Committer(workers_own, seed)
        for partition in (0, 1):
            await workers_own.claim(partition, LOG, 0)
        for _ in range(10):
            await worker.commit(0)
        yield store, worker, client
    finally:
        for each in (store, workers_own):
            await each.close()
        await client.aclose()


async def position_of(store: Store) -> Position:
    position = await store.position(0)
    assert position is not None
    return position


@pytest.mark.parametrize("seed", range(5))
def test_a_reading_during_commits_is_of_one_moment(
    valkey: conftest.Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tally by tally, with commits between any two, among them commits of a new authority."""
    monkeypatch.setattr(loading, "MAX_PAGE_CELLS", 1)

    async def run() -> None:
        async with filled(valkey, seed) as (store, worker, _):
            before = await position_of(store)

            async def meddle(partition: int) -> None:
                if store.reads == 3:
                    worker.authorities.append("X99999902")
                for _ in range(store.reads % 3):
                    await worker.commit(partition)

            store.meddle = meddle
            loaded = await load(store, 0, before, PARTS, STOCKS)
            assert loaded is not None
            assert store.reads > 5
            assert loaded.position == await position_of(store)
            assert loaded.position.offset > before.offset
            assert set(loaded.authorities) == {"X99999901", "X99999902"}
            assert worker.held_by(loaded.sums)

    asyncio.run(run())


def test_a_reading_that_began_before_the_last_commit_is_as_of_the_last(valkey: conftest.Store) -> None:
    """The position that a reader saw first may be old by the time it reads: the tallies hold later commits."""

    async def run() -> None:
        async with filled(valkey) as (store, worker, _):
            before = await position_of(store)
            await worker.commit(0)
            loaded = await load(store, 0, before, PARTS)
            assert loaded is not None
            assert worker.held_by(loaded.sums)

    asyncio.run(run())


def test_a_reading_that_lost_track_is_done_again_and_never_shown(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More commits than are kept between two pages, or a recount: nothing of that reading is taken."""
    monkeypatch.setattr(loading, "MAX_PAGE_CELLS", 1)

    async def run() -> None:
        async with filled(valkey) as (store, worker, client):

            async def trim(_: int) -> None:
                await worker.commit(0)
                await client.xtrim("{case-events:0}:changes", maxlen=0, approximate=False)

            async def recount(_: int) -> None:
                await client.hset("{case-events:0}:position", "generation", f"other.{store.reads}")

            generation = (await position_of(store)).generation
            for meddle in (trim, recount):
                store.meddle = meddle
                assert await load(store, 0, await position_of(store), PARTS) is None
                reader = Reader(store)
                await reader.turn()
                assert not reader.whole
                with pytest.raises(NotReady):
                    reader.authorities()
            store.meddle = None
            await client.hset("{case-events:0}:position", "generation", generation)
            await reader.turn()
            known = reader.authority("X99999901")
            assert known is not None
            assert worker.held_by({"X99999901": known[1]})

    asyncio.run(run())


def test_no_partition_waits_for_another_that_is_being_read(valkey: conftest.Store) -> None:
    """While one partition is read slowly, the others are followed, and the store does not count as silent."""

    async def run() -> None:
        async with filled(valkey) as (store, worker, _):
            go_on = asyncio.Event()

            async def wait(partition: int) -> None:
                if partition == 0:
                    await go_on.wait()

            store.meddle = wait
            reader = Reader(store)
            following = asyncio.create_task(reader.follow())
            await until(lambda: 1 in reader._partitions and reader._partitions[1].whole)
            await worker.commit(1)
            await until(lambda: dict(reader.positions())[1] == 1 or dict(reader.positions())[1] == 7)
            assert not reader.whole
            go_on.set()
            await until(lambda: reader.whole)
            following.cancel()

    asyncio.run(run())


def test_reading_keeps_nobody_waiting(valkey: conftest.Store) -> None:
    """Other tasks have their turns while tens of thousands of cells are read."""

    async def run() -> None:
        async with filled(valkey) as (store, worker, _):
            for _ in range(8):
                await worker.commit(0)
            position = await position_of(store)
            many = {("north", ((f"{n}"),), n): 1 for n in range(60_000)}
            tallies: dict[str, Tally] = {"X99999901": {PARTS[0]: many}}
            end = position.offset + 1
            await store.commit(
                0,
                Commit(
                    token=position.token,
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
            loaded = await load(store, 0, await position_of(store), PARTS)
            waiting.cancel()
            assert loaded is not None
            assert sum(1 for _ in loaded.sums["X99999901"].cells()) > 59_000
            assert turns > 30
            assert longest < 0.5  # seconds; a benchmark tells how long it is

    asyncio.run(run())


async def until(condition: Callable[[], bool], within: float = 20.0) -> None:
    """Wait until *condition* holds, at most *within* seconds."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)
