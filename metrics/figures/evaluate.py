"""Figures: a measure, of an authority, at a moment, over a window (CONTRACT 3)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

import msgspec

from events.time import MICROSECONDS_PER_HOUR, Instant, midnight
from events.working_days import calendar
from metrics.figures.reference.population import population
from metrics.measure import Kind, Measure
from metrics.rules.rules import Rules
from metrics.shapes import Part
from metrics.sums.sums import Sums
from metrics.windows import At, first_day

Status = Literal["on_target", "near_target", "below_target", "above_target", "no_target", "too_few"]
Key = tuple[str, ...]  # the values of the breakdowns that were asked for
ByKey = Mapping[Key, int]

NEAR = 0.05  # a ratio within five points of its target is near it
FEW = 10  # a percentage of fewer than ten is no ground for a judgement
PLACES = ("team", "locality")
PER = 10_000  # children, that a rate is per
USUAL = Rules(calendar())  # of an authority that sets nothing


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
    numerator: int | None
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
        have = ", ".join((*measure.by, *PLACES))
        super().__init__(f"{measure.name} has no breakdown {name!r}: it has {have}")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one measure. *by* names breakdowns to divide by, *wanted* values to keep to."""

    measure: Measure
    at: At
    window: str | None = None
    known_at: str | None = None
    team: str | None = None
    locality: str | None = None
    by: Key = ()
    wanted: Mapping[str, str] = {}

    @property
    def over(self) -> str:
        """The window that the answer is over."""
        return "now" if self.measure.numerator.stock else self.window or self.measure.window

    @property
    def keeping(self) -> dict[str, str]:
        """Every value that is kept to, those of the place too."""
        places = {"team": self.team, "locality": self.locality}
        return {**self.wanted, **{name: place for name, place in places.items() if place is not None}}


def figures(sums: Sums, authority: str, question: Question, rules: Rules = USUAL) -> list[Figure]:
    """Return the figures that answer *question*: one, or one for each value of the breakdowns that is not empty.

    Of a distribution, one for each band and one for the mean, instead of one. Raises UnknownBreakdown, UnknownWindow.
    """
    return list(Evaluation(sums, authority, question, rules).figures())


class Evaluation:
    """A question put to the sums of one authority under its rules."""

    def __init__(self, sums: Sums, authority: str, question: Question, rules: Rules) -> None:
        self.measure, self.question = question.measure, question
        self._sums, self._authority, self._rules = sums, authority, rules
        self._over, self._keeping, self._moment = question.over, question.keeping, question.at.instant
        self._day, self._at = question.at.day, question.at.text
        self._from = None if self._over == "now" else first_day(self._over, self._day)
        self._target = rules.targets.get(self.measure.name, self.measure.target)
        self._places = tuple(name for name in question.by if name in PLACES)
        self._beside: dict[str, ByKey] | None = None
        known = (*self.measure.by, *PLACES)
        for name in question.by:
            if name not in known:
                raise UnknownBreakdown(self.measure, name)
        for name in question.wanted:
            if name not in known and not (name == "band" and self.measure.bands):
                raise UnknownBreakdown(self.measure, name)

    def figures(self) -> Iterator[Figure]:
        match self.measure.kind:
            case "distribution":
                yield from self._distribution()
            case "age":
                yield from self._ages()
            case "rate":
                yield from self._rates()
            case _:
                yield from self._counts()

    def _total(self, part: Part, by: Key, keeping: Mapping[str, str]) -> dict[Key, int]:
        start = None if part.stock else midnight(first_day(self._over, self._day))
        return self._sums.total(part, start, self._moment, keeping, by, self._rules)

    def _counts(self) -> Iterator[Figure]:
        asked, measure = self.question, self.measure
        above = self._total(measure.numerator, asked.by, self._keeping)
        below = self._total(measure.denominator, asked.by, self._keeping) if measure.denominator else None
        for key in sorted({*above, *(below or {})}) if asked.by else [()]:
            numerator, denominator = above.get(key, 0), None if below is None else below.get(key, 0)
            yield self._figure(key, numerator, denominator, _divided(numerator, denominator))

    def _rates(self) -> Iterator[Figure]:
        """Yield numbers per 10,000 children; a place or a group of children has no estimate of its own, and no rate."""
        above = self._total(self.measure.numerator, self.question.by, self._keeping)
        whole = not self.question.by and not self._keeping
        estimate = population(self._authority, self._day, self._rules.population) if whole else None
        for key in sorted(above) if self.question.by else [()]:
            numerator, children = above.get(key, 0), estimate.children if estimate else None
            value = numerator * PER / children if children else None
            yield self._figure(key, numerator, children, value, {"population_year": estimate.year} if estimate else {})

    def _distribution(self) -> Iterator[Figure]:
        asked, measure = self.question, self.measure
        everywhere = {name: value for name, value in self._keeping.items() if name != "band"}
        children = self._total(measure.numerator, ("band", *asked.by), everywhere)
        assert measure.weighed is not None, "a distribution has a mean"
        numbers = self._total(measure.weighed, asked.by, everywhere)
        for key in sorted({key[1:] for key in children}) if asked.by else [()]:
            everybody = sum(children.get((band, *key), 0) for band in measure.bands)
            for band in measure.bands:
                if asked.wanted.get("band", band) == band:
                    inside = children.get((band, *key), 0)
                    yield self._figure(key, inside, everybody, _divided(inside, everybody), under={"band": band})
            if "band" not in asked.wanted:
                number = numbers.get(key, 0)
                yield self._figure(key, number, everybody, _divided(number, everybody), under={"statistic": "mean"})

    def _ages(self) -> Iterator[Figure]:
        """Yield how long, in office hours, the longest has waited; nobody waits: null."""
        asked, item = self.question, self.measure.numerator.by[-1].name
        earliest: dict[Key, Instant] = {}
        for (*key, started), n in self._total(self.measure.numerator, (*asked.by, item), self._keeping).items():
            if n > 0:
                group = tuple(key)
                earliest[group] = min(int(started), earliest.get(group, int(started)))
        for group in sorted(earliest) if asked.by else [()]:
            started_at = earliest.get(group)
            hours = (
                None
                if started_at is None
                else self._rules.office.elapsed(started_at, self._moment) / MICROSECONDS_PER_HOUR
            )
            yield self._figure(group, None, None, hours)

    def _figure(
        self,
        key: Key,
        numerator: int | None,
        denominator: int | None,
        value: float | None,
        beside: Mapping[str, int] | None = None,
        under: Mapping[str, str] | None = None,
    ) -> Figure:
        asked, measure = self.question, self.measure
        values = dict(zip(asked.by, key, strict=True))
        team, locality = values.pop("team", asked.team), values.pop("locality", asked.locality)
        if beside is None:
            beside = {} if values or asked.wanted or under else self._beside_at(key)
        return Figure(
            measure=measure.name,
            kind=measure.kind,
            unit=measure.unit,
            authority=self._authority,
            window=self._over,
            from_=self._from,
            at=self._at,
            known_at=asked.known_at,
            team=team,
            locality=locality,
            by={**asked.wanted, **values, **(under or {})},
            numerator=numerator,
            denominator=denominator,
            value=value,
            target=self._target,
            status=judge(measure, value, denominator, self._target),
            beside=dict(beside),
        )

    def _beside_at(self, place: Key) -> dict[str, int]:
        """Return what is not in the figure of a place yet; not by breakdown, since what is open has no outcome."""
        if self._beside is None:
            parts = self.measure.beside.items()
            self._beside = {name: self._total(part, self._places, self._keeping) for name, part in parts}
        return {name: totals.get(place, 0) for name, totals in self._beside.items()}


def _divided(numerator: int, denominator: int | None) -> float | None:
    if denominator is None:
        return float(numerator)
    return numerator / denominator if denominator else None


def judge(measure: Measure, value: float | None, denominator: int | None, target: float | None) -> Status:
    """Return how a value stands to its target."""
    if target is None or measure.polarity == "neither":
        return "no_target"
    if value is None or (measure.kind == "quotient" and denominator is not None and denominator < FEW):
        return "too_few"
    # Rounded, as 0.9 - 0.85 is a little more than 0.05 in binary.
    short = round(target - value if measure.polarity == "high_is_good" else value - target, 9)
    if short <= 0:
        return "on_target"
    if short <= NEAR:
        return "near_target"
    return "below_target" if measure.polarity == "high_is_good" else "above_target"
