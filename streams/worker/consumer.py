"""A Faust consumer whose positions live in our store: whole batches, positions from Redis, commits one by one.

Faust gives group membership, assignment and life cycle. Records do not take Faust's own path: it costs 70 to 95
microseconds an event, acknowledges a record that raised, and repeats one that was acknowledged and not committed.
Each override says what it is for. They lean on Faust 0.15.3 and aiokafka 0.14; the kill journey guards an upgrade.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from aiokafka.client import ConnectionGroup
from aiokafka.errors import (
    CorruptRecordException,
    IllegalStateError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.broker.partitions import TopicPartition
from streams.broker.records import damaged
from streams.worker.processor import FetchedRecord

LOOK_AROUND_SECONDS = 1.0
FETCH_WAIT_MS = 50

Link = tuple[int | None, object]  # the broker that leads a partition, and our connection to it


class Reseek(Exception):
    """The store refused the records, or its answer was lost: ask it where we are and read on from there.

    *is_expected*: nothing failed, it is how a recount or a rebalance goes.
    """

    def __init__(self, why: str, is_expected: bool = False) -> None:
        super().__init__(why)
        self.is_expected = is_expected

    @property
    def level(self) -> int:
        """At which level it is logged."""
        return logging.INFO if self.is_expected else logging.WARNING


class PartitionOwner(Protocol):
    """What the consumer serves."""

    async def positions(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Claim the partitions and return the next offset of each. Raises Reseek."""
        ...

    async def apply(self, tp: TopicPartition, records: Sequence[FetchedRecord], going: Callable[[], bool]) -> None:
        """Apply records with the position, in atomic steps, until all are or *going* says no. Raises Reseek."""
        ...

    async def step_over(self, tp: TopicPartition, offset: int) -> None:
        """Move the position to *offset*: only a transaction's own records lie between. Raises Reseek."""
        ...

    async def stands(self) -> None:
        """Look whether the store still is where we left it. Raises Reseek where it is not."""
        ...

    def turned(self) -> None:
        """Note that the fetch loop is alive."""
        ...

    def refuse(self, why: str) -> None:
        """Note that it is not safe to go on."""
        ...


class StoreThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # faust has no types
    """Reads only what was committed, as the source may use transactions, and never waits long for new records.

    One fetch is under way at a time, and leaves out a partition of which some records are still unread. With Faust's
    wait of 1.5 s a long log would stand still after each fetch for as long as the other partitions have nothing new: a
    rebuild of a million events of one authority took five times as long.
    """

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Private: Faust lets nobody set the first, and ties the second to exactly_once. aiokafka reads both in start().
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"
        return consumer


class StoreConsumer(driver.Consumer):  # type: ignore[misc]  # faust has no types
    """Serves `app.owner`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._store = asyncio.Lock()  # held while commits are in flight, and while seeking
        self._applied: dict[TP, int] = {}  # next offsets; Kafka is told them for lag monitors only
        self._assigned = 0  # assignments so far
        self._looked_at = 0.0  # monotonic seconds
        self._ticket: object | None = None  # proof that the store positioned this assignment; None: seek first
        self._links: dict[TP, Link] = {}  # over which the log was reached when it was last compared with the store
        self._damaged: set[str] = set()  # what was said of records that could not be read

    @property
    def owner(self) -> PartitionOwner:
        owner: PartitionOwner = self.app.owner
        return owner

    async def bounds(self, partitions: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """Return the oldest offset and the end of the log of each partition. Raises KafkaError."""
        oldest = await self._thread.earliest_offsets(*partitions)
        end = await self._thread.highwaters(*partitions)
        for tp in partitions:
            self._links.setdefault(ensure_TP(tp), self._link(tp))
        return {tp: (oldest[tp], end[tp]) for tp in partitions}

    def _link(self, tp: TopicPartition) -> Link:
        """Return who leads *tp*, and our connection to it.

        A log loses its end only while its broker is away, or by another broker that takes over. Either is seen here:
        aiokafka tells nobody, and a log that has grown meanwhile answers the next fetch as if nothing had been.
        """
        client = self._thread._ensure_consumer()._client  # private, and only read
        leader = client.cluster.leader_for_partition(driver.ensure_aiokafka_TP(tp))
        return leader, client._conns.get((leader, ConnectionGroup.DEFAULT))

    def _is_linked_as_before(self) -> bool:
        return all(self._link(tp) == link for tp, link in self._links.items())

    def _new_consumer_thread(self) -> StoreThread:
        return StoreThread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Void the ticket: positions of an older assignment may never be used."""
        self._ticket, self._assigned = None, self._assigned + 1
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to where the store stands, never to what Kafka remembers.

        perform_seek() calls this after every assignment. Beyond broker_request_timeout Faust would take it for a
        stopped service and hang for ever; so it gives up at half of that, and the fetch loop seeks again.
        """
        async with self._store:
            self._ticket, assignment = None, self._assigned
            self._links.clear()  # the claims ask for the bounds, and compare the log after that
            try:
                async with asyncio.timeout(self.app.conf.broker_request_timeout / 2):
                    at = await self.owner.positions(self.assignment())
                    await self._thread.seek_wait({driver.ensure_aiokafka_TP(tp): offset for tp, offset in at.items()})
            except (Reseek, TimeoutError, IllegalStateError) as exc:  # store away, or partitions changed under us
                level = exc.level if isinstance(exc, Reseek) else logging.WARNING
                self.log.log(level, "no positions yet: %s", str(exc) or type(exc).__name__)
                return {}
            self._applied.clear()
            self._ticket = object() if assignment == self._assigned else None
            return at

    async def _drain_messages(self, fetcher: Any) -> None:
        """The fetch loop: whole batches to the owner, partitions side by side, each partition in order."""
        self._ticket = None  # the loop may be entered again, and nothing of before counts then
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                self.owner.turned()
                ticket = await self._ticketed()
                await asyncio.sleep(0 if ticket else 0.5)
                try:
                    batches, _ = await self._wait_next_records(timeout=1.0)
                except NoOffsetForPartitionError:  # a new group, asked before our first seek
                    continue
                except OffsetOutOfRangeError:  # the log ends before our position, or begins after it: a claim says why
                    self._ticket = None
                    continue
                except CorruptRecordException as exc:
                    self._note_damage(str(exc))
                    continue
                if not self.should_stop:
                    await self._serve(batches, ticket)
        except (asyncio.CancelledError, *self.consumer_stopped_errors):
            if not self.app.should_stop:
                raise
        except Exception as exc:  # a bug, or a hole in the log: fail, and be started again
            await self.crash(exc)
            raise

    def _note_damage(self, what: str) -> None:
        """Read on from the store's position. Where the same comes again, it is the log and not the way to us."""
        self._ticket = None  # records of other partitions, that were handed out beside them, are lost
        if what in self._damaged:
            self.owner.refuse(damaged(what.rpartition("partition=")[2].rstrip(")") or what))
        self._damaged.add(what)

    async def _ticketed(self) -> object | None:
        """Seek where there is no ticket for this assignment; return the ticket, if there is one then."""
        if self._ticket is None:
            await self.perform_seek()
        return self._ticket

    async def _serve(self, batches: Mapping[TopicPartition, list[FetchedRecord]], ticket: object | None) -> None:
        """Apply *batches* that were fetched with *ticket*. Voids the ticket where not all of them are in the store."""
        async with self._store:
            # Records that were fetched before a seek or a rebalance must not reach the store.
            fresh = ticket is not None and ticket is self._ticket and self.flow_active and self._is_linked_as_before()
            if not (fresh and await self._apply_all(batches) and await self._look_around()):
                self._ticket = None

    async def _apply_all(self, batches: Mapping[TopicPartition, list[FetchedRecord]]) -> bool:
        """Apply every batch; return whether all of them are in the store."""
        tasks = [self._apply(ensure_TP(tp), records) for tp, records in batches.items()]
        failed = [exc for exc in await asyncio.gather(*tasks, return_exceptions=True) if exc is not None]
        for exc in failed:
            if not isinstance(exc, Reseek):
                raise exc
            self.log.log(exc.level, "asking the store where it is: %s", exc)
        return not failed

    async def _look_around(self) -> bool:
        """Each second: see whether the store is where we left it, and step over what nobody reads.

        A store that was flushed or went back must be noticed even where no event comes that it would refuse. And all
        records handed out are applied, or the ticket would be void; so where the log was read further than our
        position, only markers and aborted records lie between. Without a step `head` could never be reached.
        """
        if time.monotonic() - self._looked_at < LOOK_AROUND_SECONDS:
            return True
        self._looked_at = time.monotonic()
        try:
            await self.owner.stands()
            for tp in self.assignment():
                consumer = self._thread._ensure_consumer()
                at = await self._thread.call_thread(consumer.position, driver.ensure_aiokafka_TP(tp))
                await self.owner.step_over(tp, at)
        except (Reseek, IllegalStateError) as exc:
            level = exc.level if isinstance(exc, Reseek) else logging.WARNING
            self.log.log(level, "asking the store where it is: %s", exc)
            return False
        return True

    async def _apply(self, tp: TP, records: Sequence[FetchedRecord]) -> None:
        await self.owner.apply(tp, records, lambda: self.flow_active)
        self._applied[tp] = records[-1].offset + 1

    async def wait_empty(self) -> None:
        """Called before partitions are given up: commits in flight land first, then Kafka is told."""
        async with self._store:
            await super().wait_empty()

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> list[TP]:
        return list(self._applied)

    def _new_offset(self, tp: TP) -> int | None:
        return self._applied.get(tp)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Silenced: Faust would call every partition stuck, as its streams never see an event."""


class StoreTransport(driver.Transport):  # type: ignore[misc]  # faust has no types
    """Makes Faust use our consumer."""

    Consumer = StoreConsumer
