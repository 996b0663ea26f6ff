"""Statements about children, and the teller that makes events of them, return after return.

A return states what happened. The teller tells it as it was known on the day of the return, corrects what a later
return states otherwise, and withdraws what a later return no longer states. So figures as known between two returns
are what the earlier return said.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from events.event import ChildEvent, Event, Retraction
from events.feed import FeedReported
from events.time import LONDON, instant

StatementKey = tuple[str, str, str]  # child, type, record: the fact (contract 1)


class Statement(NamedTuple):
    """That something happened to *child*, a pseudonym, on *day*; or, if not *happened*, that it never did."""

    kind: type[ChildEvent]
    child: str
    record: str
    day: date
    fields: tuple[tuple[str, Any], ...] = ()
    happened: bool = True

    @property
    def key(self) -> StatementKey:
        """The fact that the statement is about."""
        return self.child, _type_of(self.kind), self.record


@cache
def _type_of(kind: type[ChildEvent]) -> str:
    return str(kind.__struct_config__.tag)


class Said(NamedTuple):
    """A statement that stands after a return. *anew*: that return states it, and not an earlier one alone."""

    statement: Statement
    anew: bool


def state(kind: type[ChildEvent], child: str, record: str, day: date, /, **fields: Any) -> Statement:
    """Return the statement that it happened."""
    return Statement(kind, child, record, day, tuple(fields.items()))


def deny(kind: type[ChildEvent], child: str, record: str, day: date) -> Statement:
    """Return the statement that it never happened: an earlier telling of the same return may have said that it did."""
    return Statement(kind, child, record, day, happened=False)


def record_name(of: str, child: str, *parts: object) -> str:
    """Return the record of one *of* that kind, by *parts* that no correction changes."""
    return _digest("\x1f".join((of, child, *map(str, parts))).encode())


MAX_RETURNS = 1000  # read together


def end_of(day: date) -> datetime:
    """Return the moment up to which a source that states *day* is complete: the last second of it in London."""
    return datetime.combine(day, time(23, 59, 59), LONDON)


def feed_report(envelope: Mapping[str, Any]) -> Event:
    """Return the report that a source is complete up to when it was recorded."""
    at, source = envelope["recorded_at"], envelope["source"]
    return identified(FeedReported(record=source, occurred_at=at, complete_to=at, **envelope))


class Telling:
    """How a source tells what the *nth* return says, made at the end of *as_of*: the envelope of its events.

    *rules* counts how often the source has changed what it makes of the same files.
    """

    def __init__(self, authority: str, source: str, as_of: date, nth: int, rules: int) -> None:
        recorded_at = end_of(as_of)
        self.envelope: dict[str, Any] = {
            "id": "-",
            "authority": authority,
            "source": source,
            "recorded_at": recorded_at,
            "origin": "backload",
            # Of two made as of one day, the one read by newer rules stands, then the one that knew more returns.
            "revision": instant(recorded_at) // 1000 + rules * MAX_RETURNS + nth,
        }

    def feed_report(self) -> Event:
        """Return the report that all has been told that the return says."""
        return feed_report(self.envelope)


class Teller:
    """Makes the events of one child. It remembers what it told, so that it can withdraw it."""

    def __init__(self) -> None:
        self._standing: dict[StatementKey, Statement] = {}

    def tell(self, said: Iterable[Said], telling: Telling) -> Iterator[Event]:
        """Yield the events of the next return: its own statements, and all that changes or is withdrawn by it."""
        latest = _latest(said)
        for key, (statement, anew) in latest.items():
            if anew or self._standing.get(key) != statement:
                yield _event(statement, telling.envelope)
        for statement in self._withdrawn(latest):
            self._standing[statement.key] = statement
            yield _event(statement, telling.envelope)
        self._standing.update((key, statement) for key, (statement, _) in latest.items())

    def _withdrawn(self, latest: Mapping[StatementKey, Said]) -> list[Statement]:
        """Return the denials of what was told and is no longer stated."""
        return [
            statement._replace(happened=False)
            for key, statement in self._standing.items()
            if statement.happened and key not in latest
        ]


def _latest(said: Iterable[Said]) -> dict[StatementKey, Said]:
    """Return the last statement about each fact; it is said anew if any statement about the fact is."""
    latest: dict[StatementKey, Said] = {}
    for one in said:
        key = one.statement.key
        before = latest.get(key)
        latest[key] = one if before is None or one.anew else Said(one.statement, before.anew)
    return latest


def _event(statement: Statement, envelope: Mapping[str, Any]) -> Event:
    kind, child, record, day, fields, happened = statement
    if happened:
        return identified(kind(child=child, record=record, occurred_on=day, **envelope, **dict(fields)))
    retracts = _type_of(kind)
    retraction = Retraction(retracts=retracts, retracted=True, child=child, record=record, occurred_on=day, **envelope)
    return identified(retraction)


def identified(event: Event) -> Event:
    """Return *event* with an id that its content gives it: the same telling has the same id."""
    return msgspec.structs.replace(event, id=_digest(msgspec.json.encode(event, order="sorted")))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
