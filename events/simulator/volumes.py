"""How much happens: the published volumes of the county whose report we follow, and volumes derived from them.

"Census": Department for Education, children in need, Devon, 2017-18 (tables b1, c1, c2, c4, c6, d1, d3, d5, d6, d7).
"Workforce": the Department's workforce return at 30 September 2017. "Report": Devon County Council, report to
children's scrutiny, to 31 December 2017. All read 2026-11-23. A number without a source is ours, chosen so that the
published numbers come out.
"""

from functools import lru_cache
from random import Random

from events.simulator.chance import Odds, rounded
from events.simulator.days import Day, Month, financial_year, month, month_of
from events.simulator.wexshire import CHILDREN, World

# --- referrals and enquiries ---------------------------------------------------------------------------------------

REFERRALS_BY_MONTH = (
    502,
    350,
    458,
    292,
    528,
    466,
    463,
    438,
    498,
    562,
    484,
    300,
)  # census c6, 2017-18: January to December
REFERRALS_A_YEAR = sum(REFERRALS_BY_MONTH)  # 5,341
PUBLISHED_YEAR = 2017
OTHER_YEARS = (0.95, 1.05)  # of that year's referrals

RE_REFERRED_SHARE = 1002 / 5341  # census c1
NO_FURTHER_ACTION_SHARE = 728 / 5341  # census c1

ENQUIRIES_PER_MONTH = 644  # report 2.2, of December
ENQUIRIES_BY_MONTH = (1.06, 0.97, 1.08, 0.93, 1.05, 1.06, 1.02, 0.9, 1.02, 1.06, 1.08, 1.0)  # January to December
TO_ASSESSMENT_SHARE = 258 / 644  # report 2.2

# --- assessments and section 47 ------------------------------------------------------------------------------------

# Working days from start to sign-off: census c2, 2017-18. "61+" has no end; ours has.
ASSESSMENT_WORKING_DAYS: Odds[tuple[int, int]] = Odds(
    ((0, 0), 25),
    ((1, 10), 490),
    ((11, 20), 624),
    ((21, 30), 767),
    ((31, 40), 978),
    ((41, 45), 915),
    ((46, 50), 295),
    ((51, 60), 301),
    ((61, 95), 521),
)
CANCELLED_SHARE = 0.04
# report 3.3: 41.4 % of all 4,916; some 2,890 are of children who may go again at once
CLOSED_SHARE = 0.414 * 4916 / 2890
SECTION_47_SHARES = (
    0.33,
    0.62,
)  # of those whose case then closes, and of the others: with the plans' own, census c4's 2,058
CONFERENCE_WORKING_DAYS: Odds[tuple[int, int]] = Odds(  # working days from section 47 to conference: census c4, 2017-18
    ((5, 10), 93), ((11, 15), 410), ((16, 20), 128), ((21, 40), 125)
)

# --- plans ---------------------------------------------------------------------------------------------------------

# Children on a plan at the end of a month: census d1 (March 2017: 442, March 2018: 483) and report 4.1 (August 2017:
# 511, December: 433). What lies between is ours; so is any other month.
PLANS_USUAL = 455
PLANS_AT = {
    month(2016, 12): 450,
    month(2017, 1): 447,
    month(2017, 2): 444,
    month(2017, 3): 442,
    month(2017, 4): 456,
    month(2017, 5): 470,
    month(2017, 6): 485,
    month(2017, 7): 499,
    month(2017, 8): 511,
    month(2017, 9): 494,
    month(2017, 10): 474,
    month(2017, 11): 452,
    month(2017, 12): 433,
    month(2018, 1): 452,
    month(2018, 2): 468,
    month(2018, 3): 483,
    month(2018, 4): 478,
    month(2018, 5): 472,
    month(2018, 6): 466,
    month(2018, 7): 460,
}
PLAN_DAYS: Odds[tuple[int, int]] = Odds(  # census d7, plans ended in 2017-18 by how long they had lasted
    ((30, 91), 112), ((92, 182), 120), ((183, 364), 227), ((380, 729), 112), ((731, 1500), 31)
)
REPEATED_SHARE = 170 / 643  # census d3
CATEGORIES = Odds(("NEG", 0.47), ("EMO", 0.37), ("PHY", 0.07), ("SAB", 0.05), ("MUL", 0.04))
PLANTED_ON_PLANS, PLANTED_IN_CARE = 3, 5  # planted cases among the children on plans and in care

# --- care ----------------------------------------------------------------------------------------------------------

LOOKED_AFTER_TOTAL = 712  # report 5.1
SHORT_BREAK_SERIES = 14  # agreed series of them, V3 and V4: left out of every count of children looked after
VOLUNTARY_CHILDREN, ADOPTION_CHILDREN, REMANDED_CHILDREN = (
    160,
    64,
    7,
)  # of the 712: section 20, report 5.1; on the way to adoption; the courts

# --- children known for long -----------------------------------------------------------------------------------------

KNOWN_FOR_LONG = 1760  # disabled children and others: with all the rest, the 5,122 of report 1.1


def scaled(world: World, number: float) -> float:
    """Return *number* in proportion to the children of the authority."""
    return number * world.children / CHILDREN


@lru_cache(maxsize=1024)
def referrals(world: World, when: Month) -> int:
    """Return the number of referrals in a month: as published in 2017-18, with the same season in every other year."""
    return _year(world, financial_year(when))[when % 12]


@lru_cache(maxsize=128)
def _year(world: World, year: int) -> list[int]:
    share = 1.0 if year == PUBLISHED_YEAR else Random(f"{world.name}/year/{year}").uniform(*OTHER_YEARS)
    exact = [scaled(world, n) * share for n in REFERRALS_BY_MONTH]
    whole = [int(n) for n in exact]
    most = sorted(range(12), key=lambda n: whole[n] - exact[n])
    for n in most[: round(sum(exact)) - sum(whole)]:
        whole[n] += 1
    return whole


@lru_cache(maxsize=1024)
def re_referrals(world: World, when: Month) -> int:
    """Return how many of a month's referrals are of a child referred in the 12 months before."""
    return rounded(Random(f"{world.name}/re-referrals/{when}"), RE_REFERRED_SHARE * referrals(world, when))


@lru_cache(maxsize=1024)
def enquiries(world: World, when: Month) -> int:
    """Return how many enquiries a month has."""
    expected = scaled(world, ENQUIRIES_PER_MONTH) * ENQUIRIES_BY_MONTH[when % 12]
    return rounded(Random(f"{world.name}/enquiries/{when}"), expected)


def through_the_door(world: World, referral: Day) -> float:
    """Return the share of the referrals of that month that began as an enquiry at the front door."""
    when = month_of(referral)
    return enquiries_to_assessment(world, when) / max(1, referrals(world, when))


@lru_cache(maxsize=1024)
def enquiries_to_assessment(world: World, when: Month) -> int:
    """Return how many of a month's enquiries go on to an assessment."""
    random = Random(f"{world.name}/to assessment/{when}")
    return min(rounded(random, TO_ASSESSMENT_SHARE * enquiries(world, when)), referrals(world, when))


def plans_at(world: World, when: Month) -> int:
    """Return the number of children on a plan at the end of a month, without the planted cases."""
    return max(1, round(scaled(world, PLANS_AT.get(when, PLANS_USUAL) - PLANTED_ON_PLANS)))
