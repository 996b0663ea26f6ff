"""Tables as other people's systems export them. An unreadable file is an error; an unreadable row never is.

A file is read once to see where the rows of each child are, and then child by child: it may be larger than the memory.
"""

import csv
import io
import os
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from events.sources.dates import EVERY_FORM, fitting
from events.sources.source import SourceUnreadable

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK_WORDS = ("NULL", "(NULL)", "N/A", "#N/A", "NA", "None", "NaN", "NaT", "-", "--")  # what exports write for it
BLANK = frozenset(each for word in BLANK_WORDS for each in (word, word.lower(), word.upper(), word.capitalize()))
MAX_ROWS_OF_CHILD = 5000  # in one file; a child has some hundred reviews at most
NOBODY = -1


class TableUnreadable(SourceUnreadable):
    """A file is not the table that it should be."""


@dataclass(frozen=True)
class Columns:
    """The columns of a table, by the names that their source gives them.

    *needed* have to be there; *optional* may be absent, because they may be blank; *unused* tell nothing. A row has to
    reach *filled*, those that are never blank. *days* hold dates. Everybody's rows are found by the first of *needed*.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    filled: tuple[str, ...] = ("CHILD",)
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row: the line it ends on, and its cells by heading, stripped. *ragged*: no telling which cell is which."""

    line: int
    cells: Mapping[str, str]
    ragged: bool


def cell(text: str) -> str:
    """Return a cell, stripped; what exports write for a blank is blank."""
    text = text.strip()
    return "" if text in BLANK else text


def _version(file: io.IOBase) -> tuple[int, int]:
    """Return the size of a file and when it was last written, so that the places of its rows are still theirs."""
    about = os.fstat(file.fileno())
    return about.st_size, about.st_mtime_ns


class Table:
    """A file that was read once. It knows who has rows, and where; it holds no cell but the numbers of children.

    Raises TableUnreadable if the file lacks one of the needed columns or is no CSV. *empty*: not even headings.
    """

    def __init__(self, path: Path, name: str, columns: Columns) -> None:
        self.lines = array("I")  # of each row, the line that it ends on
        self.agreed = dict.fromkeys(columns.days, EVERY_FORM)  # of each column of days, the forms that fit all cells
        self.headings: list[str] = []
        self.childless: list[int] = []  # lines
        self._path, self._name, self._columns = path, name, columns
        self._offsets, self._lengths, self._before = array("Q"), array("I"), array("i")
        self._last: dict[str, int] = {}
        self._file: io.FileIO | None = None
        self._read()

    @property
    def empty(self) -> bool:
        """Whether the file holds nothing, not even headings."""
        return not self.headings

    @property
    def children(self) -> Mapping[str, int]:
        """The numbers of all children with a row. The values mean nothing outside."""
        return self._last

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keep the file open; only meanwhile are there rows."""
        with self._path.open("rb", buffering=0) as self._file:
            if _version(self._file) != self._version:
                raise TableUnreadable(f"{self._name}: it was changed while it was read: load it again")
            yield

    def rows(self, child: str) -> list[Row]:
        """Return a child's rows, as they come in the file."""
        found: list[Row] = []
        at = self._last.get(child, NOBODY)
        while at != NOBODY:
            found.append(self._row(at))
            at = self._before[at]
            if len(found) > MAX_ROWS_OF_CHILD:
                raise TableUnreadable(
                    f"{self._name}, line {found[-1].line}: over {MAX_ROWS_OF_CHILD:,} rows are of one child: "
                    f"its {self._columns.needed[0]} is no number of a child, export the file again"
                )
        return found[::-1]

    # --- read once -------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                self._version = _version(file)
                self._position = 0
                reader = csv.reader(self._text(file), strict=True)
                try:
                    self._index(reader)
                except csv.Error:
                    raise TableUnreadable(
                        f"{self._name}, line {reader.line_num}: not CSV: export the file again"
                    ) from None
        except UnicodeDecodeError:
            raise TableUnreadable(f"{self._name}: not UTF-8: save it as CSV UTF-8") from None
        except OSError as exc:
            raise TableUnreadable(f"{self._name}: cannot be read ({exc.strerror}): let this user read it") from None

    def _text(self, file: io.BufferedReader) -> Iterator[str]:
        """Yield the lines of *file*, and keep the position behind the last. Old programs end a line with CR alone."""
        for line in file:
            for part in line.splitlines(keepends=True) if line.find(b"\r", 0, -2) >= 0 else (line,):
                start = self._position
                self._position += len(part)
                yield part.removeprefix(BYTE_ORDER_MARK).decode() if start == 0 else part.decode()

    def _index(self, reader: "CsvReader") -> None:
        start = self._position
        for cells in reader:
            if any(map(str.strip, cells)):
                if self.headings:
                    self._place(start, reader.line_num, cells)
                else:
                    self._take_headings(cells)
            start = self._position

    def _take_headings(self, cells: list[str]) -> None:
        self.headings = [heading.strip().upper().replace(" ", "_") for heading in cells]
        for column in (*self._columns.needed, *self._columns.optional):
            there = self.headings.count(column)
            if there > 1 or (there == 0 and column in self._columns.needed):
                raise TableUnreadable(
                    f"{self._name}: {there} columns are called {column}, exactly one is needed: "
                    "export the file again with the Department's headings in its first row"
                )
        self._places = {heading: place for place, heading in enumerate(self.headings)}
        self._days = [(column, self._places[column]) for column in self._columns.days if column in self._places]
        self._child = self._places[self._columns.needed[0]]
        self._reach = max(self._places[column] for column in self._columns.filled) + 1
        self._absent = {column: "" for column in self._columns.optional if column not in self._places}

    def _place(self, start: int, line: int, cells: list[str]) -> None:
        """Note where the row is that begins at *start*, and of what forms its days are."""
        at, child = len(self.lines), cell(cells[self._child]) if len(cells) > self._child else ""
        self.lines.append(line)
        if not child:
            self.childless.append(line)
            child = ""
        self._offsets.append(start)
        self._lengths.append(self._position - start)
        self._before.append(self._last.get(child, NOBODY) if child else NOBODY)
        if child:
            self._last[child] = at
        for column, place in self._days:
            if place < len(cells):
                fits = fitting(cells[place].strip())
                if fits:
                    self.agreed[column] &= fits

    # --- read by child ---------------------------------------------------------------------------------------------

    def _row(self, at: int) -> Row:
        assert self._file is not None, "rows are read while the table is opened"
        text = os.pread(self._file.fileno(), self._lengths[at], self._offsets[at]).decode()
        if '"' in text:
            cells = next(csv.reader(io.StringIO(text, newline=""), strict=True))
        else:
            cells = text.rstrip("\r\n").split(",")
        ragged = len(cells) < self._reach
        if len(cells) != len(self.headings):
            ragged = ragged or any(map(str.strip, cells[len(self.headings) :]))
            cells += [""] * (len(self.headings) - len(cells))  # a row short at its end lacks blank cells alone
        told = dict(zip(self.headings, map(cell, cells), strict=False))
        return Row(self.lines[at], told | self._absent, ragged)
