"""One file of one return: its rows that name a child, and their cells as days and codes. Odd cells are noted."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from events.sources.pseudonym import Pseudonym, of_worker
from events.sources.report import FileReport
from events.sources.ssda903.entries import Filed, SomeEntry, one_of_each, year_of
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import Row, read_if_there, read_table
from events.working_days import FIRST

HEADER, EPISODES = "header.csv", "episodes.csv"

# A letter and digits, like most of the Department's codes: a name or a postcode in the wrong column does not match.
CODE = re.compile(r"[A-Z]\d{1,2}[A-Z]?")
PROVIDER = re.compile(r"PR\d")
PLACE_CHANGE = re.compile("CARPL|CLOSE|ALLEG|STAND|APPRR|CREQB|CREQO|CHILD|LAREQ|PLACE|CUSTOD|OTHER")
LEAVER_CODE = re.compile(r"[A-Z]\d|0")  # activity, accommodation; 0: not known
REVERSED = re.compile("RD[1-4]")


@dataclass(frozen=True)
class Return:
    """A return: the folder with its files, and the day at the end of which it was made."""

    folder: Path
    as_of: date


@dataclass(frozen=True)
class Columns:
    """The columns that are needed, and other columns of the Department's that tell nothing."""

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
        self.report = FileReport(f"{label}{name}", (row.line for row in self.rows), unused, absent=not self.there)

    def children(self) -> set[str]:
        """Return the children that any row names."""
        return {row.cells["CHILD"] for row in self.rows if row.cells.get("CHILD")}

    def usable(self) -> Iterator[Row]:
        """Yield once each row that names a child and has a cell for each heading. Note the others."""
        seen: set[tuple[str, ...]] = set()
        for row in self.rows:
            cells = tuple(row.cells.values())
            if cells in seen:
                self.report.note(row.line, Ssda903Reason.DUPLICATE)
            elif row.ragged:
                self.left(row, Ssda903Reason.RAGGED)
            elif not row.cells["CHILD"]:
                self.left(row, Ssda903Reason.NO_CHILD)
            else:
                yield row
            seen.add(cells)

    def child(self, row: Row) -> str:
        """Return the pseudonym of the row's child."""
        return self._pseudonym(row.cells["CHILD"])

    def worker(self, row: Row) -> str:
        """Return the pseudonym of the row's social worker."""
        return of_worker(self._pseudonym, row.cells["SW_ID"])

    def note(self, row: Row, reason: Ssda903Reason) -> None:
        """Note a finding about a row."""
        self.report.note(row.line, reason)

    def left(self, row: Row, reason: Ssda903Reason) -> None:
        """Note that a row could not be used: none of its child's rows can be said to be missing here."""
        self.note(row, reason)
        if row.cells.get("CHILD"):
            self._doubtful.add(self.child(row))

    def code(self, row: Row, column: str, shape: re.Pattern[str] = CODE) -> str | None:
        """Return the code in a cell; None if it is blank or not shaped like a code."""
        code = row.cells[column].upper()
        if code and not shape.fullmatch(code):
            self.note(row, Ssda903Reason.NO_CODE)
            return None
        return code or None

    def days(self, row: Row, first: str, last: str = "", *, same_day: bool = False) -> tuple[date, date | None] | None:
        """Return the days in the cells, start and end; None, and the row is left, if they make no sense."""
        reason = _why_left(row.cells[first], row.cells[last] if last else "", self.as_of, same_day=same_day)
        if reason is not None:
            self.left(row, reason)
            return None
        start = day(row.cells[first])
        assert start is not None, "_why_left lets no row through without a start"
        return start, day(row.cells[last]) if last else None

    def known_end(self, row: Row, end: date | None) -> date | None:
        """Return *end*; None, noted, if it is later than the return can know."""
        if end is not None and end > self.as_of:
            self.note(row, Ssda903Reason.END_AFTER_AS_OF)
            return None
        return end

    def filed(self, entries: Iterable[SomeEntry], double: Ssda903Reason = Ssda903Reason.SAME_FACT) -> Filed[SomeEntry]:
        """Return the file with one entry of each child and key."""
        standing = one_of_each(entries, self.report, double)
        return Filed(year_of(self.as_of), self.there, standing, frozenset(self._doubtful), self.report)


def note_strangers(file: File, header: AbstractSet[str], of_care: AbstractSet[str]) -> None:
    """Note the rows of children who are not in header.csv or have no row in episodes.csv."""
    for row in file.rows:
        child = row.cells.get("CHILD")
        if child and child not in header:
            file.note(row, Ssda903Reason.NOT_IN_HEADER)
        if child and child not in of_care:
            file.note(row, Ssda903Reason.NO_EPISODES)


def _why_left(first: str, last: str, as_of: date, *, same_day: bool) -> Ssda903Reason | None:
    try:
        start, end = day(first), day(last)
    except ValueError:
        return Ssda903Reason.BAD_DATE
    if start is None or start < FIRST:
        return Ssda903Reason.BAD_DATE
    if end is not None and end < start:
        return Ssda903Reason.ENDS_BEFORE_START
    if end == start and not same_day:
        return Ssda903Reason.ENDS_AS_IT_STARTS
    return Ssda903Reason.STARTS_AFTER_AS_OF if start > as_of else None


@lru_cache(maxsize=65536)
def day(text: str) -> date | None:
    """Return the date DD/MM/YYYY; None for a blank. Raises ValueError for anything else."""
    if not text:
        return None
    return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
