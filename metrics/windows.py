"""Which days a figure counts, seen from the day it is asked for (contract 3, rules 1.3)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from events.time import Instant, add_months, day_of, end_of, instant, midnight
from metrics.wrong_question import WrongQuestion

FLOW_WINDOWS = ("day", "week", "month", "quarter", "year_to_date", "year")
FIRST_YEAR, END_YEAR = 1900, 2100  # wider than any event may be dated, narrower than dates can be
_LAST_DAYS = re.compile(r"^last_([1-9]\d{0,3})_days$")


class UnknownWindow(WrongQuestion):
    """The question names a window that does not exist."""

    def __init__(self, window: str) -> None:
        super().__init__(f"no window {window!r}: one of {', '.join(FLOW_WINDOWS)}, last_N_days")


@dataclass(frozen=True)
class At:
    """What a figure is asked for: a date, which means the end of that day in Europe/London, or a moment."""

    asked: date | datetime

    @cached_property
    def instant(self) -> Instant:
        """The last instant that counts."""
        return instant(self.asked) if isinstance(self.asked, datetime) else end_of(self.asked)

    @cached_property
    def day(self) -> date:
        """The Europe/London day it falls in."""
        return day_of(self.instant)

    @property
    def is_day(self) -> bool:
        """Whether a whole day is asked for."""
        return not isinstance(self.asked, datetime)

    @cached_property
    def text(self) -> str:
        """The date or moment as an answer writes it."""
        return self.asked.isoformat()

    def __str__(self) -> str:
        return self.text


def parse_at(text: str) -> At:
    """Return what *text* asks for: a date (`2017-12-31`) or an RFC 3339 moment with offset. Raises WrongQuestion."""
    try:
        moment = date.fromisoformat(text) if len(text) == len("2017-12-31") else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or (isinstance(moment, datetime) and moment.tzinfo is None):
        raise WrongQuestion(
            f"{text!r} is neither a date (2017-12-31) nor an instant with offset (2017-12-31T14:00:00Z)"
        )
    if not FIRST_YEAR <= moment.year < END_YEAR:
        raise WrongQuestion(f"{text!r}: figures exist from {FIRST_YEAR} to {END_YEAR - 1}")
    return At(moment)


def first_day(window: str, day: date) -> date:
    """Return the first day counted by *window* where *day* is the last. Raises UnknownWindow."""
    match window:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, day.month - (day.month - 1) % 3, 1)
        case "year_to_date":  # the financial year, from 1 April
            return date(day.year if day.month >= 4 else day.year - 1, 4, 1)
        case "year":  # (d - 12 months, d]
            return add_months(day, -12) + timedelta(days=1)
    last = _LAST_DAYS.match(window)
    if last is None:
        raise UnknownWindow(window)
    return day - timedelta(days=int(last[1]) - 1)


def since(window: str, at: At) -> Instant:
    """Return the first instant counted by *window* at *at*. Raises UnknownWindow."""
    return midnight(first_day(window, at.day))
