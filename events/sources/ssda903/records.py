"""Reviews, missing episodes, social workers and adoptions: files whose rows each make sense alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from events.care import CareReviewHeld, MissingEnded, MissingStarted
from events.leaving_care import AdoptionDecided, AdoptionMatched, AdoptionReversed
from events.sources.ssda903.entries import Entry, day_after, year_after
from events.sources.ssda903.files import REVERSED, ChildsFile
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import Columns, Row
from events.sources.teller import Statement, record_name, state
from events.workforce import CaseAllocated, CaseDeallocated

REVIEW_COLUMNS = Columns(("CHILD", "REVIEW"), (), ("DOB", "REVIEW_CODE"), filled=("CHILD", "REVIEW"), days=("REVIEW",))
MISSING_COLUMNS = Columns(
    ("CHILD", "MISSING", "MIS_START", "MIS_END"),
    (),
    ("DOB",),
    filled=("CHILD", "MISSING", "MIS_START"),
    days=("MIS_START", "MIS_END"),
)
WORKER_COLUMNS = Columns(
    ("CHILD", "SW_ID", "SW_DECOM", "SW_DEC"),
    (),
    ("DOB", "SW_REASON"),
    filled=("CHILD", "SW_ID", "SW_DECOM"),
    days=("SW_DECOM", "SW_DEC"),
)
ADOPTION_COLUMNS = Columns(
    ("CHILD", "DATE_INT"),
    ("DATE_MATCH",),
    ("DOB", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"),
    days=("DATE_INT", "DATE_MATCH"),
)
DECISION_COLUMNS = Columns(
    ("CHILD", "DATE_PLACED"),
    ("DATE_PLACED_CEASED", "REASON_PLACED_CEASED"),
    ("DOB",),
    filled=("CHILD", "DATE_PLACED"),
    days=("DATE_PLACED", "DATE_PLACED_CEASED"),
)

EndsOn = Callable[[date], Statement]


@dataclass(frozen=True, kw_only=True)
class Spell(Entry):
    """A row with a start and an end. *over* says that it ended on a day."""

    over: EndsOn = field(compare=False)

    def ended(self, on: date) -> "Spell":
        if self.until is not None:
            return self
        began, _ = self.statements
        on = max(on, began.day)
        return replace(self, until=on, statements=(began, self.over(on)))


MISSING_KINDS = {"M": "missing", "A": "away"}
NO_TEAM = "unknown"  # the return has no teams; figures show its cases under this name


def reviews(file: ChildsFile) -> Iterator[Entry]:
    """Yield the reviews of reviews.csv. All were held: REVIEW_CODE says how the child took part (PN0: under four)."""
    for row in file.usable():
        days = file.days(row, "REVIEW")
        if days is not None:
            child, held = file.child, days[0]
            statement = state(CareReviewHeld, child, record_name("review", child, held), held)
            yield _entry(file, row, str(held), day_after(held), tuple(row.cells.values()), (statement,))


def missing(file: ChildsFile) -> Iterator[Entry]:
    """Yield the episodes of missing.csv. It has days, not hours."""
    for row in file.usable():
        days = file.days(row, "MIS_START", "MIS_END", same_day=True)
        if days is None:
            continue
        child, start, end = file.child, days[0], file.known_end(row, days[1])
        kind, record = MISSING_KINDS.get(row.cells["MISSING"].upper()), record_name("missing", child, start)
        if kind is None:
            file.note(row, Ssda903Reason.NO_CODE)
        began = state(MissingStarted, child, record, start, kind=kind)
        yield _spell(file, row, str(start), end, began, partial(state, MissingEnded, child, record, kind=kind))


def allocations(file: ChildsFile) -> Iterator[Entry]:
    """Yield who held the child's case by sw_episodes.csv."""
    for row in file.usable():
        days = file.days(row, "SW_DECOM", "SW_DEC", same_day=True)
        if days is None:
            continue
        if not row.cells["SW_ID"]:
            file.left(row, Ssda903Reason.NO_WORKER)
            continue
        child, start, end = file.child, days[0], file.known_end(row, days[1])
        worker = file.worker(row)
        record = record_name("allocation", child, start, worker)
        began = state(CaseAllocated, child, record, start, worker=worker, team=NO_TEAM)
        yield _spell(file, row, f"{start} {worker}", end, began, partial(state, CaseDeallocated, child, record))


def adoptions(file: ChildsFile) -> Iterator[Entry]:
    """Yield the decision and the match of each adoption of the child in ad1.csv.

    DATE_INT is the decision that the child should be placed for adoption. It is the same day as DATE_PLACED of
    placed_for_adoption.csv, so the two tell one fact (the Department's check 523 of the return, read on 25 November
    2026).
    """
    for row in file.usable():
        first, last = ("DATE_INT", "DATE_MATCH") if row.cells["DATE_INT"] else ("DATE_MATCH", "")
        days = file.days(row, first, last, same_day=True)
        if days is None:
            continue
        child, record = file.child, record_name("adoption", file.child, days[0])
        decided, matched = (days[0], file.known_end(row, days[1])) if last else (None, days[0])
        kinds = ((AdoptionDecided, decided), (AdoptionMatched, matched))
        statements = [state(kind, child, record, day) for kind, day in kinds if day is not None]
        yield _entry(file, row, str(days[0]), year_after(file.as_of), tuple(row.cells.values()), tuple(statements))


def decisions(file: ChildsFile) -> Iterator[Entry]:
    """Yield the decisions of placed_for_adoption.csv that a child should be placed for adoption, and their reversals.

    DATE_PLACED is the day of the decision, not of moving in, which is the DECOM of a placement A3 to A6 (the
    Department's checks 552 and 1003 of the return, read on 25 November 2026).
    """
    for row in file.usable():
        days = file.days(row, "DATE_PLACED", "DATE_PLACED_CEASED", same_day=True)
        if days is None:
            continue
        child, decided, reversed_on = file.child, days[0], _reversed_on(file, row, days[1])
        record = record_name("adoption", child, decided)
        statements = [state(AdoptionDecided, child, record, decided)]
        if reversed_on is not None:
            statements.append(state(AdoptionReversed, child, record, reversed_on))
        yield _entry(file, row, str(decided), year_after(file.as_of), tuple(row.cells.values()), tuple(statements))


def _reversed_on(file: ChildsFile, row: Row, end: date | None) -> date | None:
    """Return the day on which the decision was reversed; None, and odd cells noted, if it was not."""
    ceased, reason = file.known_end(row, end), row.cells["REASON_PLACED_CEASED"].upper()
    if end is None and reason:
        file.note(row, Ssda903Reason.REASON_WITHOUT_END)
    if ceased is not None and not REVERSED.fullmatch(reason):
        file.note(row, Ssda903Reason.CEASED_UNEXPLAINED)
        return None
    return ceased


def left(file: ChildsFile, reason: Ssda903Reason) -> Iterator[Entry]:
    """Yield nothing, and note each row with *reason*: nothing that the file says can be an event."""
    for row in file.usable():
        file.note(row, reason)
    yield from ()


def _entry(
    file: ChildsFile,
    row: Row,
    key: str,
    until: date | None,
    news: tuple[object, ...],
    statements: tuple[Statement, ...],
) -> Entry:
    child = file.child
    return Entry(nth=file.nth, line=row.line, child=child, key=key, until=until, news=news, statements=statements)


def _spell(file: ChildsFile, row: Row, key: str, end: date | None, began: Statement, over: EndsOn) -> Spell:
    """Return the entry of a row that has a start and an end.

    One that ends is newer than its double that does not; the later the end, the newer.
    """
    return Spell(
        nth=file.nth,
        line=row.line,
        child=file.child,
        key=key,
        until=end,
        news=(end is not None, end or date.min, *row.cells.values()),
        statements=(began, over(began.day)._replace(happened=False, fields=()) if end is None else over(end)),
        over=over,
    )
