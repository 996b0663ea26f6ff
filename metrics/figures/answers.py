"""Questions put in words, and answers as CONTRACT 3 has them: one place for the command, the API and the boards."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime

from events.time import LONDON, moment_of
from metrics.catalogue import MEASURES, measure_named
from metrics.counting.fold import Completeness
from metrics.figures.evaluate import PLACES, USUAL, Answer, Figure, Question, figures
from metrics.measure import Measure
from metrics.rules.rules import Rules
from metrics.rules.teams import told_teams
from metrics.sums.sums import Sums
from metrics.windows import At

Ask = Callable[[At], Question]  # a question, but for its moment
Found = Mapping[str, tuple[Completeness, Sums]]  # authorities by name, and their cells


class UnknownPlace(ValueError):
    """Asked for a team or a locality that nobody has told of."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no {kind} {name!r}: there are {', '.join(known) or 'none yet'}")


def chosen(names: Iterable[str]) -> list[Measure]:
    """Return the measures called *names*, or all of them where none is named. Raises UnknownMeasure."""
    return [measure_named(name) for name in names] or list(MEASURES)


class Inquiry:
    """Who is asked, about which moments, by which rules. What time it is is asked once.

    Without moments each authority answers at its own *now*: a made-up one may have a clock of its own.
    """

    def __init__(
        self,
        found: Found,
        moments: Sequence[At],
        now: Callable[[str], datetime],
        catalogue: str,
        rules: Callable[[str], Rules] = lambda _: USUAL,
    ) -> None:
        self.found, self.rules = found, rules
        self._moments, self._catalogue = moments, catalogue
        self._here = {name: At(now(name)) for name in found}
        latest = min((at.instant for at in self._here.values()), default=None)
        self._now = At(moment_of(latest) if latest is not None else now("").astimezone(LONDON))

    def at(self, moments: Sequence[At]) -> "Inquiry":
        """Return the same about other moments."""
        other = copy(self)
        other._moments = moments
        return other

    @property
    def today(self) -> date:
        """The day that it is, where that is the earliest."""
        return self._now.day

    @property
    def is_over(self) -> bool:
        """Whether all moments that it is about are past, so that only what is told later can change the answer."""
        return bool(self._moments) and max(at.instant for at in self._moments) <= self._now.instant

    def questions(self, asks: Sequence[Ask]) -> list[tuple[str, Question]]:
        """Return what to put to which authority. Raises UnknownPlace."""
        asked = [
            (name, ask(at or self._here[name]))
            for at in self._moments or (None,)
            for ask in asks
            for name in self.found
        ]
        for question in {(q.team, q.locality): q for _, q in asked}.values():
            if question.team is not None or question.locality is not None:
                _check_places(question, self.found, self.rules)
        return asked

    def answer(self, told: list[Figure]) -> Answer:
        """Return *told* in the envelope. It is true for the last moment, and never for one later than now."""
        complete = [authority.complete_to(self._here[name].instant) for name, (authority, _) in self.found.items()]
        known = [moment for moment in complete if moment is not None]
        as_of = min((*self._moments[-1:], self._now), key=lambda at: at.instant)
        return Answer(
            as_of=moment_of(as_of.instant).isoformat(),
            complete_to=min(known).astimezone(LONDON).isoformat() if known else None,
            catalogue=self._catalogue,
            simulated=any(authority.simulated for authority, _ in self.found.values()),
            figures=told,
        )


def answer(
    found: Found,
    asks: Sequence[Ask],
    moments: Sequence[At],
    now: Callable[[str], datetime],
    catalogue: str,
    rules: Callable[[str], Rules] = lambda _: USUAL,
) -> Answer:
    """Return the figures of the authorities *found* that answer *asks* at *moments*.

    Raises UnknownBreakdown, UnknownWindow, UnknownPlace.
    """
    inquiry = Inquiry(found, moments, now, catalogue, rules)
    told = [it for name, asked in inquiry.questions(asks) for it in figures(found[name][1], name, asked, rules(name))]
    return inquiry.answer(told)


def _check_places(question: Question, found: Found, rules: Callable[[str], Rules]) -> None:
    """Raise UnknownPlace for a team that nobody has told of: a slip of the keyboard, and no team without children."""
    places = {
        (team, locality)
        for name, (_, sums) in found.items()
        for told in {*sums.teams(), *told_teams(rules(name).teams)}
        for _, team, locality in rules(name).stretches(told)
    }
    asked = (("team", question.team, 0), ("locality", question.locality, 1))
    for kind, wanted, which in asked:
        known = sorted({place[which] for place in places})
        if wanted is not None and wanted not in known:
            raise UnknownPlace(kind, wanted, known)


def described(measure: Measure) -> dict[str, object]:
    """Return a measure as `casepulse measures --json` and `/v1/measures` give it."""
    return {
        "name": measure.name,
        "title": measure.title,
        "definition": measure.definition,
        "kind": measure.kind,
        "unit": measure.unit,
        "window": measure.window,
        "windows": [*measure.windows, *([] if measure.numerator.stock else ["last_N_days"])],
        "by": [*measure.by, *PLACES],
        "bands": list(measure.bands),
        "target": measure.target,
        "polarity": measure.polarity,
        "beside": list(measure.beside),
        "source": {"title": measure.source.title, "read_on": measure.source.read_on.isoformat()},
    }
