"""Publishes figures: follows the store as any reader does, and writes to the topic each figure that differs there.

A process beside each worker, so that the fold never waits for it. It publishes the partitions that its worker owns,
each by a transactional producer whose id is the partition's: Kafka turns away the producer that began earlier, so of
two publishers of one partition only the later one writes. It reads from the topic what stands there.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from metrics.figures.answers import Answers
from metrics.printable import printable
from metrics.rules.rules import RulesByAuthority
from metrics.store.address import RedisSettings
from metrics.store.connection import connect
from metrics.store.position import Log, Refused
from metrics.store.reader import NotReady, Reader
from metrics.store.redis import Store
from metrics.windows import At
from streams.broker.connection import KafkaAddress, reached
from streams.publishing.failures import kind_of
from streams.publishing.figures_topic import RecordContext, Standing, Telling, key_of, standing

LOOK_AT_STORE_SECONDS = 0.5
REST_TIMES = 4  # it rests so many times as long as it worked
RETRY_SECONDS = 5.0  # after a failure
TRANSACTION_SECONDS = 20.0  # at most for one transaction, and until Kafka lets us in
READ_TOPIC_SECONDS = 600.0  # at most for all that stands in the topic
BEAT_SECONDS = 5.0  # between signs of life
NICENESS = 10  # the fold goes first
MAX_BATCH_BYTES = 256 * 1024  # before they are compressed


@dataclass(frozen=True)
class Publication:
    """What is published where."""

    kafka: KafkaAddress
    redis: RedisSettings | str
    rules: RulesByAuthority
    now: Callable[[str], datetime]  # an authority's own time; raises NotReady where that is not known yet
    topic: str  # of events
    figures: str
    speed: Callable[[str], float] = lambda _: 1.0  # seconds of an authority's clock to one of ours


class Owned(msgspec.Struct):
    """A line from the worker: the partitions whose figures are to be published."""

    partitions: list[int]


class Done(msgspec.Struct, omit_defaults=True):
    """A line to the worker: figures that were written, or a failure. With neither it is a sign of life."""

    published: int = 0
    failed: str = ""


Report = Callable[[Done], None]


@dataclass
class Publisher:
    """Publishes the figures of one partition."""

    publication: Publication
    store: Store
    partition: int
    report: Report
    _last_failure: str = field(default="", init=False)  # that was said

    async def run(self) -> None:
        """Publish for ever. After any failure, read what stands in the topic and go on from there."""
        while True:
            try:
                await self._publish()
            except Exception as exc:  # it must not reach the worker, and its text may quote a value
                self._failed(exc)
            await asyncio.sleep(RETRY_SECONDS)

    def _failed(self, exc: Exception) -> None:
        kind = type(exc).__name__
        self.report(Done(failed=kind_of(exc)))
        if kind != self._last_failure:
            why = str(exc) if isinstance(exc, Refused) else kind
            _say(f"figures of partition {self.partition} cannot be published ({why}): trying again")
        self._last_failure = kind

    async def _publish(self) -> None:
        log = await self._claimed()
        producer = self._producer()
        try:
            async with asyncio.timeout(TRANSACTION_SECONDS):
                await producer.start()  # from here on no publisher that began before us can write
                await self._check(producer, log)
            async with asyncio.timeout(READ_TOPIC_SECONDS):
                stands = await self._read()
            await self._follow(producer, log, stands)
        finally:
            with suppress(Exception):  # it has failed, or was turned away, already
                async with asyncio.timeout(RETRY_SECONDS):
                    await producer.stop()

    async def _claimed(self) -> Log:
        """Wait until a worker has claimed the partition; return the log that it is of."""
        while (position := await self.store.position(self.partition)) is None:
            await asyncio.sleep(LOOK_AT_STORE_SECONDS)
        return position.log

    def _producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **reached(self.publication.kafka).options,
            transactional_id=f"casepulse-{self.publication.figures}-{self.partition}",
            request_timeout_ms=int(TRANSACTION_SECONDS * 500),
            transaction_timeout_ms=int(TRANSACTION_SECONDS * 1000),  # readers wait no longer for one that was killed
            compression_type="gzip",  # every client reads it with nothing else installed
            max_batch_size=MAX_BATCH_BYTES,
            linger_ms=5,
        )

    async def _check(self, producer: AIOKafkaProducer, log: Log) -> None:
        """Raise Refused where the topic is missing, or has not the partitions of the events."""
        topic = self.publication.figures
        try:
            partitions = len(await producer.partitions_for(topic))
        except UnknownTopicOrPartitionError as exc:
            raise Refused(f"Kafka has no topic {topic}: `casepulse up` makes one, or make it, compacted") from exc
        if partitions != log.partitions:
            raise Refused(
                f"topic {topic} has {partitions} partitions and must have the {log.partitions} of {log.topic}: "
                "make it anew"
            )

    async def _read(self) -> Standing:
        """Return what stands in the topic."""
        stands, tp = Standing(), TopicPartition(self.publication.figures, self.partition)
        consumer = AIOKafkaConsumer(
            **reached(self.publication.kafka).options, enable_auto_commit=False, isolation_level="read_committed"
        )
        await consumer.start()
        try:
            consumer.assign([tp])
            await consumer.seek_to_beginning(tp)
            end = (await consumer.end_offsets([tp]))[tp]
            while await consumer.position(tp) < end:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        stands.read(record.key, record.value, record.headers, record.timestamp / 1000)
                await asyncio.sleep(0)
        finally:
            await consumer.stop()
        return stands

    async def _follow(self, producer: AIOKafkaProducer, log: Log, stands: Standing) -> None:
        """Follow the store for ever, writing what changes. Returns where the store is of another log."""
        reader = Reader(self.store, only=self.partition, all_parts=True)
        published: object = None
        while True:
            began = time.monotonic()
            position = await self.store.position(self.partition)
            if position is not None and position.log != log:
                return
            # A log that is being read again is not followed: it has no figures yet.
            if position is not None and not position.rebuilding and position.offset >= stands.position(log.topic_id):
                await reader.turn()
                with suppress(NotReady):
                    state = reader.version, self._minutes(reader)
                    if state != published:
                        await self._write_all(reader, producer, log, stands)
                        published, self._last_failure = state, ""
            await asyncio.sleep(max(LOOK_AT_STORE_SECONDS, REST_TIMES * (time.monotonic() - began)))

    def _minutes(self, reader: Reader) -> list[datetime]:
        """Return the minute that each authority is in: figures change as time passes. Raises NotReady."""
        return [self.publication.now(name).replace(second=0, microsecond=0) for name in reader.authorities()]

    async def _write_all(self, reader: Reader, producer: AIOKafkaProducer, log: Log, stands: Standing) -> None:
        """Write what stands otherwise, an authority at a time, all of it of one prefix of the log. Raises NotReady."""
        publication = self.publication
        answers = Answers(reader.snapshot(), publication.now, publication.rules.of, publication.speed)
        offset = next(offset or 0 for _, offset in reader.positions())
        if offset < stands.position(log.topic_id):
            return  # the store went back: what stands is newer
        catalogue = reader.catalogue()
        for name in sorted(stands.authorities | set(answers.authorities)):
            is_known = name in answers.authorities
            at = answers.now(name) if is_known else At(self.publication.now(name))
            tellings = await self._differing(answers if is_known else None, name, at, stands)
            if tellings:
                is_simulated = is_known and answers.completeness(name).simulated
                about = RecordContext(log.topic_id, offset, catalogue, is_simulated)
                await self._write(producer, tellings, about, str(at))
                stands.wrote(tellings, about, time.time())
                self.report(Done(published=len(tellings)))

    async def _differing(self, answers: Answers | None, name: str, at: At, stands: Standing) -> list[Telling]:
        """Return what is to be written of an authority; without *answers* nothing stands of it any more."""
        tellings: list[Telling] = []
        keys: set[str] = set()
        for figures in standing(answers, name, at) if answers is not None else ():
            keys.update(map(key_of, figures))
            tellings += stands.differing(figures, time.time())
            await asyncio.sleep(0)  # other partitions, and whoever ends us, need not wait for all of it
        return [*tellings, *stands.withdrawn(name, keys)]

    async def _write(
        self, producer: AIOKafkaProducer, tellings: Iterable[Telling], about: RecordContext, at: str
    ) -> None:
        """Write all or nothing. Raises KafkaError, TimeoutError."""
        async with asyncio.timeout(TRANSACTION_SECONDS):
            await producer.begin_transaction()
            for telling in tellings:
                headers = about.headers(telling.key, at, withdrawn=telling.figure is None)
                sent = await producer.send(
                    self.publication.figures, telling.value, telling.key.encode(), self.partition, headers=headers
                )
                sent.add_done_callback(_heard)  # a commit fails where one of them did
            await producer.commit_transaction()


def _heard(sent: "asyncio.Future[Any]") -> None:
    if not sent.cancelled():
        sent.exception()


async def publish(publication: Publication) -> None:
    """Publish the partitions that standard input names, until it ends: with the worker, however that ends."""
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    store = Store(connect(publication.redis), publication.topic)
    running: dict[int, asyncio.Task[None]] = {}
    beating = asyncio.ensure_future(_beat())
    async for line in lines:
        owned = set(msgspec.json.decode(line, type=Owned).partitions)
        for partition in running.keys() - owned:
            running.pop(partition).cancel()
        for partition in owned - running.keys():
            running[partition] = asyncio.ensure_future(Publisher(publication, store, partition, _report).run())
    for task in (beating, *running.values()):
        task.cancel()
    await asyncio.wait({beating, *running.values()}, timeout=2.0)
    await store.close()


async def _beat() -> None:
    while True:
        _report(Done())
        await asyncio.sleep(BEAT_SECONDS)


def _report(done: Done) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
    sys.stdout.buffer.flush()


def _say(message: str) -> None:
    logging.getLogger("casepulse worker").error(printable(message))


def main(publication: Publication) -> NoReturn:
    """Publish until the worker that started us ends."""
    os.nice(NICENESS)
    asyncio.run(publish(publication))
    os._exit(0)  # nothing is left to close, and our worker waits
