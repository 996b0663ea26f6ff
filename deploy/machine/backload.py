"""Sends many events of one authority at once: whole batches, each record as `streams/broker/sender.py` has it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError as NotSent
from kafka.errors import KafkaError

from events.decode import encode
from events.event import Event
from streams.broker.connection import KafkaAddress, reached
from streams.broker.partitions import partition_of
from streams.broker.sender import headers

BATCH_BYTES = 256 * 1024  # some 500 events
MAX_IN_FLIGHT = 4  # batches that are not acknowledged yet


def send(
    kafka: KafkaAddress, topic: str, events: Iterable[Event], progress: Callable[[int], None] = lambda n: None
) -> int:
    """Send *events* and wait until Kafka has them; return how many. Raises KafkaError."""
    try:
        return asyncio.run(_send(kafka, topic, events, progress))
    except NotSent as exc:
        raise KafkaError(f"{type(exc).__name__}: {exc}") from exc


async def _send(kafka: KafkaAddress, topic: str, events: Iterable[Event], progress: Callable[[int], None]) -> int:
    async with AIOKafkaProducer(**reached(kafka).options, max_batch_size=BATCH_BYTES, acks="all") as producer:
        partitions = len(await producer.partitions_for(topic))
        line = Line(producer, topic, partitions)
        sent = 0
        for event in events:
            if await line.put(event):
                progress(line.sent - sent)
                sent = line.sent
        await line.flush()
        progress(line.sent - sent)
        return line.sent


class Line:
    """One batch for each partition that is sent to, and those that are under way."""

    def __init__(self, producer: Any, topic: str, partitions: int) -> None:
        self._producer, self._topic, self._partitions = producer, topic, partitions
        self._batches: dict[int, Any] = {}
        self._under_way: deque[Any] = deque()
        self._of: dict[str, tuple[bytes, int]] = {}
        self.sent = 0

    async def put(self, event: Event) -> bool:
        """Add an event to its batch; return whether a batch went off."""
        key, partition = self._of.get(event.authority) or self._placed(event.authority)
        record = {"key": key, "value": encode(event), "timestamp": None, "headers": headers(event)}
        batch = self._batches.get(partition) or self._begun(partition)
        full = batch.append(**record) is None
        if full:
            await self._go(partition)
            self._begun(partition).append(**record)
        self.sent += 1
        return full

    def _placed(self, authority: str) -> tuple[bytes, int]:
        self._of[authority] = authority.encode(), partition_of(authority, self._partitions)
        return self._of[authority]

    def _begun(self, partition: int) -> Any:
        self._batches[partition] = self._producer.create_batch()
        return self._batches[partition]

    async def _go(self, partition: int) -> None:
        batch = self._batches.pop(partition)
        batch.close()
        self._under_way.append(await self._producer.send_batch(batch, self._topic, partition=partition))
        await asyncio.sleep(0)
        while len(self._under_way) > MAX_IN_FLIGHT:
            await self._under_way.popleft()

    async def flush(self) -> None:
        """Send what is left and wait for all of it."""
        for partition in list(self._batches):
            await self._go(partition)
        for under_way in self._under_way:
            await under_way
