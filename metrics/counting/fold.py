"""The fold: what is kept, and some events told, give what is kept next and by how much the tally changes.

A pure function. The running service and the reference call this one, and know nothing else of what an event means.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from events.case import Case, join, tell_new
from events.event import Event, Moment
from events.feed import FeedReported
from events.person import ChildMerged
from events.time import MICROSECONDS_PER_DAY, Instant, instant
from metrics.counting.tally import Tally, TallyCache, asked_by, change_by, tally
from metrics.rules.rules import RulesByAuthority

Key = tuple[str, str]  # authority, pseudonym
Kept = Case | str  # a household, or the pseudonym under which the household of this one is kept
Group = tuple[set[Key], list[Event]]  # the households that some events make one, and the events

LIVE_FOR = 7 * MICROSECONDS_PER_DAY  # a source that has not reported for so long is no longer waited for (CONTRACT 3)


class Feed(msgspec.Struct, frozen=True):
    """The newest report of one source, and what it is ranked by."""

    rank: tuple[int, Moment, str]
    recorded_at: Moment
    complete_to: Moment | None  # None: the report was retracted

    @property
    def order(self) -> tuple[object, ...]:
        """Newest last. Reports that rank alike are told apart by what they say: any rule, but one rule."""
        return self.rank, self.complete_to is not None, self.complete_to or self.recorded_at


class Completeness(msgspec.Struct, frozen=True):
    """What holds of an authority as a whole."""

    simulated: bool = False  # some event read was made up
    feeds: dict[str, Feed] = {}

    def last_complete_to(self) -> Moment | None:
        """Return up to when the last of the sources was complete, live or not: how old what we have is."""
        return max((feed.complete_to for feed in self.feeds.values() if feed.complete_to is not None), default=None)

    def complete_to(self, now: Instant) -> Moment | None:
        """Return up to when all that the live sources recorded is here; None where none has reported."""
        live = [
            feed.complete_to
            for feed in self.feeds.values()
            if feed.complete_to is not None and instant(feed.recorded_at) > now - LIVE_FOR
        ]
        return min(live, default=None)


@dataclass
class Change:
    """What a batch changes: cases and authorities as they are afterwards, and what is to be added to the tallies.

    What was told *new* of a case that goes on under its key is what makes it of the case kept there.
    """

    cases: dict[Key, Kept] = field(default_factory=dict)
    new: dict[Key, list[Event]] = field(default_factory=dict)
    authorities: dict[str, Completeness] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)


def names(event: Event) -> tuple[Key, ...]:
    """Return the keys of what is kept that *event* may touch."""
    if isinstance(event, ChildMerged):
        return (event.authority, event.child), (event.authority, event.into)
    return ((event.authority, event.subject),) if event.subject else ()


def fold(
    kept: Mapping[Key, Kept],
    authorities: Mapping[str, Completeness],
    events: Sequence[Event],
    rules: RulesByAuthority | None,
    remembered: TallyCache | None = None,
) -> Change:
    """Return what *events* change.

    *kept* holds, for every key that an event names, the household or where to find it, and the households so named.
    What is *remembered* of their tallies saves counting them again, and changes nothing else. Without *rules* nothing
    is counted: what was told is kept, for a recount.
    """
    change, remembered = Change(), remembered or TallyCache()
    for event in events:
        _note(change.authorities, authorities, event)
    for keys, told in _households(kept, events):
        _tell(change, kept, keys, told, rules, remembered)
    return change


def _note(noted: dict[str, Completeness], before: Mapping[str, Completeness], event: Event) -> None:
    """Note what *event* says of its authority as a whole."""
    known = noted.get(event.authority) or before.get(event.authority)
    now = known or Completeness()
    if event.origin == "simulation" and not now.simulated:
        now = msgspec.structs.replace(now, simulated=True)
    if event.type == "feed.reported":
        newest = now.feeds.get(event.record)
        told = event.complete_to if isinstance(event, FeedReported) and not event.retracted else None
        complete_to = min(told, event.recorded_at) if told else None  # of what is not recorded yet nobody has all
        feed = Feed(event.rank, event.recorded_at, complete_to)
        if newest is None or newest.order < feed.order:
            now = msgspec.structs.replace(now, feeds={**now.feeds, event.record: feed})
    if now is not known:
        noted[event.authority] = now


def _home(kept: Mapping[Key, Kept], key: Key) -> Key:
    """Return the key under which the household of *key* is kept."""
    found = kept.get(key)
    return (key[0], found) if isinstance(found, str) else key


def _households(kept: Mapping[Key, Kept], events: Iterable[Event]) -> list[Group]:
    """Sort *events* by the household that they are about once all of them are told."""
    groups: dict[Key, Group] = {}
    for event in events:
        homes = [_home(kept, key) for key in names(event)]
        for home in homes:
            groups.setdefault(home, ({home}, []))
        for home in homes[1:]:
            _merge(groups, groups[homes[0]], groups[home])
        if homes:
            groups[homes[0]][1].append(event)
    return list({id(group): group for group in groups.values()}.values())


def _merge(groups: dict[Key, Group], one: Group, other: Group) -> None:
    if one is not other:
        one[0].update(other[0])
        one[1].extend(other[1])
        groups.update(dict.fromkeys(other[0], one))


def _tell(
    change: Change,
    kept: Mapping[Key, Kept],
    homes: set[Key],
    told: list[Event],
    rules: RulesByAuthority | None,
    remembered: TallyCache,
) -> None:
    befores = [case for home in sorted(homes) if isinstance(case := kept.get(home), Case)]
    case = befores[0] if len(befores) == 1 else join(befores)
    after, new = tell_new(case, told)
    if len(befores) == 1 and not new:
        return
    authority = told[0].authority
    parts = asked_by(told, after.allocated)
    if parts and rules is not None:
        total, theirs = change.tallies.setdefault(authority, {}), rules.of(authority)
        counted = tally(after, theirs, parts)
        change_by(total, counted, [remembered.tally(before, theirs, parts) for before in befores])
        remembered.follow(befores[0] if len(befores) == 1 else None, after, counted, parts)
    ids = sorted(after.ids)
    change.cases[authority, ids[0]] = after
    if kept.get((authority, ids[0])) is case:
        change.new[authority, ids[0]] = new
    for other in ids[1:]:
        if kept.get((authority, other)) != ids[0]:
            change.cases[authority, other] = ids[0]
