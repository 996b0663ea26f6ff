"""The verbs that run: up, worker, serve."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from deploy.configuration.settings import DATA_DIR, read_settings


@click.command()
@click.option("--metrics-port", type=int, help="Serve /metrics, /livez and /readyz on this port of 127.0.0.1.")
@click.option(
    "--dead-letter-limit",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Stop the line at so many unreadable records in a row, or twice as many in the last 10,000. 0: never.",
)
@click.option("--publish/--no-publish", "publishes", default=True, help="Figures to the topic of figures, or not.")
def worker(metrics_port: int | None, dead_letter_limit: int, publishes: bool) -> None:
    """Read events from Kafka, fold them, and commit what changes to the store. Publish the figures that change.

    Start as many as you like: they share the partitions. Ends with 3, saying why, where going on would not be safe.
    """
    from deploy.processes.publisher import Publishing
    from streams.worker import worker as running
    from streams.worker.dead_letters import Limit

    settings = read_settings()
    sys.exit(
        running.main(
            running.Worker(
                kafka=settings.kafka,
                redis=settings.redis,
                rules=settings.rules,
                topic=settings.topic,
                metrics_port=metrics_port,
                dead_letter_limit=Limit(dead_letter_limit),
                beside=Publishing({**os.environ, **settings.variables}) if publishes else None,
            )
        )
    )


@click.command(hidden=True)
def publish() -> None:
    """Publish the figures of the partitions that standard input names: each worker starts one."""
    from deploy.processes.server import MADE_UP, clocks
    from metrics.store.reader import NotReady
    from streams.publishing import publisher

    settings = read_settings()
    clock = settings.demonstration

    def now(authority: str) -> datetime:
        if clock is not None and authority in MADE_UP and not clock.exists():
            raise NotReady(None)  # its story so far is still being told
        return clocks(settings).now(authority)

    publisher.main(
        publisher.Publication(
            kafka=settings.kafka,
            redis=settings.redis,
            rules=settings.rules,
            now=now,
            topic=settings.topic,
            figures=settings.figures,
        )
    )


@click.command()
@click.option("--port", type=int, default=8080, show_default=True, help="Port on 127.0.0.1.")
def serve(port: int) -> None:
    """Serve boards, the API, the live stream and /metrics, from what the store holds.

    On this machine only (127.0.0.1), until there are audiences to tell apart: figures of a few children are personal.
    """
    from deploy.processes import server

    sys.exit(server.main(read_settings(), port))


@click.command()
@click.option("--simulate/--no-simulate", default=True, help="With a made-up authority, Wexshire, or without.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=60.0,
    show_default=True,
    help="Of the made-up authority's clock. 60: a minute a second, closed hours skipped. 1: real time.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port on 127.0.0.1.")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA_DIR,
    show_default=True,
    help="State and logs. It survives: the next start goes on from there.",
)
@click.option("--kafka", metavar="HOST:PORT", help="Use this Kafka instead of one of our own.")
@click.option("--redis", metavar="URL", help="Use this Redis or Valkey instead of one of our own.")
@click.option(
    "--dead-letter-limit",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="As of `worker`.",
)
@click.option("--prometheus/--no-prometheus", default=True, help="With a Prometheus, where one is installed.")
@click.option(
    "--least-free-mb",
    type=click.IntRange(min=0),
    default=500,
    envvar="CASEPULSE_LEAST_FREE_MB",
    hidden=True,
)
def up(
    simulate: bool,
    speed: float,
    port: int,
    data_dir: Path,
    kafka: str | None,
    redis: str | None,
    dead_letter_limit: int,
    prometheus: bool,
    least_free_mb: int,
) -> None:
    """Bring everything up on this machine, and keep it up until Ctrl-C.

    Kafka, Valkey, a worker, a server, and a made-up authority whose Thursday afternoon begins when you first start
    it. What dies is started again. Only this machine can reach any of it.

    \b
    casepulse up                         look at it: http://127.0.0.1:8080/
    casepulse up --speed 1               the made-up authority in real time
    casepulse up --no-simulate           empty; then `casepulse load` your own data
    casepulse up --data-dir other --port 8081      a second one beside the first
    casepulse figures                    in the same folder, while it is up: asks it

    Logs are in the data directory: kafka/kafka.log, valkey/valkey.log, worker.log, server.log, simulator.log. Where
    Prometheus is installed it scrapes server and worker, and its address is said. To begin
    afresh, stop it and delete the directory. For commands elsewhere: set -a; . .casepulse/environment
    """
    from deploy.machine import up as deployment

    deployment.main(
        deployment.Wanted(
            simulate=simulate,
            speed=speed,
            port=port,
            data_dir=data_dir,
            kafka=kafka,
            redis=redis,
            topic=read_settings(by_up=False).topic,
            dead_letter_limit=dead_letter_limit,
            least_free_mb=least_free_mb,
            prometheus=prometheus,
        )
    )
