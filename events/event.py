"""The envelope that every event shares (contract 1)."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from events.time import Instant, day_of, instant, midnight

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Code = Annotated[str, Meta(max_length=64)]  # of a list of the Department's, of the authority's own, or none we know
Codes = Annotated[tuple[Code, ...], Meta(max_length=64)]
Moment = Annotated[datetime, Meta(tz=True)]
NonNegative = Annotated[int, Meta(ge=0, le=2**63 - 1)]

MOMENTS = ("recorded_at", "received_at", "occurred_at", "complete_to")  # fields that hold one

Origin = Literal["live", "backload", "migration", "simulation"]


class Event(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True, gc=False):
    """One telling of one fact.

    A fact is (`authority`, subject, `type`, `record`); its newest telling stands. Optional fields are None when
    left out or null. Exactly one of `occurred_on` (a day in Europe/London) and `occurred_at` is given.
    """

    id: Id
    authority: Id
    record: Id
    source: Id
    recorded_at: Moment
    occurred_on: date | None = None
    occurred_at: Moment | None = None
    received_at: Moment | None = None
    revision: NonNegative | None = None
    retracted: bool | None = None
    team: Annotated[str, Meta(max_length=64)] | None = None
    origin: Origin | None = None

    @property
    def type(self) -> str:
        """The name on the wire, `assessment.started`."""
        return str(self.__struct_config__.tag)

    @property
    def subject(self) -> str:
        """Whom the fact is about: a child, a worker, or nobody (``""``)."""
        return ""

    @property
    def occurred(self) -> Instant:
        """When it happened in the world; a date is its first moment."""
        if self.occurred_on is not None:
            return midnight(self.occurred_on)
        assert self.occurred_at is not None, "decode lets nothing through without a date"
        return instant(self.occurred_at)

    @property
    def day(self) -> date:
        """The Europe/London day on which it happened."""
        return self.occurred_on or day_of(self.occurred)

    @property
    def known(self) -> Instant:
        """When this telling could be known: when casepulse took it in, else when the case system stored it."""
        return instant(self.received_at or self.recorded_at)

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """The sort key of the tellings of one fact: the greatest stands."""
        revision = instant(self.recorded_at) // 1000 if self.revision is None else self.revision
        return revision, self.recorded_at, self.id


class ChildEvent(Event, frozen=True, kw_only=True):
    """A fact about one child, named by a keyed pseudonym."""

    child: Id

    @property
    def subject(self) -> str:
        return self.child


class Retraction(Event, frozen=True, kw_only=True):
    """A telling that the fact never was. It needs only the envelope, and may lack the fields of its type."""

    retracts: Id
    child: str = ""

    @property
    def type(self) -> str:
        return self.retracts

    @property
    def subject(self) -> str:
        return self.child
