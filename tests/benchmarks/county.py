"""One authority, two years of it and more: how long a rebuild takes, and how much memory its figures take."""

import time
from datetime import UTC
from urllib.request import urlopen

from redis import Redis

from deploy.machine import backload
from deploy.machine.programs import free_port
from events.simulator.authority import MONTHS, history
from events.simulator.clock import BEGINS
from events.simulator.wexshire import World
from metrics.catalogue import MEASURES
from metrics.store.position import UNCOUNTED
from tests.benchmarks.log import PARTITIONS
from tests.benchmarks.machine import Machine, cpu_seconds, megabytes
from tests.benchmarks.throughput import committed
from tests.journeys.parts import eventually

EVENTS_A_CHILD = 1.88  # about, in two years, for each child of the population
TURNS = 5
NOW = BEGINS.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
PAST = "2016-10-05"
ASKED = (
    ("figures for now, all measures", f"/v1/figures?at={NOW}"),
    ("figures for now, one measure by team", f"/v1/figures?measure=assessment_timeliness&by=team&at={NOW}"),
    ("figures at a past date, all measures", f"/v1/figures?at={PAST}"),
    ("24 months of one measure", "/v1/figures/assessment_timeliness/series?from=2016-01-01&to=2017-12-01&step=month"),
)


def table(machine: Machine, events: int) -> list[str]:
    """Return the measurements, a row each. Times of answers are a client's, HTTP included, the shortest of TURNS."""
    topic = machine.filled([])
    world = World(1, round(events / EVENTS_A_CHILD))
    sent = backload.send(machine.kafka.program.address, topic, history(world, BEGINS, MONTHS))
    port, rows = free_port(), []
    with machine.client() as client:
        worker = machine.working(topic)
        server = None
        try:
            began = time.perf_counter()
            eventually(lambda: committed(client, topic, sent) > 0, within=60, every=0.02)
            first = time.perf_counter()
            eventually(lambda: committed(client, topic, sent) == sent, within=600, every=0.1)
            told = time.perf_counter()
            eventually(lambda: not _uncounted(client, topic), within=600, every=0.1)
            counted = time.perf_counter()
            rows += [
                f"| from the worker's start to its first commit | {first - began:.1f} s |",
                f"| until all {sent:,} events are told | {told - first:.1f} s, {sent / (told - first):,.0f} events/s |",
                f"| until their figures are counted | {counted - told:.1f} s |",
                f"| **the rebuild, of both** | {counted - first:.1f} s, {sent / (counted - first):,.0f} events/s |",
                f"| processor of the worker | {cpu_seconds(worker.pid) / sent * 1e6:.1f} µs an event |",
                f"| memory of the worker | {megabytes(worker.pid):,.0f} MB |",
                f"| memory of Valkey | {megabytes(machine.store.pid):,.0f} MB |",
            ]
            began = time.perf_counter()
            server = machine.serving(topic, port)
            rows.append(f"| a server's start, until it has all figures | {time.perf_counter() - began:.1f} s |")
            for what, path in ASKED:
                least = min(_seconds(port, path) for _ in range(TURNS))
                rows.append(f"| {what} | {1000 * least:.1f} ms |")
            rows.append(f"| memory of the server | {megabytes(server.pid):,.0f} MB |")
        finally:
            worker.kill()
            if server is not None:
                server.kill()
    return [f"| one authority of {sent:,} events, {len(MEASURES)} measures | |", "|---|--:|", *rows]


def _uncounted(client: "Redis", topic: str) -> bool:
    """Return whether any partition still has no figures."""
    generations = [client.hget(f"{{{topic}:{n}}}:position", "generation") for n in range(PARTITIONS)]
    return any(generation is None or generation.decode().startswith(UNCOUNTED) for generation in generations)


def _seconds(port: int, path: str) -> float:
    start = time.perf_counter()
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        response.read()
    return time.perf_counter() - start
