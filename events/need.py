"""Children in need: episodes, assessments, plans and visits."""

from events.event import ChildEvent, Code, Codes, Id


class EpisodeOpened(ChildEvent, frozen=True, kw_only=True, tag="episode.opened"):
    """An episode of need began: the child's case is open."""

    primary_need: Code | None = None
    referral: Id | None = None


class EpisodeClosed(ChildEvent, frozen=True, kw_only=True, tag="episode.closed"):
    """The episode of need ended, for one of the reasons RC1 to RC9 of the census."""

    closure_reason: Code | None = None


class AssessmentStarted(ChildEvent, frozen=True, kw_only=True, tag="assessment.started"):
    """A single assessment began: day 0 of its 45 working days."""

    referral: Id | None = None


class AssessmentAuthorised(ChildEvent, frozen=True, kw_only=True, tag="assessment.authorised"):
    """A manager signed the single assessment off: this, and not its completion, stops the clock."""

    outcomes: Codes
    factors: Codes | None = None


class AssessmentCancelled(ChildEvent, frozen=True, kw_only=True, tag="assessment.cancelled"):
    """The single assessment was given up without a sign-off."""


class NeedPlanStarted(ChildEvent, frozen=True, kw_only=True, tag="need_plan.started"):
    """A child in need plan began."""


class NeedPlanEnded(ChildEvent, frozen=True, kw_only=True, tag="need_plan.ended"):
    """A child in need plan ended."""


class VisitMade(ChildEvent, frozen=True, kw_only=True, tag="visit.made"):
    """A worker visited. `kind` is protection, looked_after or need; only a visit with the child seen counts."""

    kind: Code
    seen: bool
    seen_alone: bool | None = None


EVENTS = (
    EpisodeOpened,
    EpisodeClosed,
    AssessmentStarted,
    AssessmentAuthorised,
    AssessmentCancelled,
    NeedPlanStarted,
    NeedPlanEnded,
    VisitMade,
)
