"""Enquiries received today, against what is usual for this weekday and hour.

Usual is the median of the last 26 same weekdays (of a weekday: those that were working days), and around it the middle
80 % of them. Where the log does not go back so far there is no usual, and the board says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import quantiles
from typing import Literal

import msgspec

from events.time import LONDON, Instant, end_of, instant, midnight, moment_of
from events.working_days import FIRST, SATURDAY
from metrics.catalogue.front_door import ENQUIRIES_RECEIVED
from metrics.figures.answers import Answers
from metrics.rules.rules import Rules
from metrics.windows import At

DAYS = 26
BEGINS, ENDS, STEP = 8 * 60, 18 * 60, 30  # minutes after midnight; what comes before or after counts at the ends
FINE = 5  # minutes between two looks at today's own line
MIDNIGHT = 24 * 60
FAR = 5  # more than usual, at least, before it is worth the one sentence of the board
MARKS = (0, *range(BEGINS, ENDS + 1, STEP), MIDNIGHT)


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
    """What a board draws of a day. *today* are steps: from so many minutes after midnight on, so many."""

    day: date
    begins: int
    ends: int
    now: int  # minutes after midnight
    received: int
    today: tuple[tuple[int, int], ...]
    usual: Usual | None
    usual_now: int | None
    more: int | None  # than usual by now; negative: fewer
    far: bool  # over the usual: by so many, and more than on any of the days by now
    days: int  # such days in the log, at most as many as are wanted
    wanted: int
    without: Literal["history", "closed_day"] | None  # why there is no usual


@dataclass
class Days:
    """Counts a board's arrivals, and keeps for half an hour what only a correction of the past could change."""

    _usual: tuple[Usual | None, int] = None, 0
    _usual_key: tuple[object, ...] = ()
    _steps: tuple[tuple[int, int], ...] = ()
    _steps_key: tuple[object, ...] = ()

    def at(self, answers: Answers, authority: str, at: At, team: str | None) -> Arrivals:
        """Return the arrivals of the day that *at* falls in."""
        asking, rules = _Asking(answers, authority, team), answers.rules(authority)
        now, day = at.instant, at.day
        local = moment_of(now)
        minute = local.hour * 60 + local.minute + local.second / 60
        received = asking.count(midnight(day), now)
        closed = day.weekday() < SATURDAY and not rules.days.covers(day)
        if closed:
            usual, found = None, 0
        else:
            usual, found = self._usual_of(asking, day, int(minute) // STEP)
        usual_now = None if usual is None else round(usual.by(minute, usual.median))
        more = None if usual_now is None else received - usual_now
        return Arrivals(
            day=day,
            begins=BEGINS,
            ends=ENDS,
            now=int(minute),
            received=received,
            today=self._steps_of(asking, day, int(minute), received),
            usual=None if usual is None else _shown(usual),
            usual_now=usual_now,
            more=more,
            far=usual is not None and (more or 0) >= FAR and received > usual.by(minute, usual.most),
            days=found,
            wanted=DAYS,
            without="closed_day" if closed else "history" if usual is None else None,
        )

    def _usual_of(self, asking: "_Asking", day: date, half_hour: int) -> tuple[Usual | None, int]:
        key = asking.key, day, half_hour, asking.count(midnight(FIRST), midnight(day) - 1)
        if key != self._usual_key:
            self._usual, self._usual_key = _usual(asking, day), key
        return self._usual

    def _steps_of(self, asking: "_Asking", day: date, minute: int, received: int) -> tuple[tuple[int, int], ...]:
        """Return when the number of today rose (or fell: one told and taken back), to the next five minutes."""
        marks = range(BEGINS, min(minute, ENDS) + 1, FINE)
        so_far = asking.count(midnight(day), _clock(day, marks[-1])) if marks else 0
        key = asking.key, day, len(marks), minute // STEP, so_far
        if key != self._steps_key:
            self._steps, self._steps_key = tuple(_steps(asking, day, marks)), key
        if received == so_far:
            return self._steps
        return *self._steps, (min(max(minute, BEGINS), ENDS), received)


@dataclass(frozen=True)
class _Asking:
    """How the enquiries of one place are counted."""

    answers: Answers
    authority: str
    team: str | None

    @property
    def rules(self) -> Rules:
        return self.answers.rules(self.authority)

    @property
    def key(self) -> str | None:
        """What is counted, but for when."""
        return self.team

    def count(self, since: Instant, until: Instant) -> int:
        return self.answers.count_between(self.authority, ENQUIRIES_RECEIVED, since, until, self.team)


def _steps(asking: _Asking, day: date, marks: range) -> Iterator[tuple[int, int]]:
    before = 0
    for minute in marks:
        found = asking.count(midnight(day), _clock(day, minute))
        if found != before:
            yield minute, found
            before = found


def _usual(asking: _Asking, day: date) -> tuple[Usual | None, int]:
    """Return what is usual on such a day, and how many such days the log has."""
    days = list(_such_days(day, asking.rules))
    began = [one for one in days if asking.count(midnight(FIRST), midnight(one) - 1) and not _of_no_hour(asking, one)]
    if len(began) < DAYS:
        return None, len(began)
    by_mark = [sorted(found) for found in zip(*(_counts(asking, one) for one in days), strict=True)]
    tenths = [quantiles(found, n=10, method="inclusive") for found in by_mark]
    return Usual(
        minutes=MARKS,
        median=tuple(found[4] for found in tenths),
        low=tuple(found[0] for found in tenths),
        high=tuple(found[8] for found in tenths),
        most=tuple(float(found[-1]) for found in by_mark),
    ), DAYS


def _of_no_hour(asking: _Asking, day: date) -> bool:
    """Whether most enquiries of *day* were told with a date alone, as a backload may have them: when is not known."""
    first = midnight(day)
    return 2 * asking.count(first, first) > asking.count(first, end_of(day))


def _such_days(day: date, rules: Rules) -> Iterator[date]:
    """Yield the last 26 same weekdays before *day*; of a weekday those on which the office worked."""
    found = 0
    while found < DAYS:
        day -= timedelta(days=7)
        if day < FIRST:
            return
        if day.weekday() >= SATURDAY or rules.days.covers(day):
            found += 1
            yield day


def _counts(asking: _Asking, day: date) -> Iterator[int]:
    since = midnight(day)
    for minute in MARKS:
        yield asking.count(since, end_of(day) if minute == MIDNIGHT else _clock(day, minute))


def _clock(day: date, minute: int) -> Instant:
    return instant(datetime.combine(day, time(minute // 60, minute % 60), LONDON))


def _shown(usual: Usual) -> Usual:
    """Return the stretch of it that a board draws."""
    shown = slice(1, -1)
    return Usual(usual.minutes[shown], usual.median[shown], usual.low[shown], usual.high[shown])
