"""The front door's other enquiries: those that lead to no assessment."""

from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

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
from events.simulator.need import SIBLINGS, known_for_long
from events.simulator.protection import plans
from events.simulator.spells import DECIDED_LATE, SLOWNESS, SOURCE_ODDS, tell_enquiry
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
ASKED_BEFORE = 0.18  # about a child of whom an enquiry told in the months before
AT_NIGHT = 0.04  # of those of a working day: when the duty team has taken over
SLOWEST = 25  # working days to a decision
SOON = 0.8  # of the late: within the week


def told_at_the_door(world: World, month: Month) -> list[Event]:
    """Return all that is ever told of the month's enquiries that lead to no assessment."""
    wanted = max(0, enquiries(world, month) - enquiries_to_assessment(world, month))
    random = Random(f"{world.name}/door/{month}")
    told: list[Event] = []
    decisions = [DECISIONS.at(share) for share in dealt(random, wanted)]
    open_cases = _open_cases(world, month)
    n = 0
    for group, day in enumerate(spread(random, month, wanted)):  # more days than groups: the last are not needed
        if n == wanted:
            break
        children = min(SIBLINGS.draw(random), wanted - n)
        received = _received(random, day)
        where, source = sector(random), SOURCE_ODDS.draw(random)
        incident = f"I-{month}-D{group:03}" if children > 1 else ""
        for outcomes in decisions[n : n + children]:
            clerk = Clerk(world, _child(world, random, month, n, outcomes, open_cases), f"door/{month}/{n}")
            rag = GRADES.draw(clerk.random)
            tell_enquiry(
                clerk,
                f"{month // 12}{month % 12 + 1:02}-D{n:03}",
                received,
                _decided(clerk.random, received, rag),
                rag,
                outcomes,
                source,
                where,
                incident,
                first_day(month + 1) - 1,
            )
            told += clerk.told
            n += 1
    return told


def _child(world: World, random: Random, month: Month, n: int, outcomes: tuple[str, ...], open_cases: list[str]) -> str:
    if outcomes == ("existing_case",) and open_cases:
        return random.choice(open_cases)
    if random.random() < ASKED_BEFORE:
        month, n = month - whole(random, 1, 5), random.randrange(n + 1)
    return name(world.name, "child", "door", month, n)


@lru_cache(maxsize=32)
def _open_cases(world: World, month: Month) -> list[str]:
    """Return the children on plans and those known for long whose case is open all through a month."""
    first, last = first_day(month), first_day(month + 1)
    return [child for referral, closes, child in _cases(world) if referral < first and closes >= last]


@lru_cache(maxsize=8)
def _cases(world: World) -> list[tuple[Day, Day, str]]:
    spells = (life.spell for lives in (plans(world), known_for_long(world)) for life in lives)
    return [(spell.referral, spell.closes, spell.child) for spell in spells]


def _received(random: Random, day: Day) -> datetime:
    if not is_working(day) or random.random() < AT_NIGHT:
        return at_clock(day, random.uniform(17.5, 23) if is_working(day) else random.uniform(0, 22))
    return in_office(index_of(day), random)


def _decided(random: Random, received: datetime, rag: str) -> datetime:
    """Return when it is decided: the redder the sooner, nearly always by the end of the next working day."""
    day = received.toordinal()
    if random.random() < DECIDED_LATE:
        late = whole(random, 2, 5 if random.random() < SOON else SLOWEST)
        return in_office(index_of(nth_after(day, late)), random)
    if not is_working(day) or received.hour >= 17:
        return in_office(index_of(nth_after(day, 1)), random)
    slowness = SLOWNESS[rag]
    today = max(0, int((opening(index_of(day)) + timedelta(hours=7.5) - received).total_seconds()))
    passed = 120 + int((today + 25_000) * random.betavariate(4 * slowness, 4 * (1 - slowness)))
    if passed <= today:
        return received + timedelta(seconds=passed)
    tomorrow = opening(index_of(nth_after(day, 1)))
    return tomorrow + timedelta(seconds=min(passed - today, 25_000))
