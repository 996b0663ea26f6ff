"""Questions at moments, and the envelope that their answers go in (contract 3)."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from datetime import date, datetime

from events.time import LONDON, moment_of
from metrics.figures.answers import Answers
from metrics.figures.figure import Answer, Figure
from metrics.figures.order import in_order
from metrics.figures.question import PLACES, Question
from metrics.measure import Measure
from metrics.printable import printable
from metrics.rules.teams import UNKNOWN
from metrics.windows import At
from metrics.wrong_question import WrongQuestion

Ask = Callable[[At], Question]  # a question, but for its moment


MAX_NAMED = 30  # values that an error lists


def _some(known: Sequence[str]) -> str:
    more = f" and {len(known) - MAX_NAMED:,} more" if len(known) > MAX_NAMED else ""
    return (", ".join(map(printable, known[:MAX_NAMED])) or "none yet") + more


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


class UnknownPlace(WrongQuestion):
    """The question names a team or a locality that nobody has told of."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no {kind} {name!r}: there are {_some(known)}")


class UnknownValue(WrongQuestion):
    """The question keeps to a value of a breakdown that is not declared, and that nobody has told of."""

    def __init__(self, measure: Measure, name: str, value: str, known: Sequence[str]) -> None:
        super().__init__(f"{measure.name} has no {name} {value!r}: there are {_some(known)}")


class Inquiry:
    """Questions to some answers, about some moments. Without moments each authority is asked about its own now."""

    def __init__(self, answers: Answers, moments: Sequence[At], now: Callable[[str], datetime]) -> None:
        self.answers = answers
        self._moments = moments
        earliest = min((answers.now(name).instant for name in answers.authorities), default=None)
        self._now = At(moment_of(earliest) if earliest is not None else now("").astimezone(LONDON))

    def at(self, moments: Sequence[At]) -> "Inquiry":
        """Return the same inquiry about other moments."""
        other = copy(self)
        other._moments = moments
        return other

    @property
    def today(self) -> date:
        """The day that it is, where that is the earliest."""
        return self._now.day

    @property
    def is_over(self) -> bool:
        """Whether all its moments are past, so that only later events can change the answer."""
        return bool(self._moments) and max(at.instant for at in self._moments) <= self._now.instant

    def questions(self, asks: Sequence[Ask]) -> list[tuple[str, Question]]:
        """Return each authority with a question to ask of it. Raises UnknownPlace, UnknownValue."""
        questions = [
            (name, ask(at or self.answers.now(name)))
            for at in self._moments or (None,)
            for ask in asks
            for name in self.answers.authorities
        ]
        for question in {id(question.measure): question for _, question in questions}.values():
            for name, value in (*question.places, *question.wanted.items()):
                self._check(question.measure, name, value)
        return questions

    def _check(self, measure: Measure, name: str, value: str) -> None:
        """Raise UnknownPlace or UnknownValue for what nobody told of: a slip of the keyboard, not a team with none."""
        names = self.answers.authorities
        if name in PLACES:
            of_authority = self.answers.teams if name == "team" else self.answers.localities
            places = {place for authority in names for place in of_authority(authority)}
            if value not in places:
                raise UnknownPlace(name, value, sorted(places))
        elif (breakdown := measure.breakdowns.get(name)) is not None and not (breakdown.dated and _is_day(value)):
            values = {value for authority in names for value in self.answers.values(authority, measure, name)}
            if value not in (measure.bands if name == "band" else values):
                shown = measure.bands or sorted(((it,) for it in values - {UNKNOWN}), key=in_order(measure, (name,)))
                raise UnknownValue(measure, name, value, [*map("".join, shown)])

    def figures(self, asks: Sequence[Ask]) -> Iterator[list[Figure]]:
        """Yield the figures that answer each question, one question at a time.

        Raises UnknownBreakdown, UnknownWindow, UnknownPlace, UnknownValue, WrongQuestion.
        """
        return (self.answers.figures(name, question) for name, question in self.questions(asks))

    def envelope(self, figures: list[Figure]) -> Answer:
        """Return *figures* in the envelope. It is true for the last moment, and never for one later than now."""
        answers = self.answers
        complete = [answers.completeness(name).complete_to(answers.now(name).instant) for name in answers.authorities]
        known = [moment for moment in complete if moment is not None]
        as_of = min((*self._moments[-1:], self._now), key=lambda at: at.instant)
        return Answer(
            as_of=moment_of(as_of.instant).isoformat(),
            complete_to=min(known).astimezone(LONDON).isoformat() if known else None,
            catalogue=answers.catalogue,
            simulated=any(answers.completeness(name).simulated for name in answers.authorities),
            figures=figures,
        )

    def answer(self, asks: Sequence[Ask]) -> Answer:
        """Return the whole answer to *asks*. Raises as `figures` does."""
        return self.envelope([figure for figures in self.figures(asks) for figure in figures])
