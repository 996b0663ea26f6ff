"""Rows that make sense by themselves, and what stands of one child's when several returns are read in turn.

A later return says again what an earlier one said: its row of the same key replaces the earlier one's. It need not have
a row that ended before its year. What becomes of one that it should have and has not, each kind of row says itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter
from typing import Generic, Self, TypeVar

from events.sources.report import FileReport
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.teller import Statement

ALWAYS_KEPT = date.min  # as `until`: no later return need have the row again


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one row of the return at place *nth* says about *child*, a pseudonym.

    A row of the same *key*, in this return or another, is about the same thing. A later return should have
    the row again if its year begins before *until*, or always if *until* is None. The greater
    *news* of two rows in one return stands.
    """

    nth: int
    line: int
    child: str
    key: str
    until: date | None
    news: tuple[object, ...] = field(compare=False)
    statements: tuple[Statement, ...] = ()

    def ended(self, on: date) -> Self | None:
        """Return the entry as it is if what it tells of ended *on* that day; None if it tells of nothing that lasts."""
        return None


SomeEntry = TypeVar("SomeEntry", bound=Entry)


@dataclass
class Again:
    """How many rows of earlier returns a file should have again, and how many of them are missing."""

    due: int = 0
    missing: int = 0


@dataclass(frozen=True)
class Filed(Generic[SomeEntry]):
    """One child's rows of one file of one return: whether the file is *there*, and its entries.

    *doubtful*: the child has a row that could not be used; it may be the row that seems to be missing.
    """

    begins: date  # the year of the return
    there: bool
    entries: tuple[SomeEntry, ...]
    doubtful: bool
    report: FileReport
    again: Again

    def due(self, entry: Entry) -> bool:
        """Return whether this return should have *entry*, of an earlier one, again."""
        return self.there and (entry.until is None or entry.until > self.begins)


def one_of_each(entries: Iterable[SomeEntry], report: FileReport, double: Ssda903Reason) -> tuple[SomeEntry, ...]:
    """Return the entry with the greatest news of each key; note the others as *double*."""
    standing: dict[str, SomeEntry] = {}
    for entry in sorted(entries, key=attrgetter("news")):
        before = standing.get(entry.key)
        if before is not None:
            report.note(before.line, double)
        standing[entry.key] = entry
    return tuple(standing[key] for key in sorted(standing))


Settle = Callable[[SomeEntry, Filed[SomeEntry], Filed[SomeEntry]], SomeEntry | None]


def in_turn(
    years: Sequence[Filed[SomeEntry]], settle: Settle[SomeEntry] | None = None
) -> Iterator[tuple[SomeEntry, ...]]:
    """Yield what stands of one child after each return, by key.

    *settle* says what stands of an entry that a return should have and has not: of the entry, that return, and the one
    that told the entry. Left out, it is `settled`.
    """
    standing: dict[str, SomeEntry] = {}
    for filed in years:
        present = {entry.key: entry for entry in filed.entries}
        for key, entry in list(standing.items()):
            filed.again.due += filed.due(entry)
            if key in present:
                years[entry.nth].report.note(entry.line, Ssda903Reason.SAID_AGAIN)
            elif filed.due(entry):
                stays = (settle or settled)(entry, filed, years[entry.nth])
                standing.pop(key) if stays is None else standing.update({key: stays})
        standing.update(present)
        yield tuple(standing[key] for key in sorted(standing))


def settled(entry: SomeEntry, filed: Filed[SomeEntry], told: Filed[SomeEntry]) -> SomeEntry | None:
    """Return what stands of an entry that is absent; all of it where a row could not be used that may be it."""
    return entry if filed.doubtful else absent(entry, filed, told)


def absent(entry: SomeEntry, filed: Filed[SomeEntry], told: Filed[SomeEntry], by: date = date.max) -> SomeEntry | None:
    """Return what stands of *entry*, which *told* said and which *filed* should have and has not; None if nothing does.

    An earlier year's was not "never": what was open then ended on the last day of that year, or on the day *by* if that
    is earlier. A return of the same year corrects the other whole.
    """
    filed.again.missing += 1
    ended = entry.ended(min(filed.begins - timedelta(days=1), by)) if told.begins < filed.begins else None
    told.report.note(entry.line, Ssda903Reason.TAKEN_BACK if ended is None else Ssda903Reason.ENDED_UNSEEN)
    return ended


def year_of(day: date) -> date:
    """Return the first day of the financial year that *day* falls in."""
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def year_after(day: date) -> date:
    """Return the first day of the next financial year: the `until` of what each year's return has anew."""
    return year_of(day).replace(year=year_of(day).year + 1)


def day_after(day: date) -> date:
    """Return the next day: the `until` of a row about a single day."""
    return day + timedelta(days=1)
