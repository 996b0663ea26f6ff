"""An authority's teams: what each is called, what it was merged into, and in which locality it stands, by date.

Cells keep the team that events told. What it is called and where it stands is read here, so that a renamed team, a
merger or a new map of localities moves every figure at once, past ones too, with no recount.
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
    """What stands for a team from its *first* day to its *last*, both inside; None is ever.

    *team* is as events tell it, *name* what it is called now. From the day after its last, what stands under it
    stands under the team *into*.
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
        """Return whether both say something of one team on one day."""
        both = max(self.first or date.min, other.first or date.min)
        return self.team == other.team and not self.is_over(both) and not other.is_over(both)


def team_at(teams: Teams, told: str, day: date) -> str:
    """Return what the team *told* by events is called, for what it told on *day* or what stands under it then.

    Outside its dates a team keeps its name; one that is not in the file is called what it was told.
    Raises MergedInCircles.
    """
    told, fact = _followed(teams, told, day)
    return (fact and fact.name) or told


def locality_at(teams: Teams, told: str, day: date) -> str:
    """Return the locality of the team *told* on *day*; `unknown` for no team of the file, and outside its dates.

    Raises MergedInCircles.
    """
    _, fact = _followed(teams, told, day)
    return fact.locality if fact and fact.covers(day) else UNKNOWN


def stretches(teams: Teams, told: str) -> Stretches:
    """Return the team and locality of *told* through all time: each from a day on until the next, the first ever.

    Two that follow one another differ, so a sum is to be cut at these days and no others. Raises MergedInCircles.
    """
    found: list[tuple[date | None, str, str]] = []
    facts = _concerning(teams, told)
    for day in (date.min, *_boundaries(facts)):
        place = team_at(facts, told, day), locality_at(facts, told, day)
        if not found or found[-1][1:] != place:
            found.append((day if found else None, *place))
    return tuple(found)


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


def _followed(teams: Teams, told: str, day: date) -> tuple[str, TeamFact | None]:
    """Return the team that holds on *day* what *told* held, through every merger, and the fact about it nearest."""
    seen = []
    while True:
        fact = _nearest((fact for fact in teams if fact.team == told), day)
        if fact is None or fact.into is None or not fact.is_over(day):
            return told, fact
        seen.append(told)
        told = fact.into
        if told in seen:
            raise MergedInCircles(f"on {day} " + " into ".join((*seen, told)))


def _nearest(facts: Iterable[TeamFact], day: date) -> TeamFact | None:
    """Return the last of the facts that began by *day*, else the first: the one that covers it, if any does."""
    ordered = sorted(facts, key=lambda fact: fact.first or date.min)
    begun = [fact for fact in ordered if fact.first is None or fact.first <= day]
    return begun[-1] if begun else next(iter(ordered), None)


def _concerning(teams: Teams, told: str) -> Teams:
    """Return the facts about *told* and about every team that it may be merged into."""
    names, facts = {told}, tuple(fact for fact in teams if fact.team == told)
    while further := {fact.into for fact in facts if fact.into} - names:
        names |= further
        facts = tuple(fact for fact in teams if fact.team in names)
    return facts


def _boundaries(teams: Teams) -> list[date]:
    """Return the days on which anything about any team may change."""
    firsts = {fact.first for fact in teams if fact.first}
    return sorted(firsts | {fact.last + timedelta(days=1) for fact in teams if fact.last})
