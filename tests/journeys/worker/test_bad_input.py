"""Records of a broken or hostile source, through real parts: set aside and listed once, and none of their text told."""

import asyncio
import json
import random
import re
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, TopicPartition

from deploy.machine import programs
from events.decode import decode
from metrics.rules.rules import RulesByAuthority
from metrics.store.connection import connect
from metrics.store.in_memory import InMemoryStore
from metrics.store.redis import Store as RedisStore
from streams.broker import topics
from streams.broker.partitions import partition_of
from tests.conftest import Store
from tests.histories import history
from tests.journeys.parts import MAIN, Process, environment, eventually, new_topic, tallies, worker

CANARY = "kanarie"  # stands in every value of every record, and must stand in nothing that a worker says
PARTITIONS, GOOD, BAD = 4, 9_500, 500
NOW = datetime(2026, 11, 30, tzinfo=UTC)
AUTHORITIES = tuple(f"{CANARY}-{number}" for number in range(8))
NAMES = (
    "id",
    "child",
    "record",
    "source",
    "team",
    "into",
    "enquiry",
    "plan",
    "referral",
    "care",
    "missing",
    "section_47",
)
Coordinate = tuple[int, int]


@dataclass(frozen=True)
class Sent:
    """A record to be appended, and why it is a dead letter, if it is one."""

    key: bytes | None
    value: bytes | None
    partition: int
    reason: str | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


def home(authority: str) -> int:
    return partition_of(authority, PARTITIONS)


def written(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def marked(event: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return *event* with the canary in each of its names, and in a field that we do not know."""
    named = {name: f"{CANARY} {event[name]}" for name in NAMES if isinstance(event.get(name), str)}
    for name in {"child", "into"} & named.keys():
        named[name] += f" of {seed}"
    return {**event, **named, "note": f"{CANARY} said"}


def good() -> Iterator[Sent]:
    """Yield good events without end, of eight authorities. Each history has children of its own."""
    for seed in range(10_000):
        authority = AUTHORITIES[seed % len(AUTHORITIES)]
        for event in history(seed, authority=authority):
            # Headers of another tool: a worker reads one of them, and must survive any value of it.
            odd = (("sent_at", None), ("sent_at", b"\xff" + CANARY.encode()))[seed % 2]
            yield Sent(authority.encode(), written(marked(event, seed)), home(authority), headers=(odd,))


# --- twenty-five ways ---------------------------------------------------------------------------------------------

Way = Callable[[dict[str, Any]], "bytes | None"]
DEEP = b'["' + CANARY.encode() + b'", ' + b"[" * 10_000 + b"]" * 10_000 + b"]"


def changed(**fields: Any) -> Way:
    return lambda event: written({**event, **fields})


def without(name: str) -> Way:
    return lambda event: written({field: value for field, value in event.items() if field != name})


def ending(literal: bytes) -> Way:
    """Return a way that ends an event with *literal*, which need not be JSON."""
    return lambda event: written(event)[:-1] + b", " + literal + b"}"


def ahead(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


WAYS: dict[str, tuple[str, Way]] = {
    "a tombstone": ("empty", lambda event: None),
    "neither key nor value": ("empty", lambda event: None),
    "oversized": ("too_large", changed(note=f"{CANARY} " * 13_000)),
    "another encoding": ("not_utf8", ending(b'"moon": "\xff' + CANARY.encode() + b'"')),
    "cut off": ("not_json", lambda event: written(event)[:-5]),
    "not a number": ("not_json", ending(b'"moon": NaN')),
    "deep, unread": ("nested_too_deeply", ending(b'"moon": ' + DEEP)),
    "deep, read": ("wrong_type", ending(b'"need": ' + DEEP)),
    "wide": ("wrong_type", ending(b'"need": [' + b"{}," * 15_000 + b"{}]")),
    "a list": ("not_an_object", lambda event: b"[" + written(event) + b"]"),
    "a type of tomorrow": ("unknown_type", changed(type=f"{CANARY}.born")),
    "an origin of tomorrow": ("unknown_origin", changed(origin=CANARY)),
    "no record": ("missing_field", without("record")),
    "a number for a name": ("wrong_type", changed(source=7519)),
    "a long name": ("wrong_length", changed(team=CANARY * 10)),
    "a revision below zero": ("out_of_range", changed(revision=-7519)),
    "31 November": ("bad_date", changed(occurred_on="2025-11-31")),
    "a moment anywhere": ("no_offset", changed(recorded_at="2025-11-30T12:00:00")),
    "two dates": ("two_dates", changed(occurred_at="2025-11-01T12:00:00Z")),
    "happened tomorrow": ("in_the_future", changed(occurred_at="2025-11-13T12:00:00.000001Z", occurred_on=None)),
    "recorded tomorrow": ("recorded_in_the_future", lambda event: written({**event, "recorded_at": ahead(hours=25)})),
    "too long ago": ("outside_calendar", changed(occurred_at="1995-01-01T00:00:00+01:00", occurred_on=None)),
    "another's key": ("wrong_key", written),
    "no key": ("wrong_key", written),
    "another's partition": ("wrong_partition", written),
}


def bad(number: int, way: str, authority: str) -> Sent:
    """Return a dead letter."""
    event = {
        "type": "care.started",
        "id": f"{CANARY} bad {number}",
        "authority": authority,
        "child": f"{CANARY} {number}",
        "record": f"{CANARY} R{number}",
        "source": CANARY,
        "team": CANARY,
        "need": CANARY,
        "note": CANARY,
        "recorded_at": "2025-11-12T12:00:00Z",
        "occurred_on": "2025-11-01",
    }
    reason, write = WAYS[way]
    sent = Sent(authority.encode(), write(event), home(authority), reason, (("sent_at", CANARY.encode()),))
    match way:
        case "neither key nor value" | "no key":
            return replace(sent, key=None)
        case "another's key":
            return replace(sent, key=CANARY.encode())
        case "another's partition":
            return replace(sent, partition=(sent.partition + 1) % PARTITIONS)
    return sent


# --- the parts ----------------------------------------------------------------------------------------------------


def append(kafka: str, topic: str, records: Iterable[Sent], compression: str | None = None) -> dict[Coordinate, Sent]:
    """Append *records* as they are, null keys, null values and null headers too; return where each of them lies."""

    async def run() -> dict[Coordinate, Sent]:
        producer = AIOKafkaProducer(
            bootstrap_servers=kafka,
            value_serializer=attrgetter("value"),
            compression_type=compression,
            max_request_size=2**24,
            linger_ms=5,
        )
        await producer.start()
        try:
            waiting = [
                (await producer.send(topic, r, key=r.key, partition=r.partition, headers=list(r.headers)), r)
                for r in records
            ]
            return {(place.partition, place.offset): r for future, r in waiting for place in [await future]}
        finally:
            await producer.stop()

    return asyncio.run(run())


def tell_good(reference: InMemoryStore, records: Iterable[Sent]) -> InMemoryStore:
    """Tell *reference* the good ones of *records*, and return it."""
    return reference.tell(decode(record.value, NOW) for record in records if record.reason is None)


def read_to(redis: str, topic: str) -> int:
    """Return how many records are committed, over all partitions."""

    async def read() -> int:
        store = RedisStore(connect(redis), topic)
        positions = [await store.position(partition) for partition in range(PARTITIONS)]
        await store.close()
        return sum(position.offset for position in positions if position)

    return asyncio.run(read())


def listed(redis: str, topic: str) -> list[tuple[int, int, str, str]]:
    """Return partition, offset, reason and place of every dead letter of the store's list."""

    async def read() -> list[tuple[int, int, str, str]]:
        store = RedisStore(connect(redis), topic)
        letters = [(p, *letter) for p in range(PARTITIONS) for letter in await store.dead_letters(p)]
        await store.close()
        return letters

    return asyncio.run(read())


def set_aside(kafka: str, topic: str) -> list[Any]:
    """Return every record of the topic of dead letters."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, fetch_max_bytes=2**26, max_partition_fetch_bytes=2**24)
    partition = TopicPartition(topics.rejected(topic), 0)
    consumer.assign([partition])
    end = consumer.end_offsets([partition])[partition]
    consumer.seek_to_beginning()
    letters: list[Any] = []
    while len(letters) < end:
        letters += [record for records in consumer.poll(timeout_ms=2000).values() for record in records]
    consumer.close()
    return letters


def printed(env: dict[str, str], *arguments: str) -> str:
    """Return what the command prints."""
    done = subprocess.run([*MAIN, *arguments], env=env, capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == ""
    return done.stdout


def scraped(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


def header(record: Any, name: str) -> str:
    return str(dict(record.headers)[name].decode())


def check_the_list(expected: dict[Coordinate, Sent], redis: str, topic: str) -> None:
    """Every dead letter once, by coordinate and reason, and nothing else."""
    found = listed(redis, topic)
    assert len(found) == len({(partition, offset) for partition, offset, _, _ in found})
    assert {(p, offset): reason for p, offset, reason, _ in found} == {
        at: sent.reason for at, sent in expected.items() if sent.reason
    }


def check_set_aside(expected: dict[Coordinate, Sent], kafka: str, topic: str) -> None:
    """Each as it came, under headers that say where and why; only after a kill are some there twice."""
    letters = {at: sent for at, sent in expected.items() if sent.reason}
    found = set_aside(kafka, topic)
    assert {(int(header(r, "partition")), int(header(r, "offset"))) for r in found} == letters.keys()
    for record in found:
        sent = letters[int(header(record, "partition")), int(header(record, "offset"))]
        assert (record.key, record.value) == (sent.key, sent.value)
        assert (header(record, "topic"), header(record, "reason")) == (topic, sent.reason)
        assert set(dict(record.headers)) == {"reason", "place", "topic", "partition", "offset"}
        assert CANARY not in str(record.headers)


def check_the_command(expected: dict[Coordinate, Sent], env: dict[str, str]) -> None:
    """The list as the command shows it: the same, for programs and for people."""
    reasons = Counter(sent.reason for sent in expected.values() if sent.reason)
    found = json.loads(printed(env, "dead-letters", "--json"))
    assert {(letter["partition"], letter["offset"]): letter["reason"] for letter in found} == {
        at: sent.reason for at, sent in expected.items() if sent.reason
    }
    assert {letter["topic"] for letter in found} == {env["CASEPULSE_TOPIC"]}
    text = printed(env, "dead-letters")
    for reason, n in reasons.items():
        assert re.search(rf"^ *{n:,}  {reason}$", text, re.MULTILINE)
    assert len(text.splitlines()) == len(reasons) + reasons.total()
    assert CANARY not in text + json.dumps(found)


def ended(process: Process, log: Path) -> str:
    """Return the one line in which a worker said why it ended with 3."""
    assert process.wait(30) == 3
    lines = [line for line in log.read_text().splitlines() if line.startswith("casepulse worker: ")]
    assert len(lines) == 1
    return lines[0]


STOPPED = re.compile(  # where, what, and how to go on
    rf"casepulse worker: refused to go on: partition {home(AUTHORITIES[0])}, offset \d+: \d+ in a row cannot be read "
    r"\(out_of_range \d+\).*--dead-letter-limit (\d+) "
)


# --- the journeys -------------------------------------------------------------------------------------------------


def test_five_hundred_bad_among_ten_thousand(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """In 25 ways and with workers killed in between: listed once, set aside as they came, and the good ones counted.

    Then a source breaks for good. The worker ends, and says how to go on. Started like that, another does.
    """
    assert (len(WAYS), BAD % len(WAYS)) == (25, 0)
    rng, events = random.Random("bad input"), good()
    ways = list(WAYS) * (BAD // len(WAYS))
    records = [bad(number, way, rng.choice(AUTHORITIES)) for number, way in enumerate(ways)]
    records += [next(events) for _ in range(GOOD)]
    rng.shuffle(records)
    topic, redis = new_topic(kafka, PARTITIONS), valkey.url
    env, reference = environment(kafka, redis, topic), InMemoryStore(RulesByAuthority())
    half = len(records) // 2
    sent = append(kafka, topic, records[:half])
    for number in (1, 2):  # killed at its work; records in flight come again
        with worker(env, tmp_path / f"killed-{number}.log") as process:
            before = read_to(redis, topic)
            eventually(lambda: read_to(redis, topic) > before, within=30, every=0.02)  # noqa: B023
            process.kill()
        sent |= append(kafka, topic, records[half::2] if number == 1 else records[half + 1 :: 2])
    log, port = tmp_path / "worker.log", programs.free_port()
    with worker(env, log, "--metrics-port", str(port)) as process:
        eventually(lambda: read_to(redis, topic) == len(records), within=40)
        assert tallies(redis, topic) == tell_good(reference, sent.values()).tallies
        check_the_list(sent, redis, topic)
        check_set_aside(sent, kafka, topic)
        check_the_command(sent, env)
        metrics = scraped(port)
        assert "casepulse_dead_letters_total{reason=" in metrics
        assert CANARY not in metrics

        broken = [bad(number, "a revision below zero", AUTHORITIES[0]) for number in range(2000)]
        row = append(kafka, topic, broken) | append(kafka, topic, [next(events) for _ in range(500)])
        line = ended(process, log)
    tell_good(reference, row.values())
    sent |= row
    assert read_to(redis, topic) < len(sent)
    again = tmp_path / "again.log"
    with worker(env, again) as process:
        assert STOPPED.match(ended(process, again))
    check_going_on(line, env, sent, tmp_path)
    assert tallies(redis, topic) == reference.tallies
    for output in tmp_path.glob("*.log"):
        assert CANARY not in output.read_text()


def check_going_on(line: str, env: dict[str, str], sent: dict[Coordinate, Sent], folder: Path) -> None:
    """The line says where, what and how to go on. Started like that, a worker counts the good events that follow."""
    stopped = STOPPED.match(line)
    assert stopped is not None, line
    assert "7519" not in line
    redis, topic = env["CASEPULSE_REDIS"], env["CASEPULSE_TOPIC"]
    with worker(env, folder / "on.log", "--dead-letter-limit", stopped[1]) as process:
        eventually(lambda: read_to(redis, topic) == len(sent), within=30)
        assert process.stop() == 0
    check_the_list(sent, redis, topic)


def test_a_record_that_kafka_will_not_take_twice(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """It came compressed, or leaves no room for our headers: it is set aside without its bytes; the line goes on."""
    authority = AUTHORITIES[0]
    key, partition = authority.encode(), home(authority)
    most = 1024 * 1024 - 100  # of the broker's limit, all but what a batch of one record needs
    large = Sent(key, CANARY.encode() * 500_000, partition, "too_large")
    full = Sent(key, b"x" * (most - len(key)), partition, "too_large")
    follows = Sent(key, next(good()).value, partition)
    topic = new_topic(kafka, PARTITIONS)
    sent = append(kafka, topic, [large], "gzip") | append(kafka, topic, [full]) | append(kafka, topic, [follows])
    with worker(environment(kafka, valkey.url, topic), tmp_path / "worker.log") as process:
        eventually(lambda: read_to(valkey.url, topic) == len(sent), within=20)
        assert process.stop() == 0
    check_the_list(sent, valkey.url, topic)
    found = set_aside(kafka, topic)
    assert [(header(r, "reason"), header(r, "offset"), r.value) for r in found] == [
        ("too_large", "0", None),
        ("too_large", "1", None),
    ]
    assert CANARY not in (tmp_path / "worker.log").read_text()
