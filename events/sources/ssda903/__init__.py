"""The SSDA903 return of children looked after, one year's or several in turn, as events.

What is odd in a row is used, repaired or left by a rule of `report.Reason`, and counted there. Several returns are
told one after another, each as it was known then (`facts.Teller`); a later one closes, corrects and takes back what
the earlier ones said (`entries.in_turn`). So the earlier returns are given again with a later one. Read alone, a
year's return has no rows that ended before that year: a period that began earlier begins anew in it (BEGAN_EARLIER),
the one that the earlier return began never ends, and no row can be missed. Whoever loads them together afterwards has
put that right: of two tellings made as of one day, the one that knew more returns stands.

Of a child, only the pseudonym and the month of birth leave this package; of a cell, only dates and codes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain, pairwise
from pathlib import Path

from events.event import Event
from events.sources.pseudonym import Pseudonym
from events.sources.report import FileReport, Reason
from events.sources.ssda903 import episodes, people, records
from events.sources.ssda903.care import care
from events.sources.ssda903.entries import Entry, Filed, in_turn, year_of
from events.sources.ssda903.facts import Said, Teller
from events.sources.ssda903.files import EPISODES, HEADER, Columns, File, Return, note_strangers

__all__ = ("Reading", "Return", "ReturnsApart", "read", "read_all")


@dataclass(frozen=True)
class Rows:
    """A file whose rows each say something by themselves. Of two about the same, one is *double*."""

    name: str
    columns: Columns
    entries: Callable[[File], Iterator[Entry]]
    double: Reason = Reason.SAME_FACT


CHILD_ALONE = Columns(("CHILD",))
OTHERS = (
    Rows("reviews.csv", records.REVIEW_COLUMNS, records.reviews),
    Rows("missing.csv", records.MISSING_COLUMNS, records.missing, Reason.SAME_START),
    Rows("oc3.csv", people.LEAVER_COLUMNS, people.leavers),
    Rows("ad1.csv", records.ADOPTION_COLUMNS, records.adoptions),
    Rows("placed_for_adoption.csv", records.DECISION_COLUMNS, records.decisions),
    Rows("sw_episodes.csv", records.WORKER_COLUMNS, records.allocations, Reason.SAME_START),
    # Of these nothing is told.
    Rows("uasc.csv", CHILD_ALONE, partial(records.left, reason=Reason.NO_EVENT)),
    Rows("previous_permanence.csv", CHILD_ALONE, partial(records.left, reason=Reason.NO_EVENT)),
    Rows("oc2.csv", CHILD_ALONE, partial(records.left, reason=Reason.NO_DAY)),
    Rows("dolo.csv", CHILD_ALONE, partial(records.left, reason=Reason.NO_EVENT)),
)


class ReturnsApart(ValueError):
    """Between two returns lies time that neither tells of."""


@dataclass(frozen=True)
class Reading:
    """What returns tell, and what became of each of their rows: a report for each file, return by return."""

    events: tuple[Event, ...]
    report: tuple[FileReport, ...]  # header, episodes, and the others


def read(folder: Path, authority: str, as_of: date, pseudonym: Pseudonym) -> Reading:
    """Return what the return in *folder*, made at the end of *as_of*, tells of *authority*.

    Raises TableUnreadable.
    """
    return read_all((Return(folder, as_of),), authority, pseudonym)


def read_all(returns: Iterable[Return], authority: str, pseudonym: Pseudonym) -> Reading:
    """Return what several returns of *authority* tell, the earlier first, whatever order they are given in.

    Of two made on one day the one given later corrects the other. Raises TableUnreadable and ReturnsApart.
    """
    made = sorted(returns, key=lambda one: one.as_of)
    _check_years(made)
    files = [_files(one, nth, pseudonym, f"{one.as_of}/" if len(made) > 1 else "") for nth, one in enumerate(made)]
    headers, of_care, *others = zip(*files, strict=True)
    turns = [
        _turns([file.filed(people.people(file)) for file in headers]),
        care([file.filed(episodes.episodes(file), Reason.SAME_START) for file in of_care], [m.as_of for m in made]),
    ]
    for rows, of_all in zip(OTHERS, others, strict=True):
        turns.append(_turns([file.filed(rows.entries(file), rows.double) for file in of_all]))
    teller, events = Teller(authority), list[Event]()
    for nth, said in enumerate(zip(*turns, strict=True)):
        events.extend(teller.tell(chain.from_iterable(said), made[nth].as_of, nth))
    return Reading(tuple(events), tuple(file.about for of_one in files for file in of_one))


def _check_years(made: Sequence[Return]) -> None:
    for before, after in pairwise(made):
        if before.as_of < year_of(after.as_of) - timedelta(days=1):
            raise ReturnsApart(
                f"the return as of {after.as_of} tells of {year_of(after.as_of)} on, the one before only until "
                f"{before.as_of}: give the returns of all years between"
            )


def _files(made: Return, nth: int, pseudonym: Pseudonym, label: str) -> tuple[File, ...]:
    """Return the files of one return; note who is a stranger in each."""
    header = File(HEADER, people.HEADER_COLUMNS, made, nth, pseudonym, label=label, needed=True)
    of_care = File(EPISODES, episodes.COLUMNS, made, nth, pseudonym, label=label, needed=True)
    others = (File(rows.name, rows.columns, made, nth, pseudonym, label=label, needed=False) for rows in OTHERS)
    files = (header, of_care, *others)
    silent = {rows.name for rows in OTHERS if rows.columns is CHILD_ALONE}
    for file in files:
        if file.name not in silent:
            note_strangers(file, header.children(), of_care.children())
    return files


def _turns(years: Sequence[Filed[Entry]]) -> Iterator[list[Said]]:
    """Yield what one file tells, return after return."""
    for nth, standing in enumerate(in_turn(years)):
        yield [(one, entry.nth == nth) for entry in standing for one in entry.facts]
