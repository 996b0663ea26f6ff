"""Chance that can be repeated: every draw comes from the seed and the name of its purpose."""

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

Alternative = TypeVar("Alternative")
GOLDEN = 0.6180339887498949  # its multiples, modulo 1, fill the unit interval evenly, however many are taken
SILVER = 0.7548776662466927  # so do these, and not in step with the first


def name(*what: object) -> str:
    """Return a name for *what*, always the same: the id of a telling, the pseudonym of a child."""
    return blake2b("/".join([str(part) for part in what]).encode(), digest_size=8).hexdigest()


def dealt(random: Random, n: int) -> list[float]:
    """Return *n* numbers of the unit interval, one from each n-th part of it, shuffled.

    So a month has the usual number of each outcome, give or take one, and only who has it is chance. A month of single
    throws of a die would stray from a published rate by several parts in a hundred.
    """
    numbers = [(i + random.random()) / n for i in range(n)]
    random.shuffle(numbers)
    return numbers


def evenly(index: int, by: float = GOLDEN) -> float:
    """Return a number of the unit interval for *index*. Those of successive indices are spread evenly."""
    return (index + 0.5) * by % 1


def whole(random: Random, least: int, most: int) -> int:
    """Return a whole number from *least* to *most*, both included. Three times as quick as `randint`."""
    return least + int(random.random() * (most - least + 1))


def rounded(random: Random, expected: float) -> int:
    """Return one of the two whole numbers around *expected*, so that the average is *expected*."""
    return int(expected + random.random())


class Odds(Generic[Alternative]):
    """Alternatives, each with its weight."""

    def __init__(self, *odds: tuple[Alternative, float]) -> None:
        self._alternatives: Sequence[Alternative] = [alternative for alternative, _ in odds]
        self._sums = list(accumulate(weight for _, weight in odds))

    def at(self, share: float) -> Alternative:
        """Return the alternative at *share*, from 0 to 1, of all the weight."""
        return self._alternatives[min(bisect_right(self._sums, share * self._sums[-1]), len(self._alternatives) - 1)]

    def draw(self, random: Random) -> Alternative:
        """Return an alternative, each as likely as its weight says."""
        return self.at(random.random())
