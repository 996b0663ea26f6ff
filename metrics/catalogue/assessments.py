"""Single assessments."""

from datetime import date

from events.need import AssessmentAuthorised, AssessmentCancelled, AssessmentStarted
from metrics.measure import Measure, Source
from metrics.shapes import Breakdown, Clock, each
from metrics.working_days import WorkingDays

CENSUS_DURATIONS = Source("Department for Education, children in need census: assessment durations", date(2026, 11, 23))

# From the assessment's own start, as the census and the report have it. Working Together counts from the
# referral; that is a different measure, with a different name.
ASSESSMENT_CLOCK = Clock(
    name="assessment_clock",
    starts=AssessmentStarted,
    stops=AssessmentAuthorised,
    abandoned_by=AssessmentCancelled,
    deadline=WorkingDays(45),
    by=(Breakdown("outcome", lambda authorised, _: each(authorised.outcomes)),),
)

ASSESSMENTS_OPEN = Measure(
    name="assessments_open",
    title="Single assessments not yet authorised",
    definition="Single assessments that have started and are neither authorised nor cancelled.",
    kind="count",
    unit="assessments",
    numerator=ASSESSMENT_CLOCK.running,
    source=CENSUS_DURATIONS,
)

ASSESSMENTS_OVERDUE = Measure(
    name="assessments_overdue",
    title="Single assessments not authorised and past 45 working days",
    definition="Open single assessments from the day after the 45th working day following their start.",
    kind="count",
    unit="assessments",
    numerator=ASSESSMENT_CLOCK.overdue,
    polarity="low_is_good",
    source=CENSUS_DURATIONS,
)

ASSESSMENT_TIMELINESS = Measure(
    name="assessment_timeliness",
    title="Single assessments authorised within 45 working days",
    definition=(
        "Of the single assessments authorised in the window whose start is known, those authorised on or before "
        "the 45th working day after their start. The day of the start is day 0."
    ),
    kind="quotient",
    unit="ratio",
    numerator=ASSESSMENT_CLOCK.in_time,
    denominator=ASSESSMENT_CLOCK.stopped,
    window="year_to_date",
    polarity="high_is_good",
    target=0.85,
    beside={"open": ASSESSMENT_CLOCK.running, "overdue": ASSESSMENT_CLOCK.overdue},
    source=CENSUS_DURATIONS,
)

MEASURES = (ASSESSMENTS_OPEN, ASSESSMENTS_OVERDUE, ASSESSMENT_TIMELINESS)
