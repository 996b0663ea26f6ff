"""How soon: from an event's sending to its commit, and to a board that somebody watches.

Enquiries of now are sent at random moments, over all authorities, beside a store that already holds a county. The
commits are followed in the store's streams of changes; each authority's board is watched by a client of the live
stream, and shows an event once its month's enquiries are as many.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any

import httpx
import msgspec
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from deploy.machine.programs import free_port
from events.event import Event
from events.front_door import EnquiryReceived
from tests.benchmarks.log import PARTITIONS, authorities
from tests.benchmarks.machine import Machine
from tests.benchmarks.throughput import committed
from tests.journeys.parts import eventually

WARM_UP_SECONDS = 2.0  # events sent in them are not counted
GRACE_SECONDS = 2.0  # after the last event
Seen = list[tuple[int, float]]  # up to which number, and when (seconds of the clock)


@dataclass
class Observed:
    """What was sent and seen of one partition, in seconds of one clock. An event's number is its offset."""

    sent: dict[int, float] = field(default_factory=dict)
    commits: Seen = field(default_factory=list)
    boards: Seen = field(default_factory=list)  # the month's enquiries that were shown
    shown_before: int = 0


@dataclass(frozen=True)
class Latencies:
    """Seconds, sorted."""

    rate: int
    to_commit: list[float]
    to_board: list[float]


def measure(machine: Machine, events: list[Event], rates: tuple[int, ...], seconds: float) -> list[Latencies]:
    """Return the latencies at each rate, beside a store that holds *events*."""
    topic = machine.filled(events)
    with _running(machine, topic, len(events)) as port:
        return [asyncio.run(_observe(machine, topic, port, rate, seconds)) for rate in rates]


@contextmanager
def _running(machine: Machine, topic: str, held: int) -> Iterator[int]:
    """Run a worker and a server that have read all of *topic*; give the server's port."""
    port = free_port()
    with ExitStack() as stack, machine.client() as client:
        stack.callback(machine.working(topic).kill)
        eventually(lambda: committed(client, topic, held) == held, within=600)
        stack.callback(machine.serving(topic, port).kill)
        yield port


async def _observe(machine: Machine, topic: str, port: int, rate: int, seconds: float) -> Latencies:
    observed = [Observed() for _ in range(PARTITIONS)]
    redis: Any = Redis.from_url(machine.redis)  # redis-py's types differ between its two protocols
    watching = [asyncio.create_task(_watch(port, partition, one)) for partition, one in enumerate(observed)]
    while not all(one.boards for one in observed):
        await asyncio.sleep(0.05)
    for one in observed:
        one.shown_before = one.boards[-1][0]
    following = asyncio.create_task(_follow(redis, topic, observed))
    await asyncio.sleep(0.2)
    await _send(machine, topic, observed, rate, seconds)
    await asyncio.sleep(GRACE_SECONDS)
    for task in (following, *watching):
        task.cancel()
    await asyncio.gather(following, *watching, return_exceptions=True)
    await redis.aclose()
    return Latencies(
        rate,
        sorted(latency for one in observed for latency in _latencies(one, one.commits, first=min(one.sent) + 1)),
        sorted(latency for one in observed for latency in _latencies(one, one.boards, first=one.shown_before + 1)),
    )


def _latencies(one: Observed, seen: Seen, first: int) -> Iterator[float]:
    """Yield how long each event took until *seen* had come to its number, the first event's being *first*."""
    numbers = [number for number, _ in seen]
    begun = min(one.sent.values()) + WARM_UP_SECONDS
    for number, (_, sent) in zip(count(first), sorted(one.sent.items())):
        if sent > begun:
            yield seen[bisect_left(numbers, number)][1] - sent


async def _send(machine: Machine, topic: str, observed: list[Observed], rate: int, seconds: float) -> None:
    """Send *rate* events a second, each by itself, at random moments."""
    random = Random(rate)
    producer = AIOKafkaProducer(bootstrap_servers=machine.kafka.program.address, acks="all")
    await producer.start()
    waiting = []
    begun = at = time.perf_counter()
    for number in count():
        at += random.expovariate(rate)
        if at > begun + WARM_UP_SECONDS + seconds:
            break
        await asyncio.sleep(at - time.perf_counter())
        partition = random.randrange(PARTITIONS)
        event, now = enquiry(partition, f"{rate}-{number}"), time.perf_counter()
        sent = await producer.send(
            topic,
            msgspec.json.encode(event),
            key=event.authority.encode(),
            partition=partition,
            headers=[("sent_at", event.recorded_at.isoformat().encode())],
        )
        waiting.append((partition, now, sent))
    for partition, sent_at, sent in waiting:
        observed[partition].sent[(await sent).offset] = sent_at
    await producer.stop()


def enquiry(partition: int, number: str) -> EnquiryReceived:
    now = datetime.now(UTC)
    return EnquiryReceived(
        id=number,
        authority=authorities()[partition],
        record=number,
        source="benchmark",
        child=number,
        recorded_at=now,
        occurred_at=now,
        enquiry_source="6",
        team="Front door",
    )


async def _follow(redis: Any, topic: str, observed: list[Observed]) -> None:
    """Note up to which offset each commit went, and when it was to be seen."""
    after = {f"{{{topic}:{partition}}}:changes": "$" for partition in range(PARTITIONS)}
    partitions = {name.encode(): observed[partition] for partition, name in enumerate(after)}
    while True:
        streams = await redis.xread(after, block=1000)
        now = time.perf_counter()
        for name, entries in dict(streams).items():
            for number, fields in entries:
                partitions[name].commits.append((int(fields[b"to"]), now))
                after[name.decode()] = number


async def _watch(port: int, partition: int, one: Observed) -> None:
    """Note how many enquiries a board shows, and when the message came."""
    async for shown in _messages(f"http://127.0.0.1:{port}/v1/live?authority={authorities()[partition]}"):
        now = time.perf_counter()
        if (figures := msgspec.json.decode(shown)["figures"]) is not None:
            one.boards.append((figures["received_month"]["numerator"], now))


async def _messages(url: str) -> AsyncIterator[str]:
    async with httpx.AsyncClient(timeout=None) as client, client.stream("GET", url) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {") and len(line) > len("data: {}"):
                yield line.removeprefix("data: ")


def table(measured: list[Latencies]) -> list[str]:
    """Return a row for each rate and way."""
    lines = ["| from sent | at | events | p50 ms | p99 ms | greatest ms |", "|---|--:|--:|--:|--:|--:|"]
    for one in measured:
        for way, latencies in (("to committed", one.to_commit), ("to a board's live stream", one.to_board)):
            numbers = " | ".join(f"{1000 * quantile(latencies, q):.1f}" for q in (0.5, 0.99, 1.0))
            lines.append(f"| {way} | {one.rate}/s | {len(latencies):,} | {numbers} |")
    return lines


def quantile(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
