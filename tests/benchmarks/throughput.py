"""Events a second from Kafka to committed, and what one costs: our worker, a bare loop, and Faust as it comes."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from redis import Redis

from events.event import Event
from tests.benchmarks.log import LAST, PARTITIONS, authorities
from tests.benchmarks.machine import Machine, cpu_seconds
from tests.journeys.parts import MAIN, Process
from tests.journeys.worker.stock_agent import case_key

RUN_MAX_SECONDS = 600.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Contender:
    """A program that reads the topic, and how to ask how many events it has dealt with."""

    name: str
    command: tuple[str, ...]
    progress: Callable[["Redis", str, int], int]  # of a topic, and how many events it holds


@dataclass(frozen=True)
class Run:
    """What a contender did between its first commit and its last."""

    name: str
    events: int
    seconds: float
    own: float  # seconds of processor of the contender
    store: float  # and of the store

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    @property
    def own_us(self) -> float:
        return self.own / self.events * 1e6

    @property
    def store_us(self) -> float:
        return self.store / self.events * 1e6


def committed(client: "Redis", topic: str, events: int) -> int:
    """Return how many events the positions in the store say are dealt with."""
    pipe = client.pipeline(transaction=False)
    for partition in range(PARTITIONS):
        pipe.hget(f"{{{topic}:{partition}}}:position", "offset")
    return sum(int(offset) for offset in pipe.execute() if offset is not None)


def seen(client: "Redis", topic: str, events: int) -> int:
    """Return 1 once any event is counted, and *events* once the last of each authority is: it keeps no position."""
    last = [case_key(topic, authority, LAST) for authority in authorities()]
    if client.exists(*last) == len(last):
        return events
    return 1 if client.dbsize() else 0


CONTENDERS = (
    Contender("ours", (*MAIN, "worker"), committed),
    Contender("bare", (sys.executable, "-m", "tests.benchmarks.bare_loop"), committed),
    Contender("stock", (sys.executable, "-m", "tests.journeys.worker.stock_agent", "worker", "-l", "warn"), seen),
)


def compare(machine: Machine, events: list[Event], rounds: int) -> list[list[Run]]:
    """Return the rounds, in each of them a run of every contender over the same topic, the order changing."""
    runs = []
    for number in range(rounds):
        topic = machine.filled(events)
        turn = number % len(CONTENDERS)
        runs.append([run(machine, topic, one, len(events)) for one in (*CONTENDERS[turn:], *CONTENDERS[:turn])])
    return runs


def run(
    machine: Machine, topic: str, contender: Contender, events: int, end: Callable[[Process], object] = Process.kill
) -> Run:
    """Run *contender* from an empty store until all that the topic holds is dealt with, then *end* it."""
    with machine.client() as client:
        client.flushall()
        log = machine.folder / f"{contender.name}.log"
        process = Process(env=machine.environment(topic), log=log, command=contender.command)
        try:
            first = _wait(process, lambda: contender.progress(client, topic, events), at_least=1)
            begun = time.perf_counter(), cpu_seconds(process.pid), cpu_seconds(machine.store.pid)
            _wait(process, lambda: contender.progress(client, topic, events), at_least=events)
            ended = time.perf_counter(), cpu_seconds(process.pid), cpu_seconds(machine.store.pid)
        finally:
            end(process)
    seconds, own, store = (after - before for before, after in zip(begun, ended, strict=True))
    return Run(contender.name, events - first, seconds, own, store)


def _wait(process: Process, progress: Callable[[], int], at_least: int) -> int:
    until = time.monotonic() + RUN_MAX_SECONDS
    while (done := progress()) < at_least:
        if process.ended() is not None or time.monotonic() > until:
            raise RuntimeError(f"{done} of {at_least} events; see {process.log.name}")
        time.sleep(LOOK_SECONDS)
    return done


def table(rounds: list[list[Run]]) -> list[str]:
    """Return the medians, and the ratios of each round to our own worker in the same round."""
    titles = {
        "ours": "`casepulse worker`",
        "bare": "a bare loop: aiokafka, the same fold and commit",
        "stock": "stock Faust, an event at a time, MULTI",
    }
    lines = [
        "| rebuild, one process | events/s | µs CPU an event | Valkey µs CPU an event | ours is … times as fast |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, title in titles.items():
        runs = [run for found in rounds for run in found if run.name == name]
        ratios = sorted(_of(found, "ours").rate / _of(found, name).rate for found in rounds)
        ratio = "1" if name == "ours" else f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        rate, own, store = (median(each) for each in zip(*((r.rate, r.own_us, r.store_us) for r in runs), strict=True))
        lines.append(f"| {title} | {rate:,.0f} | {own:.1f} | {store:.1f} | {ratio} |")
    return lines


def _of(runs: list[Run], name: str) -> Run:
    return next(run for run in runs if run.name == name)
