"""Children looked after: periods of care, legal statuses, placements, reviews, health, missing episodes."""

from events.event import ChildEvent, Code, Id


class CareStarted(ChildEvent, frozen=True, kw_only=True, tag="care.started"):
    """A period of care began."""

    need: Code | None = None


class CareEnded(ChildEvent, frozen=True, kw_only=True, tag="care.ended"):
    """The period of care ended, for one of the reasons E2 to E48 of the SSDA903 return."""

    reason: Code | None = None


class LegalStatusChanged(ChildEvent, frozen=True, kw_only=True, tag="legal_status.changed"):
    """A legal status began. It stands until the next of its period of care, or that period's end."""

    status: Code
    care: Id | None = None


class PlacementStarted(ChildEvent, frozen=True, kw_only=True, tag="placement.started"):
    """The child moved in. It stands until the next of its period of care, its own end, or that period's end.

    `home` is a keyed pseudonym of the place itself: it tells a return to the same place from a move to another.
    """

    placement: Code
    provider: Code | None = None
    same_carer: bool | None = None
    distance_miles: float | None = None
    out_of_area: bool | None = None
    postcode_sector: Code | None = None
    to_eighteen: bool | None = None
    home: Id | None = None
    care: Id | None = None


class PlacementEnded(ChildEvent, frozen=True, kw_only=True, tag="placement.ended"):
    """The placement ended, for CARPL, CLOSE, ALLEG, …"""

    reason: Code | None = None


class CareReviewHeld(ChildEvent, frozen=True, kw_only=True, tag="care_review.held"):
    """A review of the looked-after child's care plan was held."""


class HealthAssessmentCompleted(ChildEvent, frozen=True, kw_only=True, tag="health_assessment.completed"):
    """A health assessment was completed: initial, review or dental."""

    kind: Code


class MissingStarted(ChildEvent, frozen=True, kw_only=True, tag="missing.started"):
    """The child went missing, or was away without authorisation."""

    kind: Code | None = None


class MissingEnded(ChildEvent, frozen=True, kw_only=True, tag="missing.ended"):
    """The child was found or came back."""

    kind: Code | None = None


class ReturnInterviewOffered(ChildEvent, frozen=True, kw_only=True, tag="return_interview.offered"):
    """A return interview was offered after the missing episode that `missing` names."""

    missing: Id
    accepted: bool | None = None


class ReturnInterviewHeld(ChildEvent, frozen=True, kw_only=True, tag="return_interview.held"):
    """A return interview was held after the missing episode that `missing` names."""

    missing: Id
    accepted: bool | None = None


EVENTS = (
    CareStarted,
    CareEnded,
    LegalStatusChanged,
    PlacementStarted,
    PlacementEnded,
    CareReviewHeld,
    HealthAssessmentCompleted,
    MissingStarted,
    MissingEnded,
    ReturnInterviewOffered,
    ReturnInterviewHeld,
)
