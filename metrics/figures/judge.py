"""How a value stands to its target."""

from metrics.figures.figure import Status
from metrics.measure import Measure

NEAR_TARGET = 0.05  # a ratio within five points of its target is near it
FEWEST_TO_JUDGE = 10  # a percentage of fewer children is no ground for a judgement


def judge(measure: Measure, value: float | None, denominator: int | None, target: float | None) -> Status:
    """Return how *value* stands to *target*, by the polarity of *measure*."""
    if target is None or measure.polarity == "neither":
        return "no_target"
    if value is None or (measure.kind == "quotient" and denominator is not None and denominator < FEWEST_TO_JUDGE):
        return "too_few"
    # Rounded, as 0.9 - 0.85 is a little more than 0.05 in binary.
    short = round(target - value if measure.polarity == "high_is_good" else value - target, 9)
    if short <= 0:
        return "on_target"
    if short <= NEAR_TARGET:
        return "near_target"
    return "below_target" if measure.polarity == "high_is_good" else "above_target"
