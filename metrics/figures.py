"""Figures: a measure, of an authority, at a moment, over a window (CONTRACT 3)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Literal

import msgspec

from metrics.measure import Kind, Measure
from metrics.shapes import Part
from metrics.sums import Sums
from metrics.windows import At, first_day, since

Status = Literal["on_target", "near_target", "below_target", "above_target", "no_target", "too_few"]

NEAR = 0.05  # a ratio within five points of its target is near it
FEW = 10  # a percentage of fewer than ten is no ground for a judgement


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number and all that it takes to read it. `value` is null where there is nothing to divide by."""

    measure: str
    kind: Kind
    unit: str
    authority: str
    window: str
    from_: date | None = msgspec.field(name="from")
    at: str
    known_at: str | None
    team: str | None
    locality: str | None
    by: dict[str, str]
    numerator: int
    denominator: int | None
    value: float | None
    target: float | None
    status: Status
    beside: dict[str, int]
    suppressed: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Figures, and how far they can be trusted: the instant they are true for and how complete the feed is."""

    as_of: str
    complete_to: str | None
    catalogue: str
    simulated: bool
    figures: list[Figure]


class UnknownBreakdown(ValueError):
    """Asked for a breakdown that the measure does not have."""

    def __init__(self, measure: Measure, name: str) -> None:
        have = ", ".join((*measure.by, "team"))
        super().__init__(f"{measure.name} has no breakdown {name!r}: it has {have}")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one measure. *by* names breakdowns to divide by, *wanted* values to keep to."""

    measure: Measure
    at: At
    window: str | None = None
    known_at: str | None = None
    team: str | None = None
    by: tuple[str, ...] = ()
    wanted: Mapping[str, str] = {}


def figures(sums: Sums, authority: str, question: Question) -> list[Figure]:
    """Return the figures that answer *question*: one, or one for each value of the breakdowns that is not empty.

    Raises UnknownBreakdown, UnknownWindow.
    """
    measure = question.measure
    for name in (*question.by, *question.wanted):
        if name not in (*measure.by, "team"):
            raise UnknownBreakdown(measure, name)
    above = _sums(sums, measure.numerator, question)
    below = _sums(sums, measure.denominator, question) if measure.denominator else {}
    keys: Iterable[tuple[str, ...]] = sorted({*above, *below}) if question.by else [()]
    return [_figure(sums, authority, question, key, above, below) for key in keys]


def _window(question: Question) -> str:
    return "now" if question.measure.numerator.stock else question.window or question.measure.window


def _sums(sums: Sums, part: Part, question: Question) -> dict[tuple[str, ...], int]:
    start = None if part.stock else since(_window(question), question.at)
    return sums.total(part, start, question.at.moment, question.team, question.wanted, question.by)


def _figure(
    sums: Sums, authority: str, question: Question, key: tuple[str, ...],
    above: Mapping[tuple[str, ...], int], below: Mapping[tuple[str, ...], int],
) -> Figure:  # fmt: skip
    measure, window = question.measure, _window(question)
    values = dict(zip(question.by, key, strict=True))
    team = values.pop("team", question.team)
    numerator = above.get(key, 0)
    denominator = below.get(key, 0) if measure.denominator else None
    value = float(numerator) if denominator is None else numerator / denominator if denominator else None
    return Figure(
        measure=measure.name, kind=measure.kind, unit=measure.unit, authority=authority,
        window=window, from_=None if window == "now" else first_day(window, question.at.day),
        at=str(question.at), known_at=question.known_at, team=team, locality=None, by={**question.wanted, **values},
        numerator=numerator, denominator=denominator, value=value, target=measure.target,
        status=judge(measure, value, denominator),
        beside={} if values or question.wanted else dict(_beside(sums, question, team)),
    )  # fmt: skip


def _beside(sums: Sums, question: Question, team: str | None) -> Iterator[tuple[str, int]]:
    """Yield what is not in the figure yet; not by breakdown, since what is open has no outcome."""
    for name, part in question.measure.beside.items():
        yield name, sums.total(part, None, question.at.moment, team, {}).get((), 0)


def judge(measure: Measure, value: float | None, denominator: int | None) -> Status:
    """Return how a value stands to its target."""
    if measure.target is None or measure.polarity == "neither":
        return "no_target"
    if value is None or (denominator is not None and denominator < FEW):
        return "too_few"
    # Rounded, as 0.9 - 0.85 is a little more than 0.05 in binary.
    short = round(measure.target - value if measure.polarity == "high_is_good" else value - measure.target, 9)
    if short <= 0:
        return "on_target"
    if short <= NEAR:
        return "near_target"
    return "below_target" if measure.polarity == "high_is_good" else "above_target"
