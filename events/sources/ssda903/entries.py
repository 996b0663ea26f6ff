"""Rows that make sense by themselves, and what stands of them when several returns are read in turn.

A later return says again what an earlier one said: its row of the same child and key takes the place of the earlier
one's. What it should have and has not, was an error, and is taken back. What ended before its year it need not have.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Generic, TypeVar

from events.sources.report import FileReport, Reason
from events.sources.ssda903.facts import Fact

ALWAYS_KEPT = date.min  # as `until`: no later return need have it again


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one row of the return at place *nth* says about *child*, a pseudonym.

    A row of the same child and *key*, in this return or another, is about the same thing. A return whose year begins
    before *until* should have it again; None: any later one should. Of two in one return the greater *news* stands.
    """

    nth: int
    line: int
    child: str
    key: str
    until: date | None
    news: tuple[object, ...] = field(compare=False)
    facts: tuple[Fact, ...] = ()


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Filed(Generic[E]):
    """One file of one return: whether the return has it, its entries, and what is found about its rows.

    *doubtful* are children of whom a row could not be used: it may be the one that a later reader misses.
    """

    begins: date  # the year of the return
    there: bool
    entries: tuple[E, ...]
    doubtful: frozenset[str]
    about: FileReport


def one_of_each(entries: Iterable[E], about: FileReport, double: Reason) -> tuple[E, ...]:
    """Return one entry of each child and key, the one with the greatest news; note the others as *double*."""
    standing: dict[tuple[str, str], E] = {}
    for entry in sorted(entries, key=lambda entry: entry.news):
        before = standing.get((entry.child, entry.key))
        if before is not None:
            about.note(before.line, double)
        standing[entry.child, entry.key] = entry
    return tuple(standing[key] for key in sorted(standing))


def in_turn(years: Sequence[Filed[E]]) -> Iterator[tuple[E, ...]]:
    """Yield what stands after each return, by child and key."""
    standing: dict[tuple[str, str], E] = {}
    for filed in years:
        now = {(entry.child, entry.key): entry for entry in filed.entries}
        for key, entry in list(standing.items()):
            about = years[entry.nth].about
            if key in now:
                about.note(entry.line, Reason.SAID_AGAIN)
            elif filed.there and _should_have(filed, entry):
                about.note(entry.line, Reason.TAKEN_BACK)
                del standing[key]
        standing.update(now)
        yield tuple(standing[key] for key in sorted(standing))


def _should_have(filed: Filed[E], entry: Entry) -> bool:
    return entry.child not in filed.doubtful and (entry.until is None or entry.until > filed.begins)


def year_of(day: date) -> date:
    """Return the first day of the financial year that *day* falls in."""
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def year_after(day: date) -> date:
    """Return the first day of the next financial year: the `until` of what each year's return says of that year."""
    return year_of(day).replace(year=year_of(day).year + 1)


def day_after(day: date) -> date:
    """Return the next day: the `until` of what happened on one."""
    return day + timedelta(days=1)
