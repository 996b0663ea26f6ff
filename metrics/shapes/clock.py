"""Clocks with a deadline, counted in working days: what runs, what is due, what is late, and what was in time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from events.event import Event
from events.person import PersonRecorded
from events.time import Instant, day_of, end_of, midnight
from events.working_days import WorkingDays
from metrics.lives.life import Life, when
from metrics.lives.timeline import Timeline, earliest, newest, pieces, value_at
from metrics.shapes.laps import Lap, Link
from metrics.shapes.part import Breakdown, Cell, Part, Value, reading, standing, told, values


class TimedLap(NamedTuple):
    """A lap against its deadline."""

    lap: Lap
    last: date  # in time
    due_soon: Instant  # from when the deadline is near
    late: Instant  # the first overdue moment
    since: Instant
    until: Instant | None  # when it ceases to be open


class OpenStretch(NamedTuple):
    """Where an open run stands, from when until when."""

    since: Instant
    until: Instant | None
    team: str
    by: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Clock:
    """A clock that must be stopped by the end of a working day. Death stops it; dead by the deadline is no breach.

    What is open stands where the case is allocated, else in the team that the newest fact of its record told. *by*
    divides what is open and what is settled, *stopped_by* what is stopped, by the fact that stopped it.
    """

    name: str
    link: Link
    deadline: WorkingDays
    by: tuple[Breakdown, ...] = ()
    stopped_by: tuple[Breakdown, ...] = ()
    of_childhood: bool = False  # waiting ends on the 18th birthday
    from_opening: bool = False  # an authority may let it start at the next opening of its office
    due_within: str = ""  # the parameter that says how many working days ahead is soon

    # --- what is open: stocks ------------------------------------------------------------------------------------

    @cached_property
    def running(self) -> Part:
        """Started and neither stopped nor abandoned."""
        return self._stock("running", lambda run: (run.since, run.until))

    @cached_property
    def overdue(self) -> Part:
        """Running and past the deadline: from the start of the day after it, with no event and no timer."""
        return self._stock("overdue", lambda run: (run.late, run.until))

    @cached_property
    def overdue_by_day(self) -> Part:
        """As overdue, by the day that it was due."""
        return self._stock("overdue_by_day", lambda run: (run.late, run.until), first=DUE_ON)

    @cached_property
    def due(self) -> Part:
        """Running and not overdue, by the day that it is due."""
        return self._stock("due", lambda run: (run.since, run.late), first=DUE_ON)

    @cached_property
    def due_soon(self) -> Part:
        """As due, once the deadline is no more working days ahead than the authority looks."""
        return self._stock("due_soon", lambda run: (run.due_soon, run.late), first=DUE_ON)

    @cached_property
    def longest(self) -> Part:
        """Running, with the moment it started as the item: the earliest of them has waited longest."""
        return self._stock("longest", lambda run: (run.since, run.until), item=SINCE)

    # --- what is over: flows -------------------------------------------------------------------------------------

    @cached_property
    def stopped(self) -> Part:
        """Stopped, dated at the stop, where the start is known."""
        return self._flow("stopped", self.stopped_by, self._stopped)

    @cached_property
    def in_time(self) -> Part:
        """Of those stopped, the ones stopped by the deadline, or by a death before it."""
        return self._flow("in_time", self.stopped_by, self._in_time)

    @cached_property
    def settled(self) -> Part:
        """Stopped in time, dated at the stop; or late, dated the first overdue moment, stopped since or not."""
        return self._flow("settled", self.by, self._settled, moves=True)  # the late stand where the open clock did

    @cached_property
    def settled_in_time(self) -> Part:
        """Of those settled, the ones stopped by the deadline."""
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
            for run, stands in self._open(life):
                since, until = span(run)
                before, after = first.of(run) if first else (), item.of(run) if item else ()
                for held in stands:
                    begin, end = max(since, held.since), earliest(until, held.until)
                    if end is None or begin < end:
                        under = (*before, *held.by, *after)
                        yield (held.team, under, begin), 1
                        if end is not None:
                            yield (held.team, under, end), -1

        return Part(
            name=f"{self.name}.{name}",
            stock=True,
            by=by,
            counts=frozenset((self.link.starts,)),
            reads=reading(by, *self.link.reads, PersonRecorded),
            cells=cells,
            moves=True,
            reducer="longest" if item else None,
        )

    def _flow(
        self, name: str, by: tuple[Breakdown, ...], cell: Callable[[TimedLap, Life], Cell | None], moves: bool = False
    ) -> Part:
        return Part(
            name=f"{self.name}.{name}",
            stock=False,
            by=by,
            counts=frozenset((self.link.starts,)),
            reads=reading(by, *self.link.reads, PersonRecorded),
            cells=lambda life: (found for run in self._runs(life) if (found := cell(run, life)) is not None),
            moves=moves,
        )

    def _runs(self, life: Life) -> list[TimedLap]:
        found: list[TimedLap] | None = life.known.get(self)
        if found is None:
            found = life.known[self] = [self._run(lap, life) for lap in self.link.laps(life)]
        return found

    def _run(self, lap: Lap, life: Life) -> TimedLap:
        last, rules = self._last_day(lap.start, life), life.rules
        due_soon = rules.days.nth_before(last, getattr(rules.parameters, self.due_within)) if self.due_within else last
        until = earliest(when(lap.end), life.limit(self.of_childhood))
        late = midnight(last + timedelta(days=1))
        return TimedLap(lap, last, midnight(due_soon), late, lap.start.occurred, until)

    def _open(self, life: Life) -> list[tuple[TimedLap, list[OpenStretch]]]:
        """Return every run that was ever open, and where it stood."""

        found: list[tuple[TimedLap, list[OpenStretch]]] | None = life.known.get((self, "open"))
        if found is None:
            runs = (run for run in self._runs(life) if run.until is None or run.since < run.until)
            found = [(run, list(_held(run, standing(self.by, run.lap.start, life), life))) for run in runs]
            life.known[self, "open"] = found
        return found

    def _last_day(self, start: Event, life: Life) -> date:
        """Return the last day in time. Raises OutsideCalendar."""
        rules, day = life.rules, start.day
        if self.from_opening and rules.parameters.after_hours_from_next_opening:
            day = day_of(rules.office.next_opening(start.occurred))
        return self.deadline.falls_on(day, rules.days, rules.parameters.roll_start_forward)

    def _stopped(self, run: TimedLap, life: Life) -> Cell | None:
        stop = run.lap.stop
        if stop is None:
            return None
        return (told(stop.team), values(self.stopped_by, stop, life), stop.occurred), 1

    def _in_time(self, run: TimedLap, life: Life) -> Cell | None:
        over = earliest(when(run.lap.stop), life.dies_at)
        return self._stopped(run, life) if over is not None and over < run.late else None

    def _settled(self, run: TimedLap, life: Life) -> Cell | None:
        in_time = self._settled_in_time(run, life)
        if in_time or (run.until is not None and run.until < run.late):
            return in_time
        return (_place_when_late(run, life), values(self.by, run.lap.start, life), run.late), 1

    def _settled_in_time(self, run: TimedLap, life: Life) -> Cell | None:
        stop = run.lap.stop
        if stop is None or stop.occurred >= run.late:
            return None
        return (told(stop.team), values(self.by, run.lap.start, life), stop.occurred), 1


def _held(run: TimedLap, by: tuple[Timeline[Value], ...], life: Life) -> Iterator[OpenStretch]:
    """Yield where an open run stands, in pieces on which nothing about that changes."""
    for since, until, (allocated, own, *under) in pieces(run.since, run.until, (life.allocated, _own_teams(run), *by)):
        yield OpenStretch(since, until, told(allocated or own), tuple(under))


def _own_teams(run: TimedLap) -> Timeline[str]:
    """Return the team that the facts of the record told last, from which moment on."""
    facts = sorted(run.lap.facts, key=lambda fact: fact.occurred)
    return newest((fact.occurred, fact.team) for fact in facts if fact.team)


def _place_when_late(run: TimedLap, life: Life) -> str:
    """Return the open clock's team at the end of the day it became late; what ended it is left out."""
    moment = end_of(day_of(run.late))
    return told(value_at(life.allocated, moment) or value_at(_own_teams(run), moment))


@dataclass(frozen=True)
class ByLap:
    """A breakdown that a run tells of itself."""

    name: str
    of: Callable[[TimedLap], tuple[str]]


DUE_ON = ByLap("due_on", lambda run: (run.last.isoformat(),))
SINCE = ByLap("since", lambda run: (str(run.since),))


def _named(by: ByLap | None) -> tuple[Breakdown, ...]:
    return (Breakdown(by.name),) if by else ()
