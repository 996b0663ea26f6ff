"""The awkward tellings: withdrawn, corrected, late, in disorder, repeated, of children joined and parted."""

from events.need import (
    AssessmentAuthorised,
    AssessmentCancelled,
    AssessmentStarted,
    VisitMade,
)
from events.person import ChildMerged
from events.protection import (
    ProtectionPlanEnded,
    ProtectionPlanStarted,
)
from events.simulator.days import (
    as_date,
)
from events.simulator.script import Script, of_child


def duplicate(s: Script) -> None:
    """A referral entered twice and an assessment entered in error, both withdrawn; another assessment cancelled."""
    s.referral("R1", s.day(0))
    s.retract(s.referral("R1-copy", s.day(0)), s.day(3))
    s.episode("N1", s.day(0), s.day(25))
    s.retract(s.tell(AssessmentStarted, "A1", s.day(1)), s.day(4))
    s.tell(AssessmentStarted, "A2", s.day(1), referral="R1")
    s.tell(AssessmentCancelled, "A2", s.day(20))


def backdated(s: Script) -> None:
    """An assessment in time and a visit, both found in a notebook six weeks later."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(50))
    s.tell(AssessmentStarted, "A1", s.day(0), referral="R1")
    s.tell(VisitMade, "V1", s.day(8), s.day(38), kind="need", seen=True)
    s.tell(AssessmentAuthorised, "A1", s.day(20), s.day(50), outcomes=("child_in_need_plan",))


def corrected(s: Script) -> None:
    """Authorised on day 46, as it was told first; on day 45, as it was corrected four days later."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(52))
    signed_off = s.assessment("A1", s.day(0), s.day(46), "R1")
    s.once_more(signed_off, s.day(50), occurred_on=as_date(s.day(45)))


def disordered(s: Script) -> None:
    """The authorisation is told before the start, and the start before the referral."""
    s.referral("R1", s.day(0), s.day(34))
    s.tell(AssessmentAuthorised, "A1", s.day(25), outcomes=("case_closed", "early_help"))
    s.tell(AssessmentStarted, "A1", s.day(1), s.day(30), referral="R1")
    s.episode("N1", s.day(0), s.day(26), "RC9")


def merge_chain(s: Script) -> None:
    """Three numbers of one child, joined one after the other: only then is the second referral a re-referral."""
    second, third = f"{s.child}-2", f"{s.child}-3"
    s.referral("R1", s.day(0), no_further_action=True)
    s.referral("R2", s.day(30), no_further_action=True)
    s.tellings[-1] = of_child(s.tellings[-1], third)
    s.tell(ChildMerged, "M1", s.day(35), into=second)
    s.tell(ChildMerged, "M2", s.day(40), child=second, into=third)


def merge_retracted(s: Script) -> None:
    """Two children with one name, joined by mistake and parted again two weeks later."""
    second = f"{s.child}-2"
    s.referral("R1", s.day(0), no_further_action=True)
    s.referral("R2", s.day(10), no_further_action=True)
    s.tellings[-1] = of_child(s.tellings[-1], second)
    s.retract(s.tell(ChildMerged, "M1", s.day(20), into=second), s.day(30))


def repeated(s: Script) -> None:
    """One telling sent three times over; and one id told again with other content, which is one more telling."""
    telling = s.referral("R1", s.day(0))
    s.tellings += [telling, telling]
    s.once_more(telling, s.day(2), id=telling.id, referral_source="1A")
    s.episode("N1", s.day(0), s.day(20))


def ended_before_it_began(s: Script) -> None:
    """A plan and an assessment whose ends lie before their starts: in no stock and in no clock."""
    s.referral("R1", s.day(0), no_further_action=True)
    s.tell(ProtectionPlanStarted, "CP1", s.day(9), category="SAB", previous_plans=0)
    s.tell(ProtectionPlanEnded, "CP1", s.day(4), s.day(12))
    s.assessment("A1", s.day(8), s.day(2), "R1")
