"""Where the worker's own time goes: the real worker, its functions timed from outside. Run as a process of its own.

Processor time of the thread that computes: neither waiting nor other tasks are counted to a step. Whatever a step calls
is part of it: the fold holds the tally.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import coroutine
from typing import Any

import msgspec

from deploy.configuration.settings import read_settings
from metrics.counting import fold
from metrics.store.redis import Store
from streams.worker import owned_partition, owner, worker
from streams.worker.owner import Owner
from tests.benchmarks.machine import Machine
from tests.benchmarks.throughput import Contender, committed, run
from tests.journeys.parts import Process

Spent = dict[str, float]

STEPS = {  # a row each
    "decode": "decode and check the key",
    "kept": "read cases that are not remembered",
    "fold": "fold",
    "tally": "… of it the tallies before and after",
    "commit": "encode and commit",
    "apply": "the rest of a batch: records, counters, latencies",
    "process": "everything else: aiokafka, Faust, the event loop",
}


class Stopwatch:
    """Processor time by step."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.events = 0
        self._began: float | None = None
        self._ended = 0.0

    @contextmanager
    def step(self, name: str) -> Generator[None, None, None]:
        start = time.thread_time()
        try:
            yield
        finally:
            self.spent[name] += time.thread_time() - start

    def plain(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.step(name):
                return function(*args, **kwargs)

        return timed

    def awaited(self, name: str, function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        @wraps(function)
        async def timed(*args: Any, **kwargs: Any) -> Any:
            return await self._driven(name, function(*args, **kwargs))

        return timed

    @coroutine
    def _driven(self, name: str, running: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Run a coroutine from one wait to the next, and count only the running."""
        go_on, value = running.send, None
        while True:
            with self.step(name):
                try:
                    waits_for = go_on(value)
                except StopIteration as done:
                    return done.value
            try:
                go_on, value = running.send, (yield waits_for)
            except BaseException as exc:
                go_on, value = running.throw, exc

    def batch(self, function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        """Time a whole batch, and note the process's time at the first and the last batch."""
        timed = self.awaited("apply", function)

        @wraps(function)
        async def counted(self_: Owner, tp: Any, records: list[Any], *going: Any) -> None:
            self._began = self._began or time.process_time()
            await timed(self_, tp, records, *going)
            self.events += len(records)
            self._ended = time.process_time()

        return counted

    def microseconds(self) -> Spent:
        """Return microseconds an event, each step without the steps that have rows of their own."""
        spent = {name: self.spent[name] for name in ("decode", "kept", "fold", "tally", "commit")}
        inside = sum(spent.values()) - spent["tally"]
        spent["apply"] = self.spent["apply"] - inside
        spent["process"] = self._ended - (self._began or 0.0) - self.spent["apply"]
        return {name: seconds / self.events * 1e6 for name, seconds in spent.items()}


def main(result: Path) -> int:
    """Run the worker as `casepulse worker` does, timed, and write what it took to *result* when it is told to stop."""
    watch = Stopwatch()
    _put(owner, "read", lambda function: watch.plain("decode", function))
    _put(owned_partition, "fold", lambda function: watch.plain("fold", function))
    _put(fold, "tally", lambda function: watch.plain("tally", function))
    _put(Store, "kept", lambda function: watch.awaited("kept", function))
    _put(Store, "commit", lambda function: watch.awaited("commit", function))
    _put(Owner, "apply", watch.batch)
    _put(Owner, "_land", lambda function: watch.awaited("apply", function))  # it goes on beside
    settings = read_settings()
    code = worker.main(worker.Worker(settings.kafka, settings.redis, settings.rules, settings.topic))
    result.write_bytes(msgspec.json.encode(watch.microseconds()))
    return code


def _put(where: Any, name: str, timed: Callable[[Any], Any]) -> None:
    setattr(where, name, timed(getattr(where, name)))


def measure(machine: Machine, topic: str, events: int) -> Spent:
    """Return the microseconds an event of each step, over a rebuild of *topic*."""
    result = machine.folder / "steps.json"
    command = (sys.executable, "-m", "tests.benchmarks.steps", str(result))
    run(machine, topic, Contender("steps", command, committed), events, end=Process.stop)
    return msgspec.json.decode(result.read_bytes(), type=Spent)


def table(spent: Spent) -> list[str]:
    """Return a row for each step."""
    whole = sum(spent.values()) - spent["tally"]
    lines = ["| a step of the worker, rebuild | µs CPU an event | share |", "|---|--:|--:|"]
    lines += (f"| {STEPS[name]} | {spent[name]:.1f} | {spent[name] / whole:.0%} |" for name in STEPS)
    return [*lines, f"| all of it, timing included | {whole:.1f} | |"]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
