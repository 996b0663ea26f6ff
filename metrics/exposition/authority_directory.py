"""What the server asks about an authority: what time it is there, what it is called, by which rules it counts.

A made-up authority may have a clock of its own; time is an argument everywhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from metrics.rules.rules import Rules, usual_rules


@dataclass(frozen=True)
class AuthorityDirectory:
    """How to ask about an authority by its code. *speed*: seconds of its clock to one of ours."""

    now: Callable[[str], datetime]
    speed: Callable[[str], float]
    name: Callable[[str], str]
    rules: Callable[[str], Rules] = lambda _: usual_rules()
