"""The front door: what arrives and what is decided about it."""

from events.event import ChildEvent, Code, Codes, Id


class EnquiryReceived(ChildEvent, frozen=True, kw_only=True, tag="enquiry.received"):
    """Somebody told the front door (MASH) about a worry for this child. One record per child and enquiry."""

    enquiry_source: Code | None = None
    rag: Code | None = None
    postcode_sector: Code | None = None
    incident: Code | None = None


class EnquiryGraded(ChildEvent, frozen=True, kw_only=True, tag="enquiry.graded"):
    """The enquiry was graded red, amber or green; each grading stands until the next."""

    rag: Code
    enquiry: Id


class EnquiryDecided(ChildEvent, frozen=True, kw_only=True, tag="enquiry.decided"):
    """The front door decided what follows. The first decision stops the clock, the latest stands."""

    outcomes: Codes
    enquiry: Id


class ReferralReceived(ChildEvent, frozen=True, kw_only=True, tag="referral.received"):
    """The authority accepted a request for services for a child whose case was not open."""

    referral_source: Code | None = None
    no_further_action: bool | None = None
    postcode_sector: Code | None = None
    enquiry: Id | None = None


EVENTS = (EnquiryReceived, EnquiryGraded, EnquiryDecided, ReferralReceived)
