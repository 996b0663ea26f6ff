"""What `casepulse up` runs, in which order, and how each part is known to be ready."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from kafka.errors import KafkaError

from deploy.configuration.settings import Settings
from deploy.generate.scrape import scrape_config
from deploy.machine import demonstration, kafka_files, programs, store_files
from deploy.machine.running import Program, Running, last_line
from deploy.machine.supervisor import Service
from deploy.machine.wanted import Wanted
from streams.broker import topics
from streams.worker.ending import REFUSED

CAUGHT_UP_EVENTS = 2_000  # that may wait for a worker which has caught up
ANSWER_WAIT_SECONDS = 1
METRICS_ABOVE = 1_100  # the server's port: 9180 beside 8080, which `casepulse scrape` asks unasked
MAX_PORT = 65_535


def metrics_port(server_port: int) -> int:
    """Return where the worker's metrics are: ever the same beside one port of the server, unless that is taken."""
    above = server_port + METRICS_ABOVE
    port = above if above <= MAX_PORT else server_port - METRICS_ABOVE
    return port if programs.is_free(port) else programs.free_port()


def services(wanted: Wanted, settings: Settings, health_port: int) -> Iterator[Service]:
    """Yield what is to run, each after those that it needs; the worker's metrics are at *health_port*."""
    if wanted.kafka is None:
        kafka = _kafka(settings)
        yield Service(Running(kafka), grace_seconds=4.0, remedy=kafka_files.remedy(kafka.data))
    if wanted.redis is None:
        yield _valkey(settings)
    if wanted.simulate:
        yield _simulator(wanted, settings)
    yield _worker(wanted, settings, health_port)
    yield _server(wanted, settings)
    if wanted.prometheus:
        with suppress(programs.Missing):
            yield _prometheus(wanted, settings, health_port)


def _kafka(settings: Settings) -> Program:
    """Return our Kafka; it is ready once it has the topics."""
    program = programs.kafka(
        settings.data_dir / "kafka",
        _port(settings.kafka.servers),
        programs.free_port(),
        password=settings.kafka.password_file,
    )

    def ready(pid: int) -> bool:
        with suppress(KafkaError):
            if program.ready(pid):
                topics.ensure(settings.kafka, settings.topic, figures_topic=settings.figures)
                return True
        return False

    return replace(program, ready=ready)


def _valkey(settings: Settings) -> Service:
    """Return our store. Files of it that are damaged are set aside, as all of it stands in the log."""
    port = _port(settings.redis.url)
    data = settings.data_dir / "valkey"
    program = programs.valkey(data, port, password=settings.redis.password_file)
    files = store_files.StoreFiles(data)
    return Service(
        Running(program),
        heal=lambda code, failures: files.heal(program.log, code, failures),
        tend=files.follow,
        does="reads its file",
    )


def _simulator(wanted: Wanted, settings: Settings) -> Service:
    clock, _ = demonstration.files(settings.data_dir)
    simulator = _python(settings, "simulator", clock.exists, "deploy.machine.demonstration", str(wanted.speed))
    return Service(
        simulator,
        needs=("kafka",),
        grace_seconds=1.0,
        does="tells the story so far",
        told=lambda: last_line(simulator.program.log),
    )


def _worker(wanted: Wanted, settings: Settings, health_port: int) -> Service:
    """Return the worker, which folds the story so far while that is told.

    It is ready once it has all of the story: the figures are then whole before they are shown at all. It begins when
    enough is told for the log to be known as a long one, which is counted once and not at every event.
    """
    worker = _python(
        settings,
        "worker",
        lambda: _has_caught_up(health_port, settings.demonstration),
        "deploy.command",
        "worker",
        "--metrics-port",
        str(health_port),
        "--dead-letter-limit",
        str(wanted.dead_letter_limit),
    )
    is_long = demonstration.begun(settings.data_dir).exists if wanted.simulate else lambda: True
    return Service(
        worker,
        needs=("kafka", "valkey"),
        first_when=is_long,
        refusal=REFUSED,
        grace_seconds=4.0,
        does="reads the log",
        told=lambda: _to_read(health_port),
    )


def _server(wanted: Wanted, settings: Settings) -> Service:
    """Return the server. It starts after the worker's claim, which withholds figures for a moment.

    Beside a made-up authority it does not start without that one's clock, not even where the worker has refused.
    """
    server = _python(
        settings,
        "server",
        lambda: _answer(f"{wanted.server}/readyz") is not None,
        "deploy.command",
        "serve",
        "--port",
        str(wanted.port),
    )
    has_clock = demonstration.files(settings.data_dir)[0].exists if wanted.simulate else lambda: True
    return Service(
        server,
        needs=("valkey",),
        first_after=("worker",),
        first_when=has_clock,
        grace_seconds=4.0,
        does="waits for figures",
        told=lambda: why_withheld(f"{wanted.server}/readyz") or "",
    )


def _prometheus(wanted: Wanted, settings: Settings, health_port: int) -> Service:
    """Return Prometheus, after all that the board needs: it takes no time from any of them. Raises Missing."""
    scraped = scrape_config(f"127.0.0.1:{wanted.port}", (f"127.0.0.1:{health_port}",))
    program = programs.prometheus(settings.data_dir / "prometheus", programs.free_port(), scraped)
    return Service(Running(program), first_after=("server",), aside=True)


def _port(address: str) -> int:
    return int(address.removesuffix("/0").rpartition(":")[2])


def _python(settings: Settings, name: str, ready: Callable[[], bool], module: str, *arguments: str) -> Running:
    """Return one of our own processes; it runs where we were started, as the settings may name files from there."""
    return Running(
        Program(
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
    answer = _answer(f"http://127.0.0.1:{port}/readyz")
    return answer is not None and (clock is None or (clock.exists() and answer["lag"] < CAUGHT_UP_EVENTS))


def _to_read(port: int) -> str:
    """Return how much a worker has still to read, in words; nothing where it does not say."""
    answer = _answer(f"http://127.0.0.1:{port}/readyz")
    return f"{answer['lag']:,} events to go" if answer else ""


def why_withheld(url: str) -> str | None:
    """Return why a server shows no figures, in its words; empty where it shows them, None where it does not answer."""
    try:
        urllib.request.urlopen(url, timeout=ANSWER_WAIT_SECONDS).close()
    except urllib.error.HTTPError as exc:
        with exc, suppress(OSError, ValueError):
            return str(json.load(exc).get("detail", ""))
        return None
    except OSError:
        return None
    return ""


def _answer(url: str) -> dict[str, Any] | None:
    """Return what is answered at *url*, if all is well there."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_WAIT_SECONDS) as response:
            answer: dict[str, Any] | None = json.load(response) if response.status == 200 else None
            return answer
    except (OSError, ValueError):
        return None
