"""Every measure there is. A new one is a declaration in one of these files, and one story beside it."""

from difflib import get_close_matches

from metrics.catalogue import assessments, front_door, looked_after, need, protection, referrals
from metrics.measure import Measure
from metrics.shapes import Part
from metrics.wrong_question import WrongQuestion

MEASURES: tuple[Measure, ...] = (
    *front_door.MEASURES,
    *referrals.MEASURES,
    *need.MEASURES,
    *assessments.MEASURES,
    *protection.MEASURES,
    *looked_after.MEASURES,
)

BY_NAME: dict[str, Measure] = {measure.name: measure for measure in MEASURES}

PARTS: tuple[Part, ...] = tuple(dict.fromkeys(part for measure in MEASURES for part in measure.parts))


class UnknownMeasure(WrongQuestion):
    """The question names a measure that does not exist."""

    def __init__(self, name: str) -> None:
        like = get_close_matches(name, BY_NAME, n=1)
        meant = f"did you mean {like[0]}? " if like else ""
        super().__init__(f"no measure {name!r}: {meant}`casepulse measures` and /v1/measures list them")


def measure_named(name: str) -> Measure:
    """Return the measure called *name*. Raises UnknownMeasure."""
    if name not in BY_NAME:
        raise UnknownMeasure(name)
    return BY_NAME[name]
