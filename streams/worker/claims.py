"""How a worker takes a partition over: where to read on, when not to, and what must be recounted first."""

import asyncio

from metrics.counting.fingerprint import fingerprint
from metrics.rules.rules import RulesByAuthority
from metrics.store.position import UNCOUNTED, Log, PastEnd, Position, Refused
from metrics.store.redis import Store
from streams.broker.partitions import TopicPartition
from streams.worker.consumer import Reseek
from streams.worker.health import Counters
from streams.worker.owned_partition import OwnedPartition
from streams.worker.recount import Recount

RECOUNT_WAIT_SECONDS = 1.0  # of a claim; a recount that takes longer goes on beside


class Claims:
    """Claims partitions, and recounts those whose tallies another catalogue counted."""

    def __init__(self, store: Store, log: Log, rules: RulesByAuthority, counters: Counters, recount: Recount) -> None:
        self._store, self._log, self._rules, self._counters = store, log, rules, counters
        self._recount_all = recount
        self._recounts: dict[int, asyncio.Future[None]] = {}
        self._past_end: set[int] = set()  # partitions whose last claim was past the end of the log

    async def claim(self, tp: TopicPartition, oldest: int, end: int) -> OwnedPartition:
        """Claim a partition of which the log holds the offsets from *oldest* to *end*, and return it.

        Raises Refused, Moved, Reseek, and STORE_ERRORS.
        """
        partition = tp.partition
        await self._counted(partition)
        position = await self._position(partition, end)
        if position.offset < oldest:
            raise Refused(
                f"partition {partition} was read to {position.offset} and the log begins at {oldest}: what lay "
                "between is gone from Kafka. Restore the log or the store from a backup"
            )
        if position.committing is not None and position.catalogue == UNCOUNTED:
            position = await self._store.begin_counting_later(partition, position)
        is_counted = position.catalogue == fingerprint(self._rules) and position.committing is None
        if not is_counted and not position.telling:
            self._recounts[partition] = asyncio.ensure_future(self._count_afresh(partition, position))
            await self._counted(partition)
            raise Reseek(f"partition {partition} was recounted", is_expected=True)
        authorities = await self._store.authorities_at(partition, position)
        return OwnedPartition(tp, position, authorities, position.offset)

    def recounting(self) -> set[int]:
        """Return the partitions that are being recounted."""
        return {partition for partition, task in self._recounts.items() if not task.done()}

    async def _position(self, partition: int, end: int) -> Position:
        try:
            position = await self._store.claim(partition, self._log, end)
        except PastEnd as exc:
            # We may have slept between asking Kafka and asking the store: only a second time in a row counts.
            if partition in self._past_end:
                raise
            self._past_end.add(partition)
            raise Reseek(str(exc)) from exc
        self._past_end.discard(partition)
        return position

    async def _counted(self, partition: int) -> None:
        """Return once no recount of *partition* is under way. Raises Reseek where one is, and what one failed of.

        A recount may take longer than an assignment may; so it goes on beside, and we are asked again. It is of a claim
        of its own, which nothing claims away meanwhile but another worker.
        """
        if (task := self._recounts.get(partition)) is None:
            return
        await asyncio.wait({task}, timeout=RECOUNT_WAIT_SECONDS)
        if not task.done():
            raise Reseek(f"partition {partition} is being recounted", is_expected=True)
        del self._recounts[partition]
        task.result()

    async def _count_afresh(self, partition: int, position: Position) -> None:
        done = self._counters.recounted.labels(str(partition))
        tallies = await self._recount_all(partition, position, done.set)
        done.set(1)
        await self._store.replace_tallies(partition, position, tallies)
