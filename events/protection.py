"""Child protection: section 47 enquiries, conferences, plans."""

from events.event import ChildEvent, Code, Id, NonNegative


class Section47Started(ChildEvent, frozen=True, kw_only=True, tag="section_47.started"):
    """A section 47 enquiry began, on the date of the strategy discussion that began it."""


class Section47Ended(ChildEvent, frozen=True, kw_only=True, tag="section_47.ended"):
    """The section 47 enquiry ended: conference, no_conference, no_further_action, …"""

    outcome: Code | None = None


class InitialConferenceHeld(ChildEvent, frozen=True, kw_only=True, tag="initial_conference.held"):
    """An initial child protection conference was held."""

    section_47: Id | None = None
    transfer_in: bool | None = None
    plan_made: bool | None = None


class ProtectionPlanStarted(ChildEvent, frozen=True, kw_only=True, tag="protection_plan.started"):
    """The child became subject to a child protection plan."""

    category: Code | None = None
    previous_plans: NonNegative | None = None
    other_authority: bool | None = None


class ProtectionPlanReviewed(ChildEvent, frozen=True, kw_only=True, tag="protection_plan.reviewed"):
    """A review conference was held; one record per review, `plan` names the plan."""

    plan: Id


class ProtectionPlanEnded(ChildEvent, frozen=True, kw_only=True, tag="protection_plan.ended"):
    """The child protection plan ended."""

    reason: Code | None = None


EVENTS = (
    Section47Started,
    Section47Ended,
    InitialConferenceHeld,
    ProtectionPlanStarted,
    ProtectionPlanReviewed,
    ProtectionPlanEnded,
)
