"""What a worker asks of Kafka beside the records: where its log begins and ends, and to take dead letters."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from aiokafka import AIOKafkaProducer

from metrics.store.position import Position
from streams.broker import records, topics
from streams.broker.connection import KafkaAddress
from streams.broker.partitions import TopicPartition
from streams.worker.dead_letters import new_producer, send
from streams.worker.processor import Rejected

Bounds = Mapping[TopicPartition, tuple[int, int]]  # the oldest offset that the log still holds, and its end


class Consumer(Protocol):
    """As much of the running consumer as is asked."""

    async def bounds(self, partitions: list[TopicPartition]) -> Bounds: ...


class RunningApp(Protocol):
    """As much of the running app as is asked."""

    @property
    def consumer(self) -> Consumer: ...


class KafkaLog:
    """The log, by the running app's own connection; dead letters by a producer of their own."""

    def __init__(self, app: RunningApp, kafka: KafkaAddress, topic: str) -> None:
        self._app = app
        self._kafka = kafka
        self._topic = topic
        self._producer: AIOKafkaProducer | None = None  # made for the first dead letter
        self._making = asyncio.Lock()  # partitions reject side by side, and one producer is enough

    async def bounds(self, partitions: list[TopicPartition]) -> Bounds:
        """Return the oldest offset and the end of each partition. Raises KafkaError."""
        return await self._app.consumer.bounds(partitions)

    async def check_unchanged(self, positions: Mapping[int, Position], bounds: Mapping[int, tuple[int, int]]) -> None:
        """Raise Refused where the log does not hold what a position says was read last. Raises KafkaError."""
        await records.check_unchanged(self._kafka, self._topic, positions, bounds)

    async def reject(self, partition: int, rejected: list[Rejected]) -> None:
        """Send the dead letters of *partition* on. Raises KafkaError."""
        async with self._making:
            self._producer = self._producer or await new_producer(self._kafka)
        await send(self._producer, topics.rejected(self._topic), self._topic, partition, rejected)

    async def close(self) -> None:
        """Close the producer. The app closes its own connection."""
        if self._producer is not None:
            await self._producer.stop()
