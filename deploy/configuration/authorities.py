"""`authority.toml`: what each authority sets, read and checked as a whole, and turned into its rules."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, time
from pathlib import Path

from deploy.configuration.teams import read_teams
from deploy.configuration.toml_file import TomlFile, TomlValue, Unreadable, meant
from events.office_hours import USUAL_HOURS, WEEKDAYS, DayHours, Hours
from events.working_days import FIRST, LAST, SATURDAY, calendar
from metrics.rules.rules import Parameters, Rules, RulesByAuthority

DEFAULT = Path("authority.toml")
WEXSHIRE = Path(__file__).parents[1] / "wexshire.toml"  # what the made-up authority of a demonstration sets
AUTHORITY = re.compile(r"[A-Z][0-9]{8}")
OPENING = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
YEAR = re.compile(r"[0-9]{4}")
MAX_COUNT = 1_000_000_000  # of anything that is counted
MIN_DUE_DAYS, MAX_DUE_DAYS = 1, 90  # working days ahead that something may be called due

PARAMETERS = {parameter.name: parameter.type for parameter in fields(Parameters)}
KEYS = ("name", "extra_closure_days", *PARAMETERS, "office_hours", "targets", "population", "teams")


class AuthoritiesUnreadable(Unreadable):
    """`authority.toml` cannot be used as it is: one line for each fault, with the remedy."""


def read_authorities(path: Path | None, units: Mapping[str, str]) -> RulesByAuthority:
    """Return the rules that the file at *path* sets; *units* gives every measure's name and the unit of its value.

    None is `authority.toml` in this folder or, where there is none, the default rules for all.
    Raises AuthoritiesUnreadable.
    """
    if path is None and not DEFAULT.exists():
        return RulesByAuthority()
    document = TomlFile(path or DEFAULT)
    try:
        sections = tuple((name, _rules(section, units)) for name, section in _sections(document.whole))
        document.refuse()
    except Unreadable as exc:
        raise AuthoritiesUnreadable(str(exc)) from exc
    return RulesByAuthority(sections)


def with_wexshire(rules: RulesByAuthority, units: Mapping[str, str]) -> RulesByAuthority:
    """Return *rules* and, where they do not name it, those that the made-up authority of a demonstration comes with."""
    own = read_authorities(WEXSHIRE, units).sections
    return RulesByAuthority((*rules.sections, *(section for section in own if section[0] not in rules.named)))


def _sections(whole: TomlValue) -> Iterator[tuple[str, TomlValue]]:
    for name, section in whole.table().items():
        if not isinstance(section.value, dict):
            section.fault("stands outside any section: put it under that of its authority, as [E10000008]")
        elif AUTHORITY.fullmatch(name):
            yield name, section
        else:
            section.fault("is no authority: name it by its ONS code, a capital letter and eight digits, as [E10000008]")


def _rules(section: TomlValue, units: Mapping[str, str]) -> Rules:
    keys = section.table(KEYS)
    return Rules(
        days=calendar(frozenset(_closures(keys["extra_closure_days"]) if "extra_closure_days" in keys else ())),
        parameters=_parameters(keys),
        hours=_hours(keys["office_hours"]) if "office_hours" in keys else USUAL_HOURS,
        targets=dict(_targets(keys["targets"], units)) if "targets" in keys else {},
        teams=read_teams(keys["teams"]) if "teams" in keys else (),
        population=dict(_population(keys["population"])) if "population" in keys else {},
        name=keys["name"].text() if "name" in keys else None,
    )


def _closures(days: TomlValue) -> Iterator[date]:
    for spot in days.items():
        day = spot.day()
        if day and FIRST <= day <= LAST:
            yield day
        elif day:
            spot.fault(f"{day} is outside the calendar, {FIRST.year} to {LAST.year}: mend the year, or leave it out")


def _parameters(keys: Mapping[str, TomlValue]) -> Parameters:
    given = {name: _parameter(keys[name], kind) for name, kind in PARAMETERS.items() if name in keys}
    return Parameters(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def _parameter(spot: TomlValue, kind: object) -> float | None:
    if kind is bool:
        return spot.flag()
    assert kind is int, "a parameter of another type needs its own way of being read"
    return spot.number(int, MIN_DUE_DAYS, MAX_DUE_DAYS, f"{MIN_DUE_DAYS} to {MAX_DUE_DAYS} working days")


def _hours(hours: TomlValue) -> Hours:
    days = hours.table(WEEKDAYS)
    if hours.value == {}:
        hours.fault("the office is never open: give the days on which it is, or leave the table out")
    for name in WEEKDAYS[SATURDAY:]:
        if name in days:
            days.pop(name).fault("is never a working day, so no hour of it counts: leave it out")
    return Hours(tuple(_opening(days[name]) if name in days else None for name in WEEKDAYS))


def _opening(spot: TomlValue) -> DayHours | None:
    if not spot.is_a(str):
        return None
    match = OPENING.fullmatch(str(spot.value))
    if match is None:
        spot.fault('is not understood: write hours as "09:00-17:00", and leave out a day that is closed')
        return None
    opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if opens < closes:
        return opens, closes
    spot.fault("does not open before it closes: give the opening first, both on the same day")
    return None


def _targets(targets: TomlValue, units: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for name, spot in targets.table().items():
        if name not in units:
            spot.fault(f"there is no such measure: {meant(name, units, '`casepulse measures` lists them')}")
        elif (target := _target(spot, units[name])) is not None:
            yield name, float(target)


def _target(spot: TomlValue, unit: str) -> float | None:
    if unit == "ratio":
        return spot.number(float, 0, 1, "0 to 1, as 0.85 for 85 %")
    return spot.number(float, 0, MAX_COUNT, f"0 or more {unit.replace('_', ' ')}")


def _population(years: TomlValue) -> Iterator[tuple[int, int]]:
    for year, spot in years.table().items():
        if not YEAR.fullmatch(year) or not FIRST.year <= int(year) <= LAST.year:
            spot.fault(f"is no year: name that of the mid-year estimate, {FIRST.year} to {LAST.year}")
        elif children := spot.number(int, 1, MAX_COUNT, "the number of children aged 0 to 17"):
            yield int(year), int(children)
