"""The cells of one authority, kept so that any figure at any moment is a few sums. The read side of a tally."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, islice, product

from events.time import Instant, midnight
from metrics.rules import Rules
from metrics.shapes import UNKNOWN, Part, Value
from metrics.shapes.part import Where
from metrics.tally import Tally

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
        self, part: Part, since: Instant | None, until: Instant, keeping: Mapping[str, str], by: tuple[str, ...],
        rules: Rules,
    ) -> dict[tuple[str, ...], int]:  # fmt: skip
        """Return the sums of *part*, keyed by the values of the breakdowns *by* (none: one sum at `()`).

        A flow is summed over [*since*, *until*]; a stock, *since* None, up to *until*. *keeping* keeps to the groups
        that bear those values. `team` and `locality` are breakdowns like the others; *rules* say what a team is called
        and where it stands, by date. A list's value is counted under each of its members, a part of distinct items by
        item. Sums of 0 are left out.
        """
        index = {breakdown.name: place for place, breakdown in enumerate(part.by)}
        if part.reducer == "distinct":
            return _distinct(self._summed(part, since, until, keeping, (*by, part.by[-1].name), index, rules))
        return self._summed(part, since, until, keeping, by, index, rules)

    def _summed(
        self, part: Part, since: Instant | None, until: Instant, keeping: Mapping[str, str], by: tuple[str, ...],
        index: Mapping[str, int], rules: Rules,
    ) -> dict[tuple[str, ...], int]:  # fmt: skip
        sums: dict[tuple[str, ...], int] = {}
        for team, values, series in self._series(part, keeping, by, rules):
            if not all(value in _members(values[index[name]]) for name, value in keeping.items() if name in index):
                continue
            for place, n in _placed(series, since, until, team, rules):
                if n and all(keeping.get(name, here) == here for name, here in place.items()):
                    under = (_members(place[name] if name in place else values[index[name]]) for name in by)
                    for key in product(*under):
                        sums[key] = sums.get(key, 0) + n
        return {key: n for key, n in sums.items() if n}

    def _series(
        self, part: Part, keeping: Mapping[str, str], by: tuple[str, ...], rules: Rules
    ) -> Iterator[tuple[str | None, tuple[Value, ...], Series]]:
        """Yield the series to be summed, as few as will do: of all, of each team, or of each group."""
        totals = self._totals.get(part.name, {})
        if not keeping and not by:
            found: Iterable[str | None] = (None,)
        elif {*keeping, *by} <= {"team", "locality"}:
            own = keeping.get("team") if not rules.teams else None  # else another may bear its name
            found = (own,) if own is not None else (team for team in totals if team is not None)
        else:
            for (team, values), series in self._parts.get(part.name, {}).items():
                yield team, values, series
            return
        for whose in found:
            if whose in totals:
                yield whose, (), totals[whose]

    def teams(self) -> set[str]:
        """Return every team that some cell is of."""
        return {team for teams in self._totals.values() for team in teams if team is not None}

    def cells(self) -> Iterator[tuple[str, Where, int]]:
        """Yield every cell: part, where, how many."""
        for part, groups in self._parts.items():
            for (team, by), series in groups.items():
                for at, n in series.cells().items():
                    yield part, (team, by, at), n


def _placed(
    series: Series, since: Instant | None, until: Instant, team: str | None, rules: Rules
) -> Iterator[tuple[Mapping[str, str], int]]:
    """Yield how many there are in each place that a team was called by and stood in while they were counted."""
    if team is None or not rules.teams:
        yield {} if team is None else {"team": team, "locality": UNKNOWN}, _over(series, since, until)
        return
    places = rules.stretches(team)
    begins = [None if day is None else midnight(day) for day, _, _ in places]
    for (_, name, locality), begin, end in zip(places, begins, [*begins[1:], None], strict=True):
        if (begin is not None and begin > until) or (end is not None and end <= (until if since is None else since)):
            continue
        first = since if since is None or begin is None else max(since, begin)
        last = until if end is None or since is None else min(until, end - 1)
        yield {"team": name, "locality": locality}, _over(series, first, last)


def _distinct(by_item: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """Return how many distinct items there are: each once, and what names none (``""``) each for itself."""
    sums: dict[tuple[str, ...], int] = {}
    for (*key, item), n in by_item.items():
        sums[tuple(key)] = sums.get(tuple(key), 0) + (1 if item else n)
    return sums


def _over(series: Series, since: Instant | None, until: Instant) -> int:
    return series.up_to(until) - (series.up_to(since - 1) if since is not None else 0)


def _members(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)
