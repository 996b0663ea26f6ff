"""What has been told about one child: every telling of every fact, the newest of each standing.

Corrections, duplicates, retractions and disorder are this one rule; nothing else needs to know that they exist.
A case may hold several pseudonyms: all that any link ever joined are a household and are kept together, and the
links that stand part it into people. So a merge, or its retraction, changes the figures like any other fact.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from operator import or_
from typing import TypeVar, cast

import msgspec

from events import EVENTS
from events.event import Event, Retraction
from events.person import ChildMerged
from events.time import Instant

ARRAY = b"\xdd"  # of MessagePack, of any length: how many follows in four bytes
HEADER = 5  # bytes

FactKey = tuple[str, str, str]  # subject, type, record
Tellings = Mapping[FactKey, tuple[Event, ...]]
E = TypeVar("E", bound=Event)

_stored = reduce(or_, (*EVENTS, Retraction))
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[list[Event]] = msgspec.msgpack.Decoder(list[_stored])  # type: ignore[valid-type]


@dataclass(frozen=True)
class Case:
    """Every telling, by fact, oldest first. Values are never changed in place: telling gives another case.

    What else it holds follows from the tellings, and is carried on because a child in care has hundreds of them.
    """

    tellings: Tellings = field(default_factory=dict)
    ids: frozenset[str] = frozenset()  # the pseudonyms of the household: told of, or ever named by a link
    allocated: bool = False  # whether an allocation was ever told, standing or not
    size: int = 0  # tellings

    def __iter__(self) -> Iterator[Event]:
        return (telling for tellings in self.tellings.values() for telling in tellings)

    def standing(self) -> Iterator[Event]:
        """Yield the newest telling of each fact that has not been retracted."""
        for tellings in self.tellings.values():
            if not tellings[-1].retracted:
                yield tellings[-1]

    def known_at(self, moment: Instant) -> "Case":
        """Return the case as it was known at *moment*."""
        return tell(Case(), (telling for telling in self if telling.known <= moment))


def tell(case: Case, events: Iterable[Event]) -> Case:
    """Return *case* with *events* told, in any order and however often: every telling is kept once.

    Where none of them is new that is *case* itself.
    """
    return tell_new(case, events)[0]


def tell_new(case: Case, events: Iterable[Event]) -> tuple[Case, list[Event]]:
    """Return *case* with *events* told, and those of them that it had not been told before."""
    tellings, new = dict(case.tellings), []
    for event in events:
        key = (event.subject, event.type, event.record)
        earlier = tellings.get(key, ())
        if event not in earlier:
            tellings[key] = tuple(sorted((*earlier, event), key=_order)) if earlier else (event,)
            new.append(event)
    return (_case(tellings, case, new), new) if new else (case, new)


def _case(tellings: Tellings, before: Case, new: Collection[Event]) -> Case:
    """Return the case of *tellings*: what *before* held, and what is *new*."""
    named = {event.subject for event in new} | {event.into for event in new if isinstance(event, ChildMerged)}
    ids = before.ids if named <= before.ids else before.ids | named
    allocated = before.allocated or any(event.type == "case.allocated" for event in new)
    return Case(tellings, ids, allocated, before.size + len(new))


def join(cases: Iterable[Case]) -> Case:
    """Return one case of what several households have been told."""
    return tell(Case(), (telling for case in cases for telling in case))


def encode_case(case: Case) -> bytes:
    """Return *case* as MessagePack: HEADER bytes that say how many tellings follow, and the tellings in any order.

    So what is told later is added at the end, and the header is written anew.
    """
    return encode_size(case.size) + encode_tellings(case)


def encode_size(tellings: int) -> bytes:
    """Return the HEADER bytes that stand before so many tellings."""
    return ARRAY + tellings.to_bytes(HEADER - len(ARRAY), "big")


def encode_tellings(tellings: Iterable[Event]) -> bytes:
    """Return *tellings* as they stand after the header, one after another."""
    return b"".join(map(_encoder.encode, tellings))


def decode_case(stored: bytes) -> Case:
    """Return the case whose tellings were encoded. Raises msgspec.DecodeError."""
    return tell(Case(), _decoder.decode(stored))


def _order(event: Event) -> tuple[object, ...]:
    """Newest last. Tellings that differ and yet rank alike are told apart by their bytes: any rule, but one rule."""
    return (*event.rank, _encoder.encode(event))


class Person:
    """The facts that stand about one child, under whichever pseudonyms."""

    def __init__(self, facts: Iterable[Event]) -> None:
        self._facts: dict[type[Event], list[Event]] = {}
        for fact in facts:
            self._facts.setdefault(type(fact), []).append(fact)
        for found in self._facts.values():
            if len(found) > 1:
                found.sort(key=_began)

    def __iter__(self) -> Iterator[Event]:
        return chain.from_iterable(self._facts.values())

    @property
    def kinds(self) -> Collection[type[Event]]:
        """The types that any fact is of."""
        return self._facts.keys()

    def facts(self, kind: type[E]) -> list[E]:
        """Return the standing facts of one type, by when they happened, then by record."""
        return cast("list[E]", self._facts.get(kind, []))  # in quotes: to build the type costs more than to look


def _began(fact: Event) -> tuple[Instant, str]:
    return fact.occurred, fact.record


def people(case: Case) -> list[Person]:
    """Return the people of a household: the sets of pseudonyms that links which stand join, however they point."""
    standing = list(case.standing())
    links = [(fact.child, fact.into) for fact in standing if isinstance(fact, ChildMerged)]
    if not links:
        subjects = {fact.subject for fact in standing}
        if len(subjects) <= 1:
            return [Person(standing)] if standing else []
    whole = _connected({fact.subject for fact in standing}, links)
    groups: dict[str, dict[tuple[str, str], Event]] = {}
    for fact in standing:
        group = groups.setdefault(whole[fact.subject], {})
        twin = group.get((fact.type, fact.record))  # the same record told under two pseudonyms of one child
        if twin is None or _order(twin) < _order(fact):
            group[fact.type, fact.record] = fact
    return [Person(group.values()) for group in groups.values()]


def _connected(ids: set[str], links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return, for each id, the one that stands for all that the links join to it."""
    parent = {one: one for one in ids}

    def root(one: str) -> str:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for one, other in links:
        parent[root(one)] = root(other)
    return {one: root(one) for one in list(parent)}
