"""What a board asks, and of whom: one authority or one team of it, at one moment, out of one snapshot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from events.time import Instant
from metrics.catalogue import measure_named
from metrics.figures.answers import Answers
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.rules.rules import Rules
from metrics.windows import At

ShownFigure = Figure | list[Figure] | None  # a list where a figure is divided by breakdowns; None: being counted


@dataclass(frozen=True)
class BoardFigure:
    """A figure of a board: the question that it answers, and its *name* in the message (left out: the measure's)."""

    measure: str
    window: str | None = None
    by: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        """Raise UnknownMeasure where the catalogue has no such measure."""
        measure_named(self.measure)
        if not self.name:
            object.__setattr__(self, "name", self.measure)


@dataclass(frozen=True)
class BoardView:
    """What an authority (*name*), or one *team* of it, shows at a moment."""

    answers: Answers
    name: str
    team: str | None
    at: At

    @property
    def rules(self) -> Rules:
        return self.answers.rules(self.name)

    def figure(self, wanted: BoardFigure) -> ShownFigure:
        """Return one figure, or a list where it is divided by breakdowns; None while it is still to be counted."""
        measure = measure_named(wanted.measure)
        if not self.answers.is_counted(self.name, measure):
            return None
        question = Question(measure=measure, at=self.at, window=wanted.window, team=self.team, by=wanted.by)
        figures = self.answers.figures(self.name, question)
        return figures if wanted.by else figures[0]

    def count(self, measure: str, since: Instant, until: Instant) -> int:
        """Return how many of a flow there were in [*since*, *until*]."""
        return self.answers.count_between(self.name, measure_named(measure), since, until, self.team)

    def waiting(self, measure: str) -> dict[Instant, int]:
        """Return how many wait, by the instant since when; *measure* is of the kind age."""
        return self.answers.waiting(self.name, measure_named(measure), self.at, self.team)

    def was_ever_told(self, measure: str) -> bool:
        """Return whether anything of a flow was ever told, of any team."""
        return self.answers.was_ever_told(self.name, measure_named(measure))


def count_of(figure: ShownFigure) -> int:
    """Return the number of a figure that is not divided."""
    assert isinstance(figure, Figure)
    return figure.numerator or 0


def counts_by_day(figures: ShownFigure) -> Mapping[date, int]:
    """Return the numbers of a figure that is divided by the day on which something is due."""
    assert isinstance(figures, list)
    return {date.fromisoformat(figure.by["due_on"]): figure.numerator or 0 for figure in figures}


# Draws for one board from the figures of a tile, by the names that the tile knows them by.
Draw = Callable[[BoardView, Mapping[str, ShownFigure]], msgspec.Struct | None]
