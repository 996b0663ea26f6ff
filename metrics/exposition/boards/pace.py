"""How fast a rebuild goes, and so when its figures may be back."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

GUESS_AFTER_SECONDS = 2.0  # of progress: before that a guess is not worth saying
MAX_AHEAD = timedelta(days=1)  # further ahead it is no guess


@dataclass
class Pace:
    """Watches the share that is read, from the first look at a rebuild on."""

    _began: tuple[float, float] | None = None  # when, by a stopwatch, and how much was read then

    def done_at(self, read: float | None, now: datetime, speed: float) -> datetime | None:
        """Return when all may be read, at the pace so far, by a clock that shows *now* and goes at that *speed*."""
        if read is None:
            self.rest()
            return None
        watch = time.monotonic()
        if self._began is None or read < self._began[1]:
            self._began = watch, read
        since, start = self._began
        if watch - since < GUESS_AFTER_SECONDS or read <= start:
            return None
        left = (1 - read) * (watch - since) / (read - start) * speed
        return now + timedelta(seconds=left) if left < MAX_AHEAD.total_seconds() else None

    def rest(self) -> None:
        """Forget: there is no rebuild now."""
        self._began = None
