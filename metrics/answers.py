"""Questions put in words, and answers as CONTRACT 3 has them: one place for the command, the API and the boards."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from events.time import LONDON, moment_of
from metrics.catalogue import MEASURES, measure_named
from metrics.figures import PLACES, USUAL, Answer, Question, figures
from metrics.fold import Authority
from metrics.measure import Measure
from metrics.rules import Rules
from metrics.sums import Sums
from metrics.teams import told_teams
from metrics.windows import At

Ask = Callable[[At], Question]  # a question, but for its moment


class UnknownPlace(ValueError):
    """Asked for a team or a locality that nobody has told of."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no {kind} {name!r}: there are {', '.join(known) or 'none yet'}")


def chosen(names: Iterable[str]) -> list[Measure]:
    """Return the measures called *names*, or all of them where none is named. Raises UnknownMeasure."""
    return [measure_named(name) for name in names] or list(MEASURES)


def answer(
    found: Mapping[str, tuple[Authority, Sums]],
    asks: Sequence[Ask],
    moments: Sequence[At],
    now: Callable[[str], datetime],
    catalogue: str,
    rules: Callable[[str], Rules] = lambda _: USUAL,
) -> Answer:
    """Return the figures of the authorities *found* that answer *asks* at *moments*.

    Without moments each authority answers at its own *now*: a made-up one may have a clock of its own. `as_of` is the
    last moment, and never later than now. Raises UnknownBreakdown, UnknownWindow, UnknownPlace.
    """
    here = {name: At(now(name)) for name in found}
    asked = [(name, ask(at or here[name])) for at in moments or (None,) for ask in asks for name in found]
    for question in {(q.team, q.locality): q for _, q in asked}.values():
        _check_places(question, found, rules)
    complete = [authority.complete_to(here[name].moment) for name, (authority, _) in found.items()]
    known = [moment for moment in complete if moment is not None]
    latest = min((at.moment for at in here.values()), default=None)
    as_of = latest if not moments or latest is None else min(moments[-1].moment, latest)
    return Answer(
        as_of=moment_of(as_of).isoformat() if as_of is not None else now("").astimezone(LONDON).isoformat(),
        complete_to=min(known).astimezone(LONDON).isoformat() if known else None,
        catalogue=catalogue,
        simulated=any(authority.simulated for authority, _ in found.values()),
        figures=[figure for name, question in asked for figure in figures(found[name][1], name, question, rules(name))],
    )


def _check_places(
    question: Question, found: Mapping[str, tuple[Authority, Sums]], rules: Callable[[str], Rules]
) -> None:
    """Raise UnknownPlace for a team that nobody has told of: a slip of the keyboard, and no team without children."""
    places = {
        (team, locality)
        for name, (_, sums) in found.items()
        for told in {*sums.teams(), *told_teams(rules(name).teams)}
        for _, team, locality in rules(name).stretches(told)
    }
    asked = (("team", question.team, 0), ("locality", question.locality, 1))
    for kind, wanted, which in asked:
        known = sorted({place[which] for place in places})
        if wanted is not None and wanted not in known:
            raise UnknownPlace(kind, wanted, known)


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
        "bands": list(measure.bands),
        "target": measure.target,
        "polarity": measure.polarity,
        "beside": list(measure.beside),
        "source": {"title": measure.source.title, "read_on": measure.source.read_on.isoformat()},
    }
