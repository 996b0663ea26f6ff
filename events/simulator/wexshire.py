"""Wexshire: a county that is not, of the size and habits of the one whose report we follow.

Its code is none of the Office for National Statistics, its postcode area none of the Royal Mail's, its teams nobody's.
"""

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

AUTHORITY = "X99999901"
NAME = "Wexshire"
SOURCE = "simulator"
CHILDREN = 143_525  # aged 0 to 17: Devon's by the mid-year estimate of 2017 (Office for National Statistics)


class World(NamedTuple):
    """Which made-up authority: its code, its seed, and how many children live there. Equal worlds are one story."""

    seed: int = 1
    children: int = CHILDREN
    authority: str = AUTHORITY

    @property
    def name(self) -> str:
        """What every draw of this world is named after."""
        return f"{self.authority}/{self.seed}/{self.children}"


FRONT_DOOR = "Front door"
DUTY = "Emergency duty"
ADOPTION = "Adoption"


class Locality(NamedTuple):
    """A part of the county, and how much of it."""

    name: str
    share: float


LOCALITIES = (Locality("Northern", 0.21), Locality("Coast", 0.33), Locality("Moor", 0.19), Locality("Vale", 0.27))
SECTORS = 12  # postcode sectors in each locality

# How many teams of a kind each locality has.
KINDS = {"assessment": 2, "safeguarding": 5, "permanence": 2, "disabled children": 1, "leaving care": 1}


def team(kind: str, sector: int) -> str:
    """Return the team of a kind that works a sector."""
    locality, place = divmod(sector, SECTORS)
    number = place % KINDS[kind] + 1
    return f"{LOCALITIES[locality].name} {kind}{f' {number}' if KINDS[kind] > 1 else ''}"


def teams() -> tuple[tuple[str, str], ...]:
    """Return every team with the locality that it stands in."""
    found = [(FRONT_DOOR, NAME), (DUTY, NAME), (ADOPTION, NAME)]
    for index, locality in enumerate(LOCALITIES):
        for kind, number in KINDS.items():
            found += ((team(kind, index * SECTORS + n), locality.name) for n in range(number))
    return tuple(found)


@lru_cache(maxsize=1)
def _sectors() -> tuple[float, ...]:
    # Some sectors tell far more than others: the k-th of a locality has a share of 1/(k + 2).
    return tuple(accumulate(locality.share / (n + 2) for locality in LOCALITIES for n in range(SECTORS)))


def sector(random: Random) -> int:
    """Return some postcode sector, by how much comes from each."""
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
