"""Figures as CSV, a line each: the same columns from the command and over HTTP."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from metrics.catalogue import BY_NAME
from metrics.figures.figure import Answer, Figure
from metrics.printable import printable

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
    "title",
    "kind",
    "unit",
    "share",
    "beside",
    "note",
    "known_at",
    "complete_to",
    "simulated",
)
FORMULA = ("=", "+", "-", "@")  # how a spreadsheet knows a formula; tabs and ends of lines are written out


def csv_of(answer: Answer) -> str:
    """Return the figures of *answer* as lines, under a line with the names of the columns."""
    return lines_of(COLUMNS, (_row(figure, answer) for figure in answer.figures))


def lines_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return *rows* as lines of CSV, one each whatever events told, under a line with the names of the columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def pairs(named: Mapping[str, object]) -> str:
    """Return names and their values in one cell: `open=812;overdue=118`."""
    return ";".join(f"{name}={value}" for name, value in named.items())


def _cell(value: object) -> object:
    """Return a cell in which text is text: a team, or an authority, could be called `=1+1`, or hold an end of line."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _row(figure: Figure, answer: Answer) -> tuple[object, ...]:
    measure = BY_NAME.get(figure.measure)  # none where a server of another version has it
    return (
        figure.measure,
        figure.authority,
        figure.window,
        figure.from_,
        figure.at,
        figure.team,
        figure.locality,
        pairs(figure.by),
        figure.numerator,
        figure.denominator,
        figure.value,
        figure.target,
        figure.status,
        measure and measure.title,
        figure.kind,
        figure.unit,
        figure.share,
        pairs(figure.beside),
        figure.note,
        figure.known_at,
        figure.beside.get("complete_to", answer.complete_to),
        str(answer.simulated).lower(),
    )
