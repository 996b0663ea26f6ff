"""How long a program that ended waits until it is started again."""

import signal
from dataclasses import dataclass

FROM_OUTSIDE = frozenset(-number for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP))


@dataclass
class Backoff:
    """Longer each time that a program ends by itself before it was of use; what was of use waits little, however often.

    A program that somebody kills again and again is not to blame, so its waits do not add up.
    """

    min_seconds: float = 0.5
    short_seconds: float = 2.0  # at most, after it was of use or was killed
    max_seconds: float = 10.0
    steady_seconds: float = 30.0  # of life, after which a new end is no part of the old trouble
    next_seconds: float = 0.0

    def after(self, lived: float, code: int, was_of_use: bool) -> float:
        """Return how many seconds to wait after an end with *code*, negative for a signal, *lived* seconds on."""
        longest = self.short_seconds if was_of_use or code in FROM_OUTSIDE else self.max_seconds
        next_seconds = 0.0 if lived >= self.steady_seconds else self.next_seconds
        wait = min(max(next_seconds, self.min_seconds), longest)
        self.next_seconds = 2 * wait
        return wait
