"""The read side: how long figures take in a server that holds so many cells, and how long it takes to load them.

The log is folded as one authority of sixty teams. Its cells are repeated, each time some months earlier, until there
are as many as are asked for.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice

from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from events.event import Event
from events.simulator.clock import BEGINS
from events.time import LONDON, MICROSECONDS_PER_DAY, add_months
from metrics.catalogue import MEASURES, PARTS
from metrics.counting.completeness import Completeness
from metrics.counting.fold import Change
from metrics.counting.tally import Tally
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.prometheus.collector import FigureCollector
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.measure import Measure
from metrics.rules.rules import RulesByAuthority
from metrics.shapes import Value
from metrics.shapes.part import CellKey
from metrics.store.commits import Commit
from metrics.store.connection import connect
from metrics.store.in_memory import InMemoryStore
from metrics.store.loading import load
from metrics.store.position import Log
from metrics.store.reader import PARTS as NAMES
from metrics.store.reader import STOCKS, Reader
from metrics.store.redis import Store
from metrics.sums.sums import GrowingSums, Sums
from metrics.windows import At
from tests.benchmarks.machine import Machine, megabytes

AUTHORITY = "X99999901"
TEAMS = 60
APART = timedelta(days=91)  # thirteen weeks: a Monday stays a Monday
TURNS = 5
NOW = BEGINS.astimezone(LONDON)
PAST = date(2015, 3, 31)
LOG = Log("bench-reading", "a-cluster", "a-topic", 1)
MAX_COMMIT_CELLS = 20_000


@dataclass
class Row:
    """How long something takes: the first time, and the shortest after that."""

    what: str
    first: float  # ms
    least: float  # ms
    figures: int


# --- cells ------------------------------------------------------------------------------------------------------------


def cells(events: Iterable[Event], wanted: int) -> Tally:
    """Return at least *wanted* cells of one authority: those of *events*, repeated further and further back."""
    of_one = (replace(event, authority=AUTHORITY, team=_team(event)) for event in events)
    once = InMemoryStore(RulesByAuthority()).tell(of_one).tallies[AUTHORITY]
    names = {part.name: [breakdown.name for breakdown in part.by] for part in PARTS}
    size = sum(map(len, once.values()))
    copies = -(-wanted // size)
    return {
        part: {_earlier(where, names[part], copy): n for copy in range(copies) for where, n in there.items()}
        for part, there in once.items()
    }


def _team(event: Event) -> str | None:
    return event.team and f"team {sum(f'{event.team} {event.subject}'.encode()) % TEAMS:02}"


def _earlier(where: CellKey, names: list[str], copies: int) -> CellKey:
    team, by, at = where
    values = (_value(name, value, copies) for name, value in zip(names, by, strict=True))
    return team, tuple(values), at - copies * APART.days * MICROSECONDS_PER_DAY


def _value(name: str, value: Value, copies: int) -> Value:
    """Return the value that takes the place of *value* so many copies earlier: no item is there twice."""
    match name, value:
        case "since", str():
            return str(int(value) - copies * APART.days * MICROSECONDS_PER_DAY)
        case "due_on", str():
            return str(date.fromisoformat(value) - copies * APART)
        case "incident", str() if value:
            return f"{value}/{copies}"
    return value


# --- figures ----------------------------------------------------------------------------------------------------------


def asked(sums: Sums) -> Iterator[Row]:
    """Yield how long figures take to count."""

    def everything(at: At, by: tuple[str, ...] = ()) -> Callable[[], int]:
        return lambda: sum(len(evaluate(sums, AUTHORITY, Question(measure=m, at=at, by=by))) for m in MEASURES)

    yield _timed(f"now: all {len(MEASURES)} measures", everything(At(NOW)))
    yield _timed(f"now: all measures by team, {TEAMS} teams", everything(At(NOW), ("team",)))
    yield _timed("a past date: all measures", everything(At(PAST)))
    yield _timed("a past date: all measures by team", everything(At(PAST), ("team",)))
    months = [At(add_months(NOW.date().replace(day=1), -n) - timedelta(days=1)) for n in range(24)]
    yield _dearest("24 months", (), sums, months)
    yield _dearest("24 months by team", ("team",), sums, months)


def _dearest(what: str, by: tuple[str, ...], sums: Sums, times: list[At]) -> Row:
    """Return how long the measure takes that takes longest."""

    def went(measure: Measure) -> Callable[[], int]:
        return lambda: sum(len(evaluate(sums, AUTHORITY, Question(measure=measure, at=at, by=by))) for at in times)

    rows = [_timed(f"{what}: the dearest measure, {measure.name}", went(measure)) for measure in MEASURES]
    return max(rows, key=lambda row: row.least)


def _timed(what: str, ask: Callable[[], int]) -> Row:
    spent, figures = [], 0
    for _ in range(TURNS):
        start = time.process_time()
        figures = ask()
        spent.append((time.process_time() - start) * 1e3)
    return Row(what, spent[0], min(spent[1:]), figures)


class FilledReader(Reader):
    """A reader that holds the sums of one authority, and follows nobody."""

    def __init__(self, sums: GrowingSums) -> None:
        super().__init__(Store(connect("redis://127.0.0.1:1/0"), LOG.topic))  # is never asked
        self._sums, self.answered_at = sums, time.monotonic() + 3600

    def authority(self, name: str) -> tuple[Completeness, GrowingSums] | None:
        return Completeness(), self._sums

    def authorities(self) -> dict[str, Completeness]:
        return {AUTHORITY: Completeness()}


def scraped(sums: GrowingSums) -> Row:
    """Return how long `/metrics` takes, and how many series it has."""
    registry = CollectorRegistry()
    directory = AuthorityDirectory(lambda _: NOW, lambda _: 1.0, str)
    registry.register(FigureCollector(FilledReader(sums), directory, "bench"))

    def scrape() -> int:
        text = generate_latest(registry).decode()
        return sum(not line.startswith("#") for line in text.splitlines())

    return _timed(f"`/metrics`, {TEAMS} teams", scrape)


# --- the first load ---------------------------------------------------------------------------------------------------


async def fill(url: str, tally: Tally) -> None:
    """Put *tally* into an empty store, as commits do."""
    client = connect(url, timeout=60.0)
    await client.flushall()
    store = Store(client, LOG.topic)
    position = await store.claim(0, LOG, 0)
    offsets = count(position.offset)
    for part, there in tally.items():
        rest = iter(there.items())
        while some := dict(islice(rest, MAX_COMMIT_CELLS)):
            at = next(offsets)
            change = Change(authorities={AUTHORITY: Completeness()}, tallies={AUTHORITY: {part: some}})
            token, generation = position.token, position.generation
            commit = Commit(token=token, expected=at, position=at + 1, generation=generation, change=change)
            await store.commit(0, commit)
    await store.close()


async def loaded(url: str) -> tuple[GrowingSums, str]:
    """Read what is in the store as a server does while it starts; return it, and how that went."""
    store = Store(connect(url, timeout=60.0), LOG.topic)
    position = await store.position(0)
    assert position is not None
    waits: Counter[str] = Counter()
    other = asyncio.create_task(_wait(waits))
    before, start = _held(), time.perf_counter()
    partition = await load(store, 0, position, NAMES, STOCKS)
    seconds = time.perf_counter() - start
    other.cancel()
    await store.close()
    assert partition is not None
    sums, held = partition.sums[AUTHORITY], _held() - before
    return sums, (
        f"{sum(1 for _ in sums.cells()):,} cells: {held:.0f} MB; read from the store in {seconds:.1f} s, in which "
        f"nobody waited longer than {waits['longest'] / 1e3:.0f} ms."
    )


async def _wait(waits: "Counter[str]") -> None:
    """Note the longest that somebody waits who only ever asks for the next turn: processor time of this thread."""
    while True:
        start = time.thread_time_ns()
        await asyncio.sleep(0)
        waits["longest"] = max(waits["longest"], (time.thread_time_ns() - start) // 1000)


def _held() -> float:
    """Return how many megabytes this process holds."""
    gc.collect()
    return megabytes(os.getpid())


# --- the report -------------------------------------------------------------------------------------------------------


def table(machine: Machine, events: list[Event], sizes: Iterable[int]) -> list[str]:
    """Return a table for each number of cells, each of a process that has done nothing else."""
    lines: list[str] = []
    for size in sizes:
        asyncio.run(fill(machine.redis, cells(events, size)))
        command = (sys.executable, "-m", "tests.benchmarks.reading", machine.redis)
        lines += subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        lines.append("")
    return lines[:-1]


def main(url: str) -> None:
    """Print the table of what the store at *url* holds."""
    sums, how = asyncio.run(loaded(url))
    print(how, "", "| in the server | first, ms | ms CPU | figures |", "|---|--:|--:|--:|", sep="\n")
    for row in (*asked(sums), scraped(sums)):
        print(f"| {row.what} | {row.first:.1f} | {row.least:.1f} | {row.figures:,} |")


if __name__ == "__main__":
    main(sys.argv[1])
