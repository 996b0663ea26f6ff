"""The records behind a number: which children a figure counts, since when, and which of their records make it so.

The records behind a number are the fewest that alone give it: without any of them it would be another. So every shape
explains itself in one way, by being asked again, and nothing about a measure is said twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from events.case import Case, Person, people
from events.event import Event
from events.time import Instant, moment_of
from metrics.counting.tally import Tally, of_life
from metrics.figures.evaluate import Figure, Question, figures
from metrics.lives.life import PLACING, Life
from metrics.rules.rules import Rules
from metrics.sums.sums import Sums
from metrics.windows import since

ENVELOPE = frozenset(
    (
        "id",
        "authority",
        "child",
        "record",
        "source",
        "recorded_at",
        "occurred_on",
        "occurred_at",
        "received_at",
        "revision",
        "retracted",
        "team",
        "origin",
    )
)


class Fact(msgspec.Struct, frozen=True):
    """One thing that was told of a record, as it stands."""

    type: str
    on: str
    team: str | None
    fields: dict[str, Any]


class Record(msgspec.Struct, frozen=True):
    """A record behind a number, with what was told of it."""

    record: str
    facts: list[Fact]


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """What one child adds to a figure. *moments*: of a stock since when, of a flow when; *until*: when it ceases."""

    children: list[str]
    figures: list[Figure]
    moments: list[str]
    until: str | None
    records: list[Record]


def behind(cases: Iterable[Case], authority: str, question: Question, rules: Rules) -> Iterator[Behind]:
    """Yield what each child among *cases* adds to the answer to *question*; those who add nothing are left out."""
    for case in cases:
        for person in people(case):
            found = PersonQuery(person, authority, question, rules)
            if found.counted:
                yield found.behind()


class PersonQuery:
    """A question about one person alone."""

    def __init__(self, person: Person, authority: str, question: Question, rules: Rules) -> None:
        self._person, self._rest = person, (authority, question, rules)
        self._tally = self._tallied(person)
        self.counted = [figure for figure in self._answer(self._tally) if _is_any(figure)]

    def _tallied(self, person: Person) -> Tally:
        _, question, rules = self._rest
        return of_life(Life(person, rules), question.measure.parts)

    def _answer(self, tally: Tally) -> list[Figure]:
        authority, question, rules = self._rest
        found = figures(Sums(tally), authority, question, rules)
        return [figure for figure in found if "statistic" not in figure.by]

    def behind(self) -> Behind:
        measure = self._rest[1].measure
        moments, until = self._moments((measure.denominator or measure.numerator).name)
        return Behind(
            children=sorted({fact.subject for fact in self._person}),
            figures=self.counted,
            moments=[moment_of(at).isoformat() for at in moments],
            until=None if until is None else moment_of(until).isoformat(),
            records=list(self._records()),
        )

    def _moments(self, part: str) -> tuple[list[Instant], Instant | None]:
        """Return the last change of a stock up to now and the next, or the moments of a flow within the window."""
        question = self._rest[1]
        now, stock = question.at.instant, question.measure.numerator.stock
        instants = sorted({at for _, _, at in self._tally.get(part, {})})
        if not stock:
            start = since(question.over, question.at)
            return [at for at in instants if start <= at <= now], None
        return [at for at in instants if at <= now][-1:], next((at for at in instants if at > now), None)

    def _records(self) -> Iterator[Record]:
        """Yield the fewest records that alone give the answer: of several that would do, the newest."""
        parts = self._rest[1].measure.parts
        read = frozenset(kind for part in parts for kind in part.reads | (PLACING if part.moves else frozenset()))
        by_record: dict[tuple[str, str], list[Event]] = {}
        for fact in self._person:
            if type(fact) in read:
                by_record.setdefault((fact.type.split(".")[0], fact.record), []).append(fact)
        kept = sorted(by_record.items(), key=lambda item: min(fact.occurred for fact in item[1]))
        whole = self._number(fact for _, facts in kept for fact in facts)
        for one in tuple(kept):
            without = [other for other in kept if other is not one]
            if self._number(fact for _, facts in without for fact in facts) == whole:
                kept = without
        for (_, record), facts in kept:
            yield Record(record, [_fact(fact) for fact in sorted(facts, key=lambda fact: fact.occurred)])

    def _number(self, facts: Iterable[Event]) -> list[tuple[Any, ...]]:
        """Return all that the figures would say of somebody about whom only *facts* were told: of every band."""
        authority, question, rules = self._rest
        wanted = {name: value for name, value in question.wanted.items() if name != "band"}
        asked = msgspec.structs.replace(question, wanted=wanted)
        found = figures(Sums(self._tallied(Person(facts))), authority, asked, rules)
        return [
            (figure.team, figure.locality, tuple(figure.by.items()), figure.numerator, figure.denominator, figure.value)
            for figure in found
            if _is_any(figure)
        ]


def _is_any(figure: Figure) -> bool:
    """Return whether a figure of one person counts anything: of a share, also below the line."""
    below = figure.denominator if figure.kind == "quotient" else 0
    return bool(figure.numerator or below or figure.value)


def _fact(fact: Event) -> Fact:
    told: Mapping[str, Any] = msgspec.to_builtins(fact, order="sorted")
    fields = {name: value for name, value in told.items() if name not in ENVELOPE and name != "type"}
    return Fact(fact.type, str(fact.occurred_on or moment_of(fact.occurred).isoformat()), fact.team, fields)
