"""How the laps of a clock are found among the facts of one person: what starts each, what stops it, what ends it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from events.event import Event
from metrics.lives.life import Life, ends_before
from metrics.shapes.part import Types


class Lap(NamedTuple):
    """One run of a clock: what starts it, what stops it, what ends it (the stop, or else an abandonment).

    *facts* are those of its own record that tell its team while it runs, in order; what ends it is not among them.
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
        """The event types that it looks at."""
        ...

    def laps(self, life: Life) -> Iterator[Lap]:
        """Yield the laps. What ends before it starts is none (MEASURES 1.7)."""
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
        stops, abandoned = life.by_record(self.stops), life.by_record(self.abandoned_by)
        for start in life.facts(self.starts):
            stop, gone = stops.get(start.record), abandoned.get(start.record)
            end = stop or gone
            if end is None or not ends_before(start, end):
                yield Lap(start, stop, end, (start, gone) if stop and gone else (start,))


@dataclass(frozen=True)
class Naming:
    """Stopped by the first fact of another record that names the record of the start."""

    starts: type[Event]
    stops: type[Event]
    field: str

    @property
    def reads(self) -> Types:
        return frozenset((self.starts, self.stops))

    def laps(self, life: Life) -> Iterator[Lap]:
        stops = life.naming(self.stops, self.field)
        for start in life.facts(self.starts):
            stop = stops[start.record][0] if start.record in stops else None
            if stop is None or not ends_before(start, stop):
                yield Lap(start, stop, stop, (start,))
