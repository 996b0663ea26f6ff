"""Tables as other people's systems export them. An unreadable file is an error; an unreadable row never is."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from events.sources.source import SourceUnreadable


class TableUnreadable(SourceUnreadable):
    """A file is not the table that it should be."""


@dataclass(frozen=True)
class Row:
    """One row: the line it ends on, and its cells by heading, stripped. *ragged*: not one cell for each heading."""

    line: int
    cells: Mapping[str, str]
    ragged: bool


def read_table(folder: Path, name: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    """Return the rows of the file *name*. The case of its name and of its headings makes no difference.

    Raises TableUnreadable if there is no such file or if it lacks one of *columns*.
    """
    rows = read_if_there(folder, name, columns)
    if rows is None:
        raise TableUnreadable(f"{folder}: 0 files are called {name}, in any case: have exactly one there")
    return rows


def read_if_there(folder: Path, name: str, columns: tuple[str, ...]) -> tuple[Row, ...] | None:
    """Return what read_table returns, or None if there is no such file. Raises TableUnreadable."""
    path = _find(folder, name)
    if path is None:
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _rows(file, name, columns)
    except UnicodeDecodeError:
        raise TableUnreadable(f"{name}: not UTF-8: save it as CSV UTF-8") from None
    except OSError as exc:
        raise TableUnreadable(f"{name}: cannot be read ({exc.strerror}): let this user read it") from None


def _find(folder: Path, name: str) -> Path | None:
    if not folder.is_dir():
        raise TableUnreadable(f"{folder}: not a folder: name the one that holds {name}")
    paths = [path for path in folder.iterdir() if path.name.casefold() == name.casefold()]
    if len(paths) > 1:
        raise TableUnreadable(f"{folder}: {len(paths)} files are called {name}, in any case: have exactly one there")
    return paths[0] if paths else None


def _rows(file: Iterable[str], name: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    reader = csv.reader(file, strict=True)
    try:
        headings = [heading.strip().upper() for heading in next(reader, [])]
        for column in columns:
            if headings.count(column) != 1:
                raise TableUnreadable(
                    f"{name}: {headings.count(column)} columns are called {column}, exactly one is needed: "
                    "export the file again with the Department's headings in its first row"
                )
        return tuple(_row(reader.line_num, headings, cells) for cells in reader if cells)
    except csv.Error:
        raise TableUnreadable(f"{name}, line {reader.line_num}: not CSV: export the file again") from None


def _row(line: int, headings: list[str], cells: list[str]) -> Row:
    ragged = len(cells) < len(headings) or any(cell.strip() for cell in cells[len(headings) :])
    return Row(line, dict(zip(headings, (cell.strip() for cell in cells), strict=False)), ragged)
