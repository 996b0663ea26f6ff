"""The one sentence of a board: the most urgent that is true, by a fixed order.

Late now, due today, far more than usual, nothing. Late is what the front door itself can still decide: the assessments
past day 45 and the conferences that are late are hundreds in some places, every day, and have tiles of their own.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from metrics.exposition.arrivals import Arrivals

Kind = Literal["late", "due_today", "arrivals", "nothing", "none_loaded"]


class Lead(msgspec.Struct, frozen=True):
    """What kind of sentence it is, the number in it, and the sentence."""

    kind: Kind
    n: int
    text: str


def lead(
    late: int, due_today: int, assessments_today: int, conferences_today: int, arrivals: Arrivals, loaded: bool
) -> Lead:
    """Return the sentence; *loaded*: anything that it could be about has ever been sent."""
    if not loaded:
        return Lead("none_loaded", 0, "No enquiries or assessments loaded")
    every = _sentences(late, due_today, assessments_today, conferences_today, arrivals)
    return next(every, Lead("nothing", 0, "Nothing is due today"))


def _sentences(late: int, due: int, assessments: int, conferences: int, arrivals: Arrivals) -> Iterator[Lead]:
    if late:
        yield Lead("late", late, _counted(late, "enquiry is late", "enquiries are late"))
    if due:
        yield Lead("due_today", due, _counted(due, "enquiry", "enquiries") + " must be decided today")
    if conferences:
        yield Lead("due_today", conferences, _counted(conferences, "conference is", "conferences are") + " due today")
    if assessments:
        yield Lead(
            "due_today", assessments, _counted(assessments, "assessment reaches", "assessments reach") + " day 45 today"
        )
    if arrivals.far and arrivals.more:
        yield Lead("arrivals", arrivals.more, f"{arrivals.more:,} more enquiries than usual by now")


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
