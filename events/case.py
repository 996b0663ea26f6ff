"""What has been told about one child: every telling of every fact. The newest telling of each fact stands.

This one rule covers corrections, duplicates, retractions and disorder; nothing else needs to know that they exist.
A case may hold several pseudonyms. All pseudonyms that a link ever joined are one household and are kept together; the
links that stand divide it into people. So a merge, or its retraction, changes the figures like any other fact.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from itertools import chain
from operator import or_
from typing import TypeVar, cast

import msgspec
from msgspec.structs import replace

from events import EVENTS
from events.event import MOMENTS, Event, Retraction
from events.person import ChildMerged
from events.time import Instant

ARRAY = b"\xdd"  # of MessagePack: the number of its elements follows in four bytes
HEADER_BYTES = 5

FactKey = tuple[str, str, str]  # subject, type, record
Tellings = Mapping[FactKey, tuple[Event, ...]]
SomeEvent = TypeVar("SomeEvent", bound=Event)

_stored = reduce(or_, (*EVENTS, Retraction))
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[list[Event]] = msgspec.msgpack.Decoder(list[_stored])  # type: ignore[valid-type]


@dataclass(frozen=True)
class Case:
    """Every telling, by fact, oldest first. Nothing is changed in place: telling gives another case.

    The other fields follow from the tellings. They are carried along because a child in care has hundreds of tellings.
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

    def known_at(self, at: Instant) -> "Case":
        """Return the case as it was known at *at*."""
        return tell(Case(), (telling for telling in self if telling.known <= at))


def tell(case: Case, events: Iterable[Event]) -> Case:
    """Return *case* with *events* told, in any order and however often: every telling is kept once.

    If none of them is new, that is *case* itself.
    """
    return tell_new(case, events)[0] if case.tellings else _whole(events)


def tell_new(case: Case, events: Iterable[Event]) -> tuple[Case, list[Event]]:
    """Return *case* with *events* told, and the new events among them."""
    growing = GrowingCase(case)
    for event in events:
        growing.tell(event)
    return growing.case(), growing.new


class GrowingCase:
    """A case while it is told: it alone is changed in place."""

    def __init__(self, before: Case) -> None:
        self._before = before
        self._tellings: dict[FactKey, tuple[Event, ...]] | None = None  # None: nothing new is told yet
        self.new: list[Event] = []

    @property
    def size(self) -> int:
        """How many tellings there are."""
        return self._before.size + len(self.new)

    def knows(self, event: Event) -> bool:
        """Return whether *event* is told already."""
        tellings = self._before.tellings if self._tellings is None else self._tellings
        return _with(tellings.get(_key(event), ()), event) is None

    def tell(self, event: Event) -> None:
        """Tell *event*, unless it is told already."""
        tellings: Tellings = self._before.tellings if self._tellings is None else self._tellings
        key = _key(event)
        after = _with(tellings.get(key, ()), event)
        if after is not None:
            if self._tellings is None:
                self._tellings = dict(tellings)
            self._tellings[key] = after
            self.new.append(event)

    def case(self) -> Case:
        """Return what all of it makes; that is the case before it where nothing is new."""
        return self._before if self._tellings is None else _case(self._tellings, self._before, self.new)


def _key(event: Event) -> FactKey:
    return event.subject, event.type, event.record


def _with(earlier: tuple[Event, ...], event: Event) -> tuple[Event, ...] | None:
    """Return *earlier* with *event* in its place, or None where it is told already.

    A fact may have been told thousands of times: only a few of those tellings are looked at.
    """
    if not earlier:
        return (event,)
    rank = event.rank
    if earlier[-1].rank < rank:
        return (*earlier, event)
    low = bisect_left(earlier, rank, key=_rank)
    high = bisect_right(earlier, rank, low, key=_rank)
    if low < high:
        low = high = bisect_left(earlier, _content(event), low, high, key=_content)
        if low < len(earlier) and earlier[low] == event:
            return None
    return (*earlier[:low], event, *earlier[high:])


def _whole(events: Iterable[Event]) -> Case:
    """Return the case that *events* make, each fact's tellings sorted once."""
    gathered: dict[FactKey, list[Event]] = {}
    for event in events:
        gathered.setdefault(_key(event), []).append(event)
    tellings = {key: tuple(told) if len(told) == 1 else _sorted(told) for key, told in gathered.items()}
    return _case(tellings, Case(), [telling for told in tellings.values() for telling in told])


def _sorted(told: list[Event]) -> tuple[Event, ...]:
    """Return the tellings of one fact in order, each once."""
    kept: list[Event] = []
    for telling in sorted(told, key=_order):
        if not kept or kept[-1] != telling:
            kept.append(telling)
    return tuple(kept)


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
    """Return *case* as MessagePack: HEADER_BYTES with the number of tellings, then the tellings in any order.

    So a later telling is added at the end, and only the header is written anew.
    """
    return encode_size(case.size) + encode_tellings(case)


def encode_size(tellings: int) -> bytes:
    """Return the HEADER_BYTES that stand before that number of tellings."""
    return ARRAY + tellings.to_bytes(HEADER_BYTES - len(ARRAY), "big")


def encode_tellings(tellings: Iterable[Event]) -> bytes:
    """Return *tellings* as they stand after the header, one after another."""
    return b"".join(map(_encoder.encode, tellings))


def decode_case(stored: bytes) -> Case:
    """Return the case whose tellings were encoded. Raises msgspec.DecodeError."""
    return tell(Case(), _decoder.decode(stored))


def _rank(event: Event) -> tuple[int, datetime, str]:
    return event.rank


def _order(event: Event) -> tuple[object, ...]:
    """Newest last. The content orders tellings that differ and rank alike: any rule would do, if it is always the same.

    What is equal has equal bytes, at whatever offset a moment is written.
    """
    return (*event.rank, _content(event))


def _content(event: Event) -> bytes:
    moments = {name: getattr(event, name, None) for name in MOMENTS}
    return _encoder.encode(replace(event, **{name: at.astimezone(UTC) for name, at in moments.items() if at}))


class Person:
    """The facts that stand about one child, under whichever pseudonyms."""

    def __init__(self, facts: Iterable[Event]) -> None:
        self._facts: dict[type[Event], list[Event]] = {}
        for fact in facts:
            self._facts.setdefault(type(fact), []).append(fact)
        for facts_of_type in self._facts.values():
            if len(facts_of_type) > 1:
                facts_of_type.sort(key=_began)

    def __iter__(self) -> Iterator[Event]:
        return chain.from_iterable(self._facts.values())

    @property
    def kinds(self) -> Collection[type[Event]]:
        """The types of the facts."""
        return self._facts.keys()

    def facts(self, kind: type[SomeEvent]) -> list[SomeEvent]:
        """Return the standing facts of one type, by when they happened, then by record."""
        # In quotes, because building the type costs more than the look-up.
        return cast("list[SomeEvent]", self._facts.get(kind, []))


def _began(fact: Event) -> tuple[Instant, str]:
    return fact.occurred, fact.record


def people(case: Case) -> list[Person]:
    """Return the people of a household. A person is all pseudonyms joined by links that stand, either way."""
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
    """Return, for each id, the id that represents all that the links join to it."""
    parent = {child: child for child in ids}

    def root(child: str) -> str:
        while (above := parent.setdefault(child, child)) != child:
            parent[child] = child = parent[above]  # each walk halves the way of the next
        return child

    for child, into in links:
        parent[root(child)] = root(into)
    return {child: root(child) for child in list(parent)}
