"""The days that a series shows: the last day of each step, and the last day asked for where a step is under way."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Literal, get_args

from events.time import add_months
from metrics.wrong_question import WrongQuestion

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = get_args(Step)
MAX_POINTS = 1000


class UnknownSeries(WrongQuestion):
    """The question asks for a series that cannot be."""


def ends(first: date, last: date, step: str) -> list[date]:
    """Return the ends of every *step* from *first* to *last*; where *last* ends none, it is the end so far.

    A week ends on Sunday. Raises UnknownSeries.
    """
    if step not in STEPS:
        raise UnknownSeries(f"no step {step!r}: one of {', '.join(STEPS)}")
    if last < first:
        raise UnknownSeries(f"from {first} to {last}: the first day is after the last")
    days = list(islice(_ends(first, last, step), MAX_POINTS + 1))
    if len(days) > MAX_POINTS:
        raise UnknownSeries(
            f"from {first} to {last} there are more than {MAX_POINTS:,} points, one a {step}: ask for fewer at a time"
        )
    return days


def _ends(first: date, last: date, step: str) -> Iterator[date]:
    begin = first
    while begin <= last:
        end = min(_end(begin, step), last)
        yield end
        if end == date.max:
            return
        begin = end + timedelta(days=1)


def _end(day: date, step: str) -> date:
    """Return the last day of the *step* that *day* is in."""
    match step:
        case "week":
            return day + timedelta(days=min(6 - day.weekday(), (date.max - day).days))
        case "month":
            return add_months(day.replace(day=1), 1) - timedelta(days=1) if day < date(9999, 12, 1) else date.max
    return day
