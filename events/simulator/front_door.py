"""The front door's other enquiries, which lead to no assessment."""

from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.event import Event
from events.simulator.chance import Odds, dealt, name, whole
from events.simulator.clerk import Clerk
from events.simulator.days import (
    Day,
    Month,
    at_clock,
    first_day,
    in_office,
    index_of,
    is_working,
    nth_after,
    opening,
    spread,
)
from events.simulator.enquiries import DECIDED_LATE_SHARE, SLOWNESS, Enquiry, tell_enquiry
from events.simulator.known_for_long import known_for_long
from events.simulator.plans import plans
from events.simulator.referred import SIBLINGS
from events.simulator.spells import SOURCE_ODDS
from events.simulator.volumes import enquiries, enquiries_to_assessment
from events.simulator.wexshire import World, sector

GRADES = Odds(("red", 0.028), ("amber", 0.311), ("green", 0.661))
DECISIONS: Odds[tuple[str, ...]] = Odds(
    (("existing_case",), 0.24),
    (("early_help",), 0.26),
    (("advice",), 0.2),
    (("no_further_action",), 0.27),
    (("advice", "early_help"), 0.03),
)
ASKED_BEFORE_SHARE = 0.18  # about a child with an enquiry in the months before
AT_NIGHT_SHARE = 0.04  # of those of a working day, when the duty team has taken over
SLOWEST_WORKING_DAYS = 25  # to a decision
WITHIN_THE_WEEK_SHARE = 0.8  # of the late decisions
DAY_SECONDS = 25_000  # of open office, or nearly


class DoorReport(NamedTuple):
    """Who told the front door about some children, and when."""

    received: datetime
    sector: int
    source: str
    incident: str


def told_at_the_door(world: World, month: Month) -> list[Event]:
    """Return every event about the month's enquiries that lead to no assessment."""
    wanted = max(0, enquiries(world, month) - enquiries_to_assessment(world, month))
    random = Random(f"{world.name}/door/{month}")
    decisions = [DECISIONS.at(share) for share in dealt(random, wanted)]
    events: list[Event] = []
    n = 0
    for number, day in enumerate(spread(random, month, wanted)):  # more days than reports: the last are not needed
        if n == wanted:
            break
        children = min(SIBLINGS.draw(random), wanted - n)
        report = _report(random, day, f"I-{month}-D{number:03}" if children > 1 else "")
        for outcomes in decisions[n : n + children]:
            events += _tell_child(world, random, month, n, outcomes, report)
            n += 1
    return events


def _report(random: Random, day: Day, incident: str) -> DoorReport:
    received = _received(random, day)
    return DoorReport(received, sector(random), SOURCE_ODDS.draw(random), incident)


def _tell_child(
    world: World, random: Random, month: Month, n: int, outcomes: tuple[str, ...], report: DoorReport
) -> list[Event]:
    """Return what is told of one child of a report, the *n*-th of the month."""
    clerk = Clerk(world, _child(world, random, month, n, outcomes), f"door/{month}/{n}")
    rag = GRADES.draw(clerk.random)
    enquiry = Enquiry(
        key=f"{month // 12}{month % 12 + 1:02}-D{n:03}",
        received=report.received,
        decided=_decided(clerk.random, report.received, rag),
        rag=rag,
        outcomes=outcomes,
        source=report.source,
        sector=report.sector,
        incident=report.incident,
        settled=first_day(month + 1) - 1,
    )
    tell_enquiry(clerk, enquiry)
    return clerk.tellings


def _child(world: World, random: Random, month: Month, n: int, outcomes: tuple[str, ...]) -> str:
    if outcomes == ("existing_case",) and (open_cases := _open_cases(world, month)):
        return random.choice(open_cases)
    if random.random() < ASKED_BEFORE_SHARE:
        month, n = month - whole(random, 1, 5), random.randrange(n + 1)
    return name(world.name, "child", "door", month, n)


@lru_cache(maxsize=32)
def _open_cases(world: World, month: Month) -> list[str]:
    """Return the children on plans or known for long whose case is open all through a month."""
    first, last = first_day(month), first_day(month + 1)
    return [child for referral, closes, child in _cases(world) if referral < first and closes >= last]


@lru_cache(maxsize=8)
def _cases(world: World) -> list[tuple[Day, Day, str]]:
    spells = (life.spell for lives in (plans(world), known_for_long(world)) for life in lives)
    return [(spell.referral, spell.closes, spell.child) for spell in spells]


def _received(random: Random, day: Day) -> datetime:
    if not is_working(day) or random.random() < AT_NIGHT_SHARE:
        return at_clock(day, random.uniform(17.5, 23) if is_working(day) else random.uniform(0, 22))
    return in_office(index_of(day), random)


def _decided(random: Random, received: datetime, rag: str) -> datetime:
    """Return when the enquiry is decided: the redder the sooner, nearly always by the end of the next working day."""
    day = received.toordinal()
    if random.random() < DECIDED_LATE_SHARE:
        late = whole(random, 2, 5 if random.random() < WITHIN_THE_WEEK_SHARE else SLOWEST_WORKING_DAYS)
        return in_office(index_of(nth_after(day, late)), random)
    if not is_working(day) or received.hour >= 17:
        return in_office(index_of(nth_after(day, 1)), random)
    slowness = SLOWNESS[rag]
    today = max(0, int((opening(index_of(day)) + timedelta(hours=7.5) - received).total_seconds()))
    passed = 120 + int((today + DAY_SECONDS) * random.betavariate(4 * slowness, 4 * (1 - slowness)))
    if passed <= today:
        return received + timedelta(seconds=passed)
    tomorrow = opening(index_of(nth_after(day, 1)))
    return tomorrow + timedelta(seconds=min(passed - today, DAY_SECONDS))
