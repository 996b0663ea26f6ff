"""The catalogue in words: measures by name, and what each declares."""

from collections.abc import Sequence

from metrics.catalogue import MEASURES, measure_named
from metrics.figures.question import PLACES
from metrics.measure import Measure


def chosen(names: Sequence[str]) -> list[Measure]:
    """Return the measures called *names*, or all of them where none is named. Raises UnknownMeasure."""
    return [measure_named(name) for name in names] or list(MEASURES)


def described(measure: Measure) -> dict[str, object]:
    """Return a measure as `casepulse measures --json` and `/v1/measures` give it."""
    return {
        "name": measure.name,
        "title": measure.title,
        "definition": measure.definition,
        "kind": measure.kind,
        "unit": measure.unit,
        "window": measure.window,
        "windows": [*measure.windows, *([] if measure.numerator.stock else ["last_N_days"])],
        "by": [*measure.by, *PLACES],
        "team": measure.team,
        "bands": list(measure.bands),
        "target": measure.target,
        "polarity": measure.polarity,
        "beside": [*measure.beside, *measure.lacking],
        "source": {"title": measure.source.title, "read_on": measure.source.read_on.isoformat()},
    }
