"""The hours in which an authority's office is open, and the time that passes in them.

Hours are local (Europe/London) and hold on working days only: the office is closed on a Saturday or a bank holiday,
even if the hours say otherwise. Office time is microseconds of open office since the start of the calendar. It stands
still while the office is closed: a closing and the next opening are the same office time.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property, lru_cache

from events.time import LONDON, Instant, instant, moment_of
from events.working_days import END, START, Calendar, OutsideCalendar, calendar

DayHours = tuple[time, time]  # the first time of day that is open, and the first that is closed again
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONG, SHORT = (time(9), time(17)), (time(9), time(16))


@dataclass(frozen=True)
class Hours:
    """When the office is open on each day of the *week*, Monday first; None is closed."""

    week: tuple[DayHours | None, ...] = (LONG, LONG, LONG, LONG, SHORT, None, None)

    def __post_init__(self) -> None:
        if len(self.week) != len(WEEKDAYS) or any(day and not day[0] < day[1] for day in self.week):
            raise ValueError("hours are seven days, each closed or opening before it closes")

    def __str__(self) -> str:
        days = zip(WEEKDAYS, self.week, strict=True)
        return " ".join(f"{name}={day[0]:%H:%M:%S}-{day[1]:%H:%M:%S}" for name, day in days if day)

    def elapsed(self, since: Instant, until: Instant, days: Calendar) -> int:
        """Return the microseconds of open office between two instants, negative if *until* is before *since*.

        Raises OutsideCalendar.
        """
        return office(self, days).elapsed(since, until)

    def next_opening(self, at: Instant, days: Calendar) -> Instant:
        """Return *at* if the office is open then, else the next opening. Raises OutsideCalendar."""
        return office(self, days).next_opening(at)

    def open_at(self, at: Instant, days: Calendar) -> bool:
        """Return whether the office is open at *at*. An opening is open, a closing is closed.

        Raises OutsideCalendar.
        """
        return office(self, days).open_at(at)


USUAL_HOURS = Hours()


@dataclass(frozen=True)
class Office:
    """Hours on the working days of a calendar, as tables. Keep one if you ask often, as `Rules.office` does."""

    hours: Hours
    days: Calendar

    def elapsed(self, since: Instant, until: Instant) -> int:
        """Return the microseconds of open office between two instants. Raises OutsideCalendar."""
        return self._passed(until) - self._passed(since)

    def after(self, since: Instant, elapsed_us: int) -> Instant:
        """Return the instant at which *elapsed_us* of office time have passed since *since*; an opening, not a closing.

        Raises OutsideCalendar.
        """
        passed = self._passed(since) + elapsed_us
        index = bisect_right(self._before, passed) - 1
        if index >= 0 and (at := self.opens[index] + passed - self._before[index]) < self.closes[index]:
            return at
        raise OutsideCalendar(f"{elapsed_us} microseconds of office after {moment_of(since):%Y-%m-%d}")

    def next_opening(self, at: Instant) -> Instant:
        """Return *at* if the office is open then, else the next opening. Raises OutsideCalendar."""
        index = self._opened(at)
        if index >= 0 and at < self.closes[index]:
            return at
        if index + 1 == len(self.opens):
            raise OutsideCalendar(f"the opening after {moment_of(at):%Y-%m-%d}")
        return self.opens[index + 1]

    def open_at(self, at: Instant) -> bool:
        """Return whether the office is open at *at*. Raises OutsideCalendar."""
        index = self._opened(at)
        return index >= 0 and at < self.closes[index]

    def _passed(self, at: Instant) -> int:
        """Return the office time that passed from the start of the calendar to *at*."""
        index = self._opened(at)
        return 0 if index < 0 else self._before[index] + min(at, self.closes[index]) - self.opens[index]

    def _opened(self, at: Instant) -> int:
        """Return the index of the last opening at or before *at*, -1 if there is none."""
        if not START <= at < END:
            raise OutsideCalendar(f"{moment_of(at):%Y-%m-%d}")
        return bisect_right(self.opens, at) - 1

    @cached_property
    def opens(self) -> "array[int]":
        """The instant of each opening."""
        return array("q", (_instant(day, opening[0]) for day, opening in self._openings))

    @cached_property
    def closes(self) -> "array[int]":
        """The instant of each closing, in the order of the openings."""
        return array("q", (_instant(day, opening[1]) for day, opening in self._openings))

    @cached_property
    def _before(self) -> "array[int]":
        """The office time that passed before each opening."""
        before, total = array("q"), 0
        for opens, closes in zip(self.opens, self.closes, strict=True):
            before.append(total)
            total += closes - opens
        return before

    @property
    def _openings(self) -> list[tuple[date, DayHours]]:
        return [(day, opening) for day in self.days.days if (opening := self.hours.week[day.weekday()])]


@lru_cache(maxsize=512)
def office(hours: Hours, days: Calendar) -> Office:
    """Return the one office of these hours and days. The look-up hashes every working day: keep the result."""
    return Office(hours, days)


@lru_cache(maxsize=1)
def usual_office() -> Office:
    """Return the office with the usual hours and no closure days of its own."""
    return office(USUAL_HOURS, calendar())


def _instant(day: date, at: time) -> Instant:
    return instant(datetime.combine(day, at, LONDON))
