"""Arrivals of a day, against what is usual for this weekday and hour.

Usual is the median of the last 26 same weekdays (of a weekday: those that were working days), and around it the middle
80 % of them. Where the log does not go back so far there is no usual, and the board says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import quantiles
from typing import Literal, NamedTuple

import msgspec

from events.time import LONDON, Instant, end_of, instant, midnight, moment_of
from events.working_days import FIRST, SATURDAY
from metrics.catalogue import measure_named
from metrics.exposition.boards.view import BoardView, Draw
from metrics.rules.rules import Rules

WANTED_DAYS = 26
# Minutes after midnight; what comes before or after counts at the ends.
BEGINS_MINUTE, ENDS_MINUTE, LAST_MINUTE = 8 * 60, 18 * 60, 24 * 60
USUAL_STEP_MINUTES = 30
TODAY_STEP_MINUTES = 5
MANY_MORE = 5  # than usual, at least, before it is worth the one sentence of the board
USUAL_MINUTES = (0, *range(BEGINS_MINUTE, ENDS_MINUTE + 1, USUAL_STEP_MINUTES), LAST_MINUTE)

Steps = tuple[tuple[int, int], ...]  # from so many minutes after midnight on, so many


class Usual(msgspec.Struct, frozen=True):
    """How many are usual by so many *minutes* after midnight, and the ends of the middle 80 %."""

    minutes: tuple[int, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    most: tuple[float, ...] = ()  # on any of the days

    def by(self, minute: float, line: tuple[float, ...]) -> float:
        """Return the height of a line at any minute of the day."""
        place = next(n for n, mark in enumerate(self.minutes) if mark >= minute)
        if place == 0:
            return line[0]
        before, after = self.minutes[place - 1], self.minutes[place]
        return line[place - 1] + (line[place] - line[place - 1]) * (minute - before) / (after - before)


class Arrivals(msgspec.Struct, frozen=True):
    """The arrivals of a day. *today*: from so many minutes after midnight on there were so many."""

    day: date
    begins: int
    ends: int
    now: int  # minutes after midnight
    received: int
    today: Steps
    usual: Usual | None
    usual_now: int | None
    more: int | None  # than usual by now; negative: fewer
    far: bool  # over the usual: by so many, and more than on any of the days by now
    days: int  # such days in the log, at most as many as are wanted
    wanted: int
    without: Literal["history", "closed_day"] | None  # why there is no usual

    @property
    def more_than_usual(self) -> int:
        """How many more there are, where that is worth a sentence; else 0."""
        return self.more or 0 if self.far else 0


@dataclass(frozen=True)
class ArrivalsDrawing:
    """The arrivals of a day; *of*: the flow that is counted."""

    name: str
    of: str
    asks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise UnknownMeasure where the catalogue has no such measure."""
        measure_named(self.of)

    def begin(self) -> Draw:
        days = Days(self.of)
        return lambda view, _: days.at(view)


@dataclass
class Days:
    """Counts one board's arrivals. It keeps the usual for half an hour, unless a correction changes the past."""

    measure: str
    _usual: tuple[Usual | None, int] = None, 0
    _usual_key: tuple[object, ...] = ()
    _steps: Steps = ()
    _steps_key: tuple[object, ...] = ()

    def at(self, view: BoardView) -> Arrivals:
        """Return the arrivals of the day of *view*, up to its moment."""
        arriving, day = Arriving(view, self.measure), view.at.day
        local = moment_of(view.at.instant)
        minute = local.hour * 60 + local.minute + local.second / 60
        received = arriving.count(midnight(day), view.at.instant)
        is_closed = day.weekday() < SATURDAY and not view.rules.days.covers(day)
        usual, days = (None, 0) if is_closed else self._usual_of(arriving, day, int(minute) // USUAL_STEP_MINUTES)
        compared = _compared(usual, minute, received)
        return Arrivals(
            day=day,
            begins=BEGINS_MINUTE,
            ends=ENDS_MINUTE,
            now=int(minute),
            received=received,
            today=self._steps_of(arriving, day, int(minute), received),
            usual=None if usual is None else _shown(usual),
            usual_now=compared.usual_now,
            more=compared.more,
            far=compared.far,
            days=days,
            wanted=WANTED_DAYS,
            without="closed_day" if is_closed else "history" if usual is None else None,
        )

    def _usual_of(self, arriving: "Arriving", day: date, half_hour: int) -> tuple[Usual | None, int]:
        key = arriving.team, day, half_hour, arriving.count_before(day)
        if key != self._usual_key:
            self._usual, self._usual_key = _usual(arriving, day), key
        return self._usual

    def _steps_of(self, arriving: "Arriving", day: date, minute: int, received: int) -> Steps:
        """Return when today's number rose, or fell because one was withdrawn, to the next five minutes."""
        marks = range(BEGINS_MINUTE, min(minute, ENDS_MINUTE) + 1, TODAY_STEP_MINUTES)
        so_far = arriving.count(midnight(day), _clock(day, marks[-1])) if marks else 0
        key = arriving.team, day, len(marks), minute // USUAL_STEP_MINUTES, so_far
        if key != self._steps_key:
            self._steps, self._steps_key = tuple(_steps(arriving, day, marks)), key
        if received == so_far:
            return self._steps
        return *self._steps, (min(max(minute, BEGINS_MINUTE), ENDS_MINUTE), received)


class Comparison(NamedTuple):
    """How many are usual by now, how many more there are, and whether that is far over the usual."""

    usual_now: int | None
    more: int | None
    far: bool


def _compared(usual: Usual | None, minute: float, received: int) -> Comparison:
    if usual is None:
        return Comparison(None, None, far=False)
    usual_now = round(usual.by(minute, usual.median))
    more = received - usual_now
    return Comparison(usual_now, more, far=more >= MANY_MORE and received > usual.by(minute, usual.most))


@dataclass(frozen=True)
class Arriving:
    """The arrivals at one authority or team, counted."""

    view: BoardView
    measure: str

    @property
    def rules(self) -> Rules:
        return self.view.rules

    @property
    def team(self) -> str | None:
        return self.view.team

    def count(self, since: Instant, until: Instant) -> int:
        """Return how many arrived in [*since*, *until*]."""
        return self.view.count(self.measure, since, until)

    def count_before(self, day: date) -> int:
        """Return how many had ever arrived when *day* began."""
        return self.count(midnight(FIRST), midnight(day) - 1)


def _steps(arriving: Arriving, day: date, marks: range) -> Iterator[tuple[int, int]]:
    before = 0
    for minute in marks:
        n = arriving.count(midnight(day), _clock(day, minute))
        if n != before:
            yield minute, n
            before = n


def _usual(arriving: Arriving, day: date) -> tuple[Usual | None, int]:
    """Return what is usual on such a day, and how many such days the log has."""
    days = [
        past
        for past in _such_days(day, arriving.rules)
        if arriving.count_before(past) and not _of_no_hour(arriving, past)
    ]
    if len(days) < WANTED_DAYS:
        return None, len(days)
    by_minute = [sorted(counts) for counts in zip(*(_counts(arriving, past) for past in days), strict=True)]
    tenths = [quantiles(counts, n=10, method="inclusive") for counts in by_minute]
    return Usual(
        minutes=USUAL_MINUTES,
        median=tuple(each[4] for each in tenths),
        low=tuple(each[0] for each in tenths),
        high=tuple(each[8] for each in tenths),
        most=tuple(float(counts[-1]) for counts in by_minute),
    ), WANTED_DAYS


def _of_no_hour(arriving: Arriving, day: date) -> bool:
    """Return whether most arrivals of *day* were told with a date alone, as a backload may have them."""
    first = midnight(day)
    return 2 * arriving.count(first, first) > arriving.count(first, end_of(day))


def _such_days(day: date, rules: Rules) -> Iterator[date]:
    """Yield the last 26 same weekdays before *day*; of a weekday those on which the office worked."""
    n = 0
    while n < WANTED_DAYS:
        day -= timedelta(days=7)
        if day < FIRST:
            return
        if day.weekday() >= SATURDAY or rules.days.covers(day):
            n += 1
            yield day


def _counts(arriving: Arriving, day: date) -> Iterator[int]:
    since = midnight(day)
    for minute in USUAL_MINUTES:
        yield arriving.count(since, end_of(day) if minute == LAST_MINUTE else _clock(day, minute))


def _clock(day: date, minute: int) -> Instant:
    return instant(datetime.combine(day, time(minute // 60, minute % 60), LONDON))


def _shown(usual: Usual) -> Usual:
    """Return the hours of *usual* that a board draws."""
    shown = slice(1, -1)
    return Usual(usual.minutes[shown], usual.median[shown], usual.low[shown], usual.high[shown])
