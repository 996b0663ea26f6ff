"""Wexshire: a made-up county, of the size and habits of the county whose report we follow.

No authority has its code, no town its postcode area, and nobody its teams.
"""

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

MADE_UP_AUTHORITY = "X99999901"
NAME = "Wexshire"
SOURCE = "simulator"
CHILDREN = 143_525  # aged 0 to 17: Devon's by the mid-year estimate of 2017 (Office for National Statistics)


class World(NamedTuple):
    """A made-up authority: its seed, the number of children there, and its code. Equal worlds are one story."""

    seed: int = 1
    children: int = CHILDREN
    authority: str = MADE_UP_AUTHORITY

    @property
    def name(self) -> str:
        """The name that every draw of this world starts with."""
        return f"{self.authority}/{self.seed}/{self.children}"


FRONT_DOOR = "Front door"
DUTY = "Emergency duty"
ADOPTION = "Adoption"


class Locality(NamedTuple):
    """A part of the county, and its share of the whole."""

    name: str
    share: float


LOCALITIES = (Locality("Northern", 0.21), Locality("Coast", 0.33), Locality("Moor", 0.19), Locality("Vale", 0.27))
SECTORS_PER_LOCALITY = 12  # postcode sectors in each locality

# How many teams of a kind each locality has.
TEAMS_PER_LOCALITY = {"assessment": 2, "safeguarding": 5, "permanence": 2, "disabled children": 1, "leaving care": 1}


def team(kind: str, sector: int) -> str:
    """Return the team of a kind that works in a postcode sector."""
    locality, place = divmod(sector, SECTORS_PER_LOCALITY)
    number = place % TEAMS_PER_LOCALITY[kind] + 1
    return f"{LOCALITIES[locality].name} {kind}{f' {number}' if TEAMS_PER_LOCALITY[kind] > 1 else ''}"


def teams() -> tuple[tuple[str, str], ...]:
    """Return every team with its locality."""
    every = [(FRONT_DOOR, NAME), (DUTY, NAME), (ADOPTION, NAME)]
    for index, locality in enumerate(LOCALITIES):
        for kind, number in TEAMS_PER_LOCALITY.items():
            every += ((team(kind, index * SECTORS_PER_LOCALITY + n), locality.name) for n in range(number))
    return tuple(every)


@lru_cache(maxsize=1)
def _sectors() -> tuple[float, ...]:
    # Some sectors have far more cases than others: the k-th of a locality has a share of 1/(k + 2).
    return tuple(accumulate(locality.share / (n + 2) for locality in LOCALITIES for n in range(SECTORS_PER_LOCALITY)))


def sector(random: Random) -> int:
    """Return a postcode sector; more often one with many cases."""
    sums = _sectors()
    return min(bisect_right(sums, random.random() * sums[-1]), len(sums) - 1)


def postcode(sector: int) -> str:
    """Return a sector as it is written."""
    district, place = divmod(sector, 5)
    return f"WX{district + 1} {place + 1}"


# The codes of the census: police, schools, family, health, other council services, anonymous, unknown.
SOURCES = (
    ("6", 0.3),
    ("2A", 0.19),
    ("1A", 0.09),
    ("1B", 0.04),
    ("1C", 0.02),
    ("2B", 0.03),
    ("3A", 0.03),
    ("3B", 0.03),
    ("3D", 0.04),
    ("3E", 0.02),
    ("4", 0.02),
    ("5A", 0.04),
    ("5B", 0.03),
    ("5C", 0.03),
    ("7", 0.02),
    ("8", 0.02),
    ("9", 0.03),
    ("10", 0.02),
)
