"""What time it is for an authority. A made-up one may have a clock of its own; time is an argument everywhere else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Office:
    """Whether the office is open; while it is, when it closes; while it is not, when it opens next."""

    open: bool
    closes_at: datetime | None
    opens_at: datetime | None
    closed_at: datetime | None = None  # while closed: when it last closed


@dataclass(frozen=True)
class Clocks:
    """How the server asks for the time. *speed*: authority seconds to one of ours."""

    now: Callable[[str], datetime]
    speed: Callable[[str], float]
    office: Callable[[datetime], Office]
    name: Callable[[str], str]
