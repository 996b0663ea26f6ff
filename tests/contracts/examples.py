"""A full example of every event type (contract 2): every field that the contract names, each with a value."""

from typing import Any

Fields = dict[str, Any]

ENVELOPE: Fields = {
    "id": "t-1",
    "authority": "X99999901",
    "record": "R-1",
    "source": "simulator",
    "recorded_at": "2026-11-27T10:30:00.123456Z",
    "occurred_on": "2026-11-26",
    "received_at": "2026-11-27T11:31:00+01:00",
    "revision": 7,
    "retracted": False,
    "team": "North",
    "origin": "simulation",
}
REQUIRED = ("id", "authority", "record", "source", "recorded_at")  # and one of the dates
INSTANTS = ("recorded_at", "received_at", "occurred_at", "complete_to")
DAYS = ("occurred_on", "died_on")

# What each type has beyond the envelope: its subject, then fields that must be there, then fields that may.
_CHILD: Fields = {"child": "child-1"}
PAYLOADS: dict[str, tuple[Fields, Fields, Fields]] = {
    "person.recorded": (
        _CHILD,
        {},
        {"birth_month": "2009-04", "unborn": False, "disabled": True, "died_on": "2026-11-25"},
    ),
    "child.merged": (_CHILD, {"into": "child-2"}, {}),
    "feed.reported": ({}, {"complete_to": "2026-11-27T10:29:00Z"}, {}),
    "enquiry.received": (
        _CHILD,
        {},
        {"enquiry_source": "school", "rag": "red", "postcode_sector": "WX1 2", "incident": "I-1"},
    ),
    "enquiry.graded": (_CHILD, {"rag": "amber", "enquiry": "E-1"}, {}),
    "enquiry.decided": (_CHILD, {"outcomes": ["assessment", "a code nobody knows"], "enquiry": "E-1"}, {}),
    "referral.received": (
        _CHILD,
        {},
        {"referral_source": "police", "no_further_action": False, "postcode_sector": "WX1 2", "enquiry": "E-1"},
    ),
    "episode.opened": (_CHILD, {}, {"primary_need": "N1", "referral": "F-1"}),
    "episode.closed": (_CHILD, {}, {"closure_reason": "RC8"}),
    "assessment.started": (_CHILD, {}, {"referral": "F-1"}),
    "assessment.authorised": (_CHILD, {"outcomes": ["case_closed"]}, {"factors": ["1A", "3B"]}),
    "assessment.cancelled": (_CHILD, {}, {}),
    "section_47.started": (_CHILD, {}, {}),
    "section_47.ended": (_CHILD, {}, {"outcome": "conference"}),
    "initial_conference.held": (_CHILD, {}, {"section_47": "S-1", "transfer_in": False, "plan_made": True}),
    "protection_plan.started": (_CHILD, {}, {"category": "NEG", "previous_plans": 2, "other_authority": False}),
    "protection_plan.reviewed": (_CHILD, {"plan": "P-1"}, {}),
    "protection_plan.ended": (_CHILD, {}, {"reason": "no_longer_needed"}),
    "need_plan.started": (_CHILD, {}, {}),
    "need_plan.ended": (_CHILD, {}, {}),
    "visit.made": (_CHILD, {"kind": "protection", "seen": True}, {"seen_alone": False}),
    "care.started": (_CHILD, {}, {"need": "N1"}),
    "care.ended": (_CHILD, {}, {"reason": "E4A"}),
    "legal_status.changed": (_CHILD, {"status": "C2"}, {"care": "C-1"}),
    "placement.started": (
        _CHILD,
        {"placement": "U1"},
        {
            "provider": "PR1",
            "same_carer": False,
            "distance_miles": 12.5,
            "out_of_area": True,
            "postcode_sector": "WX1 2",
            "to_eighteen": True,
            "home": "home-7c1e5a",
            "care": "C-1",
        },
    ),
    "placement.ended": (_CHILD, {}, {"reason": "CARPL"}),
    "care_review.held": (_CHILD, {}, {}),
    "health_assessment.completed": (_CHILD, {"kind": "dental"}, {}),
    "missing.started": (_CHILD, {}, {"kind": "missing"}),
    "missing.ended": (_CHILD, {}, {"kind": "away"}),
    "return_interview.offered": (_CHILD, {"missing": "M-1"}, {"accepted": True}),
    "return_interview.held": (_CHILD, {"missing": "M-1"}, {"accepted": True}),
    "adoption.decided": (_CHILD, {}, {}),
    "adoption.matched": (_CHILD, {}, {}),
    "adoption.placed": (_CHILD, {}, {}),
    "adoption.ordered": (_CHILD, {}, {}),
    "adoption.reversed": (_CHILD, {}, {}),
    "care_leaver.recorded": (_CHILD, {"in_touch": "yes"}, {"activity": "F1", "accommodation": "B", "suitable": True}),
    "case.allocated": (_CHILD, {"worker": "W-1", "team": "South"}, {}),
    "case.deallocated": (_CHILD, {}, {}),
    "worker.recorded": (
        {"worker": "W-1"},
        {"team": "South", "fte": 0.8, "case_holder": True},
        {
            "newly_qualified": False,
            "agency": True,
            "covering_vacancy": False,
            "absent": False,
            "left": False,
        },
    ),
}
TYPES = tuple(PAYLOADS)


def full(kind: str) -> Fields:
    """Return an event with every field that its type has."""
    subject, needed, optional = PAYLOADS[kind]
    return {"type": kind, **ENVELOPE, **subject, **needed, **optional}


def required(kind: str) -> tuple[str, ...]:
    """Return the fields that an event of this type must have, beside `type` and a date."""
    subject, needed, _ = PAYLOADS[kind]
    return (*REQUIRED, *subject, *needed)


def optional(kind: str) -> tuple[str, ...]:
    """Return the fields that an event of this type may leave out."""
    return tuple(name for name in full(kind) if name not in (*required(kind), "type", "occurred_on"))


def least(kind: str) -> Fields:
    """Return an event with only what its type must have."""
    return {name: value for name, value in full(kind).items() if name not in optional(kind)}


def envelope(kind: str) -> Fields:
    """Return the envelope of an event, its subject included: all that a retraction needs."""
    subject, _, _ = PAYLOADS[kind]
    kept = ("type", *REQUIRED, "occurred_on", *subject)
    return {name: value for name, value in full(kind).items() if name in kept}
