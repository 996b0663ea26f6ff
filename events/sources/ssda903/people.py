"""Who the children are, and how those fare who left care. Only the month of a day of birth leaves the file."""

from collections.abc import Iterator
from datetime import date

from events.leaving_care import CareLeaverRecorded
from events.person import PersonRecorded
from events.sources.ssda903.entries import ALWAYS_KEPT, Entry, year_after, year_of
from events.sources.ssda903.files import LEAVER_CODE, ChildsFile
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import Columns, Row
from events.sources.teller import Statement, deny, record_name, state
from events.time import add_months

HEADER_COLUMNS = Columns(
    ("CHILD", "DOB"), (), ("SEX", "ETHNIC", "UPN", "MOTHER", "MC_DOB"), filled=("CHILD", "DOB"), days=("DOB",)
)
LEAVER_COLUMNS = Columns(
    ("CHILD", "DOB", "IN_TOUCH"), ("ACTIV", "ACCOM"), filled=("CHILD", "DOB", "IN_TOUCH"), days=("DOB",)
)
BORN_FROM = 1995  # earlier, and 1900 above all, is what a program wrote for a blank, or a parent's
OF_AGE_MONTHS = 18 * 12
UNTOLD, TOLD = "1", "2"  # keys, in the order in which they are said: a birth that any return tells stands
OLDEST_LEAVER_YEARS = 30

ANSWERS = {
    "YES": "yes",
    "NO": "no",
    "REFU": "refused",
    "NREQ": "not_required",
    "DIED": "died",
    "RHOM": "returned_home",
}


def people(file: ChildsFile, first: date | None) -> Iterator[Entry]:
    """Yield the month of birth of the child, whose *first* row of care began on that day, if there is one.

    Nobody comes into care before birth, or at 18 (the Department's check 352 of the return): then the date of birth is
    wrong, not the care. The child is of unknown age, unless another return says it.
    """
    for row in file.usable():
        born = _born(file, row)
        if born is None:
            file.left(row, Ssda903Reason.BAD_BIRTH)
        elif born.year < BORN_FROM or (first is not None and not born <= first < _of_age(born)):
            file.note(row, Ssda903Reason.NO_BIRTH_OF_A_CHILD)
            yield _person(file, row, UNTOLD, deny(PersonRecorded, file.child, file.child, file.as_of))
        else:
            told = state(PersonRecorded, file.child, file.child, file.as_of, birth_month=f"{born:%Y-%m}")
            yield _person(file, row, TOLD, told)


def _of_age(born: date) -> date:
    return add_months(born, OF_AGE_MONTHS)


def _person(file: ChildsFile, row: Row, key: str, statement: Statement) -> Entry:
    return Entry(
        nth=file.nth,
        line=row.line,
        child=file.child,
        key=key,
        until=ALWAYS_KEPT,
        news=tuple(row.cells.values()),
        statements=(statement,),
    )


def _born(file: ChildsFile, row: Row) -> date | None:
    try:
        born = file.file.day(row, "DOB")
    except ValueError:
        return None
    return born if born is not None and born.year >= 1900 and born <= file.as_of else None


def leavers(file: ChildsFile) -> Iterator[Entry]:
    """Yield what oc3.csv says of a young person: how they fared around their birthday in the year."""
    for row in file.usable():
        answer = ANSWERS.get(row.cells["IN_TOUCH"].upper())
        if answer is None:
            file.left(row, Ssda903Reason.NO_ANSWER)
            continue
        yield Entry(
            nth=file.nth,
            line=row.line,
            child=file.child,
            key=str(year_of(file.as_of)),
            until=year_after(file.as_of),
            news=tuple(row.cells.values()),
            statements=(_leaver(file, row, answer),),
        )


def _leaver(file: ChildsFile, row: Row, answer: str) -> Statement:
    child, accommodation = file.child, file.code(row, "ACCOM", LEAVER_CODE)
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


def _around(file: ChildsFile, row: Row) -> date:
    """Return the first of the month after the birthday in the year of the return, or its as-of day if that is earlier.

    The return does not say when somebody spoke to the young person, only about which birthday. The birthday itself
    would disclose the day of birth. From this day on they have the next age (rules 1.5).
    """
    born = _born(file, row)
    if born is None or born.year < file.as_of.year - OLDEST_LEAVER_YEARS:
        file.note(row, Ssda903Reason.NO_BIRTHDAY)
        return file.as_of
    begins = year_of(file.as_of)
    month = date(begins.year if born.month >= begins.month else begins.year + 1, born.month, 1)
    return min(add_months(month, 1), file.as_of)
