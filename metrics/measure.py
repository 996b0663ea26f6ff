"""A measure: one frozen declaration, from which every face of it follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from metrics.shapes import Breakdown, Part
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
    has lasted. *beside* is what is not in the figure yet, by name; *lacking* what cannot be in it for want of a record
    or a field, named only where there is any.
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
    beside: Mapping[str, Part] = field(default_factory=dict, hash=False)
    lacking: Mapping[str, Part] = field(default_factory=dict, hash=False)
    looks_back: int = 0  # months before its window, or before the moment of a stock, that matter too

    @property
    def windows(self) -> tuple[str, ...]:
        """The windows that it may be asked over, besides `last_N_days` for a flow."""
        return ("now",) if self.numerator.stock else FLOW_WINDOWS

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part that it sums."""
        aside = (*self.beside.values(), *self.lacking.values())
        return tuple(part for part in (self.numerator, self.denominator, self.weighed, *aside) if part)

    @property
    def team(self) -> str:
        """Which team a figure by team is of, in words: two figures side by side may mean two."""
        part = self.denominator or self.numerator
        if part.stock:
            return "the team that has the case at that moment"
        if part.moves:
            return "the team that stopped the clock in time; of the late, the team that had the case then"
        of_open = any(part.stock for part in self.beside.values())
        besides = "; what is open stands under the team that has the case" if of_open else ""
        return f"the team of the event that is counted, as who received or authorised it{besides}"

    @cached_property
    def breakdowns(self) -> Mapping[str, Breakdown]:
        """Its breakdowns by name, besides those of place; of a distribution its bands too."""
        names = (*self.by, "band") if self.bands else self.by
        found = {breakdown.name: breakdown for part in reversed(self.parts) for breakdown in part.by}
        return {name: found[name] for name in names}
