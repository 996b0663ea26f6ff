"""A partition counted afresh from its cases. They know nothing of each other, and sums add up: so they are dealt out.

A long log is told once and counted once after it, which would keep one processor busy for a third of a rebuild.
"""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import Array
from multiprocessing import connection, get_context, parent_process
from typing import Any, NamedTuple

from metrics.counting.fingerprint import fingerprint
from metrics.counting.tally import Tally, add, of_cases, swept
from metrics.rules.rules import RulesByAuthority
from metrics.store.address import RedisSettings
from metrics.store.redis import STORE_ERRORS, Store, connect

AT_ONCE = 100  # cases, counted before anything else has a turn: some 20 ms
FEW = 4_000  # cases that are counted before another process has begun
MOST = 4  # processes, whatever the machine has: what they count is held in each
LOOK_EVERY = 0.2  # seconds

Progress = Callable[[float], None]  # told the share that is done
Tallies = dict[str, Tally]  # by authority
Recount = Callable[[int, Progress], Awaitable[Tallies]]  # of a partition

log = logging.getLogger(__name__)


class PoolTask(NamedTuple):
    """What a process of the pool is to know."""

    where: RedisSettings | str
    topic: str
    rules: RulesByAuthority
    catalogue: str  # by which it must count


# In a process of the pool: how many cases each of them has counted, and at the end whether they are to stop. Each
# number is written by one of them alone, so none is locked: who holds a lock may be killed.
_counts: "Array[Any] | None" = None


def here(store: Store, rules: RulesByAuthority) -> Recount:
    """Count in this process."""

    async def recount(partition: int, progress: Progress) -> Tallies:
        return await _alone(store, rules, await store.case_keys(partition), progress)

    return recount


def dealt_out(store: Store, where: RedisSettings | str, topic: str, rules: RulesByAuthority) -> Recount:
    """Count in as many processes as there are processors, where it is much; each reads the store by itself."""

    async def recount(partition: int, progress: Progress) -> Tallies:
        keys = await store.case_keys(partition)
        if len(keys) > FEW and (processes := min(MOST, _processors())) > 1:
            try:
                return await _deal(processes, PoolTask(where, topic, rules, fingerprint(rules)), keys, progress)
            except STORE_ERRORS:
                raise
            except (BrokenProcessPool, OSError, MemoryError, Another) as exc:  # not to be had, or of no use
                log.warning("counting in one process (%s)", type(exc).__name__)
                progress(0)
        return await _alone(store, rules, keys, progress)

    return recount


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def _alone(store: Store, rules: RulesByAuthority, keys: Sequence[bytes], progress: Progress) -> Tallies:
    return await _count(store, rules, keys, lambda done: progress(done / len(keys)))


async def _count(
    store: Store, rules: RulesByAuthority, keys: Sequence[bytes], progress: Callable[[int], None]
) -> Tallies:
    total: Tallies = {}
    for first in range(0, len(keys), AT_ONCE):
        of_cases(await store.households_of(keys[first : first + AT_ONCE]), rules, total)
        progress(min(first + AT_ONCE, len(keys)))
    return swept(total)


async def _deal(processes: int, about: PoolTask, keys: Sequence[bytes], progress: Progress) -> Tallies:
    spawn = get_context("spawn")  # a fork would take connections and threads along
    counts = spawn.RawArray("q", processes + 1)
    pool = ProcessPoolExecutor(processes, spawn, _begin, (counts,))
    loop = asyncio.get_running_loop()
    shares: list[asyncio.Future[Tallies]] = []
    try:
        for number in range(processes):
            shares.append(loop.run_in_executor(pool, _share, about, number, keys[number::processes]))
        waiting = set(shares)
        while waiting:
            done, waiting = await asyncio.wait(waiting, timeout=LOOK_EVERY)
            progress(sum(counts[:processes]) / len(keys))
            for share in done:
                share.result()
    finally:
        counts[processes] = 1
        for share in shares:
            share.cancel()  # nobody waits for it any more
        pool.shutdown(wait=False)
    total: Tallies = {}
    for share in shares:
        for authority, counted in share.result().items():
            add(total.setdefault(authority, {}), counted)
            await asyncio.sleep(0)
    return total


def _begin(counts: "Array[Any]") -> None:
    """Begin a process of the pool. It ends with the one that began it, however that ended."""
    global _counts
    _counts = counts
    gc.disable()  # what is counted has no cycles, and it would be walked again and again while it grows
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal it comes to all of us, and one decides
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _share(about: PoolTask, number: int, keys: Sequence[bytes]) -> Tallies:
    """Count some cases of a partition. Raises ConnectionError where the store does not answer, Another, Stopped."""
    if fingerprint(about.rules) != about.catalogue:
        raise Another
    return asyncio.run(_counted(about, number, keys))


async def _counted(about: PoolTask, number: int, keys: Sequence[bytes]) -> Tallies:
    counts = _counts
    assert counts is not None

    def note(counted: int) -> None:
        counts[number] = counted
        if counts[-1]:
            raise Stopped

    store = Store(connect(about.where), about.topic)
    try:
        return await _count(store, about.rules, keys, note)
    except STORE_ERRORS as exc:
        raise ConnectionError(type(exc).__name__) from None  # not every one of them can be sent
    finally:
        await store.close()


class Another(Exception):
    """Another version was installed since the worker began, and would count by other rules."""


class Stopped(Exception):
    """Nobody waits for what is counted here any more."""
