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
from metrics.catalogue import SHAPES
from metrics.shapes import Rules, Shape, Value
from metrics.working_days import calendar

Where = tuple[str, tuple[Value, ...], Instant]  # team, breakdown values, instant
Tally = dict[str, dict[Where, int]]  # by part


def tally(case: Case, rules: Rules, shapes: Iterable[Shape] = SHAPES) -> Tally:
    """Return the sum of the cells of every person in *case*, as far as *shapes* look."""
    total: Tally = {}
    for person in people(case):
        for shape in shapes:
            for part, team, by, at, n in shape.cells(person, rules):
                cells = total.setdefault(part, {})
                cells[team, by, at] = cells.get((team, by, at), 0) + n
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


def asked_by(events: Iterable[Event]) -> tuple[Shape, ...]:
    """Return the shapes whose cells may differ once *events* were told. Who is who touches all of them."""
    return _reading(frozenset(event.type for event in events))


@lru_cache(maxsize=4096)
def _reading(types: frozenset[str]) -> tuple[Shape, ...]:
    told = {TYPES[name] for name in types}
    return tuple(shape for shape in SHAPES if ChildMerged in told or shape.reads & told)


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Return twelve hexadecimal digits that change with anything that may change a tally.

    It is taken over the text of the code and of the calendar, so nobody has to remember to raise a number; a changed
    comment costs a recount of some seconds, which is cheaper than a figure by yesterday's rule.
    """
    digest = sha256(calendar().version.encode())
    for file in _source_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _source_files() -> list[Path]:
    here = Path(__file__).parent
    measured = [here / name for name in ("measure.py", "shapes.py", "tally.py", "timeline.py", "working_days.py")]
    return [*sorted(here.parent.joinpath("events").glob("*.py")), *measured, *sorted(here.glob("catalogue/*.py"))]
