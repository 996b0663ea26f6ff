"""Child protection: section 47 enquiries, the conferences they wait for, and plans.

Plans of another authority are left out of all of this; they count among children in need alone.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from events.protection import InitialConferenceHeld, Section47Ended, Section47Started
from events.working_days import WorkingDays
from metrics.catalogue.need import AGE_BAND
from metrics.catalogue.sources import CONFERENCES, PROTECTION_PLANS, SECTION_47
from metrics.lives.life import Life
from metrics.lives.terms import PLANS, ends_before, when
from metrics.lives.timeline import earliest
from metrics.measure import Measure
from metrics.shapes import Breakdown, Clock, Count, Lap, Spells, code
from metrics.shapes.part import Types


def enquiry_before(conference: InitialConferenceHeld, life: Life) -> str | None:
    """Return the record of the section 47 enquiry that led to a conference: the one named, else the latest begun.

    The latest is meant only if it was still open after the conference's day, or ended in a conference.
    """
    if conference.section_47 is not None:
        return conference.section_47
    enquiries = life.facts(Section47Started)  # by when they began, so by day as well
    begun = bisect_right(enquiries, conference.day, key=_day)
    if not begun:
        return None
    latest = enquiries[begun - 1].record
    end = life.by_record(Section47Ended).get(latest)
    led = end is None or end.day > conference.day or end.outcome == "conference"
    return latest if led else None


def _day(enquiry: Section47Started) -> date:
    return enquiry.day


@dataclass(frozen=True)
class Conferences:
    """From a section 47 enquiry to the first conference that follows from it; an end without one is the end of it."""

    @property
    def starts(self) -> type[Section47Started]:
        return Section47Started

    @property
    def reads(self) -> Types:
        return frozenset((Section47Started, Section47Ended, InitialConferenceHeld))

    def laps(self, life: Life) -> Iterator[Lap]:
        held: dict[str | None, InitialConferenceHeld] = {}
        for conference in life.facts(InitialConferenceHeld):
            held.setdefault(enquiry_before(conference, life), conference)
        ends = life.by_record(Section47Ended)
        for start in life.facts(Section47Started):
            stop, end = held.get(start.record), ends.get(start.record)
            if any(over is not None and ends_before(start, over) for over in (stop, end)):
                continue
            led_on = end is not None and end.outcome == "conference"
            gone = None if end is None or led_on else end
            first = earliest(when(stop), when(gone))
            over = stop if stop is not None and stop.occurred == first else gone
            yield Lap(start, stop, over, (start, end) if end is not None and led_on else (start,))


CONFERENCE_CLOCK = Clock(
    name="conference_clock",
    link=Conferences(),
    deadline=WorkingDays(15),
    of_childhood=True,
    due_within=lambda parameters: parameters.conferences_due_within,
)

CATEGORIES = ("NEG", "PHY", "SAB", "EMO", "MUL")

SECTION_47_STARTS = Count(name="section_47_started", of=Section47Started)

OPEN_PLANS = Spells(
    name="protection_plans_open",
    terms=(PLANS,),
    counts=lambda started: not started.other_authority,
    by=(Breakdown("category", lambda started, _: code(started.category), order=CATEGORIES), AGE_BAND),
)

SECTION_47_STARTED = Measure(
    name="section_47_started",
    title="Section 47 enquiries started",
    definition="Section 47 enquiries whose strategy discussion was held in the window; each occasion counts.",
    kind="count",
    unit="section_47_enquiries",
    numerator=SECTION_47_STARTS.counted,
    window="month",
    source=SECTION_47,
)

SECTION_47_RATE = Measure(
    name="section_47_rate",
    title="Section 47 enquiries per 10,000 children",
    definition="Section 47 enquiries started in the window per 10,000 children aged 0 to 17; not made up to a year.",
    kind="rate",
    unit="per_10000_children",
    numerator=SECTION_47_STARTS.counted,
    window="year_to_date",
    source=SECTION_47,
)

CONFERENCES_DUE = Measure(
    name="conferences_due",
    title="Section 47 enquiries with no conference yet, due within five working days",
    definition=(
        "Section 47 enquiries with no initial conference yet, not ended or ended with the outcome conference, whose "
        "15th working day is today or no later than the 5th working day from now. Many never need a conference."
    ),
    kind="count",
    unit="section_47_enquiries",
    numerator=CONFERENCE_CLOCK.due_soon,
    by=("due_on",),
    source=CONFERENCES,
)

CONFERENCES_OVERDUE = Measure(
    name="conferences_overdue",
    title="Section 47 enquiries with no conference yet and past 15 working days",
    definition=(
        "Section 47 enquiries with no initial conference yet, not ended or ended with the outcome conference, from the "
        "day after the 15th working day. Many never need a conference."
    ),
    kind="count",
    unit="section_47_enquiries",
    numerator=CONFERENCE_CLOCK.overdue_by_day,
    by=("due_on",),
    polarity="low_is_good",
    source=CONFERENCES,
)

PROTECTION_PLANS_OPEN = Measure(
    name="protection_plans_open",
    title="Children subject to a child protection plan",
    definition=(
        "Children with an open child protection plan of this authority, each once. A plan ends on the 18th birthday at "
        "the latest."
    ),
    kind="count",
    unit="children",
    numerator=OPEN_PLANS.present,
    by=("category", "age_band"),
    source=PROTECTION_PLANS,
)

PROTECTION_PLAN_RATE = Measure(
    name="protection_plan_rate",
    title="Children subject to a child protection plan per 10,000 children",
    definition="Children with an open child protection plan of this authority per 10,000 children aged 0 to 17.",
    kind="rate",
    unit="per_10000_children",
    numerator=OPEN_PLANS.present,
    source=PROTECTION_PLANS,
)

MEASURES = (
    SECTION_47_STARTED,
    SECTION_47_RATE,
    CONFERENCES_DUE,
    CONFERENCES_OVERDUE,
    PROTECTION_PLANS_OPEN,
    PROTECTION_PLAN_RATE,
)
