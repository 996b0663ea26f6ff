"""Records that stand from a start to an end, and the facts that place a child."""

from dataclasses import dataclass

from events.care import CareEnded, CareStarted
from events.event import Event
from events.need import EpisodeClosed, EpisodeOpened
from events.person import PersonRecorded
from events.protection import ProtectionPlanEnded, ProtectionPlanStarted
from events.time import Instant
from events.workforce import CaseAllocated, CaseDeallocated


@dataclass(frozen=True, eq=False)
class Term:
    """Records that stand from a start to an end; those of childhood end on the 18th birthday at the latest."""

    starts: type[Event]
    ends: type[Event]
    of_childhood: bool = False


EPISODES = Term(EpisodeOpened, EpisodeClosed)
PLANS = Term(ProtectionPlanStarted, ProtectionPlanEnded, of_childhood=True)
PERIODS = Term(CareStarted, CareEnded, of_childhood=True)
NEED = (EPISODES, PLANS, PERIODS)  # what makes a child in need; short breaks and other authorities' plans too

# What places a stock: the allocation, and need, with which every allocation ends.
PLACING: frozenset[type[Event]] = frozenset(
    (CaseAllocated, CaseDeallocated, PersonRecorded, *(kind for term in NEED for kind in (term.starts, term.ends)))
)


def when(fact: Event | None) -> Instant | None:
    """Return when *fact* happened; None is never."""
    return None if fact is None else fact.occurred


def ends_before(start: Event, end: Event) -> bool:
    """Return whether *end* lies before *start*: by day, and by instant only where both are instants (rules 1.7)."""
    if start.occurred_at is not None and end.occurred_at is not None:
        return end.occurred < start.occurred
    return end.day < start.day
