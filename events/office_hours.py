"""The hours in which an authority's office is open, and the time that passes in them.

Hours are local (Europe/London) and hold on working days only: a Saturday or a bank holiday is closed whatever they say.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache

from events.time import LONDON, Instant, instant, midnight, moment_of
from events.working_days import FIRST, LAST, Calendar, OutsideCalendar

Opening = tuple[time, time]  # the first moment that is open, and the first that is closed again
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
START, END = midnight(FIRST), midnight(LAST + timedelta(days=1))  # of the calendar
LONG, SHORT = (time(9), time(17)), (time(9), time(16))


@dataclass(frozen=True)
class Hours:
    """When the office is open on each day of the *week*, Monday first; None is closed."""

    week: tuple[Opening | None, ...] = (LONG, LONG, LONG, LONG, SHORT, None, None)

    def __post_init__(self) -> None:
        if len(self.week) != len(WEEKDAYS) or any(day and not day[0] < day[1] for day in self.week):
            raise ValueError("hours are seven days, each closed or opening before it closes")

    def __str__(self) -> str:
        days = zip(WEEKDAYS, self.week, strict=True)
        return " ".join(f"{name}={day[0]:%H:%M:%S}-{day[1]:%H:%M:%S}" for name, day in days if day)

    def elapsed(self, since: Instant, until: Instant, days: Calendar) -> int:
        """Return the microseconds of open office between two instants, negative where *until* is the earlier one.

        Raises OutsideCalendar.
        """
        return office(self, days).elapsed(since, until)

    def next_opening(self, at: Instant, days: Calendar) -> Instant:
        """Return *at* where the office is open then, else the next moment that it is. Raises OutsideCalendar."""
        return office(self, days).next_opening(at)

    def open_at(self, at: Instant, days: Calendar) -> bool:
        """Return whether the office is open at *at*: at its opening it is, at its closing no more.

        Raises OutsideCalendar.
        """
        return office(self, days).open_at(at)


USUAL = Hours()


@dataclass(frozen=True)
class Office:
    """Hours on the working days of a calendar, as tables. Whoever asks often keeps one (`Rules.office` does)."""

    hours: Hours
    days: Calendar

    def elapsed(self, since: Instant, until: Instant) -> int:
        """Return the microseconds of open office between two instants. Raises OutsideCalendar."""
        return self._passed(until) - self._passed(since)

    def next_opening(self, at: Instant) -> Instant:
        """Return *at* where the office is open then, else the next moment that it is. Raises OutsideCalendar."""
        index = self._opened(at)
        if index >= 0 and at < self._closes[index]:
            return at
        if index + 1 == len(self._opens):
            raise OutsideCalendar(f"the opening after {moment_of(at):%Y-%m-%d}")
        return self._opens[index + 1]

    def open_at(self, at: Instant) -> bool:
        """Return whether the office is open at *at*. Raises OutsideCalendar."""
        index = self._opened(at)
        return index >= 0 and at < self._closes[index]

    def _passed(self, at: Instant) -> int:
        """Return the office time that passed from the start of the calendar to *at*."""
        index = self._opened(at)
        return 0 if index < 0 else self._before[index] + min(at, self._closes[index]) - self._opens[index]

    def _opened(self, at: Instant) -> int:
        """Return the index of the last opening at or before *at*, -1 where there is none."""
        if not START <= at < END:
            raise OutsideCalendar(f"{moment_of(at):%Y-%m-%d}")
        return bisect_right(self._opens, at) - 1

    @cached_property
    def _opens(self) -> "array[int]":
        return array("q", (_moment(day, opening[0]) for day, opening in self._openings))

    @cached_property
    def _closes(self) -> "array[int]":
        return array("q", (_moment(day, opening[1]) for day, opening in self._openings))

    @cached_property
    def _before(self) -> "array[int]":
        """The office time that passed before each opening."""
        before, total = array("q"), 0
        for opens, closes in zip(self._opens, self._closes, strict=True):
            before.append(total)
            total += closes - opens
        return before

    @property
    def _openings(self) -> list[tuple[date, Opening]]:
        return [(day, opening) for day in self.days.days if (opening := self.hours.week[day.weekday()])]


@lru_cache(maxsize=512)
def office(hours: Hours, days: Calendar) -> Office:
    """Return the one office of these hours and days. To find it costs a hash of every working day: keep it."""
    return Office(hours, days)


def _moment(day: date, at: time) -> Instant:
    return instant(datetime.combine(day, at, LONDON))
