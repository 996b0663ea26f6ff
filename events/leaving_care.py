"""Ways out of care: adoption and leaving care."""

from events.event import ChildEvent, Code


class AdoptionDecided(ChildEvent, frozen=True, kw_only=True, tag="adoption.decided"):
    """The agency decided that the child should be placed for adoption."""


class AdoptionMatched(ChildEvent, frozen=True, kw_only=True, tag="adoption.matched"):
    """The child was matched with adopters."""


class AdoptionPlaced(ChildEvent, frozen=True, kw_only=True, tag="adoption.placed"):
    """The child moved in with the adopters."""


class AdoptionOrdered(ChildEvent, frozen=True, kw_only=True, tag="adoption.ordered"):
    """The court made the adoption order."""


class AdoptionReversed(ChildEvent, frozen=True, kw_only=True, tag="adoption.reversed"):
    """The decision that the child should be placed for adoption was reversed."""


class CareLeaverRecorded(ChildEvent, frozen=True, kw_only=True, tag="care_leaver.recorded"):
    """What a contact with a young person who left care found out. Each stands until the next."""

    in_touch: Code
    activity: Code | None = None
    accommodation: Code | None = None
    suitable: bool | None = None


EVENTS = (
    AdoptionDecided,
    AdoptionMatched,
    AdoptionPlaced,
    AdoptionOrdered,
    AdoptionReversed,
    CareLeaverRecorded,
)
