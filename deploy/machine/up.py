"""`casepulse up`: everything on this machine, kept running until Ctrl-C."""

import errno
import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import click
from kafka.errors import KafkaError

from deploy.configuration.authorities import DEFAULT
from deploy.configuration.settings import DATA_DIR, ENVIRONMENT, LOCK, Settings, read_settings
from deploy.generate.scrape import scrape_config
from deploy.machine import demonstration, programs
from deploy.machine.disk import Disk, free_mb
from deploy.machine.supervisor import Service, Supervisor
from deploy.processes.server import MADE_UP
from metrics.store.address import RedisSettings
from streams.broker import topics
from streams.broker.connection import KafkaSettings
from streams.worker.ending import REFUSED

LEAST_FREE_MB = 500  # to start with
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY = 2.0  # seconds between looks at the disk and at the logs
FEW = 2_000  # events that may wait for a worker that has caught up


@dataclass(frozen=True)
class Wanted:
    """What `up` was asked for."""

    simulate: bool
    speed: float
    port: int
    data_dir: Path
    kafka: str | None  # None: one of our own
    redis: str | None
    topic: str
    dead_letter_limit: int
    least_free_mb: int = LEAST_FREE_MB
    prometheus: bool = True  # where one is installed

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


def main(wanted: Wanted) -> None:
    """Keep everything running until SIGINT, SIGTERM or SIGHUP. Raises ClickException where it cannot."""
    for number in ENDINGS:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, signal.default_int_handler)
    try:
        _prepare(wanted)
        with _alone(wanted), _settled(wanted) as settings:
            _keep_running(wanted, settings)
    except (programs.Missing, programs.Failed) as exc:
        raise click.ClickException(str(exc)) from exc
    except OSError as exc:
        raise click.ClickException(f"{wanted.data_dir}: {exc.strerror or exc}; choose another --data-dir") from exc


def _prepare(wanted: Wanted) -> None:
    wanted.data_dir.mkdir(parents=True, exist_ok=True)
    (wanted.data_dir / ".gitignore").write_text("*\n")


@contextmanager
def _alone(wanted: Wanted) -> Iterator[None]:
    """Hold the data directory; the kernel gives it back however this process ends."""
    with (wanted.data_dir / LOCK).open("a+") as lock:
        for _ in range(10):  # a command that looks whether we run holds it for a moment
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.03)
        else:
            lock.seek(0)
            number, _, url = lock.read().strip().partition(" ")
            raise click.ClickException(
                f"casepulse is already up on {wanted.data_dir} (process {number}): {url} - or choose another --data-dir"
            )
        lock.truncate(0)
        lock.write(f"{os.getpid()} {wanted.url}\n")
        lock.flush()
        yield


@contextmanager
def _settled(wanted: Wanted) -> Iterator[Settings]:
    """Check the port and the disk, and tell other commands where our parts are for as long as they run."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted.port))
        except OSError as exc:
            why = "taken" if exc.errno == errno.EADDRINUSE else f"not to be had ({exc.strerror})"
            raise click.ClickException(f"port {wanted.port} of 127.0.0.1 is {why}: choose another with --port") from exc
    if (free := free_mb(wanted.data_dir)) < wanted.least_free_mb:
        raise click.ClickException(
            f"only {free:,.0f} MB are free in {wanted.data_dir}, and it takes {wanted.least_free_mb:,} MB to start: "
            "free some space, or choose another --data-dir"
        )
    clock, _ = demonstration.files(wanted.data_dir.absolute())
    clock.unlink(missing_ok=True)
    demonstration.begun(wanted.data_dir.absolute()).unlink(missing_ok=True)
    told = read_settings(by_up=False)  # how to be let in, where the parts are not our own
    authorities = told.authorities or (DEFAULT if DEFAULT.exists() else None)
    settings = Settings(
        kafka=replace(told.kafka, servers=wanted.kafka) if wanted.kafka else KafkaSettings(_free_address()),
        redis=replace(told.redis, url=wanted.redis) if wanted.redis else RedisSettings(f"redis://{_free_address()}/0"),
        topic=wanted.topic,
        data_dir=wanted.data_dir.absolute(),
        demonstration=clock if wanted.simulate else None,
        authorities=authorities.absolute() if authorities else None,
        figures_topic=told.figures_topic,
    )
    settings.check()
    settings.publish()
    try:
        yield settings
    finally:
        (wanted.data_dir / ENVIRONMENT).unlink(missing_ok=True)


def services(wanted: Wanted, settings: Settings) -> Iterator[Service]:
    """Yield what is to run, each after those that it needs."""
    if wanted.kafka is None:
        yield Service(programs.Running(_kafka(settings)), grace=4.0)
    if wanted.redis is None:
        yield Service(programs.Running(programs.valkey(settings.data_dir / "valkey", _port(settings.redis.url))))
    if wanted.simulate:
        clock, _ = demonstration.files(settings.data_dir)
        simulator = _python(settings, "simulator", clock.exists, "deploy.machine.demonstration", str(wanted.speed))
        yield Service(simulator, needs=("kafka",), grace=1.0, tells=True)
    health = programs.free_port()
    worker = _python(
        settings,
        "worker",
        lambda: _has_caught_up(health, settings.demonstration),
        "deploy.command",
        "worker",
        "--metrics-port",
        str(health),
        "--dead-letter-limit",
        str(wanted.dead_letter_limit),
    )
    # Beside the story so far, and ready once it has all of it: the figures are then whole before they are shown at all.
    # It begins when enough of that is told to be known for a long log, which is counted once and not at every event.
    is_long = demonstration.begun(settings.data_dir).exists if wanted.simulate else lambda: True
    yield Service(worker, needs=("kafka", "valkey"), first_when=is_long, refusal=REFUSED, grace=4.0)
    server = _python(
        settings,
        "server",
        lambda: _answers(f"{wanted.url}readyz"),
        "deploy.command",
        "serve",
        "--port",
        str(wanted.port),
    )
    # After the worker's claim, which withholds figures for a moment: once ready, it stays so.
    yield Service(server, needs=("valkey",), first_after=("worker",), grace=4.0)
    if wanted.prometheus:
        scraped = scrape_config(f"127.0.0.1:{wanted.port}", (f"127.0.0.1:{health}",))
        with suppress(programs.Missing):
            watcher = programs.prometheus(settings.data_dir / "prometheus", programs.free_port(), scraped)
            # After all that the board needs, so that it takes no time from any of them.
            yield Service(programs.Running(watcher), first_after=("server",), aside=True)


def _kafka(settings: Settings) -> programs.Program:
    """Return our Kafka; it is ready once it has the topics."""
    program = programs.kafka(settings.data_dir / "kafka", _port(settings.kafka.servers), programs.free_port())

    def ready(pid: int) -> bool:
        with suppress(KafkaError):
            if program.ready(pid):
                topics.ensure(settings.kafka, settings.topic, figures_topic=settings.figures)
                return True
        return False

    return replace(program, ready=ready)


def _free_address() -> str:
    return f"127.0.0.1:{programs.free_port()}"


def _port(address: str) -> int:
    return int(address.removesuffix("/0").rpartition(":")[2])


def _python(settings: Settings, name: str, ready: Callable[[], bool], module: str, *arguments: str) -> programs.Running:
    """Return one of our own processes; it runs where we were started, as the settings may name files from there."""
    return programs.Running(
        programs.Program(
            name=name,
            address="",
            argv=(sys.executable, "-P", "-m", module, *arguments),
            data=settings.data_dir,
            ready=lambda _: ready(),
            folder=Path.cwd(),
            environment=settings.variables,
        )
    )


def _has_caught_up(port: int, clock: Path | None) -> bool:
    """Return whether the worker is ready; beside a made-up authority, once it has what that told."""
    said = _said(f"http://127.0.0.1:{port}/readyz")
    return said is not None and (clock is None or (clock.exists() and json.loads(said)["lag"] < FEW))


def _answers(url: str) -> bool:
    return _said(url) is not None


def _said(url: str) -> bytes | None:
    """Return what is answered at *url*, if all is well there."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bytes(response.read()) if response.status == 200 else None
    except (OSError, urllib.error.URLError):
        return None


def _keep_running(wanted: Wanted, settings: Settings) -> None:
    screen = Screen()
    if wanted.kafka is not None:
        try:
            topics.ensure(settings.kafka, wanted.topic, figures_topic=settings.figures)
            topics.describe(settings.kafka, wanted.topic)  # refuses one that no worker would read
        except KafkaError as exc:
            raise click.ClickException(
                f"Kafka does not answer at {wanted.kafka} ({type(exc).__name__}): is that its address?"
            ) from exc
    began = time.monotonic()
    screen.say(f"casepulse keeps its state and its logs in {wanted.data_dir}")
    supervisor = Supervisor(screen.say)
    try:
        supervisor.keep(services(wanted, settings))
        _turn(wanted, supervisor, screen, began)
    except KeyboardInterrupt:
        screen.say("stopping")
    finally:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)  # it takes seconds, and ends by itself
        supervisor.stop()
    screen.say(f"stopped; what it knows is in {wanted.data_dir}")


def _turn(wanted: Wanted, supervisor: Supervisor, screen: "Screen", began: float) -> None:
    """Go round for ever."""
    is_told, looked = False, 0.0
    disk = Disk(wanted.data_dir, wanted.least_free_mb / 10, screen.say)
    while True:
        supervisor.turn()
        if time.monotonic() - looked > LOOK_EVERY:
            looked = time.monotonic()
            disk.look(supervisor)
            supervisor.trim_logs()
        if not is_told and not supervisor.waiting:
            is_told = True
            without = "".join(f" without the {service.name}" for service in supervisor.refused)
            screen.say(f"Ready{without} in {time.monotonic() - began:.1f} s. Board: {_board(wanted)}")
            _tell_how_to_go_on(wanted, screen)
        screen.waiting([service.progress for service in supervisor.waiting], time.monotonic() - began)
        time.sleep(0.1)


def _board(wanted: Wanted) -> str:
    return f"{wanted.url}boards/mash?authority={next(iter(MADE_UP))}" if wanted.simulate else wanted.url


def _tell_how_to_go_on(wanted: Wanted, screen: "Screen") -> None:
    if not wanted.simulate:
        screen.say("Bring data from another terminal: casepulse load --help")
    if wanted.data_dir == DATA_DIR:
        screen.say("Ask it from another terminal, in this folder: casepulse figures")
    else:
        screen.say(f"Ask it from another terminal: set -a; . {wanted.data_dir / ENVIRONMENT}; casepulse figures")
    screen.say(f"Ctrl-C stops it; what it knows stays in {wanted.data_dir}")


class Screen:
    """Lines for whoever looks on; on a terminal also, in passing, what is being waited for."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    def say(self, line: str) -> None:
        self._print(f"{line}\n")

    def waiting(self, names: list[str], seconds: float) -> None:
        if self._is_terminal and names:
            self._print(f"{seconds:.0f} s: waiting for {', '.join(names)}")

    def _print(self, text: str) -> None:
        start = "\r\x1b[K" if self._is_terminal else ""
        print(f"{start}{text}", end="", flush=True)
