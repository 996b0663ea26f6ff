"""Facts, before they have an envelope, and the teller that puts them into one, return after return.

Of several returns each is told as it was known then. So figures as known between two of them are what the first said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any

import msgspec

from events.event import ChildEvent, Event, Retraction
from events.feed import FeedReported
from events.time import LONDON, instant

SOURCE = "ssda903"


@dataclass(frozen=True)
class Fact:
    """That something happened to *child*, a pseudonym, on *day*; not *so*: that it did not, whatever was told."""

    kind: type[ChildEvent]
    child: str
    record: str
    day: date
    fields: tuple[tuple[str, Any], ...] = ()
    so: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        """Which fact it is (CONTRACT 1)."""
        return self.child, str(self.kind.__struct_config__.tag), self.record


Said = tuple[Fact, bool]  # and whether the return itself says so; else an earlier one did, and it stands


def fact(kind: type[ChildEvent], child: str, record: str, day: date, /, **fields: Any) -> Fact:
    """Return the fact that it was so."""
    return Fact(kind, child, record, day, tuple(fields.items()))


def never(kind: type[ChildEvent], child: str, record: str, day: date) -> Fact:
    """Return the fact that it was not so: an earlier telling of the same return may have said it was."""
    return Fact(kind, child, record, day, so=False)


def name(of: str, child: str, *parts: object) -> str:
    """Return the record of one *of* that kind, by *parts* that no correction changes."""
    return _digest("\x1f".join((of, child, *map(str, parts))).encode())


class Teller:
    """Puts facts into events. It remembers what it told, to take back what a later return no longer says."""

    def __init__(self, authority: str) -> None:
        self._authority = authority
        self._told: dict[tuple[str, str, str], Fact] = {}

    def tell(self, facts: Iterable[Said], as_of: date, nth: int) -> Iterator[Event]:
        """Yield what the *nth* return, made at the end of *as_of*, tells; and that all of it was told.

        That is all that it says itself, and what is otherwise, or no longer, because of it.
        """
        at = datetime.combine(as_of, time(23, 59, 59), LONDON)
        # Who was given the returns before knows more than who was given this one alone, at the same moment.
        revision = instant(at) // 1000 + nth
        now: dict[tuple[str, str, str], Said] = {}
        for found, said in facts:
            now[found.key] = found, said or now.get(found.key, (found, False))[1]
        for key, (found, said) in now.items():
            if said or self._told.get(key) != found:
                yield self._event(found, at, revision)
        for key in [key for key, found in self._told.items() if found.so and key not in now]:
            self._told[key] = replace(self._told[key], so=False)
            yield self._event(self._told[key], at, revision)
        self._told.update((key, found) for key, (found, _) in now.items())
        yield _identified(
            FeedReported(
                id="-",
                authority=self._authority,
                record=SOURCE,
                source=SOURCE,
                recorded_at=at,
                occurred_at=at,
                complete_to=at,
                origin="backload",
                revision=revision,
            )
        )

    def _event(self, found: Fact, at: datetime, revision: int) -> Event:
        envelope: dict[str, Any] = {
            "id": "-",
            "authority": self._authority,
            "child": found.child,
            "record": found.record,
            "source": SOURCE,
            "recorded_at": at,
            "occurred_on": found.day,
            "origin": "backload",
            "revision": revision,
        }
        if found.so:
            return _identified(found.kind(**envelope, **dict(found.fields)))
        return _identified(Retraction(retracts=found.key[1], retracted=True, **envelope))


def _identified(event: Event) -> Event:
    """Return *event* with an id that its content gives it: the same telling has the same id."""
    return msgspec.structs.replace(event, id=_digest(msgspec.json.encode(event, order="sorted")))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
