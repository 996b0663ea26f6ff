"""What holds from which instant on: `((instant, value), …)`, strictly rising; before the first, None."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Any, Generic, TypeVar

from events.time import Instant

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)
Timeline = tuple[tuple[Instant, V | None], ...]

EVER: Instant = -(2**62)  # before anything that can have happened


@dataclass(frozen=True)
class Stretch(Generic[V_co]):
    """*value* holds from *start* up to and without *end* (None: for good). The greatest *rank* of several counts."""

    start: Instant
    end: Instant | None
    rank: tuple[Any, ...]
    value: V_co

    def covers(self, at: Instant) -> bool:
        """Return whether it holds at *at*."""
        return self.start <= at and (self.end is None or at < self.end)


def earliest(*instants: Instant | None) -> Instant | None:
    """Return the first of *instants*; None is never."""
    return min((at for at in instants if at is not None), default=None)


def uppermost(stretches: Iterable[Stretch[V]]) -> Timeline[V]:
    """Return, over time, the value of the highest-ranking stretch that holds."""
    laid = sorted((s for s in stretches if s.end is None or s.start < s.end), key=lambda stretch: stretch.start)
    if all(one.end is not None and one.end <= other.start for one, other in pairwise(laid)):
        return squeeze(_one_by_one(laid))
    laid.sort(key=lambda stretch: stretch.rank, reverse=True)
    cuts = {s.start for s in laid} | {s.end for s in laid if s.end is not None}
    return squeeze((at, next((s.value for s in laid if s.covers(at)), None)) for at in sorted(cuts))


def _one_by_one(laid: Sequence[Stretch[V]]) -> Iterator[tuple[Instant, V | None]]:
    for one, other in zip_longest(laid, laid[1:]):
        yield one.start, one.value
        if one.end is not None and (other is None or one.end < other.start):
            yield one.end, None


def squeeze(steps: Iterable[tuple[Instant, V | None]]) -> Timeline[V]:
    """Return *steps* without steps that change nothing. Raises ValueError where they do not strictly rise."""
    kept: list[tuple[Instant, V | None]] = []
    last: Instant | None = None
    now: V | None = None
    for at, value in steps:
        if last is not None and at <= last:
            raise ValueError("a timeline must rise strictly")
        last = at
        if value != now:
            kept.append((at, value))
            now = value
    return tuple(kept)


def newest(steps: Iterable[tuple[Instant, V]]) -> Timeline[V]:
    """Return the timeline of values that stand until the next; of several at one instant the last given stands."""
    return squeeze(dict(steps).items())


def constant(value: V) -> Timeline[V]:
    """Return the timeline on which *value* always holds."""
    return ((EVER, value),)


def value_at(timeline: Timeline[V], instant: Instant) -> V | None:
    """Return the value that holds at *instant*."""
    held: V | None = None
    for at, value in timeline:
        if at > instant:
            break
        held = value
    return held


def pieces(
    start: Instant, end: Instant | None, timelines: tuple[Timeline[Any], ...]
) -> Iterator[tuple[Instant, Instant | None, tuple[Any, ...]]]:
    """Yield the longest pieces of [*start*, *end*) on which no timeline changes, and the value of each there."""
    cuts = {at for line in timelines for at, _ in line if start < at and (end is None or at < end)}
    if not cuts:
        yield start, end, tuple(value_at(line, start) for line in timelines)
        return
    begins = [start, *sorted(cuts)]
    for begin, until in zip(begins, [*begins[1:], end], strict=True):
        yield begin, until, tuple(value_at(line, begin) for line in timelines)
