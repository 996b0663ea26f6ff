"""The queue of a board: one mark for each who waits, by office hours waited, and whose day has come.

For internal boards only: so few marks on a screen may tell who they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, repeat
from typing import Literal, get_args

import msgspec

from events.time import MICROSECONDS_PER_HOUR, Instant
from metrics.catalogue import measure_named
from metrics.exposition.boards.view import BoardView, Draw, ShownFigure, count_of, counts_by_day
from metrics.rules.rules import Rules

DueBy = Literal["late", "today", "later"]
MAX_MARKS = 40
BIN_OFFICE_HOURS = 0.5
AXES_OFFICE_HOURS = (8, 16, 24, 48)  # whoever waits longer than the axis stands beyond its end


class Mark(msgspec.Struct, frozen=True):
    """One who waits."""

    hours: float
    due: DueBy


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


@dataclass(frozen=True)
class QueueDrawing:
    """The queue of a tile that asks for `due`, by the day, and for `overdue`; *since*: a measure of the kind age."""

    name: str
    since: str
    asks: tuple[str, ...] = ("due", "overdue")

    def __post_init__(self) -> None:
        """Raise UnknownMeasure where the catalogue has no such measure."""
        measure_named(self.since)

    def begin(self) -> Draw:
        return self._draw

    def _draw(self, view: BoardView, figures: Mapping[str, ShownFigure]) -> Queue:
        due = _dues(count_of(figures["overdue"]), counts_by_day(figures["due"]).items(), view.at.day)
        return queue(view.waiting(self.since), view.at.instant, view.rules, due)


def queue(waiting: Mapping[Instant, int], now: Instant, rules: Rules, dues: Sequence[DueBy]) -> Queue:
    """Return the queue of those *waiting* since their instants, the first of whom are due as *dues* say.

    Whoever came first is due first, so the figures beside the queue say whose day has come.
    """
    since = sorted(at for at, n in waiting.items() for _ in range(n))
    every: Iterator[DueBy] = chain(dues, repeat("later"))
    marks = [
        Mark(rules.office.elapsed(at, now) / MICROSECONDS_PER_HOUR, due) for at, due in zip(since, every, strict=False)
    ]
    axis = _axis(marks)
    if len(marks) > MAX_MARKS:
        return Queue(waiting=len(marks), axis=axis, marks=None, bins=_bins(marks, axis))
    return Queue(waiting=len(marks), axis=axis, marks=tuple(_rounded(mark) for mark in marks), bins=None)


def _dues(late: int, due: Iterable[tuple[date, int]], today: date) -> list[DueBy]:
    """Return how the ones waiting are due, the first who came first."""
    dues: list[DueBy] = ["late"] * late
    for day, n in sorted(due):
        dues += ["today" if day <= today else "later"] * n
    return dues


def _axis(marks: Sequence[Mark]) -> int:
    longest = max((mark.hours for mark in marks if mark.due != "late"), default=0)
    return next((axis for axis in AXES_OFFICE_HOURS if axis >= longest), AXES_OFFICE_HOURS[-1])


def _bins(marks: Sequence[Mark], axis: int) -> tuple[Bin, ...]:
    last = int(axis / BIN_OFFICE_HOURS)
    counts = [dict.fromkeys(get_args(DueBy), 0) for _ in range(last + 1)]
    for mark in marks:
        counts[min(int(mark.hours / BIN_OFFICE_HOURS), last)][mark.due] += 1
    ends = [(n + 1) * BIN_OFFICE_HOURS if n < last else None for n in range(last + 1)]
    return tuple(Bin(since=n * BIN_OFFICE_HOURS, until=ends[n], **count) for n, count in enumerate(counts))


def _rounded(mark: Mark) -> Mark:
    return Mark(round(mark.hours, 3), mark.due)
