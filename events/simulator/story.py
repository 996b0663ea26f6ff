"""All lives of a made-up authority, and their events: a month at a time, or child by child."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any

from events.event import Event
from events.feed import FeedReported
from events.need import VisitMade
from events.simulator.care import stays
from events.simulator.chapters import KNOWN_FOR_DAYS, Chapter, chapters
from events.simulator.clerk import REACH_DAYS
from events.simulator.days import Day, Month, first_day, month_of
from events.simulator.front_door import told_at_the_door
from events.simulator.known_for_long import known_chapters, known_for_long
from events.simulator.looked_after import last_day, stay_chapters
from events.simulator.plans import plans
from events.simulator.planted import PLANTED_DAYS, planted
from events.simulator.posts import office_at, office_told
from events.simulator.protection import plan_chapters
from events.simulator.referred import OPEN_MONTHS, founders, returning
from events.simulator.spells import Spell
from events.simulator.wexshire import World
from events.workforce import CaseAllocated

BEGINS, ENDS = datetime(2008, 1, 1, tzinfo=UTC), datetime(2039, 1, 1, tzinfo=UTC)
DECIDED_WITHIN_DAYS = 45  # after a month: the latest decision on an enquiry of it
DOOR_MONTHS, PLANTED_MONTHS = 3, 18  # after which nothing more is told of a month's enquiries, of a quarter's cases
RECENT_DAYS = 62  # before a story is taken up: all of them are told
LIVES_PER_PROGRESS = 250  # between two reports of progress
LifeChapters = Iterable[Chapter]
Tell = Callable[[World, Any], LifeChapters]


class OutsideStory(ValueError):
    """Asked about years for which nothing is made up."""

    def __init__(self) -> None:
        super().__init__(f"the story goes from {BEGINS.year} to {ENDS.year - 1}")


def check(*moments: datetime) -> None:
    """Raise OutsideStory unless the story covers *moments*."""
    if not all(BEGINS <= moment <= ENDS for moment in moments):
        raise OutsideStory


# --- lives -------------------------------------------------------------------------------------------------------


def begun(world: World, month: Month) -> Iterator[LifeChapters]:
    """Yield the lives that begin in a month."""
    yield from (chapters(world, spell) for spell in founders(world, month))
    yield from (chapters(world, spell) for spell in returning(world, month))
    yield from (tell(world, life) for _, tell, life in _long_lives(world).get(month, ()))
    yield _door(world, month)
    if month % 3 == 0:
        yield from (_case(month, events) for _, events in planted(world, month))


def open_before(world: World, month: Month) -> Iterator[LifeChapters]:
    """Yield the lives that began before a month, if any of their events may be recorded later or must be known."""
    first = first_day(month)
    for before in range(month - OPEN_MONTHS, month):
        yield from (chapters(world, spell) for spell in founders(world, before))
        yield from (chapters(world, spell) for spell in returning(world, before))
    for when, long_lives in _long_lives(world).items():
        if when < month:
            yield from (tell(world, life) for last, tell, life in long_lives if last >= first)
    yield from (_door(world, before) for before in range(month - DOOR_MONTHS, month))
    for before in range(month - PLANTED_MONTHS, month):
        if before % 3 == 0:
            yield from (_case(before, events) for _, events in planted(world, before))


@lru_cache(maxsize=8)
def _long_lives(world: World) -> dict[Month, list[tuple[Day, Tell, Any]]]:
    """Return the lives on plans, in care and known for long, by the month of the referral, each with its last day."""
    by_month: dict[Month, list[tuple[Day, Tell, Any]]] = {}
    ends: Iterable[tuple[Spell, Day, Tell, Any]] = (
        *((plan.spell, plan.spell.closes, plan_chapters, plan) for plan in plans(world)),
        *((stay.spell, last_day(stay), stay_chapters, stay) for stay in stays(world)),
        *((known.spell, known.spell.closes, known_chapters, known) for known in known_for_long(world)),
    )
    for spell, end, tell, life in ends:
        last = max(end, spell.referral + KNOWN_FOR_DAYS) + REACH_DAYS
        by_month.setdefault(month_of(spell.referral), []).append((last, tell, life))
    return by_month


def _door(world: World, month: Month) -> LifeChapters:
    last = first_day(month + 1) + DECIDED_WITHIN_DAYS
    return (Chapter(first_day(month), last, first_day(month + 1), told_at_the_door, (world, month)),)


def _case(quarter: Month, events: list[Event]) -> LifeChapters:
    first = first_day(quarter)
    return (Chapter(first, first + PLANTED_DAYS, first + PLANTED_DAYS, lambda: events, ()),)


# --- in order ----------------------------------------------------------------------------------------------------


class Story:
    """Tells month after month, in order of `recorded_at`, and keeps what is recorded later."""

    def __init__(self, world: World, month: Month) -> None:
        self.world = world
        self.month = month
        self._later: dict[Month, list[Event]] = {}
        self._unread: dict[Month, list[Chapter]] = {}
        first = first_day(month)
        for life in open_before(world, month):
            for chapter in life:
                if chapter.first >= first:
                    self._put_by(chapter)
                elif chapter.last >= first:
                    self._keep(chapter.events())

    def next(self) -> list[Event]:
        """Return all that is recorded in the next month."""
        for life in begun(self.world, self.month):
            for chapter in life:
                self._put_by(chapter)
        for chapter in self._unread.pop(self.month, ()):
            self._keep(chapter.events())
        self._keep(office_told(self.world, first_day(self.month), first_day(self.month + 1)))
        events = self._later.pop(self.month, [])
        self.month += 1
        return sorted(events, key=order)

    def _put_by(self, chapter: Chapter) -> None:
        self._unread.setdefault(max(month_of(chapter.first), self.month), []).append(chapter)

    def _keep(self, events: Iterable[Event]) -> None:
        for event in events:
            at = event.recorded_at
            month = 12 * at.year + at.month - 1
            if month >= self.month:
                self._later.setdefault(month, []).append(event)


def order(event: Event) -> tuple[datetime, bool, str]:
    """Return the sort key: by when the event was recorded; a report of the feed after all that it reports."""
    return event.recorded_at, isinstance(event, FeedReported), event.id


# --- child by child ------------------------------------------------------------------------------------------------


def child_by_child(
    world: World, since: datetime, until: datetime, progress: Callable[[float], None] = lambda share: None
) -> Iterator[Event]:
    """Yield what was known at *since* of all that was open, and what was recorded from then to *until*, child by child.

    A back-load comes in this order, so that the fold meets most children once.
    """
    first, last = since.toordinal(), until.toordinal()
    yield from office_at(world, first)
    yield from (event for event in office_told(world, first, last + 1) if event.recorded_at <= until)
    months = range(month_of(first), month_of(last) + 1)
    lives = [*open_before(world, months[0]), *(life for month in months for life in begun(world, month))]
    Random(world.name).shuffle(lives)  # so that a tenth of them is a tenth of the events
    for number, life in enumerate(lives):
        if number % LIVES_PER_PROGRESS == 0:
            progress(number / len(lives))
        for chapter in life:
            if chapter.first <= last:
                yield from (event for event in _known(chapter, since, first) if event.recorded_at <= until)
    progress(1.0)


def _known(chapter: Chapter, since: datetime, first: Day) -> Iterable[Event]:
    """Return the events of a chapter that begins on the day *first* or later, is open then, or is told after *since*.

    A chapter that began long before gives only what matters to a reader who takes the story up on *first*.
    """
    if max(chapter.last, chapter.open_until) < first:
        return ()
    events = chapter.events()
    over = chapter.first < first and chapter.open_until < first
    if over and not any(event.recorded_at > since for event in events):
        return ()
    return _what_matters(events, first) if chapter.first < first - RECENT_DAYS else events


def _what_matters(events: list[Event], first: Day) -> Iterator[Event]:
    """Yield *events* without old visits, and without allocations before the one that stood shortly before *first*."""
    recent = first - RECENT_DAYS
    allocated = [e for e in events if isinstance(e, CaseAllocated) and e.day.toordinal() <= recent]
    last = max((e.record.removesuffix("-X") for e in allocated), default="")
    for event in events:
        if isinstance(event, VisitMade) and event.day.toordinal() <= recent:
            continue
        if isinstance(event, CaseAllocated) and event.record < last:
            continue
        yield event


def opening_events(world: World, since: datetime) -> list[Event]:
    """Return what was known at *since* of all that was open, in order of `recorded_at`."""
    return sorted(child_by_child(world, since, since), key=order)
