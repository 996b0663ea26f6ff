"""What Prometheus calls our figures, and how many series there may be (contract 6)."""

from collections.abc import Callable, Mapping

from metrics.catalogue import MEASURES
from metrics.figures.figure import Figure
from metrics.figures.question import PLACES
from metrics.measure import Kind, Measure

LABELS = ("authority", "locality", "team")
SECONDS_PER_HOUR = 3600
MAX_SERIES = 10_000  # of one scrape
OWN_SERIES = 10  # kept free for the machine's own

Detail = tuple[str, ...] | None  # what a measure is divided by; None: it is not shown
NumbersByEnding = Mapping[str, Callable[[Figure], float | None]]  # by ending of the name; None is no series

SHOWN: dict[Kind, NumbersByEnding] = {
    "count": {"": lambda figure: figure.numerator},
    "quotient": {"_numerator": lambda figure: figure.numerator, "_denominator": lambda figure: figure.denominator},
    "rate": {"_numerator": lambda figure: figure.numerator, "_denominator": lambda figure: figure.denominator},
    "distribution": {"": lambda figure: figure.numerator if "band" in figure.by else None},
    "age": {"_seconds": lambda figure: None if figure.value is None else figure.value * SECONDS_PER_HOUR},
}


def name_of(measure: Measure, ending: str) -> str:
    """Return the name of the series of *measure* with that *ending*."""
    return f"casepulse_{measure.name}{ending}"


def labels_of(measure: Measure) -> tuple[str, ...]:
    """Return the labels of every series of *measure*."""
    return (*LABELS, "band") if measure.bands else LABELS


def details(places: Mapping[str, int], others: int) -> dict[str, Detail]:
    """Return how each measure is divided, so that there are at most MAX_SERIES series, *others* among them.

    *places* is how many places each authority has. Measures are divided by team as long as there is room for every
    place that a team ever had, so that the division does not change with the figures. Else the measures with most
    series are shown for whole authorities, and if that is not enough, not at all.
    """
    detail: dict[str, Detail] = {measure.name: PLACES for measure in MEASURES}
    room = MAX_SERIES - OWN_SERIES - others
    by_size = sorted(MEASURES, key=lambda measure: (-_series_each(measure), measure.name))
    many, few = sum(max(n, 1) + 1 for n in places.values()), len(places)
    needed = sum(_series_each(measure) for measure in MEASURES) * many
    for shown, spared in (((), many - few), (None, few)):
        for measure in by_size:
            if needed <= room:
                return detail
            detail[measure.name] = shown
            needed -= _series_each(measure) * spared
    return detail


def _series_each(measure: Measure) -> int:
    """Return how many series a measure has in one place."""
    return len(measure.bands) or len(SHOWN[measure.kind])
