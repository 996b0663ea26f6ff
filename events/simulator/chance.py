"""Chance that can be repeated: every draw comes from the seed and the name of what it is for."""

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

Thing = TypeVar("Thing")
GOLDEN = 0.6180339887498949  # its multiples fill the unit interval evenly, however many are taken
SILVER = 0.7548776662466927  # the same, and not in step with the first


def name(*what: object) -> str:
    """Return what stands for *what*, always the same: the id of a telling, the pseudonym of a child."""
    return blake2b("/".join([str(one) for one in what]).encode(), digest_size=8).hexdigest()


def dealt(random: Random, n: int) -> list[float]:
    """Return *n* numbers of the unit interval, one from each n-th part of it, shuffled.

    Drawn like this, so many of a month have what is said to be usual as is usual, give or take one; who has it is
    chance. A month of single throws of a die would stray from a published rate by several parts in a hundred.
    """
    found = [(i + random.random()) / n for i in range(n)]
    random.shuffle(found)
    return found


def evenly(index: int, by: float = GOLDEN) -> float:
    """Return a number of the unit interval for the *index*-th of many, spread evenly over any stretch of indices."""
    return (index + 0.5) * by % 1


def whole(random: Random, least: int, most: int) -> int:
    """Return a whole number between the two, both included; three times as quick as `randint`."""
    return least + int(random.random() * (most - least + 1))


def rounded(random: Random, expected: float) -> int:
    """Return a whole number that is *expected* on average."""
    return int(expected + random.random())


class Odds(Generic[Thing]):
    """Things that may be, each with its weight."""

    def __init__(self, *odds: tuple[Thing, float]) -> None:
        self._things: Sequence[Thing] = [thing for thing, _ in odds]
        self._sums = list(accumulate(weight for _, weight in odds))

    def at(self, share: float) -> Thing:
        """Return the thing that stands at that share of all the weight."""
        return self._things[min(bisect_right(self._sums, share * self._sums[-1]), len(self._things) - 1)]

    def draw(self, random: Random) -> Thing:
        """Return one of them, each as likely as its weight says."""
        return self.at(random.random())
