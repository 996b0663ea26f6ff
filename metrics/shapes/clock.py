"""Clocks with a deadline, counted in working days: what runs, what is due, what is late, and what was in time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from events.event import Event
from events.person import PersonRecorded
from events.time import Instant, day_of, end_of, midnight
from metrics.life import Life, ends_before, when
from metrics.shapes.part import Breakdown, Cell, Held, Part, Types, reading, standing, steps, told, values
from metrics.timeline import Timeline, earliest, newest, pieces, squeeze, value_at
from metrics.working_days import WorkingDays


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


class Run(NamedTuple):
    """A lap against its deadline: the first overdue moment, and when it ceases to be open."""

    lap: Lap
    due_soon: Instant  # from when the deadline is near
    late: Instant
    until: Instant | None


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
        return self._stock("running", lambda run: (run.lap.start.occurred, run.until))

    @cached_property
    def overdue(self) -> Part:
        """Running and past the deadline: from the start of the day after it, with no event and no timer."""
        return self._stock("overdue", lambda run: (max(run.lap.start.occurred, run.late), run.until))

    @cached_property
    def overdue_by_day(self) -> Part:
        """As overdue, by the day that it was due."""
        return self._stock(
            "overdue_by_day", lambda run: (max(run.lap.start.occurred, run.late), run.until), self._due_on
        )

    @cached_property
    def due(self) -> Part:
        """Running and not overdue, by the day that it is due."""
        return self._stock("due", lambda run: (run.lap.start.occurred, earliest(run.late, run.until)), self._due_on)

    @cached_property
    def due_soon(self) -> Part:
        """As due, once the deadline is no more working days ahead than the authority looks."""
        return self._stock(
            "due_soon",
            lambda run: (max(run.lap.start.occurred, run.due_soon), earliest(run.late, run.until)),
            self._due_on,
        )

    @cached_property
    def longest(self) -> Part:
        """Running, with the moment it started as the item: the earliest of them has waited longest."""
        started = Breakdown("since", lambda start, _: str(start.occurred))
        return self._stock("longest", lambda run: (run.lap.start.occurred, run.until), item=started)

    @cached_property
    def _due_on(self) -> Breakdown:
        return Breakdown("due_on", lambda start, life: self._last_day(start, life).isoformat())

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
        self, name: str, open_from: Callable[[Run], tuple[Instant, Instant | None]], *first: Breakdown,
        item: Breakdown | None = None,
    ) -> Part:  # fmt: skip
        by = (*first, *self.by, *((item,) if item else ()))

        def cells(life: Life) -> Iterator[Cell]:
            for run in self._runs(life):
                since, until = open_from(run)
                if until is None or since < until:
                    yield from steps(_held(run, since, until, by, life))

        return Part(
            name=f"{self.name}.{name}", stock=True, by=by, reads=reading(by, *self.link.reads, PersonRecorded),
            cells=cells, moves=True, reducer="longest" if item else None,
        )  # fmt: skip

    def _flow(
        self, name: str, by: tuple[Breakdown, ...], cell: Callable[[Run, Life], Cell | None], moves: bool = False
    ) -> Part:
        return Part(
            name=f"{self.name}.{name}", stock=False, by=by, reads=reading(by, *self.link.reads, PersonRecorded),
            cells=lambda life: (found for run in self._runs(life) if (found := cell(run, life)) is not None),
            moves=moves,
        )  # fmt: skip

    def _runs(self, life: Life) -> list[Run]:
        return life.once(self, lambda: [self._run(lap, life) for lap in self.link.laps(life)])

    def _run(self, lap: Lap, life: Life) -> Run:
        last, rules = self._last_day(lap.start, life), life.rules
        due_soon = rules.days.nth_before(last, getattr(rules.parameters, self.due_within)) if self.due_within else last
        until = earliest(when(lap.end), life.limit(self.of_childhood))
        return Run(lap, midnight(due_soon), midnight(last + timedelta(days=1)), until)

    def _last_day(self, start: Event, life: Life) -> date:
        """Return the last day in time. Raises OutsideCalendar."""
        rules, day = life.rules, start.day
        if self.from_opening and rules.parameters.after_hours_from_next_opening:
            day = day_of(rules.office.next_opening(start.occurred))
        return self.deadline.falls_on(day, rules.days, rules.parameters.roll_start_forward)

    def _stopped(self, run: Run, life: Life) -> Cell | None:
        stop = run.lap.stop
        if stop is None:
            return None
        return Cell(told(stop.team), values(self.stopped_by, stop, life), stop.occurred, 1)

    def _in_time(self, run: Run, life: Life) -> Cell | None:
        stop = run.lap.stop
        over = earliest(when(stop), life.dies_at)
        return self._stopped(run, life) if over is not None and over < run.late else None

    def _settled(self, run: Run, life: Life) -> Cell | None:
        in_time = self._settled_in_time(run, life)
        if in_time or (run.until is not None and run.until < run.late):
            return in_time
        return Cell(self._place_when_late(run, life), values(self.by, run.lap.start, life), run.late, 1)

    def _settled_in_time(self, run: Run, life: Life) -> Cell | None:
        stop = run.lap.stop
        if stop is None or stop.occurred >= run.late:
            return None
        return Cell(told(stop.team), values(self.by, run.lap.start, life), stop.occurred, 1)

    def _place_when_late(self, run: Run, life: Life) -> str:
        """Return the open clock's team at the end of the day it became late; what ended it is left out."""
        moment = end_of(day_of(run.late))
        return told(value_at(life.allocated, moment) or value_at(_own_teams(run), moment))


def _own_teams(run: Run) -> Timeline[str]:
    """Return the team that the facts of the record told last, from which moment on."""
    facts = sorted(run.lap.facts, key=lambda fact: fact.occurred)
    return newest((fact.occurred, fact.team) for fact in facts if fact.team)


def _held(run: Run, since: Instant, until: Instant | None, by: tuple[Breakdown, ...], life: Life) -> Timeline[Held]:
    """Return what an open run stands under, from *since* up to *until*."""
    lines = (life.allocated, _own_teams(run), *standing(by, run.lap.start, life))
    held: list[tuple[Instant, Held | None]] = [
        (begin, (told(allocated or own), tuple(under)))
        for begin, _, (allocated, own, *under) in pieces(since, until, lines)
    ]
    return squeeze([*held, (until, None)] if until is not None else held)
