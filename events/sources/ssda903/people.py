"""Who the children are, and how those fare who left care. Only the month of a day of birth leaves the file."""

from collections.abc import Iterator
from datetime import date

from events.leaving_care import CareLeaverRecorded
from events.person import PersonRecorded
from events.sources.ssda903.entries import ALWAYS_KEPT, Entry, year_after, year_of
from events.sources.ssda903.files import LEAVER_CODE, Columns, File, day
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import Row
from events.sources.teller import Statement, record_name, state
from events.time import add_months

HEADER_COLUMNS = Columns(("CHILD", "DOB"), ("SEX", "ETHNIC", "UPN", "MOTHER", "MC_DOB"))
LEAVER_COLUMNS = Columns(("CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM"))

ANSWERS = {
    "YES": "yes",
    "NO": "no",
    "REFU": "refused",
    "NREQ": "not_required",
    "DIED": "died",
    "RHOM": "returned_home",
}


def people(file: File) -> Iterator[Entry]:
    """Yield the month of birth of each child of header.csv."""
    for row in file.usable():
        born = _born(file, row)
        if born is None:
            file.left(row, Ssda903Reason.BAD_BIRTH)
            continue
        child = file.child(row)
        yield Entry(
            nth=file.nth,
            line=row.line,
            child=child,
            key="",
            until=ALWAYS_KEPT,
            news=tuple(row.cells.values()),
            statements=(state(PersonRecorded, child, child, file.as_of, birth_month=f"{born:%Y-%m}"),),
        )


def _born(file: File, row: Row) -> date | None:
    try:
        born = day(row.cells["DOB"])
    except ValueError:
        return None
    return born if born is not None and born.year >= 1900 and born <= file.as_of else None


def leavers(file: File) -> Iterator[Entry]:
    """Yield what oc3.csv says of each young person: how they fared around their birthday in the year."""
    for row in file.usable():
        answer = ANSWERS.get(row.cells["IN_TOUCH"].upper())
        if answer is None:
            file.left(row, Ssda903Reason.NO_ANSWER)
            continue
        yield Entry(
            nth=file.nth,
            line=row.line,
            child=file.child(row),
            key=str(year_of(file.as_of)),
            until=year_after(file.as_of),
            news=tuple(row.cells.values()),
            statements=(_leaver(file, row, answer),),
        )


def _leaver(file: File, row: Row, answer: str) -> Statement:
    child, accommodation = file.child(row), file.code(row, "ACCOM", LEAVER_CODE)
    return state(
        CareLeaverRecorded,
        child,
        record_name("care_leaver", child, year_of(file.as_of)),
        _around(file, row),
        in_touch=answer,
        activity=file.code(row, "ACTIV", LEAVER_CODE),
        accommodation=accommodation,
        # The second character of ACCOM says it: B1 is suitable, B2 is not.
        suitable={"1": True, "2": False}.get((accommodation or "")[1:]),
    )


def _around(file: File, row: Row) -> date:
    """Return the first of the month after the birthday in the year of the return, or its as-of day if that is earlier.

    The return does not say when somebody spoke to the young person, only about which birthday. The birthday itself
    would disclose the day of birth. From this day on they have the next age (rules 1.5).
    """
    born = _born(file, row)
    if born is None:
        file.note(row, Ssda903Reason.NO_BIRTHDAY)
        return file.as_of
    begins = year_of(file.as_of)
    month = date(begins.year if born.month >= begins.month else begins.year + 1, born.month, 1)
    return min(add_months(month, 1), file.as_of)
