"""The cells of one authority, kept so that any figure at any moment is a few sums. The read side of a tally."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice, product

from events.time import Instant
from metrics.shapes import Part, Value
from metrics.tally import Tally, Where

Group = tuple[str, tuple[Value, ...]]  # team, breakdown values


class Series:
    """The cells of one group, in order, with their running sum.

    Put in order when first asked; from then on a new cell costs a search, and what is before it is not summed again.
    """

    def __init__(self) -> None:
        self._cells: dict[Instant, int] = {}
        self._instants: list[Instant] | None = None
        self._sums: list[int] = [0]  # before each instant, and after the last; right as far as it goes

    def add(self, at: Instant, n: int) -> bool:
        """Add a cell; return whether any are left."""
        before = self._cells.get(at)
        left = (before or 0) + n
        if left:
            self._cells[at] = left
        else:
            self._cells.pop(at, None)
        if self._instants is not None:
            self._keep_in_order(self._instants, at, known=before is not None, stays=bool(left))
        return bool(self._cells)

    def _keep_in_order(self, instants: list[Instant], at: Instant, known: bool, stays: bool) -> None:
        place = bisect_left(instants, at)
        if stays and not known:
            instants.insert(place, at)
        elif known and not stays:
            del instants[place]
        del self._sums[place + 1 :]

    def up_to(self, moment: Instant) -> int:
        """Return the sum of the cells at or before *moment*."""
        if self._instants is None:
            self._instants = sorted(self._cells)
        summed = len(self._sums) - 1
        if summed < len(self._instants):
            rest = (self._cells[at] for at in self._instants[summed:])
            self._sums.extend(islice(accumulate(rest, initial=self._sums[-1]), 1, None))
        return self._sums[bisect_right(self._instants, moment)]

    def cells(self) -> Mapping[Instant, int]:
        """Return the cells."""
        return self._cells


class Sums:
    """Every cell of one authority."""

    def __init__(self, tally: Tally | None = None) -> None:
        self._parts: dict[str, dict[Group, Series]] = {}
        self._totals: dict[
            str, dict[str | None, Series]
        ] = {}  # by team, and of all: what a board asks ten times a second
        for part, cells in (tally or {}).items():
            self.change(part, cells)

    def change(self, part: str, cells: Mapping[Where, int]) -> None:
        """Add *cells* to *part*."""
        groups = self._parts.setdefault(part, {})
        totals = self._totals.setdefault(part, {})
        for (team, by, at), n in cells.items():
            series = groups.get((team, by))
            if series is None:
                series = groups[team, by] = Series()
            if not series.add(at, n):
                del groups[team, by]
            for whose in (team, None):
                totals.setdefault(whose, Series()).add(at, n)

    def total(
        self, part: Part, since: Instant | None, until: Instant, team: str | None, wanted: Mapping[str, str],
        by: tuple[str, ...] = (),
    ) -> dict[tuple[str, ...], int]:  # fmt: skip
        """Return the sums of *part*, keyed by the values of the breakdowns *by* (`team` is one; none: one sum at `()`).

        A flow is summed over [*since*, *until*]; a stock, *since* None, up to *until*. *wanted* keeps the groups that
        bear those breakdown values. A list's value is counted under each of its members. Sums of 0 are left out.
        """
        if not wanted and not by:
            series = self._totals.get(part.name, {}).get(team)
            n = _over(series, since, until) if series else 0
            return {(): n} if n else {}
        index = {breakdown.name: place for place, breakdown in enumerate(part.by)}
        sums: dict[tuple[str, ...], int] = {}
        for (where, values), series in self._parts.get(part.name, {}).items():
            if team is not None and where != team:
                continue
            if not all(value in _members(values[index[name]]) for name, value in wanted.items()):
                continue
            n = _over(series, since, until)
            if n:
                for key in product(*(_members(where if name == "team" else values[index[name]]) for name in by)):
                    sums[key] = sums.get(key, 0) + n
        return {key: n for key, n in sums.items() if n}

    def teams(self) -> set[str]:
        """Return every team that some cell is of."""
        return {team for teams in self._totals.values() for team in teams if team is not None}

    def cells(self) -> Iterator[tuple[str, Where, int]]:
        """Yield every cell: part, where, how many."""
        for part, groups in self._parts.items():
            for (team, by), series in groups.items():
                for at, n in series.cells().items():
                    yield part, (team, by, at), n


def _over(series: Series, since: Instant | None, until: Instant) -> int:
    return series.up_to(until) - (series.up_to(since - 1) if since is not None else 0)


def _members(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)
