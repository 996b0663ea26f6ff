"""How things that happened come to be told: mostly at once, sometimes late, with a slip, twice, or by mistake."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any

from msgspec.structs import replace

from events.event import Event
from events.office import office_hours
from events.simulator import wexshire
from events.time import EPOCH, HOUR

SECOND = 1_000_000
MINUTE = 60 * SECOND

LATE = 0.05  # typed in hours or days afterwards, and at most three working days
SLIPS = 0.02  # told wrong at first, put right within a week or so
TWICE = 0.01  # sent again, the same telling
MISTAKES = 0.005  # entered a second time under another number, and that one withdrawn
LATEST = 24 * HOUR
LATEST_CORRECTION = 60 * HOUR


def name(*what: object) -> str:
    """Return what stands for *what*, always the same: the id of a telling, the pseudonym of a child."""
    return blake2b("/".join(map(str, what)).encode(), digest_size=8).hexdigest()


def utc(elapsed: int) -> datetime:
    """Return the moment of an office time."""
    return EPOCH + timedelta(microseconds=office_hours().moment(elapsed))


class Clerk:
    """Tells facts, as *random* has it. All times are office times, in whole seconds."""

    def __init__(self, seed: int, random: Random) -> None:
        self.seed = seed
        self.random = random

    def tell(self, kind: type[Event], record: str, at: int, **fields: Any) -> Iterator[Event]:
        """Yield the tellings of one fact that was there to be told *at* that office time."""
        at += self.between(2 * HOUR, LATEST) if self.random.random() < LATE else self.between(MINUTE, 6 * MINUTE)
        later = at + self.between(HOUR, LATEST_CORRECTION)
        truth = self._telling(kind, record, at, fields)
        chance = self.random.random()
        if chance < SLIPS:
            yield self._slip(truth)
            yield replace(truth, id=f"{truth.id}-2", recorded_at=utc(later))
            return
        yield truth
        if chance < SLIPS + TWICE:
            yield truth
        elif chance < SLIPS + TWICE + MISTAKES:
            mistake = self._telling(kind, f"{record}-X", at, fields)
            yield mistake
            yield replace(mistake, id=f"{mistake.id}-2", recorded_at=utc(later), retracted=True)

    def between(self, least: int, most: int) -> int:
        """Return some stretch of time between the two, in whole seconds."""
        return self.random.randint(least // SECOND, most // SECOND) * SECOND

    def _telling(self, kind: type[Event], record: str, at: int, fields: dict[str, Any]) -> Event:
        return kind(
            id=name(self.seed, kind.__struct_config__.tag, record), record=record, recorded_at=utc(at),
            authority=wexshire.AUTHORITY, source=wexshire.SOURCE, origin="simulation", **fields,
        )  # fmt: skip

    def _slip(self, truth: Event) -> Event:
        """Return *truth* with another team, other outcomes or an earlier date."""
        what = self.random.randrange(3)
        if what == 0 and truth.team in wexshire.ASSESSMENT_TEAMS:
            others = [team for team in wexshire.ASSESSMENT_TEAMS if team != truth.team]
            return replace(truth, team=self.random.choice(others))
        if what == 1 and hasattr(truth, "outcomes"):
            return replace(truth, outcomes=("no_further_action",) if "advice" in truth.outcomes else ("advice",))
        if truth.occurred_at is not None:
            return replace(truth, occurred_at=truth.occurred_at - timedelta(hours=1))
        assert truth.occurred_on is not None, "every fact here has a day or a moment"
        return replace(truth, occurred_on=truth.occurred_on - timedelta(days=1))
