"""Whether an authority's office is open at a moment, by its own hours and closure days, as a board says it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from events.time import LONDON, instant, moment_of
from events.working_days import SATURDAY, OutsideCalendar, bank_holidays
from metrics.rules.rules import Rules

MAX_CLOSURE_DAYS = 30  # back that a closing is looked for


@dataclass(frozen=True)
class OfficeState:
    """An open office, and when it closes; or a closed one, when it closed and when it opens next, if that is known."""

    open: bool
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    opens_at: datetime | None = None
    closed_for: Literal["bank_holiday", "closure_day"] | None = None  # None: outside its hours, or a weekend


def opening(rules: Rules, now: datetime) -> OfficeState:
    """Return whether the office is open at *now*; at the moment of closing it is not. Raises OutsideCalendar."""
    now = now.astimezone(LONDON)
    if rules.office.open_at(instant(now)):
        return OfficeState(open=True, closes_at=_closing(rules, now.date()))
    try:
        opens_at = moment_of(rules.office.next_opening(instant(now)))
    except OutsideCalendar:  # hours that leave every day out
        opens_at = None
    return OfficeState(
        open=False, closed_at=_closed_at(rules, now), opens_at=opens_at, closed_for=_why(rules, now.date())
    )


def _closing(rules: Rules, day: date) -> datetime | None:
    """Return when the office closes on *day*; None where it does not open."""
    hours = rules.hours.week[day.weekday()]
    return datetime.combine(day, hours[1], LONDON) if hours and rules.days.covers(day) else None


def _closed_at(rules: Rules, now: datetime) -> datetime | None:
    closings = (_closing(rules, now.date() - timedelta(days=n)) for n in range(MAX_CLOSURE_DAYS))
    return next((at for at in closings if at is not None and at <= now), None)


def _why(rules: Rules, day: date) -> Literal["bank_holiday", "closure_day"] | None:
    if day.weekday() >= SATURDAY or rules.days.covers(day):
        return None
    return "bank_holiday" if day in bank_holidays() else "closure_day"
