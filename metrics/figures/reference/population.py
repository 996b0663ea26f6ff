"""How many children live in an authority: the mid-year estimates of the Office for National Statistics."""

import csv
from collections.abc import Mapping
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
    the authority sets, and goes before what is published. (rules 1.11: 2017-18 is per mid-2017.)
    """
    wanted = day.year if day.month >= 4 else day.year - 1
    known = {**published().get(authority, {}), **own}
    year = max((year for year in known if year <= wanted), default=None)
    return None if year is None else Estimate(year, known[year])


@lru_cache(maxsize=1)
def published() -> Mapping[str, Mapping[int, int]]:
    """Return the published estimates by authority and year."""
    found: dict[str, dict[int, int]] = {}
    with files("metrics.figures.reference").joinpath("population.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["authority"], {})[int(row["year"])] = int(row["children"])
    return found
