"""The teams of a section of `authority.toml`, checked one by one and against each other."""

from datetime import date, timedelta

from deploy.configuration.toml_file import TomlValue, meant
from events.working_days import LAST
from metrics.rules.teams import UNKNOWN, MergedInCircles, TeamFact, Teams, locality_at, told_teams

TEXTS, DAYS = ("team", "locality", "name", "into"), ("from", "until")
NEEDED = {"team": "give the team as events tell it", "locality": "give the locality that the team stands in"}


def read_teams(teams: TomlValue) -> Teams:
    """Return the facts about the teams. What does not fit together is a fault of the entry that says it."""
    if isinstance(teams.value, dict):
        teams.fault(f"one table is one team: write [[{teams.keys[0]}.teams]], in double brackets")
        return ()
    entries = teams.items()
    read = [(entry, fact) for entry in entries if (fact := _team(entry))]
    facts = tuple(fact for _, fact in read)
    are_apart = [_apart(entry, fact, facts[:n]) for n, (entry, fact) in enumerate(read)]
    if all(are_apart) and len(read) == len(entries):  # else a merger may lead to one that was not read
        for entry, fact in read:
            _merged(entry, fact, facts)
    return facts


def _team(entry: TomlValue) -> TeamFact | None:
    keys = entry.table((*TEXTS, *DAYS))
    team, locality, name, into = (keys[key].text() if key in keys else None for key in TEXTS)
    first, last = (keys[key].day() if key in keys else None for key in DAYS)
    if not isinstance(entry.value, dict):
        return None
    for key, remedy in NEEDED.items():
        if key not in keys:
            entry.fault(f"'{key}' is missing: {remedy}")
    if not _dated(keys, first, last) or team is None or locality is None:
        return None
    return TeamFact(team, locality, first, last, name, into)


def _dated(keys: dict[str, TomlValue], first: date | None, last: date | None) -> bool:
    """Return whether the dates of an entry make sense together; a fault if not."""
    if last and last > LAST:
        keys["until"].fault(f"'until' is after {LAST.year}: leave it out while the team is there")
    elif first and last and last < first:
        keys["until"].fault("'until' is before 'from': give the last day the team existed")
    elif "into" in keys and "until" not in keys:
        keys["into"].fault("'into' without 'until': give also the last day before the team was merged")
    else:
        return True
    return False


def _apart(entry: TomlValue, fact: TeamFact, before: Teams) -> bool:
    """Return whether no fact *before* speaks of the same team on the same day; a fault if one does."""
    other = next((other for other in before if other.overlaps(fact)), None)
    if other is not None:
        both = max(other.first or date.min, fact.first or date.min)
        when = f"on {both}" if both > date.min else "from the beginning"
        entry.fault(f"'{fact.team}' has two entries {when}: end one of them the day before the other begins")
    return other is None


def _merged(entry: TomlValue, fact: TeamFact, facts: Teams) -> None:
    """Note a fault where the cases of a merged team would stand nowhere."""
    if fact.into is None or fact.last is None:
        return
    into, after = entry.table()["into"], fact.last + timedelta(days=1)
    try:
        if fact.into not in told_teams(facts):
            into.fault(f"there is no team '{fact.into}': {_other_team(fact.into, facts)}")
        elif locality_at(facts, fact.team, after) == UNKNOWN:
            into.fault(f"'{fact.into}' is not there on {after}: mend its dates, or name the team that took the cases")
    except MergedInCircles as exc:
        into.fault(f"{exc}: name the team that holds the cases now")


def _other_team(into: str, facts: Teams) -> str:
    """Return the remedy for the name of a team that has no entry."""
    renamed = next((fact.team for fact in facts if fact.name == into), None)
    if renamed:
        return f"name it as events tell it, '{renamed}'"
    return meant(into, told_teams(facts), "give it an entry of its own")
