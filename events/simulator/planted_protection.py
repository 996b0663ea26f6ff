"""The awkward cases of child protection: unborn, dead, two at once, late by a day."""

from events.care import (
    LegalStatusChanged,
)
from events.need import (
    AssessmentStarted,
    EpisodeClosed,
    EpisodeOpened,
    VisitMade,
)
from events.person import ChildMerged, PersonRecorded
from events.protection import (
    InitialConferenceHeld,
    ProtectionPlanEnded,
    ProtectionPlanReviewed,
    ProtectionPlanStarted,
    Section47Ended,
    Section47Started,
)
from events.simulator.days import (
    as_date,
    first_day,
    month_of,
    nth_after,
)
from events.simulator.script import Script, birth_month
from events.time import add_months


def unborn(s: Script) -> None:
    """An unborn child on a plan; at birth the case system gives a new number, and a month later the two are joined."""
    newborn = f"{s.child}-born"
    expected = s.quarter + 1
    s.tell(PersonRecorded, s.child, s.day(0), birth_month=birth_month(expected), unborn=True)
    s.referral("R1", s.day(0))
    s.tell(EpisodeOpened, "N1", s.day(0), primary_need="N1")
    s.tell(ProtectionPlanStarted, "CP1", s.day(12), category="NEG", previous_plans=0)
    s.tell(
        PersonRecorded, newborn, s.day(30), child=newborn, birth_month=birth_month(month_of(s.day(29))), unborn=False
    )
    s.tell(VisitMade, "V1", s.day(33), child=newborn, kind="protection", seen=True)
    s.tell(ChildMerged, "M1", s.day(52), into=newborn)
    s.tell(ProtectionPlanEnded, "CP1", s.day(70), child=newborn)
    s.tell(EpisodeClosed, "N1", s.day(75), closure_reason="RC7")


def died(s: Script) -> None:
    """Died on day 20 of an assessment, while on a plan: every clock stops, and nothing is told as ended."""
    s.born(3)
    s.referral("R1", s.day(0))
    s.tell(EpisodeOpened, "N1", s.day(0), primary_need="N2")
    s.tell(AssessmentStarted, "A1", s.day(0), referral="R1")
    s.tell(ProtectionPlanStarted, "CP1", s.day(10), category="NEG", previous_plans=0)
    s.once_more(s.tellings[0], s.day(22), died_on=as_date(s.day(20)))


def two_discussions(s: Script) -> None:
    """Two strategy discussions; the conference names the first, and is held on its 15th working day."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(60), "RC7")
    s.tell(Section47Started, "S1", s.day(2))
    s.tell(Section47Started, "S2", s.day(6))
    s.tell(Section47Ended, "S2", s.day(9), outcome="no_further_action")
    s.tell(InitialConferenceHeld, "C1", s.day(17), section_47="S1", plan_made=False)


def conference_late(s: Script) -> None:
    """A conference on the 16th working day after an enquiry that began on a Sunday, and that it does not name."""
    sunday = s.anchor + (7 - s.anchor) % 7
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(60), "RC7")
    s.tell(Section47Started, "S1", sunday)
    s.tell(InitialConferenceHeld, "C1", nth_after(sunday, 16), plan_made=False)


def month_end(s: Script) -> None:
    """A plan begun on the last day of a month; its first review is due on the last of a shorter one, and held then."""
    start = first_day(s.quarter + 2) - 1
    due = add_months(as_date(start), 3).toordinal()
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), due + 60, "RC7")
    s.tell(ProtectionPlanStarted, "CP1", start, category="PHY", previous_plans=0)
    s.tell(ProtectionPlanReviewed, "CR1", due, plan="CP1")
    s.tell(ProtectionPlanEnded, "CP1", due + 40)


def two_at_once(s: Script) -> None:
    """Two plans open together, two referrals of one day, two statuses of one day: each child counts once."""
    s.referral("R1", s.day(0))
    s.referral("R2", s.day(0))
    s.episode("N1", s.day(0), s.day(70), "RC7")
    s.care("LA1", s.day(2), s.day(50))
    s.tell(LegalStatusChanged, "LA1-2", s.day(2), status="C1", care="LA1")
    for number, day in (("CP1", 5), ("CP2", 9)):
        s.tell(ProtectionPlanStarted, number, s.day(day), category="EMO", previous_plans=0)
        s.tell(ProtectionPlanEnded, number, s.day(day + 40))
