"""Working days and the deadlines counted in them.

A working day is Monday to Friday, except a bank holiday in England and Wales and the authority's own closure days.
Many councils close between Christmas and New Year. Those days are not bank holidays: they count, unless the authority
says otherwise.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

from events.time import Instant, midnight

FIRST, LAST = date(1995, 1, 1), date(2050, 12, 31)  # the calendar: no bank holiday is known outside it
START: Instant = midnight(FIRST)  # first instant of the calendar
END: Instant = midnight(LAST + timedelta(days=1))  # first instant after it
PUBLISHED = date(2028, 12, 31)  # GOV.UK has published the bank holidays up to here; later ones are computed
SATURDAY = 5


class OutsideCalendar(ValueError):
    """Asked about a day for which no bank holidays are known."""

    def __init__(self, day: object) -> None:
        super().__init__(f"{day} is outside the bank holidays known ({FIRST:%Y} to {LAST:%Y}): extend the calendar")


@lru_cache(maxsize=1)
def bank_holidays() -> frozenset[date]:
    """Return the bank holidays of England and Wales, 1995 to 2050.

    Source: the `holidays` package. A test compares it with the GOV.UK feed, for the years of the feed (2012 to 2028).
    """
    from holidays import country_holidays  # imported where it is used: the command must start at once

    return frozenset(country_holidays("GB", subdiv="ENG", years=range(FIRST.year, LAST.year + 1)))


@dataclass(frozen=True)
class Calendar:
    """The working days of one authority. Immutable; ask `calendar()` for one."""

    days: tuple[date, ...]

    def nth_after(self, day: date, n: int) -> date:
        """Return the *n*-th working day strictly after *day*: day 0 is the day the clock starts.

        Raises OutsideCalendar.
        """
        if not FIRST <= day <= LAST:
            raise OutsideCalendar(day)
        index = bisect_right(self.days, day) + n - 1
        if index >= len(self.days):
            raise OutsideCalendar(f"{n} working days after {day}")
        return self.days[index]

    def nth_before(self, day: date, n: int) -> date:
        """Return the *n*-th working day strictly before *day*, or the first of the calendar. Raises OutsideCalendar."""
        if not FIRST <= day <= LAST:
            raise OutsideCalendar(day)
        return self.days[max(0, bisect_left(self.days, day) - n)]

    def on_or_after(self, day: date) -> date:
        """Return *day* if it is a working day, else the next. Raises OutsideCalendar."""
        return day if self.covers(day) else self.nth_after(day, 1)

    def covers(self, day: date) -> bool:
        """Return whether *day* is a working day. Raises OutsideCalendar."""
        if not FIRST <= day <= LAST:
            raise OutsideCalendar(day)
        index = bisect_left(self.days, day)
        return index < len(self.days) and self.days[index] == day

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change if any day does."""
        return sha256(",".join(map(str, self.days)).encode()).hexdigest()[:12]


@lru_cache(maxsize=64)
def calendar(extra_closure_days: frozenset[date] = frozenset()) -> Calendar:
    """Return the calendar of an authority that also closes on *extra_closure_days*."""
    closed = bank_holidays() | extra_closure_days
    every = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return Calendar(tuple(day for day in every if day.weekday() < SATURDAY and day not in closed))


@dataclass(frozen=True)
class WorkingDays:
    """A deadline *n* working days after day 0. That day is in time; the day after is late."""

    n: int

    def falls_on(self, start: date, days: Calendar, roll_start_forward: bool = False) -> date:
        """Return the last day that is in time.

        A start on a non-working day counts as the working day before it, or, with *roll_start_forward*, as the next.
        Raises OutsideCalendar.
        """
        return days.nth_after(days.on_or_after(start) if roll_start_forward else start, self.n)
