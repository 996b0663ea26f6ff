"""How far a worker is behind its log, in time, as it says in the signs of life that it leaves in the store."""

import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from metrics.store.worker_sign import WorkerSign

MAX_LOOKS = 500  # remembered of a partition; between older ones every second is left out


@dataclass
class Behind:
    """Knows when all that there was of one partition had last been read. Times are of `time.monotonic`.

    A busy log always has something that waits. So each end of it that was seen is remembered with its time: the latest
    that is read by now says how long we are behind.
    """

    _read_up_to: float = field(default_factory=lambda: time.monotonic())
    _ends: deque[tuple[float, int]] = field(default_factory=deque)  # seen and not read yet, by when

    def look(self, offset: int, end: int) -> float:
        """Return for how many seconds we are behind, having read to *offset* of a log that now ends at *end*."""
        now = time.monotonic()
        self._ends.append((now, end))
        if len(self._ends) > MAX_LOOKS:
            self._ends = deque(list(self._ends)[::2])
        while self._ends and self._ends[0][1] <= offset:
            self._read_up_to, _ = self._ends.popleft()
        return now - self._read_up_to

    def seconds(self) -> float:
        """Return the same where nobody says how far the log goes: nothing was read since."""
        return time.monotonic() - self._read_up_to


@dataclass
class Signs:
    """The signs of the partitions that a worker holds."""

    _behind: dict[int, Behind] = field(default_factory=dict)
    _waiting: dict[int, int | None] = field(default_factory=dict)
    recounting: Collection[int] = ()  # the partitions that are counted afresh; their events wait

    def hold(self, partitions: set[int]) -> None:
        """Note which partitions the worker holds from now on, whether it could claim them or not."""
        self._behind = {number: self._behind.get(number) or Behind() for number in partitions}
        self._waiting = {number: self._waiting.get(number, 0) for number in partitions}

    def look(self, number: int, offset: int, end: int) -> None:
        """Note how far a partition is read, and how far its log goes."""
        if number in self._behind:
            self._behind[number].look(offset, end)
            self._waiting[number] = max(0, end - offset)

    def without_log(self) -> None:
        """Note that Kafka does not answer."""
        self._waiting = dict.fromkeys(self._waiting)

    def now(self) -> dict[int, WorkerSign]:
        """Return the sign of each partition."""
        return {
            number: WorkerSign(
                given_at=time.time(),
                waiting=waiting,
                behind_seconds=0.0 if waiting == 0 else self._behind[number].seconds(),
                recounting=number in self.recounting,
            )
            for number, waiting in self._waiting.items()
        }
