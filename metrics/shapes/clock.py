"""Clocks with a deadline in working days: what runs, what is due, what is late, and what was in time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from events.event import Event
from events.person import PersonRecorded
from events.time import Instant, day_of, end_of, midnight
from events.working_days import WorkingDays
from metrics.lives.life import Life
from metrics.lives.terms import when
from metrics.lives.timeline import Timeline, earliest, newest, pieces, value_at
from metrics.rules.rules import Parameters
from metrics.shapes.laps import Lap, Link
from metrics.shapes.part import Breakdown, Cell, Deadline, Part, Value, reading, standing, told, values


class TimedLap(NamedTuple):
    """A lap against its deadline."""

    lap: Lap
    last: date  # the last day in time
    due_soon: Instant  # from when on the deadline is near
    late: Instant  # the first overdue moment
    since: Instant
    until: Instant | None  # when it stops being open

    @property
    def deadline(self) -> Deadline:
        """The deadline, for whoever lists what is behind a figure."""
        return Deadline(self.lap.start.record, self.last, self.until)


class OpenStretch(NamedTuple):
    """Where an open lap stands, from when until when."""

    since: Instant
    until: Instant | None
    team: str
    by: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Clock:
    """A clock that must be stopped by the end of a working day. Death stops it; dead by the deadline is no breach.

    An open lap stands where the case is allocated, else in the team that the newest fact of its record told. *by*
    divides open and settled laps; *stopped_by* divides stopped laps by the fact that stopped them.
    """

    name: str
    link: Link
    deadline: WorkingDays
    by: tuple[Breakdown, ...] = ()
    stopped_by: tuple[Breakdown, ...] = ()
    of_childhood: bool = False  # waiting ends on the 18th birthday
    from_opening: bool = False  # an authority may let it start at the next opening of its office
    due_within: Callable[[Parameters], int] | None = None  # how many working days ahead is soon

    # --- what is open: stocks ------------------------------------------------------------------------------------

    @cached_property
    def running(self) -> Part:
        """Started and neither stopped nor abandoned."""
        return self._stock("running", lambda timed: (timed.since, timed.until))

    @cached_property
    def overdue(self) -> Part:
        """Running and past the deadline: from the start of the day after it, with no event and no timer."""
        return self._stock("overdue", lambda timed: (timed.late, timed.until))

    @cached_property
    def overdue_by_day(self) -> Part:
        """As overdue, by the day on which it was due."""
        return self._stock("overdue_by_day", lambda timed: (timed.late, timed.until), first=DUE_ON)

    @cached_property
    def due(self) -> Part:
        """Running and not overdue, by the day on which it is due."""
        return self._stock("due", lambda timed: (timed.since, timed.late), first=DUE_ON)

    @cached_property
    def due_soon(self) -> Part:
        """As due, from so many working days before the deadline as the authority looks ahead."""
        return self._stock("due_soon", lambda timed: (timed.due_soon, timed.late), first=DUE_ON)

    @cached_property
    def longest(self) -> Part:
        """Running, with its start as the item: the earliest start has waited longest."""
        return self._stock("longest", lambda timed: (timed.since, timed.until), item=SINCE)

    # --- what is over: flows -------------------------------------------------------------------------------------

    @cached_property
    def stopped(self) -> Part:
        """Stopped, dated at the stop, where the start is known."""
        return self._flow("stopped", self.stopped_by, self._stopped)

    @cached_property
    def in_time(self) -> Part:
        """Stopped by the deadline, or by a death before it."""
        return self._flow("in_time", self.stopped_by, self._in_time)

    @cached_property
    def settled(self) -> Part:
        """Stopped in time, dated at the stop; or late, dated the first overdue moment, stopped since or not."""
        return self._flow("settled", self.by, self._settled, moves=True)  # the late stand where the open clock did

    @cached_property
    def settled_in_time(self) -> Part:
        """Settled by being stopped in time."""
        return self._flow("settled_in_time", self.by, self._settled_in_time)

    # --- how -----------------------------------------------------------------------------------------------------

    def _stock(
        self,
        name: str,
        span: Callable[[TimedLap], tuple[Instant, Instant | None]],
        first: "ByLap | None" = None,
        item: "ByLap | None" = None,
    ) -> Part:
        by = (*_named(first), *self.by, *_named(item))

        def cells(life: Life) -> Iterator[Cell]:
            for timed, stretches in self._open(life):
                since, until = span(timed)
                before, after = first.of(timed) if first else (), item.of(timed) if item else ()
                for stretch in stretches:
                    begin, end = max(since, stretch.since), earliest(until, stretch.until)
                    if end is None or begin < end:
                        under = (*before, *stretch.by, *after)
                        yield (stretch.team, under, begin), 1
                        if end is not None:
                            yield (stretch.team, under, end), -1

        def deadlines(life: Life, _: Instant | None, at: Instant) -> Iterator[Deadline]:
            for timed, _stretches in self._open(life):
                since, until = span(timed)
                if since <= at and (until is None or at < until):
                    yield timed.deadline

        return Part(
            name=f"{self.name}.{name}",
            stock=True,
            by=by,
            counts=frozenset((self.link.starts,)),
            reads=reading(by, *self.link.reads, PersonRecorded),
            cells=cells,
            moves=True,
            reducer="longest" if item else None,
            deadlines=deadlines,
        )

    def _flow(
        self, name: str, by: tuple[Breakdown, ...], cell: Callable[[TimedLap, Life], Cell | None], moves: bool = False
    ) -> Part:
        def deadlines(life: Life, since: Instant | None, until: Instant) -> Iterator[Deadline]:
            for timed in self._timed(life):
                found = cell(timed, life)
                if found is not None and (since is None or since <= found[0][2]) and found[0][2] <= until:
                    yield timed.deadline

        return Part(
            name=f"{self.name}.{name}",
            stock=False,
            by=by,
            counts=frozenset((self.link.starts,)),
            reads=reading(by, *self.link.reads, PersonRecorded),
            cells=lambda life: (found for timed in self._timed(life) if (found := cell(timed, life)) is not None),
            moves=moves,
            deadlines=deadlines,
        )

    def _timed(self, life: Life) -> list[TimedLap]:
        return life.once(self, lambda: [self._time(lap, life) for lap in self.link.laps(life)])

    def _time(self, lap: Lap, life: Life) -> TimedLap:
        last, rules = self._last_day(lap.start, life), life.rules
        due_soon = rules.days.nth_before(last, self.due_within(rules.parameters)) if self.due_within else last
        until = earliest(when(lap.end), life.limit(self.of_childhood))
        late = midnight(last + timedelta(days=1))
        return TimedLap(lap, last, midnight(due_soon), late, lap.start.occurred, until)

    def _open(self, life: Life) -> list[tuple[TimedLap, list[OpenStretch]]]:
        """Return every lap that was ever open, and where it stood."""
        return life.once((self, "open"), lambda: list(self._opened(life)))

    def _opened(self, life: Life) -> Iterator[tuple[TimedLap, list[OpenStretch]]]:
        for timed in self._timed(life):
            if timed.until is None or timed.since < timed.until:
                yield timed, list(_open_stretches(timed, standing(self.by, timed.lap.start, life), life))

    def _last_day(self, start: Event, life: Life) -> date:
        """Return the last day in time. Raises OutsideCalendar."""
        rules, day = life.rules, start.day
        if self.from_opening and rules.parameters.after_hours_from_next_opening:
            day = day_of(rules.office.next_opening(start.occurred))
        return self.deadline.falls_on(day, rules.days, rules.parameters.roll_start_forward)

    def _stopped(self, timed: TimedLap, life: Life) -> Cell | None:
        stop = timed.lap.stop
        if stop is None:
            return None
        return (told(stop.team), values(self.stopped_by, stop, life), stop.occurred), 1

    def _in_time(self, timed: TimedLap, life: Life) -> Cell | None:
        over = earliest(when(timed.lap.stop), life.dies_at)
        return self._stopped(timed, life) if over is not None and over < timed.late else None

    def _settled(self, timed: TimedLap, life: Life) -> Cell | None:
        in_time = self._settled_in_time(timed, life)
        if in_time or (timed.until is not None and timed.until < timed.late):
            return in_time
        return (_place_when_late(timed, life), values(self.by, timed.lap.start, life), timed.late), 1

    def _settled_in_time(self, timed: TimedLap, life: Life) -> Cell | None:
        stop = timed.lap.stop
        if stop is None or stop.occurred >= timed.late:
            return None
        return (told(stop.team), values(self.by, timed.lap.start, life), stop.occurred), 1


def _open_stretches(timed: TimedLap, by: tuple[Timeline[Value], ...], life: Life) -> Iterator[OpenStretch]:
    """Yield where an open lap stands, in pieces on which neither team nor breakdown changes."""
    for since, until, (allocated, own, *under) in pieces(
        timed.since, timed.until, (life.allocated, _own_teams(timed), *by)
    ):
        yield OpenStretch(since, until, told(allocated or own), tuple(under))


def _own_teams(timed: TimedLap) -> Timeline[str]:
    """Return the team that the facts of the record told last, over time."""
    facts = sorted(timed.lap.facts, key=lambda fact: fact.occurred)
    return newest((fact.occurred, fact.team) for fact in facts if fact.team)


def _place_when_late(timed: TimedLap, life: Life) -> str:
    """Return the open clock's team at the end of the day it became late; the fact that ended it is left out."""
    at = end_of(day_of(timed.late))
    return told(value_at(life.allocated, at) or value_at(_own_teams(timed), at))


@dataclass(frozen=True)
class ByLap:
    """A breakdown that a lap tells of itself; *dated*: by day."""

    name: str
    of: Callable[[TimedLap], tuple[str]]
    dated: bool = False


DUE_ON = ByLap("due_on", lambda timed: (timed.last.isoformat(),), dated=True)
SINCE = ByLap("since", lambda timed: (str(timed.since),))


def _named(by: ByLap | None) -> tuple[Breakdown, ...]:
    return (Breakdown(by.name, dated=by.dated),) if by else ()
