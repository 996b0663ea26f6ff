"""The simulator's calendar: working days, months, school holidays, and how busy each day is.

A day is its ordinal and a month the number of months since the year 0: both are numbers, to be counted with.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random

from events.office_hours import usual_office
from events.simulator.chance import dealt
from events.time import moment_of
from events.working_days import FIRST as CALENDAR_FIRST
from events.working_days import SATURDAY

Day = int  # date.toordinal
Month = int  # 12 * year + month - 1

FIRST_DAY, LAST_DAY = date(2003, 1, 1).toordinal(), date(2041, 1, 1).toordinal()
BEYOND = date(2075, 1, 1).toordinal()
WEEK = 7

# How busy a day is, an ordinary Wednesday being 1: most on Mondays, little when only the duty team is there.
BY_WEEKDAY = (1.15, 1.05, 1.0, 1.0, 0.95, 0.06, 0.04)
BANK_HOLIDAY = 0.05
SCHOOL_HOLIDAY = 0.72  # schools make one enquiry in five; the report names their holidays as a cause
CHRISTMAS = 0.6  # in addition, from 24 December to New Year


def as_date(day: Day) -> date:
    return date.fromordinal(day)


def month_of(day: Day) -> Month:
    """Return the month that a day lies in."""
    in_month = as_date(day)
    return 12 * in_month.year + in_month.month - 1


def month(year: int, number: int) -> Month:
    """Return a month by its year and its number, 1 to 12."""
    return 12 * year + number - 1


def first_day(month: Month) -> Day:
    """Return the first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def financial_year(month: Month) -> int:
    """Return the year in which the financial year of *month* begins."""
    return (month - 3) // 12


class _Working:
    """Every working day, and for every day the last working day on or before it.

    Beyond the calendar every weekday is one: some lives end there, and nothing more is told of them.
    """

    def __init__(self) -> None:
        office = usual_office()  # it opens on every working day
        self.days = [day.toordinal() for day in office.days.days]
        self.opens = [moment_of(at).astimezone(UTC) for at in office.opens]
        self.seconds = [
            (closes - opens) // 1_000_000 for opens, closes in zip(office.opens, office.closes, strict=True)
        ]
        beyond = [day for day in range(self.days[-1] + 1, BEYOND) if (day - 1) % WEEK < SATURDAY]
        self.days += beyond
        self.opens += (datetime.combine(as_date(day), time(9), UTC) for day in beyond)
        self.seconds += [7 * 3600] * len(beyond)
        self.first = CALENDAR_FIRST.toordinal()
        self.index = [bisect_right(self.days, self.first + n) - 1 for n in range(self.days[-1] - self.first + 1)]
        self.next = [bisect_left(self.days, self.first + n) for n in range(self.days[-1] - self.first + 1)]


@lru_cache(maxsize=1)
def working() -> _Working:
    """Return the working days of the calendar."""
    return _Working()


def index_of(day: Day) -> int:
    """Return the index of the last working day on or before *day*."""
    known = working()
    return known.index[day - known.first]


def on_or_after(day: Day) -> int:
    """Return the index of the first working day on or after *day*."""
    known = working()
    return known.next[day - known.first]


def is_working(day: Day) -> bool:
    return working().days[index_of(day)] == day


def nth_after(day: Day, n: int) -> Day:
    """Return the *n*-th working day after *day*; the 0th is the last on or before it (rules 1)."""
    return working().days[index_of(day) + n]


def next_working(day: Day) -> Day:
    """Return *day*, or the first working day after it."""
    return working().days[on_or_after(day)]


def opening(index: int) -> datetime:
    """Return when the office opens on the *index*-th working day."""
    return working().opens[index]


def closing(index: int) -> datetime:
    """Return when the office closes on the *index*-th working day."""
    known = working()
    return known.opens[index] + timedelta(0, known.seconds[index])


def in_office(index: int, random: Random) -> datetime:
    """Return a moment of open office on the *index*-th working day, to the second."""
    known = working()
    return known.opens[index] + timedelta(0, int(random.random() * known.seconds[index]))


def at_clock(day: Day, hours: float) -> datetime:
    """Return the moment *hours* after 00:00 UTC of *day*, to the second."""
    return datetime.combine(as_date(day), time(), UTC) + timedelta(0, int(hours * 3600))


# --- how busy a day is ---------------------------------------------------------------------------------------------


def easter(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian computus."""
    century, year_of = divmod(year, 100)
    golden = year % 19
    leaps, rest = divmod(century, 4)
    epact = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    fours, ones = divmod(year_of, 4)
    to_sunday = (32 + 2 * rest + 2 * fours - epact - ones) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=128)
def school_holidays(year: int) -> frozenset[Day]:
    """Return the days of a year on which Wexshire's schools are closed, like those of most English counties."""
    sunday = easter(year).toordinal()
    stretches = (
        (date(year, 1, 1).toordinal(), 3),
        (_monday(year, 2, 15), 7),  # half term
        (sunday - 9, 17),
        (_monday(year, 5, 25), 7),  # with the late May bank holiday
        (date(year, 7, 24).toordinal(), 42),
        (_monday(year, 10, 23), 7),
        (date(year, 12, 21).toordinal(), 11),
    )
    return frozenset(first + n for first, days in stretches for n in range(days))


def _monday(year: int, month: int, earliest: int) -> Day:
    day = date(year, month, earliest).toordinal()
    return day - (day - 1) % 7 + (7 if (day - 1) % 7 else 0)


def busyness(day: Day) -> float:
    """Return how busy *day* is, an ordinary Wednesday being 1."""
    on = as_date(day)
    weekday = on.weekday()
    if weekday < SATURDAY and not is_working(day):
        return BANK_HOLIDAY
    season = SCHOOL_HOLIDAY if day in school_holidays(on.year) else 1.0
    if (on.month, on.day) >= (12, 24):
        season *= CHRISTMAS
    return BY_WEEKDAY[weekday] * season


@lru_cache(maxsize=128)
def _sums(month: Month) -> list[float]:
    return list(accumulate(busyness(day) for day in range(first_day(month), first_day(month + 1))))


def spread(random: Random, month: Month, n: int) -> list[Day]:
    """Return *n* days of a month in no order, more of its busy days than of its quiet ones."""
    sums = _sums(month)
    first = first_day(month)
    return [first + min(bisect_right(sums, share * sums[-1]), len(sums) - 1) for share in dealt(random, n)]
