"""The fold alone, in this process, with neither Kafka nor store: what it takes an event, and where that goes."""

import cProfile
import pstats
import time
from collections.abc import Iterable, Iterator
from io import StringIO

import msgspec

from events.decode import decode
from events.event import Event
from metrics.book import Book
from metrics.rules import Authorities
from streams.processor import appended

TOLD_AT = appended(1_513_260_000_000)
LINES = 40


def values(events: Iterable[Event]) -> list[bytes]:
    """Return *events* as a worker gets them: one partition after another, as one authority is one log."""
    return [msgspec.json.encode(event) for event in sorted(events, key=_authority)]


def _authority(event: Event) -> str:
    return event.authority


def microseconds(told: list[bytes]) -> tuple[float, float]:
    """Return what an event takes to decode and what it takes to fold, in batches as the worker has them."""
    start = time.process_time()
    events = list(_decoded(told))
    decoded = time.process_time()
    _fold(events)
    folded = time.process_time()
    return (decoded - start) / len(told) * 1e6, (folded - decoded) / len(told) * 1e6


def profile(told: list[bytes]) -> str:
    """Return what cProfile finds, by the time in each function itself. It makes small functions look dearer."""
    events = list(_decoded(told))
    profiler = cProfile.Profile()
    profiler.runcall(_fold, events)
    text = StringIO()
    pstats.Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(LINES)
    return text.getvalue()


def _decoded(told: list[bytes]) -> Iterator[Event]:
    return (decode(value, TOLD_AT) for value in told)


def _fold(events: list[Event]) -> None:
    Book(Authorities()).tell(events)
