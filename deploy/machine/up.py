"""`casepulse up`: everything on this machine, kept running until Ctrl-C."""

import errno
import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from kafka.errors import KafkaError

from deploy.configuration.authorities import DEFAULT
from deploy.configuration.settings import DATA_DIR, ENVIRONMENT, LOCK, Settings, read_settings
from deploy.configuration.variables import PREFIX, values
from deploy.machine import demonstration, private, programs
from deploy.machine.disk import Disk, free_mb
from deploy.machine.rebuilding import Rebuilding
from deploy.machine.running import Failed
from deploy.machine.screen import Screen
from deploy.machine.services import metrics_port, services, why_withheld
from deploy.machine.supervisor import Supervisor
from deploy.machine.wanted import Wanted
from deploy.processes import refusal
from metrics.store.address import RedisSettings
from streams.broker import topics
from streams.broker.connection import KafkaSettings

KAFKA_CLIENT = "kafka-client.properties"  # how other people's tools are let in, as librdkafka reads it
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SUPERVISION_SECONDS = 0.1
HOUSEKEEPING_SECONDS = 2.0  # between looks at the disk and at the logs
LOCK_TRIES, LOCK_WAIT_SECONDS = 10, 0.03


def main(wanted: Wanted) -> None:
    """Keep everything running until SIGINT, SIGTERM or SIGHUP. Raises ClickException where it cannot."""
    for number in ENDINGS:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, signal.default_int_handler)
    try:
        _prepare(wanted.data_dir)
        with _alone(wanted), _settled(wanted) as settings:
            _keep_running(wanted, settings)
    except (programs.Missing, Failed) as exc:
        raise click.ClickException(str(exc)) from exc
    except OSError as exc:
        raise click.ClickException(f"{wanted.data_dir}: {exc.strerror or exc}; choose another --data-dir") from exc


def _prepare(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    private.make_private(data_dir)
    private.write(data_dir / ".gitignore", "*\n")


@contextmanager
def _alone(wanted: Wanted) -> Iterator[None]:
    """Hold the data directory; the kernel gives it back however this process ends. Raises ClickException."""
    with (wanted.data_dir / LOCK).open("a+") as lock:
        for _ in range(LOCK_TRIES):  # a command that looks whether we run holds it for a moment
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(LOCK_WAIT_SECONDS)
        else:
            lock.seek(0)
            number, _, url = lock.read().strip().partition(" ")
            raise click.ClickException(
                f"casepulse is already up on {wanted.data_dir} (process {number}): {url} - or choose another --data-dir"
            )
        lock.truncate(0)
        lock.write(f"{os.getpid()} {wanted.server}/\n")
        lock.flush()
        yield


@contextmanager
def _settled(wanted: Wanted) -> Iterator[Settings]:
    """Check the port and the disk, and tell other commands where our parts are for as long as they run."""
    _check_port(wanted.port)
    _check_disk(wanted)
    data_dir = wanted.data_dir.absolute()
    clock, _ = demonstration.files(data_dir)
    clock.unlink(missing_ok=True)
    demonstration.begun(data_dir).unlink(missing_ok=True)
    settings = _settings(wanted, data_dir, clock)
    settings.check()
    refusal.forget(data_dir)
    settings.publish()
    try:
        yield settings
    finally:
        (data_dir / ENVIRONMENT).unlink(missing_ok=True)
        refusal.forget(data_dir)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            why = "taken" if exc.errno == errno.EADDRINUSE else f"unavailable ({exc.strerror})"
            raise click.ClickException(f"port {port} of 127.0.0.1 is {why}: choose another with --port") from exc


def _check_disk(wanted: Wanted) -> None:
    if (free := free_mb(wanted.data_dir)) < wanted.least_free_mb:
        raise click.ClickException(
            f"only {free:,.0f} MB are free in {wanted.data_dir}, and it takes {wanted.least_free_mb:,} MB to start: "
            "free some space, or choose another --data-dir"
        )


def _settings(wanted: Wanted, data_dir: Path, clock: Path) -> Settings:
    """Return the settings of our parts; where Kafka or the store is another's, how that lets us in."""
    given = read_settings(by_up=False)
    authorities = given.authorities or (DEFAULT if DEFAULT.exists() else None)
    return Settings(
        kafka=replace(given.kafka, servers=wanted.kafka) if wanted.kafka else _our_kafka(data_dir),
        redis=replace(given.redis, url=wanted.redis) if wanted.redis else _our_store(data_dir),
        server=wanted.server,
        topic=wanted.topic,
        data_dir=data_dir,
        demonstration=clock if wanted.simulate else None,
        authorities=authorities.absolute() if authorities else None,
        figures_topic=given.figures_topic,
        log_level=given.log_level,  # as text: its own screen reads the last line of a log
    )


def _our_kafka(data_dir: Path) -> KafkaSettings:
    ours = programs.kafka_at(programs.free_port(), private.password(data_dir, "kafka"))
    private.write(data_dir / KAFKA_CLIENT, ours.client_file())
    return ours


def _our_store(data_dir: Path) -> RedisSettings:
    url = f"redis://127.0.0.1:{programs.free_port()}/0"
    return RedisSettings(url, password_file=private.password(data_dir, "store"))


def _keep_running(wanted: Wanted, settings: Settings) -> None:
    if wanted.kafka is not None:
        _check_kafka(wanted.kafka, settings)
    screen = Screen()
    began = time.monotonic()
    screen.say(f"casepulse keeps its state and its logs in {wanted.data_dir}")
    for line in _unused(wanted):
        screen.say(line)
    if wanted.simulate and not demonstration.files(settings.data_dir)[1].exists():
        screen.say(
            "a first start tells and counts two years of the made-up authority, Wexshire: half a minute, or a few on a "
            "machine that has much to do"
        )
    health_port = metrics_port(wanted.port)
    screen.say(f"The worker tells of itself at http://127.0.0.1:{health_port}/metrics")
    supervisor = Supervisor(screen.say, lambda said: refusal.note(settings.data_dir, said))
    try:
        supervisor.keep(services(wanted, settings, health_port))
        _turn(wanted, settings, supervisor, screen, began)
    except KeyboardInterrupt:
        screen.say("stopping")
    finally:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)  # it takes seconds, and ends by itself
        supervisor.stop()
    screen.say(f"stopped; what it knows is in {wanted.data_dir}")


def _unused(wanted: Wanted) -> Iterator[str]:
    """Yield which settings are not used here though somebody made them: our own parts are elsewhere."""
    given = values(by_up=False)
    for name, option, is_ours in (
        ("KAFKA", "--kafka", wanted.kafka is None),
        ("REDIS", "--redis", wanted.redis is None),
    ):
        variable = f"{PREFIX}{name}"
        if is_ours and given[variable].by != "default":
            yield (
                f"{variable} is set ({given[variable].by}) and not used here, as this starts one of its own; other "
                f"commands go by it. Use it here with {option}, or unset it"
            )


def _check_kafka(address: str, settings: Settings) -> None:
    """Make the topics of a Kafka that is not ours. Raises ClickException, or Refused where no worker would read it."""
    try:
        topics.ensure(settings.kafka, settings.topic, figures_topic=settings.figures)
        topics.describe(settings.kafka, settings.topic)
    except KafkaError as exc:
        raise click.ClickException(
            f"Kafka does not answer at {address} ({type(exc).__name__}): is that its address?"
        ) from exc


def _turn(wanted: Wanted, settings: Settings, supervisor: Supervisor, screen: Screen, began: float) -> None:
    """Go round for ever."""
    has_said_ready, looked = False, 0.0
    disk = Disk(wanted.data_dir, wanted.least_free_mb / 10, screen.say)
    rebuilding = Rebuilding(lambda: why_withheld(f"{wanted.server}/readyz"), screen.say)
    while True:
        supervisor.turn()
        if time.monotonic() - looked > HOUSEKEEPING_SECONDS:
            looked = time.monotonic()
            disk.look(supervisor)
            supervisor.tend()
            if has_said_ready:
                rebuilding.look(looked)
        if not has_said_ready and not supervisor.waiting:
            has_said_ready = True
            without = "".join(f" without the {service.name}" for service in supervisor.refused)
            screen.say(f"Ready{without} in {time.monotonic() - began:.1f} s. Board: {wanted.board}")
            _say_how_to_go_on(wanted, settings, screen)
        waiting = [*(service.progress for service in supervisor.waiting), *rebuilding.progress]
        screen.waiting(waiting, time.monotonic() - began)
        time.sleep(SUPERVISION_SECONDS)


def _say_how_to_go_on(wanted: Wanted, settings: Settings, screen: Screen) -> None:
    tools = f"; tools are let in with {wanted.data_dir / KAFKA_CLIENT}" if wanted.kafka is None else ""
    screen.say(f"Kafka: {settings.kafka}, topics {settings.topic} and {settings.figures}{tools}")
    if not wanted.simulate:
        screen.say("Bring data from another terminal: casepulse load --help")
    if wanted.data_dir == DATA_DIR:
        screen.say("Ask it from another terminal, in this folder: casepulse figures")
    else:
        screen.say(f"Ask it from another terminal: set -a; . {wanted.data_dir / ENVIRONMENT}; casepulse figures")
    screen.say(f"Ctrl-C stops it; what it knows stays in {wanted.data_dir}")
