"""One file of one return as it is read: rows with a child, and their cells as days and codes. What is odd is noted."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from events.decode import CALENDAR
from events.sources.pseudonym import Pseudonym, of_worker
from events.sources.report import FileReport, Reason
from events.sources.ssda903.entries import E, Filed, one_of_each, year_of
from events.sources.table import Row, read_if_there, read_table

HEADER, EPISODES = "header.csv", "episodes.csv"

# A letter and digits, as most of the Department's codes: a name or a postcode that slipped a column is none.
CODE = re.compile(r"[A-Z]\d{1,2}[A-Z]?")
PROVIDER = re.compile(r"PR\d")
PLACE_CHANGE = re.compile("CARPL|CLOSE|ALLEG|STAND|APPRR|CREQB|CREQO|CHILD|LAREQ|PLACE|CUSTOD|OTHER")
AFTER_CARE = re.compile(r"[A-Z]\d|0")  # activity, accommodation; 0: not known
REVERSED = re.compile("RD[1-4]")


@dataclass(frozen=True)
class Return:
    """A return: the folder that holds its files, and the day at whose end it was made."""

    folder: Path
    as_of: date


@dataclass(frozen=True)
class Columns:
    """What is needed of a file, and what else the Department has in it, of which nothing is told."""

    used: tuple[str, ...]
    unused: tuple[str, ...] = ()


class File:
    """One file of the return at place *nth*."""

    def __init__(
        self, name: str, columns: Columns, made: Return, nth: int, pseudonym: Pseudonym, *, label: str, needed: bool
    ) -> None:
        self.name = name
        self.as_of = made.as_of
        self.nth = nth
        self._pseudonym = pseudonym
        self._doubtful: set[str] = set()
        read = read_table if needed else read_if_there
        rows = read(made.folder, name, columns.used)
        self.there = rows is not None
        self.rows: tuple[Row, ...] = rows or ()
        headings = self.rows[0].cells if self.rows else {}
        unused = tuple(column for column in columns.unused if column in headings)
        self.about = FileReport(f"{label}{name}", (row.line for row in self.rows), unused, absent=not self.there)

    def children(self) -> set[str]:
        """Return the children that any row names."""
        return {row.cells["CHILD"] for row in self.rows if row.cells.get("CHILD")}

    def usable(self) -> Iterator[Row]:
        """Yield each row that names a child and has a cell for each heading, once; note the others."""
        seen: set[tuple[str, ...]] = set()
        for row in self.rows:
            cells = tuple(row.cells.values())
            if cells in seen:
                self.about.note(row.line, Reason.DUPLICATE)
            elif row.ragged:
                self.left(row, Reason.RAGGED)
            elif not row.cells["CHILD"]:
                self.left(row, Reason.NO_CHILD)
            else:
                yield row
            seen.add(cells)

    def child(self, row: Row) -> str:
        """Return the pseudonym of the row's child."""
        return self._pseudonym(row.cells["CHILD"])

    def worker(self, row: Row) -> str:
        """Return the pseudonym of the row's social worker."""
        return of_worker(self._pseudonym, row.cells["SW_ID"])

    def note(self, row: Row, reason: Reason) -> None:
        """Note a finding about a row."""
        self.about.note(row.line, reason)

    def left(self, row: Row, reason: Reason) -> None:
        """Note that a row could not be used: of its child, nothing can be said to be missing here."""
        self.note(row, reason)
        if row.cells.get("CHILD"):
            self._doubtful.add(self.child(row))

    def code(self, row: Row, column: str, shape: re.Pattern[str] = CODE) -> str | None:
        """Return the code in a cell, None where it is blank or is no code."""
        code = row.cells[column].upper()
        if code and not shape.fullmatch(code):
            self.note(row, Reason.NO_CODE)
            return None
        return code or None

    def days(self, row: Row, first: str, last: str = "", *, same_day: bool = False) -> tuple[date, date | None] | None:
        """Return the days on which something starts and ends as the cells have it; None where they make no sense."""
        reason = _why_left(row.cells[first], row.cells[last] if last else "", self.as_of, same_day=same_day)
        if reason is not None:
            self.left(row, reason)
            return None
        start = day(row.cells[first])
        assert start is not None, "_why_left lets no row through without a start"
        return start, day(row.cells[last]) if last else None

    def known_end(self, row: Row, end: date | None) -> date | None:
        """Return *end* as the return can know it: None where it is later."""
        if end is not None and end > self.as_of:
            self.note(row, Reason.END_AFTER_AS_OF)
            return None
        return end

    def filed(self, entries: Iterable[E], double: Reason = Reason.SAME_FACT) -> Filed[E]:
        """Return the file with what its rows say, one of each."""
        of_each = one_of_each(entries, self.about, double)
        return Filed(year_of(self.as_of), self.there, of_each, frozenset(self._doubtful), self.about)


def note_strangers(file: File, header: AbstractSet[str], of_care: AbstractSet[str]) -> None:
    """Note rows of children who are not in the header, or have no episodes."""
    for row in file.rows:
        child = row.cells.get("CHILD")
        if child and child not in header:
            file.note(row, Reason.NOT_IN_HEADER)
        if child and child not in of_care:
            file.note(row, Reason.NO_EPISODES)


def _why_left(first: str, last: str, as_of: date, *, same_day: bool) -> Reason | None:
    try:
        start, end = day(first), day(last)
    except ValueError:
        return Reason.BAD_DATE
    if start is None or start.year < CALENDAR[0]:
        return Reason.BAD_DATE
    if end is not None and end < start:
        return Reason.ENDS_BEFORE_START
    if end == start and not same_day:
        return Reason.ENDS_AS_IT_STARTS
    return Reason.STARTS_AFTER_AS_OF if start > as_of else None


@lru_cache(maxsize=65536)
def day(text: str) -> date | None:
    """Return the date that *text* is, None for none. Raises ValueError where it is something else."""
    if not text:
        return None
    return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
