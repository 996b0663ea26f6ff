"""The fold alone, in this process, without Kafka and store: how long it takes an event, and where that time goes."""

import cProfile
import gc
import pstats
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from io import StringIO
from pathlib import Path

import msgspec

from events.decode import decode
from events.event import Event
from events.sources.pseudonym import keyed
from events.sources.ssda903 import returns
from metrics.catalogue import MEASURES, PARTS
from metrics.counting.fold import fold
from metrics.counting.tally_cache import TallyCache
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from streams.worker.processor import appended

TOLD_AT = appended(1_513_260_000_000)
PROFILE_LINES = 40
RETURN = Path("tests/data/ssda903_2017_18")
BATCHES = (1, 10, 1000, 20_000)
TURNS = 3  # the best counts: whatever else runs only ever adds


def values(events: Iterable[Event]) -> list[bytes]:
    """Return *events* as a worker gets them: one partition after another, as one authority is one log."""
    return [msgspec.json.encode(event) for event in sorted(events, key=_authority)]


def _authority(event: Event) -> str:
    return event.authority


def microseconds(values: list[bytes]) -> tuple[float, float]:
    """Return how many microseconds an event takes to decode and to fold, in batches as the worker has them."""
    start = time.process_time()
    events = list(_decoded(values))
    decoded = time.process_time()
    _fold(events)
    folded = time.process_time()
    return (decoded - start) / len(values) * 1e6, (folded - decoded) / len(values) * 1e6


def profile(values: list[bytes]) -> str:
    """Return the profile by the time in each function itself. cProfile makes small functions look more expensive."""
    events = list(_decoded(values))
    profiler = cProfile.Profile()
    profiler.runcall(_fold, events)
    text = StringIO()
    pstats.Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(PROFILE_LINES)
    return text.getvalue()


def _decoded(values: list[bytes]) -> Iterator[Event]:
    return (decode(value, TOLD_AT) for value in values)


def _fold(events: list[Event]) -> None:
    InMemoryStore(RulesByAuthority()).tell(events)


def table(events: Sequence[Event]) -> list[str]:
    """Return how long an event takes to fold, by the order of the log and the size of the batches."""
    by_time = sorted(events, key=lambda event: (event.authority, event.recorded_at))
    made = returns.Return(RETURN, date(2018, 3, 31))
    back = tuple(returns.read_all((made,), "E10000008", keyed(b"of the benchmark alone")).events)
    heads = ("live: one at a time", "live: batches of 10", "rebuild: batches of 1,000", "rebuild: batches of 20,000")
    logs = (
        (f"in time order, {len(by_time):,} events", by_time),
        (f"a backload, child by child, {len(back):,} events", back),
    )
    rows = [f"| {name} | " + " | ".join(f"{_best(log, batch):.1f}" for batch in BATCHES) + " |" for name, log in logs]
    about = f"µs CPU an event, {len(MEASURES)} measures of {len(PARTS)} parts"
    return [f"| the fold alone: {about} | {' | '.join(heads)} |", "|---|" + "--:|" * len(heads), *rows]


def _best(events: Sequence[Event], batch: int) -> float:
    return min(_in_batches(events, batch) for _ in range(TURNS))


def _in_batches(events: Sequence[Event], batch: int) -> float:
    store, cache = InMemoryStore(RulesByAuthority()), TallyCache()
    gc.collect()
    start = time.process_time()
    for first in range(0, len(events), batch):
        store.take(fold(store.kept, store.authorities, events[first : first + batch], store.rules, cache))
    return (time.process_time() - start) / len(events) * 1e6
