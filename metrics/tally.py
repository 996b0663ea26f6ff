"""The tally of a case: its cells, added up. A figure changes by tally(after) - tally(before), and in no other way."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from events.case import Case, people
from events.decode import TYPES
from events.event import Event
from events.person import ChildMerged
from events.time import Instant
from metrics.catalogue import PARTS
from metrics.life import PLACING, Life
from metrics.rules import Authorities, Rules
from metrics.shapes import Part, Value
from metrics.working_days import calendar

Where = tuple[str, tuple[Value, ...], Instant]  # team, breakdown values, instant
Tally = dict[str, dict[Where, int]]  # by part


def tally(case: Case, rules: Rules, parts: Iterable[Part] = PARTS) -> Tally:
    """Return the sum of the cells of every person in *case*, for *parts* alone."""
    total: Tally = {}
    for person in people(case):
        of_life(Life(person, rules), parts, total)
    return total


def of_life(life: Life, parts: Iterable[Part], total: Tally | None = None) -> Tally:
    """Add the cells of one person for *parts* to *total*, in place, and return it."""
    total = {} if total is None else total
    for part in parts:
        cells = total.setdefault(part.name, {})
        for team, by, at, n in part.cells(life):
            where = team, by, at
            cells[where] = cells.get(where, 0) + n
    return total


def add(total: Tally, change: Mapping[str, Mapping[Where, int]], sign: int = 1) -> Tally:
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


def fingerprint(authorities: Authorities) -> str:
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
    here = Path(__file__).parent
    names = ("care", "life", "measure", "office_hours", "rules", "tally", "timeline", "working_days")
    counting = [here / f"{name}.py" for name in names]
    events, shapes = here.parent.joinpath("events").glob("*.py"), here.glob("shapes/*.py")
    return [*sorted(events), *counting, *sorted(shapes), *sorted(here.glob("catalogue/*.py"))]
