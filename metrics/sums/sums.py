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
from metrics.sums.team_places import Places


class Sums:
    """Every cell of one authority."""

    def __init__(self, tally: Tally | None = None) -> None:
        self._parts: dict[str, Cells] = {}
        self._teams = Values()
        self._places: Places | None = None
        for part, cells in (tally or {}).items():
            self.change(part, cells)

    def change(self, part: str, cells: Mapping[CellKey, int]) -> None:
        """Add *cells* to *part*."""
        held = self._parts.get(part)
        if held is None:
            if not cells:
                return
            _, by, _ = next(iter(cells))
            held = self._parts[part] = Cells(Groups(self._teams, len(by)))
        held.change(cells)

    def prepare(self, part: str) -> None:
        """Do now what whoever asks first for *part*, a stock, would wait for."""
        held = self._parts.get(part)
        for r in held.runs() if held else ():
            r.standing(len(r))

    def as_it_is(self) -> "Sums":
        """Return what stays as this is now, whatever is added to this one: runs never change, so it costs nothing."""
        same = Sums()
        same._teams = self._teams
        same._parts = {part: Cells(held.groups, held.runs()) for part, held in self._parts.items()}
        return same

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
        held = self._parts.get(part.name)
        if held is None:
            return {}
        if not by and not keeping and part.reducer != "distinct":
            n = held.sum(since, until)
            return {(): n} if n else {}
        return CellQuery(part, held, self._where(rules), keeping, by).total(since, until)

    def _where(self, rules: Rules) -> Places:
        if self._places is None or self._places.rules is not rules or self._places.known != len(self._teams):
            self._places = Places(rules, self._teams)
        return self._places

    def teams(self) -> set[str]:
        """Return every team that some cell is or was of."""
        return {str(team) for team in self._teams.listed}

    def cells(self) -> Iterator[tuple[str, CellKey, int]]:
        """Yield every cell: part, where, how many."""
        for part, held in self._parts.items():
            for where, n in held:
                yield part, where, n


NO_CELLS = Sums()  # of a place where nothing is
