"""The one sentence of a board: the most urgent that is true, by a fixed order.

Late now, due today, far more than usual, nothing. Late comes first where the front door itself can still decide it. The
conferences that are late and the assessments past day 45 are hundreds in some places, every day, and have tiles of
their own: they are the sentence only where it would else say that all is well.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from metrics.exposition.boards.arrivals import Arrivals

Kind = Literal["late", "due_today", "arrivals", "nothing", "none_loaded"]


class Due(NamedTuple):
    """How many of something are due today, and how many are late."""

    today: int
    late: int


class Lead(msgspec.Struct, frozen=True):
    """What kind of sentence it is, the number in it, and the sentence."""

    kind: Kind
    n: int
    text: str


def lead(enquiries: Due, assessments: Due, conferences: Due, arrivals: Arrivals, loaded: bool) -> Lead:
    """Return the sentence; *loaded*: anything that it could be about has ever been sent."""
    if not loaded:
        return Lead("none_loaded", 0, "No enquiries or assessments loaded")
    every = _sentences(enquiries, assessments, conferences, arrivals)
    return next(every, Lead("nothing", 0, "Nothing is due today"))


def _sentences(enquiries: Due, assessments: Due, conferences: Due, arrivals: Arrivals) -> Iterator[Lead]:
    if n := enquiries.late:
        yield Lead("late", n, _counted(n, "enquiry is late", "enquiries are late"))
    if n := enquiries.today:
        yield Lead("due_today", n, _counted(n, "enquiry", "enquiries") + " must be decided today")
    if n := conferences.today:
        yield Lead("due_today", n, _counted(n, "conference is", "conferences are") + " due today")
    if n := assessments.today:
        yield Lead("due_today", n, _counted(n, "assessment reaches", "assessments reach") + " day 45 today")
    if arrivals.far and arrivals.more:
        yield Lead("arrivals", arrivals.more, f"{arrivals.more:,} more enquiries than usual by now")
    if n := conferences.late:
        yield Lead("late", n, _counted(n, "conference is late", "conferences are late"))
    if n := assessments.late:
        yield Lead("late", n, _counted(n, "assessment is", "assessments are") + " past day 45")


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
