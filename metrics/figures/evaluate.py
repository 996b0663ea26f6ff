"""A question put to the cells of one authority. Faces ask `answers`, never here."""

from collections.abc import Iterator, Mapping

from events.time import MICROSECONDS_PER_HOUR, Instant, midnight
from events.working_days import OutsideCalendar
from metrics.figures.figure import Figure
from metrics.figures.judge import judge
from metrics.figures.question import PLACES, Key, Question
from metrics.figures.reference.population import population
from metrics.rules.rules import Rules, usual_rules
from metrics.shapes import Part
from metrics.sums.sums import Sums
from metrics.windows import first_day
from metrics.wrong_question import WrongQuestion

ByKey = Mapping[Key, int]

CHILDREN_PER_RATE = 10_000


def evaluate(sums: Sums, authority: str, question: Question, rules: Rules | None = None) -> list[Figure]:
    """Return the figures that answer *question*: one, or one for each value of its breakdowns that is not empty.

    A distribution answers with a figure for each band and one for the mean. Without *rules* the usual ones hold.
    Raises UnknownBreakdown, UnknownWindow, and WrongQuestion where the calendar does not reach.
    """
    question.check()
    return list(Evaluation(sums, authority, question, rules or usual_rules()).figures())


class Evaluation:
    """A question put to the sums of one authority under its rules."""

    def __init__(self, sums: Sums, authority: str, question: Question, rules: Rules) -> None:
        self._measure, self._question = question.measure, question
        self._sums, self._authority, self._rules = sums, authority, rules
        self._window, self._keeping = question.over, question.keeping
        self._day, self._until = question.at.day, question.at.instant
        self._first_day = None if self._window == "now" else first_day(self._window, self._day)
        self._target = rules.targets.get(self._measure.name, self._measure.target)
        self._places = tuple(name for name in question.by if name in PLACES)
        self._beside: dict[str, ByKey] | None = None

    def figures(self) -> Iterator[Figure]:
        """Yield the figures, by the kind of the measure."""
        match self._measure.kind:
            case "distribution":
                yield from self._distribution()
            case "age":
                yield from self._ages()
            case "rate":
                yield from self._rates()
            case _:
                yield from self._counts()

    def _total(self, part: Part, by: Key, keeping: Mapping[str, str]) -> dict[Key, int]:
        since = None if part.stock else midnight(first_day(self._window, self._day))
        return self._sums.total(part, since, self._until, keeping, by, self._rules)

    def _counts(self) -> Iterator[Figure]:
        by, measure = self._question.by, self._measure
        above = self._total(measure.numerator, by, self._keeping)
        below = self._total(measure.denominator, by, self._keeping) if measure.denominator else None
        for key in sorted({*above, *(below or {})}) if by else [()]:
            numerator, denominator = above.get(key, 0), None if below is None else below.get(key, 0)
            yield self._figure(key, numerator, denominator, _divided(numerator, denominator))

    def _rates(self) -> Iterator[Figure]:
        """Yield numbers per 10,000 children; a place or a group of children has no estimate of its own, and no rate."""
        by = self._question.by
        above = self._total(self._measure.numerator, by, self._keeping)
        is_whole = not by and not self._keeping
        estimate = population(self._authority, self._day, self._rules.population) if is_whole else None
        beside = {"population_year": estimate.year} if estimate else {}
        for key in sorted(above) if by else [()]:
            numerator, children = above.get(key, 0), estimate.children if estimate else None
            value = numerator * CHILDREN_PER_RATE / children if children else None
            yield self._figure(key, numerator, children, value, beside)

    def _distribution(self) -> Iterator[Figure]:
        by, wanted, measure = self._question.by, self._question.wanted, self._measure
        all_bands = {name: value for name, value in self._keeping.items() if name != "band"}
        children = self._total(measure.numerator, ("band", *by), all_bands)
        assert measure.weighed is not None, "a distribution has a mean"
        weights = self._total(measure.weighed, by, all_bands)
        for key in sorted({key[1:] for key in children}) if by else [()]:
            everybody = sum(children.get((band, *key), 0) for band in measure.bands)
            for band in measure.bands:
                if wanted.get("band", band) == band:
                    inside = children.get((band, *key), 0)
                    yield self._figure(key, inside, everybody, _divided(inside, everybody), under={"band": band})
            if "band" not in wanted:
                weight = weights.get(key, 0)
                yield self._figure(key, weight, everybody, _divided(weight, everybody), under={"statistic": "mean"})

    def _ages(self) -> Iterator[Figure]:
        """Yield how long, in office hours, the longest has waited; null where nobody waits."""
        by = self._question.by
        earliest = self._earliest()
        for key in sorted(earliest) if by else [()]:
            since = earliest.get(key)
            yield self._figure(key, None, None, None if since is None else self._office_hours(since))

    def _earliest(self) -> dict[Key, Instant]:
        """Return the earliest start among those that still wait, by the breakdowns asked for."""
        earliest: dict[Key, Instant] = {}
        item = self._measure.numerator.by[-1].name
        totals = self._total(self._measure.numerator, (*self._question.by, item), self._keeping)
        for (*values, start), n in totals.items():
            if n > 0:
                key = tuple(values)
                earliest[key] = min(int(start), earliest.get(key, int(start)))
        return earliest

    def _office_hours(self, since: Instant) -> float:
        try:
            return self._rules.office.elapsed(since, self._until) / MICROSECONDS_PER_HOUR
        except OutsideCalendar as exc:
            raise WrongQuestion(f"{self._measure.name}: {exc}") from exc

    def _figure(
        self,
        key: Key,
        numerator: int | None,
        denominator: int | None,
        value: float | None,
        beside: Mapping[str, int] | None = None,
        under: Mapping[str, str] | None = None,
    ) -> Figure:
        question, measure = self._question, self._measure
        values = dict(zip(question.by, key, strict=True))
        team, locality = values.pop("team", question.team), values.pop("locality", question.locality)
        if beside is None:
            beside = {} if values or question.wanted or under else self._beside_at(key)
        return Figure(
            measure=measure.name,
            kind=measure.kind,
            unit=measure.unit,
            authority=self._authority,
            window=self._window,
            from_=self._first_day,
            at=question.at.text,
            known_at=question.known_at,
            team=team,
            locality=locality,
            by={**question.wanted, **values, **(under or {})},
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
            parts = self._measure.beside.items()
            self._beside = {name: self._total(part, self._places, self._keeping) for name, part in parts}
        return {name: totals.get(place, 0) for name, totals in self._beside.items()}


def _divided(numerator: int, denominator: int | None) -> float | None:
    if denominator is None:
        return float(numerator)
    return numerator / denominator if denominator else None
