"""The one door for answers: every board, route, scrape, topic and command asks here, and computes no figure past it.

So all of them know the same teams, show the same for a team that has nothing, and will disclose by the same rule.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from events.time import Instant, midnight
from events.working_days import FIRST, LAST
from metrics.counting.completeness import Completeness
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Figure
from metrics.figures.notes import STILL_TO_COUNT
from metrics.figures.question import PLACES, Question
from metrics.figures.reach import Reach, reach
from metrics.figures.snapshot import Snapshot
from metrics.measure import Measure
from metrics.rules.rules import Rules, usual_rules
from metrics.rules.teams import UNKNOWN, stretch_at, told_teams
from metrics.sums.sums import Sums
from metrics.windows import At, parse_at

Place = tuple[str, str]  # team, locality

NO_CELLS = Sums()
NO_NUMBERS = {"numerator": None, "denominator": None, "value": None}
BEING_COUNTED: Mapping[str, Any] = {**NO_NUMBERS, "status": "being_counted", "beside": {}, "note": STILL_TO_COUNT}


def answer(sums: Sums, authority: str, question: Question, rules: Rules) -> list[Figure]:
    """Return the figures that answer *question*: the one function that every face is answered by.

    Raises UnknownBreakdown, UnknownWindow, WrongQuestion.
    """
    return evaluate(sums, authority, question, rules)


class Answers:
    """Answers from one snapshot, each authority at its own now, which is asked once."""

    def __init__(
        self,
        snapshot: Snapshot,
        now: Callable[[str], datetime],
        rules: Callable[[str], Rules] = lambda _: usual_rules(),
        speed: Callable[[str], float] = lambda _: 1.0,
    ) -> None:
        self._snapshot, self._rules_of, self._speed = snapshot, rules, speed
        self._now = {name: At(now(name)) for name in snapshot.authorities}
        # Asked for anew by each measure of a scrape or of the topic, and the same for all of them.
        self._reaches: dict[str, Reach] = {}
        self._places: dict[str, set[Place]] = {}
        self._places_on: dict[tuple[str, date], set[Place]] = {}
        self._empty: dict[tuple[str, str, str], list[Figure]] = {}  # figures of nothing: authority, measure, moment

    # --- who there is -----------------------------------------------------------------------------------------------

    @property
    def authorities(self) -> tuple[str, ...]:
        """The authorities that can be asked about."""
        return tuple(self._snapshot.authorities)

    @property
    def catalogue(self) -> str:
        """The fingerprint of the rules that counted the figures."""
        return self._snapshot.catalogue

    def rules(self, authority: str) -> Rules:
        """Return what *authority* sets."""
        return self._rules_of(authority)

    def now(self, authority: str) -> At:
        """Return the moment that it is where *authority* is."""
        return self._now[authority]

    def completeness(self, authority: str) -> Completeness:
        """Return how far the feeds of *authority* have come."""
        return self._snapshot.authorities[authority].completeness

    def reach(self, authority: str) -> Reach:
        """Return up to when is known what happened at *authority*, and whether that is behind."""
        if authority not in self._reaches:
            self._reaches[authority] = reach(
                self.completeness(authority), self.now(authority), self.rules(authority), self._speed(authority)
            )
        return self._reaches[authority]

    def places(self, authority: str) -> set[Place]:
        """Return every team with every locality that it ever had, under every name that it ever bore."""
        if authority not in self._places:
            teams = {*self._sums(authority).teams(), *told_teams(self.rules(authority).teams)}
            self._places[authority] = self._places_of(authority, teams)
        return self._places[authority]

    def teams(self, authority: str) -> set[str]:
        """Return every team that events or the authority's rules tell of, under every name that it ever bore."""
        return {team for team, _ in self.places(authority)}

    def localities(self, authority: str) -> set[str]:
        """Return every locality that a team ever stood in."""
        return {locality for _, locality in self.places(authority)}

    def places_on(self, authority: str, day: date) -> set[Place]:
        """Return every team as it is called on *day*, with its locality of then.

        A team of which only the rules tell is among them on the days that they give it.
        """
        if (authority, day) not in self._places_on:
            rules = self.rules(authority)
            teams = self._sums(authority).teams() | {fact.team for fact in rules.teams if fact.covers(day)}
            self._places_on[authority, day] = {stretch_at(rules.stretches(team), day) for team in teams}
        return self._places_on[authority, day]

    def places_shown_on(self, authority: str, day: date) -> set[Place]:
        """Return every place that `figures_by_place` may show on *day*, and no other: so many figures there may be."""
        return self._places_of(authority, self._sums(authority).teams()) | self.places_on(authority, day)

    def values(self, authority: str, measure: Measure, name: str) -> set[str]:
        """Return every value of a breakdown of *measure* that is declared, or that anything was ever counted under."""
        parts = filter(None, (measure.numerator, measure.denominator))
        told = {value for part in parts for value in self._sums(authority).values(part, name)}
        return told | {*measure.breakdowns[name].order, UNKNOWN}

    def _places_of(self, authority: str, teams: Iterable[str]) -> set[Place]:
        rules = self.rules(authority)
        return {(name, locality) for team in teams for _, name, locality in rules.stretches(team)}

    def is_counted(self, authority: str, measure: Measure) -> bool:
        """Whether there are tallies of all that *measure* sums; while a new version counts them there may not be."""
        uncounted = self._snapshot.authorities[authority].uncounted
        return not uncounted or uncounted.isdisjoint(part.name for part in measure.parts)

    # --- figures ----------------------------------------------------------------------------------------------------

    def figures(self, authority: str, question: Question) -> list[Figure]:
        """Return the figures that answer *question*, each marked where it reaches further than is known.

        A measure that is still to be counted has no number, and no breakdown. Raises UnknownBreakdown, UnknownWindow,
        WrongQuestion.
        """
        if self.is_counted(authority, question.measure):
            return self._asked(self._sums(authority), authority, question)
        empty = answer(NO_CELLS, authority, question, self.rules(authority))
        return [] if question.by else [msgspec.structs.replace(figure, **BEING_COUNTED) for figure in empty]

    def _asked(self, sums: Sums, authority: str, question: Question) -> list[Figure]:
        figures = answer(sums, authority, question, self.rules(authority))
        reach = self.reach(authority)
        if question.known_at is not None:
            reach = reach.as_known(parse_at(question.known_at))
        return [reach.shown(figure, question.at) for figure in figures]

    def figures_by_team(self, authority: str, measure: Measure, at: At) -> list[Figure]:
        """Return the figures of every team that there ever was; a team that has nothing has its zeros.

        There are none of a measure that is still to be counted.
        """
        if not self.is_counted(authority, measure):
            return []
        figures = self.figures(authority, Question(measure=measure, at=at, by=("team",)))
        empty = sorted(self.teams(authority) - {figure.team for figure in figures})
        return [*figures, *(figure for team in empty for figure in self._of_empty_team(authority, measure, at, team))]

    def figures_by_place(self, authority: str, measure: Measure, at: At) -> list[Figure]:
        """Return the figures by team and locality; a team that has nothing has its zeros where it stands at *at*.

        There are none of a measure that is still to be counted.
        """
        if not self.is_counted(authority, measure):
            return []
        figures = self.figures(authority, Question(measure=measure, at=at, by=PLACES))
        teams = {figure.team for figure in figures}
        empty = sorted((locality, team) for team, locality in self.places_on(authority, at.day) if team not in teams)
        return [
            *figures,
            *(
                figure
                for locality, team in empty
                for figure in self._of_empty_team(authority, measure, at, team, locality)
            ),
        ]

    def _of_empty_team(
        self, authority: str, measure: Measure, at: At, team: str, locality: str | None = None
    ) -> list[Figure]:
        """Return the figures of a team that has nothing in a measure; there may be something beside it."""
        if measure.beside or measure.lacking:
            figures = self.figures(authority, Question(measure=measure, at=at, team=team))
        else:
            figures = self._of_nothing(authority, measure, at)
        return [msgspec.structs.replace(figure, team=team, locality=locality) for figure in figures]

    def _of_nothing(self, authority: str, measure: Measure, at: At) -> list[Figure]:
        """Return the figures of any team that has nothing at all, worked out once."""
        if (key := (authority, measure.name, at.text)) not in self._empty:
            self._empty[key] = self._asked(NO_CELLS, authority, Question(measure=measure, at=at, team=""))
        return self._empty[key]

    def _sums(self, authority: str) -> Sums:
        return self._snapshot.authorities[authority].sums

    # --- what a board draws -----------------------------------------------------------------------------------------

    def count_between(self, authority: str, measure: Measure, since: Instant, until: Instant, team: str | None) -> int:
        """Return how many of a flow there were in [*since*, *until*]."""
        totals = self._sums(authority).total(measure.numerator, since, until, _keeping(team), (), self.rules(authority))
        return totals.get((), 0)

    def waiting(self, authority: str, measure: Measure, at: At, team: str | None) -> dict[Instant, int]:
        """Return how many wait at *at*, by the instant since when; *measure* is of the kind age."""
        part = measure.numerator
        totals = self._sums(authority).total(
            part, None, at.instant, _keeping(team), (part.by[-1].name,), self.rules(authority)
        )
        return {int(since): n for (since,), n in totals.items() if n > 0}

    def was_ever_told(self, authority: str, measure: Measure) -> bool:
        """Return whether anything of a flow was ever told, of any team; while it is still to be counted, it may be."""
        return (
            not self.is_counted(authority, measure)
            or self.count_between(authority, measure, midnight(FIRST), midnight(LAST), None) != 0
        )


def _keeping(team: str | None) -> Mapping[str, str]:
    return {} if team is None else {"team": team}
