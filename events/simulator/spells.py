"""A spell: the start of every child's time with the authority, from an enquiry to the end of the assessment."""

from random import Random
from typing import NamedTuple

from events.simulator.chance import Odds, whole
from events.simulator.days import Day, Month, first_day, month_of, next_working, nth_after
from events.simulator.volumes import ASSESSMENT_WORKING_DAYS, CONFERENCE_WORKING_DAYS
from events.simulator.wexshire import SOURCES, team

REFERRED_AGES: Odds[tuple[int, int]] = Odds(  # months since birth at the referral; below 0, unborn
    ((-5, -1), 0.03), ((0, 11), 0.09), ((12, 59), 0.22), ((60, 119), 0.28), ((120, 191), 0.31), ((192, 211), 0.07)
)
# months after the month of birth in which childhood has ended: every birthday is the 1st of the next
ADULT_MONTHS = 18 * 12 + 1
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


class Spell(NamedTuple):
    """One child's time with the authority, as far as every child has it. A day that never comes is 0."""

    key: str
    child: str
    born: Month
    referral: Day
    sector: int
    source: str
    enquired: bool  # it came through the front door
    need: str
    started: Day
    signed_off: Day
    outcomes: tuple[str, ...]
    closes: Day
    planned: bool  # a child in need plan follows
    share: float  # which post has the case
    known: bool = False  # the child was known before: it was recorded as a person then
    incident: str = ""  # the report on brothers and sisters that it came with
    no_further_action: bool = False
    cancelled: bool = False
    section_47: Day = 0
    section_47_ended: Day = 0
    led_on: str = ""  # what the section 47 enquiry ended with
    conference: Day = 0  # one that made no plan; the conference that made one is told with the plan
    disabled: bool = False

    def team(self, kind: str) -> str:
        """Return the team of a kind that works where the child lives."""
        return team(kind, self.sector)

    @property
    def team_in_need(self) -> str:
        """The kind of team that has the case after the assessment."""
        return "disabled children" if self.disabled else "safeguarding"


def assessed(referral: Day, wait: int, share: float) -> tuple[Day, Day]:
    """Return when an assessment starts and is signed off, *share* being its place among all by how long they take."""
    started = nth_after(next_working(referral), wait) if wait else referral
    least, most = ASSESSMENT_WORKING_DAYS.at(share)
    return started, nth_after(next_working(started), least + int((share * 7919) % 1 * (most - least + 1)))


def conference_days(share: float) -> int:
    """Return the working days from a section 47 enquiry to its conference."""
    least, most = CONFERENCE_WORKING_DAYS.at(share)
    return least + int((share * 7919) % 1 * (most - least + 1))


def birth(random: Random, referral: Day, ages: Odds[tuple[int, int]] = REFERRED_AGES) -> Month:
    """Return a month of birth for a child of *ages*, in months, at the referral."""
    return month_of(referral) - whole(random, *ages.draw(random))


def eighteen(born: Month) -> Day:
    """Return the day that stands for the 18th birthday."""
    return first_day(born + ADULT_MONTHS)
