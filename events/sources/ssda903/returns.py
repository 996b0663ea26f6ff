"""Several SSDA903 returns of one authority, read in turn, child by child: their files, and the events that they tell.

Everything is read twice. First to account for every row, and to refuse what is not a return before anything of it is
told; then, child by child again, to tell it. So a return may be larger than the memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import accumulate, chain, pairwise

from events.event import Event
from events.sources.pseudonym import Pseudonym, pseudonym_of
from events.sources.report import FileReport
from events.sources.source import USUAL, Limits, Request, SourceReading, SourceUnreadable, Watch
from events.sources.ssda903 import episodes, people, records
from events.sources.ssda903.care import care
from events.sources.ssda903.entries import Entry, Filed, in_turn, year_of
from events.sources.ssda903.files import EPISODES, HEADER, Child, ChildsFile, File, Return
from events.sources.ssda903.names import files_of
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.ssda903.refused import check_rows
from events.sources.table import Columns, TableUnreadable
from events.sources.teller import Said, Teller, Telling

__all__ = ("Return", "ReturnsApart", "read_all", "read_request")


@dataclass(frozen=True)
class EntryFile:
    """A file whose rows each make sense alone. The loser of two rows about one thing is a *double*."""

    name: str
    columns: Columns
    entries: Callable[[ChildsFile], Iterator[Entry]]
    double: Ssda903Reason = Ssda903Reason.SAME_FACT


EVENT_SOURCE = "ssda903"  # the `source` of every event
RULES = (
    1  # raise it with every change of what the same return tells: loaded again, it then corrects what it told before
)
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


def read_all(
    returns: Iterable[Return],
    authority: str,
    pseudonym: Pseudonym,
    limits: Limits = USUAL,
    watch: Watch = lambda steps, _: nullcontext(steps),
) -> SourceReading:
    """Return what several returns of *authority* tell, the earlier first, whichever is given first.

    If two were made on one day, the one given later corrects the other. The reports are of header.csv, episodes.csv and
    the other files, return after return. Raises TableUnreadable, ReturnsApart and RowsRefused.
    """
    ordered = sorted(returns, key=lambda made: made.as_of)
    _check_years(ordered)
    labels = [f"{made.as_of}/" if len(ordered) > 1 else "" for made in ordered]
    filed = [_files(made, nth, label) for nth, (made, label) in enumerate(zip(ordered, labels, strict=True))]
    reading = Reading([files for files, _ in filed], authority, pseudonym)
    reading.account(watch)
    check_rows(reading.files, limits)
    return SourceReading(reading, reading.reports, tuple(why for _, not_read in filed for why in not_read))


def _check_years(returns: Sequence[Return]) -> None:
    for before, after in pairwise(returns):
        if before.as_of < year_of(after.as_of) - timedelta(days=1):
            raise ReturnsApart(
                f"the return as of {after.as_of} covers {year_of(after.as_of)} on, the one before ends on "
                f"{before.as_of}: give the returns of all years between"
            )


def _files(made: Return, nth: int, label: str) -> tuple[tuple[File, ...], list[str]]:
    """Return the files of one return, header.csv, episodes.csv, the others; and why some of the folder are not read."""
    there, strangers = files_of(made.folder, needed=(HEADER, EPISODES))
    not_read = [f"{label}{name}: not read, no file of a return is called that" for name in strangers]
    kinds = ((HEADER, people.HEADER_COLUMNS), (EPISODES, episodes.EPISODE_COLUMNS))
    files = []
    for name, columns in (*kinds, *((kind.name, kind.columns) for kind in ENTRY_FILES)):
        try:
            files.append(File(name, columns, made, nth, there.get(name), label))
        except TableUnreadable as exc:
            if columns is not CHILD_ALONE:
                raise
            not_read.append(f"{label}{exc}: not read, it would tell nothing")
            files.append(File(name, columns, made, nth, None, label))
    return tuple(files), not_read


class Reading:
    """The events of several returns, made child by child as they are asked for, and again each time."""

    def __init__(self, files: Sequence[tuple[File, ...]], authority: str, pseudonym: Pseudonym) -> None:
        self.files = files
        self._pseudonym = pseudonym
        self._tellings = [Telling(authority, EVENT_SOURCE, of[0].as_of, nth, RULES) for nth, of in enumerate(files)]

    @property
    def reports(self) -> tuple[FileReport, ...]:
        return tuple(file.report for of_return in self.files for file in of_return)

    def __iter__(self) -> Iterator[Event]:
        """Yield what is told of each child, return after return; last, that the feed is complete."""
        for told in self._children():
            teller = Teller()
            for said, telling in zip(told, self._tellings, strict=True):
                yield from teller.tell(said, telling)
        for telling in self._tellings:
            yield telling.feed_report()

    def account(self, watch: Watch) -> None:
        """Note what becomes of every row, and tell nothing."""
        with watch(self._children(), "reading") as children:
            for told in children:
                for _ in told:
                    pass

    def _children(self) -> Iterator[Iterator[Iterable[Said]]]:
        """Yield, of each child in the order of pseudonyms, what stands after each return."""
        numbers = {number for files in self.files for file in files if file.table for number in file.table.children}
        with ExitStack() as opened:
            for table in (file.table for files in self.files for file in files):
                if table is not None:
                    opened.enter_context(table.opened())
            for number in sorted(numbers, key=self._pseudonym):
                yield _told(self.files, Child(number, self._pseudonym(number), self._pseudonym))


def _told(files: Sequence[tuple[File, ...]], child: Child) -> Iterator[Iterable[Said]]:
    """Yield, after each return, what all returns until then say of a child."""
    header, of_care, *others = zip(*files, strict=True)
    mine, cared = [file.of(child) for file in header], [file.of(child) for file in of_care]
    _note_strangers(cared, mine, Ssda903Reason.NOT_IN_HEADER)
    _note_strangers(mine, cared, Ssda903Reason.NO_EPISODES)
    filed = [file.filed(episodes.episodes(file), Ssda903Reason.SAME_START) for file in cared]
    firsts = accumulate((min((e.start for e in of_year.entries), default=None) for of_year in filed), _earlier)
    turns: list[Iterator[Iterable[Said]]] = [
        _turns([file.filed(people.people(file, first)) for file, first in zip(mine, firsts, strict=True)]),
        care(cared, filed),
    ]
    for kind, of_kind in zip(ENTRY_FILES, others, strict=True):
        if any(file.has(child) for file in of_kind):
            rows = [file.of(child) for file in of_kind]
            if kind.columns is not CHILD_ALONE:
                _note_strangers(rows, mine, Ssda903Reason.NOT_IN_HEADER)
                _note_strangers(rows, cared, Ssda903Reason.NO_EPISODES)
            turns.append(_turns([file.filed(kind.entries(file), kind.double) for file in rows]))
    return map(chain.from_iterable, zip(*turns, strict=True))


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)


def _note_strangers(files: Iterable[ChildsFile], should_have: Sequence[ChildsFile], reason: Ssda903Reason) -> None:
    """Note the child's rows where a file of the same return that should have the child has it not."""
    for file in files:
        if not should_have[file.nth].rows:
            for row in file.rows:
                file.note(row, reason)


def _turns(years: Sequence[Filed[Entry]]) -> Iterator[list[Said]]:
    """Yield what one file tells of one child, return after return."""
    for nth, standing in enumerate(in_turn(years)):
        yield [Said(statement, anew=entry.nth == nth) for entry in standing for statement in entry.statements]


def read_request(request: Request) -> SourceReading:
    returns = [Return(path, day) for path, day in zip(request.paths, request.as_of, strict=True)]
    return read_all(returns, request.authority, pseudonym_of(request.key), request.limits, request.watch)
