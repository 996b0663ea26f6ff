"""The verb that shows what Prometheus must be told."""

import click

from deploy.generate.scrape import SERVER, WORKER, scrape_config


@click.command()
@click.option("--server", default=SERVER, show_default=True, metavar="HOST:PORT", help="Of `casepulse serve`.")
@click.option(
    "--worker",
    default=(WORKER,),
    show_default=True,
    multiple=True,
    metavar="HOST:PORT",
    help="Of `casepulse worker --metrics-port`; repeatable.",
)
def scrape(server: str, worker: tuple[str, ...]) -> None:
    """Print a configuration for Prometheus that scrapes a server and its workers."""
    click.echo(scrape_config(server, worker), nl=False)
