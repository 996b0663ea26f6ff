"""The real parts of a journey: topics of its own, workers as processes, and the contents of the store."""

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from metrics.counting.tally import Tally
from metrics.store.connection import connect
from metrics.store.loading import load
from metrics.store.position import Position
from metrics.store.reader import PARTS
from metrics.store.redis import Store
from streams.broker import topics
from streams.broker.connection import KafkaAddress, reached
from streams.broker.partitions import partition_of

T = TypeVar("T")
MAIN = (sys.executable, "-m", "deploy.command")


def new_topic(kafka: str, partitions: int = 4) -> str:
    """Make a topic that no other test knows, and the topics of its dead letters and figures."""
    name = f"case-events-{uuid4().hex[:8]}"
    topics.ensure(kafka, name, partitions)
    return name


def environment(kafka: str, redis: str, topic: str) -> dict[str, str]:
    """Return the environment that points the command at these parts."""
    return {**os.environ, "CASEPULSE_KAFKA": kafka, "CASEPULSE_REDIS": redis, "CASEPULSE_TOPIC": topic}


class Process:
    """A casepulse process."""

    def __init__(self, *arguments: str, env: Mapping[str, str], log: Path, command: Iterable[str] = MAIN) -> None:
        self.log, self.arguments = log, arguments
        with log.open("ab") as out:
            self._process = subprocess.Popen([*command, *arguments], env=dict(env), stdout=out, stderr=out)

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def ended(self) -> int | None:
        return self._process.poll()

    def wait(self, seconds: float) -> int:
        return self._process.wait(seconds)

    def kill(self) -> None:
        if self.ended() is None:
            self.signal(signal.SIGKILL)
        self._process.wait()

    def stop(self, seconds: float = 10) -> int:
        """End it as an operator would, and return its exit code."""
        if self.ended() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        return self.wait(seconds)


@contextmanager
def worker(env: Mapping[str, str], log: Path, *arguments: str) -> Iterator[Process]:
    """Run a worker while the block lasts."""
    process = Process("worker", *arguments, env=env, log=log)
    try:
        yield process
    finally:
        process.kill()


def send(kafka: KafkaAddress, topic: str, events: Iterable[Mapping[str, Any] | bytes], partitions: int = 4) -> None:
    """Send events as another system would: plain JSON, keyed by authority. Bytes go as they are, keyed `X99999901`."""
    producer = KafkaProducer(**reached(kafka).options, linger_ms=5)
    for event in events:
        authority = "X99999901" if isinstance(event, bytes) else str(event["authority"])
        value = event if isinstance(event, bytes) else json.dumps(event).encode()
        producer.send(topic, value, key=authority.encode(), partition=partition_of(authority, partitions))
    producer.flush()
    producer.close()


def batches(segment: Path) -> list[int]:
    """Return where each batch of a segment begins, and where the last ends."""
    data, at = segment.read_bytes(), [0]
    while at[-1] + 12 <= len(data):
        (length,) = struct.unpack_from(">i", data, at[-1] + 8)
        if length <= 0:  # the file is longer than what is in it
            break
        at.append(at[-1] + 12 + length)
    return at


def _run(reading: Coroutine[Any, Any, T]) -> T:
    """Run *reading* in a thread of its own: a browser's loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, reading).result()


class Snapshot(NamedTuple):
    """A partition as of one moment."""

    position: Position
    tallies: dict[str, Tally]


def snapshots(redis: str, topic: str) -> dict[int, Snapshot]:
    """Return every partition as the store has it."""

    async def read() -> dict[int, Snapshot]:
        store = Store(connect(redis), topic)
        partitions = {}
        partition = 0
        while (position := await store.position(partition)) is not None:
            loaded = await load(store, partition, position, PARTS)
            if loaded is not None:
                tallies: dict[str, Tally] = {}
                for name, sums in loaded.sums.items():
                    for part, where, n in sums.cells():
                        tallies.setdefault(name, {}).setdefault(part, {})[where] = n
                partitions[partition] = Snapshot(loaded.position, tallies)
            partition += 1
        await store.close()
        return partitions

    return _run(read())


def tallies(redis: str, topic: str) -> dict[str, Tally]:
    """Return the tallies of every authority."""
    return {name: tally for snapshot in snapshots(redis, topic).values() for name, tally in snapshot.tallies.items()}


def committed(redis: str, topic: str) -> int:
    """Return how many records are committed, over all partitions; -1 where nothing is kept."""

    async def read() -> int:
        store = Store(connect(redis), topic)
        first = await store.position(0)
        positions = [await store.position(n) for n in range(first.log.partitions)] if first else []
        await store.close()
        return sum(position.offset for position in positions if position) if first else -1

    return _run(read())


def figure_records(kafka: str, topic: str) -> list[Any]:
    """Return every record of the topic of figures of *topic*, each partition's in order."""
    figures = topics.figures(topic)
    consumer = KafkaConsumer(
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    parts = [TopicPartition(figures, n) for n in consumer.partitions_for_topic(figures)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends = consumer.end_offsets(parts)
    read: list[Any] = []
    while any(consumer.position(part) < ends[part] for part in parts):
        for records in consumer.poll(timeout_ms=500).values():
            read += records
    consumer.close()
    return read


def newest(kafka: str, topic: str) -> dict[str, dict[str, Any]]:
    """Return the newest figure under each key of the topic of figures of *topic*, as any reader of it would hold it."""
    newest_by_key = {record.key.decode(): record.value for record in figure_records(kafka, topic)}
    return {key: json.loads(value) for key, value in newest_by_key.items() if value is not None}


def eventually(condition: Callable[[], bool], within: float, every: float = 0.1) -> None:
    """Wait until *condition* holds, looking *every* so many seconds; fail after *within* seconds."""
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until, f"not within {within} s: {condition.__name__}"
        time.sleep(every)
