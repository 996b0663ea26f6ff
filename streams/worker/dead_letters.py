"""Dead letters: listed once by coordinate with the commit, sent on as they came, and a limit that stops the line."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from metrics.store.position import Refused
from streams.broker.connection import KafkaAddress, reached
from streams.worker.processor import Batch, Rejected, reasons

LOOK_BACK_RECORDS = 10_000
DEFAULT_LIMIT = 1000  # dead letters in a row
MAX_SENT_BYTES = 2 * 1024 * 1024


class TooManyDeadLetters(Refused):
    """A source is broken: going on would show figures with a hole in them."""


@dataclass(frozen=True)
class Limit:
    """So many dead letters in a row, or twice as many among the last 10,000 records, stop the line. 0: no limit."""

    in_a_row: int = DEFAULT_LIMIT

    def check(self, batch: Batch, recent: int, where: str) -> None:
        """Raise TooManyDeadLetters where *batch*, with *recent* dead letters just before it, goes over the limit."""
        if not self.in_a_row or not batch.rejected:
            return
        number = recent + len(batch.rejected)
        if batch.longest_dead < self.in_a_row and number < 2 * self.in_a_row:
            return
        is_row = batch.longest_dead >= self.in_a_row
        how_many = (
            f"{batch.longest_dead} in a row" if is_row else f"{number} among the last {LOOK_BACK_RECORDS:,} records"
        )
        most = ", ".join(f"{reason} {n}" for reason, n in reasons(batch.rejected).most_common(3))
        raise TooManyDeadLetters(
            f"{where}: {how_many} cannot be read ({most}). Mend the source; to go on past them, start the worker with "
            f"--dead-letter-limit {2 * max(batch.longest_dead, number)} (0: no limit)"
        )


def listed(rejected: Iterable[Rejected]) -> list[tuple[int, str]]:
    """Return dead letters as the store lists them: by offset, reason and place, and no value."""
    return [(d.record.offset, f"{d.record.offset} {d.letter.reason} {d.letter.place}") for d in rejected]


async def new_producer(kafka: KafkaAddress) -> AIOKafkaProducer:
    """Return a started producer for `send`. Raises KafkaError.

    It is given whole records: it would refuse a null value with a null key.
    """
    producer = AIOKafkaProducer(
        **reached(kafka).options, max_request_size=MAX_SENT_BYTES, value_serializer=attrgetter("value")
    )
    try:
        await producer.start()
    except KafkaError:
        await producer.stop()
        raise
    return producer


async def send(to: AIOKafkaProducer, topic: str, source: str, partition: int, rejected: list[Rejected]) -> None:
    """Send the bytes on as they came. After a crash they may be sent twice: the coordinate tells. Raises KafkaError."""
    await asyncio.gather(*(_send(to, topic, dead, _headers(source, partition, dead)) for dead in rejected))


async def _send(to: AIOKafkaProducer, topic: str, dead: Rejected, headers: list[tuple[str, bytes]]) -> None:
    try:
        await (await to.send(topic, dead.record, key=dead.record.key, headers=headers))
    except MessageSizeTooLargeError:
        # The record came compressed, or fits only without our headers: Kafka will never take it. Its coordinate says
        # where the bytes are.
        await (await to.send(topic, replace(dead.record, value=None), headers=headers))


def _headers(source: str, partition: int, dead: Rejected) -> list[tuple[str, bytes]]:
    about = {
        "reason": str(dead.letter.reason),
        "place": dead.letter.place,
        "topic": source,
        "partition": str(partition),
        "offset": str(dead.record.offset),
    }
    return [(name, text.encode()) for name, text in about.items()]
