"""The records behind a number: which children a figure counts, since when, and which of their records make it so.

They are the fewest that alone give the number: it would be another without any of them. So every shape explains itself
in one way, by being asked again, and nothing about a measure is said twice.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from events.case import Case, Person, people
from events.event import ChildEvent, Event
from events.time import Instant, day_of, moment_of
from metrics.counting.tally import Tally, of_life
from metrics.figures.answers import answer
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.lives.life import Life
from metrics.lives.terms import PLACING
from metrics.rules.rules import Rules
from metrics.shapes import Part
from metrics.sums.sums import Sums
from metrics.windows import since

ENVELOPE = frozenset((*ChildEvent.__struct_fields__, "type"))


class Fact(msgspec.Struct, frozen=True):
    """One standing fact of a record."""

    type: str
    on: str
    team: str | None
    fields: dict[str, Any]


class Record(msgspec.Struct, frozen=True):
    """A record behind a number, with its facts."""

    record: str
    facts: list[Fact]


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """What one child adds to a figure. *moments*: since when for a stock, when for a flow; *until*: when it ceases.

    *due_on* is the last day that is, or was, in time, of several clocks the first; *days_late* how many days it is
    past that at the figure's moment, or was when its clock ended.
    """

    children: list[str]
    figures: list[Figure]
    moments: list[str]
    until: str | None
    due_on: date | None
    days_late: int
    records: list[Record]

    @property
    def order(self) -> tuple[object, ...]:
        """What children are listed by: those with a deadline first, by how late they are, then by their deadline."""
        return self.due_on is None, -self.days_late, self.due_on or date.max, self.moments, self.children


def behind(cases: Iterable[Case], authority: str, question: Question, rules: Rules) -> list[Behind]:
    """Return what each child among *cases* adds to the answer to *question*: by deadline, days late first.

    Children who add nothing are left out.
    """
    queries = (PersonQuery(person, authority, question, rules) for case in cases for person in people(case))
    return sorted((query.behind() for query in queries if query.counted), key=lambda one: one.order)


class PersonQuery:
    """A question about one person alone."""

    def __init__(self, person: Person, authority: str, question: Question, rules: Rules) -> None:
        self._person, self._authority, self._question, self._rules = person, authority, question, rules
        self._life = Life(person, rules)
        self._tally = of_life(self._life, question.measure.parts)
        figures = self._answered(self._tally, question)
        self.counted = [figure for figure in figures if _is_any(figure) and "statistic" not in figure.by]

    def _tallied(self, person: Person) -> Tally:
        return of_life(Life(person, self._rules), self._question.measure.parts)

    def _answered(self, tally: Tally, question: Question) -> list[Figure]:
        return answer(Sums(tally), self._authority, question, self._rules)

    def behind(self) -> Behind:
        """Return what the person adds, since when, and the records that make it so."""
        part = self._question.measure.denominator or self._question.measure.numerator
        instants, until = self._instants(part.name)
        records = list(self._records())
        due_on, days_late = self._deadline(part, {record.record for record in records})
        return Behind(
            children=sorted({fact.subject for fact in self._person}),
            figures=self.counted,
            moments=[moment_of(at).isoformat() for at in instants],
            until=None if until is None else moment_of(until).isoformat(),
            due_on=due_on,
            days_late=days_late,
            records=records,
        )

    def _deadline(self, part: Part, records: Container[str]) -> tuple[date | None, int]:
        """Return the first deadline among clocks that *records* started, and by how many days the latest is late."""
        at, over = self._question.at.instant, self._question.over
        start = None if part.stock else since(over, self._question.at)
        found = part.deadlines(self._life, start, at) if part.deadlines else ()
        own = [deadline for deadline in found if deadline.record in records]
        ends = (day_of(min(at, at if deadline.ended_at is None else deadline.ended_at)) for deadline in own)
        late = ((end - deadline.last).days for end, deadline in zip(ends, own, strict=True))
        return min((deadline.last for deadline in own), default=None), max((0, *late))

    def _instants(self, part: str) -> tuple[list[Instant], Instant | None]:
        """Return the last change of a stock up to now and the next, or the instants of a flow within the window."""
        now = self._question.at.instant
        instants = sorted({at for _, _, at in self._tally.get(part, {})})
        if not self._question.measure.numerator.stock:
            start = since(self._question.over, self._question.at)
            return [at for at in instants if start <= at <= now], None
        return [at for at in instants if at <= now][-1:], next((at for at in instants if at > now), None)

    def _records(self) -> Iterator[Record]:
        """Yield the fewest records that alone give the answer: of several that would do, the newest."""
        kept = sorted(self._facts_by_record().items(), key=lambda item: min(fact.occurred for fact in item[1]))
        whole = self._numbers(facts for _, facts in kept)
        for record in tuple(kept):
            without = [other for other in kept if other is not record]
            if self._numbers(facts for _, facts in without) == whole:
                kept = without
        for (_, name), facts in kept:
            yield Record(name, [_fact(fact) for fact in sorted(facts, key=lambda fact: fact.occurred)])

    def _facts_by_record(self) -> dict[tuple[str, str], list[Event]]:
        """Return the facts that the measure reads, by the kind and name of their record."""
        parts = self._question.measure.parts
        read = frozenset(kind for part in parts for kind in part.reads | (PLACING if part.moves else frozenset()))
        by_record: dict[tuple[str, str], list[Event]] = {}
        for fact in self._person:
            if type(fact) in read:
                by_record.setdefault((fact.type.split(".")[0], fact.record), []).append(fact)
        return by_record

    def _numbers(self, records: Iterable[Iterable[Event]]) -> list[tuple[object, ...]]:
        """Return every number that the figures would show if only *records* had been told: of every band."""
        wanted = {name: value for name, value in self._question.wanted.items() if name != "band"}
        tally = self._tallied(Person(fact for facts in records for fact in facts))
        return [
            (figure.team, figure.locality, tuple(figure.by.items()), figure.numerator, figure.denominator, figure.value)
            for figure in self._answered(tally, msgspec.structs.replace(self._question, wanted=wanted))
            if _is_any(figure)
        ]


def _is_any(figure: Figure) -> bool:
    """Return whether a figure of one person counts anything, in a share also below the line."""
    below = figure.denominator if figure.kind == "quotient" else 0
    return bool(figure.numerator or below or figure.value)


def _fact(fact: Event) -> Fact:
    values: Mapping[str, Any] = msgspec.to_builtins(fact, order="sorted")
    fields = {name: value for name, value in values.items() if name not in ENVELOPE}
    return Fact(fact.type, str(fact.occurred_on or moment_of(fact.occurred).isoformat()), fact.team, fields)
