"""A source: a kind of file that other people's systems export, and how events are read from it."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from events.event import Event
from events.sources.report import LoadReport

MIN_USABLE = 0.5  # share of a file's rows: of which fewer can be used is refused, for it is not what it seems to be
MAX_MISSING = 0.1  # share of the rows that a later return should have again: cut off, or of somebody else


class SourceUnreadable(ValueError):
    """A file, a folder or a key cannot be used at all. Says where and what to do, and repeats no cell.

    *reports* say what was found about the rows that were read until then.
    """

    def __init__(self, message: str, reports: tuple[LoadReport, ...] = ()) -> None:
        super().__init__(message)
        self.reports = reports


class PathKind(StrEnum):
    """What a path is. The values are the words for people."""

    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True)
class Limits:
    """From where on a file or a return is refused: shares of its rows, 0 to 1."""

    min_usable: float = MIN_USABLE
    max_missing: float = MAX_MISSING


USUAL = Limits()
Watch = Callable[[Iterable[Any], str], AbstractContextManager[Iterable[Any]]]  # passes steps on, by what they do


@dataclass(frozen=True)
class Request:
    """What to read.

    *authority* is the ONS code, or "" where the events say it. *as_of* has the day that each path states, in the order
    of *paths*, where the source is a return. *now* is the time of the reading: a later event is a dead letter. *key* is
    the file with the key of pseudonyms; a source that needs it makes it if it is missing. *watch* sees the steps of a
    reading go by, and may show how far it is.
    """

    paths: tuple[Path, ...]
    authority: str
    as_of: tuple[date, ...]
    now: datetime
    key: Path
    limits: Limits = USUAL
    watch: Watch = lambda steps, _: nullcontext(steps)


@dataclass(frozen=True)
class SourceReading:
    """The events that a source tells, and what became of each row of each of its files.

    *events* are made as they are asked for, and again each time, so that a large file is never held whole; last come
    the reports that the feed is complete. *not_read* says of files that lay beside why they were not read.
    """

    events: Iterable[Event]
    reports: tuple[LoadReport, ...]
    not_read: tuple[str, ...] = ()


@dataclass(frozen=True)
class EventSource:
    """A source by its *name* for `casepulse load --source`. *path_is* says in words what each path has to be.

    A return states one authority as of one day: it needs both, one day for each path, and real children are in it.
    *read* raises SourceUnreadable.
    """

    name: str
    path_kind: PathKind
    path_is: str
    is_return: bool
    read: Callable[[Request], SourceReading]
