"""Children on a protection plan.

There are so many places on plans, by month; when one falls free, another child soon has it. So how many are on a plan
is as published, and who, since when and for how long is chance.
"""

from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.event import Event
from events.need import EpisodeClosed, EpisodeOpened, VisitMade
from events.protection import (
    InitialConferenceHeld,
    ProtectionPlanEnded,
    ProtectionPlanReviewed,
    ProtectionPlanStarted,
)
from events.simulator.chance import SILVER, Odds, dealt, evenly, name, whole
from events.simulator.clerk import REACH, Clerk
from events.simulator.days import (
    FIRST,
    LAST,
    Day,
    Month,
    as_date,
    first_day,
    index_of,
    month_of,
    next_working,
    nth_after,
    working,
)
from events.simulator.spells import (
    NEEDS,
    SOURCE_ODDS,
    Chapter,
    Spell,
    assessed,
    birth,
    chapters,
    conference_days,
    eighteen,
    tell_holders,
    visited,
)
from events.simulator.volumes import CATEGORIES, PLAN_DAYS, PLANS_AT, REPEATED, plans_at, through_the_door
from events.simulator.wexshire import World, sector, team
from events.time import add_months

OCCUPIED = 0.9885  # of the places, as one waits some days for the next child
BETWEEN = (1, 4)  # days
BLOCK = 40  # plans, in order of their start, among which what is usual is dealt
AGES: Odds[tuple[int, int]] = Odds(
    ((-4, -1), 0.05), ((0, 11), 0.13), ((12, 59), 0.3), ((60, 119), 0.31), ((120, 176), 0.21)
)
AT_ONCE = 0.5  # of the section 47 enquiries: within days of the referral; the others while the case is open
FIRST_LATE, LATER_LATE = 0.108, 0.066  # chairs who hold the first review, or later ones, too late
STEPPED_DOWN = (30, 240)  # days until the case closes after the plan
VISITS = (7, 10)  # working days between visits
VISITED_LATE, VISITS_LATE = 0.07, (11, 16)
NOT_SEEN = 0.05
PIECE = 120  # days of visits that are told together
KNOWN_AGAIN = 0.5  # of the repeated plans: the earlier one is in our log, not only in the number that is told


class Plan(NamedTuple):
    """One child's protection plan."""

    spell: Spell
    place: int
    started: Day
    ended: Day
    category: str
    previous: int


@lru_cache(maxsize=8)
def plans(world: World) -> list[Plan]:
    """Return every plan there ever is, in order of its start."""
    raw = sorted(stay for place in range(_places(world)) for stay in _in(world, place))
    found: list[Plan] = []
    last: dict[int, list[Plan]] = {}
    shift = Random(f"{world.name}/repeated").random()
    for first in range(0, len(raw), BLOCK):
        block = raw[first : first + BLOCK]
        random = Random(f"{world.name}/plans/{first}")
        repeated = [(evenly(first + n) + shift) % 1 for n in range(len(block))]
        shares = zip(repeated, *(dealt(random, len(block)) for _ in range(5)), strict=True)
        for (started, place, number, ended), share in zip(block, shares, strict=True):
            before = last.setdefault(place, [])
            plan = _plan(
                world, Random(f"{world.name}/plan/{place}/{number}"), place, number, started, ended, share, before
            )
            before.append(plan)
            found.append(plan)
    return found


def _places(world: World) -> int:
    return max(_capacity(world, month) for month in (*PLANS_AT, 0))


@lru_cache(maxsize=4096)
def _capacity(world: World, month: Month) -> int:
    return round(plans_at(world, month) / OCCUPIED)


def _in(world: World, place: int) -> Iterator[tuple[Day, int, int, Day]]:
    """Yield the plans of a place: start, place, number, end."""
    random = Random(f"{world.name}/plans/{place}")
    day, number = FIRST + whole(random, 0, 90), 0
    while True:
        day = _from_when(world, place, next_working(day))
        if day >= LAST - 400:
            return
        least, most = PLAN_DAYS.draw(random)
        ended = _until_when(world, place, day, next_working(day + whole(random, least, most)))
        yield day, place, number, ended
        day, number = ended + whole(random, *BETWEEN), number + 1


def _from_when(world: World, place: int, day: Day) -> Day:
    """Return *day*, or when the place is next in use."""
    month = month_of(day)
    if place < _capacity(world, month):
        return day
    while month < month_of(LAST) and place >= _capacity(world, month):
        month += 1
    return next_working(_crossed(world, place, month))


def _until_when(world: World, place: int, started: Day, ended: Day) -> Day:
    """Return *ended*, or when the place falls out of use before."""
    for month in range(month_of(started), month_of(ended) + 1):
        if place >= _capacity(world, month):
            return min(ended, max(next_working(_crossed(world, place, month)), next_working(started + 14)))
    return ended


def _crossed(world: World, place: int, month: Month) -> Day:
    """Return the day of a month on which the places in use come to be more, or no more, than *place*."""
    before, after = _capacity(world, month - 1), _capacity(world, month)
    first, days = first_day(month), first_day(month + 1) - first_day(month)
    return first + int((place + 0.5 - before) / (after - before) * (days - 3)) if after != before else first


def _plan(
    world: World,
    random: Random,
    place: int,
    number: int,
    started: Day,
    ended: Day,
    shares: tuple[float, ...],
    before: list[Plan],
) -> Plan:
    key = f"P{place:03}-{number:02}"
    repeated, lag, kind, source, door, lasts = shares
    section_47 = working().days[index_of(started) - conference_days(lag)]
    waited = whole(random, 0, 4) if (lag * 131) % 1 < AT_ONCE else 10 + int(random.expovariate(1 / 60))
    referral = working().days[index_of(section_47 - min(waited, 300))]
    again = repeated < REPEATED
    known = _known(random, before, referral) if again else None
    born = known.spell.born if known else birth(random, referral, AGES)
    ended = max(min(ended, eighteen(born) - 1), started + 1)
    begun, signed_off = assessed(referral, whole(random, 0, 2), lasts)
    spell = Spell(
        key=key,
        child=known.spell.child if known else name(world.name, "child", key),
        born=born,
        known=bool(known),
        referral=referral,
        sector=known.spell.sector if known else sector(random),
        source=SOURCE_ODDS.at(source),
        incident="",
        enquired=door < through_the_door(world, referral),
        no_further_action=False,
        need="N1" if kind < 0.8 else NEEDS.draw(random),
        started=begun,
        signed_off=signed_off,
        cancelled=False,
        outcomes=("section_47",),
        section_47=section_47,
        section_47_ended=max(section_47, started - whole(random, 0, 4)),
        led_on="conference",
        conference=0,
        closes=max(ended + whole(random, *STEPPED_DOWN), signed_off),
        planned=True,
        share=random.random(),
    )
    previous = known.previous + 1 if known else random.choice((1, 1, 1, 2)) if again else 0
    return Plan(spell, place, started, ended, CATEGORIES.at(kind), previous)


def _known(random: Random, before: list[Plan], referral: Day) -> Plan | None:
    """Return an earlier plan of the place whose child may come back: closed, and referred over a year ago."""
    if random.random() > KNOWN_AGAIN:
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


# --- what is told --------------------------------------------------------------------------------------------------


def plan_chapters(world: World, plan: Plan) -> Iterator[Chapter]:
    """Yield what is told of a plan's child."""
    referral, front, *_ = chapters(world, plan.spell)
    yield referral
    yield front
    closes = plan.spell.closes
    yield plan.spell.referral, closes + REACH, closes, _tell_need, (world, plan)
    yield plan.started, plan.ended + REACH, plan.ended, _tell_plan, (world, plan)
    yield from visited(world, plan.spell, plan.ended, closes, "safeguarding")
    for first in range(plan.started, plan.ended, PIECE):
        last = min(first + PIECE, plan.ended)
        yield first, last + REACH, last, _tell_visits, (world, plan, first, last)


def _tell_need(world: World, plan: Plan) -> list[Event]:
    """Return the episode of need around the plan."""
    spell = plan.spell
    clerk = Clerk(world, spell.child, f"{spell.key}/need")
    clerk.tell(
        EpisodeOpened,
        f"N-{spell.key}",
        spell.referral,
        team=team("assessment", spell.sector),
        primary_need=spell.need,
        referral=f"R-{spell.key}",
    )
    where = team("safeguarding", spell.sector)
    taken = max(spell.referral + 1, min(spell.signed_off, plan.started))
    tell_holders(clerk, spell, ((spell.referral + whole(clerk.random, 0, 1), "assessment"), (taken, "safeguarding")))
    reason = "RC6" if spell.closes >= eighteen(spell.born) else "RC7"
    clerk.tell(EpisodeClosed, f"N-{spell.key}", spell.closes, team=where, closure_reason=reason)
    return clerk.told


def _tell_plan(world: World, plan: Plan) -> list[Event]:
    """Return the conference, the plan and its reviews."""
    clerk = Clerk(world, plan.spell.child, f"{plan.spell.key}/plan")
    key, where = plan.spell.key, team("safeguarding", plan.spell.sector)
    clerk.tell(InitialConferenceHeld, f"C-{key}", plan.started, team=where, section_47=f"S-{key}", plan_made=True)
    clerk.tell(
        ProtectionPlanStarted,
        f"CP-{key}",
        plan.started,
        team=where,
        category=plan.category,
        previous_plans=plan.previous,
    )
    for number, day in enumerate(_reviews(clerk.random, plan)):
        clerk.tell(ProtectionPlanReviewed, f"CR-{key}-{number}", day, team=where, plan=f"CP-{key}")
    clerk.tell(ProtectionPlanEnded, f"CP-{key}", plan.ended, team=where)
    return clerk.told


def _reviews(random: Random, plan: Plan) -> Iterator[Day]:
    """Yield the days of the reviews: by 3 months after the start, then by 6 months after the one before."""
    day, months, late = plan.started, 3, evenly(plan.place) < FIRST_LATE
    while True:
        due = add_months(as_date(day), months).toordinal()
        day = nth_after(due, whole(random, 2, 18)) if late else _held(due, whole(random, 0, 14))
        if day >= plan.ended:
            return
        yield day
        months, late = 6, evenly(plan.place, SILVER) < LATER_LATE


def _held(due: Day, before: int) -> Day:
    """Return a working day by the day it is due."""
    return working().days[index_of(due - before)]


def _tell_visits(world: World, plan: Plan, first: Day, last: Day) -> list[Event]:
    """Return the visits of [first, last)."""
    clerk = Clerk(world, plan.spell.child, f"{plan.spell.key}/visits/{first}")
    random, where = clerk.random, team("safeguarding", plan.spell.sector)
    day, number = first, 0
    while True:
        late = random.random() < VISITED_LATE
        day = nth_after(day, whole(random, *(VISITS_LATE if late else VISITS)))
        if day >= last:
            return clerk.told
        seen = random.random() > NOT_SEEN
        clerk.tell(
            VisitMade,
            f"VP-{plan.spell.key}-{first}-{number}",
            day,
            team=where,
            kind="protection",
            seen=seen,
            seen_alone=seen and random.random() < 0.7,
        )
        number += 1
