"""The cells of one authority, kept so that any figure at any moment is a few sums. The read side of a tally."""

from collections.abc import Iterator, Mapping

from events.time import Instant
from metrics.counting.tally import Tally
from metrics.rules.rules import Rules
from metrics.shapes import Part
from metrics.shapes.part import CellKey
from metrics.sums.cell_query import CellQuery, Key
from metrics.sums.cells import Cells
from metrics.sums.interning import Groups, Values
from metrics.sums.team_places import TeamPlaces


class Sums:
    """Every cell of one authority."""

    def __init__(self, tally: Tally | None = None) -> None:
        self._parts: dict[str, Cells] = {}
        self._teams = Values()
        self._places: list[TeamPlaces] = []  # the last that were laid out; shared with what is frozen of this
        for part, cells in (tally or {}).items():
            self._add(part, cells)

    def _add(self, part: str, cells: Mapping[CellKey, int]) -> None:
        known = self._parts.get(part)
        if known is None:
            if not cells:
                return
            _, by, _ = next(iter(cells))
            known = self._parts[part] = Cells(Groups(self._teams, len(by)))
        known.add(cells)

    def total(
        self,
        part: Part,
        since: Instant | None,
        until: Instant,
        keeping: Mapping[str, str],
        by: tuple[str, ...],
        rules: Rules,
    ) -> dict[Key, int]:
        """Return the sums of *part*, keyed by the values of the breakdowns *by* (none: one sum at `()`).

        A flow is summed over [*since*, *until*]; a stock, *since* None, up to *until*. *keeping* keeps to the groups
        that bear those values. `team` and `locality` are breakdowns like the others; *rules* say what a team is called
        and where it stands, by date. A list's value is counted under each of its members, a part of distinct items by
        item. Sums of 0 are left out.
        """
        cells = self._parts.get(part.name)
        if cells is None:
            return {}
        if not by and not keeping and part.reducer != "distinct":
            n = cells.sum(since, until)
            return {(): n} if n else {}
        return CellQuery(part, cells, self._team_places(rules), keeping, by).total(since, until)

    def values(self, part: Part, name: str) -> set[str]:
        """Return every value of the breakdown *name* that anything of *part* was ever counted under."""
        cells = self._parts.get(part.name)
        column = next((n for n, breakdown in enumerate(part.by, 1) if breakdown.name == name), None)
        if cells is None or column is None:
            return set()
        listed = cells.groups.values[column].listed
        return {value for values in listed for value in ((values,) if isinstance(values, str) else values)}

    def first(self, part: Part) -> Instant | None:
        """Return the first instant at which anything of *part* was counted; None where nothing ever was."""
        cells = self._parts.get(part.name)
        return None if cells is None else cells.first()

    def _team_places(self, rules: Rules) -> TeamPlaces:
        for places in self._places:
            if places.rules is rules and places.teams == len(self._teams):
                return places
        self._places[:] = [TeamPlaces(rules, self._teams)]
        return self._places[0]

    def teams(self) -> set[str]:
        """Return every team that some cell is or was of, as events tell it."""
        return {str(team) for team in self._teams.listed}

    def cells(self) -> Iterator[tuple[str, CellKey, int]]:
        """Yield every cell: part, key, how many."""
        for part, cells in self._parts.items():
            for key, n in cells:
                yield part, key, n


class GrowingSums(Sums):
    """Sums that a reader adds to. Whoever answers from them takes them frozen."""

    def add(self, part: str, cells: Mapping[CellKey, int]) -> None:
        """Add *cells* to *part*."""
        self._add(part, cells)

    def prepare(self, part: str) -> None:
        """Build the running sums of *part*, a stock, before the first question."""
        cells = self._parts.get(part)
        for run in cells.runs() if cells else ():
            run.standing(len(run))

    def frozen(self) -> Sums:
        """Return these sums as they are now. It copies no cell: sorted cells never change."""
        return _FrozenSums(self)


class _FrozenSums(Sums):
    """Sums that nothing is added to any more, so that each total is worked out once."""

    def __init__(self, sums: Sums) -> None:
        super().__init__()
        self._teams, self._places = sums._teams, sums._places
        self._parts = {part: Cells(cells.groups, cells.runs()) for part, cells in sums._parts.items()}
        self._totals: dict[tuple[object, ...], tuple[Rules, dict[Key, int]]] = {}  # rules are kept, so no id is reused

    def total(
        self,
        part: Part,
        since: Instant | None,
        until: Instant,
        keeping: Mapping[str, str],
        by: tuple[str, ...],
        rules: Rules,
    ) -> dict[Key, int]:
        key = part.name, since, until, frozenset(keeping.items()), by, id(rules)
        if key not in self._totals:
            self._totals[key] = rules, super().total(part, since, until, keeping, by, rules)
        return self._totals[key][1]
