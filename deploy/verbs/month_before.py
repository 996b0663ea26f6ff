"""How figures changed since a month before: which moment that is, and by how much."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from events.time import LONDON, add_months
from metrics.figures.figure import Figure
from metrics.windows import At, parse_at


class Change(NamedTuple):
    """By how much a figure changed since a moment, in words; empty where it did not."""

    by: str
    since: At


def month_before(at: At) -> At:
    """Return the same day of the month before, of a last day the last; an instant to the minute, by London's clock."""
    if not isinstance(at.asked, datetime):
        return At(_day_before(at.asked))
    local = at.asked.astimezone(LONDON).replace(second=0, microsecond=0, tzinfo=None)
    return At(datetime.combine(_day_before(local.date()), local.time(), LONDON))


def _day_before(day: date) -> date:
    earlier, first = add_months(day, -1), day.replace(day=1)
    is_last = (day + timedelta(days=1)).month != day.month
    return first - timedelta(days=1) if is_last else earlier


def moments_before(figures: Iterable[Figure]) -> tuple[At, ...]:
    """Return each moment that is a month before one of *figures*."""
    return tuple(dict.fromkeys(month_before(parse_at(at)) for at in {figure.at: None for figure in figures}))


class Earlier:
    """Figures of a month before, by what they are of."""

    def __init__(self, figures: Iterable[Figure] = ()) -> None:
        self._figures = {(_of(figure), figure.at): figure for figure in figures}
        self._asked = {(figure.authority, figure.measure, figure.at) for figure in self._figures.values()}

    def change(self, figure: Figure) -> Change | None:
        """Return by how much *figure* changed; None where one of the two is not fully known, or is no number."""
        since = month_before(parse_at(figure.at))
        was = self._value(figure, since)
        if was is None or figure.value is None or figure.status == "incomplete":
            return None
        return Change(_difference(figure, figure.value - was), since)

    def _value(self, figure: Figure, since: At) -> float | None:
        """Return the value of then; of a count 0 where only others were counted: what is empty is not listed."""
        before = self._figures.get((_of(figure), since.text))
        if before is not None:
            return None if before.status == "incomplete" else before.value
        is_known = figure.kind == "count" and (figure.authority, figure.measure, since.text) in self._asked
        return 0.0 if is_known else None


def _of(figure: Figure) -> tuple[object, ...]:
    return figure.authority, figure.measure, figure.team, figure.locality, *figure.by.items()


def _difference(figure: Figure, by: float) -> str:
    match figure.kind:
        case "count":
            return f"{by:+,.0f}" if by else ""
        case "quotient" | "distribution" if "statistic" not in figure.by:
            return f"{100 * by:+.1f} points" if round(100 * by, 1) else ""
        case "age":
            return f"{by:+.1f} hours" if round(by, 1) else ""
    return f"{by:+.2f}" if round(by, 2) else ""
