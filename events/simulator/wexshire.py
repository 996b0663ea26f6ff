"""Wexshire: a county that is not, of the size and habits of the one whose report we follow.

Its code is none of the Office for National Statistics, its postcode area none of the Royal Mail's.
"""

from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import TypeVar

AUTHORITY = "X99999901"
NAME = "Wexshire"
SOURCE = "simulator"

FRONT_DOOR = "Front door"
ASSESSMENT_TEAMS = (
    "North assessment", "East assessment", "South assessment", "West assessment", "Coast assessment",
    "Moor assessment",
)  # fmt: skip
CARE_TEAMS = ("North permanence", "South permanence")
SECTORS_OF_A_TEAM = 5

Thing = TypeVar("Thing")
Odds = tuple[tuple[Thing, float], ...]

# 644 enquiries came in the report's month of 19 working days; 4,916 assessments were finished in its year.
ENQUIRIES_AN_HOUR = 4.1
REASSESSMENTS_AN_HOUR = 0.87  # of children whose case is open already, so with no enquiry

GRADES: Odds[str] = (("red", 0.12), ("amber", 0.38), ("green", 0.5))
TO_ASSESSMENT = {"red": 0.86, "amber": 0.51, "green": 0.205}  # together the report's 40.1 %
OTHER_DECISIONS: Odds[tuple[str, ...]] = (
    (("existing_case",), 0.24), (("early_help",), 0.26), (("advice",), 0.2), (("no_further_action",), 0.27),
    (("advice", "early_help"), 0.03),
)  # fmt: skip
DECIDED_IN_TIME = 0.945
DECIDED_SOON = 0.8  # of the late; the rest wait for weeks

# The codes of the census: police, schools, family, health, other council services, anonymous, unknown.
ENQUIRY_SOURCES: Odds[str] = (
    ("6", 0.3), ("2A", 0.19), ("1A", 0.09), ("1B", 0.04), ("1C", 0.02), ("2B", 0.03), ("3A", 0.03), ("3B", 0.03),
    ("3D", 0.04), ("3E", 0.02), ("4", 0.02), ("5A", 0.04), ("5B", 0.03), ("5C", 0.03), ("7", 0.02), ("8", 0.02),
    ("9", 0.03), ("10", 0.02),
)  # fmt: skip

# Working days from start to sign-off: the Department's bins for Devon, 2017-18. "61+" has no end; ours has.
DURATIONS: Odds[tuple[int, int]] = (
    ((0, 0), 25), ((1, 10), 490), ((11, 20), 624), ((21, 30), 767), ((31, 40), 978), ((41, 45), 915), ((46, 50), 295),
    ((51, 60), 301), ((61, 95), 521),
)  # fmt: skip
CANCELLED = 0.03
ASSESSED: Odds[tuple[str, ...]] = (
    (("case_closed",), 0.24), (("case_closed", "early_help"), 0.08), (("case_closed", "advice"), 0.06),
    (("case_closed", "signposted"), 0.034), (("child_in_need_plan",), 0.39), (("section_47",), 0.08),
    (("step_down", "early_help"), 0.07), (("child_in_need_plan", "care"), 0.012), (("care",), 0.034),
)  # fmt: skip

PLACES = 717  # 712 children looked after, and the few places that wait for the next child
SHORT_BREAK_PLACES = 12
DAYS_IN_CARE = 1000  # on average, so that five children or so come and go in a week
CARE_BEGINS_UNDER: Odds[str] = (("C1", 0.71), ("V2", 0.225), ("E1", 0.055), ("J1", 0.01))
ENDS: Odds[str] = (("E4A", 0.35), ("E45", 0.15), ("E11", 0.12), ("E8", 0.3), ("E3", 0.02), ("E9", 0.06))


def choose(random: Random, odds: Odds[Thing]) -> Thing:
    """Return one of *odds*, each as likely as its weight says."""
    things, weights = _parted(odds)
    chosen: Thing = random.choices(things, cum_weights=weights)[0]
    return chosen


@lru_cache(maxsize=64)
def _parted(odds: Odds[Thing]) -> tuple[tuple[Thing, ...], tuple[float, ...]]:
    return tuple(thing for thing, _ in odds), tuple(accumulate(weight for _, weight in odds))


def sector(random: Random) -> tuple[str, str]:
    """Return a postcode sector and the assessment team that works it."""
    area = random.randrange(len(ASSESSMENT_TEAMS))
    return f"WX{area + 1} {random.randint(1, SECTORS_OF_A_TEAM)}", ASSESSMENT_TEAMS[area]
