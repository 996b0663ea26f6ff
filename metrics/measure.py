"""A measure: one frozen declaration, from which every face of it follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from metrics.shapes import Part
from metrics.windows import FLOW_WINDOWS

Kind = Literal["count", "quotient", "rate", "distribution", "age"]
Polarity = Literal["high_is_good", "low_is_good", "neither"]


@dataclass(frozen=True)
class Source:
    """On whose authority a measure is what it is, and the day that somebody last read it."""

    title: str
    read_on: date


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is counted, out of what, over which window, against which target.

    A stock has the one window `now`; a flow names its default among `windows`. By kind: a *count* has a numerator
    alone, a *quotient* also a denominator; a *rate* is per 10,000 children; a *distribution* counts children by the
    *bands* of its first breakdown, and *weighed* sums their numbers for the mean; an *age* is how long the longest
    has lasted.
    """

    name: str
    title: str
    definition: str
    kind: Kind
    unit: str
    numerator: Part
    source: Source
    denominator: Part | None = None
    weighed: Part | None = None
    bands: tuple[str, ...] = ()
    window: str = "now"
    by: tuple[str, ...] = ()  # the breakdowns that it may be divided by, besides its team
    polarity: Polarity = "neither"
    target: float | None = None
    beside: Mapping[str, Part] = field(default_factory=dict, hash=False)  # what is not in the figure yet

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows that it may be asked over, besides `last_N_days` for a flow."""
        return ("now",) if self.numerator.stock else FLOW_WINDOWS

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part that it sums."""
        return tuple(part for part in (self.numerator, self.denominator, self.weighed, *self.beside.values()) if part)
