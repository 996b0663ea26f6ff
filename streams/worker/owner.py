"""The owner of the partitions that a worker holds: claims them, folds what comes, commits it."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import msgspec
from aiokafka.errors import KafkaError

from metrics.counting.fold import Change
from metrics.rules.rules import RulesByAuthority
from metrics.store.commits import Commit
from metrics.store.connection import STORE_ERRORS
from metrics.store.position import LastRecord, Log, Moved, Position, Refused
from metrics.store.redis import Store
from streams.broker.partitions import TopicPartition
from streams.broker.records import digest
from streams.worker.claims import Claims
from streams.worker.consumer import Reseek
from streams.worker.dead_letters import LOOK_BACK_RECORDS, Limit, listed
from streams.worker.health import Counters, Health
from streams.worker.owned_partition import OwnedPartition, landed
from streams.worker.processor import Batch, FetchedRecord, LogRecord, Rejected, appended, read
from streams.worker.recount import Recount, here
from streams.worker.signs import Signs

MAX_COMMIT_RECORDS = 1000  # a commit of so many holds Redis for some 6 ms

Records = Sequence[FetchedRecord]


class SourceLog(Protocol):
    """What the owner asks of the log."""

    async def bounds(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """Return the oldest offset that the log still holds of each partition, and its end. Raises KafkaError."""
        ...

    async def check_unchanged(self, positions: Mapping[int, Position], bounds: Mapping[int, tuple[int, int]]) -> None:
        """Raise Refused where the log does not hold what a position says was read last. Raises KafkaError."""
        ...

    async def reject(self, partition: int, rejected: list[Rejected]) -> None:
        """Send dead letters on. Raises KafkaError."""
        ...


class Owner:
    """Claims and commits. Whatever fails, the store is asked where it is: no answer is ever guessed."""

    def __init__(
        self,
        store: Store,
        log: Log,
        rules: RulesByAuthority,
        kafka: SourceLog,
        limit: Limit,
        counters: Counters,
        health: Health,
        recount: Recount | None = None,
    ) -> None:
        self._store, self._log, self._rules, self._kafka, self._limit = store, log, rules, kafka, limit
        self._counters, self._health = counters, health
        self._claims = Claims(store, log, rules, counters, recount or here(store, rules))
        self._owned: dict[int, OwnedPartition] = {}
        self._earlier: dict[int, OwnedPartition] = {}  # owned before the claims that have not succeeded yet
        self._signs = Signs()
        self.refused: Refused | None = None

    def turned(self) -> None:
        """Note that the fetch loop is alive."""
        self._health.turned_at = time.monotonic()

    async def look(self) -> None:
        """Note how many events wait. Raises KafkaError."""
        offsets = {owned.tp: owned.position.offset for owned in self._owned.values()}
        bounds = await self._kafka.bounds(list(offsets)) if offsets else {}
        for tp, (_, end) in bounds.items():
            self._signs.look(tp.partition, offsets[tp], end)
        waiting = {tp.partition: max(0, end - offsets[tp]) for tp, (_, end) in bounds.items()}
        self._counters.lag.waiting, self._health.lag = waiting, sum(waiting.values())
        if offsets and not self._health.lag:
            self._health.applied_at = time.monotonic()

    async def sign(self, log_answers: bool) -> None:
        """Leave a sign of life in the store for every partition that is ours. Raises one of STORE_ERRORS."""
        if not log_answers:
            self._signs.without_log()
            self._counters.lag.waiting = {}
        await self._store.sign(self._signs.now())

    async def stands(self) -> None:
        """Look whether the store still is where we left it: a flush or a failover tells nobody. Raises Reseek."""
        for number, owned in list(self._owned.items()):
            with self._reseeking():
                position = await self._store.position(number)
                there = position and (position.offset, position.generation, position.token)
                if there != (owned.position.offset, owned.position.generation, owned.position.token):
                    raise Moved(f"partition {number} was at {owned.position.offset}")

    async def step_over(self, tp: TopicPartition, offset: int) -> None:
        """Move the position of *tp* to *offset*, with nothing between for anybody to read. Raises Reseek."""
        owned = self._owned.get(tp.partition)
        if owned is None or offset <= owned.position.offset:
            return
        empty = Batch(dead_in_a_row=owned.position.dead_in_a_row)
        owned.folded = offset
        with self._reseeking():
            await self._commit(owned, empty, Change(), offset, owned.position.last)
        _reseek_if_told(owned)

    async def positions(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Claim the partitions and return the next offset of each. Raises Reseek."""
        wanted = {tp.partition for tp in partitions}
        self._signs.hold(wanted)
        known = {**self._earlier, **self._owned}
        self._earlier, self._owned = {number: known[number] for number in known if number in wanted}, {}
        self._health.assigned = False  # until we know where we are
        if self.refused is not None:  # the worker is ending, and Kafka's answer would not come any more
            raise Reseek("ending", is_expected=True)
        with self._claiming():
            bounds = await self._kafka.bounds(list(partitions))
            read_last = await self._read_last(bounds)
            offsets = {tp: await self._claim(tp, *bounds[tp], read_last[tp.partition]) for tp in bounds}
        self._health.assigned = bool(offsets)
        self._earlier = {}
        return offsets

    async def _read_last(self, bounds: Mapping[TopicPartition, tuple[int, int]]) -> dict[int, LastRecord | None]:
        """Return which record of each partition was read last, once the log is known to hold it still.

        Nothing of the store is changed before. Raises Refused.
        """
        kept = {tp.partition: await self._store.position(tp.partition) for tp in bounds}
        ours = {number: it for number, it in kept.items() if it is not None and it.log == self._log}
        for tp, (_, end) in bounds.items():
            if tp.partition in ours:  # while one is recounted none is ours, and the events of all wait
                self._signs.look(tp.partition, ours[tp.partition].offset, end)
        self._signs.recounting = self._claims.recounting()
        await self._kafka.check_unchanged(ours, {tp.partition: bounds[tp] for tp in bounds})
        return {number: it.last if it is not None else None for number, it in kept.items()}

    async def _claim(self, tp: TopicPartition, oldest: int, end: int, read_last: LastRecord | None) -> int:
        owned = await self._claims.claim(tp, oldest, end)
        if owned.position.last not in (None, read_last):
            raise Reseek(f"partition {tp.partition} went on while we looked at the log")
        if (earlier := self._earlier.get(tp.partition)) is not None:
            owned.take_over(earlier)
        self._owned[tp.partition] = owned
        return owned.position.offset

    async def apply(self, tp: TopicPartition, records: Records, going: Callable[[], bool] = lambda: True) -> None:
        """Fold *records*, and commit what they change with the position: so many at a time, each in one step.

        While a commit is on its way the next records are folded already; they follow when it has landed. Ends early
        when *going* says so. Raises Reseek.
        """
        owned = self._owned.get(tp.partition)
        if owned is None or records[0].offset < owned.position.offset:
            raise Reseek("records from before the last seek", is_expected=True)
        owned.landing = landed()
        try:
            await self._fold_and_commit(owned, records, going)
        except BaseException:
            await asyncio.wait({owned.landing})
            _ = owned.landing.cancelled() or owned.landing.exception()  # it is raised already, or has the same cause
            if owned.folded != owned.position.offset:
                self._owned.pop(tp.partition, None)  # it remembers what has not landed
            raise
        owned.cases.forget()  # not while a commit is on its way: what would be read again is not in the store yet

    async def _fold_and_commit(self, owned: OwnedPartition, records: Records, going: Callable[[], bool]) -> None:
        dead_in_a_row = owned.position.dead_in_a_row
        for first in range(0, len(records), MAX_COMMIT_RECORDS):
            if not going():
                raise Reseek("rebalance", is_expected=True)
            chunk = records[first : first + MAX_COMMIT_RECORDS]
            plain = [LogRecord(r.offset, appended(r.timestamp), r.key, r.value) for r in chunk]
            batch = read(plain, owned.number, self._log.partitions, dead_in_a_row)
            if batch.rejected or owned.is_folded_uncounted:
                await owned.landing  # before that nobody knows how many were dead lately, or whether we go on at all
            change = await self._fold(owned, batch, plain[-1].offset)
            await owned.landing
            if change.refused:
                without_room = {batch.offsets[number] for number in change.refused}
                batch = read(plain, owned.number, self._log.partitions, dead_in_a_row, without_room)
                with self._reseeking():
                    await self._check_limit(owned, batch, plain[-1].offset)
            dead_in_a_row = batch.dead_in_a_row
            owned.landing = asyncio.ensure_future(self._land(owned, chunk, batch, change))
            await asyncio.sleep(0)  # lets it reach the wire
        await owned.landing

    async def _fold(self, owned: OwnedPartition, batch: Batch, last: int) -> Change:
        """Return what *batch*, up to the offset *last*, changes; from now on it is remembered. Raises Reseek."""
        with self._reseeking():
            await self._check_limit(owned, batch, last)
            owned.folded = last + 1
            change = await owned.fold(self._store, self._rules, batch.events)
        owned.remember(change)
        return change

    async def _check_limit(self, owned: OwnedPartition, batch: Batch, last: int) -> None:
        """Raise TooManyDeadLetters where *batch*, up to the offset *last*, has too many for us to go on.

        The store is asked each time: of those before the batch, some leave the last records with each good one.
        """
        if batch.rejected:
            recent = await self._store.dead_since(owned.number, last + 1 - LOOK_BACK_RECORDS)
            self._limit.check(batch, recent, f"partition {owned.number}, offset {last}")

    async def _land(self, owned: OwnedPartition, records: Records, batch: Batch, change: Change) -> None:
        """Commit what was folded, and count it for operations. Raises Reseek."""
        with self._reseeking():
            last = LastRecord(records[-1].offset, digest(records[-1].timestamp, records[-1].key, records[-1].value))
            await self._commit(owned, batch, change, last.offset + 1, last)
        self._count(records, batch)
        _reseek_if_told(owned)

    async def _commit(
        self, owned: OwnedPartition, batch: Batch, change: Change, next_offset: int, last: LastRecord | None
    ) -> None:
        if batch.rejected:
            await self._kafka.reject(owned.number, batch.rejected)
        before = owned.position
        commit = Commit(
            token=before.token,
            expected=before.offset,
            position=next_offset,
            generation=before.generation,
            change=change,
            dead=listed(batch.rejected),
            dead_in_a_row=batch.dead_in_a_row,
            last=last,
        )
        await self._store.commit(owned.number, commit)
        owned.position = msgspec.structs.replace(
            before, offset=next_offset, dead_in_a_row=batch.dead_in_a_row, last=last
        )

    def _count(self, records: Records, batch: Batch) -> None:
        self._health.applied_at = time.monotonic()
        self._counters.count(records, batch)

    @contextmanager
    def _claiming(self) -> Iterator[None]:
        """Turn whatever kept a claim from succeeding into a Reseek."""
        try:
            yield
        except Refused as exc:
            raise self._refuse(exc) from exc
        except Reseek:
            self._health.excused_at = time.monotonic()
            raise
        except (Moved, KafkaError, TimeoutError, *STORE_ERRORS) as exc:
            raise self._excuse(exc, "claim") from exc

    @contextmanager
    def _reseeking(self) -> Iterator[None]:
        """Turn whatever kept a commit from landing, or us from knowing that it did, into a Reseek."""
        try:
            yield
        except Refused as exc:
            raise self._refuse(exc) from exc
        except (Moved, KafkaError, *STORE_ERRORS) as exc:
            raise self._excuse(exc, "moved" if isinstance(exc, Moved) else "unanswered") from exc

    def refuse(self, why: str) -> None:
        """Note that it is not safe to go on."""
        self._refuse(Refused(why))

    def _refuse(self, exc: Refused) -> Reseek:
        self.refused = self.refused or exc
        return Reseek(str(exc))

    def _excuse(self, exc: BaseException, kind: str) -> Reseek:
        self._health.excused_at = time.monotonic()
        self._counters.conflicts.labels(kind).inc()
        self._owned, self._earlier = {}, {}
        return Reseek(f"{kind} ({exc if isinstance(exc, Moved) else type(exc).__name__})")


def _reseek_if_told(owned: OwnedPartition) -> None:
    """Raise Reseek once all of a log is told that was not counted on the way: a claim counts it."""
    if owned.is_to_be_counted:
        raise Reseek(f"partition {owned.number} is told, and is to be counted", is_expected=True)
