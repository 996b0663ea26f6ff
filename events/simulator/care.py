"""Wexshire's children looked after. There are so many places; when a child leaves one, another soon comes."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from events.care import CareEnded, CareStarted, LegalStatusChanged
from events.event import Event
from events.office import office_hours
from events.simulator import wexshire
from events.simulator.clerk import Clerk, name
from events.simulator.wexshire import choose
from events.time import HOUR

FIRST, LAST = date(1996, 1, 1), date(2050, 1, 1)
LONGEST = 15 * 365
BETWEEN_CHILDREN = (1, 13)  # days that a place waits for the next child
POLICE_PROTECTION = 0.08  # of the children under care orders came in this way, for two days
TO_FULL_ORDER = 26 * 7  # days, about, of proceedings


class Fact(NamedTuple):
    """Something that happens in a stay, on a day."""

    day: date
    kind: type[Event]
    record: str
    fields: dict[str, Any]


class Stay(NamedTuple):
    """One child's period of care."""

    record: str
    child: str
    team: str
    entered: date
    left: date
    statuses: tuple[tuple[date, str], ...]

    @property
    def facts(self) -> Iterator[Fact]:
        """Yield what happens in it, in no particular order."""
        yield Fact(self.entered, CareStarted, self.record, {"need": "N1"})
        yield Fact(self.left, CareEnded, self.record, {"reason": choose(Random(self.record), wexshire.ENDS)})
        for day, status in self.statuses:
            if day < self.left:
                yield Fact(day, LegalStatusChanged, f"{self.record}-{status}", {"status": status, "care": self.record})


@lru_cache(maxsize=4)
def stays(seed: int) -> tuple[Stay, ...]:
    """Return every stay there ever is."""
    return tuple(stay for place in range(wexshire.PLACES + wexshire.SHORT_BREAK_PLACES) for stay in _in(seed, place))


def _in(seed: int, place: int) -> Iterator[Stay]:
    random = Random(f"{seed}/care/{place}")
    day, number = FIRST + timedelta(days=random.randint(0, 60)), 0
    while day < LAST:
        left = day + timedelta(days=min(LONGEST, 3 + int(random.expovariate(1 / wexshire.DAYS_IN_CARE))))
        record = f"P{place:03}-{number:02}"
        team = random.choice(wexshire.CARE_TEAMS)
        statuses = _short_breaks(random, day) if place >= wexshire.PLACES else _statuses(random, day)
        yield Stay(record, name(seed, "child", record), team, day, left, statuses)
        day, number = left + timedelta(days=random.randint(*BETWEEN_CHILDREN)), number + 1


def _short_breaks(random: Random, entered: date) -> tuple[tuple[date, str], ...]:
    return ((entered, random.choice(("V3", "V4"))),)


def _statuses(random: Random, entered: date) -> tuple[tuple[date, str], ...]:
    first = choose(random, wexshire.CARE_BEGINS_UNDER)
    if first != "C1":
        return ((entered, first),)
    full_order = entered + timedelta(days=TO_FULL_ORDER + random.randint(-40, 60))
    if random.random() < POLICE_PROTECTION:
        return (entered, "L1"), (entered + timedelta(days=2), "C1"), (full_order, "C2")
    return (entered, "C1"), (full_order, "C2")


@lru_cache(maxsize=4)
def _by_day(seed: int) -> dict[date, list[Stay]]:
    found: dict[date, list[Stay]] = {}
    for stay in stays(seed):
        for day in {stay.entered, stay.left, *(day for day, _ in stay.statuses)}:
            found.setdefault(day, []).append(stay)
    return found


def happened_in_care(seed: int, day: date) -> Iterator[Event]:
    """Yield all that is ever told of what happened in care on *day*."""
    found = _by_day(seed).get(day, ())
    return (e for stay in found for fact in stay.facts if fact.day == day for e in _told(seed, stay, fact))


def in_care_at(seed: int, day: date) -> Iterator[Event]:
    """Yield all that is ever told of what happened before *day* to the children who are in care then."""
    present = (stay for stay in stays(seed) if stay.entered < day <= stay.left)
    return (e for stay in present for fact in stay.facts if fact.day < day for e in _told(seed, stay, fact))


def _told(seed: int, stay: Stay, fact: Fact) -> Iterator[Event]:
    clerk = Clerk(seed, Random(f"{seed}/{fact.kind.__struct_config__.tag}/{fact.record}"))
    hours = office_hours()
    at = hours.before[hours.on_or_after(fact.day)] + clerk.between(HOUR // 2, 6 * HOUR)
    return clerk.tell(fact.kind, fact.record, at, child=stay.child, occurred_on=fact.day, team=stay.team, **fact.fields)
