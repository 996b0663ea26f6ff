"""The queue of a board: who waits for a decision, by office hours waited, and whose day has come.

Internal boards only: so few marks on a screen may tell who they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from events.time import MICROSECONDS_PER_HOUR, Instant
from metrics.rules.rules import Rules

Due = Literal["late", "today", "later"]
MOST_MARKS = 40
BIN = 0.5  # office hours
AXES = (8, 16, 24, 48)  # office hours: who waits longer than the axis stands beyond its end


class Mark(msgspec.Struct, frozen=True):
    """One waiting enquiry."""

    hours: float
    due: Due


class Bin(msgspec.Struct, frozen=True):
    """How many have waited so many hours, *until* not included; the last bin has no end."""

    since: float = msgspec.field(name="from")
    until: float | None = msgspec.field(name="to")
    late: int
    today: int
    later: int


class Queue(msgspec.Struct, frozen=True):
    """Marks while they can be told apart, bins above that; *axis* is the hours that are drawn to scale."""

    waiting: int
    axis: int
    marks: tuple[Mark, ...] | None
    bins: tuple[Bin, ...] | None


def queue(
    waiting: Mapping[Instant, int], moment: Instant, rules: Rules, late: int, due: Iterable[tuple[date, int]], day: date
) -> Queue:
    """Return the queue of those *waiting* since their instants; *late* and *due* are the figures beside it.

    Who came first is due first, so the figures say whose day has come.
    """
    dues: list[Due] = ["late"] * late
    for on, n in sorted(due):
        dues += ["today" if on <= day else "later"] * n
    since = sorted(at for at, n in waiting.items() for _ in range(n))
    dues += ["later"] * (len(since) - len(dues))
    marks = [
        Mark(rules.office.elapsed(at, moment) / MICROSECONDS_PER_HOUR, one)
        for at, one in zip(since, dues, strict=False)
    ]
    axis = _axis(marks)
    if len(marks) > MOST_MARKS:
        return Queue(waiting=len(marks), axis=axis, marks=None, bins=_bins(marks, axis))
    return Queue(waiting=len(marks), axis=axis, marks=tuple(_rounded(mark) for mark in marks), bins=None)


def _axis(marks: Sequence[Mark]) -> int:
    longest = max((mark.hours for mark in marks if mark.due != "late"), default=0)
    return next((axis for axis in AXES if axis >= longest), AXES[-1])


def _bins(marks: Sequence[Mark], axis: int) -> tuple[Bin, ...]:
    last = int(axis / BIN)
    found = [dict.fromkeys(("late", "today", "later"), 0) for _ in range(last + 1)]
    for mark in marks:
        found[min(int(mark.hours / BIN), last)][mark.due] += 1
    return tuple(Bin(since=n * BIN, until=(n + 1) * BIN if n < last else None, **bin) for n, bin in enumerate(found))


def _rounded(mark: Mark) -> Mark:
    return Mark(round(mark.hours, 3), mark.due)
