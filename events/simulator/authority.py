"""What the made-up authority tells, when. The same seed tells the same story, however the time is cut.

Everything that follows from what began on one day is drawn at once, from the seed and that day alone. What is told in
a stretch of time is what falls into it of all the days before, so nothing need be remembered between two stretches.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain

from events.event import Event
from events.feed import FeedReported
from events.office import office_hours
from events.simulator import wexshire
from events.simulator.care import happened_in_care, in_care_at
from events.simulator.front_door import begun_at_the_front_door
from events.time import day_of, instant, moment_of

# The longest after the day it began that anything is told: 25 working days to a late decision, 2 to the assessment's
# start, 95 to its end, 12 to a late correction; that is 190 days or so, and holidays.
REACH = timedelta(days=220)
HISTORY = 76  # working days told before a demonstration begins: what was told of them fits in 15,000 events
A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)


def events(seed: int, since: datetime, until: datetime) -> Iterator[Event]:
    """Yield every event recorded in (since, until], in order of `recorded_at`, with the reports of the feed."""
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    for day in _office_days(since, until):
        told = _told_on(seed, day)
        first = bisect_right(told, since, key=_recorded)
        yield from told[first : bisect_right(told, until, key=_recorded)]


def history(seed: int, until: datetime) -> Iterator[Event]:
    """Yield the story so far, in order of `recorded_at`: some months before *until* in full.

    Of the time before these, the children who were looked after and the assessments that were open. One report of the
    feed stands at the end. `events` from *until* on goes on with the same story.
    """
    until = until.astimezone(UTC)
    last = day_of(instant(until))
    hours = office_hours()
    first = hours.days[max(0, hours.on_or_after(last) - HISTORY)]
    told = chain(
        in_care_at(seed, first),
        _open_assessments(seed, first),
        *(_begun(seed, first + n * A_DAY) for n in range((last - first).days + 1)),
    )
    yield from sorted((event for event in told if event.recorded_at <= until), key=_order)
    yield _report(until.replace(microsecond=0))


def _office_days(since: datetime, until: datetime) -> Iterator[date]:
    hours = office_hours()
    first = hours.on_or_after(day_of(instant(since)))
    last = day_of(instant(until))
    while (day := hours.days[first]) <= last:
        yield day
        first += 1


@lru_cache(maxsize=8)
def _told_on(seed: int, day: date) -> tuple[Event, ...]:
    """Return all that is recorded on one working day, and the reports of the feed, in order."""
    begun = chain.from_iterable(_begun(seed, day - n * A_DAY) for n in range(REACH.days + 1))
    return tuple(sorted((*(event for event in begun if event.recorded_at.date() == day), *_reports(day)), key=_order))


@lru_cache(maxsize=512)
def _begun(seed: int, day: date) -> tuple[Event, ...]:
    """Return all that is ever told of what began on *day*."""
    return (*begun_at_the_front_door(seed, day), *happened_in_care(seed, day))


def _open_assessments(seed: int, first: date) -> Iterator[Event]:
    """Yield the assessments begun before *first* of which something is told from that day on."""
    for day in (first - n * A_DAY for n in range(1, REACH.days + 1)):
        told = [event for event in _begun(seed, day) if event.type.startswith("assessment.")]
        running = {event.record for event in told if event.recorded_at.date() >= first}
        yield from (event for event in told if event.record in running)


def _reports(day: date) -> Iterator[Event]:
    """Yield the feed's report of each minute from opening to closing, both included."""
    hours = office_hours()
    index = hours.on_or_after(day)
    at, closing = (moment_of(moments[index]).astimezone(UTC) for moments in (hours.opens, hours.closes))
    while at <= closing:
        yield _report(at)
        at += A_MINUTE


def _report(at: datetime) -> FeedReported:
    return FeedReported(
        id=f"feed-{at:%Y%m%dT%H%M%SZ}", authority=wexshire.AUTHORITY, record=wexshire.SOURCE, source=wexshire.SOURCE,
        recorded_at=at, occurred_at=at, complete_to=at, origin="simulation",
    )  # fmt: skip


def _recorded(event: Event) -> datetime:
    return event.recorded_at


def _order(event: Event) -> tuple[datetime, bool, str]:
    """By when it was recorded; a report of the feed after all that it reports."""
    return event.recorded_at, isinstance(event, FeedReported), event.id
