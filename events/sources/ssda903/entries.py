"""Rows that make sense by themselves, and what stands of them when several returns are read in turn.

A later return says again what an earlier one said: its row of the same child and key replaces the earlier one's. A row
that it should have and has not was an error, and is taken back. It need not have a row that ended before its year.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Generic, TypeVar

from events.sources.report import FileReport
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.teller import Statement

ALWAYS_KEPT = date.min  # as `until`: no later return need have the row again


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one row of the return at place *nth* says about *child*, a pseudonym.

    A row of the same child and *key*, in this return or another, is about the same thing. A later return should have
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


SomeEntry = TypeVar("SomeEntry", bound=Entry)


@dataclass(frozen=True)
class Filed(Generic[SomeEntry]):
    """One file of one return: whether it is *there*, its entries, and what was found about its rows.

    *doubtful* are children with a row that could not be used: it may be the row that seems to be missing.
    """

    begins: date  # the year of the return
    there: bool
    entries: tuple[SomeEntry, ...]
    doubtful: frozenset[str]
    report: FileReport


def one_of_each(entries: Iterable[SomeEntry], report: FileReport, double: Ssda903Reason) -> tuple[SomeEntry, ...]:
    """Return the entry with the greatest news of each child and key; note the others as *double*."""
    standing: dict[tuple[str, str], SomeEntry] = {}
    for entry in sorted(entries, key=lambda entry: entry.news):
        before = standing.get((entry.child, entry.key))
        if before is not None:
            report.note(before.line, double)
        standing[entry.child, entry.key] = entry
    return tuple(standing[key] for key in sorted(standing))


def in_turn(years: Sequence[Filed[SomeEntry]]) -> Iterator[tuple[SomeEntry, ...]]:
    """Yield what stands after each return, by child and key."""
    standing: dict[tuple[str, str], SomeEntry] = {}
    for filed in years:
        present = {(entry.child, entry.key): entry for entry in filed.entries}
        for key, entry in list(standing.items()):
            report = years[entry.nth].report
            if key in present:
                report.note(entry.line, Ssda903Reason.SAID_AGAIN)
            elif filed.there and _should_have(filed, entry):
                report.note(entry.line, Ssda903Reason.TAKEN_BACK)
                del standing[key]
        standing.update(present)
        yield tuple(standing[key] for key in sorted(standing))


def _should_have(filed: Filed[SomeEntry], entry: Entry) -> bool:
    return entry.child not in filed.doubtful and (entry.until is None or entry.until > filed.begins)


def year_of(day: date) -> date:
    """Return the first day of the financial year that *day* falls in."""
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def year_after(day: date) -> date:
    """Return the first day of the next financial year: the `until` of what each year's return has anew."""
    return year_of(day).replace(year=year_of(day).year + 1)


def day_after(day: date) -> date:
    """Return the next day: the `until` of a row about a single day."""
    return day + timedelta(days=1)
