"""What time it is for an authority. A made-up one may have a clock of its own; time is an argument everywhere else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Clocks:
    """How the server asks for the time. *speed*: authority seconds to one of ours."""

    now: Callable[[str], datetime]
    speed: Callable[[str], float]
    name: Callable[[str], str]
