"""The owner of the partitions that a worker holds: claims them, folds what comes, commits it."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
from aiokafka.errors import KafkaError

from metrics.counting.completeness import Completeness
from metrics.counting.fingerprint import fingerprint
from metrics.counting.fold import CaseKey, Change, fold, names
from metrics.counting.tally_cache import TallyCache
from metrics.rules.rules import RulesByAuthority
from metrics.store.redis import STORE_ERRORS, UNCOUNTED, Commit, Log, Moved, PastEnd, Position, Refused, Store
from streams.worker.case_cache import CaseCache
from streams.worker.consumer import Reseek
from streams.worker.dead_letters import LOOK_BACK, Limit, listed
from streams.worker.health import Counters, Health
from streams.worker.processor import Batch, Record, Rejected, appended, read
from streams.worker.recount import Recount, here

LATE = timedelta(hours=24)
CHUNK = 1000  # records to one commit: holds Redis for some 6 ms


class Offsets(Protocol):
    """What the owner asks Kafka."""

    async def bounds(self, partitions: list[Any]) -> Mapping[Any, tuple[int, int]]:
        """Return the oldest offset that the log still holds of each partition, and its end."""
        ...

    async def reject(self, partition: int, rejected: list[Rejected]) -> None:
        """Send dead letters on. Raises KafkaError."""
        ...


@dataclass
class OwnedPartition:
    """A partition that this worker owns, and what it remembers of it. Dropped on any conflict.

    What it remembers may be ahead of its position, which is the store's, by the commits that are still to land.
    """

    position: Position
    authorities: dict[str, Completeness]
    dead_recently: int
    folded: int  # the offset up to which what is remembered has been told
    cases: CaseCache = field(default_factory=CaseCache)
    tallies: TallyCache = field(default_factory=TallyCache)

    @property
    def is_told(self) -> bool:
        """Whether all of a log has been folded that is not counted on the way."""
        return self.position.catalogue == UNCOUNTED and self.folded >= self.position.head


class Owner:
    """Claims and commits. Whatever fails, the store is asked where it is: no answer is ever guessed."""

    def __init__(
        self,
        store: Store,
        log: Log,
        rules: RulesByAuthority,
        kafka: Offsets,
        limit: Limit,
        counters: Counters,
        health: Health,
        recount: Recount | None = None,
    ) -> None:
        self._store, self._log, self._rules, self._kafka, self._limit = store, log, rules, kafka, limit
        self._counters, self._health = counters, health
        self._recount_all = recount or here(store, rules)
        self._held: dict[int, OwnedPartition] = {}
        self._earlier: dict[int, OwnedPartition] = {}  # what was held before the claims that have not come about yet
        self._recounts: dict[int, asyncio.Future[None]] = {}
        self._past_end: set[int] = set()  # partitions that were read further than the log went, when last claimed
        self.refused: Refused | None = None

    def turned(self) -> None:
        self._health.turned_at = time.monotonic()

    async def look(self, partition_of: Callable[[int], Any]) -> None:
        """Note how many events wait. Raises KafkaError."""
        held = {partition_of(number): it.position.offset for number, it in self._held.items()}
        bounds = await self._kafka.bounds(list(held)) if held else {}
        self._health.lag = sum(max(0, end - held[tp]) for tp, (_, end) in bounds.items())
        if held and not self._health.lag:
            self._health.applied_at = time.monotonic()

    async def stands(self) -> None:
        """Look whether the store still is where we left it: a flush or a failover tells nobody. Raises Reseek."""
        for number, held in list(self._held.items()):
            try:
                found = await self._store.position(number)
            except STORE_ERRORS as exc:
                raise self._excuse(exc, "unanswered") from exc
            there = found and (found.offset, found.generation)
            if there != (held.position.offset, held.position.generation):
                raise self._excuse(Moved(f"partition {number} was at {held.position.offset}"), "moved")

    async def step_over(self, tp: Any, offset: int) -> None:
        """Move the position of *tp* to *offset*, with nothing between for anybody to read. Raises Reseek."""
        held = self._held.get(tp.partition)
        if held is None or offset <= held.position.offset:
            return
        empty = Batch(dead_in_a_row=held.position.dead_in_a_row)
        held.folded = offset
        with self._reseeking():
            await self._commit(tp.partition, held, empty, Change(), offset)
        self._count_if_told(tp.partition, held)

    def _count_if_told(self, partition: int, held: OwnedPartition) -> None:
        """Raise Reseek once all of a log is told that was not counted on the way: a claim counts it."""
        if held.position.catalogue == UNCOUNTED and not held.position.rebuilding:
            raise Reseek(f"partition {partition} is told, and is to be counted")

    async def positions(self, partitions: Collection[Any]) -> Mapping[Any, int]:
        """Claim the partitions and return the next offset of each. Raises Reseek."""
        wanted = {tp.partition for tp in partitions}
        known = {**self._earlier, **self._held}
        self._earlier, self._held = {number: known[number] for number in known if number in wanted}, {}
        self._health.assigned = False  # until we know where we are
        if self.refused is not None:  # the worker is ending, and with it what would answer us: Kafka is not asked again
            raise Reseek("ending")
        try:
            bounds = await self._kafka.bounds(list(partitions))
            found = {tp: await self._claim(tp.partition, *bounds[tp]) for tp in bounds}
        except Refused as exc:
            raise self._refuse(exc) from exc
        except Reseek:
            self._health.excused_at = time.monotonic()
            raise
        except (Moved, KafkaError, *STORE_ERRORS) as exc:
            raise self._excuse(exc, "claim") from exc
        self._health.assigned = bool(found)
        self._earlier = {}
        return found

    async def _claim(self, partition: int, oldest: int, end: int) -> int:
        try:
            position = await self._store.claim(partition, self._log, end)
        except PastEnd as exc:
            # We may have slept between asking Kafka and asking the store: what holds twice is so.
            if partition in self._past_end:
                raise
            self._past_end.add(partition)
            raise Reseek(str(exc)) from exc
        self._past_end.discard(partition)
        if position.offset < oldest:
            raise Refused(
                f"partition {partition} was read to {position.offset} and the log begins at {oldest}: what lay "
                "between is gone from Kafka. Restore the log or the store from a backup"
            )
        if position.catalogue != fingerprint(self._rules) and not position.telling:
            await self._recount(partition, position)
        dead = await self._store.dead_since(partition, position.offset - LOOK_BACK)
        held = OwnedPartition(position, await self._store.authorities(partition), dead, position.offset)
        known = self._earlier.get(partition)
        if known is not None and (known.position.offset, known.position.log) == (position.offset, position.log):
            held.cases = known.cases  # what was told is the same wherever one stands in a log, however it was counted
            if known.position.generation == position.generation:
                held.tallies = known.tallies
        self._held[partition] = held
        return position.offset

    async def _recount(self, partition: int, position: Position) -> None:
        """Wait for a recount of a partition whose tallies were counted by another catalogue. Raises Reseek.

        It may take longer than an assignment may; so it goes on beside, and the partition is claimed again after it.
        """
        task = self._recounts.get(partition)
        if task is None or task.done():
            if task is not None and (failed := task.exception()) is not None:
                del self._recounts[partition]
                raise failed
            task = self._recounts[partition] = asyncio.ensure_future(self._count_afresh(partition, position))
        await asyncio.wait({task}, timeout=1.0)
        raise Reseek(f"partition {partition} is being recounted by a new catalogue")

    async def _count_afresh(self, partition: int, position: Position) -> None:
        done = self._counters.recounted.labels(str(partition))
        total = await self._recount_all(partition, done.set)
        done.set(1)
        await self._store.recounted(partition, position, total)

    async def apply(self, tp: Any, records: list[Any], going: Callable[[], bool] = lambda: True) -> None:
        """Fold *records*, and commit what they change with the position: so many at a time, each in one step.

        While a commit is on its way the next records are folded already; they follow when it has landed. Ends early
        when *going* says so. Raises Reseek.
        """
        held = self._held.get(tp.partition)
        if held is None or records[0].offset < held.position.offset:
            raise Reseek("records from before the last seek")
        dead_in_a_row, landing = held.position.dead_in_a_row, _landed()
        try:
            for first in range(0, len(records), CHUNK):
                if not going():
                    raise Reseek("rebalance")
                some = records[first : first + CHUNK]
                found = [Record(r.offset, appended(r.timestamp), r.key, r.value) for r in some]
                batch = read(found, tp.partition, self._log.partitions, dead_in_a_row)
                dead_in_a_row = batch.dead_in_a_row
                if batch.rejected or held.is_told:
                    await landing  # until then it is not known how many there were lately, or whether we go on at all
                change = await self._told(tp.partition, held, batch, found[-1].offset)
                await landing
                landing = asyncio.ensure_future(self._land(tp.partition, held, some, batch, change))
                await asyncio.sleep(0)  # it goes as far as to the wire
            await landing
        except BaseException:
            await asyncio.wait({landing})
            _ = landing.cancelled() or landing.exception()  # it is said by then, or comes of the same
            if held.folded != held.position.offset:
                self._held.pop(tp.partition, None)  # it remembers what has not landed
            raise
        held.cases.forget()  # not while a commit is on its way: the store does not have yet what would be read again

    async def _told(self, partition: int, held: OwnedPartition, batch: Batch, last: int) -> Change:
        """Return what *batch*, up to the offset *last*, changes; from now on it is remembered. Raises Reseek."""
        with self._reseeking():
            self._limit.check(batch, held.dead_recently, f"partition {partition}, offset {last}")
            held.folded = last + 1
            change = await self._fold(partition, held, batch)
        held.cases.remember(change.cases)
        held.authorities.update(change.authorities)
        return change

    async def _land(
        self, partition: int, held: OwnedPartition, records: list[Any], batch: Batch, change: Change
    ) -> None:
        """Commit what was told, and count it for operations. Raises Reseek."""
        with self._reseeking():
            await self._commit(partition, held, batch, change, records[-1].offset + 1)
        self._count(records, batch)
        self._count_if_told(partition, held)

    async def _commit(
        self, partition: int, held: OwnedPartition, batch: Batch, change: Change, next_offset: int
    ) -> None:
        if batch.rejected:
            await self._kafka.reject(partition, batch.rejected)
        before = held.position
        await self._store.commit(
            partition,
            Commit(
                expected=before.offset,
                position=next_offset,
                generation=before.generation,
                change=change,
                dead=listed(batch.rejected),
                dead_in_a_row=batch.dead_in_a_row,
            ),
        )
        held.position = msgspec.structs.replace(before, offset=next_offset, dead_in_a_row=batch.dead_in_a_row)
        if batch.rejected:
            held.dead_recently = await self._store.dead_since(partition, next_offset - LOOK_BACK)

    async def _fold(self, partition: int, held: OwnedPartition, batch: Batch) -> Change:
        """Return what the events of *batch* change, reading from the store what is not remembered."""
        touched = {key for event in batch.events for key in names(event)}
        await self._read(partition, held, touched)
        homes = {(key[0], home) for key in touched if isinstance(home := held.cases[key], str)}
        await self._read(partition, held, homes)
        kept = {key: case for key in touched | homes if (case := held.cases.get(key)) is not None}
        counting = held.position.catalogue != UNCOUNTED
        return fold(kept, held.authorities, batch.events, self._rules if counting else None, held.tallies)

    async def _read(self, partition: int, held: OwnedPartition, wanted: Iterable[CaseKey]) -> None:
        """Read what is kept under those of the *wanted* keys that are not remembered, and remember it."""
        unknown = [key for key in wanted if key not in held.cases]  # not by a set of all that is remembered: it is long
        if unknown:
            found = await self._store.kept(partition, unknown)  # it may fail: then nothing is remembered as new
            held.cases.remember({**dict.fromkeys(unknown), **found})

    def _count(self, records: list[Any], batch: Batch) -> None:
        self._health.applied_at = time.monotonic()
        self._counters.processed.inc(len(records))
        for dead in batch.rejected:
            self._counters.dead.labels(str(dead.letter.reason)).inc()
        last = appended(records[-1].timestamp)
        late = sum(1 for e in batch.events if e.origin in (None, "live") and last - e.recorded_at > LATE)
        self._counters.late.inc(late)
        now = datetime.now(UTC)
        for record in records:
            if (sent := _sent_at(record.headers)) is not None:
                self._counters.latency.observe(max(0.0, (now - sent).total_seconds()))

    @contextmanager
    def _reseeking(self) -> Iterator[None]:
        """Turn whatever kept a commit from landing, or us from knowing that it did, into a Reseek."""
        try:
            yield
        except Refused as exc:
            raise self._refuse(exc) from exc
        except (Moved, KafkaError, *STORE_ERRORS) as exc:
            raise self._excuse(exc, "moved" if isinstance(exc, Moved) else "unanswered") from exc

    def _refuse(self, exc: Refused) -> Reseek:
        self.refused = self.refused or exc
        return Reseek(str(exc))

    def _excuse(self, exc: BaseException, kind: str) -> Reseek:
        self._health.excused_at = time.monotonic()
        self._counters.conflicts.labels(kind).inc()
        self._held, self._earlier = {}, {}
        return Reseek(f"{kind} ({exc if isinstance(exc, Moved) else type(exc).__name__})")


def _landed() -> "asyncio.Future[None]":
    """Return what is not on its way any more."""
    landed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    landed.set_result(None)
    return landed


def _sent_at(headers: Iterable[tuple[str, bytes | None]]) -> datetime | None:
    """Return the moment that a producer says it sent a record at; None where it does not, or not readably."""
    for name, value in headers:
        if name == "sent_at" and value is not None:
            try:
                sent = datetime.fromisoformat(value.decode())
            except ValueError:
                return None
            return sent if sent.tzinfo else None
    return None
