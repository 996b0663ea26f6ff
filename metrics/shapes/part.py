"""What every shape yields: parts, and the cells that add up to them.

A cell says that so many more of a part stand in a team and under some breakdown values, from an instant on (a stock)
or at an instant (a flow). A figure is a sum of cells. Nothing here asks what time it is.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from events.event import Event
from events.time import Instant
from metrics.lives.life import Life
from metrics.lives.timeline import Timeline
from metrics.rules.teams import UNKNOWN

Value = str | tuple[str, ...]  # one breakdown value, or the distinct ones of a list: counted once under each
CellKey = tuple[str, tuple[Value, ...], Instant]  # a team, breakdown values, and from or at which instant
Cell = tuple[CellKey, int]  # so many more under that key
Types = frozenset[type[Event]]
Reducer = Literal["distinct", "longest"]  # how a sum by item becomes a figure

_CODE = re.compile(r"[\w.:/+&-]+")  # one word
_SECTOR = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?(?: ?[0-9])?", re.IGNORECASE | re.ASCII)


class Deadline(NamedTuple):
    """Of a clock that a figure counts: the record that started it, its last day in time, and when it ended."""

    record: str
    last: date
    ended_at: Instant | None


def _none_told(fact: Any, life: Life) -> Value:
    return UNKNOWN


@dataclass(frozen=True, eq=False)
class Breakdown:
    """A way to divide a measure; it reads facts of the types *reads* besides the counted fact.

    *of* gives the value that is known now, for a flow; *over* gives the value over time, for a stock whose value is
    not the same all along. *order* lists its values as people do; others come after them. *dated*: its values are
    days.
    """

    name: str
    of: Callable[[Any, Life], Value] = _none_told
    over: Callable[[Any, Life], Timeline[Value]] | None = None
    reads: tuple[type[Event], ...] = ()
    order: tuple[str, ...] = ()
    dated: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """What is summed under one name: a flow over a window, a stock up to a moment.

    Its cells depend on events of the types *reads* and no others; without a fact that it *counts* it has no cell. A
    part that *moves* is placed by the allocation, which ends with need: for a child who was ever allocated, those types
    matter too. With a *reducer*, the last of *by* names the item that readers put together. *deadlines* are those of
    the clocks that it counts in [since, until] or, since None, at until.
    """

    name: str
    stock: bool
    by: tuple[Breakdown, ...]
    counts: Types
    reads: Types
    cells: Callable[[Life], Iterator[Cell]]
    moves: bool = False
    reducer: Reducer | None = None
    deadlines: Callable[[Life, Instant | None, Instant], Iterator[Deadline]] | None = None

    def has(self, names: Iterable[str]) -> bool:
        """Return whether each of *names* is a breakdown of it, besides those of place, which every part has."""
        return {breakdown.name for breakdown in self.by}.issuperset(names)


def told(team: str | None) -> str:
    """Return the place of a team: `unknown` where none was told."""
    return team or UNKNOWN


@lru_cache(maxsize=4096)
def code(value: str | None) -> str:
    """Return the breakdown value of a code, whether we know it or not; `unknown` for none, and for what is no code.

    Free text may say who somebody is: it is kept with the fact, and becomes no row and no label.
    """
    return value if value and _CODE.fullmatch(value) else UNKNOWN


@lru_cache(maxsize=4096)
def sector(value: str | None) -> str:
    """Return the breakdown value of a postcode sector, `EX1 1`; `unknown` for none, and for a full postcode."""
    return value if value and _SECTOR.fullmatch(value) else UNKNOWN


def each(values: tuple[str, ...] | None) -> Value:
    """Return the breakdown value of a list of codes: its distinct ones, or `unknown` for none."""
    return tuple(sorted({code(value) for value in values or () if value})) or UNKNOWN


def reading(by: Iterable[Breakdown], *kinds: type[Event]) -> Types:
    """Return *kinds* and what the breakdowns *by* read."""
    return frozenset(kinds) | {kind for breakdown in by for kind in breakdown.reads}


def values(by: tuple[Breakdown, ...], fact: Event, life: Life) -> tuple[Value, ...]:
    """Return the breakdown values of *fact*, as known now."""
    return tuple(breakdown.of(fact, life) for breakdown in by)


def standing(by: tuple[Breakdown, ...], fact: Event, life: Life) -> tuple[Timeline[Value], ...]:
    """Return the breakdown values, over time, of what stands since *fact*."""
    return tuple(
        breakdown.over(fact, life) if breakdown.over else ((fact.occurred, breakdown.of(fact, life)),)
        for breakdown in by
    )
