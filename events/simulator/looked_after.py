"""What is told of children looked after, and of young people who have left care."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from events.care import (
    CareEnded,
    CareReviewHeld,
    CareStarted,
    HealthAssessmentCompleted,
    LegalStatusChanged,
    MissingEnded,
    MissingStarted,
    PlacementEnded,
    PlacementStarted,
    ReturnInterviewHeld,
    ReturnInterviewOffered,
)
from events.event import Event
from events.leaving_care import AdoptionDecided, AdoptionMatched, AdoptionOrdered, AdoptionPlaced, CareLeaverRecorded
from events.need import EpisodeClosed, VisitMade
from events.simulator.care import CareStay, reviews, stays, visits
from events.simulator.chance import GOLDEN, SILVER, Odds, evenly, whole
from events.simulator.chapters import Chapter, chapters, tell_holders, tell_opening
from events.simulator.clerk import REACH_DAYS, Clerk
from events.simulator.days import Day, at_clock, index_of, next_working, nth_after, working
from events.simulator.spells import eighteen
from events.simulator.wexshire import ADOPTION, World, postcode

STAY_PIECE_DAYS = 182  # of visits and the like that are told together
INITIAL_IN_TIME_SHARE = 0.78
RUNS_AWAY_SHARE = 0.12  # of those over 11: they go missing often
OFTEN_DAYS, SELDOM_DAYS = 45, 900  # on average between missing episodes
MEAN_MISSING_HOURS = 9.0
AWAY_SHARE = 0.2  # without authorisation, and not missing
OFFERED_SHARE, ACCEPTED_SHARE, IN_72_HOURS_SHARE = 0.93, 0.72, 0.8
CONTACT_DAYS = (40, 75)

# Report 5.6: in touch with 78.4 %, 45.6 % in education, employment or training.
IN_TOUCH = Odds(("yes", 0.784), ("no", 0.14), ("refused", 0.045), ("not_required", 0.031))
ACTIVE = Odds(("F1", 0.09), ("F2", 0.12), ("F4", 0.1), ("F5", 0.1), ("P1", 0.01), ("P2", 0.016), ("P5", 0.02))
NOT_ACTIVE = Odds(("G4", 0.24), ("G5", 0.5), ("G6", 0.13), ("0", 0.13))
IN_WORK_SHARE = 0.456
ROOFS = Odds(("Y1", 0.28), ("U1", 0.2), ("B1", 0.16), ("T1", 0.12), ("Z1", 0.14))
NO_ROOFS = Odds(("W2", 0.3), ("X2", 0.4), ("V2", 0.3))
SUITABLE_SHARE = 0.88


def stay_chapters(world: World, stay: CareStay) -> Iterator[Chapter]:
    """Yield what is told of a child looked after."""
    referral, front, _ = chapters(world, stay.spell)
    yield referral
    yield front
    closes = stay.spell.closes
    yield Chapter(stay.spell.referral, closes + REACH_DAYS, closes, _tell_need, (world, stay))
    yield Chapter(stay.entered, stay.left + REACH_DAYS, stay.left, _tell_core, (world, stay))
    for first in range(stay.entered, stay.left, STAY_PIECE_DAYS):
        last = min(first + STAY_PIECE_DAYS, stay.left)
        yield Chapter(first, last + REACH_DAYS, last, _tell_piece, (world, stay, first, last))
    if _leaves_grown(stay):
        born = eighteen(stay.spell.born)
        for first in range(max(stay.left, born - 365), born + 4 * 365 - 30, STAY_PIECE_DAYS):
            last = first + STAY_PIECE_DAYS
            yield Chapter(first, last + REACH_DAYS, last + 60, _tell_contacts, (world, stay, first))


def _leaves_grown(stay: CareStay) -> bool:
    return stay.left >= eighteen(stay.spell.born) - 365 and stay.left - stay.entered >= 91 and stay.track != "breaks"


def last_day(stay: CareStay) -> Day:
    """Return the last day of which anything is told."""
    return eighteen(stay.spell.born) + 5 * 365 if _leaves_grown(stay) else stay.spell.closes + REACH_DAYS


def _tell_need(world: World, stay: CareStay) -> list[Event]:
    """Return the episode of need around the period of care, and who had the case."""
    spell = stay.spell
    clerk = Clerk(world, spell.child, f"{spell.key}/need")
    random = clerk.random
    tell_opening(clerk, spell)
    first = spell.referral + whole(random, 0, 1)
    taken = max(min(spell.signed_off, stay.entered + 20), first + 1)
    settled = max(stay.entered + 90, taken + 1)
    tell_holders(clerk, spell, ((first, "assessment"), (taken, "safeguarding"), (settled, "permanence")))
    reason = "RC1" if stay.track == "adoption" else "RC6" if spell.closes >= eighteen(spell.born) else "RC7"
    clerk.tell(EpisodeClosed, f"N-{spell.key}", spell.closes, team=_team(stay), closure_reason=reason)
    return clerk.tellings


def _team(stay: CareStay) -> str:
    return stay.spell.team("permanence")


def _tell_core(world: World, stay: CareStay) -> list[Event]:
    """Return the period itself: statuses, homes, reviews, adoption."""
    clerk = Clerk(world, stay.spell.child, f"{stay.spell.key}/care")
    key, where = stay.spell.key, _team(stay)
    clerk.tell(CareStarted, f"LA-{key}", stay.entered, team=where, need=stay.spell.need)
    for number, (day, status) in enumerate(stay.statuses):
        clerk.tell(LegalStatusChanged, f"LS-{key}-{number}", day, team=where, status=status, care=f"LA-{key}")
    _tell_homes(clerk, stay)
    if stay.track != "breaks":
        for number, day in enumerate(reviews(clerk.random, stay.entered, stay.left)):
            clerk.tell(CareReviewHeld, f"LR-{key}-{number}", day, team=where)
    if stay.track == "adoption":
        _tell_adoption(clerk, stay)
    clerk.tell(CareEnded, f"LA-{key}", stay.left, team=where, reason=stay.reason)
    return clerk.tellings


def _tell_homes(clerk: Clerk, stay: CareStay) -> None:
    key, where = stay.spell.key, _team(stay)
    for number, home in enumerate(stay.homes):
        clerk.tell(
            PlacementStarted,
            f"PL-{key}-{number:02}",
            home.since,
            team=where,
            placement=home.code,
            provider=home.provider,
            same_carer=home.same_carer or None,
            distance_miles=home.miles,
            out_of_area=home.outside,
            postcode_sector=None if home.outside else postcode(stay.spell.sector),
            to_eighteen=(stay.track == "order" and home.code in ("U1", "U4")) or None,
            care=f"LA-{key}",
        )
        if home.until:
            clerk.tell(PlacementEnded, f"PL-{key}-{number:02}", home.until, team=where, reason="PLACE")


def _tell_adoption(clerk: Clerk, stay: CareStay) -> None:
    placed = stay.homes[-1].since
    if stay.homes[-1].code != "A4":
        return
    key, decided = f"AD-{stay.spell.key}", max(stay.entered + 60, placed - 120)
    for kind, day in (
        (AdoptionDecided, decided),
        (AdoptionMatched, max(decided, placed - 25)),
        (AdoptionPlaced, placed),
        (AdoptionOrdered, stay.left),
    ):
        clerk.tell(kind, key, day, team=ADOPTION)


def _tell_piece(world: World, stay: CareStay, first: Day, last: Day) -> list[Event]:
    """Return the visits, the health assessments and the missing episodes of [first, last)."""
    clerk = Clerk(world, stay.spell.child, f"{stay.spell.key}/care/{first}")
    key, where = stay.spell.key, _team(stay)
    for day in _visits(world, stay) if stay.track != "breaks" else ():
        if first <= day < last:
            clerk.tell(
                VisitMade,
                f"VL-{key}-{day}",
                day,
                team=where,
                kind="looked_after",
                seen=clerk.random.random() < 0.985,
                seen_alone=clerk.random.random() < 0.8,
            )
    _tell_health(clerk, stay, first, last)
    if first - stay.spell.born // 12 * 365.25 > 11 * 365.25:
        _tell_missing(clerk, stay, first, last)
    return clerk.tellings


@lru_cache(maxsize=16)  # one child's pieces are told one after the other
def _visits(world: World, stay: CareStay) -> list[Day]:
    return visits(Random(f"{world.name}/{stay.spell.key}/visits"), stay)


def _tell_health(clerk: Clerk, stay: CareStay, first: Day, last: Day) -> None:
    random, key, where = clerk.random, stay.spell.key, _team(stay)
    if first == stay.entered:
        days = whole(random, 6, 20) if random.random() < INITIAL_IN_TIME_SHARE else whole(random, 21, 45)
        day = nth_after(first, days)
        if day < stay.left:
            clerk.tell(HealthAssessmentCompleted, f"HI-{key}", day, team=where, kind="initial")
        return
    day = next_working(first + whole(random, 0, STAY_PIECE_DAYS - 10))
    number = (first - stay.entered) // STAY_PIECE_DAYS
    if day < last and (number % 2 == 0 or eighteen(stay.spell.born) - day > 13 * 365):  # under five: twice a year
        clerk.tell(HealthAssessmentCompleted, f"HR-{key}-{number}", day, team=where, kind="review")
    elif day < last:
        clerk.tell(HealthAssessmentCompleted, f"HD-{key}-{number}", day, team=where, kind="dental")


def _tell_missing(clerk: Clerk, stay: CareStay, first: Day, last: Day) -> None:
    random = clerk.random
    gap_days = OFTEN_DAYS if evenly(stay.place * 7, GOLDEN) < RUNS_AWAY_SHARE else SELDOM_DAYS
    day, number = first + int(random.expovariate(1 / gap_days)), 0
    while day < last - 3:
        began = at_clock(day, random.uniform(16, 23.5))
        back = began + timedelta(seconds=int(random.expovariate(1 / MEAN_MISSING_HOURS) * 3600) + 1800)
        if back.toordinal() >= stay.left:
            return
        _tell_episode(clerk, stay, f"MI-{stay.spell.key}-{first}-{number}", began, back)
        day += 3 + int(random.expovariate(1 / gap_days))
        number += 1


def _tell_episode(clerk: Clerk, stay: CareStay, record: str, began: datetime, back: datetime) -> None:
    """Tell that the child was missing or away, and the offer of an interview."""
    random, where = clerk.random, _team(stay)
    kind = "away" if random.random() < AWAY_SHARE else "missing"
    clerk.tell(MissingStarted, record, at=began, duty=True, team=where, kind=kind)
    clerk.tell(MissingEnded, record, at=back, duty=True, team=where, kind=kind)
    if random.random() >= OFFERED_SHARE:
        return
    interview, accepted = f"RI-{record}", random.random() < ACCEPTED_SHARE
    offered = max(at_clock(next_working(back.toordinal()), 17), back)
    clerk.tell(ReturnInterviewOffered, interview, at=offered, team=where, missing=record, accepted=accepted)
    if accepted:
        hours = random.uniform(4, 70) if random.random() < IN_72_HOURS_SHARE else random.uniform(75, 200)
        held = back + timedelta(seconds=int(hours * 3600))
        clerk.tell(ReturnInterviewHeld, interview, at=held, team=where, missing=record, accepted=True)


def _tell_contacts(world: World, stay: CareStay, first: Day) -> list[Event]:
    """Return the contacts of half a year with a young person who has left care."""
    clerk = Clerk(world, stay.spell.child, f"{stay.spell.key}/leaver/{first}")
    random = clerk.random
    touch, work, roof = _shares(world)[stay.spell.key]
    active, housed = work < IN_WORK_SHARE, roof < SUITABLE_SHARE
    day, number = first + whole(random, 0, CONTACT_DAYS[0]), 0
    while day < first + STAY_PIECE_DAYS:
        clerk.tell(
            CareLeaverRecorded,
            f"LC-{stay.spell.key}-{first}-{number}",
            working().days[index_of(day)],
            team=stay.spell.team("leaving care"),
            in_touch=IN_TOUCH.at((touch + random.uniform(0, 0.04)) % 1),
            activity=(ACTIVE if active else NOT_ACTIVE).draw(random),
            accommodation=(ROOFS if housed else NO_ROOFS).draw(random),
            suitable=housed,
        )
        day, number = day + whole(random, *CONTACT_DAYS), number + 1
    return clerk.tellings


@lru_cache(maxsize=8)
def _shares(world: World) -> dict[str, tuple[float, float, float]]:
    """Return where each young person stands among all in order of leaving: in touch, active, well housed."""
    grown = sorted((stay.left, stay.spell.key) for stay in stays(world) if _leaves_grown(stay))
    return {key: (evenly(n), evenly(n, SILVER), evenly(n, 0.5698402909980532)) for n, (_, key) in enumerate(grown)}
