"""What the server asks about an authority: what time it is there, what it is called, by which rules it counts.

A made-up one may have a clock of its own; time is an argument everywhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from metrics.figures.evaluate import USUAL
from metrics.rules.rules import Rules


@dataclass(frozen=True)
class AuthorityDirectory:
    """How the server asks. *speed*: authority seconds to one of ours."""

    now: Callable[[str], datetime]
    speed: Callable[[str], float]
    name: Callable[[str], str]
    rules: Callable[[str], Rules] = lambda _: USUAL
