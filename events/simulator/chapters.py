"""What is told of a spell, in chapters: the referral, the front door, the need, the visits."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from events.event import Event
from events.front_door import ReferralReceived
from events.need import (
    AssessmentAuthorised,
    AssessmentCancelled,
    AssessmentStarted,
    EpisodeClosed,
    EpisodeOpened,
    NeedPlanEnded,
    NeedPlanStarted,
    VisitMade,
)
from events.person import PersonRecorded
from events.protection import InitialConferenceHeld, Section47Ended, Section47Started
from events.simulator.chance import whole
from events.simulator.clerk import REACH_DAYS, Clerk
from events.simulator.days import Day, Month, first_day, is_working, month_of, next_working, nth_after
from events.simulator.enquiries import enquiry_of, tell_enquiry
from events.simulator.posts import holders
from events.simulator.spells import FACTORS, Spell, eighteen
from events.simulator.wexshire import World, postcode
from events.workforce import CaseAllocated, CaseDeallocated

VISIT_GAP_DAYS = (150, 220)  # between visits to a child in need without a protection plan
KNOWN_FOR_DAYS = 400  # for which a referral is remembered: it tells who comes back within 12 months
NEED_PIECE_DAYS = 250  # of visits that are told together


class Chapter(NamedTuple):
    """Some of what is told of a child.

    It is recorded from the day *first* to the day *last*. Until the day *open_until* it belongs to what is open.
    *tell* returns its events when called with *arguments*.
    """

    first: Day
    last: Day
    open_until: Day
    tell: Callable[..., list[Event]]
    arguments: tuple[Any, ...]

    def events(self) -> list[Event]:
        """Return what is told."""
        return self.tell(*self.arguments)


def chapters(world: World, spell: Spell) -> Iterator[Chapter]:
    """Yield what is told of a spell."""
    over = max(spell.signed_off, spell.section_47_ended, spell.conference, spell.referral)
    remembered = max(spell.referral + KNOWN_FOR_DAYS, spell.closes)
    born = first_day(spell.born + 1) + 30 if spell.born > month_of(spell.referral) else spell.referral
    last = max(born, spell.referral) + REACH_DAYS
    yield Chapter(spell.referral, last, remembered, tell_referral, (world, spell))
    if spell.enquired or not spell.no_further_action:
        first = first_day(month_of(spell.referral))  # an enquiry comes before its referral, in the same month
        yield Chapter(first, over + REACH_DAYS, over, tell_front, (world, spell))
    if not spell.no_further_action:
        yield Chapter(spell.referral, spell.closes + REACH_DAYS, spell.closes, tell_need, (world, spell))
        if spell.planned:
            yield from visit_chapters(world, spell, spell.signed_off, spell.team_in_need)


# --- the referral --------------------------------------------------------------------------------------------------


def tell_referral(world: World, spell: Spell) -> list[Event]:
    """Return who the child is, and the referral."""
    clerk = Clerk(world, spell.child, f"{spell.key}/referral")
    if not spell.known:
        _tell_person(clerk, spell)
    clerk.tell(
        ReferralReceived,
        f"R-{spell.key}",
        spell.referral,
        duty=not is_working(spell.referral),
        settled=first_day(month_of(spell.referral) + 1) - 1,
        team=spell.team("assessment"),
        referral_source=spell.source,
        no_further_action=spell.no_further_action or None,
        postcode_sector=postcode(spell.sector),
        enquiry=f"E-{spell.key}" if spell.enquired else None,
    )
    return clerk.tellings


def _tell_person(clerk: Clerk, spell: Spell) -> None:
    """Tell who the child is; of an unborn child, again when it is born."""
    unborn = spell.born > month_of(spell.referral)
    clerk.tell(
        PersonRecorded,
        spell.child,
        spell.referral,
        duty=not is_working(spell.referral),
        birth_month=_written(spell.born),
        unborn=unborn or None,
        disabled=spell.disabled or None,
    )
    if unborn:
        day = first_day(spell.born) + whole(clerk.random, 3, 40)
        clerk.again(PersonRecorded, spell.child, day, birth_month=_written(spell.born), unborn=False)


def _written(born: Month) -> str:
    return f"{born // 12:04}-{born % 12 + 1:02}"


# --- the front door --------------------------------------------------------------------------------------------------


def tell_front(world: World, spell: Spell) -> list[Event]:
    """Return the enquiry, the assessment, and the section 47 enquiry if there was one."""
    clerk = Clerk(world, spell.child, f"{spell.key}/front")
    if spell.enquired:
        tell_enquiry(clerk, enquiry_of(clerk.random, spell))
    if not spell.no_further_action:
        _tell_assessment(clerk, spell)
        _tell_section_47(clerk, spell)
    return clerk.tellings


def _tell_assessment(clerk: Clerk, spell: Spell) -> None:
    where, record, duty = spell.team("assessment"), f"A-{spell.key}", not is_working(spell.started)
    clerk.tell(AssessmentStarted, record, spell.started, duty=duty, team=where, referral=f"R-{spell.key}")
    if spell.cancelled:
        clerk.tell(AssessmentCancelled, record, spell.signed_off, team=where)
    else:
        factors = FACTORS.draw(clerk.random) or None
        clerk.tell(AssessmentAuthorised, record, spell.signed_off, team=where, outcomes=spell.outcomes, factors=factors)


def _tell_section_47(clerk: Clerk, spell: Spell) -> None:
    record, where = f"S-{spell.key}", spell.team("assessment")
    if spell.section_47:
        clerk.tell(Section47Started, record, spell.section_47, team=where)
        clerk.tell(Section47Ended, record, spell.section_47_ended, team=where, outcome=spell.led_on)
    if spell.conference:
        clerk.tell(
            InitialConferenceHeld,
            f"C-{spell.key}",
            spell.conference,
            team=spell.team("safeguarding"),
            section_47=record,
            plan_made=False,
        )


# --- need ----------------------------------------------------------------------------------------------------------


def tell_need(world: World, spell: Spell) -> list[Event]:
    """Return the episode of need, who had the case, and the child in need plan if there was one."""
    clerk = Clerk(world, spell.child, f"{spell.key}/need")
    tell_opening(clerk, spell, duty=not is_working(spell.referral))
    moves = spell.signed_off + 5 if spell.planned else spell.closes
    assessing = spell.referral + whole(clerk.random, 0, 3)
    tell_holders(clerk, spell, ((assessing, "assessment"), (moves, spell.team_in_need)))
    if spell.planned:
        _tell_plan(clerk, spell)
    reason = _closure_reason(clerk, spell)
    where = spell.team(spell.team_in_need)
    clerk.tell(EpisodeClosed, f"N-{spell.key}", spell.closes, team=where, closure_reason=reason)
    return clerk.tellings


def tell_opening(clerk: Clerk, spell: Spell, *, duty: bool = False) -> None:
    """Tell that the episode of need began with the referral."""
    clerk.tell(
        EpisodeOpened,
        f"N-{spell.key}",
        spell.referral,
        duty=duty,
        team=spell.team("assessment"),
        primary_need=spell.need,
        referral=f"R-{spell.key}",
    )


def _closure_reason(clerk: Clerk, spell: Spell) -> str:
    closed_well = "early_help" in spell.outcomes or (spell.planned and clerk.random.random() < 0.3)
    if spell.closes >= eighteen(spell.born):
        return "RC6"
    return "RC9" if closed_well else "RC8" if "case_closed" in spell.outcomes else "RC7"


def _tell_plan(clerk: Clerk, spell: Spell) -> None:
    begins, where = nth_after(spell.signed_off, 3), spell.team(spell.team_in_need)
    if begins >= spell.closes:
        return
    clerk.tell(NeedPlanStarted, f"NP-{spell.key}", begins, team=where)
    clerk.tell(NeedPlanEnded, f"NP-{spell.key}", spell.closes, team=where)


def visit_chapters(world: World, spell: Spell, since: Day, kind: str) -> Iterator[Chapter]:
    """Yield what is told of the visits to a child in need from *since* to the end of the case, by pieces."""
    for first in range(since, spell.closes, NEED_PIECE_DAYS):
        last = min(first + NEED_PIECE_DAYS, spell.closes)
        yield Chapter(first, last + REACH_DAYS, last, _tell_visits, (world, spell, first, last, kind))


def _tell_visits(world: World, spell: Spell, first: Day, last: Day, kind: str) -> list[Event]:
    clerk = Clerk(world, spell.child, f"{spell.key}/need/{first}")
    day, number = first + whole(clerk.random, 5, VISIT_GAP_DAYS[0]), 0
    while day < last:
        record, seen = f"V-{spell.key}-{first}-{number}", clerk.random.random() < 0.94
        clerk.tell(VisitMade, record, next_working(day), team=spell.team(kind), kind="need", seen=seen)
        day, number = day + whole(clerk.random, *VISIT_GAP_DAYS), number + 1
    return clerk.tellings


def tell_holders(clerk: Clerk, spell: Spell, stages: tuple[tuple[Day, str], ...]) -> None:
    """Tell who had the case: in each stage a post of its kind of team, whoever has the post."""
    number = 0
    ends = (*(day for day, _ in stages[1:]), spell.closes)
    for (since, kind), end in zip(stages, ends, strict=True):
        where = spell.team(kind)
        for day, worker in holders(clerk.world, where, spell.share, since, min(end, spell.closes)):
            clerk.tell(CaseAllocated, f"W-{spell.key}-{number:02}", day, worker=worker, team=where)
            number += 1
    if number and clerk.random.random() < 0.3:  # where it is not told, the allocation ends with the need
        clerk.tell(CaseDeallocated, f"W-{spell.key}-{number - 1:02}", spell.closes, team=where)
