"""Who a child is."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from events.event import ChildEvent, Id

BirthMonth = Annotated[
    str, Meta(pattern="^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", max_length=7)
]  # $ alone would let a newline pass


class PersonRecorded(ChildEvent, frozen=True, kw_only=True, tag="person.recorded"):
    """What is known of the child as a person. It holds at every date, whenever it was recorded."""

    birth_month: BirthMonth | None = None
    unborn: bool | None = None
    disabled: bool | None = None
    died_on: date | None = None


class ChildMerged(ChildEvent, frozen=True, kw_only=True, tag="child.merged"):
    """Two pseudonyms were found to be one child. Holds at every date; only a retraction parts them again."""

    into: Id


EVENTS = (PersonRecorded, ChildMerged)
