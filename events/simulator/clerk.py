"""How events come to be told: mostly at once, sometimes late, with a slip, twice, or by mistake."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from events import EVENTS
from events.event import ChildEvent, Event
from events.simulator.chance import name, whole
from events.simulator.days import Day, as_date, at_clock, in_office, is_working, on_or_after
from events.simulator.wexshire import SOURCE, World

# The share of tellings that have this trouble.
LATE_SHARE = 0.04  # typed in one to three working days afterwards
VERY_LATE_SHARE = 0.006  # found weeks later in somebody's notebook
SLIP_SHARE = 0.012  # told wrong at first, corrected within a week or so
TWICE_SHARE = 0.01  # the same telling sent again
MISTAKE_SHARE = 0.004  # entered a second time under another number, which is withdrawn
TROUBLE_SHARE = LATE_SHARE + VERY_LATE_SHARE + SLIP_SHARE + TWICE_SHARE + MISTAKE_SHARE
LATE_DAYS, VERY_LATE_DAYS, CORRECTED_DAYS = (1, 3), (8, 30), (1, 7)  # working days
REACH_DAYS = 60  # within which everything about a fact has been told

TAGS: dict[type[Event], str] = {kind: str(kind.__struct_config__.tag) for kind in EVENTS}
SLIPPED_OUTCOMES = {  # what a slip of the mouse makes of an outcome
    "assessment.authorised": ("child_in_need_plan",),
    "enquiry.decided": ("advice",),
}


class Clerk:
    """Tells the facts of one child. *tellings* are what it told; chance comes from *random*."""

    def __init__(self, world: World, child: str, key: str) -> None:
        self.world = world
        self.child = child
        self.named = world.name
        self.random = Random(f"{self.named}/{key}")
        self.tellings: list[Event] = []

    def tell(
        self,
        kind: type[ChildEvent],
        record: str,
        day: Day = 0,
        /,
        *,
        at: datetime | None = None,
        duty: bool = False,
        settled: Day | None = None,
        **fields: Any,
    ) -> None:
        """Tell one fact of *day*, or of the moment *at*.

        *duty*: the duty team types it in, at any hour. *settled*: the day by the end of which all about it is told.
        """
        if at is not None:
            fields["occurred_at"], day = at, at.toordinal()
        else:
            fields["occurred_on"] = as_date(day)
        recorded = self._typed_by_duty(day, at) if duty else self._typed(day, at)
        chance = self.random.random()
        tellings = [self._telling(kind, record, recorded, fields)]
        if chance < TROUBLE_SHARE:
            trouble = self._trouble(kind, record, recorded, fields, chance)
            if settled is None or all(telling.recorded_at.toordinal() <= settled for telling in trouble):
                tellings = trouble
        self.tellings += tellings

    def again(self, kind: type[ChildEvent], record: str, day: Day, /, **fields: Any) -> None:
        """Tell a fact once more, as it is known on *day*: a later telling, which then stands."""
        recorded = in_office(on_or_after(day), self.random)
        telling = self._telling(kind, record, recorded, {"occurred_on": as_date(day), **fields})
        self.tellings.append(replace(telling, id=f"{telling.id}-3"))

    def _typed(self, day: Day, at: datetime | None) -> datetime:
        """Return when a fact is typed in, if all goes well: on its day, or on the next working day."""
        if at is not None and is_working(day):
            return at + timedelta(seconds=whole(self.random, 60, 360))
        return in_office(on_or_after(day), self.random)

    def _typed_by_duty(self, day: Day, at: datetime | None) -> datetime:
        """Return when the duty team types a fact in: minutes later, at any hour."""
        happened = at or at_clock(day, 8 + 12 * self.random.random())
        return happened + timedelta(seconds=whole(self.random, 60, 360))

    def _telling(self, kind: type[ChildEvent], record: str, recorded: datetime, fields: dict[str, Any]) -> Event:
        return kind(
            id=name(self.named, TAGS[kind], self.child, record),
            record=record,
            recorded_at=recorded,
            authority=self.world.authority,
            source=SOURCE,
            origin="simulation",
            child=self.child,
            **fields,
        )

    def _trouble(
        self, kind: type[ChildEvent], record: str, recorded: datetime, fields: dict[str, Any], chance: float
    ) -> list[Event]:
        if chance < LATE_SHARE + VERY_LATE_SHARE:
            days = whole(self.random, *(LATE_DAYS if chance < LATE_SHARE else VERY_LATE_DAYS))
            return [self._telling(kind, record, self._later(recorded, days), fields)]
        truth = self._telling(kind, record, recorded, fields)
        chance -= LATE_SHARE + VERY_LATE_SHARE
        later = self._later(recorded, whole(self.random, *CORRECTED_DAYS))
        if chance < SLIP_SHARE:
            return [self._slip(truth), replace(truth, id=f"{truth.id}-2", recorded_at=later)]
        if chance < SLIP_SHARE + TWICE_SHARE:
            return [truth, truth]
        mistake = self._telling(kind, f"{record}-X", recorded, fields)
        return [truth, mistake, replace(mistake, id=f"{mistake.id}-2", recorded_at=later, retracted=True)]

    def _later(self, recorded: datetime, days: int) -> datetime:
        return in_office(on_or_after(recorded.toordinal()) + days, self.random)

    def _slip(self, truth: Event) -> Event:
        """Return *truth* with another outcome or an earlier date."""
        outcomes = SLIPPED_OUTCOMES.get(truth.type)
        if outcomes is not None and self.random.random() < 0.5:
            return replace(truth, outcomes=outcomes)
        if truth.occurred_at is not None:
            return replace(truth, occurred_at=truth.occurred_at - timedelta(hours=1))
        assert truth.occurred_on is not None, "every fact here has a day or a moment"
        return replace(truth, occurred_on=truth.occurred_on - timedelta(days=1))
