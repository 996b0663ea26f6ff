"""Instants and London days: the only place that converts between them.

An instant is an int: microseconds since 1970-01-01T00:00Z, so that comparing two never rounds.
A date stands for its first instant, 00:00 in Europe/London, wherever instants are compared (contract 1).
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Instant = int

LONDON = ZoneInfo("Europe/London")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MICROSECONDS_PER_HOUR: Instant = 3_600_000_000
# 24 elapsed hours; a London day has 23 or 25 of them twice a year.
MICROSECONDS_PER_DAY: Instant = 24 * MICROSECONDS_PER_HOUR


@lru_cache(maxsize=65536)
def midnight(day: date) -> Instant:
    """Return the first instant of *day* in Europe/London."""
    return instant(datetime(day.year, day.month, day.day, tzinfo=LONDON))


def instant(moment: datetime) -> Instant:
    """Return *moment*, which must carry its offset or zone, as an instant."""
    return (moment - EPOCH) // MICROSECOND


def end_of(day: date) -> Instant:
    """Return the last instant of *day* in Europe/London."""
    return midnight(day + timedelta(days=1)) - 1


def moment_of(at: Instant) -> datetime:
    """Return *at* as a datetime in Europe/London."""
    return (EPOCH + at * MICROSECOND).astimezone(LONDON)


def day_of(at: Instant) -> date:
    """Return the Europe/London date that *at* falls in."""
    return moment_of(at).date()


def add_months(day: date, months: int) -> date:
    """Return *day* moved by calendar months, clamped to the month's end: 30 November + 3 is 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
