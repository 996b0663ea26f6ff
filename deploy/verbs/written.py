"""How figures are written: for people, as JSON, as CSV."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

import msgspec

from deploy.verbs.month_before import Change
from metrics.catalogue import BY_NAME
from metrics.exposition.feeds.csv import csv_of
from metrics.figures.figure import Answer, Figure
from metrics.figures.notes import in_words
from metrics.printable import printable, printable_lines
from metrics.windows import parse_at

UNSAID = ("as_of", "complete_to")  # beside a figure: its note says them in words

ChangeOf = Callable[[Figure], Change | None]


def written(result: Answer, as_json: bool, as_csv: bool, change_of: ChangeOf = lambda _: None) -> str:
    """Return *result* in the form that was asked for; for people with each figure's change since a month before."""
    if as_json:
        return json_of(result)
    if as_csv:
        return csv_of(result)
    lines = "".join(f"{line}\n" for line in lines_of(result.figures, change_of))
    return lines or "Nothing to show: no events in that window yet.\n"


def json_of(content: object) -> str:
    """Return *content* as JSON that may be looked at on a terminal."""
    return printable_lines(msgspec.json.format(msgspec.json.encode(content), indent=1).decode()) + "\n"


def lines_of(figures: Iterable[Figure], change_of: ChangeOf = lambda _: None) -> Iterator[str]:
    """Yield the lines for a person: what the figures are, over which window, and then a figure a line."""
    for _, group in groupby(figures, key=lambda f: (f.measure, f.window, f.at)):
        same = list(group)
        yield _heading(same[0])
        wide = max(len(_whose(figure)) for figure in same)
        for figure in same:
            yield f"  {_whose(figure):{wide}}  {_line(figure, change_of(figure))}"


def _heading(f: Figure) -> str:
    known = f", as known at {f.known_at}" if f.known_at else ""
    measure = BY_NAME.get(f.measure)
    team = f", by {measure.team}" if f.team is not None and measure else ""
    return f"{title_of(f.measure)} ({f.measure}), {f.window}, at {_at(f)}{known}{team}"


def title_of(name: str) -> str:
    """Return the title of a measure; of one that only a server of another version has, its name."""
    measure = BY_NAME.get(name)
    return measure.title if measure else printable(name)


def _at(f: Figure) -> str:
    return f.at[: len("2017-12-14T15:46")].replace("T", " ")


def _whose(f: Figure) -> str:
    """Return whom a figure is about: an authority, and a place or a breakdown of it."""
    under = place_of(f)
    return printable(f.authority) + (f"  {under}" if under else "")


def place_of(f: Figure) -> str:
    """Return the place and the values of breakdowns that a figure is of; empty where it is of everybody."""
    places = (f.team, f.locality, *(f"{name} {value}" for name, value in f.by.items()))
    return printable(", ".join(place for place in places if place))


def _line(f: Figure, change: Change | None) -> str:
    """Return a figure for a person: no percentage without its fraction, what is not in it, and what must be said."""
    share = [] if f.share is None else [f"{f.share:.0%}"]
    changed = [] if change is None else [_changed(change)]
    note = f" ({printable(f.note)})" if f.note else ""
    return ", ".join((number(f), *share, *_beside(f), *changed)) + note


def _beside(f: Figure) -> Iterator[str]:
    """Yield what is not in a figure, in words."""
    for name, value in f.beside.items():
        if name == "population_year":
            yield f"mid-{value}"
        elif name == "history_from":
            yield f"nothing known before {in_words(parse_at(str(value)).asked)}"
        elif name not in UNSAID:
            yield f"{value:,} {printable(name)}" if isinstance(value, int) else f"{printable(name)} {value}"


def _changed(change: Change) -> str:
    since = in_words(change.since.asked)
    return f"{change.by or 'no change'} since {since}"


def number(f: Figure) -> str:
    """Return the number of a figure in words that cannot be taken for another kind."""
    if f.suppressed:
        return "hidden"
    if f.status == "being_counted":
        return "no number yet"
    if f.kind == "age":
        return "nobody waits" if f.value is None else f"{f.value:.1f} office hours"
    if f.kind == "rate":
        return (
            "no rate"
            if f.value is None
            else f"{f.value:.1f} per 10,000 ({f.numerator:,} of {f.denominator:,} children)"
        )
    if f.denominator is None:
        return f"{f.numerator:,}"
    if f.value is None:
        return "none yet"
    share = f"{f.value:.2f}" if "statistic" in f.by else f"{f.value:.1%}"
    return f"{share} ({f.numerator:,} of {f.denominator:,})"
