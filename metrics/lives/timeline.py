"""What holds from which instant on: `((instant, value), …)`, strictly rising; before the first, None."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise, zip_longest
from typing import Any, Generic, TypeVar

from events.time import Instant

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)
Timeline = tuple[tuple[Instant, V | None], ...]

FEW_STEPS = 16  # that are sooner looked through than searched

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
    return squeeze(_highest_of(laid))


def _highest_of(laid: Sequence[Stretch[V]]) -> Iterator[tuple[Instant, V | None]]:
    """Yield the value of the highest-ranking stretch that holds, wherever one of *laid*, in order, begins or ends."""
    by_rank = sorted(laid, key=lambda stretch: stretch.rank, reverse=True)
    places = {id(stretch): place for place, stretch in enumerate(by_rank)}
    holding: list[int] = []  # a heap of their places; those that have ended are taken off where they come to the top
    begun = iter([*laid, None])
    coming = next(begun)
    for at in sorted({s.start for s in laid} | {s.end for s in laid if s.end is not None}):
        while coming is not None and coming.start <= at:
            heappush(holding, places[id(coming)])
            coming = next(begun)
        while holding and not by_rank[holding[0]].covers(at):
            heappop(holding)
        yield at, by_rank[holding[0]].value if holding else None


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
    if len(timeline) > FEW_STEPS:
        after = bisect_right(timeline, instant, key=_at)
        return timeline[after - 1][1] if after else None
    held: V | None = None
    for at, value in timeline:
        if at > instant:
            break
        held = value
    return held


def _at(step: tuple[Instant, object]) -> Instant:
    return step[0]


def _within(timeline: Timeline[V], start: Instant, end: Instant | None) -> Timeline[V]:
    """Return the steps of *timeline* that lie within [*start*, *end*), or all where there are few to look through."""
    if len(timeline) <= FEW_STEPS:
        return timeline
    return timeline[
        bisect_left(timeline, start, key=_at) : None if end is None else bisect_left(timeline, end, key=_at)
    ]


def pieces(
    start: Instant, end: Instant | None, timelines: tuple[Timeline[Any], ...]
) -> Iterator[tuple[Instant, Instant | None, tuple[Any, ...]]]:
    """Yield the longest pieces of [*start*, *end*) on which no timeline changes, and the value of each there."""
    cuts = {at for line in timelines for at, _ in _within(line, start, end) if start < at and (end is None or at < end)}
    if not cuts:
        yield start, end, tuple(value_at(line, start) for line in timelines)
        return
    begins = [start, *sorted(cuts)]
    for begin, until in zip(begins, [*begins[1:], end], strict=True):
        yield begin, until, tuple(value_at(line, begin) for line in timelines)
