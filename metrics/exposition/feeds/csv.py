"""Figures as CSV, a line each: the same columns from the command and over HTTP."""

import csv
import io
from collections.abc import Iterable

from metrics.figures.figure import Figure

COLUMNS = (
    "measure",
    "authority",
    "window",
    "from",
    "at",
    "team",
    "locality",
    "by",
    "numerator",
    "denominator",
    "value",
    "target",
    "status",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet knows a formula


def csv_of(figures: Iterable[Figure]) -> str:
    """Return *figures* as lines, under a line with the names of the columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, figures))
    return out.getvalue()


def _row(figure: Figure) -> tuple[object, ...]:
    return (
        figure.measure,
        _text(figure.authority),
        figure.window,
        figure.from_,
        figure.at,
        _text(figure.team),
        _text(figure.locality),
        ";".join(f"{name}={value}" for name, value in figure.by.items()),
        figure.numerator,
        figure.denominator,
        figure.value,
        figure.target,
        figure.status,
    )


def _text(value: str | None) -> str | None:
    """Return a value that events tell as plain text: a team, or an authority, could be called `=1+1`."""
    return f"'{value}" if value is not None and value.startswith(FORMULA) else value
