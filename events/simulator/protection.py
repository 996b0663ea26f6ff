"""What is told of a child on a protection plan: the need, the conference, the plan, its reviews and visits."""

from collections.abc import Iterator
from random import Random

from events.event import Event
from events.need import EpisodeClosed, VisitMade
from events.protection import (
    InitialConferenceHeld,
    ProtectionPlanEnded,
    ProtectionPlanReviewed,
    ProtectionPlanStarted,
)
from events.simulator.chance import SILVER, evenly, whole
from events.simulator.chapters import Chapter, chapters, tell_holders, tell_opening, visit_chapters
from events.simulator.clerk import REACH_DAYS, Clerk
from events.simulator.days import Day, as_date, index_of, nth_after, working
from events.simulator.plans import Plan
from events.simulator.spells import eighteen
from events.simulator.wexshire import World
from events.time import add_months

FIRST_REVIEW_LATE_SHARE, LATER_REVIEW_LATE_SHARE = 0.108, 0.066  # of the chairs: they hold it too late
VISIT_WORKING_DAYS = (7, 10)  # between visits
LATE_VISIT_WORKING_DAYS = (11, 16)
PLAN_VISITED_LATE_SHARE = 0.07
NOT_SEEN_SHARE = 0.05
PLAN_PIECE_DAYS = 120  # of visits that are told together


def plan_chapters(world: World, plan: Plan) -> Iterator[Chapter]:
    """Yield what is told of a plan's child."""
    referral, front, *_ = chapters(world, plan.spell)
    yield referral
    yield front
    closes = plan.spell.closes
    yield Chapter(plan.spell.referral, closes + REACH_DAYS, closes, _tell_need, (world, plan))
    yield Chapter(plan.started, plan.ended + REACH_DAYS, plan.ended, _tell_plan, (world, plan))
    yield from visit_chapters(world, plan.spell, plan.ended, "safeguarding")
    for first in range(plan.started, plan.ended, PLAN_PIECE_DAYS):
        last = min(first + PLAN_PIECE_DAYS, plan.ended)
        yield Chapter(first, last + REACH_DAYS, last, _tell_visits, (world, plan, first, last))


def _tell_need(world: World, plan: Plan) -> list[Event]:
    """Return the episode of need around the plan."""
    spell = plan.spell
    clerk = Clerk(world, spell.child, f"{spell.key}/need")
    tell_opening(clerk, spell)
    taken = max(spell.referral + 1, min(spell.signed_off, plan.started))
    assessing = spell.referral + whole(clerk.random, 0, 1)
    tell_holders(clerk, spell, ((assessing, "assessment"), (taken, "safeguarding")))
    reason = "RC6" if spell.closes >= eighteen(spell.born) else "RC7"
    where = spell.team("safeguarding")
    clerk.tell(EpisodeClosed, f"N-{spell.key}", spell.closes, team=where, closure_reason=reason)
    return clerk.tellings


def _tell_plan(world: World, plan: Plan) -> list[Event]:
    """Return the conference, the plan and its reviews."""
    clerk = Clerk(world, plan.spell.child, f"{plan.spell.key}/plan")
    key, where = plan.spell.key, plan.spell.team("safeguarding")
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
    return clerk.tellings


def _reviews(random: Random, plan: Plan) -> Iterator[Day]:
    """Yield the days of the reviews: by 3 months after the start, then by 6 months after the one before."""
    day, months, late = plan.started, 3, evenly(plan.place) < FIRST_REVIEW_LATE_SHARE
    while True:
        due = add_months(as_date(day), months).toordinal()
        day = nth_after(due, whole(random, 2, 18)) if late else _held(due, whole(random, 0, 14))
        if day >= plan.ended:
            return
        yield day
        months, late = 6, evenly(plan.place, SILVER) < LATER_REVIEW_LATE_SHARE


def _held(due: Day, before: int) -> Day:
    """Return a working day by the day it is due."""
    return working().days[index_of(due - before)]


def _tell_visits(world: World, plan: Plan, first: Day, last: Day) -> list[Event]:
    """Return the visits of [first, last)."""
    clerk = Clerk(world, plan.spell.child, f"{plan.spell.key}/visits/{first}")
    for number, day in enumerate(_visit_days(clerk.random, first, last)):
        seen = clerk.random.random() > NOT_SEEN_SHARE
        clerk.tell(
            VisitMade,
            f"VP-{plan.spell.key}-{first}-{number}",
            day,
            team=plan.spell.team("safeguarding"),
            kind="protection",
            seen=seen,
            seen_alone=seen and clerk.random.random() < 0.7,
        )
    return clerk.tellings


def _visit_days(random: Random, first: Day, last: Day) -> Iterator[Day]:
    day = first
    while True:
        late = random.random() < PLAN_VISITED_LATE_SHARE
        day = nth_after(day, whole(random, *(LATE_VISIT_WORKING_DAYS if late else VISIT_WORKING_DAYS)))
        if day >= last:
            return
        yield day
