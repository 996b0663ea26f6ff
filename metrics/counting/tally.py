"""The tally of a case: its cells, added up. A figure changes by tally(after) - tally(before), and in no other way."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from events.case import Case, people
from events.decode import TYPES
from events.event import Event
from events.person import ChildMerged
from events.working_days import calendar
from metrics.catalogue import PARTS
from metrics.lives.life import PLACING, Life
from metrics.rules.rules import Rules, RulesByAuthority
from metrics.shapes.part import CellKey, Part

Tally = dict[str, dict[CellKey, int]]  # by part


def tally(case: Case, rules: Rules, parts: Iterable[Part] = PARTS, total: Tally | None = None) -> Tally:
    """Return the sum of the cells of every person in *case*, for *parts* alone; of *total* and them, if it is given."""
    total = {} if total is None else total
    for person in people(case):
        of_life(Life(person, rules), parts, total)
    return total


def of_cases(cases: Iterable[tuple[str, Case]], rules: RulesByAuthority, total: dict[str, Tally]) -> None:
    """Add the tallies of *cases* to that of each one's authority in *total*, in place. `swept` makes it whole."""
    for authority, case in cases:
        tally(case, rules.of(authority), total=total.setdefault(authority, {}))


def swept(total: Mapping[str, Tally]) -> dict[str, Tally]:
    """Return *total* without cells, parts and authorities that came to nothing."""
    found = {}
    for authority, parts in total.items():
        left = {part: {where: n for where, n in cells.items() if n} for part, cells in parts.items()}
        if left := {part: cells for part, cells in left.items() if cells}:
            found[authority] = left
    return found


def of_life(life: Life, parts: Iterable[Part], total: Tally | None = None) -> Tally:
    """Add the cells of one person for *parts* to *total*, in place, and return it."""
    total = {} if total is None else total
    for part in parts:
        cells = total.setdefault(part.name, {})
        if part.counts.isdisjoint(life.kinds):
            continue
        for where, n in part.cells(life):
            cells[where] = cells.get(where, 0) + n
    return total


class TallyCache:
    """What the tallies of cases last were, so that a change need not be counted from both its ends.

    It holds the newest so many cases alone, and may be dropped at any moment: what it does not hold is counted.
    """

    def __init__(self, cases: int = 20_000) -> None:
        self._cases = cases
        self._tallies: OrderedDict[int, tuple[Case, Tally]] = OrderedDict()  # by identity; the case keeps it its own

    def tally(self, case: Case, rules: Rules, parts: tuple[Part, ...]) -> Tally:
        """Return what `tally` returns."""
        known = self._tallies.get(id(case))
        missing = parts if known is None else tuple(part for part in parts if part.name not in known[1])
        counted = tally(case, rules, missing) if missing else {}
        return counted if known is None else {p.name: known[1].get(p.name) or counted.get(p.name, {}) for p in parts}

    def follow(self, before: Case | None, after: Case, counted: Tally, parts: tuple[Part, ...]) -> None:
        """Remember *counted*, the tally of *after* for *parts*, and that all others are as they were *before*.

        A part that *counted* lacks has no cell now: of a case of which nothing stands there is not even a person.
        """
        earlier = self._tallies.pop(id(before), None) if before is not None else None
        self._tallies[id(after)] = (
            after,
            {**(earlier[1] if earlier else {}), **{part.name: counted.get(part.name, {}) for part in parts}},
        )
        if len(self._tallies) > self._cases:
            self._tallies.popitem(last=False)


def add(total: Tally, change: Mapping[str, Mapping[CellKey, int]], sign: int = 1) -> Tally:
    """Add *change* to *total*, in place, and return it; cells that come to nothing are gone."""
    for part, cells in change.items():
        mine = total.setdefault(part, {})
        for where, n in cells.items():
            left = mine.get(where, 0) + sign * n
            if left:
                mine[where] = left
            else:
                mine.pop(where, None)
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
    """Return the parts whose cells may differ once *events* were told; *allocated*: the case ever was, to anybody.

    Who is who touches all of them; need and its end also those that are placed by the allocation that ends with it.
    """
    return _reading(frozenset(event.type for event in events), allocated)


@lru_cache(maxsize=4096)
def _reading(types: frozenset[str], allocated: bool) -> tuple[Part, ...]:
    told = {TYPES[name] for name in types}
    if ChildMerged in told:
        return PARTS
    moved = allocated and not told.isdisjoint(PLACING)
    return tuple(part for part in PARTS if part.reads & told or (part.moves and moved))


def fingerprint(authorities: RulesByAuthority) -> str:
    """Return what changes with anything that may change a tally: the code, and what *authorities* set.

    Twelve hexadecimal digits of the code, and, where anybody sets anything that counts, twelve more after a `-`.
    """
    return "-".join(filter(None, (code(), authorities.version)))


@lru_cache(maxsize=1)
def code() -> str:
    """Return twelve hexadecimal digits that change with the code that counts.

    They are taken over the text of the code and of the calendar, so nobody has to remember to raise a number; a
    changed comment costs a recount of some seconds, which is cheaper than a figure by yesterday's rule.
    """
    digest = sha256(calendar().version.encode())
    for file in _source_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _source_files() -> list[Path]:
    metrics = Path(__file__).parents[1]
    rooms = [metrics.with_name("events"), *(metrics / name for name in ("rules", "lives", "shapes", "counting"))]
    counting = [file for room in (*rooms, metrics / "catalogue") for file in sorted(room.glob("*.py"))]
    return [*counting, metrics / "measure.py"]
