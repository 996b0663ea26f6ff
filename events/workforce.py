"""Who holds the cases."""

from typing import Annotated

from msgspec import Meta

from events.event import ChildEvent, Event, Id


class CaseAllocated(ChildEvent, frozen=True, kw_only=True, tag="case.allocated"):
    """The child's case was given to a worker of a team. Planned dates are allowed."""

    worker: Id
    team: Id


class CaseDeallocated(ChildEvent, frozen=True, kw_only=True, tag="case.deallocated"):
    """The worker gave the case up."""


class WorkerRecorded(Event, frozen=True, kw_only=True, tag="worker.recorded"):
    """A worker's team, hours and state from this date on. Each change is a record; each stands until the next."""

    worker: Id
    team: Id
    fte: Annotated[float, Meta(ge=0, le=1.5)]
    case_holder: bool
    newly_qualified: bool | None = None
    agency: bool | None = None
    covering_vacancy: bool | None = None
    absent: bool | None = None
    left: bool | None = None

    @property
    def subject(self) -> str:
        return f"worker\x1f{self.worker}"  # a worker and a child may bear the same pseudonym


EVENTS = (CaseAllocated, CaseDeallocated, WorkerRecorded)
