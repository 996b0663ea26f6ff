"""The front door (MASH): enquiries, their decisions, and how long they wait."""

from events.front_door import EnquiryDecided, EnquiryGraded, EnquiryReceived
from events.time import moment_of
from events.working_days import WorkingDays
from metrics.catalogue.sources import DEVON_REPORT, FRONT_DOOR_HOURS, ONE_WORKING_DAY
from metrics.lives.life import Life
from metrics.lives.terms import ends_before
from metrics.lives.timeline import EVER, Timeline, newest
from metrics.measure import Measure
from metrics.shapes import UNKNOWN, Breakdown, Clock, Count, Naming, Value, code, each, sector

UNDECIDED = "undecided"


def enquiry_of(fact: EnquiryGraded | EnquiryDecided) -> str:
    """Return the record of the enquiry that a grading or a decision names."""
    return fact.enquiry


def grades(enquiry: EnquiryReceived, life: Life) -> list[EnquiryGraded]:
    """Return the gradings of an enquiry, in order; each stands until the next."""
    return life.naming(EnquiryGraded, enquiry_of).get(enquiry.record, [])


def newest_rag(enquiry: EnquiryReceived, life: Life) -> Value:
    """The newest grade, whenever it was given; until there is one, what came with the enquiry."""
    given = grades(enquiry, life)
    return code(given[-1].rag if given else enquiry.rag)


def rag_over_time(enquiry: EnquiryReceived, life: Life) -> Timeline[Value]:
    """The grade that stands from when on; until there is one, what came with the enquiry."""
    return newest([(EVER, code(enquiry.rag)), *((fact.occurred, code(fact.rag)) for fact in grades(enquiry, life))])


def decisions(enquiry: EnquiryReceived, life: Life) -> list[EnquiryDecided]:
    """Return the decisions on an enquiry, in order; the first stops the clock, the latest stands."""
    return life.naming(EnquiryDecided, enquiry_of).get(enquiry.record, [])


def outcome(enquiry: EnquiryReceived, life: Life) -> Value:
    """Every outcome of the latest decision, whenever it was made; until there is one, `undecided`."""
    made = decisions(enquiry, life)
    return each(made[-1].outcomes) if made else UNDECIDED


def is_undecided(enquiry: EnquiryReceived, life: Life) -> bool:
    """Return whether nothing was decided about an enquiry, ever."""
    return not decisions(enquiry, life)


def goes_to_assessment(enquiry: EnquiryReceived, life: Life) -> bool:
    """Return whether the latest decision sends an enquiry to a social work team for assessment."""
    made = decisions(enquiry, life)
    return bool(made) and not {"assessment", "section_47"}.isdisjoint(made[-1].outcomes)


def decides_no_known_enquiry(decision: EnquiryDecided, life: Life) -> bool:
    """Return whether a decision, the first that names its enquiry, has no clock to stop: no receipt, or a later one."""
    if life.naming(EnquiryDecided, enquiry_of)[decision.enquiry][0] is not decision:
        return False
    enquiry = life.by_record(EnquiryReceived).get(decision.enquiry)
    return enquiry is None or ends_before(enquiry, decision)


def hour(enquiry: EnquiryReceived, life: Life) -> Value:
    """The hour of day in Europe/London, `00` to `23`; a dated enquiry has none."""
    return UNKNOWN if enquiry.occurred_at is None else f"{moment_of(enquiry.occurred).hour:02}"


OUTCOMES = ("assessment", "existing_case", "section_47", "early_help", "advice", "no_further_action", UNDECIDED)

SOURCE = Breakdown("enquiry_source", lambda enquiry, _: code(enquiry.enquiry_source))
RAG = Breakdown("rag", newest_rag, over=rag_over_time, reads=(EnquiryGraded,), order=("red", "amber", "green"))

ENQUIRIES = Count(
    name="enquiries_received",
    of=EnquiryReceived,
    by=(
        SOURCE,
        RAG,
        Breakdown("outcome", outcome, reads=(EnquiryDecided,), order=OUTCOMES),
        Breakdown("postcode_sector", lambda enquiry, _: sector(enquiry.postcode_sector)),
        Breakdown("hour", hour, order=tuple(f"{n:02}" for n in range(24))),
    ),
)
TO_ASSESSMENT = Count(
    name="enquiries_to_assessment",
    of=EnquiryReceived,
    by=(SOURCE, RAG),
    where=goes_to_assessment,
    reads=(EnquiryDecided,),
)
NOT_DECIDED = Count(
    name="enquiries_undecided", of=EnquiryReceived, by=(SOURCE, RAG), where=is_undecided, reads=(EnquiryDecided,)
)
STRAY_DECISIONS = Count(
    name="enquiry_decisions_incomplete", of=EnquiryDecided, where=decides_no_known_enquiry, reads=(EnquiryReceived,)
)
INCIDENTS = Count(
    name="incidents_received",
    of=EnquiryReceived,
    by=(Breakdown("incident", lambda enquiry, _: enquiry.incident or ""),),
    reducer="distinct",
)

# Received, until somebody first decides what follows. The Department lets a day pass; local targets by grade differ.
DECISION_CLOCK = Clock(
    name="enquiry_decision",
    link=Naming(starts=EnquiryReceived, stops=EnquiryDecided, named=enquiry_of),
    deadline=WorkingDays(1),
    by=(RAG, SOURCE),
    from_opening=True,
)

ENQUIRIES_RECEIVED = Measure(
    name="enquiries_received",
    title="Enquiries received",
    definition="Enquiries that the front door received in the window, one for each child an enquiry is about.",
    kind="count",
    unit="enquiries",
    numerator=ENQUIRIES.counted,
    window="month",
    by=("enquiry_source", "rag", "outcome", "postcode_sector", "hour"),
    source=DEVON_REPORT,
)

ENQUIRIES_TO_ASSESSMENT = Measure(
    name="enquiries_to_assessment",
    title="Enquiries passed on for assessment",
    definition=(
        "Of the enquiries received in the window, those whose latest decision, whenever it was made, includes an "
        "assessment or a section 47 enquiry. Those not decided yet are in the denominator."
    ),
    kind="quotient",
    unit="ratio",
    numerator=TO_ASSESSMENT.counted,
    denominator=ENQUIRIES.counted,
    window="month",
    by=("enquiry_source", "rag"),
    beside={UNDECIDED: NOT_DECIDED.counted},
    source=DEVON_REPORT,
)

ENQUIRIES_AWAITING_DECISION = Measure(
    name="enquiries_awaiting_decision",
    title="Enquiries awaiting a decision",
    definition="Enquiries received about which nothing has been decided yet.",
    kind="count",
    unit="enquiries",
    numerator=DECISION_CLOCK.running,
    by=("rag", "enquiry_source"),
    polarity="low_is_good",
    source=ONE_WORKING_DAY,
)

LONGEST_WAIT = Measure(
    name="longest_wait",
    title="Longest wait for a decision",
    definition="Office hours since the earliest receipt among the enquiries that await a decision.",
    kind="age",
    unit="office_hours",
    numerator=DECISION_CLOCK.longest,
    by=("rag",),
    polarity="low_is_good",
    source=FRONT_DOOR_HOURS,
)

ENQUIRY_DECISION_TIMELINESS = Measure(
    name="enquiry_decision_timeliness",
    title="Enquiries decided within one working day",
    definition=(
        "Of the enquiries settled in the window, those decided by the end of the working day after the day of receipt. "
        "An enquiry is settled when it is decided or when that day passes, whichever comes first: so one that is late "
        "counts from the moment it is late."
    ),
    kind="quotient",
    unit="ratio",
    numerator=DECISION_CLOCK.settled_in_time,
    denominator=DECISION_CLOCK.settled,
    window="month",
    by=("rag",),
    polarity="high_is_good",
    lacking={"incomplete": STRAY_DECISIONS.counted},
    source=ONE_WORKING_DAY,
)

ENQUIRIES_DUE = Measure(
    name="enquiries_due",
    title="Enquiries by the day their decision is due",
    definition="Enquiries that await a decision and are not overdue, by the last working day that is in time.",
    kind="count",
    unit="enquiries",
    numerator=DECISION_CLOCK.due,
    by=("due_on", "rag"),
    source=ONE_WORKING_DAY,
)

ENQUIRIES_OVERDUE = Measure(
    name="enquiries_overdue",
    title="Enquiries overdue for a decision",
    definition="Enquiries that await a decision from the day after the first working day following their receipt.",
    kind="count",
    unit="enquiries",
    numerator=DECISION_CLOCK.overdue,
    by=("rag",),
    polarity="low_is_good",
    source=ONE_WORKING_DAY,
)

INCIDENTS_RECEIVED = Measure(
    name="incidents_received",
    title="Incidents received",
    definition=(
        "Distinct incidents that the enquiries received in the window name; one that names none is an incident of its "
        "own. One report about three siblings is three enquiries and one incident."
    ),
    kind="count",
    unit="incidents",
    numerator=INCIDENTS.counted,
    window="month",
    source=DEVON_REPORT,
)

MEASURES = (
    ENQUIRIES_RECEIVED,
    ENQUIRIES_TO_ASSESSMENT,
    ENQUIRIES_AWAITING_DECISION,
    LONGEST_WAIT,
    ENQUIRY_DECISION_TIMELINESS,
    ENQUIRIES_DUE,
    ENQUIRIES_OVERDUE,
    INCIDENTS_RECEIVED,
)
