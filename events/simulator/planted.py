"""The awkward cases, planted on purpose: each once in every quarter, about a child of its own.

A child is called after its case and quarter, `planted-unborn-2017q4`. docs/simulator.md says where to see each.
"""

from collections.abc import Callable
from functools import lru_cache

from events.event import Event
from events.front_door import ReferralReceived
from events.simulator import planted_care, planted_front_door, planted_need, planted_protection, planted_tellings
from events.simulator.days import Month, month_of
from events.simulator.planted_front_door import UNKNOWN_TEAM
from events.simulator.script import Script
from events.simulator.wexshire import World
from events.time import add_months

__all__ = ("CASES", "LEAST_CHILDREN", "PLANTED_DAYS", "UNKNOWN_TEAM", "case_name", "planted", "planted_referrals")

LEAST_CHILDREN = 20_000  # in a smaller authority the planted cases would be most of what there is
PLANTED_DAYS = 420  # from a quarter's beginning to the last event of its cases
CASES: tuple[Callable[[Script], None], ...] = (
    planted_need.weekend,
    planted_need.bank_holiday,
    planted_need.reopened,
    planted_protection.unborn,
    planted_front_door.siblings,
    planted_need.transferred_in,
    planted_need.transferred_out,
    planted_tellings.duplicate,
    planted_need.cancelled,
    planted_tellings.backdated,
    planted_tellings.corrected,
    planted_tellings.disordered,
    planted_need.no_further_action,
    planted_care.migrated,
    planted_protection.died,
    planted_care.eighteen,
    planted_front_door.small_numbers,
    planted_tellings.merge_chain,
    planted_tellings.merge_retracted,
    planted_tellings.repeated,
    planted_protection.two_discussions,
    planted_protection.conference_late,
    planted_front_door.raised,
    planted_front_door.friday,
    planted_front_door.night,
    planted_care.clocks_change,
    planted_protection.month_end,
    planted_care.same_carer,
    planted_care.short_breaks,
    planted_protection.two_at_once,
    planted_tellings.ended_before_it_began,
    planted_need.planned_ahead,
    planted_care.reversed_adoption,
    planted_front_door.slow_decision,
    planted_need.comes_back,
)


def case_name(case: Callable[[Script], None]) -> str:
    """Return what a case is called in the pseudonym of its child."""
    return case.__name__.replace("_", "-")


@lru_cache(maxsize=128)
def planted(world: World, quarter: Month) -> list[tuple[str, list[Event]]]:
    """Return the events of the cases of the quarter that begins with the month *quarter*, by case."""
    if world.children < LEAST_CHILDREN:
        return []
    cases = []
    for case in CASES:
        script = Script(world, case_name(case), quarter)
        case(script)
        cases.append((case_name(case), script.tellings))
    return cases


@lru_cache(maxsize=512)
def planted_referrals(world: World, month: Month) -> tuple[int, int, int]:
    """Return how many of a month's referrals are planted, how many of these come back, and how many lead to nothing."""
    quarter = month - month % 3
    events = [e for n in range(0, 15, 3) for _, of_case in planted(world, quarter - n) for e in of_case]
    newest = {(e.subject, e.record): e for e in events if e.type == "referral.received"}
    standing = [e for e in newest.values() if isinstance(e, ReferralReceived)]
    of_month = [e for e in standing if month_of(e.day.toordinal()) == month]
    again = sum(_came_before(e, standing) for e in of_month)
    return len(of_month), again, sum(e.no_further_action is True for e in of_month)


def _came_before(event: ReferralReceived, referrals: list[ReferralReceived]) -> bool:
    child = event.child
    if "merge-chain" in child:
        child = child.removesuffix("-3")
    since = add_months(event.day, -12)
    return any(before.child == child and since <= before.day < event.day for before in referrals)
