"""The hours in which the office is open, and time counted in them: Monday to Thursday 9 to 17, Friday to 16.

Office time is microseconds of open office since the first opening of the calendar. It stands still while the office
is closed, so that closing and the next opening are one and the same office time.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate

import holidays

from events.decode import CALENDAR
from events.time import LONDON, Instant, instant, moment_of

OPENS = time(9)
CLOSES = (time(17), time(17), time(17), time(17), time(16))  # Monday to Friday


class OutsideOfficeCalendar(ValueError):
    """Asked about a moment for which no bank holidays are known."""

    def __init__(self, moment: object) -> None:
        super().__init__(f"{moment} is outside the office hours known ({CALENDAR[0]} to {CALENDAR[1]})")


@dataclass(frozen=True)
class OfficeHours:
    """Every working day with its opening and closing, and the office time that passed *before* each opening."""

    days: tuple[date, ...]
    opens: tuple[Instant, ...]
    closes: tuple[Instant, ...]
    before: tuple[int, ...]

    def day_at(self, at: Instant) -> int:
        """Return the index of the working day that *at* falls in or after. Raises OutsideOfficeCalendar."""
        index = bisect_right(self.opens, at) - 1
        if index < 0 or index == len(self.days) - 1:
            raise OutsideOfficeCalendar(moment_of(at))
        return index

    def elapsed(self, at: Instant) -> int:
        """Return the office time at *at*. Raises OutsideOfficeCalendar."""
        index = self.day_at(at)
        return self.before[index] + min(at, self.closes[index]) - self.opens[index]

    def moment(self, elapsed: int) -> Instant:
        """Return the moment of an office time: of a closing and the opening after it, the opening."""
        index = bisect_right(self.before, elapsed) - 1
        if index < 0 or index == len(self.days):
            raise OutsideOfficeCalendar("that office time")
        return self.opens[index] + elapsed - self.before[index]

    def on_or_after(self, day: date) -> int:
        """Return the index of *day* if it is a working day, else of the next."""
        return bisect_right(self.days, day - timedelta(days=1))


@lru_cache(maxsize=1)
def office_hours() -> OfficeHours:
    """Return the office hours of every working day of the calendar."""
    bank_holidays = holidays.country_holidays("GB", subdiv="ENG", years=range(CALENDAR[0], CALENDAR[1] + 1))
    first, end = date(CALENDAR[0], 1, 1), date(CALENDAR[1] + 1, 1, 1)
    every = (first + timedelta(days=n) for n in range((end - first).days))
    days = tuple(day for day in every if day.weekday() < len(CLOSES) and day not in bank_holidays)
    opens = tuple(_instant(day, OPENS) for day in days)
    closes = tuple(_instant(day, CLOSES[day.weekday()]) for day in days)
    lengths = (closing - opening for opening, closing in zip(opens, closes, strict=True))
    return OfficeHours(days, opens, closes, tuple(accumulate(lengths, initial=0)))


def _instant(day: date, at: time) -> Instant:
    return instant(datetime.combine(day, at, LONDON))
