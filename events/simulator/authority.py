"""The events of the made-up authority, in order of time. The same seed tells the same story, however the time is cut.

Every life follows from the seed and its own name alone. A stretch of time has the part of every life that falls into
it, so nothing need be remembered between two stretches.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from events.event import Event
from events.feed import FeedReported
from events.simulator.days import Day, Month, closing, first_day, on_or_after, opening
from events.simulator.story import Story, check, child_by_child, opening_events, order
from events.simulator.wexshire import SOURCE, World
from events.time import LONDON, add_months

MONTHS = 24  # of history, with which `up` begins
SHORT_HISTORY_MONTHS = 3
SPARSE_MINUTES = 120  # between the feed's reports of times past


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
        yield from opening_events(world, since - moment)
    yield from _between(world, since - moment, until - moment, SPARSE_MINUTES)


def history(world: World, until: datetime, months: int = SHORT_HISTORY_MONTHS) -> Iterator[Event]:
    """Yield the story of some months before *until*, in order of `recorded_at`; before it, what was open then.

    The last event is the one report of the feed. `events` from *until* on continues the same story.
    """
    yield from sorted(so_far(world, until, months), key=order)


def so_far(
    world: World, until: datetime, months: int = MONTHS, progress: Callable[[float], None] = lambda share: None
) -> Iterator[Event]:
    """Yield what `history` yields, but child by child. The report of the feed is the last event all the same."""
    until = until.astimezone(UTC)
    yield from child_by_child(world, months_before(until, months), until, progress)
    yield _report(world, until.replace(microsecond=0))


def months_before(moment: datetime, months: int) -> datetime:
    """Return the first moment of the London day that is *months* before *moment*."""
    day = add_months(moment.astimezone(LONDON).date(), -months)
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def _between(world: World, since: datetime, until: datetime, minutes: int) -> Iterator[Event]:
    if since >= until:
        return
    for month in range(_month(since), _month(until) + 1):
        of_month = _events_of(world, month)
        first, last = bisect_right(of_month, since, key=_recorded), bisect_right(of_month, until, key=_recorded)
        yield from _with_reports(world, month, of_month[first:last], since, until, minutes)


def _month(at: datetime) -> Month:
    return 12 * at.year + at.month - 1


_running: dict[World, Story] = {}  # to go on with a story costs less than to begin it


@lru_cache(maxsize=4)
def _events_of(world: World, month: Month) -> tuple[Event, ...]:
    """Return all that is recorded in a month, in order."""
    story = _running.pop(world, None)
    if story is None or story.month != month:
        story = Story(world, month)
    if len(_running) > 1:
        _running.clear()
    _running[world] = story
    return tuple(story.next())


def _with_reports(
    world: World, month: Month, events: tuple[Event, ...], since: datetime, until: datetime, minutes: int
) -> Iterator[Event]:
    """Yield *events* with the reports of the feed between."""
    number = 0
    for at in _reported(month, since, until, minutes):
        upto = bisect_right(events, at, lo=number, key=_recorded)
        yield from events[number:upto]
        yield _report(world, at)
        number = upto
    yield from events[number:]


def _reported(month: Month, since: datetime, until: datetime, minutes: int) -> Iterator[datetime]:
    """Yield the moments of (since, until] in a month at which the feed reports: from opening to closing of each day."""
    first = max(first_day(month), _london_day(since))
    last = min(_london_day(until), first_day(month + 1) - 1)
    step = timedelta(minutes=minutes)
    for index in range(on_or_after(first), on_or_after(last + 1)):
        at, closes = opening(index), closing(index)
        if at <= since < closes:
            at += (since - at) // step * step
        while at < closes:
            if since < at <= until:
                yield at
            at += step
        if since < closes <= until:
            yield closes


def _london_day(moment: datetime) -> Day:
    return moment.astimezone(LONDON).toordinal()


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
