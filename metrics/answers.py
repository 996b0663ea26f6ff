"""Questions put in words, and answers as CONTRACT 3 has them: one place for the command, the API and the boards."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from events.time import LONDON, instant, moment_of
from metrics.catalogue import MEASURES, measure_named
from metrics.figures import Answer, Question, figures
from metrics.fold import Authority
from metrics.measure import Measure
from metrics.sums import Sums


def chosen(names: Iterable[str]) -> list[Measure]:
    """Return the measures called *names*, or all of them where none is named. Raises UnknownMeasure."""
    return [measure_named(name) for name in names] or list(MEASURES)


def answer(
    found: Mapping[str, tuple[Authority, Sums]], questions: Iterable[Question], now: datetime, catalogue: str
) -> Answer:
    """Return the figures of the authorities *found* that answer *questions*, in order.

    `as_of` is the moment of the last question, and never later than *now*. Raises UnknownBreakdown, UnknownWindow.
    """
    asked = list(questions)
    moments = [min(question.at.moment, instant(now)) for question in asked]
    complete = [authority.complete_to(instant(now)) for authority, _ in found.values()]
    known = [moment for moment in complete if moment is not None]
    return Answer(
        as_of=moment_of(moments[-1]).isoformat() if moments else now.astimezone(LONDON).isoformat(),
        complete_to=min(known).astimezone(LONDON).isoformat() if known else None,
        catalogue=catalogue,
        simulated=any(authority.simulated for authority, _ in found.values()),
        figures=[f for question in asked for name, (_, sums) in found.items() for f in figures(sums, name, question)],
    )


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
        "by": [*measure.by, "team"],
        "target": measure.target,
        "polarity": measure.polarity,
        "beside": list(measure.beside),
        "source": {"title": measure.source.title, "read_on": measure.source.read_on.isoformat()},
    }
