"""The demonstration's clock: a pure function of the wall clock, so that two processes need share no more than this."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from events.event import Moment
from events.office_hours import usual_office
from events.time import LONDON, instant, moment_of

REAL_TIME = 1.0
BEGINS = datetime(2017, 12, 14, 14, tzinfo=LONDON)  # an ordinary Thursday, in the month of the report that we follow


class DemonstrationClock(Struct, frozen=True):
    """Authority time: from *began_at* on, office hours pass *speed* times as fast as the wall clock since *started_at*.

    The hours in which the office is closed are skipped. It never runs ahead of the wall clock: once there, it is the
    wall clock. At speed 1 it is the wall clock from the start, and nothing is skipped.
    """

    started_at: Moment
    began_at: Moment = BEGINS
    speed: Annotated[float, Meta(gt=0)] = REAL_TIME

    def __post_init__(self) -> None:
        if self.started_at.tzinfo is None or self.began_at.tzinfo is None:
            raise ValueError("started_at and began_at need an offset or a zone")
        if not 0 < self.speed < float("inf"):
            raise ValueError("speed must be greater than 0")

    def now(self, wall: datetime) -> datetime:
        """Return the authority's time, in Europe/London, when the wall clock says *wall*."""
        if self.speed == REAL_TIME:
            return wall.astimezone(LONDON)
        office, began = usual_office(), instant(self.began_at)
        # Instants, because Python ignores the offsets when it subtracts two datetimes of one zone.
        passed_us = max(0, instant(wall) - instant(self.started_at))
        elapsed_us = int(passed_us * self.speed)
        if elapsed_us >= office.elapsed(began, instant(wall)):
            return wall.astimezone(LONDON)
        return moment_of(office.after(began, elapsed_us))

    @classmethod
    def resumed(cls, at: datetime, wall: datetime, speed: float) -> "DemonstrationClock":
        """Return a clock that goes on from authority time *at* when the wall clock says *wall*."""
        return cls(started_at=wall, began_at=at, speed=speed)

    def encode(self) -> bytes:
        """Return the clock as JSON."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, stored: bytes) -> "DemonstrationClock":
        """Return the clock that encode wrote. Raises msgspec.DecodeError."""
        return msgspec.json.decode(stored, type=cls)
