"""The front door (MASH)."""

from datetime import date

from events.case import Person
from events.front_door import EnquiryDecided, EnquiryGraded, EnquiryReceived
from events.time import moment_of
from metrics.measure import Measure, Source
from metrics.shapes import UNKNOWN, Breakdown, Count, Value, each, told

DEVON_REPORT = Source("Devon County Council, report to children's scrutiny, to 31 December 2017", date(2026, 11, 23))


def rag(enquiry: EnquiryReceived, person: Person) -> Value:
    """The newest grade, whenever it was given; until there is one, what came with the enquiry."""
    grades = [fact.rag for fact in person.facts(EnquiryGraded) if fact.enquiry == enquiry.record]
    return told(grades[-1] if grades else enquiry.rag)


def outcome(enquiry: EnquiryReceived, person: Person) -> Value:
    """Every outcome of the latest decision, whenever it was made; until there is one, `undecided`."""
    decisions = [fact for fact in person.facts(EnquiryDecided) if fact.enquiry == enquiry.record]
    return each(decisions[-1].outcomes) if decisions else "undecided"


def hour(enquiry: EnquiryReceived, person: Person) -> Value:
    """The hour of day in Europe/London, `00` to `23`; a dated enquiry has none."""
    return UNKNOWN if enquiry.occurred_at is None else f"{moment_of(enquiry.occurred).hour:02}"


ENQUIRIES = Count(
    name="enquiries_received",
    of=EnquiryReceived,
    by=(
        Breakdown("enquiry_source", lambda enquiry, _: told(enquiry.enquiry_source)),
        Breakdown("rag", rag, reads=(EnquiryGraded,)),
        Breakdown("outcome", outcome, reads=(EnquiryDecided,)),
        Breakdown("postcode_sector", lambda enquiry, _: told(enquiry.postcode_sector)),
        Breakdown("hour", hour),
    ),
)

ENQUIRIES_RECEIVED = Measure(
    name="enquiries_received",
    title="Enquiries received",
    definition="Enquiries that the front door received in the window, one for each child an enquiry is about.",
    kind="count",
    unit="enquiries",
    numerator=ENQUIRIES.counted,
    window="month",
    source=DEVON_REPORT,
)

MEASURES = (ENQUIRIES_RECEIVED,)
