"""How the cases behind a figure are written: for people, as JSON, as CSV. By deadline, days late first."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from deploy.verbs.written import json_of, lines_of, place_of
from metrics.exposition.feeds.csv import lines_of as csv_lines
from metrics.exposition.feeds.csv import pairs
from metrics.figures.behind import Behind, Fact
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.printable import printable

COLUMNS = (
    "measure",
    "title",
    "authority",
    "at",
    "child",
    "team",
    "locality",
    "by",
    "numerator",
    "denominator",
    "value",
    "due_on",
    "days_late",
    "since",
    "until",
    "records",
)


class Shown(NamedTuple):
    """What one authority was asked, and who is behind its answer."""

    authority: str
    question: Question
    cases: Sequence[Behind]


def cases_written(found: Sequence[Figure], shown: Sequence[Shown], as_json: bool, as_csv: bool) -> str:
    """Return who is behind the figures *found*, in the form that was asked for."""
    if as_json:
        return json_of(
            {"figures": found, "behind": [{"authority": one.authority, "cases": one.cases} for one in shown]}
        )
    if as_csv:
        return csv_lines(COLUMNS, (row for one in shown for case in one.cases for row in _rows(one, case)))
    lines = (*lines_of(found), *(line for one in shown for line in _lines(one)))
    return "".join(f"{line}\n" for line in lines)


# --- for people -------------------------------------------------------------------------------------------------------


def _lines(one: Shown) -> Iterator[str]:
    measure, n = one.question.measure, len(one.cases)
    yield f"\n{measure.title}. {measure.definition}"
    for case in one.cases:
        yield from _case_lines(case, one.question)
    yield f"\n{n:,} {'child' if n == 1 else 'children'}{_late(one.cases)}."


def _late(cases: Sequence[Behind]) -> str:
    late = sum(case.days_late > 0 for case in cases)
    return f", {late:,} of them late" if late else ""


def _case_lines(case: Behind, question: Question) -> Iterator[str]:
    due = f": {_due(case, question)}" if case.due_on else ""
    yield f"\nchild {printable(' = '.join(case.children))}{due}"
    when = ", ".join(_day(moment) for moment in case.moments)
    since = f", {'since' if question.measure.numerator.stock else 'on'} {when}" if when else ""
    until = f", until {_day(case.until)} if nothing more is told" if case.until else ""
    for figure in case.figures:
        place = place_of(figure)
        yield f"  {_counts(figure)}{f' [{place}]' if place else ''}{since}{until}"
    for record in case.records:
        for fact in record.facts:
            yield f"    {printable(record.record)}  {_told(fact)}"


def _due(case: Behind, question: Question) -> str:
    """Return when something was or is due, and how late it is."""
    assert case.due_on is not None
    day = f"{case.due_on:%-d %B %Y}"
    if case.days_late:
        return f"{_days(case.days_late)} late, due {day}"
    left = (case.due_on - question.at.day).days
    if left < 0 or not question.measure.numerator.stock:
        return f"was due {day}"
    return f"due today, {day}" if not left else f"due in {_days(left)}, {day}"


def _days(n: int) -> str:
    return f"{n:,} {'day' if n == 1 else 'days'}"


def _counts(figure: Figure) -> str:
    """Return what one child adds, in words."""
    match figure.kind:
        case "quotient":
            return f"counts {figure.denominator}, of which {figure.numerator} in the numerator"
        case "age":
            return f"has waited {figure.value:.1f} office hours"
        case _:
            return f"counts {figure.numerator}"


def _told(fact: Fact) -> str:
    fields = ", ".join(f"{name} {_value(value)}" for name, value in fact.fields.items())
    team = f", team {fact.team}" if fact.team else ""
    what = fact.type.replace(".", " ").replace("_", " ")
    return printable(f"{_day(fact.on)}  {what}{team}{f': {fields}' if fields else ''}")


def _value(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _day(text: str) -> str:
    """Return a date, or an instant of London, as people write it; midnight is the day itself."""
    if len(text) == len("2017-12-31"):
        return f"{date.fromisoformat(text):%-d %B %Y}"
    moment = datetime.fromisoformat(text)
    return f"{moment:%-d %B %Y}" if f"{moment:%H:%M:%S.%f}".strip("0:.") == "" else f"{moment:%-d %B %Y %H:%M}"


# --- as CSV -----------------------------------------------------------------------------------------------------------


def _rows(one: Shown, case: Behind) -> Iterator[tuple[object, ...]]:
    """Yield a row for each figure that a child counts in."""
    measure = one.question.measure
    for figure in case.figures:
        yield (
            measure.name,
            measure.title,
            one.authority,
            figure.at,
            " ".join(case.children),
            figure.team,
            figure.locality,
            pairs(figure.by),
            figure.numerator,
            figure.denominator,
            figure.value,
            case.due_on,
            case.days_late if case.due_on else None,
            " ".join(case.moments),
            case.until,
            "; ".join(_record(record.record, fact) for record in case.records for fact in record.facts),
        )


def _record(record: str, fact: Fact) -> str:
    return f"{record} {fact.type} {fact.on}"
