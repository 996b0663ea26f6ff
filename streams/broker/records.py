"""Records of the log, read by their offsets: to see that those that were read are there still, and no others."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError

from metrics.store.position import MADE_AFRESH, LastRecord, Position, Refused
from streams.broker.connection import KafkaAddress, reached

READ_SECONDS = 5.0  # a whole claim may take half of what Faust waits for an answer of a broker
CLOSE_SECONDS = 3.0
POLL_MS = 200
RESTORE = "restore the log from a copy that has it"
_closing: "set[asyncio.Future[None]]" = set()  # asyncio itself keeps no task alive

Range = tuple[int, int]  # offsets, the second after the last


def digest(appended_at_ms: int, key: bytes | None, value: bytes | None) -> str:
    """Return what a record is known by: no two records of a log are appended in one millisecond with equal bytes.

    Those that are differ in nothing that is counted.
    """
    hashed = blake2b(str(appended_at_ms).encode(), digest_size=12)
    for part in (key, value):
        hashed.update(b"-" if part is None else b"%d " % len(part) + part)
    return hashed.hexdigest()


async def check_unchanged(
    kafka: KafkaAddress, topic: str, positions: Mapping[int, Position], bounds: Mapping[int, Range]
) -> None:
    """Raise Refused where the log does not hold the record that a position says was read last, by partition.

    *bounds*: the oldest offset of each partition, and its end. What the log no longer holds, and what was read before
    records were noted, cannot be compared. Raises KafkaError, TimeoutError.
    """
    lasts = {
        number: it.last
        for number, it in positions.items()
        if it.last is not None and bounds[number][0] <= it.last.offset < it.offset <= bounds[number][1]
    }
    found = await _read_all(kafka, topic, {n: (last.offset, positions[n].offset) for n, last in lasts.items()})
    for number, last in lasts.items():
        if (why := _why_changed(last, found[number])) is not None:
            raise Refused(_changed(number, why))


def _changed(number: int, why: str) -> str:
    """Return in words that the log of a partition is not the one that was read."""
    return (
        f"partition {number} of the log is not the one that was read: {why}. It lost its end, by a power cut or an "
        f"older copy put back, and has grown since: {RESTORE}; or, where what was lost is sent again or is not to be "
        f"had, {MADE_AFRESH}"
    )


def damaged(number: int | str, offset: int | None = None) -> str:
    """Return in words that the log holds what cannot be read."""
    where = f" at offset {offset}" if offset is not None else ""
    return (
        f"partition {number} of the log is damaged{where}: a record does not fit its checksum. Look at the disk of "
        f"Kafka, and {RESTORE}"
    )


def _why_changed(last: LastRecord, found: Sequence[ConsumerRecord]) -> str | None:
    first = found[0] if found else None
    if first is None or first.offset != last.offset:
        return f"record {last.offset} is gone"
    if digest(first.timestamp, first.key, first.value) != last.digest:
        return f"record {last.offset} is another"
    if len(found) > 1:
        return f"record {found[1].offset} was not there"
    return None


async def _read_all(kafka: KafkaAddress, topic: str, wanted: Mapping[int, Range]) -> dict[int, list[ConsumerRecord]]:
    """Return the first two records between two offsets of each partition, as far as there are any.

    Raises Refused where one is damaged, KafkaError, TimeoutError.
    """
    found: dict[int, list[ConsumerRecord]] = {number: [] for number in wanted}
    if not wanted:
        return found
    consumer = AIOKafkaConsumer(
        **reached(kafka).options,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        fetch_max_wait_ms=POLL_MS,
        max_partition_fetch_bytes=1,  # a whole batch comes all the same
    )
    try:
        async with asyncio.timeout(READ_SECONDS):
            await consumer.start()
            for number, between in wanted.items():  # one by one: an error does not say of which it is
                found[number] = await _read(consumer, KafkaPartition(topic, number), between)
    finally:
        await _close(consumer)
    return found


async def _close(consumer: AIOKafkaConsumer) -> None:
    """Close *consumer*, beside us where that takes long: with its broker away it waits for answers that do not come.

    A claim that took as long would be one that Faust gives up for good.
    """
    closing = asyncio.ensure_future(consumer.stop())
    _closing.add(closing)
    closing.add_done_callback(_closed)
    await asyncio.wait({closing}, timeout=CLOSE_SECONDS)


def _closed(closing: "asyncio.Future[None]") -> None:
    _closing.discard(closing)
    _ = closing.cancelled() or closing.exception()  # nothing hangs on how a consumer ended that is not needed any more


async def _read(consumer: AIOKafkaConsumer, tp: KafkaPartition, between: Range) -> list[ConsumerRecord]:
    first, end = between
    found: list[ConsumerRecord] = []
    consumer.assign([tp])
    consumer.seek(tp, first)
    try:
        while len(found) < 2 and await consumer.position(tp) < end:
            for records in (await consumer.getmany(tp, timeout_ms=POLL_MS, max_records=2)).values():
                found += [record for record in records if record.offset < end]
    except CorruptRecordException:
        raise Refused(damaged(tp.partition, first)) from None
    except OffsetOutOfRangeError:  # the log ends before it by now
        pass
    return found
