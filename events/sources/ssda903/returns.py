"""Several SSDA903 returns of one authority, read in turn: their files, and the events that they tell."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain, pairwise
from pathlib import Path

from events.event import Event
from events.sources.pseudonym import Pseudonym, pseudonym_of
from events.sources.source import Request, SourceReading, SourceUnreadable
from events.sources.ssda903 import episodes, people, records
from events.sources.ssda903.care import care
from events.sources.ssda903.entries import Entry, Filed, in_turn, year_of
from events.sources.ssda903.files import EPISODES, HEADER, Columns, File, Return, note_strangers
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.teller import Said, Teller

__all__ = ("Return", "ReturnsApart", "read", "read_all", "read_request")


@dataclass(frozen=True)
class EntryFile:
    """A file whose rows each make sense alone. The loser of two rows about one thing is a *double*."""

    name: str
    columns: Columns
    entries: Callable[[File], Iterator[Entry]]
    double: Ssda903Reason = Ssda903Reason.SAME_FACT


EVENT_SOURCE = "ssda903"  # the `source` of every event
CHILD_ALONE = Columns(("CHILD",))
ENTRY_FILES = (
    EntryFile("reviews.csv", records.REVIEW_COLUMNS, records.reviews),
    EntryFile("missing.csv", records.MISSING_COLUMNS, records.missing, Ssda903Reason.SAME_START),
    EntryFile("oc3.csv", people.LEAVER_COLUMNS, people.leavers),
    EntryFile("ad1.csv", records.ADOPTION_COLUMNS, records.adoptions),
    EntryFile("placed_for_adoption.csv", records.DECISION_COLUMNS, records.decisions),
    EntryFile("sw_episodes.csv", records.WORKER_COLUMNS, records.allocations, Ssda903Reason.SAME_START),
    # These tell nothing.
    EntryFile("uasc.csv", CHILD_ALONE, partial(records.left, reason=Ssda903Reason.NO_EVENT)),
    EntryFile("previous_permanence.csv", CHILD_ALONE, partial(records.left, reason=Ssda903Reason.NO_EVENT)),
    EntryFile("oc2.csv", CHILD_ALONE, partial(records.left, reason=Ssda903Reason.NO_DAY)),
    EntryFile("dolo.csv", CHILD_ALONE, partial(records.left, reason=Ssda903Reason.NO_EVENT)),
)


class ReturnsApart(SourceUnreadable):
    """Neither of two successive returns covers some of the time between them."""


def read(folder: Path, authority: str, as_of: date, pseudonym: Pseudonym) -> SourceReading:
    """Return what the return in *folder*, made at the end of *as_of*, tells of *authority*.

    Raises TableUnreadable.
    """
    return read_all((Return(folder, as_of),), authority, pseudonym)


def read_all(returns: Iterable[Return], authority: str, pseudonym: Pseudonym) -> SourceReading:
    """Return what several returns of *authority* tell, the earlier first, whichever is given first.

    If two were made on one day, the one given later corrects the other. The reports are of header.csv, episodes.csv and
    the other files, return after return. Raises TableUnreadable and ReturnsApart.
    """
    ordered = sorted(returns, key=lambda made: made.as_of)
    _check_years(ordered)
    files = [
        _files(made, nth, pseudonym, f"{made.as_of}/" if len(ordered) > 1 else "") for nth, made in enumerate(ordered)
    ]
    teller, events = Teller(authority, EVENT_SOURCE), list[Event]()
    for nth, (made, said) in enumerate(zip(ordered, _said(files, [made.as_of for made in ordered]), strict=True)):
        events.extend(teller.tell(said, made.as_of, nth))
    return SourceReading(tuple(events), tuple(file.report for of_return in files for file in of_return))


def _check_years(returns: Sequence[Return]) -> None:
    for before, after in pairwise(returns):
        if before.as_of < year_of(after.as_of) - timedelta(days=1):
            raise ReturnsApart(
                f"the return as of {after.as_of} covers {year_of(after.as_of)} on, the one before ends on "
                f"{before.as_of}: give the returns of all years between"
            )


def _files(made: Return, nth: int, pseudonym: Pseudonym, label: str) -> tuple[File, ...]:
    """Return the files of one return: header.csv, episodes.csv, the others. Note who is a stranger in each."""
    header = File(HEADER, people.HEADER_COLUMNS, made, nth, pseudonym, label=label, needed=True)
    of_care = File(EPISODES, episodes.EPISODE_COLUMNS, made, nth, pseudonym, label=label, needed=True)
    others = (File(kind.name, kind.columns, made, nth, pseudonym, label=label, needed=False) for kind in ENTRY_FILES)
    files = (header, of_care, *others)
    silent = {kind.name for kind in ENTRY_FILES if kind.columns is CHILD_ALONE}
    for file in files:
        if file.name not in silent:
            note_strangers(file, header.children(), of_care.children())
    return files


def _said(files: Sequence[tuple[File, ...]], as_of: Sequence[date]) -> Iterator[Iterable[Said]]:
    """Yield what stands after each return, file after file."""
    headers, of_care, *others = zip(*files, strict=True)
    turns = [
        _turns([file.filed(people.people(file)) for file in headers]),
        care([file.filed(episodes.episodes(file), Ssda903Reason.SAME_START) for file in of_care], as_of),
    ]
    for kind, of_kind in zip(ENTRY_FILES, others, strict=True):
        turns.append(_turns([file.filed(kind.entries(file), kind.double) for file in of_kind]))
    return map(chain.from_iterable, zip(*turns, strict=True))


def _turns(years: Sequence[Filed[Entry]]) -> Iterator[list[Said]]:
    """Yield what one file tells, return after return."""
    for nth, standing in enumerate(in_turn(years)):
        yield [Said(statement, anew=entry.nth == nth) for entry in standing for statement in entry.statements]


def read_request(request: Request) -> SourceReading:
    returns = [Return(path, day) for path, day in zip(request.paths, request.as_of, strict=True)]
    return read_all(returns, request.authority, pseudonym_of(request.key))
