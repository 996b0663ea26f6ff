"""The SSDA903 return of children looked after, as periods of care and legal statuses.

A return has one row for each episode. Rows *chain* where one's DEC is the next one's DECOM: a chain is one period of
care. What is odd in a row is used, repaired or left by a rule of `report.Reason`, and counted there.

Of every row it uses, a return tells whether it begins a period, and whether and when that period ended. What is not
so is told too, as a retraction: an earlier return may have told it, before somebody added a row or took back an end.
So the returns of one year may be told one after another. What they cannot do is take back a row that is no longer in
them. And a year's return has no rows that ended before that year: a period that began earlier begins anew in it
(BEGAN_EARLIER), so beside the return of the year before it would stand twice, and one of the two never end.

Of a child, only the pseudonym leaves this file; of a cell, only dates of care and what is shaped like a code.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from events.care import CareEnded, CareStarted, LegalStatusChanged
from events.decode import CALENDAR
from events.event import ChildEvent, Event
from events.feed import FeedReported
from events.sources.pseudonym import Pseudonym
from events.sources.report import FileReport, Reason
from events.sources.table import Row, read_table
from events.time import LONDON

SOURCE = "ssda903"
HEADER, EPISODES = "header.csv", "episodes.csv"
EPISODE_COLUMNS = ("CHILD", "DECOM", "RNE", "LS", "CIN", "DEC", "REC")
CARE_BEGINS = "S"  # RNE
CARE_GOES_ON = ("X1", None)  # REC: the next episode begins on the same day; or nothing said

# A letter and digits, as all the Department's codes: a name or a postcode that slipped a column is none.
_CODE = re.compile(r"[A-Z]\d{1,2}[A-Z]?")


@dataclass(frozen=True)
class Reading:
    """What a return tells, and what became of each of its rows."""

    events: tuple[Event, ...]
    report: tuple[FileReport, ...]  # header, episodes


@dataclass(frozen=True)
class Episode:
    """A row that makes sense by itself. *child* is the pseudonym."""

    line: int
    child: str
    start: date
    end: date | None
    begins: bool  # RNE says that care began
    status: str | None
    need: str | None
    reason: str | None


Period = tuple[Episode, ...]


def read(folder: Path, authority: str, as_of: date, pseudonym: Pseudonym) -> Reading:
    """Return what the return in *folder*, made at the end of *as_of*, tells of *authority*.

    Raises TableUnreadable.
    """
    header, rows = read_table(folder, HEADER, ("CHILD",)), read_table(folder, EPISODES, EPISODE_COLUMNS)
    about_header, about = FileReport(HEADER, _lines(header)), FileReport(EPISODES, _lines(rows))
    _note_header(header, rows, about_header)
    _note_not_in_header(header, rows, about)
    episodes = [e for row in _distinct(rows, about) if (e := _episode(row, as_of, pseudonym, about)) is not None]
    teller = Teller(authority, as_of)
    events: list[Event] = []
    for mine in _by_child(episodes):
        periods = _periods(_one_for_each_start(mine, about))
        _note_periods(periods, about)
        events.extend(event for period in periods for event in teller.tell(period))
    return Reading((*events, teller.complete()), (about_header, about))


# --- rows ---------------------------------------------------------------------------------------------------------


def _lines(rows: Iterable[Row]) -> Iterator[int]:
    return (row.line for row in rows)


def _children(rows: Iterable[Row]) -> set[str]:
    return {row.cells["CHILD"] for row in rows if row.cells.get("CHILD")}


def _note_header(header: Iterable[Row], rows: Iterable[Row], about: FileReport) -> None:
    """Note which rows of the header name no child, or none that the episodes tell of."""
    told = _children(rows)
    for row in _distinct(header, about):
        if not row.cells.get("CHILD"):
            about.note(row.line, Reason.NO_CHILD)
        elif row.cells["CHILD"] not in told:
            about.note(row.line, Reason.NO_EPISODES)


def _note_not_in_header(header: Iterable[Row], rows: Iterable[Row], about: FileReport) -> None:
    known = _children(header)
    for row in rows:
        if row.cells.get("CHILD") and row.cells["CHILD"] not in known:
            about.note(row.line, Reason.NOT_IN_HEADER)


def _distinct(rows: Iterable[Row], about: FileReport) -> Iterator[Row]:
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        cells = tuple(row.cells.values())
        if cells in seen:
            about.note(row.line, Reason.DUPLICATE)
        else:
            seen.add(cells)
            yield row


def _episode(row: Row, as_of: date, pseudonym: Pseudonym, about: FileReport) -> Episode | None:
    """Return the episode in *row*, repaired, or None where there is no making sense of it; note why."""
    unusable = _why_left(row, as_of)
    if unusable is not None:
        about.note(row.line, unusable)
        return None
    start, end = _day(row.cells["DECOM"]), _day(row.cells["DEC"])
    assert start is not None, "_why_left lets no row through without a start"
    codes = {column: _code(row, column, about) for column in ("LS", "CIN", "REC")}
    if not row.cells["LS"]:
        about.note(row.line, Reason.NO_STATUS)
    if end is not None and end > as_of:
        about.note(row.line, Reason.END_AFTER_AS_OF)
        end = None
    elif end is None and row.cells["REC"]:
        about.note(row.line, Reason.REASON_WITHOUT_END)
    return Episode(
        line=row.line, child=pseudonym(row.cells["CHILD"]), start=start, end=end,
        begins=row.cells["RNE"].upper() == CARE_BEGINS,
        status=codes["LS"], need=codes["CIN"], reason=codes["REC"] if end else None,
    )  # fmt: skip


def _why_left(row: Row, as_of: date) -> Reason | None:
    if row.ragged:
        return Reason.RAGGED
    if not row.cells["CHILD"]:
        return Reason.NO_CHILD
    try:
        start, end = _day(row.cells["DECOM"]), _day(row.cells["DEC"])
    except ValueError:
        return Reason.BAD_DATE
    if start is None or start.year < CALENDAR[0]:
        return Reason.BAD_DATE
    if end is not None and end <= start:
        return Reason.ENDS_AS_IT_STARTS if end == start else Reason.ENDS_BEFORE_START
    return Reason.STARTS_AFTER_AS_OF if start > as_of else None


@lru_cache(maxsize=65536)
def _day(text: str) -> date | None:
    """Return the date that *text* is, None for none. Raises ValueError where it is something else."""
    if not text:
        return None
    return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone


def _code(row: Row, column: str, about: FileReport) -> str | None:
    code = row.cells[column].upper()
    if code and not _CODE.fullmatch(code):
        about.note(row.line, Reason.NO_CODE)
        return None
    return code or None


# --- periods of care ----------------------------------------------------------------------------------------------


def _by_child(episodes: Iterable[Episode]) -> list[list[Episode]]:
    children: dict[str, list[Episode]] = {}
    for episode in episodes:
        children.setdefault(episode.child, []).append(episode)
    return [children[child] for child in sorted(children)]


def _one_for_each_start(episodes: list[Episode], about: FileReport) -> list[Episode]:
    """Return one episode for each day on which any starts, by that day.

    A row that ends is newer news than its double that does not, and one that ends later is newer still.
    """
    standing: dict[date, Episode] = {}
    for episode in sorted(episodes, key=_news):
        if episode.start in standing:
            about.note(standing[episode.start].line, Reason.SAME_START)
        standing[episode.start] = episode
    return [standing[start] for start in sorted(standing)]


def _news(episode: Episode) -> tuple[object, ...]:
    codes = episode.status or "", episode.reason or "", episode.need or "", episode.begins
    return episode.end is not None, episode.end or date.min, *codes


def _periods(episodes: list[Episode]) -> list[Period]:
    """Return the chains of one child's episodes, by their first day. Each start is one episode's alone."""
    following: dict[Episode, Episode] = {}
    for episode in episodes:
        before = [other for other in episodes if _goes_on(other, episode)]
        if before:  # of several that end on this day, the one that says it goes on, else the last begun
            following[max(before, key=lambda other: (other.reason == "X1", other.start))] = episode
    later = set(following.values())
    return [_chain(episode, following) for episode in episodes if episode not in later]


def _goes_on(episode: Episode, after: Episode) -> bool:
    """Return whether *after* is of the same period: it begins as *episode* ends, unless both say that care ended."""
    return episode.end == after.start and not (after.begins and episode.reason not in CARE_GOES_ON)


def _chain(first: Episode, following: dict[Episode, Episode]) -> Period:
    chain = [first]
    while chain[-1] in following:
        chain.append(following[chain[-1]])
    return tuple(chain)


def _note_periods(periods: list[Period], about: FileReport) -> None:
    last = max((period[-1].start for period in periods), default=date.min)
    for place, period in enumerate(periods):
        _note_period(period, about)
        if period[-1].end is None and period[-1].start < last:
            about.note(period[-1].line, Reason.OPEN_THEN_ANOTHER)
        earlier = [other[-1] for other in periods[:place]]
        starts = period[0].start
        if any(other.end is None or other.end > starts for other in earlier):
            about.note(period[0].line, Reason.OVERLAPS)
        elif any(other.end == starts for other in earlier):
            about.note(period[0].line, Reason.TOUCHES)
        elif earlier:
            about.note(period[0].line, Reason.AFTER_A_GAP)


def _note_period(period: Period, about: FileReport) -> None:
    if not period[0].begins:
        about.note(period[0].line, Reason.BEGAN_EARLIER)
    for episode, after in pairwise(period):
        if after.begins or episode.reason not in CARE_GOES_ON:
            about.note(after.line, Reason.JOINED_BY_DATE)
    if period[-1].end is not None and period[-1].reason in CARE_GOES_ON:
        about.note(period[-1].line, Reason.ENDS_UNEXPLAINED)


# --- events -------------------------------------------------------------------------------------------------------


class Teller:
    """Puts a return's periods into events, with the envelope that all of them share."""

    def __init__(self, authority: str, as_of: date) -> None:
        self._authority = authority
        self._recorded_at = datetime.combine(as_of, time(23, 59, 59), LONDON)

    def tell(self, period: Period) -> Iterator[Event]:
        """Yield what *period* tells: of each row its legal status, and whether it begins and ends a period."""
        first, end = period[0], period[-1].end
        yield self._told(CareStarted, first, "care", first.start, need=first.need)
        if end is None:
            yield self._told(CareEnded, first, "care", first.start, retracted=True)
        else:
            yield self._told(CareEnded, first, "care", end, reason=period[-1].reason)
        for episode in period[1:]:
            yield self._told(CareStarted, episode, "care", episode.start, retracted=True)
            yield self._told(CareEnded, episode, "care", episode.start, retracted=True)
        care = _record(first, "care")
        for episode in period:
            if episode.status is not None:
                status = episode.status
                yield self._told(LegalStatusChanged, episode, "episode", episode.start, status=status, care=care)

    def complete(self) -> Event:
        """Return the report that all of the return was told."""
        at = self._recorded_at
        return _identified(
            FeedReported(
                id="-", authority=self._authority, record=SOURCE, source=SOURCE, recorded_at=at, occurred_at=at,
                complete_to=at, origin="backload",
            )
        )  # fmt: skip

    def _told(self, kind: type[ChildEvent], episode: Episode, record: str, day: date, **fields: Any) -> Event:
        return _identified(
            kind(
                id="-", authority=self._authority, child=episode.child, record=_record(episode, record),
                source=SOURCE, recorded_at=self._recorded_at, occurred_on=day, origin="backload", **fields,
            )
        )  # fmt: skip


def _record(episode: Episode, of: str) -> str:
    """Return the name of an episode, or of the period that begins with it: by its first day alone, since all else
    about it may be corrected."""
    return _digest(f"{of}\x1f{episode.child}\x1f{episode.start}".encode())


def _identified(event: Event) -> Event:
    """Return *event* with an id that its content gives it: the same telling has the same id."""
    return msgspec.structs.replace(event, id=_digest(msgspec.json.encode(event, order="sorted")))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
