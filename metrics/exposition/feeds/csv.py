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
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for the beginning of a formula


def csv_of(found: Iterable[Figure]) -> str:
    """Return the figures *found*, under a line with the names of the columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for f in found:
        by = ";".join(f"{name}={value}" for name, value in f.by.items())
        writer.writerow(
            (
                f.measure,
                _text(f.authority),
                f.window,
                f.from_,
                f.at,
                _text(f.team),
                _text(f.locality),
                by,
                f.numerator,
                f.denominator,
                f.value,
                f.target,
                f.status,
            )
        )
    return out.getvalue()


def _text(told: str | None) -> str | None:
    """Return what events tell, so that it stays a text: a team, or an authority, could be called `=1+1`."""
    return f"'{told}" if told is not None and told.startswith(FORMULA) else told
