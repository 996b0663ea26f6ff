"""Single assessments."""

from collections.abc import Iterator
from dataclasses import dataclass

from events.front_door import ReferralReceived
from events.need import AssessmentAuthorised, AssessmentCancelled, AssessmentStarted
from events.working_days import WorkingDays
from metrics.catalogue import referrals
from metrics.catalogue.sources import CENSUS_DURATIONS, CHILDREN_IN_NEED, DEVON_REPORT, WORKING_TOGETHER
from metrics.lives.life import Life
from metrics.lives.terms import ends_before
from metrics.measure import Measure
from metrics.shapes import UNKNOWN, Breakdown, Clock, Count, Lap, SameRecord, Value, each
from metrics.shapes.part import Types

# What may be given with a "case closed": support that the bare outcome would hide.
SUPPORT = ("early_help", "advice", "signposted", "step_down")
OUTCOMES = ("case_closed", "child_in_need_plan", "section_47", *SUPPORT, "care")


def referral_of(assessment: AssessmentStarted, life: Life) -> ReferralReceived | None:
    """Return the referral of the same child that an assessment names; None where it is not known."""
    return life.by_record(ReferralReceived).get(assessment.referral) if assessment.referral else None


def referral_source(authorised: AssessmentAuthorised, life: Life) -> Value:
    """The source of the referral that led to the assessment."""
    start = life.by_record(AssessmentStarted).get(authorised.record)
    referral = referral_of(start, life) if start else None
    return referrals.SOURCE.of(referral, life) if referral else UNKNOWN


def is_closed(authorised: AssessmentAuthorised, life: Life) -> bool:
    """Return whether the case was closed after the assessment."""
    return "case_closed" in authorised.outcomes


def is_closed_with_support(authorised: AssessmentAuthorised, life: Life) -> bool:
    """Return whether the case was closed and something else was offered."""
    return is_closed(authorised, life) and not set(SUPPORT).isdisjoint(authorised.outcomes)


def has_no_start(authorised: AssessmentAuthorised, life: Life) -> bool:
    """Return whether the start is not known, or after the authorisation."""
    start = life.by_record(AssessmentStarted).get(authorised.record)
    return start is None or ends_before(start, authorised)


def has_no_referral(authorised: AssessmentAuthorised, life: Life) -> bool:
    """Return whether no referral is known that the clock could run from: none named, none told, or a later one."""
    start = life.by_record(AssessmentStarted).get(authorised.record)
    referral = referral_of(start, life) if start and not has_no_start(authorised, life) else None
    return referral is None or referral.day > authorised.day


@dataclass(frozen=True)
class FromReferral:
    """Of each authorised assessment, the lap from the referral that its start names, dated by the authorisation."""

    own: SameRecord

    @property
    def starts(self) -> type[AssessmentStarted]:
        return AssessmentStarted

    @property
    def reads(self) -> Types:
        return self.own.reads | {ReferralReceived}

    def laps(self, life: Life) -> Iterator[Lap]:
        for lap in self.own.laps(life):
            assert isinstance(lap.start, AssessmentStarted)
            referral = referral_of(lap.start, life)
            if lap.stop is not None and referral is not None and referral.day <= lap.stop.day:
                yield Lap(referral, lap.stop, lap.stop, (referral,))


OUTCOME = Breakdown("outcome", lambda authorised, _: each(authorised.outcomes), order=OUTCOMES)
REFERRAL_SOURCE = Breakdown("referral_source", referral_source, reads=(AssessmentStarted, ReferralReceived))

ASSESSMENT_STARTS = Count(name="assessments_started", of=AssessmentStarted)
ASSESSMENT_AUTHORISATIONS = Count(name="assessments_authorised", of=AssessmentAuthorised, by=(OUTCOME, REFERRAL_SOURCE))
ASSESSMENT_CASE_CLOSURES = Count(
    name="assessments_case_closed", of=AssessmentAuthorised, by=(REFERRAL_SOURCE,), where=is_closed
)
SUPPORTED_CASE_CLOSURES = Count(
    name="assessments_closed_with_support", of=AssessmentAuthorised, where=is_closed_with_support
)
WITHOUT_START = Count(
    name="assessments_incomplete",
    of=AssessmentAuthorised,
    by=(OUTCOME,),
    where=has_no_start,
    reads=(AssessmentStarted,),
)
WITHOUT_REFERRAL = Count(
    name="assessments_of_unknown_referral",
    of=AssessmentAuthorised,
    where=has_no_referral,
    reads=(AssessmentStarted, ReferralReceived),
)

# From the assessment's own start, as the census and the report have it. Working Together counts from the
# referral; that is a different measure, with a different name.
ASSESSMENT_CLOCK = Clock(
    name="assessment_clock",
    link=SameRecord(starts=AssessmentStarted, stops=AssessmentAuthorised, abandoned_by=AssessmentCancelled),
    deadline=WorkingDays(45),
    stopped_by=(OUTCOME,),
    due_within=lambda parameters: parameters.assessments_due_within,
)
FROM_REFERRAL_CLOCK = Clock(
    name="assessment_from_referral",
    link=FromReferral(SameRecord(AssessmentStarted, AssessmentAuthorised, AssessmentCancelled)),
    deadline=WorkingDays(45),
)

ASSESSMENTS_STARTED = Measure(
    name="assessments_started",
    title="Single assessments started",
    definition="Single assessments that started in the window.",
    kind="count",
    unit="assessments",
    numerator=ASSESSMENT_STARTS.counted,
    window="month",
    source=CHILDREN_IN_NEED,
)

ASSESSMENTS_AUTHORISED = Measure(
    name="assessments_authorised",
    title="Single assessments authorised",
    definition="Single assessments that a manager signed off in the window.",
    kind="count",
    unit="assessments",
    numerator=ASSESSMENT_AUTHORISATIONS.counted,
    window="month",
    by=("outcome",),
    source=CHILDREN_IN_NEED,
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
    by=("outcome",),
    polarity="high_is_good",
    target=0.85,
    beside={"open": ASSESSMENT_CLOCK.running, "overdue": ASSESSMENT_CLOCK.overdue},
    lacking={"incomplete": WITHOUT_START.counted},
    source=CENSUS_DURATIONS,
)

ASSESSMENT_TIMELINESS_FROM_REFERRAL = Measure(
    name="assessment_timeliness_from_referral",
    title="Single assessments authorised within 45 working days of the referral",
    definition=(
        "Of the single assessments authorised in the window that name a known referral of the child, dated on or "
        "before the authorisation, those authorised on or before the 45th working day after that referral."
    ),
    kind="quotient",
    unit="ratio",
    numerator=FROM_REFERRAL_CLOCK.in_time,
    denominator=FROM_REFERRAL_CLOCK.stopped,
    window="year_to_date",
    polarity="high_is_good",
    lacking={"unknown": WITHOUT_REFERRAL.counted},
    source=WORKING_TOGETHER,
)

ASSESSMENT_TIMELINESS_SETTLED = Measure(
    name="assessment_timeliness_settled",
    title="Single assessments settled within 45 working days",
    definition=(
        "Of the single assessments settled in the window, those authorised on or before the 45th working day after "
        "their start. An assessment is settled when it is authorised or when that day passes, whichever comes first: "
        "so open ones that are overdue count as well."
    ),
    kind="quotient",
    unit="ratio",
    numerator=ASSESSMENT_CLOCK.settled_in_time,
    denominator=ASSESSMENT_CLOCK.settled,
    window="year_to_date",
    polarity="high_is_good",
    lacking={"incomplete": WITHOUT_START.counted},
    source=CENSUS_DURATIONS,
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

ASSESSMENTS_DUE = Measure(
    name="assessments_due",
    title="Single assessments due within five working days",
    definition=(
        "Open single assessments that are not overdue and whose 45th working day is no later than the 5th working day "
        "from now (an authority may set how many)."
    ),
    kind="count",
    unit="assessments",
    numerator=ASSESSMENT_CLOCK.due_soon,
    by=("due_on",),
    source=CENSUS_DURATIONS,
)

ASSESSMENT_RATE = Measure(
    name="assessment_rate",
    title="Single assessments authorised per 10,000 children",
    definition="Single assessments authorised in the window per 10,000 children aged 0 to 17; not made up to a year.",
    kind="rate",
    unit="per_10000_children",
    numerator=ASSESSMENT_AUTHORISATIONS.counted,
    window="year_to_date",
    source=CHILDREN_IN_NEED,
)

ASSESSMENTS_CASE_CLOSED = Measure(
    name="assessments_case_closed",
    title="Single assessments that end with the case closed",
    definition="Of the single assessments authorised in the window, those whose outcomes include that the case closes.",
    kind="quotient",
    unit="ratio",
    numerator=ASSESSMENT_CASE_CLOSURES.counted,
    denominator=ASSESSMENT_AUTHORISATIONS.counted,
    window="year_to_date",
    by=("referral_source",),
    source=DEVON_REPORT,
)

ASSESSMENTS_CLOSED_WITH_SUPPORT = Measure(
    name="assessments_closed_with_support",
    title="Cases closed after assessment with support offered",
    definition=(
        "Of the single assessments authorised in the window whose outcomes include that the case closes, those whose "
        "outcomes also include early help, advice, signposting or a step down."
    ),
    kind="quotient",
    unit="ratio",
    numerator=SUPPORTED_CASE_CLOSURES.counted,
    denominator=ASSESSMENT_CASE_CLOSURES.counted,
    window="year_to_date",
    source=DEVON_REPORT,
)

MEASURES = (
    ASSESSMENTS_STARTED,
    ASSESSMENTS_AUTHORISED,
    ASSESSMENT_TIMELINESS,
    ASSESSMENT_TIMELINESS_FROM_REFERRAL,
    ASSESSMENT_TIMELINESS_SETTLED,
    ASSESSMENTS_OPEN,
    ASSESSMENTS_OVERDUE,
    ASSESSMENTS_DUE,
    ASSESSMENT_RATE,
    ASSESSMENTS_CASE_CLOSED,
    ASSESSMENTS_CLOSED_WITH_SUPPORT,
)
