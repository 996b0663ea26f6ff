"""A question put to the cells of one authority. Faces ask `answers`, never here."""

from collections.abc import Iterable, Iterator, Mapping

from events.time import MICROSECONDS_PER_HOUR, Instant, add_months, day_of, midnight
from events.working_days import OutsideCalendar
from metrics.figures.figure import Figure
from metrics.figures.judge import judge
from metrics.figures.notes import NO_RATE_OF_A_PART, no_population
from metrics.figures.order import in_order
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
        self._order = in_order(question.measure, question.by)
        self._beside: dict[str, ByKey] | None = None
        self._wholes: ByKey | None = None

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
        for key in self._listed({*above, *(below or {})}):
            numerator, denominator = above.get(key, 0), None if below is None else below.get(key, 0)
            share = self._share(key, numerator) if below is None else None
            yield self._figure(key, numerator, denominator, _divided(numerator, denominator), share=share)

    def _listed(self, keys: Iterable[Key]) -> list[Key]:
        """Return *keys* in their natural order; without breakdowns there is the one, whatever was counted."""
        return sorted(keys, key=self._order) if self._question.by else [()]

    def _share(self, key: Key, numerator: int) -> float | None:
        """Return the part of the whole of its place that is under *key*; None where it is divided by place alone."""
        by = self._question.by
        places = tuple(name for name in by if name in PLACES)
        if places == by:
            return None
        if self._wholes is None:
            self._wholes = self._total(self._measure.numerator, places, self._keeping)
        whole = self._wholes.get(tuple(value for name, value in zip(by, key, strict=True) if name in PLACES), 0)
        return _divided(numerator, whole)

    def _rates(self) -> Iterator[Figure]:
        """Yield numbers per 10,000 children; a place or a group of children has no estimate of its own, and no rate."""
        by = self._question.by
        above = self._total(self._measure.numerator, by, self._keeping)
        is_whole = not by and not self._keeping
        estimate = population(self._authority, self._day, self._rules.population) if is_whole else None
        beside = {"population_year": estimate.year} if estimate else {}
        note = None if estimate else no_population(self._authority, self._day) if is_whole else NO_RATE_OF_A_PART
        for key in self._listed(above):
            numerator, children = above.get(key, 0), estimate.children if estimate else None
            value = numerator * CHILDREN_PER_RATE / children if children else None
            yield self._figure(key, numerator, children, value, beside, note=note)

    def _distribution(self) -> Iterator[Figure]:
        by, wanted, measure = self._question.by, self._question.wanted, self._measure
        all_bands = {name: value for name, value in self._keeping.items() if name != "band"}
        children = self._total(measure.numerator, ("band", *by), all_bands)
        assert measure.weighed is not None, "a distribution has a mean"
        weights = self._total(measure.weighed, by, all_bands)
        for key in self._listed({key[1:] for key in children}):
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
        earliest = self._earliest()
        for key in self._listed(earliest):
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
        share: float | None = None,
        note: str | None = None,
    ) -> Figure:
        question, measure = self._question, self._measure
        values = dict(zip(question.by, key, strict=True))
        team, locality = values.pop("team", question.team), values.pop("locality", question.locality)
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
            beside={**self._beside_at(key), **(beside or {}), **self._history()},
            share=share,
            note=note,
        )

    def _beside_at(self, key: Key) -> dict[str, int]:
        """Return what is not in the figure under *key*: divided as it is, and left out where it cannot be.

        What is open has no outcome yet, so that nothing open stands beside an outcome.
        """
        if self._beside is None:
            asked = {*self._question.by, *self._keeping} - {*PLACES}
            parts = {**self._measure.beside, **self._measure.lacking}
            self._beside = {
                name: self._total(part, self._question.by, self._keeping)
                for name, part in parts.items()
                if part.has(asked)
            }
        found = {name: totals.get(key, 0) for name, totals in self._beside.items()}
        return {name: n for name, n in found.items() if n or name in self._measure.beside}

    def _history(self) -> dict[str, str]:
        """Return from when on there is anything to count, where the measure looks back further than that."""
        measure = self._measure
        if not measure.looks_back:
            return {}
        first = self._sums.first(measure.denominator or measure.numerator)
        back_to = add_months(self._first_day or self._day, -measure.looks_back)
        return {"history_from": day_of(first).isoformat()} if first is not None and day_of(first) > back_to else {}


def _divided(numerator: int, denominator: int | None) -> float | None:
    if denominator is None:
        return float(numerator)
    return numerator / denominator if denominator else None
