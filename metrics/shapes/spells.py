"""Stocks of children: each counts once while something about them is open."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from events.event import Event
from events.person import PersonRecorded
from metrics.lives.life import Life
from metrics.lives.terms import Term
from metrics.lives.timeline import Stretch, Timeline, constant, pieces, uppermost
from metrics.shapes.part import Breakdown, Cell, Part, Value, reading, told
from metrics.shapes.part import standing as breakdowns_over_time

SpellStanding = tuple[str, tuple[Value, ...], int]  # the team and breakdown values of a child, and its weight


@dataclass(frozen=True, eq=False)
class Spells:
    """Children with an open spell of any of *terms*, each once.

    Of several open spells the last begun is the one that counts. *counts* leaves out spells by their start; *while_*
    leaves out the times at which it does not hold, and reads facts of the types *reads* too. The team is the one that
    the case is allocated to, else the team of the spell's start; with *any_team*, the team told last by any open spell.
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
            before: SpellStanding | None = None
            for at, now in life.once(self, lambda: uppermost(self._pieces(life))):
                for standing, sign in ((before, -1), (now, 1)):
                    if standing is not None and (weight := n(standing[2])):
                        yield (standing[0], standing[1], at), sign * weight
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

    def _pieces(self, life: Life) -> Iterator[Stretch[SpellStanding]]:
        for term in self.terms:
            for spell in life.stretches(term):
                if self.counts is None or self.counts(spell.value):
                    yield from self._laid(spell, life)

    def _laid(self, spell: Stretch[Any], life: Life) -> Iterator[Stretch[SpellStanding]]:
        """Yield the stretches of *spell* that count and on which nothing about it changes."""
        start = spell.value
        rank = (bool(start.team), *spell.rank) if self.any_team else spell.rank
        lines: tuple[Timeline[Any], ...] = (
            life.allocated,
            self.while_(start, life) if self.while_ else constant(True),
            self.weight(start, life) if self.weight else constant(1),
            *breakdowns_over_time(self.by, start, life),
        )
        for begin, until, (allocated, counts, weight, *under) in pieces(spell.start, spell.end, lines):
            if counts:
                by: tuple[Value, ...] = tuple(under)
                yield Stretch(begin, until, rank, (told(allocated or start.team), by, weight or 0))
