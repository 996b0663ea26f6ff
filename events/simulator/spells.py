"""A spell: what every child's time with the authority begins with, from an enquiry to the end of the assessment."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from events.event import Event
from events.front_door import EnquiryDecided, EnquiryGraded, EnquiryReceived, ReferralReceived
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
from events.simulator.chance import Odds, whole
from events.simulator.clerk import REACH, Clerk
from events.simulator.days import (
    Day,
    Month,
    as_date,
    at_clock,
    first_day,
    in_office,
    index_of,
    is_working,
    month_of,
    next_working,
    nth_after,
    on_or_after,
    opening,
)
from events.simulator.posts import holders
from events.simulator.volumes import CONFERENCES, DURATIONS
from events.simulator.wexshire import DUTY, FRONT_DOOR, SOURCES, World, postcode, team
from events.workforce import CaseAllocated, CaseDeallocated

AGES: Odds[tuple[int, int]] = Odds(  # months since birth at the referral; below 0, unborn
    ((-5, -1), 0.03), ((0, 11), 0.09), ((12, 59), 0.22), ((60, 119), 0.28), ((120, 191), 0.31), ((192, 211), 0.07)
)
ADULT = (
    18 * 12 + 1
)  # months after the month of birth in which childhood has ended: every birthday is the 1st of the next
NEEDS = Odds(
    ("N1", 0.56), ("N5", 0.14), ("N4", 0.09), ("N3", 0.06), ("N6", 0.06), ("N8", 0.04), ("N7", 0.02), ("N2", 0.03)
)
FACTORS = Odds(
    (("3B",), 0.22),
    (("4B",), 0.16),
    (("3B", "4B"), 0.14),
    (("1B", "3B"), 0.08),
    (("2B",), 0.07),
    (("16A",), 0.09),
    (("18B",), 0.06),
    (("19B",), 0.04),
    (("15A",), 0.04),
    ((), 0.1),
)
CLOSED_WITH: Odds[tuple[str, ...]] = Odds(
    (("case_closed",), 0.58),
    (("case_closed", "early_help"), 0.19),
    (("case_closed", "advice"), 0.145),
    (("case_closed", "signposted"), 0.085),
)
KEPT_WITH: Odds[tuple[str, ...]] = Odds(
    (("child_in_need_plan",), 0.76),
    (("section_47",), 0.12),
    (("child_in_need_plan", "step_down"), 0.06),
    (("care",), 0.03),
    (("child_in_need_plan", "early_help"), 0.03),
)
SOURCE_ODDS = Odds(*SOURCES)
NOT_LED_ON = Odds(("no_conference", 0.5), ("no_further_action", 0.42), ("conference", 0.08))
STARTS_AFTER = Odds((0, 0.5), (1, 0.25), (2, 0.15), (3, 0.1))  # working days from the referral to the assessment
RED = 0.3  # of the red enquiries that go on: at once to section 47

GRADES_ON = Odds(("red", 0.257), ("amber", 0.483), ("green", 0.26))  # of enquiries that go on to an assessment
SLOWNESS = {"red": 0.1, "amber": 0.2, "green": 0.34}  # of the time there is, how much a decision takes on average
GRADED_LATER = 0.45  # of enquiries; the others come with a grade
DECIDED_LATE = 0.055
VISIT_EVERY = (150, 220)  # days between visits to a child in need, with no plan of protection
KNOWN_FOR = 400  # days for which a referral is known to what comes after: it tells who comes back within 12 months
PIECE = 250  # days of visits that are told together

Chapter = tuple[Day, Day, Day, Callable[..., list[Event]], tuple[Any, ...]]
"""Some of what is told of a child: the first day and the last on which any of it is, until when it belongs to what is
open, and how to have it told."""


class Spell(NamedTuple):
    """One child's time with the authority, as far as all have it alike. A day that never comes is 0."""

    key: str
    child: str
    born: Month
    known: bool  # the child was known before: it was recorded as a person then
    referral: Day
    sector: int
    source: str
    incident: str  # the report on brothers and sisters that it came with
    enquired: bool  # it came through the front door
    no_further_action: bool
    need: str
    started: Day
    signed_off: Day
    cancelled: bool
    outcomes: tuple[str, ...]
    section_47: Day
    section_47_ended: Day
    led_on: str  # what the section 47 enquiry ended with
    conference: Day  # one that made no plan; a plan's own is told with it
    closes: Day
    planned: bool  # a child in need plan follows
    share: float  # which post has the case
    disabled: bool = False


def assessed(referral: Day, wait: int, share: float) -> tuple[Day, Day]:
    """Return when an assessment starts and is signed off, *share* being its place among all by how long they take."""
    started = nth_after(next_working(referral), wait) if wait else referral
    least, most = DURATIONS.at(share)
    return started, nth_after(next_working(started), least + int((share * 7919) % 1 * (most - least + 1)))


def conference_days(share: float) -> int:
    """Return the working days from a section 47 enquiry to its conference."""
    least, most = CONFERENCES.at(share)
    return least + int((share * 7919) % 1 * (most - least + 1))


def birth(random: Random, referral: Day, ages: Odds[tuple[int, int]] = AGES) -> Month:
    return month_of(referral) - whole(random, *ages.draw(random))


def eighteen(born: Month) -> Day:
    """Return the day that stands for the 18th birthday."""
    return first_day(born + ADULT)


def chapters(world: World, spell: Spell) -> Iterator[Chapter]:
    """Yield what is told of a spell."""
    over = max(spell.signed_off, spell.section_47_ended, spell.conference, spell.referral)
    known_for = max(spell.referral + KNOWN_FOR, spell.closes)  # a referral of the past 12 months tells who comes back
    born = first_day(spell.born + 1) + 30 if spell.born > month_of(spell.referral) else spell.referral
    yield spell.referral, max(born, spell.referral) + REACH, known_for, tell_referral, (world, spell)
    if spell.enquired or not spell.no_further_action:
        first = first_day(month_of(spell.referral))  # an enquiry comes before its referral, in the same month
        yield first, over + REACH, over, tell_front, (world, spell)
    if not spell.no_further_action:
        yield spell.referral, spell.closes + REACH, spell.closes, tell_need, (world, spell)
        if spell.planned:
            kind = "disabled children" if spell.disabled else "safeguarding"
            yield from visited(world, spell, spell.signed_off, spell.closes, kind)


def tell_referral(world: World, spell: Spell) -> list[Event]:
    """Return who the child is, and the referral."""
    clerk = Clerk(world, spell.child, f"{spell.key}/referral")
    month = month_of(spell.referral)
    if not spell.known:
        unborn = spell.born > month
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
            _tell_birth(clerk, spell)
    clerk.tell(
        ReferralReceived,
        f"R-{spell.key}",
        spell.referral,
        duty=not is_working(spell.referral),
        settled=first_day(month + 1) - 1,
        team=_team("assessment", spell),
        referral_source=spell.source,
        no_further_action=spell.no_further_action or None,
        postcode_sector=postcode(spell.sector),
        enquiry=f"E-{spell.key}" if spell.enquired else None,
    )
    return clerk.told


def _tell_birth(clerk: Clerk, spell: Spell) -> None:
    """Tell the same fact again, now that the child is born."""
    day = first_day(spell.born) + whole(clerk.random, 3, 40)
    clerk.again(PersonRecorded, spell.child, day, birth_month=_written(spell.born), unborn=False)


def _written(born: Month) -> str:
    return f"{born // 12:04}-{born % 12 + 1:02}"


def _team(kind: str, spell: Spell) -> str:
    return team(kind, spell.sector)


# --- the front door --------------------------------------------------------------------------------------------------


def tell_front(world: World, spell: Spell) -> list[Event]:
    """Return the enquiry, the assessment, and the section 47 enquiry if there was one."""
    clerk = Clerk(world, spell.child, f"{spell.key}/front")
    if spell.enquired:
        _tell_enquiry(clerk, spell)
    if spell.no_further_action:
        return clerk.told
    where, record = _team("assessment", spell), f"A-{spell.key}"
    clerk.tell(
        AssessmentStarted,
        record,
        spell.started,
        duty=not is_working(spell.started),
        team=where,
        referral=f"R-{spell.key}",
    )
    if spell.cancelled:
        clerk.tell(AssessmentCancelled, record, spell.signed_off, team=where)
    else:
        clerk.tell(
            AssessmentAuthorised,
            record,
            spell.signed_off,
            team=where,
            outcomes=spell.outcomes,
            factors=FACTORS.draw(clerk.random) or None,
        )
    if spell.section_47:
        clerk.tell(Section47Started, f"S-{spell.key}", spell.section_47, team=where)
        clerk.tell(Section47Ended, f"S-{spell.key}", spell.section_47_ended, team=where, outcome=spell.led_on)
    if spell.conference:
        clerk.tell(
            InitialConferenceHeld,
            f"C-{spell.key}",
            spell.conference,
            team=_team("safeguarding", spell),
            section_47=f"S-{spell.key}",
            plan_made=False,
        )
    return clerk.told


def _tell_enquiry(clerk: Clerk, spell: Spell) -> None:
    random = clerk.random
    rag = GRADES_ON.draw(random)
    received, decided = _moments(random, spell, rag)
    outcomes = ("section_47",) if rag == "red" and random.random() < RED else ("assessment",)
    tell_enquiry(
        clerk,
        spell.key,
        received,
        decided,
        rag,
        outcomes,
        spell.source,
        spell.sector,
        spell.incident,
        first_day(month_of(spell.referral) + 1) - 1,
    )


def tell_enquiry(
    clerk: Clerk,
    key: str,
    received: datetime,
    decided: datetime,
    rag: str,
    outcomes: tuple[str, ...],
    source: str,
    sector: int,
    incident: str,
    settled: Day,
) -> None:
    """Tell an enquiry, its grading and its decision."""
    random, record = clerk.random, f"E-{key}"
    later = random.random() < GRADED_LATER
    night = not 8 <= received.hour < 17 or not is_working(received.toordinal())
    where = DUTY if night else FRONT_DOOR
    clerk.tell(
        EnquiryReceived,
        record,
        at=received,
        duty=night,
        team=where,
        settled=settled,
        enquiry_source=source,
        rag=None if later else rag,
        postcode_sector=postcode(sector),
        incident=incident or None,
    )
    if later:
        minutes = min(random.uniform(2, 20), (decided - received).total_seconds() / 120)
        graded = received + timedelta(seconds=int(minutes * 60))
        clerk.tell(EnquiryGraded, f"G-{key}", at=graded, duty=True, team=where, rag=rag, enquiry=record)
    clerk.tell(
        EnquiryDecided,
        f"D-{key}",
        at=decided,
        duty=night and decided.hour < 9,
        team=FRONT_DOOR,
        settled=settled,
        outcomes=outcomes,
        enquiry=record,
    )


def _moments(random: Random, spell: Spell, rag: str) -> tuple[datetime, datetime]:
    """Return when an enquiry came that became a referral on its day, and when it was decided: both in one month."""
    if not is_working(spell.referral):  # the duty team, at any hour
        decided = at_clock(spell.referral, random.uniform(7, 21))
        return decided - timedelta(seconds=whole(random, 900, 7200)), decided
    index = index_of(spell.referral)
    first = on_or_after(first_day(month_of(spell.referral)))
    earliest = opening(max(index - 1, first))
    if random.random() < DECIDED_LATE:
        earliest = opening(max(index - whole(random, 2, 10), first))
        received = earliest + timedelta(seconds=whole(random, 0, 20_000))
        return received, max(in_office(index, random), received + timedelta(seconds=600))
    decided = in_office(index, random) + timedelta(seconds=600)
    return open_before(random, decided, index, max(index - 1, first), SLOWNESS[rag]), decided


def open_before(random: Random, decided: datetime, index: int, first: int, slowness: float) -> datetime:
    """Return a moment of open office before *decided*, not before the *first* working day."""
    today = int((decided - opening(index)).total_seconds())
    day_before = 25_200 if first < index else 0
    passed = int((today + day_before) * random.betavariate(4 * slowness, 4 * (1 - slowness))) + 60
    if passed <= today or first == index:
        return max(decided - timedelta(seconds=passed), opening(index))
    return max(opening(index - 1) + timedelta(seconds=max(25_200 - (passed - today), 0)), opening(first))


# --- need ----------------------------------------------------------------------------------------------------------


def tell_need(world: World, spell: Spell) -> list[Event]:
    """Return the episode of need, who had the case, and the child in need plan if there was one."""
    clerk = Clerk(world, spell.child, f"{spell.key}/need")
    random = clerk.random
    clerk.tell(
        EpisodeOpened,
        f"N-{spell.key}",
        spell.referral,
        duty=not is_working(spell.referral),
        team=_team("assessment", spell),
        primary_need=spell.need,
        referral=f"R-{spell.key}",
    )
    moves = spell.signed_off + 5 if spell.planned else spell.closes
    kind = "disabled children" if spell.disabled else "safeguarding"
    tell_holders(clerk, spell, ((spell.referral + whole(random, 0, 3), "assessment"), (moves, kind)))
    if spell.planned:
        _tell_plan(clerk, spell, kind)
    closed_well = "early_help" in spell.outcomes or (spell.planned and random.random() < 0.3)
    reason = "RC9" if closed_well else "RC8" if "case_closed" in spell.outcomes else "RC7"
    if spell.closes >= eighteen(spell.born):
        reason = "RC6"
    clerk.tell(EpisodeClosed, f"N-{spell.key}", spell.closes, team=_team(kind, spell), closure_reason=reason)
    return clerk.told


def _tell_plan(clerk: Clerk, spell: Spell, kind: str) -> None:
    begins, where = nth_after(spell.signed_off, 3), _team(kind, spell)
    if begins >= spell.closes:
        return
    clerk.tell(NeedPlanStarted, f"NP-{spell.key}", begins, team=where)
    clerk.tell(NeedPlanEnded, f"NP-{spell.key}", spell.closes, team=where)


def visited(world: World, spell: Spell, since: Day, until: Day, kind: str) -> Iterator[Chapter]:
    """Yield what is told of the visits to a child in need, by pieces."""
    for first in range(since, until, PIECE):
        last = min(first + PIECE, until)
        yield first, last + REACH, last, _tell_visits, (world, spell, first, last, kind)


def _tell_visits(world: World, spell: Spell, first: Day, last: Day, kind: str) -> list[Event]:
    clerk = Clerk(world, spell.child, f"{spell.key}/need/{first}")
    day, number = first + whole(clerk.random, 5, VISIT_EVERY[0]), 0
    while day < last:
        clerk.tell(
            VisitMade,
            f"V-{spell.key}-{first}-{number}",
            next_working(day),
            team=_team(kind, spell),
            kind="need",
            seen=clerk.random.random() < 0.94,
        )
        day, number = day + whole(clerk.random, *VISIT_EVERY), number + 1
    return clerk.told


def tell_holders(clerk: Clerk, spell: Spell, stages: tuple[tuple[Day, str], ...], until: Day = 0) -> None:
    """Tell who had the case: a post of each stage's kind of team, whoever has the post."""
    until, number = until or spell.closes, 0
    ends = (*(day for day, _ in stages[1:]), until)
    for (since, kind), end in zip(stages, ends, strict=True):
        where = _team(kind, spell)
        for day, worker in holders(clerk.world, where, spell.share, since, min(end, until)):
            clerk.tell(CaseAllocated, f"W-{spell.key}-{number:02}", day, worker=worker, team=where)
            number += 1
    if number and clerk.random.random() < 0.3:  # where it is not told, it ends with the need
        clerk.tell(CaseDeallocated, f"W-{spell.key}-{number - 1:02}", until, team=where)


def written_day(day: Day) -> str:
    """Return a day as it is written in a key."""
    return f"{as_date(day):%Y%m%d}"
