"""How figures, and the cases behind them, are written: for people, as JSON, as CSV."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import click
import msgspec

from metrics.exposition.feeds.csv import csv_of
from metrics.figures.behind import Behind, Fact
from metrics.figures.figure import Answer, Figure
from metrics.figures.question import Question


def written(result: Answer, as_json: bool, as_csv: bool) -> str:
    """Return *result* in the form that was asked for."""
    if as_json:
        return _json(result)
    if as_csv:
        return csv_of(result.figures)
    lines = "".join(f"{_line(figure)}\n" for figure in result.figures)
    return lines or "Nothing to show: no events in that window yet.\n"


def _json(content: object) -> str:
    return msgspec.json.format(msgspec.json.encode(content), indent=1).decode() + "\n"


def _line(f: Figure) -> str:
    """Return a figure for a person: no percentage without its fraction, and what is not in it yet."""
    place = ", ".join(filter(None, (f.team, f.locality, *(f"{name} {value}" for name, value in f.by.items()))))
    beside = "".join(f", {n:,} {name}" if name != "population_year" else f", mid-{n}" for name, n in f.beside.items())
    at = f.at[: len("2017-12-14T15:46")].replace("T", " ")
    place = f" [{place}]" if place else ""
    return f"{f.authority}  {f.measure}{place}  {number(f)}{beside}  {f.window}, at {at}"


def number(f: Figure) -> str:
    """Return the number of a figure in words that cannot be taken for another kind."""
    if f.kind == "age":
        return "nobody waits" if f.value is None else f"{f.value:.1f} office hours"
    if f.denominator is None:
        return f"{f.numerator:,}"
    if f.kind == "rate":
        rate = "no rate" if f.value is None else f"{f.value:.1f} per 10,000"
        return f"{rate} ({f.numerator:,} of {f.denominator:,} children)"
    if f.value is None:
        return "none yet"
    share = f"{f.value:.2f}" if "statistic" in f.by else f"{f.value:.1%}"
    return f"{share} ({f.numerator:,} of {f.denominator:,})"


# --- the cases behind a figure --------------------------------------------------------------------------------------

BehindQuestion = tuple[str, Question, Iterable[Behind]]  # authority, what was asked, and who is behind the answer


def cases_written(found: list[Figure], shown: Sequence[BehindQuestion], as_json: bool) -> None:
    """Write who is behind the figures *found*, a child at a time, as they are found."""
    if as_json:
        of = [{"authority": name, "cases": list(cases)} for name, _, cases in shown]
        click.echo(_json({"figures": found, "behind": of}), nl=False)
        return
    for figure in found:
        click.echo(_line(figure))
    for _, question, cases in shown:
        click.echo(f"\n{question.measure.title}. {question.measure.definition}")
        children = 0
        for one in cases:
            children += 1
            for line in _case_lines(one, question):
                click.echo(line)
        click.echo(f"\n{children:,} {'child' if children == 1 else 'children'}.")


def _case_lines(one: Behind, question: Question) -> Iterator[str]:
    yield f"\nchild {' = '.join(one.children)}"
    stock = question.measure.numerator.stock
    when = ", ".join(_day(moment) for moment in one.moments)
    since = f", {'since' if stock else 'on'} {when}" if when else ""
    until = f", until {_day(one.until)} if nothing more is told" if one.until else ""
    for figure in one.figures:
        place = ", ".join(filter(None, (figure.team, *(f"{name} {value}" for name, value in figure.by.items()))))
        yield f"  {_counts(figure)}{f' [{place}]' if place else ''}{since}{until}"
    for record in one.records:
        for fact in record.facts:
            yield f"    {record.record}  {_told(fact)}"


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
    return f"{_day(fact.on)}  {fact.type.replace('.', ' ').replace('_', ' ')}{team}{f': {fields}' if fields else ''}"


def _value(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _day(text: str) -> str:
    """Return a date, or an instant of London, as people write it; midnight is the day itself."""
    if len(text) == len("2017-12-31"):
        return f"{date.fromisoformat(text):%-d %B %Y}"
    moment = datetime.fromisoformat(text)
    return f"{moment:%-d %B %Y}" if f"{moment:%H:%M:%S.%f}".strip("0:.") == "" else f"{moment:%-d %B %Y %H:%M}"
