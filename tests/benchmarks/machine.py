"""The machine of a measurement: a Kafka and a Valkey of its own, and what each process costs."""

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from resource import getpagesize
from urllib.request import urlopen
from uuid import uuid4

from redis import Redis

from deploy.machine import programs
from deploy.machine.running import Running
from events.event import Event
from streams.broker import topics
from streams.broker.sender import Sender
from tests.benchmarks.log import PARTITIONS
from tests.conftest import started
from tests.journeys.parts import Process, environment, eventually

PACKAGES = ("faust-streaming", "aiokafka", "redis", "msgspec")


@dataclass(frozen=True)
class Machine:
    """A broker and a store, each a process on this machine's loopback, and a folder for logs."""

    kafka: Running
    store: Running
    folder: Path

    @property
    def redis(self) -> str:
        return self.store.program.address

    def client(self) -> "Redis":
        return Redis.from_url(self.redis)

    def environment(self, topic: str) -> Mapping[str, str]:
        return environment(self.kafka.program.address, self.redis, topic)

    def filled(self, events: list[Event]) -> str:
        """Return a new topic that holds *events*, before an empty store."""
        with self.client() as client:
            client.flushall()
        topic = f"bench-{uuid4().hex[:8]}"
        topics.ensure(self.kafka.program.address, topic, PARTITIONS)
        with Sender(self.kafka.program.address, topic) as sender:
            sender.send(events)
        return topic

    def working(self, topic: str) -> Process:
        """Start a worker that publishes nothing."""
        return Process("worker", "--no-publish", env=self.environment(topic), log=self.folder / "worker.log")

    def serving(self, topic: str, port: int) -> Process:
        """Start a server, and wait until it has every figure."""
        server = Process("serve", "--port", str(port), env=self.environment(topic), log=self.folder / "serve.log")
        eventually(lambda: answers(port), within=120)
        return server


@contextmanager
def running(folder: Path) -> Iterator[Machine]:
    """Start both, and stop them when the block ends."""
    kafka = programs.kafka(folder / "kafka", programs.free_port(), programs.free_port())
    valkey = programs.valkey(folder / "valkey", programs.free_port())
    with started(kafka, within=60) as broker, started(valkey, within=10) as store:
        yield Machine(broker, store, folder)


def answers(port: int) -> bool:
    """Whether the server at *port* may show every figure."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def cpu_seconds(pid: int) -> float:
    """Return the processor time that all threads of a process have taken, to a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    """Return the memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * getpagesize() / 1e6


def described(machine: Machine) -> str:
    """Return the day, the machine and the versions, in a line."""
    with machine.client() as client:
        info = client.info("server")
    kafka = next(programs.JARS.glob("kafka_*.jar")).stem.rpartition("-")[2]
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores ({_processor()}), shared by all that is measured, Kafka "
        f"and whatever else ran; {platform.system()}, Python {platform.python_version()}, Kafka {kafka}, "
        f"Valkey {info.get('valkey_version', info['redis_version'])}, {packages}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
