"""The few shapes that carry every measure. A shape reads a life and yields signed cells; it reacts to nothing."""

from metrics.rules.teams import UNKNOWN
from metrics.shapes.clock import Clock
from metrics.shapes.count import Count
from metrics.shapes.laps import Lap, Naming, SameRecord
from metrics.shapes.part import Breakdown, Part, Value, code, each, sector, told
from metrics.shapes.spells import Spells

__all__ = [
    "UNKNOWN",
    "Breakdown",
    "Clock",
    "Count",
    "Lap",
    "Naming",
    "Part",
    "SameRecord",
    "Spells",
    "Value",
    "code",
    "each",
    "sector",
    "told",
]
