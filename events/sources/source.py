"""A source: a kind of file that other people's systems export, and how events are read from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from events.event import Event
from events.sources.report import LoadReport


class SourceUnreadable(ValueError):
    """A file, a folder or a key cannot be used at all. Says where and what to do, and repeats no cell."""


class PathKind(StrEnum):
    """What a path is. The values are the words for people."""

    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True)
class Request:
    """What to read.

    *authority* is the ONS code, or "" where the events say it. *as_of* has the day that each path states, in the order
    of *paths*, where the source is a return. *now* is the time of the reading: a later event is a dead letter. *key* is
    the file with the key of pseudonyms; a source that needs it makes it if it is missing.
    """

    paths: tuple[Path, ...]
    authority: str
    as_of: tuple[date, ...]
    now: datetime
    key: Path


@dataclass(frozen=True)
class SourceReading:
    """The events that a source tells, and what became of each row of each of its files."""

    events: tuple[Event, ...]
    reports: tuple[LoadReport, ...]


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
