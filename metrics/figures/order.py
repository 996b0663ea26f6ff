"""The order in which people list values of breakdowns: bands from low to high, days by date, Team 2 before Team 10."""

import re
from collections.abc import Callable
from functools import lru_cache

from metrics.figures.question import Key
from metrics.measure import Measure
from metrics.rules.teams import UNKNOWN

Rank = tuple[int, int, tuple[tuple[bool, int, str], ...]]

_NUMBER = re.compile(r"(\d+)")


def in_order(measure: Measure, names: Key) -> Callable[[Key], tuple[Rank, ...]]:
    """Return what keys, values of the breakdowns *names*, are sorted by."""
    orders = tuple(breakdown.order if (breakdown := measure.breakdowns.get(name)) else () for name in names)
    return lambda key: tuple(_rank(value, order) for value, order in zip(key, orders, strict=True))


@lru_cache(maxsize=10_000)
def _rank(value: str, order: tuple[str, ...]) -> Rank:
    """Return where *value* stands: as declared, else after those that are; `unknown` last."""
    place = order.index(value) if value in order else len(order)
    return int(value == UNKNOWN), place, tuple(_natural(value))


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """Return *text* in pieces, so that a number in it counts as a number."""
    pieces = _NUMBER.split(text)
    return [(n % 2 == 0, int(piece) if n % 2 else 0, piece.casefold()) for n, piece in enumerate(pieces) if piece] + [
        (False, 0, text)
    ]
