"""The awkward cases of children in need: assessments, episodes, referrals, allocations."""

from events.need import (
    AssessmentCancelled,
    AssessmentStarted,
    EpisodeClosed,
)
from events.protection import (
    InitialConferenceHeld,
    ProtectionPlanEnded,
    ProtectionPlanStarted,
    Section47Started,
)
from events.simulator.days import (
    as_date,
    is_working,
    nth_after,
)
from events.simulator.script import PLANTED_SECTOR, Script
from events.simulator.wexshire import team
from events.time import add_months
from events.workforce import CaseAllocated


def weekend(s: Script) -> None:
    """An assessment that starts on a Saturday and is authorised on day 45 from the Friday before: in time."""
    saturday = s.anchor + (6 - s.anchor) % 7
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), nth_after(saturday, 46))
    s.assessment("A1", saturday, nth_after(saturday, 45), "R1")


def bank_holiday(s: Script) -> None:
    """An assessment that starts on a bank holiday and is authorised on day 46: late, by one day."""
    start = next(day for day in range(s.anchor, s.anchor + 200) if as_date(day).weekday() < 5 and not is_working(day))
    s.referral("R1", start - 4)
    s.episode("N1", start - 4, nth_after(start, 47))
    s.assessment("A1", start, nth_after(start, 46), "R1")


def reopened(s: Script) -> None:
    """An episode closed too soon, the closure withdrawn; later closed, and the child referred anew."""
    s.referral("R1", s.day(0))
    s.retract(s.episode("N1", s.day(0), s.day(12)), s.day(15))
    s.tell(EpisodeClosed, "N1", s.day(30), closure_reason="RC7")
    s.referral("R2", s.day(50))
    s.episode("N2", s.day(50), s.day(70))


def transferred_in(s: Script) -> None:
    """A plan of another authority, then a transfer-in conference and a plan of our own."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(100), "RC7")
    s.tell(ProtectionPlanStarted, "CP0", s.day(1), category="EMO", other_authority=True)
    s.tell(Section47Started, "S1", s.day(2))
    s.tell(InitialConferenceHeld, "C1", s.day(14), transfer_in=True, plan_made=True)
    s.tell(ProtectionPlanEnded, "CP0", s.day(14))
    s.tell(ProtectionPlanStarted, "CP1", s.day(14), category="EMO", previous_plans=1)
    s.tell(ProtectionPlanEnded, "CP1", s.day(90))


def transferred_out(s: Script) -> None:
    """Moved to another authority: care ends with E3, the episode with RC5."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(40), "RC5")
    s.care("LA1", s.day(3), s.day(40), reason="E3")


def cancelled(s: Script) -> None:
    """Cancelled after the 45th working day, so the breach stays; another cancelled, and authorised after all."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(62))
    s.tell(AssessmentStarted, "A1", s.day(0), referral="R1")
    s.tell(AssessmentCancelled, "A1", s.day(50))
    s.tell(AssessmentCancelled, "A2", s.day(55))
    s.assessment("A2", s.day(51), s.day(60), "R1")


def no_further_action(s: Script) -> None:
    """A referral that leads to nothing, and yet an assessment is told: an error to be found."""
    s.referral("R1", s.day(0), no_further_action=True)
    s.assessment("A1", s.day(1), s.day(10), "R1")


def planned_ahead(s: Script) -> None:
    """A case given to a worker from a day three weeks ahead, and held by another until then."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(55), "RC7")
    where = team("safeguarding", PLANTED_SECTOR)
    s.tell(CaseAllocated, "W1", s.day(0), worker="planted-worker-1", team=where)
    s.tell(CaseAllocated, "W2", s.day(20), s.day(5), worker="planted-worker-2", team=where)


def comes_back(s: Script) -> None:
    """Referred three times within a year, the last time on the same day of the month as the first."""
    s.born(6)
    s.referral("R1", s.day(0), no_further_action=True)
    s.referral("R2", s.day(40), no_further_action=True)
    s.referral("R3", add_months(as_date(s.day(0)), 12).toordinal(), no_further_action=True)
