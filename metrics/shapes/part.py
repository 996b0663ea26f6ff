"""What every shape yields: parts, and the cells that add up to them.

A cell says that from an instant on (a stock), or at an instant (a flow), so many more of a part stand in a place
and under some breakdown values. A figure is a sum of cells. Nothing here asks what time it is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from events.event import Event
from events.time import Instant
from metrics.lives.life import Life
from metrics.lives.timeline import Timeline
from metrics.rules.teams import UNKNOWN

Value = str | tuple[str, ...]  # one breakdown value, or the distinct ones of a list: counted once under each
CellKey = tuple[str, tuple[Value, ...], Instant]  # a team, breakdown values, and from or at which instant
Cell = tuple[CellKey, int]  # so many more there
Types = frozenset[type[Event]]
Reducer = Literal["distinct", "longest"]  # how a sum by item becomes a figure


def _none_told(fact: Any, life: Life) -> Value:
    return UNKNOWN


@dataclass(frozen=True, eq=False)
class Breakdown:
    """A way to divide a measure, reading facts of the types *reads* besides the one that is counted.

    *of* gives the value as it is known now, for what is counted once; *over* how it stands from which moment on, for
    what stands, where that is not the same all along.
    """

    name: str
    of: Callable[[Any, Life], Value] = _none_told
    over: Callable[[Any, Life], Timeline[Value]] | None = None
    reads: tuple[type[Event], ...] = ()


@dataclass(frozen=True, eq=False)
class Part:
    """What is summed under one name: a flow over a window, a stock up to a moment.

    *reads* are the types of the events that its cells depend on, and no others; without a fact of any of those that
    it *counts* there is no cell. A part that *moves* is placed by the
    allocation, which ends with need: where anybody was ever allocated, those types matter too. Where it has a
    *reducer*, the last of *by* names the item that a reader puts together.
    """

    name: str
    stock: bool
    by: tuple[Breakdown, ...]
    counts: Types
    reads: Types
    cells: Callable[[Life], Iterator[Cell]]
    moves: bool = False
    reducer: Reducer | None = None


def told(value: str | None) -> str:
    """Return the breakdown value of a field: none told is `unknown`."""
    return value or UNKNOWN


def each(values: tuple[str, ...] | None) -> Value:
    """Return the breakdown value of a list: once under each distinct value, `unknown` for none."""
    return tuple(sorted({value for value in values or () if value})) or UNKNOWN


def reading(by: Iterable[Breakdown], *kinds: type[Event]) -> Types:
    """Return *kinds* and what the breakdowns *by* read."""
    return frozenset(kinds) | {kind for breakdown in by for kind in breakdown.reads}


def values(by: tuple[Breakdown, ...], fact: Event, life: Life) -> tuple[Value, ...]:
    """Return what *fact* is counted under, as is known now."""
    return tuple(breakdown.of(fact, life) for breakdown in by)


def standing(by: tuple[Breakdown, ...], fact: Event, life: Life) -> tuple[Timeline[Value], ...]:
    """Return what something that stands since *fact* stands under, and from when on."""
    return tuple(
        breakdown.over(fact, life) if breakdown.over else ((fact.occurred, breakdown.of(fact, life)),)
        for breakdown in by
    )
