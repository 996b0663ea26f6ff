"""Working days and the deadlines counted in them.

A working day is Monday to Friday, not a bank holiday in England and Wales, not one of the authority's own closure
days. The days from Christmas to New Year on which many councils close are not bank holidays and count, unless
the authority says otherwise.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

import holidays

FIRST, LAST = date(1995, 1, 1), date(2050, 12, 31)
PUBLISHED = date(2028, 12, 31)  # to here GOV.UK had said which days are bank holidays; later ones are computed
SATURDAY = 5


class OutsideCalendar(ValueError):
    """Asked about a day for which no bank holidays are known."""

    def __init__(self, day: object) -> None:
        super().__init__(f"{day} is outside the bank holidays known ({FIRST:%Y} to {LAST:%Y}): extend the calendar")


@lru_cache(maxsize=1)
def bank_holidays() -> frozenset[date]:
    """Return the bank holidays of England and Wales, 1995 to 2050.

    Source: the `holidays` package; where the GOV.UK feed speaks (2012 to 2028) a test holds the two together.
    """
    table = holidays.country_holidays("GB", subdiv="ENG", years=range(FIRST.year, LAST.year + 1))
    return frozenset(table)


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
        """Twelve hexadecimal digits that change when any day does."""
        return sha256(",".join(map(str, self.days)).encode()).hexdigest()[:12]


@lru_cache(maxsize=64)
def calendar(extra_closure_days: frozenset[date] = frozenset()) -> Calendar:
    """Return the calendar of an authority that also closes on *extra_closure_days*."""
    closed = bank_holidays() | extra_closure_days
    every = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return Calendar(tuple(day for day in every if day.weekday() < SATURDAY and day not in closed))


@dataclass(frozen=True)
class WorkingDays:
    """A deadline so many working days after day 0. Done on that day is in time; late from the day after."""

    n: int

    def falls_on(self, start: date, days: Calendar, roll_start_forward: bool = False) -> date:
        """Return the last day that is in time.

        A start on a non-working day behaves as the working day before it, or, with *roll_start_forward*, as the next.
        Raises OutsideCalendar.
        """
        return days.nth_after(days.on_or_after(start) if roll_start_forward else start, self.n)
