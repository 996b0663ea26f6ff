"""Flows: what happened is counted once, at its own moment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from events.event import Event
from metrics.lives.life import Life
from metrics.shapes.part import Breakdown, Cell, Part, Reducer, reading, told, values


@dataclass(frozen=True, eq=False)
class Count:
    """Each fact of one type counts once, at its own moment and in the team that told it.

    *where* keeps to those that it is true of, reading also facts of the types *reads*. With a *reducer* the last of
    *by* names the item: `distinct` counts each item once, and each fact that names none (``""``) for itself.
    """

    name: str
    of: type[Event]
    by: tuple[Breakdown, ...] = ()
    where: Callable[[Any, Life], bool] | None = None
    reads: tuple[type[Event], ...] = ()
    reducer: Reducer | None = None

    @cached_property
    def counted(self) -> Part:
        """All of them."""
        return Part(
            name=self.name,
            stock=False,
            by=self.by,
            counts=frozenset((self.of,)),
            reads=reading(self.by, self.of, *self.reads),
            cells=self._cells,
            reducer=self.reducer,
        )

    def _cells(self, life: Life) -> Iterator[Cell]:
        for fact in life.facts(self.of):
            if self.where is None or self.where(fact, life):
                yield (told(fact.team), values(self.by, fact, life), fact.occurred), 1
