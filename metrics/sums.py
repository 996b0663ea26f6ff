"""The cells of one authority, kept so that any figure at any moment is a few sums. The read side of a tally."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate, product

from events.time import Instant
from metrics.shapes import Part, Value
from metrics.tally import Tally, Where

Group = tuple[str, tuple[Value, ...]]  # team, breakdown values


class Series:
    """The cells of one group, in order, with their running sum."""

    def __init__(self) -> None:
        self._cells: dict[Instant, int] = {}
        self._instants: list[Instant] | None = None
        self._sums: list[int] = []

    def add(self, at: Instant, n: int) -> bool:
        """Add a cell; return whether any are left."""
        self._instants = None
        left = self._cells.get(at, 0) + n
        if left:
            self._cells[at] = left
        else:
            self._cells.pop(at, None)
        return bool(self._cells)

    def up_to(self, moment: Instant) -> int:
        """Return the sum of the cells at or before *moment*."""
        if self._instants is None:
            self._instants = sorted(self._cells)
            self._sums = [0, *accumulate(self._cells[at] for at in self._instants)]
        return self._sums[bisect_right(self._instants, moment)]


class Sums:
    """Every cell of one authority."""

    def __init__(self, tally: Tally | None = None) -> None:
        self._parts: dict[str, dict[Group, Series]] = {}
        for part, cells in (tally or {}).items():
            self.change(part, cells)

    def change(self, part: str, cells: Mapping[Where, int]) -> None:
        """Add *cells* to *part*."""
        groups = self._parts.setdefault(part, {})
        for (team, by, at), n in cells.items():
            series = groups.get((team, by))
            if series is None:
                series = groups[team, by] = Series()
            if not series.add(at, n):
                del groups[team, by]

    def total(
        self, part: Part, since: Instant | None, until: Instant, team: str | None, wanted: Mapping[str, str],
        by: tuple[str, ...] = (),
    ) -> dict[tuple[str, ...], int]:  # fmt: skip
        """Return the sums of *part*, keyed by the values of the breakdowns *by* (`team` is one; none: one sum at `()`).

        A flow is summed over [*since*, *until*]; a stock, *since* None, up to *until*. *wanted* keeps the groups that
        bear those breakdown values. A list's value is counted under each of its members. Sums of 0 are left out.
        """
        index = {breakdown.name: place for place, breakdown in enumerate(part.by)}
        sums: dict[tuple[str, ...], int] = {}
        for (where, values), series in self._parts.get(part.name, {}).items():
            if team is not None and where != team:
                continue
            if not all(value in _members(values[index[name]]) for name, value in wanted.items()):
                continue
            n = series.up_to(until) - (series.up_to(since - 1) if since is not None else 0)
            if n:
                for key in product(*(_members(where if name == "team" else values[index[name]]) for name in by)):
                    sums[key] = sums.get(key, 0) + n
        return {key: n for key, n in sums.items() if n}

    def cells(self) -> Iterator[tuple[str, Where, int]]:
        """Yield every cell: part, where, how many."""
        for part, groups in self._parts.items():
            for (team, by), series in groups.items():
                for at, n in series._cells.items():
                    yield part, (team, by, at), n


def _members(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)
