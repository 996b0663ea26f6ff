"""A partition counted afresh from its cases. They know nothing of each other, and sums add up: so they are dealt out.

A long log is told once and counted once after it, which would keep one processor busy for a third of a rebuild.
"""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import Array
from multiprocessing import connection, get_context, parent_process
from typing import Any

from metrics.connection import RedisSettings
from metrics.rules import Authorities
from metrics.store import STORE_ERRORS, Store, connect
from metrics.tally import Tally, add, of_cases, swept

AT_ONCE = 100  # cases, counted before anything else has a turn: some 20 ms
FEW = 4_000  # cases that are counted before another process has begun
MOST = 4  # processes, whatever the machine has: what they count is held in each
LOOK_EVERY = 0.2  # seconds

Progress = Callable[[float], None]  # told the share that is done
Tallies = dict[str, Tally]  # by authority
About = tuple[RedisSettings | str, str, Authorities]  # store, topic, rules
Recount = Callable[[int, Progress], Awaitable[Tallies]]  # of a partition

# In a process of the pool: how many cases each of them has counted, and at the end whether they are to stop. Each
# number is written by one of them alone, so none is locked: who holds a lock may be killed.
_counts: "Array[Any] | None" = None


def here(store: Store, rules: Authorities) -> Recount:
    """Count in this process."""

    async def recount(partition: int, progress: Progress) -> Tallies:
        keys = await store.case_keys(partition)
        return await _count(store, rules, keys, lambda done: progress(done / len(keys)))

    return recount


def dealt_out(store: Store, where: RedisSettings | str, topic: str, rules: Authorities) -> Recount:
    """Count in as many processes as there are processors, where it is much; each reads the store by itself."""

    async def recount(partition: int, progress: Progress) -> Tallies:
        keys = await store.case_keys(partition)
        processes = min(MOST, len(os.sched_getaffinity(0)))
        if len(keys) > FEW and processes > 1:
            try:
                return await _deal(processes, (where, topic, rules), keys, progress)
            except BrokenProcessPool:  # one of them was killed, as where memory is short: there is another way
                progress(0)
        return await _count(store, rules, keys, lambda done: progress(done / len(keys)))

    return recount


async def _count(store: Store, rules: Authorities, keys: Sequence[bytes], progress: Callable[[int], None]) -> Tallies:
    total: Tallies = {}
    for first in range(0, len(keys), AT_ONCE):
        of_cases(await store.households_of(keys[first : first + AT_ONCE]), rules, total)
        progress(min(first + AT_ONCE, len(keys)))
    return swept(total)


async def _deal(processes: int, about: About, keys: Sequence[bytes], progress: Progress) -> Tallies:
    spawn = get_context("spawn")  # a fork would take connections and threads along
    counts = spawn.RawArray("q", processes + 1)
    pool = ProcessPoolExecutor(processes, spawn, _begin, (counts,))
    loop = asyncio.get_running_loop()
    shares = [loop.run_in_executor(pool, _share, about, number, keys[number::processes]) for number in range(processes)]
    try:
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


def _share(about: About, number: int, keys: Sequence[bytes]) -> Tallies:
    """Count some cases of a partition. Raises ConnectionError where the store does not answer, Stopped."""
    return asyncio.run(_counted(*about, number, keys))


async def _counted(
    where: RedisSettings | str, topic: str, rules: Authorities, number: int, keys: Sequence[bytes]
) -> Tallies:
    counts = _counts
    assert counts is not None

    def note(counted: int) -> None:
        counts[number] = counted
        if counts[-1]:
            raise Stopped

    store = Store(connect(where), topic)
    try:
        return await _count(store, rules, keys, note)
    except STORE_ERRORS as exc:
        raise ConnectionError(type(exc).__name__) from None  # not every one of them can be sent
    finally:
        await store.close()


class Stopped(Exception):
    """Nobody waits for what is counted here any more."""
