"""The sign of life that a worker leaves in the store for each of its partitions, and what a reader makes of it.

A board that is delayed says by whom: by the case system, or by us. Only we can tell, and only from this. Knows no
Redis. A store without a sign was filled by a version that leaves none: nothing is claimed of its worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

SIGN_SECONDS = 2.0  # between two signs
AWAY_SECONDS = 6.0  # without a sign, after which a worker is away
MAX_CLOCK_DIFFERENCE_SECONDS = 60.0  # a worker refuses a store whose clock is further from its own

WorkerState = Literal["unknown", "reading", "behind", "recounting", "no_log", "away"]


class WorkerSign(msgspec.Struct, frozen=True):
    """What a worker says of one partition."""

    given_at: float  # seconds since 1970, by the worker's clock
    waiting: int | None  # records of the log that it has not read yet; None: Kafka does not answer it
    behind_seconds: float  # how long ago it had last read all that there was
    recounting: bool = False  # whether it counts everything afresh, by new rules or as a new version

    def fields(self) -> dict[str, str]:
        """Return it as it is kept."""
        waiting = "" if self.waiting is None else str(self.waiting)
        return {
            "given_at": str(self.given_at),
            "waiting": waiting,
            "behind_seconds": str(self.behind_seconds),
            "recounting": str(int(self.recounting)),
        }


def decode_sign(fields: Mapping[bytes, bytes]) -> WorkerSign | None:
    """Return a sign; None where there is none that can be read: it is never worth a figure."""
    try:
        waiting = fields[b"waiting"]
        return WorkerSign(
            float(fields[b"given_at"]),
            int(waiting) if waiting else None,
            float(fields[b"behind_seconds"]),
            fields.get(b"recounting") == b"1",
        )
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True)
class WorkerReport:
    """What a reader knows of the worker of a partition: what it does, and for how long figures have stood still."""

    state: WorkerState
    seconds: float = 0.0
    waiting: int = 0


@dataclass
class WorkerWatch:
    """Looks at the signs of one partition's worker. Times are seconds of a stopwatch."""

    _sign: WorkerSign | None = None
    _heard_at: float = 0.0
    _moved_at: float = float("-inf")  # when the partition last was seen to move on

    def take(self, sign: WorkerSign | None, age: float, has_moved: bool, now: float) -> None:
        """Take in the newest *sign*, its *age* in seconds, and whether the partition moved on since the last look."""
        if sign is not None and sign != self._sign:
            # The first may be of long ago; of two clocks we ask no more than that they are roughly right.
            is_old = self._sign is None and age > MAX_CLOCK_DIFFERENCE_SECONDS
            self._sign, self._heard_at = sign, now - (age if is_old else 0.0)
        if has_moved:
            self._moved_at = now

    def report(self, now: float) -> WorkerReport:
        """Return what is known *now*."""
        sign, silent = self._sign, now - self._heard_at
        if sign is None or self._moved_at > self._heard_at + AWAY_SECONDS:
            return WorkerReport("unknown")  # whoever moves it on leaves no signs
        if silent > AWAY_SECONDS:
            return WorkerReport("away", silent + sign.behind_seconds, sign.waiting or 0)
        if sign.waiting is None:
            return WorkerReport("no_log", silent + sign.behind_seconds)
        if sign.recounting:
            return WorkerReport("recounting", sign.behind_seconds, sign.waiting)
        return WorkerReport("behind" if sign.waiting else "reading", sign.behind_seconds, sign.waiting)
