"""What holds from which instant on: `((instant, value), …)`, strictly rising; before the first, None."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from events.time import Instant

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)
Timeline = tuple[tuple[Instant, V | None], ...]


@dataclass(frozen=True)
class Stretch(Generic[V_co]):
    """*value* holds from *start* up to, and without, *end* (None: for good). *rank* says which of several is meant."""

    start: Instant
    end: Instant | None
    rank: tuple[Instant, str]
    value: V_co

    def covers(self, moment: Instant) -> bool:
        """Return whether it holds at *moment*."""
        return self.start <= moment and (self.end is None or moment < self.end)


def uppermost(stretches: Iterable[Stretch[V]]) -> Timeline[V]:
    """Return, at every moment, the value of the highest-ranking stretch that holds then."""
    laid = sorted(stretches, key=lambda stretch: stretch.rank, reverse=True)
    moments = {s.start for s in laid} | {s.end for s in laid if s.end is not None}
    steps: list[tuple[Instant, V | None]] = [
        (at, next((s.value for s in laid if s.covers(at)), None)) for at in sorted(moments)
    ]
    return squeeze(steps)


def squeeze(steps: Iterable[tuple[Instant, V | None]]) -> Timeline[V]:
    """Return *steps* without those that change nothing. Raises ValueError where they do not strictly rise."""
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
