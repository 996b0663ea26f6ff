"""Reviews, missing episodes, social workers and adoptions: rows that each tell something by themselves."""

from collections.abc import Iterator
from datetime import date

from events.care import CareReviewHeld, MissingEnded, MissingStarted
from events.leaving_care import AdoptionDecided, AdoptionMatched, AdoptionReversed
from events.sources.report import Reason
from events.sources.ssda903.entries import Entry, day_after, year_after
from events.sources.ssda903.facts import Fact, fact, name, never
from events.sources.ssda903.files import REVERSED, Columns, File
from events.sources.table import Row
from events.workforce import CaseAllocated, CaseDeallocated

REVIEW_COLUMNS = Columns(("CHILD", "REVIEW"), ("DOB", "REVIEW_CODE"))
MISSING_COLUMNS = Columns(("CHILD", "MISSING", "MIS_START", "MIS_END"), ("DOB",))
WORKER_COLUMNS = Columns(("CHILD", "SW_ID", "SW_DECOM", "SW_DEC"), ("DOB", "SW_REASON"))
ADOPTION_COLUMNS = Columns(
    ("CHILD", "DATE_INT", "DATE_MATCH"), ("DOB", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR")
)
DECISION_COLUMNS = Columns(("CHILD", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"), ("DOB",))

KINDS = {"M": "missing", "A": "away"}
NO_TEAM = "unknown"  # the return has no teams; figures show such a case under this name


def reviews(file: File) -> Iterator[Entry]:
    """Yield the reviews of reviews.csv, all held: REVIEW_CODE says how the child took part, PN0 a child under four."""
    for row in file.usable():
        days = file.days(row, "REVIEW")
        if days is not None:
            child, held = file.child(row), days[0]
            told = fact(CareReviewHeld, child, name("review", child, held), held)
            yield _entry(file, row, str(held), day_after(held), tuple(row.cells.values()), (told,))


def missing(file: File) -> Iterator[Entry]:
    """Yield the episodes of missing.csv; it has days, and no hours."""
    for row in file.usable():
        days = file.days(row, "MIS_START", "MIS_END", same_day=True)
        if days is None:
            continue
        child, start, end = file.child(row), days[0], file.known_end(row, days[1])
        kind, record = KINDS.get(row.cells["MISSING"].upper()), name("missing", child, start)
        if kind is None:
            file.note(row, Reason.NO_CODE)
        over = (
            never(MissingEnded, child, record, start)
            if end is None
            else fact(MissingEnded, child, record, end, kind=kind)
        )
        told = fact(MissingStarted, child, record, start, kind=kind), over
        yield _entry(file, row, str(start), end, _spell_news(row, end), told)


def allocations(file: File) -> Iterator[Entry]:
    """Yield who held each child's case by sw_episodes.csv."""
    for row in file.usable():
        days = file.days(row, "SW_DECOM", "SW_DEC", same_day=True)
        if days is None:
            continue
        if not row.cells["SW_ID"]:
            file.left(row, Reason.NO_WORKER)
            continue
        child, start, end = file.child(row), days[0], file.known_end(row, days[1])
        worker = file.worker(row)
        record = name("allocation", child, start, worker)
        over = (
            never(CaseDeallocated, child, record, start) if end is None else fact(CaseDeallocated, child, record, end)
        )
        told = fact(CaseAllocated, child, record, start, worker=worker, team=NO_TEAM), over
        yield _entry(file, row, f"{start} {worker}", end, _spell_news(row, end), told)


def adoptions(file: File) -> Iterator[Entry]:
    """Yield the decision and the match of each adoption of ad1.csv.

    DATE_INT is the decision that the child should be placed for adoption. The Department's check 523 has it the same
    day as DATE_PLACED of placed_for_adoption.csv: the two tell one fact (DOMAIN S2, read on 25 November 2026).
    """
    for row in file.usable():
        first, last = ("DATE_INT", "DATE_MATCH") if row.cells["DATE_INT"] else ("DATE_MATCH", "")
        days = file.days(row, first, last, same_day=True)
        if days is None:
            continue
        child, record = file.child(row), name("adoption", file.child(row), days[0])
        if first == "DATE_MATCH":
            told = [fact(AdoptionMatched, child, record, days[0])]
        else:
            told = [fact(AdoptionDecided, child, record, days[0])]
            matched = file.known_end(row, days[1])
            if matched is not None:
                told.append(fact(AdoptionMatched, child, record, matched))
        yield _entry(file, row, str(days[0]), year_after(file.as_of), tuple(row.cells.values()), tuple(told))


def decisions(file: File) -> Iterator[Entry]:
    """Yield the decisions of placed_for_adoption.csv that a child should be placed for adoption, and their reversals.

    DATE_PLACED is the day of the decision and not that of moving in, which is the DECOM of a placement A3 to A6: the
    Department's checks 552 and 1003 speak of both (DOMAIN S2, read on 25 November 2026).
    """
    for row in file.usable():
        days = file.days(row, "DATE_PLACED", "DATE_PLACED_CEASED", same_day=True)
        if days is None:
            continue
        child, decided, ceased = file.child(row), days[0], file.known_end(row, days[1])
        reason = row.cells["REASON_PLACED_CEASED"].upper()
        reversed_ = ceased is not None and REVERSED.fullmatch(reason) is not None
        if ceased is not None and not reversed_:
            file.note(row, Reason.CEASED_UNEXPLAINED)
        if days[1] is None and reason:
            file.note(row, Reason.REASON_WITHOUT_END)
        record = name("adoption", child, decided)
        told = [fact(AdoptionDecided, child, record, decided)]
        if ceased is not None and reversed_:
            told.append(fact(AdoptionReversed, child, record, ceased))
        yield _entry(file, row, str(decided), year_after(file.as_of), tuple(row.cells.values()), tuple(told))


def left(file: File, reason: Reason) -> Iterator[Entry]:
    """Yield nothing, and note each row: what the file says can be no event, for *reason*."""
    for row in file.usable():
        file.note(row, reason)
    yield from ()


def _entry(
    file: File, row: Row, key: str, until: date | None, news: tuple[object, ...], facts: tuple[Fact, ...]
) -> Entry:
    return Entry(nth=file.nth, line=row.line, child=file.child(row), key=key, until=until, news=news, facts=facts)


def _spell_news(row: Row, end: date | None) -> tuple[object, ...]:
    """A row that ends is newer news than its double that does not, and one that ends later is newer still."""
    return end is not None, end or date.min, *row.cells.values()
