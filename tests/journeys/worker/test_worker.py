"""The worker at its edges: a store that is away when it begins, a new catalogue, and the states that it refuses."""

import json
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewPartitions
from kafka.structs import TopicPartition

from deploy.machine import programs
from streams.broker import topics
from streams.broker.partitions import partition_of
from tests.conftest import Store, started
from tests.journeys.machine.test_spine import log_of, reference
from tests.journeys.parts import MAIN, committed, environment, eventually, new_topic, send, snapshots, tallies, worker
from tests.journeys.worker.faults import COPY

PARTITIONS = 4
LOG = list(log_of(4, histories=2))


@pytest.fixture
def counted(kafka: str, valkey: Store, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """A topic whose log a worker has counted, and stopped."""
    topic = new_topic(kafka, PARTITIONS)
    send(kafka, topic, LOG)
    env = environment(kafka, valkey.url, topic)
    with worker(env, tmp_path / "first.log") as process:
        eventually(lambda: committed(valkey.url, topic) == len(LOG), within=30)
        assert process.stop() == 0
    return topic, env


def test_a_store_that_is_away_at_the_assignment_is_waited_for(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """Faust takes a long assignment for a stopped service, and hangs for ever; the worker does not."""
    topic = new_topic(kafka, PARTITIONS)
    send(kafka, topic, LOG)
    env = environment(kafka, valkey.url, topic)
    with worker(env, tmp_path / "worker.log") as process:
        eventually(lambda: committed(valkey.url, topic) >= 0, within=30)
        with worker(env, tmp_path / "other.log") as other:  # its coming brings a new assignment
            valkey.running.freeze()
            time.sleep(20)  # longer than broker_request_timeout
            assert (process.ended(), other.ended()) == (None, None)
            valkey.running.thaw()
            eventually(lambda: committed(valkey.url, topic) == len(LOG), within=20)
    assert tallies(valkey.url, topic) == reference(LOG).tallies


def test_a_new_catalogue_recounts_from_the_cases(
    valkey: Store, counted: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    """Tallies that another catalogue counted are counted afresh, switched in one step, and the old ones dropped."""
    topic, env = counted
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    for key in client.scan_iter("*:position"):
        client.hset(key, "generation", "000000000000.older")
    for key in client.scan_iter("*:tally:*"):
        client.delete(key)
    with worker(env, tmp_path / "worker.log") as process:
        eventually(lambda: tallies(valkey.url, topic) == reference(LOG).tallies, within=30)
        assert process.ended() is None
    generations = {key.split(":")[3] for key in client.scan_iter("*:tally:*")}
    assert generations
    assert generations <= {snapshot.position.generation for snapshot in snapshots(valkey.url, topic).values()}
    client.close()


def evicts(kafka: str, url: str, topic: str) -> None:
    client = redis.Redis.from_url(url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.close()


def topic_made_anew(kafka: str, url: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_topics([topic])
    eventually(lambda: topic not in admin.list_topics(), within=10)
    admin.close()
    topics.ensure(kafka, topic, PARTITIONS)
    send(kafka, topic, LOG)


def partitions_added(kafka: str, url: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_partitions({topic: NewPartitions(PARTITIONS + 2)})
    eventually(lambda: topics.describe(kafka, topic).partitions == PARTITIONS + 2, within=10)
    admin.close()


def log_cut_in_front(kafka: str, url: str, topic: str) -> None:
    roll_back(url, 1)
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    used = {partition_of(str(event["authority"]), PARTITIONS) for event in LOG}
    admin.delete_records({TopicPartition(topic, partition): 3 for partition in used})
    admin.close()


def read_past_the_end(kafka: str, url: str, topic: str) -> None:
    roll_back(url, 10_000_000)


def roll_back(url: str, offset: int) -> None:
    client = redis.Redis.from_url(url)
    for key in client.scan_iter("*:position"):
        if client.hget(key, "offset") != b"0":  # a partition that nothing was sent to
            client.hset(key, "offset", offset)
    client.close()


def another_format(kafka: str, url: str, topic: str) -> None:
    client = redis.Redis.from_url(url)
    for key in client.scan_iter("*:position"):
        client.hset(key, "format", "99")
    client.close()


REFUSALS = (
    (evicts, "maxmemory-policy"),
    (topic_made_anew, "was deleted and made again"),
    (partitions_added, "partitions and now has"),
    (log_cut_in_front, "is gone from Kafka"),
    (read_past_the_end, "the log ends at"),
    (another_format, "the store's format is 99"),
)


@pytest.mark.parametrize(("spoil", "says"), REFUSALS, ids=[spoil.__name__ for spoil, _ in REFUSALS])
def test_states_that_it_refuses_to_go_on_from(
    kafka: str,
    valkey: Store,
    counted: tuple[str, dict[str, str]],
    tmp_path: Path,
    spoil: Callable[[str, str, str], None],
    says: str,
) -> None:
    """Exit 3, and one line that says why and what to do. The store is not touched."""
    topic, env = counted
    spoil(kafka, valkey.url, topic)
    before = committed(valkey.url, topic)
    with worker(env, tmp_path / "worker.log") as process:
        assert process.wait(30) == 3, process.log.read_text()
        lines = [line for line in process.log.read_text().splitlines() if "refused" in line]
        assert len(lines) == 1
        assert says in lines[0]
    assert committed(valkey.url, topic) == before


def test_figures_are_made_afresh_under_a_running_worker(
    valkey: Store, counted: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    """Whatever the store held: what is kept is forgotten, and the log is read again from its beginning."""
    topic, env = counted
    client = redis.Redis.from_url(valkey.url)
    with worker(env, tmp_path / "worker.log") as process:
        for key in client.scan_iter("*:tally:*"):
            client.hset(key, client.hkeys(key)[0], 99)  # a wrong sum that nothing else would ever find
        assert tallies(valkey.url, topic) != reference(LOG).tallies
        done = subprocess.run([*MAIN, "replay", "--yes"], env=env, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stdout.splitlines()[0]) == (
            0,
            f"{len(LOG):,} events are to be read again. A running worker begins by itself.",
        )
        eventually(lambda: tallies(valkey.url, topic) == reference(LOG).tallies, within=30)
        assert process.ended() is None
    client.close()


def test_what_the_store_alone_still_holds_is_not_forgotten_unasked(
    kafka: str, valkey: Store, counted: tuple[str, dict[str, str]]
) -> None:
    """Where the log has lost its beginning, making all afresh would lose that part for good."""
    topic, env = counted
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_records({TopicPartition(topic, partition_of(str(LOG[0]["authority"]), PARTITIONS)): 3})
    admin.close()
    done = subprocess.run([*MAIN, "replay", "--yes"], env=env, text=True, capture_output=True, check=False)
    assert done.returncode == 3
    assert "has lost its beginning" in done.stderr
    assert "--with-less" in done.stderr
    assert committed(valkey.url, topic) == len(LOG)
    assert subprocess.run([*MAIN, "replay", "--yes", "--with-less"], env=env, check=False).returncode == 0
    assert committed(valkey.url, topic) == -1


def test_kafka_away_at_the_start_is_one_line(valkey: Store, tmp_path: Path) -> None:
    """It ends with 1, to be started again by its supervisor."""
    env = environment(f"127.0.0.1:{programs.free_port()}", valkey.url, "case-events")
    with worker(env, tmp_path / "worker.log") as process:
        assert process.wait(30) == 1
        assert "does not answer" in process.log.read_text()
        assert len(process.log.read_text().splitlines()) == 1


def test_a_store_away_at_the_start_is_waited_for(kafka: str, tmp_path: Path) -> None:
    """A store that is being restarted, or is loading, is no reason to end."""
    topic = new_topic(kafka, PARTITIONS)
    send(kafka, topic, LOG)
    program = programs.valkey(tmp_path / "valkey", programs.free_port())
    with worker(environment(kafka, program.address, topic), tmp_path / "worker.log") as process:
        eventually(lambda: "waiting for the store" in process.log.read_text(), within=20)
        with started(program, within=10):
            eventually(lambda: committed(program.address, topic) == len(LOG), within=30)


@pytest.mark.parametrize("loss", ["rolled back", "flushed"])
def test_a_store_that_loses_its_tail_in_a_quiet_hour_is_noticed(
    valkey: Store, counted: tuple[str, dict[str, str]], tmp_path: Path, loss: str
) -> None:
    """No event comes whose commit would be refused: the worker looks by itself, and the figures come back."""
    topic, env = counted
    truth = tallies(valkey.url, topic)
    client = redis.Redis.from_url(valkey.url)
    copied = client.eval(COPY, 0)
    assert isinstance(copied, list)
    with worker(env, tmp_path / "worker.log") as process:
        send(env["CASEPULSE_KAFKA"], topic, LOG[:200])  # told again: nothing changes but the position
        eventually(lambda: committed(valkey.url, topic) == len(LOG) + 200, within=30)
        client.flushall()
        if loss == "rolled back":
            for key, dump in zip(copied[::2], copied[1::2], strict=True):
                client.restore(key, 0, dump)
        eventually(lambda: committed(valkey.url, topic) == len(LOG) + 200, within=20)
        assert process.ended() is None
    assert tallies(valkey.url, topic) == truth
    client.close()


def test_a_log_that_ends_in_a_transaction_is_read_to_its_end(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """Nobody reads markers and aborted records: the position steps over them, and the figures are whole."""
    topic = new_topic(kafka, PARTITIONS)
    producer = KafkaProducer(bootstrap_servers=kafka, transactional_id=f"{topic}-producer")
    producer.init_transactions()
    for event, is_committed in [(event, True) for event in LOG[:10]] + [(event, False) for event in LOG[10:40]]:
        producer.begin_transaction()
        authority = str(event["authority"])
        partition = partition_of(authority, PARTITIONS)
        producer.send(topic, json.dumps(event).encode(), key=authority.encode(), partition=partition)
        if is_committed:
            producer.commit_transaction()
        else:
            producer.flush()
            producer.abort_transaction()
    producer.close()
    with worker(environment(kafka, valkey.url, topic), tmp_path / "worker.log"):
        eventually(lambda: committed(valkey.url, topic) == 80, within=30)  # 40 records and a marker after each
        assert not any(snapshot.position.rebuilding for snapshot in snapshots(valkey.url, topic).values())
    assert tallies(valkey.url, topic) == reference(LOG[:10]).tallies


def test_a_port_that_is_taken_is_reported_in_a_line(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """A second worker on one machine, started with the port of the first."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env = environment(kafka, valkey.url, new_topic(kafka))
        with worker(env, tmp_path / "worker.log", "--no-publish", "--metrics-port", str(port)) as process:
            eventually(lambda: process.ended() is not None, within=60)
        assert process.ended() == 1
    assert (tmp_path / "worker.log").read_text() == (
        f"casepulse worker: port {port} of 127.0.0.1 is unavailable (Address already in use): "
        "choose another --metrics-port\n"
    )
