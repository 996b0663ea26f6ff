"""How many children live in an authority: the mid-year estimates of the Office for National Statistics."""

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple


class Estimate(NamedTuple):
    """Children aged 0 to 17 at the middle of a *year*."""

    year: int
    children: int


def population(authority: str, day: date, own: Mapping[int, int]) -> Estimate | None:
    """Return the estimate that rates at *day* are per: of the year in which its financial year begins.

    Where there is none of that year it is the latest before it, and where there is none before it, None. *own* is what
    the authority sets, and goes before what is published, under whichever code. (rules 1.11: 2017-18 is per mid-2017.)
    """
    wanted = day.year if day.month >= 4 else day.year - 1
    known = {**estimates(authority), **own}
    year = max((year for year in known if year <= wanted), default=None)
    return None if year is None else Estimate(year, known[year])


@lru_cache(maxsize=1024)
def estimates(authority: str) -> Mapping[int, int]:
    """Return the published estimates of an authority by year, of years under another code of the same place too."""
    codes, known = [authority], published()
    for code in codes:  # it grows while it is read
        codes += [other for other in successions().get(code, ()) if other not in codes]
    return {year: children for code in reversed(codes) for year, children in known.get(code, {}).items()}


@lru_cache(maxsize=1)
def published() -> Mapping[str, Mapping[int, int]]:
    """Return the published estimates by authority and year."""
    found: dict[str, dict[int, int]] = {}
    for row in _rows("population.csv"):
        found.setdefault(row["authority"], {})[int(row["year"])] = int(row["children"])
    return found


@lru_cache(maxsize=1)
def successions() -> Mapping[str, tuple[str, ...]]:
    """Return the codes that were of the same place just before or after each code: one for one, no split, no merger."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows("successions.csv"):
        before, after = row["before"], row["after"]
        found[before] = (*found.get(before, ()), after)
        found[after] = (*found.get(after, ()), before)
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    with files("metrics.figures.reference").joinpath(name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)
