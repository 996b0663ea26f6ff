"""The few shapes that carry every measure. A shape reads a person and yields signed cells; it reacts to nothing.

A cell says that from an instant on (a stock), or at an instant (a flow), so many more of a part stand in a place
and under some breakdown values. A figure is a sum of cells. Nothing here asks what time it is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from events.case import Person
from events.event import ChildEvent, Event
from events.time import Instant, midnight
from metrics.timeline import Stretch, Timeline, uppermost
from metrics.working_days import Calendar, WorkingDays

UNKNOWN = "unknown"
Held = tuple[str, tuple["Value", ...]]  # what a stock stands under: its team and its breakdown values
Value = str | tuple[str, ...]  # one breakdown value, or the distinct ones of a list: counted once under each


class Cell(NamedTuple):
    """So many (*n*) of *part* in a *team*, under *by*, from or at the instant *at*."""

    part: str
    team: str
    by: tuple[Value, ...]
    at: Instant
    n: int


@dataclass(frozen=True)
class Rules:
    """What an authority may set: its working days, and the parameters that declarations name."""

    days: Calendar
    roll_start_forward: bool = False


@dataclass(frozen=True)
class Breakdown:
    """A way to divide a measure: *of* gives the value of one counted fact, reading also facts of the types *reads*."""

    name: str
    of: Callable[[Any, Person], Value]
    reads: tuple[type[Event], ...] = ()


@dataclass(frozen=True)
class Part:
    """What a shape yields under one name: a flow is summed over a window, a stock up to a moment."""

    name: str
    stock: bool
    by: tuple[Breakdown, ...]
    shape: "Shape"


class Shape(Protocol):
    """What turns a person into cells."""

    @property
    def reads(self) -> frozenset[type[Event]]:
        """The event types that it looks at, and no others."""
        ...

    def cells(self, person: Person, rules: Rules) -> Iterator[Cell]:
        """Yield the cells of one person."""
        ...


def told(value: str | None) -> str:
    """Return the breakdown value of a field: none told is `unknown`."""
    return value or UNKNOWN


def each(values: tuple[str, ...] | None) -> Value:
    """Return the breakdown value of a list: once under each distinct value, `unknown` for none."""
    return tuple(sorted({value for value in values or () if value})) or UNKNOWN


def _reads(by: Iterable[Breakdown], *kinds: type[Event] | None) -> frozenset[type[Event]]:
    return frozenset(kind for kind in kinds if kind) | {kind for breakdown in by for kind in breakdown.reads}


def _values(by: tuple[Breakdown, ...], fact: Event, person: Person) -> tuple[Value, ...]:
    return tuple(breakdown.of(fact, person) for breakdown in by)


def _steps(part: str, timeline: Timeline[Held]) -> Iterator[Cell]:
    """Yield a stock's cells: -1 where a team and its breakdown values cease to hold, +1 where they begin to."""
    before = None
    for at, now in timeline:
        if before is not None:
            yield Cell(part, *before, at, -1)
        if now is not None:
            yield Cell(part, *now, at, 1)
        before = now


def ends_before(start: Event, end: Event) -> bool:
    """Return whether *end* lies before *start*: by day, and by instant only where both are instants (MEASURES 1.7)."""
    if start.occurred_at is not None and end.occurred_at is not None:
        return end.occurred < start.occurred
    return end.day < start.day


@dataclass(frozen=True)
class Count:
    """A flow: each fact of one type counts once, at its own moment and in the team that told it."""

    name: str
    of: type[Event]
    by: tuple[Breakdown, ...] = ()

    @property
    def counted(self) -> Part:
        """All of them."""
        return Part(self.name, False, self.by, self)

    @property
    def reads(self) -> frozenset[type[Event]]:
        return _reads(self.by, self.of)

    def cells(self, person: Person, rules: Rules) -> Iterator[Cell]:
        for fact in person.facts(self.of):
            yield Cell(self.name, told(fact.team), _values(self.by, fact, person), fact.occurred, 1)


@dataclass(frozen=True)
class Clock:
    """A clock with a deadline: it starts, and is stopped or abandoned, by facts of one record.

    A stop stands over an abandonment. A record whose end lies before its start is in none of the parts; a stop
    without a start waits for it.
    """

    name: str
    starts: type[Event]
    stops: type[Event]
    deadline: WorkingDays
    abandoned_by: type[Event]
    by: tuple[Breakdown, ...] = ()  # of the stop

    @cached_property
    def running(self) -> Part:
        """Started and neither stopped nor abandoned."""
        return Part(f"{self.name}.running", True, (), self)

    @cached_property
    def overdue(self) -> Part:
        """Running and past the deadline: from the start of the day after it, with no event and no timer."""
        return Part(f"{self.name}.overdue", True, (), self)

    @cached_property
    def stopped(self) -> Part:
        """Stopped, dated at the stop, where the start is known."""
        return Part(f"{self.name}.stopped", False, self.by, self)

    @cached_property
    def in_time(self) -> Part:
        """Of those stopped, the ones stopped on or before the deadline."""
        return Part(f"{self.name}.in_time", False, self.by, self)

    @property
    def reads(self) -> frozenset[type[Event]]:
        return _reads(self.by, self.starts, self.stops, self.abandoned_by)

    def cells(self, person: Person, rules: Rules) -> Iterator[Cell]:
        stops = {fact.record: fact for fact in person.facts(self.stops)}
        abandoned = {fact.record: fact for fact in person.facts(self.abandoned_by)}
        for start in person.facts(self.starts):
            stop = stops.get(start.record)
            end = stop or abandoned.get(start.record)
            if end is not None and ends_before(start, end):
                continue
            late = self.late_from(start, rules)
            yield from self._open(start, end, late)
            if stop is not None:
                yield from self._settled(stop, late, person)

    def late_from(self, start: Event, rules: Rules) -> Instant:
        """Return the first overdue moment: 00:00 of the day after the last day in time. Raises OutsideCalendar."""
        last = self.deadline.falls_on(start.day, rules.days, rules.roll_start_forward)
        return midnight(last + timedelta(days=1))

    def _open(self, start: Event, end: Event | None, late: Instant) -> Iterator[Cell]:
        until = None if end is None else end.occurred
        for part, since in ((self.running, start.occurred), (self.overdue, late)):
            if until is None or since < until:
                yield Cell(part.name, told(start.team), (), since, 1)
                if until is not None:
                    yield Cell(part.name, told(start.team), (), until, -1)

    def _settled(self, stop: Event, late: Instant, person: Person) -> Iterator[Cell]:
        where = told(stop.team), _values(self.by, stop, person), stop.occurred
        yield Cell(self.stopped.name, *where, 1)
        if stop.occurred < late:
            yield Cell(self.in_time.name, *where, 1)


@dataclass(frozen=True)
class Standing:
    """Facts that stand one until the next within a spell, as a legal status does within a period of care."""

    of: type[ChildEvent]
    names: str  # the field that names the spell; a fact that names none belongs to the one its date falls in

    def within(self, spell: Stretch[Any], spells: list[Stretch[Any]], person: Person) -> list[Any]:
        """Return the facts that belong to *spell*, one of *spells*, in order."""
        return [fact for fact in person.facts(self.of) if self._belongs(fact, spell, spells)]

    def _belongs(self, fact: ChildEvent, spell: Stretch[Any], spells: list[Stretch[Any]]) -> bool:
        named = getattr(fact, self.names)
        if named is not None:
            return bool(named == spell.rank[1])
        covering = [other for other in spells if other.covers(fact.occurred)]
        return bool(covering) and max(covering, key=lambda other: other.rank) is spell


@dataclass(frozen=True)
class Spells:
    """A stock of children: each counts once while some spell is open that `counts` lets through.

    Of several such spells the last begun is the present one, and gives the team and the breakdown values.
    """

    name: str
    starts: type[Event]
    ends: type[Event]
    standing: Standing
    counts: Callable[[Any], bool]  # of the fact that stands in the spell, or None
    by: tuple[Breakdown, ...] = ()  # of that fact

    @property
    def present(self) -> Part:
        """Children with such a spell."""
        return Part(self.name, True, self.by, self)

    @property
    def reads(self) -> frozenset[type[Event]]:
        return _reads(self.by, self.starts, self.ends, self.standing.of)

    def cells(self, person: Person, rules: Rules) -> Iterator[Cell]:
        spells = list(self.spells(person))
        pieces = [piece for spell in spells for piece in self._pieces(spell, spells, person)]
        timeline: Timeline[Held] = uppermost(pieces)
        yield from _steps(self.name, timeline)

    def spells(self, person: Person) -> Iterator[Stretch[Event]]:
        """Yield a stretch for each start; one whose end lies before it, or at the same moment, is none."""
        ends = {fact.record: fact for fact in person.facts(self.ends)}
        for start in person.facts(self.starts):
            end = ends.get(start.record)
            if end is None or (not ends_before(start, end) and start.occurred < end.occurred):
                until = None if end is None else end.occurred
                yield Stretch(start.occurred, until, (start.occurred, start.record), start)

    def _pieces(self, spell: Stretch[Event], spells: list[Stretch[Event]], person: Person) -> Iterator[Stretch[Held]]:
        """Yield the stretches of *spell* on which one fact stands and counts."""
        facts = self.standing.within(spell, spells, person)
        begins = [spell.start, *(max(spell.start, fact.occurred) for fact in facts)]
        for fact, begin, end in zip((None, *facts), begins, (*begins[1:], spell.end), strict=True):
            until = end if spell.end is None or (end is not None and end < spell.end) else spell.end
            if (until is None or begin < until) and self.counts(fact):
                value = told(spell.value.team), tuple(breakdown.of(fact, person) for breakdown in self.by)
                yield Stretch(begin, until, spell.rank, value)
