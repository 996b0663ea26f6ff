"""The cells of one part of one authority: a handful of sorted runs, each at least RATIO times as long as the next.

New cells make a short run, which is merged into a longer one when it has grown. So no cell is moved more than a few
times, and none is looked at one by one.
"""

from collections.abc import Iterator, Mapping, Sequence

from events.time import Instant
from metrics.shapes.part import CellKey
from metrics.sums.interning import Groups
from metrics.sums.sorted_cells import Counts, Numbers, SortedCells, joined, sorted_cells

RATIO = 8
MAX_WAITING = 4096  # new cells that may wait for the next question


class Cells:
    """The cells of one part."""

    def __init__(self, groups: Groups, runs: Sequence[SortedCells] = ()) -> None:
        self.groups = groups
        self._runs = list(runs)
        self._waiting: tuple[list[Instant], list[int], list[int]] = [], [], []

    def add(self, cells: Mapping[CellKey, int]) -> None:
        """Add *cells*."""
        instants, groups, counts = self._waiting
        for (team, by, at), n in cells.items():
            groups.append(self.groups.number(team, by))
            instants.append(at)
            counts.append(n)
        if len(instants) > MAX_WAITING:
            self.runs()

    def runs(self) -> list[SortedCells]:
        """Return the runs that hold all cells, the waiting ones included."""
        if self._waiting[0]:
            self._runs.append(sorted_cells(*self._waiting))
            self._waiting = [], [], []
            while len(self._runs) > 1 and len(self._runs[-2]) < RATIO * len(self._runs[-1]):
                self._runs[-2:] = [joined(self._runs[-2:])]
        return self._runs

    def sum(self, since: Instant | None, until: Instant) -> int:
        """Return the sum of all cells in [*since*, *until*]; *since* None: from the first."""
        return sum(run.sum(0 if since is None else run.before(since - 1), run.before(until)) for run in self.runs())

    def first(self) -> Instant | None:
        """Return the instant of the first cell."""
        return min((int(run.instants[0]) for run in self.runs() if len(run)), default=None)

    def between(self, since: Instant | None, until: Instant) -> Iterator[tuple[Numbers, Counts]]:
        """Yield groups and counts that add up, group by group, to the cells in [*since*, *until*]."""
        for run in self.runs():
            if since is None:
                yield run.standing(run.before(until))
            else:
                yield run.between(run.before(since - 1), run.before(until))

    def __iter__(self) -> Iterator[tuple[CellKey, int]]:
        runs = self.runs()
        whole = joined(runs) if len(runs) > 1 else runs[0] if runs else sorted_cells((), (), ())
        for at, group, n in zip(whole.instants.tolist(), whole.groups.tolist(), whole.counts.tolist(), strict=True):
            yield (*self.groups.bearing(group), at), n
