"""The awkward cases, planted on purpose: each once in every quarter, about a child of its own.

A child is called after its case and quarter, `planted-unborn-2017q4`. docs/simulator.md says where to see each.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from msgspec.structs import replace

from events.care import (
    CareEnded,
    CareStarted,
    LegalStatusChanged,
    MissingEnded,
    MissingStarted,
    PlacementEnded,
    PlacementStarted,
    ReturnInterviewHeld,
)
from events.event import Event
from events.front_door import EnquiryDecided, EnquiryGraded, EnquiryReceived, ReferralReceived
from events.leaving_care import AdoptionDecided, AdoptionMatched, AdoptionPlaced, AdoptionReversed
from events.need import (
    AssessmentAuthorised,
    AssessmentCancelled,
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
    Day,
    Month,
    as_date,
    at_clock,
    first_day,
    is_working,
    month_of,
    nth_after,
)
from events.simulator.script import SECTOR, Script
from events.simulator.wexshire import World, team
from events.time import LONDON, add_months
from events.workforce import CaseAllocated

LEAST_CHILDREN = 20_000  # in a smaller authority they would be most of what there is
LONGEST = 420  # days from a quarter's beginning to the last that is told of its cases
UNKNOWN_TEAM, FAR_SECTOR = "Harbour project", "WX99 9"


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


def unborn(s: Script) -> None:
    """An unborn child on a plan; at birth the case system gives a new number, and a month later the two are joined."""
    other = f"{s.child}-born"
    expected = s.quarter + 1
    s.tell(PersonRecorded, s.child, s.day(0), birth_month=_month(expected), unborn=True)
    s.referral("R1", s.day(0))
    s.tell(EpisodeOpened, "N1", s.day(0), primary_need="N1")
    s.tell(ProtectionPlanStarted, "CP1", s.day(12), category="NEG", previous_plans=0)
    s.tell(PersonRecorded, other, s.day(30), child=other, birth_month=_month(month_of(s.day(29))), unborn=False)
    s.tell(VisitMade, "V1", s.day(33), child=other, kind="protection", seen=True)
    s.tell(ChildMerged, "M1", s.day(52), into=other)
    s.tell(ProtectionPlanEnded, "CP1", s.day(70), child=other)
    s.tell(EpisodeClosed, "N1", s.day(75), closure_reason="RC7")


def siblings(s: Script) -> None:
    """One report of the police on three children: three enquiries, one incident, three referrals."""
    received, decided = _at(s.day(1), 11), _at(s.day(1), 15)
    for n in range(3):
        child = s.child if n == 0 else f"{s.child}-{n + 1}"
        s.enquiry(f"E{n}", received, decided, ("assessment",), incident=f"I-{s.child}", child=child)
        s.referral(f"R{n}", s.day(1), enquiry=f"E{n}", no_further_action=n == 2)
        s.told[-1] = _of(s.told[-1], child)


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


def duplicate(s: Script) -> None:
    """A referral entered twice and an assessment entered in error, both withdrawn; another assessment cancelled."""
    s.referral("R1", s.day(0))
    s.retract(s.referral("R1-copy", s.day(0)), s.day(3))
    s.episode("N1", s.day(0), s.day(25))
    s.retract(s.tell(AssessmentStarted, "A1", s.day(1)), s.day(4))
    s.tell(AssessmentStarted, "A2", s.day(1), referral="R1")
    s.tell(AssessmentCancelled, "A2", s.day(20))


def cancelled(s: Script) -> None:
    """Cancelled after the 45th working day, so the breach stays; another cancelled, and authorised after all."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(62))
    s.tell(AssessmentStarted, "A1", s.day(0), referral="R1")
    s.tell(AssessmentCancelled, "A1", s.day(50))
    s.tell(AssessmentCancelled, "A2", s.day(55))
    s.assessment("A2", s.day(51), s.day(60), "R1")


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


def no_further_action(s: Script) -> None:
    """A referral that leads to nothing, and yet an assessment is told: an error to be found."""
    s.referral("R1", s.day(0), no_further_action=True)
    s.assessment("A1", s.day(1), s.day(10), "R1")


def migrated(s: Script) -> None:
    """Brought over from the old system: care that began in 2009, a plan's and an enquiry's end with no start."""
    s.born(14)
    s.tell(CareStarted, "LA1", date(2009, 7, 2).toordinal(), s.day(0), need="N1", origin="migration")
    s.tell(
        LegalStatusChanged, "LS1", date(2010, 1, 15).toordinal(), s.day(0), status="C2", care="LA1", origin="migration"
    )
    s.tell(ProtectionPlanEnded, "CP0", date(2009, 8, 3).toordinal(), s.day(0), origin="migration")
    s.tell(Section47Ended, "S0", date(2009, 6, 1).toordinal(), s.day(0), outcome="conference", origin="migration")
    s.tell(CareEnded, "LA1", s.day(58), reason="E8")


def died(s: Script) -> None:
    """Died on day 20 of an assessment, while on a plan: every clock stops, and nothing is told as ended."""
    s.born(3)
    s.referral("R1", s.day(0))
    s.tell(EpisodeOpened, "N1", s.day(0), primary_need="N2")
    s.tell(AssessmentStarted, "A1", s.day(0), referral="R1")
    s.tell(ProtectionPlanStarted, "CP1", s.day(10), category="NEG", previous_plans=0)
    s.once_more(s.told[0], s.day(22), died_on=as_date(s.day(20)))


def eighteen(s: Script) -> None:
    """Care that ends with the 18th birthday, told three weeks too late and with a date ten days after it."""
    birthday = first_day(s.quarter + 2)
    born = s.quarter + 1 - 12 * 18
    s.tell(PersonRecorded, s.child, s.day(0), birth_month=_month(born))
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), birthday + 30, "RC6")
    s.care("LA1", s.day(1), birthday + 10, "V2", "E17")
    s.told.pop()
    s.tell(CareEnded, "LA1", birthday + 10, birthday + 24, reason="E17")


def small_numbers(s: Script) -> None:
    """Enquiries from a far sector and a team that is in no list: few enough to be hidden from partners."""
    for n in range(2):
        s.enquiry(
            f"E{n}",
            _at(s.day(3 + n), 10),
            _at(s.day(3 + n), 16),
            ("advice",),
            postcode_sector=FAR_SECTOR,
            team=UNKNOWN_TEAM,
        )


def merge_chain(s: Script) -> None:
    """Three numbers of one child, joined one after the other: only then is the second referral a re-referral."""
    second, third = f"{s.child}-2", f"{s.child}-3"
    s.referral("R1", s.day(0), no_further_action=True)
    s.referral("R2", s.day(30), no_further_action=True)
    s.told[-1] = _of(s.told[-1], third)
    s.tell(ChildMerged, "M1", s.day(35), into=second)
    s.tell(ChildMerged, "M2", s.day(40), child=second, into=third)


def merge_retracted(s: Script) -> None:
    """Two children with one name, joined by mistake and parted again two weeks later."""
    other = f"{s.child}-2"
    s.referral("R1", s.day(0), no_further_action=True)
    s.referral("R2", s.day(10), no_further_action=True)
    s.told[-1] = _of(s.told[-1], other)
    s.retract(s.tell(ChildMerged, "M1", s.day(20), into=other), s.day(30))


def repeated(s: Script) -> None:
    """One telling sent three times over; and one id told again with other content, which is one more telling."""
    telling = s.referral("R1", s.day(0))
    s.told += [telling, telling]
    s.once_more(telling, s.day(2), id=telling.id, referral_source="1A")
    s.episode("N1", s.day(0), s.day(20))


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


def raised(s: Script) -> None:
    """Amber, then red; decided as advice, and three days later as an assessment: the first stops the clock."""
    at = _at(s.day(0), 10)
    s.tell(EnquiryReceived, "E1", at, enquiry_source="2A", rag="amber")
    s.tell(EnquiryGraded, "G1", at + timedelta(hours=2), rag="red", enquiry="E1")
    s.tell(EnquiryDecided, "D1", at + timedelta(hours=4), outcomes=("advice",), enquiry="E1")
    s.tell(EnquiryDecided, "D2", _at(s.day(3), 11), outcomes=("assessment",), enquiry="E1")
    s.referral("R1", s.day(3), enquiry="E1", no_further_action=True)


def friday(s: Script) -> None:
    """Received on a Friday at 16:30, after hours; decided on the Monday just before midnight: in time."""
    day = s.anchor + (5 - s.anchor) % 7
    s.enquiry("E1", _local(day, 16, 30), _local(nth_after(day, 1), 23, 50), ("early_help",))


def night(s: Script) -> None:
    """Received on a Sunday at three in the morning; decided a day too late."""
    sunday = s.anchor + (7 - s.anchor) % 7
    s.enquiry("E1", _local(sunday, 3, 0), _local(nth_after(sunday, 2), 9, 30), ("no_further_action",), rag="red")


def clocks_change(s: Script) -> None:
    """Missing over the night in which the clocks change, where the quarter has one; interviewed at exactly 72 hours."""
    s.born(14)
    s.care("LA1", s.day(0), s.day(60))
    night = _change(s.quarter) or s.day(10)
    found = at_clock(night, 2)
    s.tell(MissingStarted, "MI1", at_clock(night - 1, 22), kind="missing")
    s.tell(MissingEnded, "MI1", found, kind="missing")
    s.tell(ReturnInterviewHeld, "RI1", found + timedelta(hours=72), night + 7, missing="MI1", accepted=True)


def month_end(s: Script) -> None:
    """A plan begun on the last day of a month; its first review is due on the last of a shorter one, and held then."""
    start = first_day(s.quarter + 2) - 1
    due = add_months(as_date(start), 3).toordinal()
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), due + 60, "RC7")
    s.tell(ProtectionPlanStarted, "CP1", start, category="PHY", previous_plans=0)
    s.tell(ProtectionPlanReviewed, "CR1", due, plan="CP1")
    s.tell(ProtectionPlanEnded, "CP1", due + 40)


def same_carer(s: Script) -> None:
    """The same carer under another code, a hospital stay and the return: one placement in all, and then a second."""
    s.born(8)
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(80), "RC7")
    s.care("LA1", s.day(0), s.day(75))
    for number, (n, code, same) in enumerate(
        ((15, "U4", True), (25, "T0", None), (30, "U4", None), (50, "K2", None)), 2
    ):
        s.tell(PlacementStarted, f"LA1-{number}", s.day(n), placement=code, provider="PR1", same_carer=same, care="LA1")
    s.tell(PlacementEnded, "LA1-3", s.day(30), reason="PLACE")


def short_breaks(s: Script) -> None:
    """An agreed series of short breaks that becomes voluntary care: looked after from that day on only."""
    s.born(9)
    s.care("LA1", s.day(0), s.day(60), "V4")
    s.tell(LegalStatusChanged, "LA1-2", s.day(30), status="V2", care="LA1")


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


def ended_before_it_began(s: Script) -> None:
    """A plan and an assessment whose ends lie before their starts: in no stock and in no clock."""
    s.referral("R1", s.day(0), no_further_action=True)
    s.tell(ProtectionPlanStarted, "CP1", s.day(9), category="SAB", previous_plans=0)
    s.tell(ProtectionPlanEnded, "CP1", s.day(4), s.day(12))
    s.assessment("A1", s.day(8), s.day(2), "R1")


def planned_ahead(s: Script) -> None:
    """A case given to a worker from a day three weeks ahead, and held by another until then."""
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), s.day(55), "RC7")
    where = team("safeguarding", SECTOR)
    s.tell(CaseAllocated, "W1", s.day(0), worker="planted-worker-1", team=where)
    s.tell(CaseAllocated, "W2", s.day(20), s.day(5), worker="planted-worker-2", team=where)


def reversed_adoption(s: Script) -> None:
    """Matched and placed for adoption, and the decision reversed afterwards: it still counts as placed."""
    s.born(2)
    s.care("LA1", s.day(0), s.day(75), "E1")
    for kind, n in ((AdoptionDecided, 20), (AdoptionMatched, 35), (AdoptionPlaced, 40), (AdoptionReversed, 60)):
        s.tell(kind, "AD1", s.day(n))


def slow_decision(s: Script) -> None:
    """An enquiry that nobody decides for five weeks: late from the second working day on."""
    s.enquiry("E1", _at(s.day(0), 12), _at(s.day(25), 12), ("no_further_action",), rag="green")


def comes_back(s: Script) -> None:
    """Referred three times within a year, the last time on the same day of the month as the first."""
    s.born(6)
    s.referral("R1", s.day(0), no_further_action=True)
    s.referral("R2", s.day(40), no_further_action=True)
    s.referral("R3", add_months(as_date(s.day(0)), 12).toordinal(), no_further_action=True)


CASES: tuple[Callable[[Script], None], ...] = (
    weekend,
    bank_holiday,
    reopened,
    unborn,
    siblings,
    transferred_in,
    transferred_out,
    duplicate,
    cancelled,
    backdated,
    corrected,
    disordered,
    no_further_action,
    migrated,
    died,
    eighteen,
    small_numbers,
    merge_chain,
    merge_retracted,
    repeated,
    two_discussions,
    conference_late,
    raised,
    friday,
    night,
    clocks_change,
    month_end,
    same_carer,
    short_breaks,
    two_at_once,
    ended_before_it_began,
    planned_ahead,
    reversed_adoption,
    slow_decision,
    comes_back,
)


def case_name(case: Callable[[Script], None]) -> str:
    """Return what a case is called in the pseudonym of its child."""
    return case.__name__.replace("_", "-")


@lru_cache(maxsize=128)
def planted(world: World, quarter: Month) -> list[tuple[str, list[Event]]]:
    """Return all that is told of the cases of the quarter that begins with that month, by case."""
    if world.children < LEAST_CHILDREN:
        return []
    found = []
    for case in CASES:
        script = Script(world, case_name(case), quarter)
        case(script)
        found.append((case_name(case), script.told))
    return found


@lru_cache(maxsize=512)
def planted_referrals(world: World, month: Month) -> tuple[int, int, int]:
    """Return how many of a month's referrals are planted, how many of these come back, and how many lead to nothing."""
    quarter = month - month % 3
    told = [e for n in range(0, 15, 3) for _, events in planted(world, quarter - n) for e in events]
    newest = {(e.subject, e.record): e for e in told if e.type == "referral.received"}
    standing = [e for e in newest.values() if isinstance(e, ReferralReceived)]
    now = [e for e in standing if month_of(e.day.toordinal()) == month]
    again = sum(_came_before(e, standing) for e in now)
    return len(now), again, sum(e.no_further_action is True for e in now)


def _came_before(event: ReferralReceived, others: list[ReferralReceived]) -> bool:
    child = event.child
    if "merge-chain" in child:
        child = child.removesuffix("-3")
    since = add_months(event.day, -12)
    return any(other.child == child and since <= other.day < event.day for other in others)


def _at(day: Day, hour: float) -> datetime:
    return at_clock(day, hour)


def _local(day: Day, hour: int, minute: int) -> datetime:
    found = as_date(day)
    return datetime(found.year, found.month, found.day, hour, minute, tzinfo=LONDON).astimezone(UTC)


def _month(month: Month) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _change(quarter: Month) -> Day | None:
    """Return the Sunday on which the clocks change in a quarter: the last of March, or of October."""
    change = {0: quarter + 3, 9: quarter + 1}.get(quarter % 12)
    return None if change is None else first_day(change) - 1 - (first_day(change) - 1) % 7


def _of(event: Event, child: str) -> Event:
    return replace(event, child=child)
