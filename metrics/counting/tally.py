"""The tally of a case: its cells, added up. A figure changes by tally(after) - tally(before), and in no other way."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from events.case import Case, people
from events.decode import TYPES
from events.event import Event
from events.person import ChildMerged
from metrics.catalogue import PARTS
from metrics.lives.life import Life
from metrics.lives.terms import PLACING
from metrics.rules.rules import Rules, RulesByAuthority
from metrics.shapes.part import CellKey, Part

Tally = dict[str, dict[CellKey, int]]  # by part


def tally(case: Case, rules: Rules, parts: Iterable[Part] = PARTS, total: Tally | None = None) -> Tally:
    """Return the cells of every person in *case* for *parts*, added up; *total* is added to in place key given."""
    total = {} if total is None else total
    for person in people(case):
        of_life(Life(person, rules), parts, total)
    return total


def of_cases(cases: Iterable[tuple[str, Case]], rules: RulesByAuthority, total: dict[str, Tally]) -> None:
    """Add the tallies of *cases* to those of their authorities in *total*, in place. `swept` makes it whole."""
    for authority, case in cases:
        tally(case, rules.of(authority), total=total.setdefault(authority, {}))


def swept(total: Mapping[str, Tally]) -> dict[str, Tally]:
    """Return *total* without cells, parts and authorities that came to nothing."""
    whole = {}
    for authority, parts in total.items():
        tally = {part: {key: n for key, n in cells.items() if n} for part, cells in parts.items()}
        if tally := {part: cells for part, cells in tally.items() if cells}:
            whole[authority] = tally
    return whole


def of_life(life: Life, parts: Iterable[Part], total: Tally | None = None) -> Tally:
    """Add the cells of one person for *parts* to *total*, in place, and return it."""
    total = {} if total is None else total
    for part in parts:
        cells = total.setdefault(part.name, {})
        if part.counts.isdisjoint(life.kinds):
            continue
        for key, n in part.cells(life):
            cells[key] = cells.get(key, 0) + n
    return total


def add(total: Tally, change: Mapping[str, Mapping[CellKey, int]], sign: int = 1) -> Tally:
    """Add *change* to *total*, in place, and return it; cells that come to nothing are gone."""
    for part, cells in change.items():
        mine = total.setdefault(part, {})
        for key, n in cells.items():
            left = mine.get(key, 0) + sign * n
            if left:
                mine[key] = left
            else:
                mine.pop(key, None)
        if not mine:
            del total[part]
    return total


def change_by(total: Tally, after: Tally, befores: Sequence[Tally]) -> None:
    """Add the difference between *after* and *befores* to *total*, in place; what is the same is not looked into."""
    same = {part for part, cells in after.items() if len(befores) == 1 and befores[0].get(part) == cells}
    add(total, {part: cells for part, cells in after.items() if part not in same})
    for before in befores:
        add(total, {part: cells for part, cells in before.items() if part not in same}, -1)


def asked_by(events: Iterable[Event], allocated: bool) -> tuple[Part, ...]:
    """Return the parts whose cells may differ once *events* are told; *allocated*: the case ever was, to anybody.

    A merge touches all of them. Need, which ends every allocation, touches also the parts that allocations place.
    """
    return _reading(frozenset(event.type for event in events), allocated)


@lru_cache(maxsize=4096)
def _reading(names: frozenset[str], allocated: bool) -> tuple[Part, ...]:
    types = {TYPES[name] for name in names}
    if ChildMerged in types:
        return PARTS
    moved = allocated and not types.isdisjoint(PLACING)
    return tuple(part for part in PARTS if part.reads & types or (part.moves and moved))
