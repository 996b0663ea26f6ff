"""Stocks of children: each counts once while something about them is open."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

from events.event import Event
from events.person import PersonRecorded
from events.time import Instant
from metrics.lives.life import Life
from metrics.lives.terms import Term
from metrics.lives.timeline import Stretch, Timeline, constant, pieces, squeeze, uppermost
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
            for at, now in life.once(self, lambda: squeeze(self._over_time(life))):
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

    def _over_time(self, life: Life) -> Iterator[tuple[Instant, SpellStanding | None]]:
        """Yield, over time, what stands of the last begun of the spells that count then; None for none."""
        spells = uppermost(stretch for term in self.terms for stretch in self._counting(term, life))
        for (at, start), after in zip_longest(spells, spells[1:]):
            if start is None:
                yield at, None
                continue
            for begin, _, (allocated, weight, *under) in pieces(at, after and after[0], self._lines(start, life)):
                yield begin, (told(allocated or start.team), tuple(under), weight or 0)

    def _counting(self, term: Term, life: Life) -> Iterator[Stretch[Any]]:
        """Yield the stretches on which a spell of *term* counts."""
        for spell in life.stretches(term):
            start = spell.value
            if self.counts is None or self.counts(start):
                rank = (bool(start.team), *spell.rank) if self.any_team else spell.rank
                if self.while_ is None:
                    yield Stretch(spell.start, spell.end, rank, start)
                    continue
                for begin, until, (counts,) in pieces(spell.start, spell.end, (self.while_(start, life),)):
                    if counts:
                        yield Stretch(begin, until, rank, start)

    def _lines(self, start: Any, life: Life) -> tuple[Timeline[Any], ...]:
        """Return what changes about a spell over time: its team, its weight, and its breakdown values."""
        weight = self.weight(start, life) if self.weight else constant(1)
        return life.allocated, weight, *breakdowns_over_time(self.by, start, life)
