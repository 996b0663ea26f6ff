"""Days as other people's systems write them. The form is told by a column as a whole, never by one cell.

1 June and 6 January are written alike in two countries, and a program that opened the file may have turned some cells
and not others. So a form holds only where every cell of the column that is a day at all is a day of that form. Years of
two digits are of no form: 17-05-01 is a day of 2001 to some and of 2017 to others.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SERIAL_0 = date(1899, 12, 30)  # day 0 of a spreadsheet, its 29 February 1900 allowed for
MIDNIGHT = re.compile(r"[ T](?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)$", re.IGNORECASE)


@dataclass(frozen=True)
class DateForm:
    """How days are written: its name for people, what a cell looks like, and the day that its groups are."""

    name: str
    shape: re.Pattern[str]
    day: Callable[..., date]

    def read(self, text: str) -> date | None:
        """Return the day in *text*, or None if it is none of this form."""
        found = self.shape.fullmatch(text)
        try:
            return self.day(*found.groups()) if found else None
        except (ValueError, OverflowError):
            return None


def _month(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1


DAY_FIRST = DateForm(
    "DD/MM/YYYY", re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"), lambda d, m, y: date(int(y), int(m), int(d))
)
FORMS = (  # the Department's own first: it stands where cells are days of several forms
    DAY_FIRST,
    DateForm(
        "YYYY-MM-DD", re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})"), lambda y, m, d: date(int(y), int(m), int(d))
    ),
    DateForm("YYYYMMDD", re.compile(r"(\d{4})(\d\d)(\d\d)"), lambda y, m, d: date(int(y), int(m), int(d))),
    DateForm(
        "DD-Mon-YYYY",
        re.compile(r"(\d{1,2})[ /.-]([A-Za-z]{3,9})[ /.-](\d{4})"),
        lambda d, m, y: date(int(y), _month(m), int(d)),
    ),
    DateForm(
        "MM/DD/YYYY", re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"), lambda m, d, y: date(int(y), int(m), int(d))
    ),
    DateForm("serial day numbers", re.compile(r"(\d{5})(?:\.0+)?"), lambda n: SERIAL_0 + timedelta(int(n))),
)
EVERY_FORM = (1 << len(FORMS)) - 1


@lru_cache(maxsize=65536)
def fitting(text: str) -> int:
    """Return the forms that *text* is a day of, one bit each; 0 if it is no day."""
    plain = MIDNIGHT.sub("", text)
    return sum(1 << n for n, form in enumerate(FORMS) if form.read(plain) is not None)


@lru_cache(maxsize=65536)
def day_of(text: str, form: DateForm) -> date | None:
    """Return the day that a cell holds; None for a blank. Raises ValueError if it is no day of *form*."""
    if not text:
        return None
    day = form.read(MIDNIGHT.sub("", text))
    if day is None:
        raise ValueError(f"not {form.name}")
    return day


def forms_of(agreed: Mapping[str, int]) -> dict[str, DateForm]:
    """Return the form of each column of a file, by the forms that fit all of its cells.

    Where a column's cells fit several, it is one that fits the other columns too: one program wrote the file. Where no
    form fits all cells of a column, it is the Department's.
    """
    common = EVERY_FORM
    for fits in agreed.values():
        common &= fits
    return {column: _first(fits & common or fits) for column, fits in agreed.items()}


def _first(fits: int) -> DateForm:
    return next((form for n, form in enumerate(FORMS) if fits & (1 << n)), DAY_FIRST)
