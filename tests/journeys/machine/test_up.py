"""`casepulse up`, really up: what it promises whoever starts it, ends it, or pulls something from under it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

from deploy.machine.programs import free_port
from tests.conftest import Store
from tests.journeys.parts import MAIN, Process, eventually

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("CASEPULSE_")}
CLEAN["CASEPULSE_HISTORY_MONTHS"] = "0"  # what was open, and no more: what is tried here is not its length
CLEAN["CASEPULSE_HISTORY_CHILDREN"] = "40000"  # nor its size
READY = "Ready in "
COUNT = "/v1/figures?measure=enquiries_received&window=year"


class Up:
    """A `casepulse up` in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._log = folder / "out.txt"
        self._log.write_text("")
        self.process = Process(
            *arguments,
            env={**CLEAN, **environment},
            log=self._log,
            command=("env", "-C", str(folder), *MAIN, "up", "--port", str(self.port)),
        )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str, within: float) -> None:
        def said() -> bool:
            assert self.process.ended() is None, self.said
            return text in self.said

        said.__name__ = f"{text!r} in {self._log}"
        eventually(said, within)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
            assert response.status == 200
            body = response.read()
            return json.loads(body) if response.headers["Content-Type"] == "application/json" else body

    def count(self) -> float:
        """Return how many enquiries are counted; -1 while that cannot be told."""
        try:
            return sum(figure["numerator"] for figure in self.get(COUNT)["figures"])
        except (urllib.error.URLError, OSError):
            return -1

    def setting(self, name: str) -> str:
        """Return a setting as it is told to commands elsewhere."""
        lines = (self.folder / ".casepulse" / "environment").read_text().splitlines()
        return next(line.removeprefix(f"{name}=") for line in lines if line.startswith(f"{name}="))

    def store(self) -> redis.Redis:
        """Return a client of its store, let in by the file that commands elsewhere are told of."""
        word = Path(self.setting("CASEPULSE_REDIS_PASSWORD_FILE")).read_text().strip()
        return redis.Redis.from_url(self.setting("CASEPULSE_REDIS"), password=word)

    def processes(self) -> dict[str, int]:
        """Return the living processes that run here, by what they are."""
        return dict(living(self.folder))


@contextmanager
def up(folder: Path, *arguments: str, **environment: str) -> Iterator[Up]:
    """Have it up while the block lasts."""
    running = Up(folder, *arguments, **environment)
    try:
        yield running
    finally:
        running.process.kill()
        eventually(lambda: not running.processes(), within=5)


def living(folder: Path) -> Iterator[tuple[str, int]]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = Path(os.readlink(process / "cwd"))
            command = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:  # it has just ended
            continue
        if where.is_relative_to(folder) and command != [""]:
            names = [
                part for part in command if part in ("up", "worker", "serve", "publish", "deploy.machine.demonstration")
            ]
            yield (names[0] if names else where.name), int(process.name)


def once(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run `casepulse` to its end; return the exit code and what it said."""
    done = subprocess.run(
        [*MAIN, *arguments],
        cwd=folder,
        env={**CLEAN, **environment},
        text=True,
        timeout=30,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, done.stdout


def test_it_comes_up_and_goes_and_comes_again(tmp_path: Path) -> None:
    """Ready with whole figures that move; one to a folder; Ctrl-C and kill leave nothing running; it goes on after."""
    with up(tmp_path) as first:
        first.wait_for(READY, within=150)
        assert b"<html" in first.get("/boards/mash?authority=X99999901")
        told = first.get("/v1/figures")
        assert told["simulated"]
        assert first.count() > 0
        eventually(lambda: numbers(first.get("/v1/figures")) != numbers(told), within=20)

        code, said = once(tmp_path, "figures", "enquiries_received")  # finds its way without any variable
        assert (code, "X99999901" in said) == (0, True)
        assert first.setting("CASEPULSE_SERVER") == f"http://127.0.0.1:{first.port}"
        sourced = f"set -a; . .casepulse/environment; cd /; {sys.executable} -m deploy.command figures"
        assert b"X99999901" in subprocess.check_output(["sh", "-c", sourced], cwd=tmp_path, env=CLEAN)
        code, said = once(tmp_path, "up", "--port", str(free_port()))
        assert code == 1
        assert re.fullmatch(
            rf"Error: casepulse is already up on .casepulse \(process \d+\): .*:{first.port}/.*\n", said
        )

        assert_for_this_user_alone(first)
        before, clock = first.count(), told["as_of"]
        first.process.signal(signal.SIGINT)
        assert first.process.wait(10) == 0
        assert first.processes() == {}
    with up(tmp_path) as second:
        second.wait_for(READY, within=150)  # 20 on a machine that does nothing else
        assert second.count() >= before
        assert clock < second.get("/v1/figures")["as_of"] < "2018"
        second.process.kill()
        eventually(lambda: second.processes() == {}, within=5)


def assert_for_this_user_alone(running: Up) -> None:
    """Nobody else can read or write a file, is let in by a part, or sees a password in a list of processes or a log."""
    state = running.folder / ".casepulse"
    assert [str(path) for path in (state, *state.rglob("*")) if path.exists() and path.stat().st_mode & 0o077] == []
    words = [(state / f"{part}-password").read_text().strip() for part in ("kafka", "store")]
    told = [
        (Path("/proc") / str(pid) / name).read_bytes() for pid in [*running.processes().values()] for name in LISTED
    ]
    logs = [log.read_bytes() for log in state.rglob("*.log*")]
    assert len(told) >= 2 * 6
    assert [text for text in (*told, *logs, running.said.encode()) for word in words if word.encode() in text] == []
    with redis.Redis.from_url(running.setting("CASEPULSE_REDIS")) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.info()
    with pytest.raises(KafkaError):
        KafkaAdminClient(bootstrap_servers=running.setting("CASEPULSE_KAFKA"), bootstrap_timeout_ms=2000)
    _, said = once(running.folder, "doctor")
    assert "password" not in said
    assert "other users" not in said
    if shutil.which("kcat"):
        kcat = ("kcat", "-F", str(state / "kafka-client.properties"), "-L", "-t", "case-events")
        assert b"8 partitions" in subprocess.check_output(kcat)


LISTED = ("cmdline", "environ")


def test_what_dies_comes_back(tmp_path: Path) -> None:
    """Kafka, worker, Valkey and the made-up authority, killed one after the other: a line each, and nothing is lost."""
    with up(tmp_path, "--speed", "600") as running:
        running.wait_for(READY, within=150)
        for name, called in (
            ("kafka", "kafka"),
            ("worker", "worker"),
            ("valkey", "valkey"),
            ("deploy.machine.demonstration", "simulator"),
        ):
            before = running.count()
            os.kill(running.processes()[name], signal.SIGKILL)
            running.wait_for(f"{called} ended (killed by signal 9); starting it again", within=5)
            running.wait_for(f"{called} is back after", within=30)
            eventually(lambda before=before: running.count() > before, within=40)  # type: ignore[misc]
        assert running.process.stop() == 0
        assert running.processes() == {}


def test_a_damaged_store_is_made_anew_from_the_log(tmp_path: Path) -> None:
    """Killed, and its file damaged meanwhile: it is set aside and said, and the figures come back as they were.

    So it is where the damage is found at the next start.
    """
    with up(tmp_path, "--speed", "0.001", "--no-prometheus") as running:  # nothing more happens: figures stay
        running.wait_for(READY, within=150)
        told = numbers(running.get("/v1/figures"))
        os.kill(running.processes()["valkey"], signal.SIGKILL)
        damaged(tmp_path)
        running.wait_for("the file of the store is damaged (Bad file format reading the append only file ", within=30)
        running.wait_for("valkey is back after", within=30)
        eventually(lambda: is_ready(running), within=90, every=0.5)
        assert numbers(running.get("/v1/figures")) == told
        assert running.process.stop() == 0
    damaged(tmp_path)
    with up(tmp_path, "--speed", "0.001", "--no-prometheus") as again:
        again.wait_for(READY, within=150)
        assert "and all is counted again from the log" in again.said
        assert numbers(again.get("/v1/figures")) == told
        assert again.process.stop() == 0


def damaged(folder: Path) -> None:
    """Write zeros to the end of the store's file, as a file system does that a power cut has met."""
    (file,) = (folder / ".casepulse" / "valkey" / "appendonlydir").glob("*.incr.aof")
    with file.open("ab") as out:
        out.write(bytes(4096))


def is_ready(running: Up) -> bool:
    try:
        return bool(running.get("/readyz") == {"ready": True})
    except (urllib.error.URLError, OSError):
        return False


def test_it_uses_the_parts_that_it_is_given(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """With other people's Kafka and store it starts none, makes its topics, and says how to bring data."""
    given = ("--kafka", kafka, "--redis", valkey.url, "--no-simulate", "--no-prometheus")
    here = tmp_path / "here"
    here.mkdir()
    with up(here, *given, CASEPULSE_TOPIC="case-events-given") as running:
        running.wait_for("casepulse load", within=40)
        assert set(running.processes()) - {"publish"} == {"up", "worker", "serve"}
        assert running.get("/readyz") == {"ready": True}
        assert running.process.stop() == 0


def test_a_worker_that_refuses_is_said_in_its_own_words(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """By `up`, by the doctor and by whoever asks for figures; nobody is told to start one, as it would refuse again."""
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    given = ("--kafka", kafka, "--redis", valkey.url, "--no-simulate", "--no-prometheus")
    here = tmp_path / "here"
    here.mkdir()
    with up(here, *given, CASEPULSE_TOPIC="case-events-refused") as running:
        running.wait_for("the worker has refused to run, and is not started again; the rest stays up. It said: ", 60)
        code, said = once(here, "figures", "enquiries_received")
        assert (code, said.count("\n")) == (1, 1), said
        assert said.startswith("Error: figures are withheld: the worker has refused to run: the store may evict keys")
        code, said = once(here, "doctor")
        (refused,) = [line for line in said.splitlines() if "the worker has refused to run (" in line]
        assert "maxmemory-policy" in refused
        assert "start one" not in said
        assert running.process.stop() == 0


def test_a_prometheus_that_is_installed_sees_both(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """It comes after all else is ready, says where it is, and finds server and worker up; killed, it comes back."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed")
    given = ("--kafka", kafka, "--redis", valkey.url, "--no-simulate")
    here = tmp_path / "here"
    here.mkdir()
    with up(here, *given, CASEPULSE_TOPIC="case-events-scraped") as running:
        running.wait_for("prometheus ready in", within=60)
        assert running.said.index(READY) < running.said.index("prometheus ready in")
        found = re.search(r"prometheus ready in [\d.]+ s: (http://127\.0\.0\.1:\d+/)", running.said)
        assert found is not None
        eventually(lambda: healthy(found[1]) == {"casepulse-server", "casepulse-worker"}, within=30, every=0.5)
        page = urllib.request.Request(
            f"{found[1]}api/v1/query?query=up", headers={"Origin": "https://elsewhere.example"}
        )
        with urllib.request.urlopen(page, timeout=5) as response:  # which no page of others may read in a browser
            assert response.headers["Access-Control-Allow-Origin"] is None
        os.kill(running.processes()["prometheus"], signal.SIGKILL)
        running.wait_for("prometheus is back after", within=30)
        assert running.process.stop() == 0
        assert running.processes() == {}


def healthy(prometheus: str) -> set[str]:
    """Return the jobs that a Prometheus scrapes and finds well."""
    with urllib.request.urlopen(f"{prometheus}api/v1/targets", timeout=5) as response:
        targets = json.load(response)["data"]["activeTargets"]
    return {target["labels"]["job"] for target in targets if target["health"] == "up"}


def test_what_keeps_it_from_starting_is_one_line(tmp_path: Path) -> None:
    """A taken port, a full disk, a Kafka that is not there, a folder that cannot be: what, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert refused(tmp_path, "--port", port) == f"port {port} of 127.0.0.1 is taken: choose another with --port"
    port = str(free_port())
    said = refused(tmp_path, "--port", port, CASEPULSE_LEAST_FREE_MB="900000000")
    assert re.fullmatch(r"only [\d,]+ MB are free in .casepulse, and it takes 900,000,000 MB to start: .*", said)
    said = refused(tmp_path, "--port", port, "--kafka", f"127.0.0.1:{free_port()}")
    assert said.startswith("Kafka does not answer at 127.0.0.1:")
    assert "--data-dir" in refused(tmp_path, "--port", port, "--data-dir", "/proc/nowhere")
    assert not (tmp_path / ".casepulse" / "environment").exists()


def refused(folder: Path, *arguments: str, **environment: str) -> str:
    code, said = once(folder, "up", *arguments, **environment)
    assert code == 1
    assert (said.count("\n"), said[:7]) == (1, "Error: ")
    return said[7:-1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(folder)], check=False)
    if done.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_nothing_for_good(small_disk: Path) -> None:
    """One line while it is full, figures all the while; with room again it goes on, and nothing is lost."""
    with up(small_disk, "--speed", "600", CASEPULSE_LEAST_FREE_MB="50") as running:
        running.wait_for(READY, within=150)
        before = running.count()
        fill(small_disk / "fill")
        running.wait_for("the disk is full", within=10)
        eventually(lambda: "kafka" not in running.processes(), within=10)
        assert running.count() >= before
        (small_disk / "fill").unlink()
        running.wait_for("there is room on the disk again: going on", within=10)
        eventually(lambda: running.count() > before, within=60)
        assert running.said.count("the disk is full") == 1
        assert running.process.stop() == 0


def fill(file: Path) -> None:
    """Fill the disk to the last byte."""
    with file.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(1_000_000))
        except OSError:
            return


def numbers(told: Any) -> list[Any]:
    return [(figure["measure"], figure["numerator"], figure["denominator"]) for figure in told["figures"]]


def test_a_kafka_whose_topic_no_worker_would_read_is_said_at_once(kafka: str, tmp_path: Path) -> None:
    """Made by hand, with the producer's clock: it does not wait for ever for a worker that refuses."""
    topic = f"by-hand-{uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"message.timestamp.type": "CreateTime"})])
    admin.close()
    code, said = once(tmp_path, "up", "--port", str(free_port()), "--kafka", kafka, CASEPULSE_TOPIC=topic)
    assert code == 3
    assert "message.timestamp.type=LogAppendTime" in said
