"""Where the teams of an authority stand, by number and by date: what `authority.toml` says, laid out for sums."""

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from events.time import Instant, midnight
from metrics.rules.rules import Rules
from metrics.rules.teams import stretch_at
from metrics.sums.interning import Values
from metrics.sums.sorted_cells import Numbers


class Places:
    """The name and the locality of every team as *told*, in pieces of time in which none of them changes."""

    def __init__(self, rules: Rules, told: Values) -> None:
        self.rules, self.known = rules, len(told)
        stretches = [rules.stretches(str(team)) for team in told.listed]
        days = sorted({day for theirs in stretches for day, _, _ in theirs if day is not None})
        self._begins = [midnight(day) for day in days]
        self.values = {"team": Values(), "locality": Values()}
        self._pieces: list[dict[str, Numbers]] = []
        for index in range(len(days) + 1):
            standing = [stretch_at(theirs, days[index - 1]) if index else theirs[0][1:] for theirs in stretches]
            self._pieces.append(
                {
                    name: np.array([values.number(place[which]) for place in standing], np.int32)
                    for which, (name, values) in enumerate(self.values.items())
                }
            )

    def pieces(
        self, since: Instant | None, until: Instant
    ) -> Iterator[tuple[Instant | None, Instant, dict[str, Numbers]]]:
        """Yield [*since*, *until*] in pieces, each with the places of the teams; *since* None: only the last."""
        last = bisect_right(self._begins, until)
        if since is None:
            yield None, until, self._pieces[last]
            return
        for index in range(bisect_right(self._begins, since), last + 1):
            end = self._begins[index] - 1 if index < last else until
            yield since, end, self._pieces[index]
            since = end + 1
