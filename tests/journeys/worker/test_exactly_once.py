"""Kill anything at any moment: no figure is ever wrong. At worst it says that it is rebuilding."""

import asyncio
import json
import random
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, TopicPartition

from deploy.machine import programs
from events.decode import decode
from metrics.catalogue import BY_NAME
from metrics.counting.fingerprint import code
from metrics.counting.fold import fold
from metrics.counting.tally import Tally
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.sums.sums import GrowingSums, Sums
from metrics.windows import At, parse_at
from streams.broker.partitions import partition_of
from tests.conftest import started
from tests.histories import history, shuffled
from tests.journeys.parts import Process, committed, environment, eventually, new_topic, snapshots, tallies
from tests.journeys.worker.faults import PLAN, Scene, table
from tests.journeys.worker.trapped_worker import STEPS

EVENTS, AUTHORITIES, PARTITIONS = 20_000, 8, 4
EVENTS_A_SECOND, SLOW_EVENTS_A_SECOND = 130, 30
AHEAD_SHARE = 0.2  # of the log, that may be sent before as large a share of the faults is done
NOW = datetime(2026, 11, 30, tzinfo=UTC)
AT = "2026-11-01"
ASKED = (
    ("enquiries_received", "last_9999_days"),
    ("assessments_open", "now"),
    ("assessments_overdue", "now"),
    ("assessment_timeliness", "last_9999_days"),
    ("children_looked_after", "now"),
    ("children_in_need", "now"),
    ("re_referrals", "last_9999_days"),
    ("protection_plans_open", "now"),
    ("enquiries_overdue", "now"),
)
SHOWN = ("assessments_open", "assessments_overdue", "children_looked_after")  # on a board, as they are now
RULES = RulesByAuthority()
TRAPPED = (sys.executable, "-m", "tests.journeys.worker.trapped_worker")


def authority(number: int) -> str:
    """Return one of eight names that murmur2 spreads over all four partitions."""
    return f"X9999990{number}"


def log() -> Iterator[dict[str, Any]]:
    """Yield 20,000 events: duplicates, corrections, retractions, merges. Each history has households of its own."""
    streams = [_histories(number) for number in range(AUTHORITIES)]
    for _ in range(EVENTS // AUTHORITIES):
        for stream in streams:
            yield next(stream)


def _histories(number: int) -> Iterator[dict[str, Any]]:
    for seed in range(1000 * number, 1000 * number + 1000):
        for event in shuffled(seed, history(seed, authority=authority(number))):
            if event["type"] == "feed.reported":
                continue  # a late feed would make a board stand at the feed's time instead of now
            yield {k: f"{seed}-{v}" if k in ("child", "into", "id") else v for k, v in event.items()}


class Feed(threading.Thread):
    """Sends the log at a steady pace until told to hurry, and slowly once it is ahead of the faults: it outlasts them.

    *share* of the faults are done. Whatever becomes of the broker, each event is in the log once.
    """

    def __init__(self, kafka: str, topic: str) -> None:
        super().__init__(daemon=True)
        self._kafka, self._topic = kafka, topic
        self.hurry, self.held, self.quiet = (threading.Event() for _ in range(3))
        self.sent = 0
        self.share = 0.0

    def run(self) -> None:
        asyncio.run(self._send())

    async def _send(self) -> None:
        # kafka-python's producer may hang for good once its broker was killed.
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, enable_idempotence=True, request_timeout_ms=300_000, linger_ms=5
        )
        await producer.start()
        for event in log():
            key = str(event["authority"])
            partition = partition_of(key, PARTITIONS)
            await producer.send(self._topic, json.dumps(event).encode(), key=key.encode(), partition=partition)
            self.sent += 1
            while self.held.is_set():
                if not self.quiet.is_set():
                    await producer.flush()
                    self.quiet.set()
                await asyncio.sleep(0.02)
            if not self.hurry.is_set():
                is_ahead = self.sent >= EVENTS * (self.share + AHEAD_SHARE)
                await asyncio.sleep(1 / (SLOW_EVENTS_A_SECOND if is_ahead else EVENTS_A_SECOND))
        await producer.stop()


class Watcher(threading.Thread):
    """Asks the API for the figures of every authority, over and over, and keeps the answers."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        measures = "".join(f"&measure={measure}" for measure, _ in ASKED)
        self._address = f"http://127.0.0.1:{port}/v1/figures?at={AT}&window=last_9999_days{measures}"
        self.enough = threading.Event()
        self.seen: dict[str, list[tuple[int, ...]]] = {authority(n): [] for n in range(AUTHORITIES)}
        self.asked = self.refused = 0
        self.strange: list[str] = []

    def run(self) -> None:
        while not self.enough.is_set():
            for name, seen in self.seen.items():
                self.asked += 1
                try:
                    with urllib.request.urlopen(f"{self._address}&authority={name}", timeout=5) as response:
                        answer = tuple(self._numbers(json.load(response)["figures"]))
                except urllib.error.HTTPError as exc:
                    self.refused += 1
                    if exc.code not in (404, 503) or (exc.code == 404 and seen):
                        self.strange.append(f"{name}: {exc.code} after {len(seen)} answers")
                    exc.close()
                    continue
                except OSError:
                    continue
                if not seen or seen[-1] != answer:
                    seen.append(answer)
            time.sleep(0.03)

    def _numbers(self, figures: list[dict[str, Any]]) -> Iterator[int]:
        for figure in sorted(figures, key=lambda f: [name for name, _ in ASKED].index(f["measure"])):
            yield figure["numerator"]
            yield figure["denominator"] or 0


class Listener(threading.Thread):
    """Listens to the live stream of one authority, and keeps its figures."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(daemon=True)
        self._address = f"http://127.0.0.1:{port}/v1/live?authority={name}"
        self.name_of = name
        self.enough = threading.Event()
        self.seen: list[tuple[int, ...]] = []

    def run(self) -> None:
        with urllib.request.urlopen(self._address, timeout=30) as stream:
            for line in stream:
                if self.enough.is_set():
                    return
                message = json.loads(line[6:]) if line.startswith(b"data: {") else {}
                if shown := message.get("figures"):
                    numbers = tuple(shown[tile]["numerator"] for tile in SHOWN)
                    if not self.seen or self.seen[-1] != numbers:
                        self.seen.append(numbers)


def _worker() -> tuple[str, ...]:
    return "worker", "--metrics-port", str(programs.free_port())


def processed(worker: Process) -> float:
    """Return how many records a worker says that it has committed."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.arguments[-1]}/metrics", timeout=5) as response:
        lines = response.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("casepulse_events_processed_total "))


def read_back(kafka: str, topic: str) -> dict[str, list[bytes]]:
    """Return the log as Kafka has it, by authority, in order: the truth of this journey."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    parts = [TopicPartition(topic, n) for n in range(PARTITIONS)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends = consumer.end_offsets(parts)
    values: dict[str, list[bytes]] = {authority(n): [] for n in range(AUTHORITIES)}
    while any(consumer.position(part) < ends[part] for part in parts):
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                values[record.key.decode()].append(record.value)
    consumer.close()
    return values


def prefixes(name: str, values: list[bytes], now: At) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Return what is asked of an authority, and what its board shows *now*, after each prefix of its log."""
    reference, sums = InMemoryStore(RULES), GrowingSums()
    asked, shown = [_asked(name, sums)], [_shown(name, sums, now)]
    for value in values:
        change = fold(reference.kept, reference.authorities, [decode(value, NOW)], RULES)
        reference.take(change)
        for part, cells in change.tallies.get(name, {}).items():
            sums.add(part, cells)
        asked.append(_asked(name, sums) if change.tallies else asked[-1])
        shown.append(_shown(name, sums, now) if change.tallies else shown[-1])
    return asked, shown


def _asked(name: str, sums: Sums) -> tuple[int, ...]:
    numbers: list[int] = []
    for measure, window in ASKED:
        figure = evaluate(sums, name, Question(measure=BY_NAME[measure], at=parse_at(AT), window=window))[0]
        numbers += [figure.numerator, figure.denominator or 0]
    return tuple(numbers)


def _shown(name: str, sums: Sums, now: At) -> tuple[int, ...]:
    return tuple(evaluate(sums, name, Question(measure=BY_NAME[tile], at=now))[0].numerator for tile in SHOWN)


def follows(seen: list[tuple[int, ...]], truth: list[tuple[int, ...]]) -> str | None:
    """Return what is wrong with *seen*: each must be some prefix's figures, and never an earlier prefix's."""
    at = 0
    for number, answer in enumerate(seen):
        while at < len(truth) and truth[at] != answer:
            at += 1
        if at == len(truth):
            known = "goes back" if answer in truth else "is of no prefix of the log"
            return f"answer {number} of {len(seen)} {known}: {answer}, after {seen[number - 1]}"
    return None


def differences(counted: dict[str, Tally], truth: dict[str, Tally]) -> dict[str, int]:
    """Return by part how many cells differ."""
    parts = {part for tally in (*counted.values(), *truth.values()) for part in tally}
    return {
        part: sum(
            len(dict(counted.get(name, {}).get(part, {}).items() ^ truth.get(name, {}).get(part, {}).items()))
            for name in counted.keys() | truth.keys()
        )
        for part in sorted(parts)
    }


@pytest.mark.timeout(720)
def test_nothing_is_ever_lost_or_doubled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over forty faults of fourteen kinds at every step of the work, two workers, 20,000 events: every cell is right.

    Every answer on the way was of the log up to some point, and none was of an earlier point than the one before it.
    """
    data = tmp_path / "kafka"
    with (
        started(programs.kafka(data, programs.free_port(), programs.free_port()), within=60) as kafka,
        started(programs.valkey(tmp_path / "valkey", programs.free_port()), within=10) as store,
    ):
        address, url = kafka.program.address, store.program.address
        topic = new_topic(address, PARTITIONS)
        env = environment(address, url, topic) | {"CASEPULSE_TRAPS": str(tmp_path / "traps")}
        names = tuple(authority(n) for n in range(AUTHORITIES))
        scene = Scene(kafka, store, env, tmp_path, TRAPPED, _worker, names)
        scene.traps.mkdir()
        port = programs.free_port()
        server = Process("serve", "--port", str(port), env=env, log=tmp_path / "serve.log")
        feed, watcher = Feed(address, topic), Watcher(port)
        feed.held, feed.quiet = scene.held, scene.quiet
        listeners = [Listener(port, authority(n)) for n in range(AUTHORITIES)]
        try:
            scene.mend()
            feed.start()
            eventually(lambda: committed(url, topic) > 500, within=30)
            for reader in (watcher, *listeners):
                reader.start()
            eventually(lambda: all(processed(worker) > 0 for worker in scene.workers), within=30)  # both hold some
            plan = list(PLAN)
            random.Random(1).shuffle(plan)
            for number, (fault, step) in enumerate(plan):
                if number % 4 == 0:
                    scene.copy_store()
                scene.hit(fault, step)
                feed.share = (number + 1) / len(plan)
            feed.hurry.set()
            feed.join(60)
            eventually(lambda: committed(url, topic) == EVENTS, within=60)
            eventually(
                lambda: all(snapshot.position.catalogue == code() for snapshot in snapshots(url, topic).values()),
                within=60,
            )
            time.sleep(1)
            for reader in (watcher, *listeners):
                reader.enough.set()
                reader.join(15)
            truth = read_back(address, topic)
            counted = tallies(url, topic)
        finally:
            for process in (*scene.workers, server):
                process.kill()
    heard, now = {listener.name_of: listener.seen for listener in listeners}, At(datetime.now(UTC))
    with capsys.disabled():
        print(f"\n{table(scene.hits)}\n{len(scene.hits)} faults, {watcher.asked} questions, {watcher.refused} refused")
    assert len(scene.hits) >= 40
    assert {"right" in line or "is not the one that was read" in line for line in scene.refusals} == {True}
    assert {hit.step for hit in scene.hits} == set(STEPS)
    assert sum(map(len, truth.values())) == EVENTS
    links = [json.loads(value) for values in truth.values() for value in values if b'"child.merged"' in value]
    assert sum(link.get("retracted") is True for link in links) > 50, "links are told, and taken back, all the way"
    reference = InMemoryStore(RULES).tell(decode(value, NOW) for values in truth.values() for value in values)
    assert not any(differences(counted, reference.tallies).values()), differences(counted, reference.tallies)
    assert counted == reference.tallies
    assert not watcher.strange
    for name, values in truth.items():
        assert len(watcher.seen[name]) > 10
        assert len(heard[name]) > 10
        asked, shown = prefixes(name, values, now)
        wrong = follows(watcher.seen[name], asked)
        assert wrong is None, f"{name}, asked: {wrong}"
        wrong = follows(heard[name], shown)
        assert wrong is None, f"{name}, listening: {wrong}"
