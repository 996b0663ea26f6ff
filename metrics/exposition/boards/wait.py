"""The longest wait in working days and office hours, as people say it: "10 days 7 h", where the measure has 87.95 h.

A working day of waiting is over at the hour of the day at which it began, or at that day's closing, where the office
closes earlier. So its length is the office's own, a short Friday is a day, and a day is counted as deadlines count it.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import msgspec

from events.time import LONDON, MICROSECONDS_PER_HOUR, Instant, instant, moment_of
from events.working_days import OutsideCalendar
from metrics.catalogue import measure_named
from metrics.exposition.boards.view import BoardView, Draw, ShownFigure
from metrics.rules.rules import Rules


class Wait(msgspec.Struct, frozen=True):
    """So many working *days*, and since the last of them so many office *hours*."""

    days: int
    hours: float


@dataclass(frozen=True)
class WaitDrawing:
    """How long the first who came has waited; *since*: a measure of the kind age. Null where nobody waits."""

    name: str
    since: str
    asks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise UnknownMeasure where the catalogue has no such measure."""
        measure_named(self.since)

    def begin(self) -> Draw:
        return self._draw

    def _draw(self, view: BoardView, _: Mapping[str, ShownFigure]) -> Wait | None:
        waiting = [at for at, n in view.waiting(self.since).items() if n]
        return wait(min(waiting), view.at.instant, view.rules) if waiting else None


def wait(since: Instant, now: Instant, rules: Rules) -> Wait | None:
    """Return how long somebody has waited at *now*; None where the office never opens."""
    try:
        began = rules.office.next_opening(since)  # nobody waits while it is closed
    except OutsideCalendar:
        return None
    days = _working_days(began, now, rules)
    if days and _end_of_day(began, days, rules) > now:
        days -= 1
    last = _end_of_day(began, days, rules) if days else began
    return Wait(days, max(0, rules.office.elapsed(last, now)) / MICROSECONDS_PER_HOUR)


def _working_days(began: Instant, now: Instant, rules: Rules) -> int:
    """Return how many working days there are after the day of *began*, up to that of *now*."""
    days, first, last = rules.days.days, moment_of(began).date(), moment_of(now).date()
    return max(0, bisect_right(days, last) - bisect_right(days, first))


def _end_of_day(began: Instant, n: int, rules: Rules) -> Instant:
    """Return when the *n*-th working day is over of a wait that *began* while the office was open."""
    start = moment_of(began)
    day = rules.days.nth_after(start.date(), n)
    return instant(datetime.combine(day, _within(start.time(), day, rules), LONDON))


def _within(at: time, day: date, rules: Rules) -> time:
    """Return the time *at* of *day*, or the next to it at which the office is open."""
    hours = rules.hours.week[day.weekday()]
    return at if hours is None else min(max(at, hours[0]), hours[1])
