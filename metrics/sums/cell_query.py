"""A question put to the cells of one part: keep some groups, divide by some breakdowns, add up. All in arrays."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from events.time import Instant
from metrics.shapes import Part, Value
from metrics.sums.cells import Cells
from metrics.sums.interning import Values
from metrics.sums.sorted_cells import Counts, Numbers
from metrics.sums.team_places import TeamPlaces

Key = tuple[str, ...]
Keys = NDArray[np.int64]  # keys, each as one number


class CellQuery:
    """Cells of one part, where their teams stand, which groups are kept, and what the sums are divided by."""

    def __init__(self, part: Part, cells: Cells, places: TeamPlaces, keeping: Mapping[str, str], by: Key) -> None:
        self._cells, self._places, self._distinct = cells, places, part.reducer == "distinct"
        self._columns = _columns(part)
        self._by = (*by, part.by[-1].name) if self._distinct else by
        self._keeping = {n: value for n, value in keeping.items() if n in self._columns or n in places.values}
        self._tables = [self._values(name) for name in self._by]

    def _values(self, name: str) -> Values:
        if name in self._places.values:
            return self._places.values[name]
        return self._cells.groups.values[self._columns[name]]

    def _numbers(self, name: str, groups: Numbers, places: Mapping[str, Numbers]) -> Numbers:
        columns = self._cells.groups.columns
        if name in places:
            return places[name][columns[0].numbers[groups]]
        return columns[self._columns[name]].numbers[groups]

    def total(self, since: Instant | None, until: Instant) -> dict[Key, int]:
        """Return the sums over [*since*, *until*] by key; *since* None: of what stands at *until*."""
        pieces = list(self._keyed(since, until))
        if not pieces:
            return {}
        keys, counts = pieces[0] if len(pieces) == 1 else map(np.concatenate, zip(*pieces, strict=True))
        tables = self._tables
        keys, counts = _added(keys, counts, _size(tables))
        if self._distinct:  # each item once; a fact that names no item ("") counts for itself
            *tables, items = tables
            nameless = keys % len(items) == items.known("")
            keys, counts = _added(keys // len(items), np.where(nameless, counts, 1), _size(tables))
        return dict(zip(_names(keys, tables), counts.tolist(), strict=True))

    def _keyed(self, since: Instant | None, until: Instant) -> Iterator[tuple[Keys, Counts]]:
        """Yield keys, and counts that add up to their sums."""
        is_placed = not self._places.values.keys().isdisjoint((*self._by, *self._keeping))
        pieces = self._places.pieces(since, until) if is_placed else [(since, until, {})]
        for first, last, places in pieces:
            for groups, counts in self._cells.between(first, last):
                yield self._key(groups, counts, places)

    def _key(self, groups: Numbers, counts: Counts, places: Mapping[str, Numbers]) -> tuple[Keys, Counts]:
        for name, wanted in self._keeping.items():
            kept = self._values(name).are(self._numbers(name, groups, places), wanted)
            groups, counts = groups[kept], counts[kept]
        keys: Keys | None = None
        for name, table in zip(self._by, self._tables, strict=True):
            numbers = self._numbers(name, groups, places)
            if (members := table.members(numbers)) is not None:
                rows, numbers = members
                groups, counts, keys = groups[rows], counts[rows], None if keys is None else keys[rows]
            keys = numbers.astype(np.int64) if keys is None else keys * len(table) + numbers
        return np.zeros(len(groups), np.int64) if keys is None else keys, counts


@cache
def _columns(part: Part) -> Mapping[str, int]:
    """Return in which column of its groups each breakdown of *part* stands; the first is the team."""
    return {breakdown.name: index for index, breakdown in enumerate(part.by, start=1)}


def _size(tables: Sequence[Values]) -> int:
    """Return how many keys *tables* allow."""
    size = 1
    for table in tables:
        size *= len(table)
    assert size < 2**63, "more combinations of values than can be numbered"
    return size


def _added(keys: Keys, counts: Counts, size: int) -> tuple[Keys, Counts]:
    """Return each of *keys*, all below *size*, once, and the sum of its counts where it is not 0."""
    if size <= 1024 + 4 * len(keys):
        sums = np.bincount(keys, weights=counts)  # exact: floats hold whole numbers up to 2**53
        (present,) = sums.nonzero()
        return present, sums[present].astype(np.int64)
    distinct, rows = np.unique(keys, return_inverse=True)
    sums = np.bincount(rows, weights=counts)
    return distinct[sums != 0], sums[sums != 0].astype(np.int64)


def _names(keys: Keys, tables: Sequence[Values]) -> Iterator[Key]:
    """Yield the values of *keys*."""
    if len(tables) == 1:
        listed = tables[0].listed
        return ((str(listed[number]),) for number in keys.tolist())
    columns: list[list[Value]] = []
    for table in reversed(tables):
        columns.append([table.listed[number] for number in (keys % len(table)).tolist()])
        keys = keys // len(table)
    return zip(*reversed(columns), strict=True) if tables else iter([()] * len(keys))
