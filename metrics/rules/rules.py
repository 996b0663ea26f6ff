"""What an authority sets, as values: the rules that its figures are counted and read by.

Rules that change what is counted are in `version`: a new one asks for a recount. The rest is looked up beside the sums.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from hashlib import sha256

from events.office_hours import USUAL_HOURS, Hours, Office, office
from events.working_days import Calendar, calendar
from metrics.rules.teams import Stretches, TeamFact, locality_at, stretches, team_at


@dataclass(frozen=True)
class Parameters:
    """The parameters that declarations name and that change a tally; each stands in italics in the definitions."""

    roll_start_forward: bool = False
    after_hours_from_next_opening: bool = False
    same_carer_counts: bool = False
    assessments_due_within: int = 5  # working days
    conferences_due_within: int = 5  # working days


@dataclass(frozen=True)
class Rules:
    """What one authority may set. From *targets* on nothing ever changes a cell."""

    days: Calendar
    parameters: Parameters = Parameters()
    hours: Hours = USUAL_HOURS
    targets: Mapping[str, float] = field(default_factory=dict, hash=False)  # by measure, over the declared ones
    teams: tuple[TeamFact, ...] = ()
    population: Mapping[int, int] = field(default_factory=dict, hash=False)  # children 0-17, by mid-year
    name: str | None = None

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits over everything that changes a cell, and nothing else."""
        hours_count = self.parameters.after_hours_from_next_opening  # else office hours change no cell
        return _digest((self.days.version, *astuple(self.parameters), str(self.hours) if hours_count else ""))

    @cached_property
    def office(self) -> Office:
        """The office hours on the working days."""
        return office(self.hours, self.days)

    def team_at(self, team: str, day: date) -> str:
        """Return what *team*, as events tell it, is called for what it told on *day* or what stands under it then."""
        return team_at(self.teams, team, day)

    def locality_at(self, team: str, day: date) -> str:
        """Return the locality of *team*, as events tell it, on *day*, or `unknown`."""
        return locality_at(self.teams, team, day)

    def stretches(self, team: str) -> Stretches:
        """Return the name and locality of *team* through all time: `((first day or None, team, locality), ...)`."""
        if team not in self._stretches:
            self._stretches[team] = stretches(self.teams, team)
        return self._stretches[team]

    @cached_property
    def _stretches(self) -> dict[str, Stretches]:
        """Stretches by team, kept because every board, scrape and answer asks for all of them."""
        return {}


@lru_cache(maxsize=1)
def usual_rules() -> Rules:
    """Return the rules of an authority that sets nothing."""
    return Rules(calendar())


@dataclass(frozen=True)
class RulesByAuthority:
    """The rules of every authority: its own where it sets any, else the default."""

    sections: tuple[tuple[str, Rules], ...] = ()
    default: Rules = field(default_factory=usual_rules)

    def of(self, authority: str) -> Rules:
        """Return the rules of *authority*."""
        return self._by_name.get(authority, self.default)

    @property
    def named(self) -> tuple[str, ...]:
        """The authorities that have rules of their own."""
        return tuple(name for name, _ in self.sections)

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits over the rules that count otherwise than the default; empty where none do.

        A section that only names teams, targets or a population changes nothing here: nothing is recounted for it.
        """
        others = sorted((name, rules.version) for name, rules in self.sections if rules.version != self.default.version)
        return _digest(part for other in others for part in other) if others else ""

    @cached_property
    def _by_name(self) -> dict[str, Rules]:
        return dict(self.sections)


def _digest(values: Iterable[object]) -> str:
    return sha256("\n".join(map(str, values)).encode()).hexdigest()[:12]
