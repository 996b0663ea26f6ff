"""Sends events to the topic, as a record is to be (contract 1): keyed by authority, with CloudEvents headers."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaProducer

from events.decode import encode
from events.event import Event
from streams.broker.connection import KafkaAddress, reached
from streams.broker.partitions import partition_of
from streams.broker.topics import EVENTS

MAX_WAITING = 10_000  # events that Kafka has not acknowledged yet: a large file is never held whole


class Sender:
    """A producer of events. Close it, or use it in a `with`: all events sent are acknowledged then."""

    def __init__(self, kafka: KafkaAddress, topic: str = EVENTS) -> None:
        self._topic = topic
        self._producer = KafkaProducer(
            **reached(kafka).options, linger_ms=5, max_block_ms=10_000, bootstrap_timeout_ms=5_000
        )
        self._partitions = len(self._producer.partitions_for(topic) or ())

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, events: Iterable[Event], progress: Callable[[int], None] = lambda n: None) -> int:
        """Send *events* and wait until Kafka has them; return how many. Raises KafkaError.

        Calls *progress* with 1 for each event.
        """
        waiting: deque[Any] = deque()
        sent = 0
        for event in events:
            waiting.append(self._send(event))
            progress(1)
            sent += 1
            if len(waiting) > MAX_WAITING:
                waiting.popleft().get(timeout=60)
        for acknowledged in waiting:
            acknowledged.get(timeout=60)
        return sent

    def _send(self, event: Event) -> Any:  # kafka-python has no types
        return self._producer.send(
            self._topic,
            value=encode(event),
            key=event.authority.encode(),
            headers=headers(event),
            partition=partition_of(event.authority, self._partitions),
        )

    def close(self) -> None:
        """Flush and close."""
        self._producer.close(timeout=30)


def headers(event: Event) -> list[tuple[str, bytes]]:
    """Return CloudEvents 1.0 headers in binary mode. They are for other tools: we read the value."""
    about = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_source": f"/{event.authority}/{event.source}",
        "ce_type": event.type,
        "ce_time": event.recorded_at.isoformat(),
        "content-type": "application/json",
        "sent_at": datetime.now(UTC).isoformat(),
    }
    return [(name, text.encode()) for name, text in about.items()]
