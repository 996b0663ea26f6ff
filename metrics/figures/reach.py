"""How far is known what happened at an authority, and what its figures say where they reach further."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from events.time import LONDON, instant, moment_of
from events.working_days import START
from metrics.counting.completeness import Completeness
from metrics.figures.figure import Figure
from metrics.figures.notes import beyond
from metrics.rules.rules import Rules
from metrics.windows import At

REPORT_GAP_SECONDS = 60  # between two reports of a feed (contract 2)
REPORT_DELAY_SECONDS = 5  # of ours that a report may take to get here; at a demonstration's speed they are many more
MICROSECONDS_PER_SECOND = 1_000_000


@dataclass(frozen=True)
class Reach:
    """Up to when everything is here (None: nobody ever said), and whether that is behind where it should be *now*."""

    now: At
    complete_to: datetime | None
    is_late: bool

    def as_known(self, known_at: At) -> "Reach":
        """Return the reach of those who knew nothing later than *known_at*."""
        return replace(self, now=known_at) if known_at.instant < self.now.instant else self

    def covers(self, at: At) -> bool:
        """Return whether a figure at *at* is of moments that have come, and of which everything is here."""
        if at.instant > self.now.instant:
            return False
        if not self.is_late or self.complete_to is None:
            return True
        return at.instant < instant(self.complete_to) + MICROSECONDS_PER_SECOND  # a return's day ends at 23:59:59

    def shown(self, figure: Figure, at: At) -> Figure:
        """Return *figure*, marked where it reaches further than is known."""
        if self.covers(at):
            return figure
        beside: dict[str, int | str] = dict(figure.beside)
        if at.instant > self.now.instant:
            beside["as_of"] = moment_of(self.now.instant).isoformat()
        if self.complete_to is not None:
            beside["complete_to"] = self.complete_to.isoformat()
        said = beyond(at, self.now, self.complete_to)
        note = f"{figure.note}; {said}" if figure.note else said
        return msgspec.structs.replace(figure, status="incomplete", beside=beside, note=note)


def reach(completeness: Completeness, now: At, rules: Rules, speed: float) -> Reach:
    """Return how far is known at *now*; *speed*: seconds of the authority's clock to one of ours."""
    moment = moment_of(now.instant)
    complete_to = complete_to_of(completeness, moment)
    return Reach(now, complete_to, complete_to is not None and is_late(complete_to, moment, rules, speed))


def complete_to_of(completeness: Completeness, now: datetime) -> datetime | None:
    """Return up to when everything is here, or was when a feed last said so; None where none ever did."""
    complete_to = completeness.complete_to(instant(now)) or completeness.last_complete_to()
    if complete_to is None:
        return None
    return max(complete_to, moment_of(START)).astimezone(LONDON)  # one that never looked may say 1970


def is_late(complete_to: datetime, now: datetime, rules: Rules, speed: float) -> bool:
    """Return whether a feed is late: twice its usual gap behind, counted in office hours.

    While the office is closed it is late only if it was when the office closed: a quiet Sunday is no broken feed.
    """
    behind_seconds = rules.office.elapsed(instant(complete_to), instant(now)) / MICROSECONDS_PER_SECOND
    return behind_seconds > 2 * REPORT_GAP_SECONDS + REPORT_DELAY_SECONDS * speed
