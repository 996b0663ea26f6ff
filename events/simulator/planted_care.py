"""The awkward cases of care: a birthday, a clock change, the same carer, short breaks, an adoption reversed."""

from datetime import date, timedelta

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
from events.leaving_care import AdoptionDecided, AdoptionMatched, AdoptionPlaced, AdoptionReversed
from events.person import PersonRecorded
from events.protection import (
    ProtectionPlanEnded,
    Section47Ended,
)
from events.simulator.days import (
    at_clock,
    first_day,
)
from events.simulator.script import Script, birth_month, clock_change


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


def eighteen(s: Script) -> None:
    """Care that ends with the 18th birthday, told three weeks too late and with a date ten days after it."""
    birthday = first_day(s.quarter + 2)
    born = s.quarter + 1 - 12 * 18
    s.tell(PersonRecorded, s.child, s.day(0), birth_month=birth_month(born))
    s.referral("R1", s.day(0))
    s.episode("N1", s.day(0), birthday + 30, "RC6")
    s.care("LA1", s.day(1), birthday + 10, "V2", "E17")
    s.tellings.pop()
    s.tell(CareEnded, "LA1", birthday + 10, birthday + 24, reason="E17")


def clocks_change(s: Script) -> None:
    """Missing over the night in which the clocks change, where the quarter has one; interviewed at exactly 72 hours."""
    s.born(14)
    s.care("LA1", s.day(0), s.day(60))
    night = clock_change(s.quarter) or s.day(10)
    came_back = at_clock(night, 2)
    s.tell(MissingStarted, "MI1", at_clock(night - 1, 22), kind="missing")
    s.tell(MissingEnded, "MI1", came_back, kind="missing")
    s.tell(ReturnInterviewHeld, "RI1", came_back + timedelta(hours=72), night + 7, missing="MI1", accepted=True)


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


def reversed_adoption(s: Script) -> None:
    """Matched and placed for adoption, and the decision reversed afterwards: it still counts as placed."""
    s.born(2)
    s.care("LA1", s.day(0), s.day(75), "E1")
    for kind, n in ((AdoptionDecided, 20), (AdoptionMatched, 35), (AdoptionPlaced, 40), (AdoptionReversed, 60)):
        s.tell(kind, "AD1", s.day(n))
