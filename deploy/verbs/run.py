"""The verbs that run: up, worker, serve."""

import sys

import click

from deploy.settings import read_settings


@click.command()
@click.option("--metrics-port", type=int, help="Serve /metrics, /livez and /readyz on this port of 127.0.0.1.")
@click.option(
    "--dead-letter-limit", type=click.IntRange(min=0), default=1000, show_default=True,
    help="Stop the line at so many unreadable records in a row, or twice as many in the last 10,000. 0: never.",
)  # fmt: skip
def worker(metrics_port: int | None, dead_letter_limit: int) -> None:
    """Read events from Kafka, fold them, and commit what changes to the store.

    Start as many as you like: they share the partitions. Ends with 3, saying why, where going on would not be safe.
    """
    from streams import app, dead_letters

    settings = read_settings()
    sys.exit(
        app.main(
            app.Settings(
                kafka=settings.kafka,
                redis=settings.redis,
                rules=settings.rules,
                topic=settings.topic,
                metrics_port=metrics_port,
                dead_letter_limit=dead_letters.Limit(dead_letter_limit),
            )
        )
    )


@click.command()
@click.option("--port", type=int, default=8080, show_default=True, help="Port on 127.0.0.1.")
def serve(port: int) -> None:
    """Serve boards, the API, the live stream and /metrics, from what the store holds.

    On this machine only (127.0.0.1), until there are audiences to tell apart: figures of a few children are personal.
    """
    from deploy import server

    sys.exit(server.main(read_settings(), port))


@click.command()
def up() -> None:
    """Bring everything up on this machine."""
    raise SystemExit("being built")
