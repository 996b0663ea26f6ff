"""The cells of one part of one authority: a handful of runs, each at least RATIO times as long as the next.

What is new is a short run, and is merged into a longer one when it has grown. So no cell is moved more than a few
times, and none is looked at one by one.
"""

from collections.abc import Iterator, Mapping, Sequence

from events.time import Instant
from metrics.shapes.part import CellKey
from metrics.sums.interning import Groups
from metrics.sums.sorted_cells import Counts, Numbers, SortedCells, joined, sorted_cells

RATIO = 8
WAITING = 4096  # new cells that wait at most for somebody to ask


class Cells:
    """The cells of one part."""

    def __init__(self, groups: Groups, runs: Sequence[SortedCells] = ()) -> None:
        self.groups = groups
        self._runs = list(runs)
        self._waiting: tuple[list[Instant], list[int], list[int]] = [], [], []

    def change(self, cells: Mapping[CellKey, int]) -> None:
        """Add *cells*."""
        instants, groups, counts = self._waiting
        for (team, by, at), n in cells.items():
            groups.append(self.groups.number(team, by))
            instants.append(at)
            counts.append(n)
        if len(instants) > WAITING:
            self.runs()

    def runs(self) -> list[SortedCells]:
        """Return the runs that hold the cells, those that were new until now among them."""
        if self._waiting[0]:
            self._runs.append(sorted_cells(*self._waiting))
            self._waiting = [], [], []
            while len(self._runs) > 1 and len(self._runs[-2]) < RATIO * len(self._runs[-1]):
                self._runs[-2:] = [joined(self._runs[-2:])]
        return self._runs

    def sum(self, since: Instant | None, until: Instant) -> int:
        """Return the sum of all cells in [*since*, *until*]; *since* None: from the first."""
        return sum(r.sum(0 if since is None else r.before(since - 1), r.before(until)) for r in self.runs())

    def found(self, since: Instant | None, until: Instant) -> Iterator[tuple[Numbers, Counts]]:
        """Yield groups and counts that add up, group by group, to those cells."""
        for r in self.runs():
            if since is None:
                yield r.standing(r.before(until))
            else:
                yield r.between(r.before(since - 1), r.before(until))

    def __iter__(self) -> Iterator[tuple[CellKey, int]]:
        held = self.runs()
        whole = joined(held) if len(held) > 1 else held[0] if held else sorted_cells((), (), ())
        for at, group, n in zip(whole.instants.tolist(), whole.groups.tolist(), whole.counts.tolist(), strict=True):
            yield (*self.groups.told(group), at), n
