"""The verbs that run: worker, publish, serve."""

import os
import sys
from datetime import datetime

import click

from deploy.configuration.settings import read_settings
from deploy.verbs.parameters import PORT, dead_letter_limit


@click.command()
@click.option("--metrics-port", type=PORT, help="Serve /metrics, /livez and /readyz on this port of 127.0.0.1.")
@dead_letter_limit(
    "Stop the line at so many unreadable records in a row, or twice as many in the last 10,000. 0: never."
)
@click.option("--publish/--no-publish", "publishes", default=True, help="Figures to the topic of figures, or not.")
def worker(metrics_port: int | None, dead_letter_limit: int, publishes: bool) -> None:
    """Read events from Kafka, fold them, and commit what changes to the store. Publish the figures that change.

    Start as many as you like: they share the partitions. Ends with 3, saying why, where going on would not be safe.
    """
    from deploy.processes.logs import configure
    from deploy.processes.metrics_port import MetricsPort
    from deploy.processes.publisher import Publishing
    from streams.worker import worker as running
    from streams.worker.dead_letters import Limit

    settings = read_settings()
    configure(settings)
    sys.exit(
        running.main(
            running.Worker(
                kafka=settings.kafka,
                redis=settings.redis,
                rules=settings.rules,
                topic=settings.topic,
                shown=MetricsPort(metrics_port) if metrics_port else None,
                dead_letter_limit=Limit(dead_letter_limit),
                beside=Publishing({**os.environ, **settings.variables}) if publishes else None,
            )
        )
    )


@click.command(hidden=True)
def publish() -> None:
    """Publish the figures of the partitions that standard input names: each worker starts one."""
    from deploy.processes.authority_directory import ClockUnknown, authority_directory
    from deploy.processes.logs import configure
    from metrics.store.reader import NotReady
    from streams.publishing import publisher

    settings = read_settings()
    configure(settings, quiet=("aiokafka", "asyncio"))  # the publisher says itself what matters, once
    directory = authority_directory(settings)

    def now(authority: str) -> datetime:
        try:
            return directory.now(authority)
        except ClockUnknown as exc:  # its story so far is still being told
            raise NotReady(None) from exc

    publisher.main(
        publisher.Publication(
            kafka=settings.kafka,
            redis=settings.redis,
            rules=settings.rules,
            now=now,
            topic=settings.topic,
            figures=settings.figures,
            speed=authority_directory(settings).speed,
        )
    )


@click.command()
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port on 127.0.0.1.")
def serve(port: int) -> None:
    """Serve boards, the API, the live stream and /metrics, from what the store holds.

    On this machine only (127.0.0.1), until there are audiences to tell apart: figures of a few children are personal.
    """
    from deploy.processes import server
    from deploy.processes.logs import configure

    settings = read_settings()
    configure(settings)
    sys.exit(server.main(settings, port))
