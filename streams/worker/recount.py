"""A partition counted afresh from its cases, dealt out to several processes.

No case depends on another, and sums add up. Counting a long log after it is told would keep one processor busy for a
third of a rebuild.
"""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from ctypes import Array, c_longlong
from functools import partial
from multiprocessing import connection, get_context, parent_process
from typing import NamedTuple

from events.case import Case
from metrics.counting.fingerprint import fingerprint
from metrics.counting.tally import Tally, add, of_cases, swept
from metrics.rules.rules import RulesByAuthority
from metrics.store.address import RedisSettings
from metrics.store.connection import STORE_ERRORS, connect
from metrics.store.position import Moved, Position
from metrics.store.redis import Store

CASES_A_TURN = 100  # counted before anything else has a turn: some 20 ms
FEW_CASES = 4_000  # are counted before another process has begun
MAX_PROCESSES = 4  # whatever the machine has: each holds what it counts
PROGRESS_SECONDS = 0.2  # between looks at how far the processes are

NoteShare = Callable[[float], None]  # notes the share that is done
Tallies = dict[str, Tally]  # by authority
Households = Callable[[Sequence[bytes]], Awaitable[list[tuple[str, Case]]]]  # under some keys, with their authorities
Recount = Callable[[int, Position, NoteShare], Awaitable[Tallies]]  # of a partition that a claim of ours holds

log = logging.getLogger(__name__)


class PoolTask(NamedTuple):
    """What a process of the pool needs to know."""

    where: RedisSettings | str
    topic: str
    partition: int
    position: Position
    rules: RulesByAuthority
    catalogue: str  # that it must count by


# In a process of the pool: how many cases each process has counted, and at the end whether they are to stop. Each
# number is written by one process alone, so none is locked: a process that holds a lock may be killed.
_counts: "Array[c_longlong] | None" = None


def here(store: Store, rules: RulesByAuthority) -> Recount:
    """Count in this process."""

    async def recount(partition: int, position: Position, note: NoteShare) -> Tallies:
        async with _same_cases(store, partition) as keys:
            return await _alone(partial(store.households_of, partition, position), rules, keys, note)

    return recount


def dealt_out(store: Store, where: RedisSettings | str, topic: str, rules: RulesByAuthority) -> Recount:
    """Count many cases in as many processes as there are processors; each reads the store by itself."""

    async def recount(partition: int, position: Position, note: NoteShare) -> Tallies:
        async with _same_cases(store, partition) as keys:
            return await count(PoolTask(where, topic, partition, position, rules, fingerprint(rules)), keys, note)

    async def count(task: PoolTask, keys: Sequence[bytes], note: NoteShare) -> Tallies:
        if len(keys) > FEW_CASES and (processes := min(MAX_PROCESSES, _processors())) > 1:
            try:
                return await _deal(processes, task, keys, note)
            except STORE_ERRORS:
                raise
            except (BrokenProcessPool, OSError, MemoryError, AnotherVersion) as exc:  # unavailable, or of no use
                log.warning("counting in one process (%s)", type(exc).__name__)
                note(0)
        return await _alone(partial(store.households_of, task.partition, task.position), rules, keys, note)

    return recount


@asynccontextmanager
async def _same_cases(store: Store, partition: int) -> AsyncIterator[list[bytes]]:
    """Hand out the keys of all cases of *partition*. Raises Moved at the end where they are others by then.

    A store that is being filled from a copy while the keys are listed may not have all of them yet.
    """
    keys = await store.case_keys(partition)
    yield keys
    if keys != await store.case_keys(partition):
        raise Moved("cases came or went while they were counted")


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def _alone(households: Households, rules: RulesByAuthority, keys: Sequence[bytes], note: NoteShare) -> Tallies:
    return await _count(households, rules, keys, lambda done: note(done / len(keys)))


async def _count(
    households: Households, rules: RulesByAuthority, keys: Sequence[bytes], note_counted: Callable[[int], None]
) -> Tallies:
    total: Tallies = {}
    for first in range(0, len(keys), CASES_A_TURN):
        of_cases(await households(keys[first : first + CASES_A_TURN]), rules, total)
        note_counted(min(first + CASES_A_TURN, len(keys)))
    return swept(total)


async def _deal(processes: int, task: PoolTask, keys: Sequence[bytes], note: NoteShare) -> Tallies:
    spawn = get_context("spawn")  # a fork would take connections and threads along
    counts = spawn.RawArray("q", processes + 1)
    pool = ProcessPoolExecutor(processes, spawn, _begin, (counts,))
    loop = asyncio.get_running_loop()
    shares: list[asyncio.Future[Tallies]] = []
    try:
        for number in range(processes):
            shares.append(loop.run_in_executor(pool, _share, task, number, keys[number::processes]))
        await _all_done(shares, lambda: note(sum(counts[:processes]) / len(keys)))
    finally:
        counts[processes] = 1
        for share in shares:
            share.cancel()
        pool.shutdown(wait=False)
    return await _added([share.result() for share in shares])


async def _all_done(shares: Iterable["asyncio.Future[Tallies]"], look: Callable[[], None]) -> None:
    """Wait until all *shares* are counted, and *look* at it meanwhile. Raises what the first failed share raised."""
    waiting = set(shares)
    while waiting:
        done, waiting = await asyncio.wait(waiting, timeout=PROGRESS_SECONDS)
        look()
        for share in done:
            share.result()


async def _added(shares: Iterable[Tallies]) -> Tallies:
    """Return the sum of *shares*, giving way to others between any two authorities."""
    total: Tallies = {}
    for share in shares:
        for authority, tally in share.items():
            add(total.setdefault(authority, {}), tally)
            await asyncio.sleep(0)
    return total


def _begin(counts: "Array[c_longlong]") -> None:
    """Begin a process of the pool. It ends with its parent, however that ended."""
    global _counts
    _counts = counts
    gc.disable()  # tallies have no cycles, and would be walked again and again while they grow
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all processes, and the parent decides
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _share(task: PoolTask, number: int, keys: Sequence[bytes]) -> Tallies:
    """Count some cases of a partition.

    Raises AnotherVersion, Stopped, Moved, and ConnectionError where the store does not answer.
    """
    if fingerprint(task.rules) != task.catalogue:
        raise AnotherVersion
    return asyncio.run(_counted(task, number, keys))


async def _counted(task: PoolTask, number: int, keys: Sequence[bytes]) -> Tallies:
    counts = _counts
    assert counts is not None

    def note(counted: int) -> None:
        counts[number] = counted
        if counts[-1]:
            raise Stopped

    store = Store(connect(task.where), task.topic)
    try:
        return await _count(partial(store.households_of, task.partition, task.position), task.rules, keys, note)
    except STORE_ERRORS as exc:
        raise ConnectionError(type(exc).__name__) from None  # not every one of them can be pickled
    finally:
        await store.close()


class AnotherVersion(Exception):
    """Another version was installed since the worker began, and would count by other rules."""


class Stopped(Exception):
    """The parent does not wait for this count any more."""
