"""Many subscribers of one board: how soon each sees a commit, what deaf ones cost, and how soon all come back."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from deploy.machine.programs import free_port
from events.decode import encode
from events.event import Event
from tests.benchmarks.latency import enquiry, quantile
from tests.benchmarks.log import authorities
from tests.benchmarks.machine import Machine, cpu_seconds, megabytes
from tests.benchmarks.throughput import committed
from tests.journeys.parts import eventually

DEAF_SHARE = 0.05  # of the subscribers never read
EVENTS_A_SECOND = 4.0  # of the one authority that all watch
WARM_UP_EVENTS = 8  # are not counted
RETRY_SECONDS = 1.0  # until a dropped subscriber comes again, as the stream asks


@dataclass
class Watched:
    """What all clients saw, in seconds of one clock."""

    commits: list[float] = field(default_factory=list)
    shown: list[dict[int, float]] = field(default_factory=list)  # of each client: which number, when first


def table(machine: Machine, events: list[Event], sizes: tuple[int, ...], seconds: float) -> list[str]:
    """Return a row for each number of subscribers."""
    topic, port = machine.filled(events), free_port()
    worker = machine.working(topic)
    rows = []
    try:
        with machine.client() as client:
            eventually(lambda: committed(client, topic, len(events)) == len(events), within=600)
        for size in sizes:
            rows.append(asyncio.run(_row(machine, topic, port, size, seconds)))
    finally:
        worker.kill()
    return [
        "| subscribers | of them deaf | seen of | from committed, p50 ms | p99 ms | greatest ms | server, cores | MB "
        "| all back after a restart |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
    ]


async def _row(machine: Machine, topic: str, port: int, size: int, seconds: float) -> str:
    deaf = round(size * DEAF_SHARE)
    watched = Watched(shown=[{} for _ in range(size - deaf)])
    server = machine.serving(topic, port)
    tasks = [asyncio.create_task(_watch(port, seen)) for seen in watched.shown]
    silent = [await _deaf(port) for _ in range(deaf)]
    try:
        await _until(lambda: all(watched.shown), within=60)
        before = max(max(seen) for seen in watched.shown)
        begun = time.perf_counter(), cpu_seconds(server.pid)
        await _send(machine, topic, watched, f"{port}-{size}", seconds)
        cores = (cpu_seconds(server.pid) - begun[1]) / (time.perf_counter() - begun[0])
        memory = megabytes(server.pid)
        late = sorted(_latencies(watched, before + WARM_UP_EVENTS))
        server.kill()
        gone = time.perf_counter()
        server = machine.serving(topic, port)
        serving = time.perf_counter()
        await _until(lambda: all(max(seen.values()) > gone for seen in watched.shown), within=120)
        back = time.perf_counter() - gone
        own = serving - gone
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in silent:
            writer.close()
        server.kill()
    numbers = " | ".join(f"{1000 * quantile(late, q):.0f}" for q in (0.5, 0.99, 1.0))
    return (
        f"| {size:,} | {deaf} | {len(late):,} | {numbers} | {cores:.2f} | {memory:,.0f} "
        f"| {back:.1f} s, {own:.1f} s of it the server's own start |"
    )


async def _until(condition: Callable[[], bool], within: float) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)


async def _open(port: int, limit: int = 2**16) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
    writer.write(f"GET /v1/live?authority={authorities()[0]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return reader, writer


async def _deaf(port: int) -> asyncio.StreamWriter:
    """Return a subscriber that asks and never reads."""
    _, writer = await _open(port, limit=1)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    return writer


async def _watch(port: int, seen: dict[int, float]) -> None:
    """Note which number was shown when: at first, and after each time that the server was gone, also the last."""
    while True:
        with suppress(OSError):
            reader, writer = await _open(port)
            left, first = b"", True
            while chunk := await reader.read(2**16):
                *whole, left = (left + chunk).split(b"\n\n")
                now = time.perf_counter()
                for number in map(_shown, whole):
                    if number is not None and (first or number not in seen):
                        seen[number], first = now, False
            writer.close()
        await asyncio.sleep(RETRY_SECONDS)


class _Counted(msgspec.Struct):
    numerator: int


class _Figures(msgspec.Struct):
    received_month: _Counted


class _Board(msgspec.Struct):
    figures: _Figures | None = None


_board = msgspec.json.Decoder(_Board).decode


def _shown(message: bytes) -> int | None:
    """Return how many enquiries of this month a message shows; None where it shows none, or is no board."""
    _, is_board, board = message.partition(b"event: board\ndata: ")
    figures = _board(board).figures if is_board else None
    return figures.received_month.numerator if figures else None


async def _send(machine: Machine, topic: str, watched: Watched, name: str, seconds: float) -> None:
    """Send one event after another, each once the one before is committed and had its time; note the commits."""
    redis: Any = Redis.from_url(machine.redis)
    key = f"{{{topic}:0}}:changes"
    producer = AIOKafkaProducer(bootstrap_servers=machine.kafka.program.address, acks="all")
    await producer.start()
    for number in range(round(seconds * EVENTS_A_SECOND)):
        event = enquiry(0, f"{name}-{number}")
        after = (await redis.xrevrange(key, count=1))[0][0]
        await producer.send_and_wait(topic, encode(event), key=event.authority.encode(), partition=0)
        while not await redis.xread({key: after}, block=1000):
            pass
        watched.commits.append(time.perf_counter())
        await asyncio.sleep(1 / EVENTS_A_SECOND)
    await asyncio.sleep(2)
    await producer.stop()
    await redis.aclose()


def _latencies(watched: Watched, before: int) -> list[float]:
    """Return how long after each commit each client was shown that number or a later one."""
    latencies = []
    for seen in watched.shown:
        numbers = sorted(seen)
        for number, at in enumerate(watched.commits[WARM_UP_EVENTS:], start=before + 1):
            shown = [seen[one] for one in numbers if one >= number]
            latencies.append(max(0.0, shown[0] - at) if shown else float("inf"))
    return latencies
