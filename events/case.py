"""What has been told about one child: every telling of every fact, the newest of each standing.

Corrections, duplicates, retractions and disorder are this one rule; nothing else needs to know that they exist.
A case may hold several pseudonyms: all that any link ever joined are a household and are kept together, and the
links that stand part it into people. So a merge, or its retraction, changes the figures like any other fact.
"""

from array import array
from bisect import bisect_left
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

FactKey = tuple[str, str, str]  # subject, type, record
Tellings = Mapping[FactKey, tuple[Event, ...]]
E = TypeVar("E", bound=Event)

_stored = reduce(or_, (*EVENTS, Retraction))
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[list[Event]] = msgspec.msgpack.Decoder(list[_stored])  # type: ignore[valid-type]


class Encoded:
    """What a case was when it was last encoded, and which facts were told of since.

    A child in care has hundreds of facts, and one is told at a time: the others need not be encoded again.
    """

    def __init__(self, before: "Encoded | None" = None, changed: Iterable[FactKey] = ()) -> None:
        self._keys: list[FactKey] = []
        self._sizes = array("I")  # bytes of each fact
        self._body = b""
        self._changed: set[FactKey] | None = None  # nothing was ever encoded
        if before is not None and before._changed is not None:
            self._keys, self._sizes, self._body = before._keys, before._sizes, before._body
            self._changed = {*before._changed, *changed}

    def body(self, tellings: Tellings) -> bytes:
        """Return the encoded *tellings*, one after another, by fact."""
        if self._changed is None:
            self._keys = sorted(tellings)
            pieces = [_of_fact(tellings[key]) for key in self._keys]
            self._sizes, self._body = array("I", map(len, pieces)), b"".join(pieces)
        elif self._changed:
            self._keys, self._sizes = self._keys.copy(), self._sizes[:]  # those of the case before stay as they are
            for key in self._changed:
                self._put(key, _of_fact(tellings[key]))
        self._changed = set()
        return self._body

    def _put(self, key: FactKey, piece: bytes) -> None:
        place = bisect_left(self._keys, key)
        begin = sum(self._sizes[:place])
        end = begin
        if place < len(self._keys) and self._keys[place] == key:
            end += self._sizes[place]
            self._sizes[place] = len(piece)
        else:
            self._keys.insert(place, key)
            self._sizes.insert(place, len(piece))
        self._body = b"".join((self._body[:begin], piece, self._body[end:]))


def _of_fact(tellings: Iterable[Event]) -> bytes:
    return b"".join(map(_encoder.encode, tellings))


@dataclass(frozen=True)
class Case:
    """Every telling, by fact, oldest first. Values are never changed in place."""

    tellings: Tellings = field(default_factory=dict)
    encoded: Encoded = field(default_factory=Encoded, compare=False, repr=False)

    def __iter__(self) -> Iterator[Event]:
        return (telling for tellings in self.tellings.values() for telling in tellings)

    @property
    def ids(self) -> frozenset[str]:
        """The pseudonyms of the household: all that were told of, and all that a link ever named."""
        links = (tellings for (_, kind, _), tellings in self.tellings.items() if kind == "child.merged")
        named = {telling.into for telling in chain.from_iterable(links) if isinstance(telling, ChildMerged)}
        return frozenset({subject for subject, _, _ in self.tellings} | named)

    @property
    def allocated(self) -> bool:
        """Whether an allocation was ever told, standing or not."""
        return any(kind == "case.allocated" for _, kind, _ in self.tellings)

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
    tellings = dict(case.tellings)
    changed: set[FactKey] = set()
    for event in events:
        key = (event.subject, event.type, event.record)
        earlier = tellings.get(key, ())
        if event not in earlier:
            tellings[key] = tuple(sorted((*earlier, event), key=_order)) if earlier else (event,)
            changed.add(key)
    return Case(tellings, Encoded(case.encoded, changed)) if changed else case


def join(cases: Iterable[Case]) -> Case:
    """Return one case of what several households have been told."""
    return tell(Case(), (telling for case in cases for telling in case))


def encode_case(case: Case) -> bytes:
    """Return *case* as MessagePack, the same bytes for the same tellings in whatever order they came."""
    count = sum(map(len, case.tellings.values()))
    return ARRAY + count.to_bytes(4, "big") + case.encoded.body(case.tellings)


def decode_case(stored: bytes) -> Case:
    """Return the case that encode_case wrote. Raises msgspec.DecodeError."""
    tellings: dict[FactKey, tuple[Event, ...]] = {}
    for telling in _decoder.decode(stored):
        key = (telling.subject, telling.type, telling.record)
        tellings[key] = (*tellings.get(key, ()), telling)
    return Case(tellings)


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
