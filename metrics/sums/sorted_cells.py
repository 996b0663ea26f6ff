"""Cells in the order of their instants, as arrays with running sums. They never change: two runs make a longer one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from events.time import Instant

Numbers = NDArray[np.int32]
Counts = NDArray[np.int64]

CELLS_PER_NOTE = 2048  # few enough to be summed at each question
NOTHING: tuple[Numbers, Counts] = (np.empty(0, np.int32), np.empty(0, np.int64))


class SortedCells:
    """Cells, each of a numbered group. No two are of one group and instant, and none is 0."""

    def __init__(self, instants: NDArray[np.int64], groups: Numbers, counts: Counts) -> None:
        self.instants, self.groups, self.counts = instants, groups, counts
        self._sums = np.concatenate(([0], counts)).cumsum()  # of the cells before each, and of all
        self._notes = [NOTHING]  # what stands after every CELLS_PER_NOTE cells, as far as questions reached

    def __len__(self) -> int:
        return len(self.instants)

    def before(self, moment: Instant) -> int:
        """Return how many cells are at or before *moment*."""
        return int(self.instants.searchsorted(moment, "right"))

    def sum(self, first: int, last: int) -> int:
        """Return the sum of the cells from the *first* up to, and without, the *last*."""
        return int(self._sums[last] - self._sums[first])

    def between(self, first: int, last: int) -> tuple[Numbers, Counts]:
        """Return the groups and counts of these cells."""
        return self.groups[first:last], self.counts[first:last]

    def standing(self, last: int) -> tuple[Numbers, Counts]:
        """Return groups and counts that add up, group by group, to all cells before the *last*: far fewer than those.

        Little stands, however long the history. So notes are taken on the way, and a question begins at the nearest.
        """
        steps = last // CELLS_PER_NOTE
        if not steps:
            return self.between(0, last)
        while len(self._notes) <= steps:
            self._notes.append(self._noted(len(self._notes)))
        return _joined([self._notes[steps], self.between(steps * CELLS_PER_NOTE, last)])

    def _noted(self, step: int) -> tuple[Numbers, Counts]:
        groups, counts = _joined(
            [self._notes[step - 1], self.between((step - 1) * CELLS_PER_NOTE, step * CELLS_PER_NOTE)]
        )
        numbers, places = np.unique(groups, return_inverse=True)
        sums = np.bincount(places, weights=counts).astype(np.int64)  # exact: floats hold whole numbers to 2**53
        return numbers[sums != 0], sums[sums != 0]


def sorted_cells(instants: Sequence[Instant], groups: Sequence[int], counts: Sequence[int]) -> SortedCells:
    """Return cells in order. They come in any order, perhaps several of one group and instant."""
    return _in_order(np.array(instants, np.int64), np.array(groups, np.int32), np.array(counts, np.int64))


def joined(runs: Sequence[SortedCells]) -> SortedCells:
    """Return all cells of *runs* in order."""
    return _in_order(
        np.concatenate([sorted_cells.instants for sorted_cells in runs]),
        np.concatenate([sorted_cells.groups for sorted_cells in runs]),
        np.concatenate([sorted_cells.counts for sorted_cells in runs]),
    )


def _in_order(instants: NDArray[np.int64], groups: Numbers, counts: Counts) -> SortedCells:
    """Return cells in order. A stable sort is quick where runs are in order already."""
    if not len(instants):
        return SortedCells(instants, groups, counts)
    order = instants.argsort(kind="stable")
    instants, groups, counts = instants[order], groups[order], counts[order]
    ranks = np.concatenate(([False], instants[1:] != instants[:-1])).cumsum()
    keys = ranks << 32 | groups
    order = keys.argsort(kind="stable")
    keys = keys[order]
    starts = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1))
    counts = np.add.reduceat(counts[order], starts)
    kept = order[starts[counts != 0]]
    return SortedCells(instants[kept], groups[kept], counts[counts != 0])


def _joined(found: Sequence[tuple[Numbers, Counts]]) -> tuple[Numbers, Counts]:
    return np.concatenate([groups for groups, _ in found]), np.concatenate([counts for _, counts in found])
