"""The one sentence of a board: the most urgent that is true, by the order in which the board declares its sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from metrics.exposition.boards.view import ShownFigure, count_of, counts_by_day

Urgency = Literal["late", "due_today", "arrivals"]


@dataclass(frozen=True)
class Sentence:
    """A sentence about a number, which stands before the words for *one* or for *many*.

    *of* is the figure that the number is of: how many are late, or how many are due on the board's day. Where the
    sentence is about arrivals, *of* is the drawing, and the number is how many more there are than usual.
    """

    urgency: Urgency
    of: str
    one: str
    many: str

    def text(self, n: int) -> str:
        """Return the sentence about *n*."""
        return f"{n:,} {self.one if n == 1 else self.many}"


@dataclass(frozen=True)
class Sentences:
    """Sentences, the most urgent first; *nothing* is said if none is true, *none_loaded* if nothing was ever sent."""

    by_urgency: tuple[Sentence, ...]
    nothing: str
    none_loaded: str


class SentenceCounts(NamedTuple):
    """The numbers that sentences are about: late and due today by figure, more than usual by drawing."""

    late: Mapping[str, int]
    due_today: Mapping[str, int]
    arrivals: Mapping[str, int]


class Lead(msgspec.Struct, frozen=True):
    """What kind of sentence it is, the number in it, and the sentence."""

    kind: Literal[Urgency, "nothing", "none_loaded"]
    n: int
    text: str


def lead(sentences: Sentences, counts: SentenceCounts, loaded: bool) -> Lead:
    """Return the sentence; *loaded*: anything that it could be about has ever been sent."""
    if not loaded:
        return Lead("none_loaded", 0, sentences.none_loaded)
    for sentence in sentences.by_urgency:
        if n := _count(sentence, counts):
            return Lead(sentence.urgency, n, sentence.text(n))
    return Lead("nothing", 0, sentences.nothing)


def _count(sentence: Sentence, counts: SentenceCounts) -> int:
    match sentence.urgency:
        case "late":
            return counts.late[sentence.of]
        case "due_today":
            return counts.due_today[sentence.of]
        case "arrivals":
            return counts.arrivals.get(sentence.of, 0)  # not drawn where nothing was ever sent


def counts_for(
    sentences: Sentences, figures: Mapping[str, ShownFigure], more_than_usual: Mapping[str, int], today: date
) -> SentenceCounts:
    """Return the numbers that *sentences* are about."""
    late = (sentence.of for sentence in sentences.by_urgency if sentence.urgency == "late")
    due = (sentence.of for sentence in sentences.by_urgency if sentence.urgency == "due_today")
    return SentenceCounts(
        late={name: count_of(figures[name]) for name in late},
        due_today={name: counts_by_day(figures[name]).get(today, 0) for name in due},
        arrivals=more_than_usual,
    )
