"""The fold: what is kept, and some events, give what is kept next and by how much the tally changes.

A pure function. The running service and the reference call it, and nothing else knows what an event means.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from events.case import Case, join, tell_new
from events.event import Event
from events.person import ChildMerged
from metrics.counting.completeness import Completeness
from metrics.counting.tally import Tally, asked_by, change_by, tally
from metrics.counting.tally_cache import TallyCache
from metrics.rules.rules import RulesByAuthority

CaseKey = tuple[str, str]  # authority, pseudonym
Kept = Case | str  # a household, or the pseudonym under which the household of this one is kept
Group = tuple[set[CaseKey], list[Event]]  # the households that some events join into one, and the events


@dataclass
class Change:
    """What a batch changes: cases and authorities as they are afterwards, and what is to be added to the tallies.

    *new* has, for each case that goes on under its key, the tellings that make it of the case kept there.
    """

    cases: dict[CaseKey, Kept] = field(default_factory=dict)
    new: dict[CaseKey, list[Event]] = field(default_factory=dict)
    authorities: dict[str, Completeness] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)


def names(event: Event) -> tuple[CaseKey, ...]:
    """Return the keys of what is kept that *event* may touch."""
    if isinstance(event, ChildMerged):
        return (event.authority, event.child), (event.authority, event.into)
    return ((event.authority, event.subject),) if event.subject else ()


def fold(
    kept: Mapping[CaseKey, Kept],
    authorities: Mapping[str, Completeness],
    events: Sequence[Event],
    rules: RulesByAuthority | None,
    cache: TallyCache | None = None,
) -> Change:
    """Return what *events* change.

    *kept* holds, for every key that an event names, the household or where to find it, and the households so named.
    The *cache* of their tallies saves counting them again, and changes nothing else. Without *rules* nothing is
    counted: the tellings are kept, for a recount.
    """
    change, cache = Change(), cache or TallyCache()
    for event in events:
        _note(change.authorities, authorities, event)
    for homes, of_household in _households(kept, events):
        _tell(change, kept, homes, of_household, rules, cache)
    return change


def _note(noted: dict[str, Completeness], before: Mapping[str, Completeness], event: Event) -> None:
    """Note what *event* says of its authority as a whole."""
    known = noted.get(event.authority) or before.get(event.authority)
    now = (known or Completeness()).after(event)
    if now is not known:
        noted[event.authority] = now


def _home(kept: Mapping[CaseKey, Kept], key: CaseKey) -> CaseKey:
    """Return the key under which the household of *key* is kept."""
    home = kept.get(key)
    return (key[0], home) if isinstance(home, str) else key


def _households(kept: Mapping[CaseKey, Kept], events: Iterable[Event]) -> list[Group]:
    """Sort *events* by the household that they are about once all of them are told."""
    groups: dict[CaseKey, Group] = {}
    for event in events:
        homes = [_home(kept, key) for key in names(event)]
        for home in homes:
            groups.setdefault(home, ({home}, []))
        for home in homes[1:]:
            _merge(groups, groups[homes[0]], groups[home])
        if homes:
            groups[homes[0]][1].append(event)
    return list({id(group): group for group in groups.values()}.values())


def _merge(groups: dict[CaseKey, Group], one: Group, other: Group) -> None:
    if one is not other:
        one[0].update(other[0])
        one[1].extend(other[1])
        groups.update(dict.fromkeys(other[0], one))


def _tell(
    change: Change,
    kept: Mapping[CaseKey, Kept],
    homes: set[CaseKey],
    events: list[Event],
    rules: RulesByAuthority | None,
    cache: TallyCache,
) -> None:
    befores = [case for home in sorted(homes) if isinstance(case := kept.get(home), Case)]
    case = befores[0] if len(befores) == 1 else join(befores)
    after, new = tell_new(case, events)
    if len(befores) == 1 and not new:
        return
    if rules is not None:
        _count(change, befores, after, events, rules, cache)
    _keep(change, kept, case, after, new, events[0].authority)


def _count(
    change: Change, befores: list[Case], after: Case, events: list[Event], rules: RulesByAuthority, cache: TallyCache
) -> None:
    """Add the difference that *events* make to the tally of the authority."""
    authority, parts = events[0].authority, asked_by(events, after.allocated)
    if parts:
        own_rules = rules.of(authority)
        counted = tally(after, own_rules, parts)
        total = change.tallies.setdefault(authority, {})
        change_by(total, counted, [cache.tally(before, own_rules, parts) for before in befores])
        cache.follow(befores[0] if len(befores) == 1 else None, after, counted, parts)


def _keep(
    change: Change, kept: Mapping[CaseKey, Kept], case: Case, after: Case, new: list[Event], authority: str
) -> None:
    """Keep the household under the first of its pseudonyms, and point the others to it."""
    home, *others = sorted(after.ids)
    change.cases[authority, home] = after
    if kept.get((authority, home)) is case:
        change.new[authority, home] = new
    for other in others:
        if kept.get((authority, other)) != home:
            change.cases[authority, other] = home
