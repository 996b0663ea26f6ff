"""The verb that brings everything up."""

from pathlib import Path

import click

from deploy.configuration.settings import DATA_DIR, read_settings
from deploy.verbs.parameters import PORT, dead_letter_limit


@click.command()
@click.option("--simulate/--no-simulate", default=True, help="With a made-up authority, Wexshire, or without.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=60.0,
    show_default=True,
    help="Of the made-up authority's clock. 60: a minute a second, closed hours skipped. 1: real time.",
)
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port on 127.0.0.1.")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"State and logs. It survives: the next start goes on. [default: CASEPULSE_DATA_DIR, else {DATA_DIR}]",
)
@click.option("--kafka", metavar="HOST:PORT", help="Use this Kafka instead of one of our own.")
@click.option("--redis", metavar="URL", help="Use this Redis or Valkey instead of one of our own.")
@dead_letter_limit("As of `worker`.")
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
    data_dir: Path | None,
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
    # Not at the top: it brings the clients of Kafka and of the store, for which `--help` need not wait.
    from deploy.machine import up as machine
    from deploy.machine.wanted import Wanted

    settings = read_settings(by_up=False)
    machine.main(
        Wanted(
            simulate=simulate,
            speed=speed,
            port=port,
            data_dir=data_dir or settings.data_dir,
            kafka=kafka,
            redis=redis,
            topic=settings.topic,
            dead_letter_limit=dead_letter_limit,
            least_free_mb=least_free_mb,
            prometheus=prometheus,
        )
    )
