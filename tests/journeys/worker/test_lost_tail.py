"""A log that lost its end, by a power cut or an older copy put back: refused in words, whatever has grown since."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.machine import programs
from deploy.machine.running import Running
from streams.broker.partitions import partition_of
from tests.conftest import Store, started
from tests.histories import history, shuffled
from tests.journeys.machine.test_spine import log_of, reference
from tests.journeys.parts import MAIN, Process, batches, committed, environment, eventually, new_topic, send, tallies

PARTITIONS = 4
LOG = list(log_of(4, histories=1))
USED = sorted({partition_of(str(event["authority"]), PARTITIONS) for event in LOG})
OTHERS = [  # that are sent after the loss: as many, and more, to each partition
    event
    for number in range(4)
    for seed in (50, 51)
    for event in shuffled(seed, history(1000 * number + seed, authority=f"X999999{number:02}"))
]
PIECES = 6  # that the log is sent in: a batch of each partition each
KEPT = 3  # batches of a partition that is cut back


def on_log(kafka: str, topic: str) -> list[dict[str, object]]:
    """Return every event that the log holds."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends, events = consumer.end_offsets(parts), []
    while any(consumer.position(part) < ends[part] for part in parts):
        for records in consumer.poll(timeout_ms=500).values():
            events += [json.loads(record.value) for record in records]
    consumer.close()
    return events


def doctor_of(loss: "Loss") -> str:
    """Return what `casepulse doctor` says of an installation."""
    return subprocess.run([*MAIN, "doctor"], env=loss.env, text=True, capture_output=True, check=False).stdout


@dataclass
class Loss:
    """A topic of which something is lost, and the worker that had read it."""

    name: str
    topic: str
    env: dict[str, str]
    log: Path
    damaged: dict[int, str] = field(default_factory=dict)  # by partition
    process: Process | None = None  # frozen while it happens; None: stopped before
    grows: bool = False

    def segment(self, data: Path, partition: int) -> Path:
        return data / "log" / f"{self.topic}-{partition}" / "00000000000000000000.log"

    def spoil(self, data: Path) -> None:
        """Damage the log while no broker runs."""
        for partition, how in self.damaged.items():
            segment = self.segment(data, partition)
            at = batches(segment)
            assert len(at) > KEPT + 1, "a batch a piece, and more than are kept"
            if how == "cut":
                with segment.open("r+b") as file:
                    file.truncate(at[KEPT])
            if how == "flipped":
                content = bytearray(segment.read_bytes())
                content[(at[-2] + at[-1]) // 2] ^= 1
                segment.write_bytes(content)

    def begin(self) -> Process:
        self.process = Process("worker", "--no-publish", env=self.env, log=self.log)
        return self.process

    def refusal(self) -> str:
        """Return the one line in which the worker said why it does not go on."""
        assert self.process is not None
        assert self.process.wait(60) == 3, self.log.read_text()
        (line,) = [line for line in self.log.read_text().splitlines() if "refused" in line]
        self.log.write_text("")
        return line


class House:
    """A Kafka of our own, to be killed and spoiled, and a store."""

    def __init__(self, tmp_path: Path, kafka: Running, valkey: Store) -> None:
        self.tmp_path, self.kafka, self.valkey = tmp_path, kafka, valkey
        self.losses: dict[str, Loss] = {}

    def read_log(self, name: str, damaged: dict[int, str], *, frozen: bool = False, grows: bool = False) -> Loss:
        """Have a worker read a log to its end; then it is frozen, or stopped."""
        kafka = self.kafka.program.address
        topic = new_topic(kafka, PARTITIONS)
        env = environment(kafka, self.valkey.url, topic)
        loss = Loss(name, topic, env, self.tmp_path / f"{topic}.log", damaged, grows=grows)
        size = -(-len(LOG) // PIECES)
        process = loss.begin()
        for first in range(0, len(LOG), size):
            send(kafka, topic, sorted(LOG, key=lambda event: str(event["record"]))[first : first + size])
        eventually(lambda: committed(self.valkey.url, topic) == len(LOG), within=60)
        if frozen:
            process.signal(signal.SIGSTOP)
        else:
            assert process.stop() == 0
            loss.process = None
        self.losses[name] = loss
        return loss

    def lose(self) -> None:
        """Cut the power, damage what is to be damaged, and bring Kafka back."""
        data = self.kafka.program.data
        self.kafka.kill()
        for loss in self.losses.values():
            loss.spoil(data)
        self.kafka.start()
        self.kafka.wait_ready(60)


@pytest.fixture
def house(tmp_path: Path, valkey: Store) -> Iterator[House]:
    program = programs.kafka(tmp_path / "kafka", programs.free_port(), programs.free_port())
    with started(program, within=60) as running, ExitStack() as at_the_end:
        house = House(tmp_path, running, valkey)
        at_the_end.callback(lambda: [loss.process.kill() for loss in house.losses.values() if loss.process])
        yield house


def test_a_log_that_lost_its_end_is_refused_until_it_is_restored_or_counted_afresh(house: House) -> None:
    """Cut at a batch's end, whichever partition, grown since or not, under a worker or without: no figure changes.

    With the log restored the worker goes on. With the store made afresh the figures are those of the log as it is.
    """
    house.read_log("shorter", {USED[0]: "cut"})
    for partition in USED:
        house.read_log(f"grown {partition}", {partition: "cut"}, grows=True)
    house.read_log("all, read on", dict.fromkeys(USED, "cut"), frozen=True, grows=True)
    house.read_log("shorter, read on", {USED[-1]: "cut"}, frozen=True)
    house.read_log("whole, read on", {}, frozen=True, grows=True)
    truth, url, kafka = reference(LOG).tallies, house.valkey.url, house.kafka.program.address
    copy = house.tmp_path / "copy"
    grown = house.losses[f"grown {USED[0]}"]
    shutil.copytree(grown.segment(house.kafka.program.data, USED[0]).parent, copy)

    house.lose()
    for loss in house.losses.values():
        if loss.grows:
            send(kafka, loss.topic, OTHERS)
    for name, loss in house.losses.items():
        if loss.process is None:
            loss.begin()
        elif name != "whole, read on":
            loss.process.signal(signal.SIGCONT)

    whole = house.losses["whole, read on"]
    assert "is not the one that was read" in doctor_of(grown)
    assert "is not the one that was read" not in doctor_of(whole)
    for name, loss in house.losses.items():
        if loss is whole:
            continue
        line = loss.refusal()
        assert ("the log ends at" in line) is name.startswith("shorter"), (name, line)
        assert loss.grows is ("is not the one that was read" in line), (name, line)
        assert "restore the log" in line, line
        assert committed(url, loss.topic) == len(LOG)
        assert tallies(url, loss.topic) == truth

    assert whole.process is not None
    whole.process.signal(signal.SIGCONT)
    eventually(lambda: committed(url, whole.topic) == len(LOG) + len(OTHERS), within=60)
    assert whole.process.stop() == 0
    assert tallies(url, whole.topic) == reference(LOG + OTHERS).tallies

    later = house.losses["shorter"]  # what was refused for its end is refused for its records, once it has grown
    send(kafka, later.topic, OTHERS)
    later.begin()
    assert "is not the one that was read" in later.refusal()

    assert subprocess.run([*MAIN, "replay", "--yes"], env=later.env, check=False).returncode == 0
    process = later.begin()
    left = on_log(kafka, later.topic)
    eventually(lambda: committed(url, later.topic) == len(left), within=60)
    assert process.stop() == 0
    assert tallies(url, later.topic) == reference(left).tallies != truth

    house.kafka.stop(20)
    folder = grown.segment(house.kafka.program.data, USED[0]).parent
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    house.kafka.start()
    house.kafka.wait_ready(60)
    process = grown.begin()
    others = [e for e in OTHERS if partition_of(str(e["authority"]), PARTITIONS) != USED[0]]  # it had no such then
    eventually(lambda: committed(url, grown.topic) == len(LOG) + len(others), within=60)
    assert process.stop() == 0
    assert tallies(url, grown.topic) == reference(LOG + others).tallies


def test_a_damaged_record_is_refused_in_words(house: House) -> None:
    """A flipped bit in what is still to be read: said with the partition, and not tried for ever."""
    stopped = house.read_log("flipped", {USED[0]: "flipped"})
    running = house.read_log("flipped, read on", {USED[-1]: "flipped"}, frozen=True)
    read = house.read_log("flipped, and read", {USED[0]: "flipped"})
    url, kafka = house.valkey.url, house.kafka.program.address
    for loss in (stopped, running):
        send(kafka, loss.topic, OTHERS)
    house.kafka.stop(20)
    for loss in house.losses.values():
        loss.spoil(house.kafka.program.data)
    house.kafka.start()
    house.kafka.wait_ready(60)
    for loss, partition in ((stopped, USED[0]), (running, USED[-1]), (read, USED[0])):
        if loss.process is None:
            loss.begin()
        else:
            loss.process.signal(signal.SIGCONT)
        line = loss.refusal()
        assert f"partition {partition} of the log is damaged" in line
        assert "restore the log" in line
    assert tallies(url, read.topic) == reference(LOG).tallies
