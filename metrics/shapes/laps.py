"""How the laps of a clock are found among the facts of one person: what starts, stops and ends each lap."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from events.event import Event
from metrics.lives.life import Life
from metrics.lives.terms import ends_before
from metrics.shapes.part import Types


class Lap(NamedTuple):
    """One lap of a clock: its start, its stop, and its end, which is the stop or else an abandonment.

    *facts* are the facts of its own record that tell its team while it runs, in order; its end is not among them.
    """

    start: Event
    stop: Event | None
    end: Event | None
    facts: tuple[Event, ...]


class Link(Protocol):
    """How the laps of a clock are found among the facts of a life."""

    @property
    def starts(self) -> type[Event]:
        """What starts a lap."""
        ...

    @property
    def reads(self) -> Types:
        """The event types that the link looks at."""
        ...

    def laps(self, life: Life) -> Iterator[Lap]:
        """Yield the laps. A lap that ends before it starts is none (rules 1.7)."""
        ...


@dataclass(frozen=True)
class SameRecord:
    """Started, stopped and abandoned by facts of one record; a stop stands over an abandonment, whenever it was."""

    starts: type[Event]
    stops: type[Event]
    abandoned_by: type[Event]

    @property
    def reads(self) -> Types:
        return frozenset((self.starts, self.stops, self.abandoned_by))

    def laps(self, life: Life) -> Iterator[Lap]:
        stops, abandonments = life.by_record(self.stops), life.by_record(self.abandoned_by)
        for start in life.facts(self.starts):
            stop, abandoned = stops.get(start.record), abandonments.get(start.record)
            end = stop or abandoned
            if end is None or not ends_before(start, end):
                yield Lap(start, stop, end, (start, abandoned) if stop and abandoned else (start,))


@dataclass(frozen=True)
class Naming:
    """Stopped by the first fact of another record that names the record of the start."""

    starts: type[Event]
    stops: type[Event]
    named: Callable[[Any], str]  # the record that a stop names

    @property
    def reads(self) -> Types:
        return frozenset((self.starts, self.stops))

    def laps(self, life: Life) -> Iterator[Lap]:
        stops = life.naming(self.stops, self.named)
        for start in life.facts(self.starts):
            stop = stops[start.record][0] if start.record in stops else None
            if stop is None or not ends_before(start, stop):
                yield Lap(start, stop, stop, (start,))
