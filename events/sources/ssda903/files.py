"""One file of one return, and one child's rows of it: their cells as days and codes. Odd cells are noted."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from events.sources.dates import DAY_FIRST, day_of, forms_of
from events.sources.pseudonym import Pseudonym, of_worker
from events.sources.report import FileReport
from events.sources.ssda903.entries import Again, Filed, SomeEntry, one_of_each, year_of
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import Columns, Row, Table
from events.working_days import FIRST

HEADER, EPISODES = "header.csv", "episodes.csv"
MADE_OF_A_BLANK = date(1900, 1, 1)  # by SQL Server, of an empty text

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
class Child:
    """A child by its *number* in the return, and its *pseudonym*; and the function that made the one of the other."""

    number: str
    pseudonym: str
    keyed: Pseudonym


class File:
    """One file of the return at place *nth*, which may lack it."""

    def __init__(self, name: str, columns: Columns, made: Return, nth: int, path: Path | None, label: str) -> None:
        self.name = name
        self.as_of = made.as_of
        self.nth = nth
        self.again = Again()
        self.table = Table(path, path.name, columns) if path else None
        self._forms = forms_of(self.table.agreed) if self.table else {}
        self.report = self._report(f"{label}{name}", columns)

    def _report(self, file: str, columns: Columns) -> FileReport:
        table = self.table
        headings = table.headings if table else ()
        report = FileReport(file, table.lines if table else (), tuple(c for c in columns.unused if c in headings))
        report.absent, report.empty = table is None, table is not None and table.empty
        if table and table.headings:
            report.lacking = tuple(column for column in columns.optional if column not in headings)
            report.forms = {c: form.name for c, form in self._forms.items() if form is not DAY_FIRST}
            report.forms |= {
                c: "of several forms: DD/MM/YYYY alone is read" for c, fits in table.agreed.items() if not fits
            }
            for line in table.childless:
                report.note(line, Ssda903Reason.NO_CHILD)
        return report

    @property
    def there(self) -> bool:
        """Whether the file says anything. One without headings says as little of its rows as one that is not there."""
        return self.table is not None and not self.table.empty

    def has(self, child: Child) -> bool:
        """Return whether any row names the child."""
        return self.table is not None and child.number in self.table.children

    def of(self, child: Child) -> "ChildsFile":
        """Return the child's rows. The table has to be opened."""
        return ChildsFile(self, child, self.table.rows(child.number) if self.table and self.has(child) else [])

    def day(self, row: Row, column: str) -> date | None:
        """Return the day in a cell; None for a blank. Raises ValueError for what is no day of the column's form."""
        return day_of(row.cells[column], self._forms[column])


class ChildsFile:
    """One child's rows of a file."""

    def __init__(self, file: File, child: Child, rows: list[Row]) -> None:
        self.file = file
        self.as_of = file.as_of
        self.nth = file.nth
        self.child = child.pseudonym
        self.rows = rows
        self._keyed = child.keyed
        self._doubtful = False

    def usable(self) -> Iterator[Row]:
        """Yield once each row of which every cell can be told. Note the others."""
        seen: set[tuple[str, ...]] = set()
        for row in self.rows:
            cells = tuple(row.cells.values())
            if cells in seen:
                self.note(row, Ssda903Reason.DUPLICATE)
            elif row.ragged:
                self.left(row, Ssda903Reason.RAGGED)
            else:
                yield row
            seen.add(cells)

    def worker(self, row: Row) -> str:
        """Return the pseudonym of the row's social worker."""
        return of_worker(self._keyed, row.cells["SW_ID"])

    def home(self, *parts: str) -> str:
        """Return the pseudonym of a place, by what tells it from others. It is nobody's pseudonym."""
        return self._keyed("\x1f".join(("home", *parts)))

    def note(self, row: Row, reason: Ssda903Reason) -> None:
        """Note a finding about a row."""
        self.file.report.note(row.line, reason)

    def left(self, row: Row, reason: Ssda903Reason) -> None:
        """Note that a row could not be used: none of its child's rows can be said to be missing here."""
        self.note(row, reason)
        self._doubtful = True

    def code(self, row: Row, column: str, shape: re.Pattern[str] = CODE) -> str | None:
        """Return the code in a cell; None if it is blank or not shaped like a code."""
        text = row.cells[column]
        if not text:
            return None
        code = _code(text, shape)
        if code is None:
            self.note(row, Ssda903Reason.NO_CODE)
        return code

    def days(self, row: Row, first: str, last: str = "", *, same_day: bool = False) -> tuple[date, date | None] | None:
        """Return the days in the cells, start and end; None, and the row is left, if they make no sense."""
        try:
            start, end = self.file.day(row, first), self._end(row, last) if last else None
        except ValueError:
            start, end = None, None
        reason = _why_left(start, end, self.as_of, same_day=same_day)
        if start is None or reason is not None:
            self.left(row, reason or Ssda903Reason.BAD_DATE)
            return None
        return start, end

    def _end(self, row: Row, column: str) -> date | None:
        day = self.file.day(row, column)
        if day == MADE_OF_A_BLANK:
            self.note(row, Ssda903Reason.MADE_OF_A_BLANK)
            return None
        return day

    def known_end(self, row: Row, end: date | None) -> date | None:
        """Return *end*; None, noted, if it is later than the return can know."""
        if end is not None and end > self.as_of:
            self.note(row, Ssda903Reason.END_AFTER_AS_OF)
            return None
        return end

    def filed(self, entries: Iterable[SomeEntry], double: Ssda903Reason = Ssda903Reason.SAME_FACT) -> Filed[SomeEntry]:
        """Return the rows with one entry of each key."""
        standing = one_of_each(entries, self.file.report, double)
        file = self.file
        return Filed(year_of(self.as_of), file.there, standing, self._doubtful, file.report, file.again)


@lru_cache(maxsize=4096)
def _code(text: str, shape: re.Pattern[str]) -> str | None:
    return text.upper() if shape.fullmatch(text.upper()) else None


def _why_left(start: date | None, end: date | None, as_of: date, *, same_day: bool) -> Ssda903Reason | None:
    if start is None or start < FIRST:
        return Ssda903Reason.BAD_DATE
    if end is not None and end < start:
        return Ssda903Reason.ENDS_BEFORE_START
    if end == start and not same_day:
        return Ssda903Reason.ENDS_AS_IT_STARTS
    return Ssda903Reason.STARTS_AFTER_AS_OF if start > as_of else None
