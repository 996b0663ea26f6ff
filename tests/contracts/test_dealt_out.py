"""A recount dealt out to processes, on a real store: the same tallies, and no process outlives its worker."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from os import getpid, kill
from pathlib import Path
from typing import Any

import pytest

from events.decode import decode
from metrics.counting.fold import fold
from metrics.rules.rules import RulesByAuthority
from metrics.store.commits import Commit
from metrics.store.connection import connect
from metrics.store.position import Log
from metrics.store.redis import Store
from streams.worker import recount
from tests import conftest
from tests.journeys.machine.test_spine import NOW, log_of, reference
from tests.journeys.parts import eventually

LOG = Log("case-events", "a-cluster", "a-topic", 1)
EVENTS = list(log_of(2, histories=20))


@pytest.fixture
def filled(valkey: conftest.Store) -> Iterator[conftest.Store]:
    """A store that holds the cases of two authorities."""

    async def fill() -> None:
        store = Store(connect(valkey.url), LOG.topic)
        position = await store.claim(0, LOG, len(EVENTS))
        change = fold({}, {}, [decode(json.dumps(event).encode(), NOW) for event in EVENTS], RulesByAuthority())
        token, generation = position.token, position.generation
        commit = Commit(token=token, expected=0, position=len(EVENTS), generation=generation, change=change)
        await store.commit(0, commit)
        await store.close()

    asyncio.run(fill())
    yield valkey
    valkey.running.thaw()


@pytest.fixture(autouse=True)
def many_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processors, and as many cases as are worth dealing out."""
    monkeypatch.setattr(recount, "FEW_CASES", 3)
    monkeypatch.setattr(recount, "CASES_A_TURN", 5)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})


def counted(filled: conftest.Store, progress: Callable[[float], None], frozen: bool = False) -> Any:
    """Return the tallies of a recount. *frozen*: the store does not answer once the keys are read."""

    async def run() -> Any:
        store = Store(connect(filled.url), LOG.topic)
        if frozen:
            case_keys = store.case_keys

            async def keys_then_freeze(partition: int) -> list[bytes]:
                keys = await case_keys(partition)
                store.case_keys = case_keys  # type: ignore[method-assign]  # put back
                filled.running.freeze()
                return keys

            store.case_keys = keys_then_freeze  # type: ignore[method-assign]  # for the one call
        try:
            position = await store.position(0)
            assert position is not None
            return await recount.dealt_out(store, filled.url, LOG.topic, RulesByAuthority())(0, position, progress)
        finally:
            await store.close()

    return asyncio.run(run())


def test_dealt_out_it_is_the_same(filled: conftest.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tally of the reference, counted by other processes; and the share done is told."""
    seen: list[float] = []

    async def elsewhere(*_: Any) -> Any:
        raise AssertionError("the other processes are to count")

    monkeypatch.setattr(recount, "_count", elsewhere)
    assert counted(filled, seen.append) == reference(EVENTS).tallies
    assert seen == sorted(seen)
    assert seen[-1] == 1


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cases were counted in this process, a number for each time."""
    counted_here: list[int] = []
    count = recount._count

    async def noted(store: Any, rules: Any, keys: Any, progress: Any) -> Any:
        counted_here.append(len(keys))
        return await count(store, rules, keys, progress)

    monkeypatch.setattr(recount, "_count", noted)
    return counted_here


def test_a_process_that_is_killed_is_done_without(filled: conftest.Store, alone: list[int]) -> None:
    """A machine short of memory may kill it: its cases are counted in this process."""
    killed = []

    def progress(_: float) -> None:
        for pid in children(getpid()):
            kill(pid, signal.SIGKILL)
            killed.append(pid)
        filled.running.thaw()

    assert counted(filled, progress, frozen=True) == reference(EVENTS).tallies
    assert killed
    assert len(alone) == 1


def test_processes_that_cannot_start_are_done_without(
    filled: conftest.Store, alone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no more may run, this process counts."""

    def refused(*_: Any) -> None:
        raise BlockingIOError

    monkeypatch.setattr(recount.ProcessPoolExecutor, "submit", refused)
    assert counted(filled, lambda _: None) == reference(EVENTS).tallies
    assert len(alone) == 1


def test_processes_of_another_version_count_nothing(
    filled: conftest.Store, alone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was installed since the worker began: its sums would stand under the name of ours."""
    monkeypatch.setattr(recount, "fingerprint", lambda _: "ours")
    assert counted(filled, lambda _: None) == reference(EVENTS).tallies
    assert len(alone) == 1


def test_a_store_that_is_away_is_said(filled: conftest.Store) -> None:
    """It is an error like any of the store's: the partition is claimed again, and nothing was counted."""
    with pytest.raises(ConnectionError, match="TimeoutError"):
        counted(filled, lambda _: None, frozen=True)
    eventually(lambda: not children(getpid()), within=10)


def test_processes_that_count_for_a_killed_worker_end(filled: conftest.Store, tmp_path: Path) -> None:
    """A worker that is killed cannot tell them."""
    program = tmp_path / "counting.py"
    program.write_text(COUNTING)
    here = str(Path(__file__).parents[2])
    with subprocess.Popen([sys.executable, str(program), here, filled.url], stderr=subprocess.PIPE) as process:
        with suppress(AssertionError):  # the assertion below says why
            eventually(lambda: len(children(process.pid)) == 2, within=20)
        filled.running.freeze()
        counting = children(process.pid)
        process.kill()
        _, errors = process.communicate()
        assert len(counting) == 2, errors.decode()
    eventually(lambda: not any(map(runs, counting)), within=3)


COUNTING = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from metrics.rules.rules import RulesByAuthority
from metrics.store.connection import connect
from metrics.store.redis import Store
from streams.worker import recount

async def main():
    store = Store(connect(sys.argv[2]), "case-events")
    while True:
        position = await store.position(0)
        await recount.dealt_out(store, sys.argv[2], "case-events", RulesByAuthority())(0, position, lambda _: None)

if __name__ == "__main__":
    recount.FEW_CASES, recount.CASES_A_TURN = 3, 5
    recount.os.sched_getaffinity = lambda _: {0, 1}
    asyncio.run(main())
"""


def children(pid: int) -> list[int]:
    """Return the processes that count for the process *pid*."""
    pids = []
    with suppress(OSError):
        pids = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in pids if b"spawn_main" in _command(child) and runs(child)]


def runs(pid: int) -> bool:
    """Whether it has not ended. A zombie has."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
