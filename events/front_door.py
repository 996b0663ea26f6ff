"""The front door: what arrives and what is decided about it."""

from events.event import ChildEvent, Id


class EnquiryReceived(ChildEvent, frozen=True, kw_only=True, tag="enquiry.received"):
    """Somebody told the front door (MASH) about a worry for this child. One record per child and enquiry."""

    enquiry_source: str | None = None
    rag: str | None = None
    postcode_sector: str | None = None
    incident: str | None = None


class EnquiryGraded(ChildEvent, frozen=True, kw_only=True, tag="enquiry.graded"):
    """The enquiry was graded red, amber or green; each grading stands until the next."""

    rag: str
    enquiry: Id


class EnquiryDecided(ChildEvent, frozen=True, kw_only=True, tag="enquiry.decided"):
    """The front door decided what follows. The first decision stops the clock, the latest stands."""

    outcomes: tuple[str, ...]
    enquiry: Id


class ReferralReceived(ChildEvent, frozen=True, kw_only=True, tag="referral.received"):
    """The authority accepted a request for services for a child whose case was not open."""

    referral_source: str | None = None
    no_further_action: bool | None = None
    postcode_sector: str | None = None
    enquiry: Id | None = None


EVENTS = (EnquiryReceived, EnquiryGraded, EnquiryDecided, ReferralReceived)
