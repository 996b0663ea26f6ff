"""An authority's teams: what each is called, what it was merged into, and in which locality it stands, by date.

Cells keep the team that events told. Its name and place are looked up here, so that a renamed team, a merger or a new
map of localities moves every figure at once, past ones too, with no recount.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

UNKNOWN = "unknown"
Teams = tuple["TeamFact", ...]
Stretches = tuple[tuple[date | None, str, str], ...]  # from which day on (None: ever), the team, its locality


class MergedInCircles(ValueError):
    """Teams are merged into one another, so that nobody holds their cases."""


@dataclass(frozen=True)
class TeamFact:
    """What holds of a team from its *first* day to its *last*, both included; None is ever.

    *team* is its name in events, *name* its name now. From the day after its last, the team *into* has its cases.
    """

    team: str
    locality: str
    first: date | None = None
    last: date | None = None
    name: str | None = None
    into: str | None = None

    def covers(self, day: date) -> bool:
        """Return whether the team was there on *day*."""
        return (self.first is None or self.first <= day) and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Return whether its last day lies before *day*."""
        return self.last is not None and self.last < day

    def overlaps(self, other: "TeamFact") -> bool:
        """Return whether both facts are about one team on one day."""
        both = max(self.first or date.min, other.first or date.min)
        return self.team == other.team and not self.is_over(both) and not other.is_over(both)


def team_at(teams: Teams, team: str, day: date) -> str:
    """Return what *team*, as events tell it, is called on *day*, for what it told then or what stands under it then.

    Outside its dates a team keeps its name; a team that the file lacks is called as events tell it.
    Raises MergedInCircles.
    """
    holder, fact = _followed(teams, team, day)
    return (fact and fact.name) or holder


def locality_at(teams: Teams, team: str, day: date) -> str:
    """Return the locality of *team* on *day*; `unknown` for a team that the file lacks, and outside its dates.

    Raises MergedInCircles.
    """
    _, fact = _followed(teams, team, day)
    return fact.locality if fact and fact.covers(day) else UNKNOWN


def stretches(teams: Teams, team: str) -> Stretches:
    """Return the name and locality of *team* through all time: each from a day on until the next, the first ever.

    Two that follow one another differ, so sums are cut at these days and no others. Raises MergedInCircles.
    """
    places: list[tuple[date | None, str, str]] = []
    facts = _concerning(teams, team)
    for day in (date.min, *_boundaries(facts)):
        place = team_at(facts, team, day), locality_at(facts, team, day)
        if not places or places[-1][1:] != place:
            places.append((day if places else None, *place))
    return tuple(places)


def stretch_at(stretches: Stretches, day: date) -> tuple[str, str]:
    """Return the team and locality that hold on *day*."""
    index = bisect_right(stretches, day, key=lambda stretch: stretch[0] or date.min) - 1
    return stretches[index][1:]


def told_teams(teams: Teams) -> tuple[str, ...]:
    """Return every team of the file as events tell it, each once, in the file's order."""
    return tuple(dict.fromkeys(fact.team for fact in teams))


def localities(teams: Teams) -> tuple[str, ...]:
    """Return every locality of the file, each once, in the file's order."""
    return tuple(dict.fromkeys(fact.locality for fact in teams))


def _followed(teams: Teams, team: str, day: date) -> tuple[str, TeamFact | None]:
    """Return the team that holds the cases of *team* on *day*, through every merger, and its nearest fact."""
    merged = []
    while True:
        fact = _nearest((fact for fact in teams if fact.team == team), day)
        if fact is None or fact.into is None or not fact.is_over(day):
            return team, fact
        merged.append(team)
        team = fact.into
        if team in merged:
            raise MergedInCircles(f"on {day} " + " into ".join((*merged, team)))


def _nearest(facts: Iterable[TeamFact], day: date) -> TeamFact | None:
    """Return the last of the facts that began by *day*, else the first: the one that covers it, if any does."""
    ordered = sorted(facts, key=lambda fact: fact.first or date.min)
    begun = [fact for fact in ordered if fact.first is None or fact.first <= day]
    return begun[-1] if begun else next(iter(ordered), None)


def _concerning(teams: Teams, team: str) -> Teams:
    """Return the facts about *team* and about every team that it may be merged into."""
    names, facts = {team}, tuple(fact for fact in teams if fact.team == team)
    while further := {fact.into for fact in facts if fact.into} - names:
        names |= further
        facts = tuple(fact for fact in teams if fact.team in names)
    return facts


def _boundaries(teams: Teams) -> list[date]:
    """Return the days on which anything about any team may change."""
    firsts = {fact.first for fact in teams if fact.first}
    return sorted(firsts | {fact.last + timedelta(days=1) for fact in teams if fact.last})
