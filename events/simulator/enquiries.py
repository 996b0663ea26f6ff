"""An enquiry at the front door: when it comes, when it is decided, and how it is told."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from events.front_door import EnquiryDecided, EnquiryGraded, EnquiryReceived
from events.simulator.chance import Odds, whole
from events.simulator.clerk import Clerk
from events.simulator.days import (
    Day,
    at_clock,
    first_day,
    in_office,
    index_of,
    is_working,
    month_of,
    on_or_after,
    opening,
)
from events.simulator.spells import Spell
from events.simulator.wexshire import DUTY, FRONT_DOOR, postcode

RED_TO_SECTION_47_SHARE = 0.3  # of the red enquiries that go on: straight to section 47
GRADES_ON = Odds(("red", 0.257), ("amber", 0.483), ("green", 0.26))  # of enquiries that go on to an assessment
SLOWNESS = {"red": 0.1, "amber": 0.2, "green": 0.34}  # the share of the available time that a decision takes on average
GRADED_LATER_SHARE = 0.45  # of enquiries; the others come with a grade
DECIDED_LATE_SHARE = 0.055
DAY_OF_OFFICE_SECONDS = 25_200  # seven hours, a Friday's


class Enquiry(NamedTuple):
    """What is told of one enquiry about one child. All of it is told by the end of the day *settled*."""

    key: str
    received: datetime
    decided: datetime
    rag: str
    outcomes: tuple[str, ...]
    source: str
    sector: int
    incident: str
    settled: Day

    @property
    def at_night(self) -> bool:
        """Whether the duty team took it in."""
        return not 8 <= self.received.hour < 17 or not is_working(self.received.toordinal())

    @property
    def team(self) -> str:
        """The team that took it in."""
        return DUTY if self.at_night else FRONT_DOOR


def tell_enquiry(clerk: Clerk, enquiry: Enquiry) -> None:
    """Tell an enquiry, its grading and its decision."""
    graded_later = clerk.random.random() < GRADED_LATER_SHARE
    clerk.tell(
        EnquiryReceived,
        f"E-{enquiry.key}",
        at=enquiry.received,
        duty=enquiry.at_night,
        team=enquiry.team,
        settled=enquiry.settled,
        enquiry_source=enquiry.source,
        rag=None if graded_later else enquiry.rag,
        postcode_sector=postcode(enquiry.sector),
        incident=enquiry.incident or None,
    )
    if graded_later:
        _tell_grading(clerk, enquiry)
    clerk.tell(
        EnquiryDecided,
        f"D-{enquiry.key}",
        at=enquiry.decided,
        duty=enquiry.at_night and enquiry.decided.hour < 9,
        team=FRONT_DOOR,
        settled=enquiry.settled,
        outcomes=enquiry.outcomes,
        enquiry=f"E-{enquiry.key}",
    )


def _tell_grading(clerk: Clerk, enquiry: Enquiry) -> None:
    minutes = min(clerk.random.uniform(2, 20), (enquiry.decided - enquiry.received).total_seconds() / 120)
    graded = enquiry.received + timedelta(seconds=int(minutes * 60))
    key, record = f"G-{enquiry.key}", f"E-{enquiry.key}"
    clerk.tell(EnquiryGraded, key, at=graded, duty=True, team=enquiry.team, rag=enquiry.rag, enquiry=record)


# --- enquiries that go on to an assessment -------------------------------------------------------------------------


def enquiry_of(random: Random, spell: Spell) -> Enquiry:
    """Return the enquiry that a spell began with."""
    rag = GRADES_ON.draw(random)
    received, decided = _received_and_decided(random, spell, rag)
    return Enquiry(
        key=spell.key,
        received=received,
        decided=decided,
        rag=rag,
        outcomes=("section_47",) if rag == "red" and random.random() < RED_TO_SECTION_47_SHARE else ("assessment",),
        source=spell.source,
        sector=spell.sector,
        incident=spell.incident,
        settled=first_day(month_of(spell.referral) + 1) - 1,
    )


def _received_and_decided(random: Random, spell: Spell, rag: str) -> tuple[datetime, datetime]:
    """Return when the enquiry came and when it was decided: in one month, the decision on the day of the referral."""
    if not is_working(spell.referral):  # the duty team, at any hour
        decided = at_clock(spell.referral, random.uniform(7, 21))
        return decided - timedelta(seconds=whole(random, 900, 7200)), decided
    index = index_of(spell.referral)
    first = on_or_after(first_day(month_of(spell.referral)))
    if random.random() < DECIDED_LATE_SHARE:
        earliest = opening(max(index - whole(random, 2, 10), first))
        received = earliest + timedelta(seconds=whole(random, 0, 20_000))
        return received, max(in_office(index, random), received + timedelta(seconds=600))
    decided = in_office(index, random) + timedelta(seconds=600)
    return _open_before(random, decided, index, max(index - 1, first), SLOWNESS[rag]), decided


def _open_before(random: Random, decided: datetime, index: int, first: int, slowness: float) -> datetime:
    """Return a moment of open office before *decided* and on or after the *first* working day."""
    today = int((decided - opening(index)).total_seconds())
    day_before = DAY_OF_OFFICE_SECONDS if first < index else 0
    passed = int((today + day_before) * random.betavariate(4 * slowness, 4 * (1 - slowness))) + 60
    if passed <= today or first == index:
        return max(decided - timedelta(seconds=passed), opening(index))
    into_day = max(DAY_OF_OFFICE_SECONDS - (passed - today), 0)
    return max(opening(index - 1) + timedelta(seconds=into_day), opening(first))
