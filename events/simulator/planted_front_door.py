"""The awkward cases of the front door: enquiries of brothers and sisters, at night, decided late or twice."""

from datetime import timedelta

from events.front_door import EnquiryDecided, EnquiryGraded, EnquiryReceived
from events.simulator.days import (
    at_clock,
    nth_after,
)
from events.simulator.script import Script, local, of_child

UNKNOWN_TEAM, FAR_SECTOR = "Harbour project", "WX99 9"


def siblings(s: Script) -> None:
    """One report of the police on three children: three enquiries, one incident, three referrals."""
    received, decided = at_clock(s.day(1), 11), at_clock(s.day(1), 15)
    for n in range(3):
        child = s.child if n == 0 else f"{s.child}-{n + 1}"
        s.enquiry(f"E{n}", received, decided, ("assessment",), incident=f"I-{s.child}", child=child)
        s.referral(f"R{n}", s.day(1), enquiry=f"E{n}", no_further_action=n == 2)
        s.tellings[-1] = of_child(s.tellings[-1], child)


def small_numbers(s: Script) -> None:
    """Enquiries from a far sector and a team that is in no list: few enough to be hidden from partners."""
    for n in range(2):
        s.enquiry(
            f"E{n}",
            at_clock(s.day(3 + n), 10),
            at_clock(s.day(3 + n), 16),
            ("advice",),
            postcode_sector=FAR_SECTOR,
            team=UNKNOWN_TEAM,
        )


def raised(s: Script) -> None:
    """Amber, then red; decided as advice, and three days later as an assessment: the first stops the clock."""
    at = at_clock(s.day(0), 10)
    s.tell(EnquiryReceived, "E1", at, enquiry_source="2A", rag="amber")
    s.tell(EnquiryGraded, "G1", at + timedelta(hours=2), rag="red", enquiry="E1")
    s.tell(EnquiryDecided, "D1", at + timedelta(hours=4), outcomes=("advice",), enquiry="E1")
    s.tell(EnquiryDecided, "D2", at_clock(s.day(3), 11), outcomes=("assessment",), enquiry="E1")
    s.referral("R1", s.day(3), enquiry="E1", no_further_action=True)


def friday(s: Script) -> None:
    """Received on a Friday at 16:30, after hours; decided on the Monday just before midnight: in time."""
    day = s.anchor + (5 - s.anchor) % 7
    s.enquiry("E1", local(day, 16, 30), local(nth_after(day, 1), 23, 50), ("early_help",))


def night(s: Script) -> None:
    """Received on a Sunday at three in the morning; decided a day too late."""
    sunday = s.anchor + (7 - s.anchor) % 7
    s.enquiry("E1", local(sunday, 3, 0), local(nth_after(sunday, 2), 9, 30), ("no_further_action",), rag="red")


def slow_decision(s: Script) -> None:
    """An enquiry that nobody decides for five weeks: late from the second working day on."""
    s.enquiry("E1", at_clock(s.day(0), 12), at_clock(s.day(25), 12), ("no_further_action",), rag="green")
