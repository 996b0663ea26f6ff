"""Which children are on a protection plan.

Each month has a number of places on plans. When a place falls free, another child soon has it. So the number of
children on a plan is as published, and who is on one, since when and for how long, is chance.
"""

from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.simulator.chance import Odds, dealt, evenly, name, whole
from events.simulator.days import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    first_day,
    index_of,
    month_of,
    next_working,
    working,
)
from events.simulator.spells import NEEDS, SOURCE_ODDS, Spell, assessed, birth, conference_days, eighteen
from events.simulator.volumes import CATEGORIES, PLAN_DAYS, PLANS_AT, REPEATED_SHARE, plans_at, through_the_door
from events.simulator.wexshire import World, sector

OCCUPIED_SHARE = 0.9885  # of the places: a place waits some days for the next child
PLAN_GAP_DAYS = (1, 4)
BLOCK_OF_PLANS = 40  # in order of their start, among which the usual shares are dealt
PLAN_AGES: Odds[tuple[int, int]] = Odds(
    ((-4, -1), 0.05), ((0, 11), 0.13), ((12, 59), 0.3), ((60, 119), 0.31), ((120, 176), 0.21)
)
ENQUIRED_AT_ONCE_SHARE = 0.5  # of section 47 enquiries: within days of the referral; the others while the case is open
STEP_DOWN_DAYS = (30, 240)  # until the case closes after the plan
KNOWN_AGAIN_SHARE = 0.5  # of repeated plans: the earlier one is in our log, not only in the number that is told


class Plan(NamedTuple):
    """One child's protection plan."""

    spell: Spell
    place: int
    started: Day
    ended: Day
    category: str
    previous: int


class Slot(NamedTuple):
    """When a plan takes a place: its start, the place, which plan of the place it is, and its end."""

    started: Day
    place: int
    number: int
    ended: Day


class PlanShares(NamedTuple):
    """Where a plan stands, from 0 to 1, among all plans in each respect that is dealt."""

    repeated: float
    lag: float  # from section 47 to the conference
    kind: float
    source: float
    door: float
    lasts: float  # the assessment


@lru_cache(maxsize=8)
def plans(world: World) -> list[Plan]:
    """Return every plan there ever is, in order of its start."""
    slots = sorted(slot for place in range(_places(world)) for slot in _slots(world, place))
    shift = Random(f"{world.name}/repeated").random()
    every: list[Plan] = []
    of_place: dict[int, list[Plan]] = {}
    for first in range(0, len(slots), BLOCK_OF_PLANS):
        block = slots[first : first + BLOCK_OF_PLANS]
        random = Random(f"{world.name}/plans/{first}")
        repeated = [(evenly(first + n) + shift) % 1 for n in range(len(block))]
        shares = zip(repeated, *(dealt(random, len(block)) for _ in range(5)), strict=True)
        for slot, share in zip(block, shares, strict=True):
            before = of_place.setdefault(slot.place, [])
            plan = _plan(world, slot, PlanShares(*share), before)
            before.append(plan)
            every.append(plan)
    return every


def _places(world: World) -> int:
    return max(_capacity(world, month) for month in (*PLANS_AT, 0))


@lru_cache(maxsize=4096)
def _capacity(world: World, month: Month) -> int:
    return round(plans_at(world, month) / OCCUPIED_SHARE)


def _slots(world: World, place: int) -> Iterator[Slot]:
    """Yield when each plan of a place begins and ends."""
    random = Random(f"{world.name}/plans/{place}")
    day, number = FIRST_DAY + whole(random, 0, 90), 0
    while True:
        day = _from_when(world, place, next_working(day))
        if day >= LAST_DAY - 400:
            return
        least, most = PLAN_DAYS.draw(random)
        ended = _until_when(world, place, day, next_working(day + whole(random, least, most)))
        yield Slot(day, place, number, ended)
        day, number = ended + whole(random, *PLAN_GAP_DAYS), number + 1


def _from_when(world: World, place: int, day: Day) -> Day:
    """Return *day*, or the next day on which the place is in use."""
    month = month_of(day)
    if place < _capacity(world, month):
        return day
    while month < month_of(LAST_DAY) and place >= _capacity(world, month):
        month += 1
    return next_working(_crossed(world, place, month))


def _until_when(world: World, place: int, started: Day, ended: Day) -> Day:
    """Return *ended*, or the day on which the place falls out of use before that."""
    for month in range(month_of(started), month_of(ended) + 1):
        if place >= _capacity(world, month):
            return min(ended, max(next_working(_crossed(world, place, month)), next_working(started + 14)))
    return ended


def _crossed(world: World, place: int, month: Month) -> Day:
    """Return the day of a month on which *place* comes into use or falls out of it."""
    before, after = _capacity(world, month - 1), _capacity(world, month)
    first, days = first_day(month), first_day(month + 1) - first_day(month)
    return first + int((place + 0.5 - before) / (after - before) * (days - 3)) if after != before else first


def _plan(world: World, slot: Slot, shares: PlanShares, before: list[Plan]) -> Plan:
    """Return the plan of a slot, *before* being the earlier plans of its place."""
    random = Random(f"{world.name}/plan/{slot.place}/{slot.number}")
    section_47 = working().days[index_of(slot.started) - conference_days(shares.lag)]
    at_once = (shares.lag * 131) % 1 < ENQUIRED_AT_ONCE_SHARE
    waited = whole(random, 0, 4) if at_once else 10 + int(random.expovariate(1 / 60))
    referral = working().days[index_of(section_47 - min(waited, 300))]
    again = shares.repeated < REPEATED_SHARE
    known = _known(random, before, referral) if again else None
    born = known.spell.born if known else birth(random, referral, PLAN_AGES)
    ended = max(min(slot.ended, eighteen(born) - 1), slot.started + 1)
    spell = _spell(world, random, slot._replace(ended=ended), shares, (section_47, referral, born), known)
    previous = known.previous + 1 if known else random.choice((1, 1, 1, 2)) if again else 0
    return Plan(spell, slot.place, slot.started, ended, CATEGORIES.at(shares.kind), previous)


def _spell(
    world: World,
    random: Random,
    slot: Slot,
    shares: PlanShares,
    days: tuple[Day, Day, Month],
    known: Plan | None,
) -> Spell:
    """Return the spell that a plan is part of; *days* are those of section 47 and the referral, and the birth month."""
    section_47, referral, born = days
    key = f"P{slot.place:03}-{slot.number:02}"
    started, signed_off = assessed(referral, whole(random, 0, 2), shares.lasts)
    return Spell(
        key=key,
        child=known.spell.child if known else name(world.name, "child", key),
        born=born,
        known=bool(known),
        referral=referral,
        sector=known.spell.sector if known else sector(random),
        source=SOURCE_ODDS.at(shares.source),
        enquired=shares.door < through_the_door(world, referral),
        need="N1" if shares.kind < 0.8 else NEEDS.draw(random),
        started=started,
        signed_off=signed_off,
        outcomes=("section_47",),
        section_47=section_47,
        section_47_ended=max(section_47, slot.started - whole(random, 0, 4)),
        led_on="conference",
        closes=max(slot.ended + whole(random, *STEP_DOWN_DAYS), signed_off),
        planned=True,
        share=random.random(),
    )


def _known(random: Random, before: list[Plan], referral: Day) -> Plan | None:
    """Return an earlier plan of the place whose child may come back: closed, and referred over a year ago."""
    if random.random() > KNOWN_AGAIN_SHARE:
        return None
    young = (plan for plan in reversed(before[-6:]) if eighteen(plan.spell.born) > referral + 900)
    children = [plan.spell.child for plan in before]
    return next(
        (
            plan
            for plan in young
            if plan.spell.closes < referral - 30
            and plan.spell.referral < referral - 380
            and children.count(plan.spell.child) == 1
        ),
        None,
    )
