"""The strip of deadlines: how many reach their day on each of the next working days, and how many are past it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from metrics.exposition.boards.view import BoardView, Draw, ShownFigure, count_of, counts_by_day
from metrics.rules.rules import Rules


class DeadlineDay(msgspec.Struct, frozen=True):
    """How many reach their day on a working day."""

    on: date
    n: int


class Deadlines(msgspec.Struct, frozen=True):
    """Today, where the office works, and the next working days; and how many are past it."""

    days: tuple[DeadlineDay, ...]
    past: int


@dataclass(frozen=True)
class DeadlinesDrawing:
    """The strip of a tile that asks for `due`, by the day, and for `overdue`.

    It looks as many working days ahead as the authority sets (*within*), and at most *days_ahead*.
    """

    name: str
    days_ahead: int
    within: Callable[[Rules], int]
    asks: tuple[str, ...] = ("due", "overdue")

    def begin(self) -> Draw:
        return self._draw

    def _draw(self, view: BoardView, figures: Mapping[str, ShownFigure]) -> Deadlines:
        due, days, today = counts_by_day(figures["due"]), view.rules.days, view.at.day
        ahead = min(self.days_ahead, self.within(view.rules))
        shown = [*([today] if days.covers(today) else []), *(days.nth_after(today, n + 1) for n in range(ahead))]
        strip = tuple(DeadlineDay(on=day, n=due.get(day, 0)) for day in shown)
        return Deadlines(days=strip, past=count_of(figures["overdue"]))
