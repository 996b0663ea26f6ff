"""The fold: what is kept, and some events, give what is kept next and by how much the tally changes.

A pure function. The running service and the reference call it, and nothing else knows what an event means.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from events.case import Case
from events.event import Event
from metrics.catalogue import PARTS
from metrics.counting.completeness import Completeness
from metrics.counting.households import CaseKey, Household, Households, Kept, names
from metrics.counting.tally import Tally, asked_by, change_by, tally
from metrics.counting.tally_cache import TallyCache
from metrics.rules.rules import RulesByAuthority

__all__ = ["CaseKey", "Change", "Kept", "fold", "names"]


@dataclass
class Change:
    """What a batch changes: cases and authorities as they are afterwards, and what is to be added to the tallies.

    *new* has, for each case that goes on under its key, the tellings that make it of the case kept there.
    """

    cases: dict[CaseKey, Kept] = field(default_factory=dict)
    new: dict[CaseKey, list[Event]] = field(default_factory=dict)
    authorities: dict[str, Completeness] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)  # which of the events no household had room for, in order
    tallies: dict[str, Tally] = field(default_factory=dict)


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
    change, cache, households = Change(), cache or TallyCache(), Households(kept)
    for number, event in enumerate(events):
        if households.tell(event):
            _note(change.authorities, authorities, event)
        else:
            change.refused.append(number)
    for household in households:
        if household.growing.new or household.gained:
            after = household.growing.case()
            if rules is not None:
                _count(change, household, after, rules, cache)
            _keep(change, household, after)
    return change


def _note(noted: dict[str, Completeness], before: Mapping[str, Completeness], event: Event) -> None:
    """Note what *event* says of its authority as a whole."""
    known = noted.get(event.authority) or before.get(event.authority)
    now = (known or Completeness()).after(event)
    if now is not known:
        noted[event.authority] = now


def _count(change: Change, household: Household, after: Case, rules: RulesByAuthority, cache: TallyCache) -> None:
    """Add the difference that the new tellings make to the tally of the authority."""
    authority, befores = household.home[0], household.befores
    parts = PARTS if household.gained else asked_by(household.growing.new, after.allocated)
    if parts:
        own_rules = rules.of(authority)
        counted = tally(after, own_rules, parts)
        total = change.tallies.setdefault(authority, {})
        change_by(total, counted, [cache.tally(before, own_rules, parts) for before in befores])
        cache.follow(befores[0] if len(befores) == 1 else None, after, counted, parts)


def _keep(change: Change, household: Household, after: Case) -> None:
    """Keep the household where it is, and point to it from the pseudonyms that are new to it."""
    authority, home = household.home
    change.cases[authority, home] = after
    pointing = {home}
    if household.kept is not None:
        change.new[authority, home] = household.growing.new
        pointing |= household.kept.ids - household.gained
    for other in after.ids - pointing:
        change.cases[authority, other] = home
