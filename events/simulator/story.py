"""All lives of a made-up authority, and what is told of them: a month at a time, or child by child."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any

from events.event import Event
from events.feed import FeedReported
from events.need import VisitMade
from events.simulator.care import stays
from events.simulator.clerk import REACH
from events.simulator.days import Day, Month, first_day, month_of
from events.simulator.front_door import told_at_the_door
from events.simulator.looked_after import last_day, stay_chapters
from events.simulator.need import BACK, founders, known_chapters, known_for_long, returning
from events.simulator.planted import LONGEST, planted
from events.simulator.posts import office_at, office_told
from events.simulator.protection import plan_chapters, plans
from events.simulator.spells import KNOWN_FOR, Chapter, Spell, chapters
from events.simulator.wexshire import World
from events.workforce import CaseAllocated

BEGINS, ENDS = datetime(2008, 1, 1, tzinfo=UTC), datetime(2039, 1, 1, tzinfo=UTC)
DECIDED_BY = 45  # days after a month: the latest decision on an enquiry of it
DOORS_BACK, CASES_BACK = 3, 18  # months
RECENT = 62  # days before a story is taken up, of which all is told
SLOT = 250  # lives between two looks at how far it is
Life = Iterable[Chapter]
Tell = Callable[[World, Any], Life]


class OutsideStory(ValueError):
    """Asked about years for which nothing is made up."""

    def __init__(self) -> None:
        super().__init__(f"the story goes from {BEGINS.year} to {ENDS.year - 1}")


def check(*moments: datetime) -> None:
    """Raise OutsideStory unless the story covers *moments*."""
    if not all(BEGINS <= moment <= ENDS for moment in moments):
        raise OutsideStory


# --- lives -------------------------------------------------------------------------------------------------------


def begun(world: World, month: Month) -> Iterator[Life]:
    """Yield the lives that begin in a month."""
    yield from (chapters(world, spell) for spell in founders(world, month))
    yield from (chapters(world, spell) for spell in returning(world, month))
    yield from (tell(world, life) for _, tell, life in _long_lives(world).get(month, ()))
    yield _door(world, month)
    if month % 3 == 0:
        yield from (_case(month, told) for _, told in planted(world, month))


def open_before(world: World, month: Month) -> Iterator[Life]:
    """Yield the lives that began before a month and of which something may yet be told, or is to be known."""
    first = first_day(month)
    for before in range(month - BACK, month):
        yield from (chapters(world, spell) for spell in founders(world, before))
        yield from (chapters(world, spell) for spell in returning(world, before))
    for when, long_lives in _long_lives(world).items():
        if when < month:
            yield from (tell(world, life) for last, tell, life in long_lives if last >= first)
    yield from (_door(world, before) for before in range(month - DOORS_BACK, month))
    for before in range(month - CASES_BACK, month):
        if before % 3 == 0:
            yield from (_case(before, told) for _, told in planted(world, before))


@lru_cache(maxsize=8)
def _long_lives(world: World) -> dict[Month, list[tuple[Day, Tell, Any]]]:
    """Return the lives on plans, in care and known for long, by the month in which they begin, and when each ends."""
    found: dict[Month, list[tuple[Day, Tell, Any]]] = {}
    ends: Iterable[tuple[Spell, Day, Tell, Any]] = (
        *((plan.spell, plan.spell.closes, plan_chapters, plan) for plan in plans(world)),
        *((stay.spell, last_day(stay), stay_chapters, stay) for stay in stays(world)),
        *((known.spell, known.spell.closes, known_chapters, known) for known in known_for_long(world)),
    )
    for spell, end, tell, life in ends:
        last = max(end, spell.referral + KNOWN_FOR) + REACH
        found.setdefault(month_of(spell.referral), []).append((last, tell, life))
    return found


def _door(world: World, month: Month) -> Life:
    last = first_day(month + 1) + DECIDED_BY
    return ((first_day(month), last, first_day(month + 1), told_at_the_door, (world, month)),)


def _case(quarter: Month, told: list[Event]) -> Life:
    first = first_day(quarter)
    return ((first, first + LONGEST, first + LONGEST, lambda: told, ()),)


# --- in order ----------------------------------------------------------------------------------------------------


class Story:
    """Tells month after month, in order of `recorded_at`; keeps what is to be told later."""

    def __init__(self, world: World, month: Month) -> None:
        self.world = world
        self.month = month
        self._later: dict[Month, list[Event]] = {}
        self._unread: dict[Month, list[Chapter]] = {}
        first = first_day(month)
        for life in open_before(world, month):
            for chapter in life:
                if chapter[0] >= first:
                    self._put_by(chapter)
                elif chapter[1] >= first:
                    self._read(chapter)

    def next(self) -> list[Event]:
        """Return all that is recorded in the next month."""
        for life in begun(self.world, self.month):
            for chapter in life:
                self._put_by(chapter)
        for chapter in self._unread.pop(self.month, ()):
            self._read(chapter)
        self._keep(office_told(self.world, first_day(self.month), first_day(self.month + 1)))
        told = self._later.pop(self.month, [])
        self.month += 1
        return sorted(told, key=order)

    def _put_by(self, chapter: Chapter) -> None:
        self._unread.setdefault(max(month_of(chapter[0]), self.month), []).append(chapter)

    def _read(self, chapter: Chapter) -> None:
        _, _, _, tell, of = chapter
        self._keep(tell(*of))

    def _keep(self, told: Iterable[Event]) -> None:
        for event in told:
            at = event.recorded_at
            month = 12 * at.year + at.month - 1
            if month >= self.month:
                self._later.setdefault(month, []).append(event)


def order(event: Event) -> tuple[datetime, bool, str]:
    """By when it was recorded; a report of the feed after all that it reports."""
    return event.recorded_at, isinstance(event, FeedReported), event.id


# --- child by child ------------------------------------------------------------------------------------------------


def child_by_child(
    world: World, since: datetime, until: datetime, progress: Callable[[float], None] = lambda share: None
) -> Iterator[Event]:
    """Yield what was known at *since* of all that was open, and what was recorded from then to *until*, child by child.

    As a back-load would bring it: whoever folds it meets most children once.
    """
    first, last = since.toordinal(), until.toordinal()
    yield from office_at(world, first)
    yield from (event for event in office_told(world, first, last + 1) if event.recorded_at <= until)
    months = range(month_of(first), month_of(last) + 1)
    told = [*open_before(world, months[0]), *(life for month in months for life in begun(world, month))]
    Random(world.name).shuffle(told)  # so that a tenth of them is a tenth of the events
    for number, life in enumerate(told):
        if number % SLOT == 0:
            progress(number / len(told))
        for chapter in life:
            if chapter[0] <= last:
                yield from (event for event in _known(chapter, since, first) if event.recorded_at <= until)
    progress(1.0)


def _known(chapter: Chapter, since: datetime, first: Day) -> Iterable[Event]:
    """Return what is told of a chapter that begins on the day *first* or later, is open then, or is told of since."""
    begins, ends, open_until, tell, of = chapter
    if max(ends, open_until) < first:
        return ()
    told = tell(*of)
    if begins < first and open_until < first and not any(event.recorded_at > since for event in told):
        return ()
    return _what_matters(told, first) if begins < first - RECENT else told


def _what_matters(told: list[Event], first: Day) -> Iterator[Event]:
    """Yield what is told but old visits, and who had the case before those who had it shortly before *first*."""
    recent = first - RECENT
    allocated = [e for e in told if isinstance(e, CaseAllocated) and e.day.toordinal() <= recent]
    last = max((e.record.removesuffix("-X") for e in allocated), default="")
    for event in told:
        if isinstance(event, VisitMade) and event.day.toordinal() <= recent:
            continue
        if isinstance(event, CaseAllocated) and event.record < last:
            continue
        yield event


def opening(world: World, since: datetime) -> list[Event]:
    """Return what was known at *since* of all that was open, in order of `recorded_at`."""
    return sorted(child_by_child(world, since, since), key=order)
