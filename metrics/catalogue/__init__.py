"""Every measure there is. A new one is a declaration in one of these files, and one story beside it."""

from metrics.catalogue import assessments, front_door, looked_after
from metrics.measure import Measure
from metrics.shapes import Shape

MEASURES: tuple[Measure, ...] = (*front_door.MEASURES, *assessments.MEASURES, *looked_after.MEASURES)

BY_NAME: dict[str, Measure] = {measure.name: measure for measure in MEASURES}

SHAPES: tuple[Shape, ...] = tuple(dict.fromkeys(part.shape for measure in MEASURES for part in measure.parts))


class UnknownMeasure(ValueError):
    """Asked for a measure that there is not."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no measure {name!r}: `casepulse measures` lists them")


def measure_named(name: str) -> Measure:
    """Return the measure called *name*. Raises UnknownMeasure."""
    if name not in BY_NAME:
        raise UnknownMeasure(name)
    return BY_NAME[name]
