"""Where the teams of an authority stand, by number and by date: what `authority.toml` says, laid out for sums."""

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from events.time import Instant, midnight
from metrics.rules.rules import Rules
from metrics.rules.teams import stretch_at
from metrics.sums.interning import Values
from metrics.sums.sorted_cells import Numbers


class TeamPlaces:
    """The name and the locality of every team, in pieces of time in which none of them changes."""

    def __init__(self, rules: Rules, teams: Values) -> None:
        self.rules, self.teams = rules, len(teams)
        stretches = [rules.stretches(str(team)) for team in teams.listed]
        days = sorted({day for of_team in stretches for day, _, _ in of_team if day is not None})
        self._begins = [midnight(day) for day in days]
        self.values = {"team": Values(), "locality": Values()}
        self._pieces: list[dict[str, Numbers]] = []
        for index in range(len(days) + 1):
            places = [stretch_at(of_team, days[index - 1]) if index else of_team[0][1:] for of_team in stretches]
            self._pieces.append(
                {
                    name: np.array([values.number(place[which]) for place in places], np.int32)
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
