"""What the made-up authority tells, when. The same seed tells the same story, however the time is cut.

What is told in a stretch of time is what of all lives falls into it, and every life follows from the seed and its own
name alone: nothing need be remembered between two stretches.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from events.event import Event
from events.feed import FeedReported
from events.office import office_hours
from events.simulator.days import Month
from events.simulator.story import Story, check, child_by_child, opening, order
from events.simulator.wexshire import SOURCE, World
from events.time import LONDON, add_months, day_of, instant, moment_of

MONTHS = 24  # of history, with which `up` begins
A_SHORT_WHILE = 3  # months, where little is needed
A_MINUTE = timedelta(minutes=1)
SPARSE = 120  # minutes between the feed's reports of times past

Told = tuple[Event, ...]


def events(world: World, since: datetime, until: datetime) -> Iterator[Event]:
    """Yield all that is recorded in (since, until], in order of `recorded_at`, with the feed's report each minute."""
    return _between(world, since.astimezone(UTC), until.astimezone(UTC), 1)


def backlog(world: World, since: datetime, until: datetime, open_before: bool = True) -> Iterator[Event]:
    """Yield every event recorded in [since, until), in order of `recorded_at`, with a few reports of the feed a day.

    Before it, if *open_before*, what was known at *since* of all that was open. Raises OutsideStory.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    check(since, until)
    moment = timedelta(microseconds=1)
    if open_before:
        yield from opening(world, since - moment)
    yield from _between(world, since - moment, until - moment, SPARSE)


def history(world: World, until: datetime, months: int = A_SHORT_WHILE) -> Iterator[Event]:
    """Yield the story so far, in order of `recorded_at`: some months before *until* in full.

    Of the time before these, what was open. One report of the feed stands at the end. `events` from *until* on goes
    on with the same story.
    """
    yield from sorted(so_far(world, until, months), key=order)


def so_far(
    world: World, until: datetime, months: int = MONTHS, progress: Callable[[float], None] = lambda share: None
) -> Iterator[Event]:
    """Yield what `history` yields child by child, the report of the feed last."""
    until = until.astimezone(UTC)
    yield from child_by_child(world, months_before(until, months), until, progress)
    yield _report(world, until.replace(microsecond=0))


def months_before(moment: datetime, months: int) -> datetime:
    """Return the first moment of the day so many months before."""
    day = add_months(moment.astimezone(LONDON).date(), -months)
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def _between(world: World, since: datetime, until: datetime, minutes: int) -> Iterator[Event]:
    if since >= until:
        return
    for month in range(_month(since), _month(until) + 1):
        told = _told_in(world, month)
        first, last = bisect_right(told, since, key=_recorded), bisect_right(told, until, key=_recorded)
        yield from _with_reports(world, month, told[first:last], since, until, minutes)


def _month(at: datetime) -> Month:
    return 12 * at.year + at.month - 1


_running: dict[World, Story] = {}  # a story goes on quicker than it begins


@lru_cache(maxsize=4)
def _told_in(world: World, month: Month) -> Told:
    """Return all that is recorded in a month."""
    story = _running.pop(world, None)
    if story is None or story.month != month:
        story = Story(world, month)
    if len(_running) > 1:
        _running.clear()
    _running[world] = story
    return tuple(story.next())


def _with_reports(
    world: World, month: Month, told: Told, since: datetime, until: datetime, minutes: int
) -> Iterator[Event]:
    """Yield *told* with the reports of the feed between."""
    number = 0
    for at in _reported(month, since, until, minutes):
        upto = bisect_right(told, at, lo=number, key=_recorded)
        yield from told[number:upto]
        yield _report(world, at)
        number = upto
    yield from told[number:]


def _reported(month: Month, since: datetime, until: datetime, minutes: int) -> Iterator[datetime]:
    """Yield the moments of (since, until] in a month at which the feed reports: from opening to closing of each day."""
    hours = office_hours()
    first = max(date(month // 12, month % 12 + 1, 1), since.astimezone(LONDON).date())
    index = hours.on_or_after(first)
    last = day_of(instant(until))
    step = minutes * A_MINUTE
    while (day := hours.days[index]) <= last and 12 * day.year + day.month - 1 == month:
        at, closing = (moment_of(moments[index]).astimezone(UTC) for moments in (hours.opens, hours.closes))
        if at <= since < closing:
            at += (since - at) // step * step
        while at < closing:
            if since < at <= until:
                yield at
            at += step
        if since < closing <= until:
            yield closing
        index += 1


def _report(world: World, at: datetime) -> FeedReported:
    return FeedReported(
        id=f"feed-{at:%Y%m%dT%H%M%SZ}",
        authority=world.authority,
        record=SOURCE,
        source=SOURCE,
        recorded_at=at,
        occurred_at=at,
        complete_to=at,
        origin="simulation",
    )


def _recorded(event: Event) -> datetime:
    return event.recorded_at
