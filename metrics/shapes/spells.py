"""Stocks of children: each counts once while something about them is open."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from events.event import Event
from events.person import PersonRecorded
from metrics.lives.life import Life, Term
from metrics.lives.timeline import Stretch, Timeline, constant, pieces, uppermost
from metrics.shapes.part import Breakdown, Cell, Part, Value, reading, standing, told

Stands = tuple[str, tuple[Value, ...], int]  # the team and breakdown values that a child stands under, and its weight


@dataclass(frozen=True, eq=False)
class Spells:
    """Children with an open spell of any of *terms*, each once, by what stands about the one that is meant.

    Of several open spells the last begun is meant. *counts* keeps to the spells whose start it is true of, *while_* to
    the time at which it holds, reading also facts of the types *reads*. The place is where the case is allocated, else
    the team that the spell meant was begun by; of *any_team*, the team told last by the starts of all that is open.
    """

    name: str
    terms: tuple[Term, ...]
    by: tuple[Breakdown, ...] = ()
    counts: Callable[[Any], bool] | None = None
    while_: Callable[[Any, Life], Timeline[bool]] | None = None
    weight: Callable[[Any, Life], Timeline[int]] | None = None
    reads: tuple[type[Event], ...] = ()
    any_team: bool = False

    @cached_property
    def present(self) -> Part:
        """Children with such a spell."""
        return self._part(self.name, lambda weight: 1)

    @cached_property
    def weighed(self) -> Part:
        """The sum of their weights."""
        return self._part(f"{self.name}.weighed", lambda weight: weight)

    def _part(self, name: str, n: Callable[[int], int]) -> Part:
        kinds = (kind for term in self.terms for kind in (term.starts, term.ends))

        def cells(life: Life) -> Iterator[Cell]:
            before: Stands | None = None
            for at, now in life.once(self, lambda: uppermost(self._pieces(life))):
                for stands, sign in ((before, -1), (now, 1)):
                    if stands is not None and (weight := n(stands[2])):
                        yield (stands[0], stands[1], at), sign * weight
                before = now

        return Part(
            name=name,
            stock=True,
            by=self.by,
            counts=frozenset(term.starts for term in self.terms),
            reads=reading(self.by, *kinds, *self.reads, PersonRecorded),
            cells=cells,
            moves=True,
        )

    def _pieces(self, life: Life) -> Iterator[Stretch[Stands]]:
        for term in self.terms:
            for spell in life.stretches(term):
                if self.counts is None or self.counts(spell.value):
                    yield from self._laid(spell, life)

    def _laid(self, spell: Stretch[Any], life: Life) -> Iterator[Stretch[Stands]]:
        """Yield the stretches of *spell* on which nothing about it changes and it counts."""
        start = spell.value
        rank = (bool(start.team), *spell.rank) if self.any_team else spell.rank
        lines: tuple[Timeline[Any], ...] = (
            life.allocated,
            self.while_(start, life) if self.while_ else constant(True),
            self.weight(start, life) if self.weight else constant(1),
            *standing(self.by, start, life),
        )
        for begin, until, (allocated, counts, weight, *under) in pieces(spell.start, spell.end, lines):
            if counts:
                by: tuple[Value, ...] = tuple(under)
                yield Stretch(begin, until, rank, (told(allocated or start.team), by, weight or 0))
