"""The verbs that look at the installation itself: doctor, settings, scrape."""

import json
import logging
from dataclasses import asdict
from pathlib import Path

import click

from deploy import doctor as surgery
from deploy.configuration.settings import SettingsUnusable
from deploy.configuration.variables import VARIABLES, Told, Unreadable, Variable, told
from deploy.generate.scrape import SERVER, WORKER, scrape_config
from metrics.store.address import RedisSettings
from metrics.store.secrets import Unusable, secret


@click.command()
@click.option("--cases", is_flag=True, help="Look into every case too: are revisions told by halves? Takes longer.")
@click.option("--json", "as_json", is_flag=True, help="One object a finding: level, what, remedy.")
def doctor(cases: bool, as_json: bool) -> None:
    """Say what is wrong with this installation: a line each, with a remedy. Changes nothing.

    Kafka and its topic, the store, where the store stands in the log, feeds, teams, the calendar, files and their
    modes. No child is ever named. Ends with 1 where anything is wrong, with 0 where things are only worth knowing.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what matters of it we say ourselves
    found = surgery.examine(with_cases=cases)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        for finding in found:
            click.echo(str(finding))
        click.echo(f"{', '.join(surgery.counted(found)) or 'nothing is wrong'}.")
    if any(finding.level is surgery.Level.WRONG for finding in found):
        raise SystemExit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a setting.")
def settings(as_json: bool) -> None:
    """List every setting: its value, who told it, what it means. Of a secret only whether it is set.

    A variable of the environment counts more than --config FILE.toml, where CASEPULSE_KAFKA_USER is `kafka_user`.
    """
    try:
        values = told()
    except Unreadable as exc:
        raise SettingsUnusable(str(exc)) from exc
    rows = [
        {"name": v.name, "value": shown(v, values[v.name]), "told_by": values[v.name].by, "means": v.means}
        for v in VARIABLES
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo("{name:31} {value:40} {told_by:12} {means}".format(**row))


def shown(variable: Variable, it: Told) -> str:
    """Return the value of a setting; of a secret, and of one in a URL, only that it is set."""
    if not it.value:
        return "not set"
    if variable.is_secret:
        try:
            secret(Path(it.value))
        except Unusable:
            return f"not set: {it.value} cannot be read, or is empty"
        return f"set, in {it.value}"
    if variable.name != "CASEPULSE_REDIS":
        return it.value
    redis = RedisSettings(it.value)
    return f"{redis}, password set" if redis.has_password_in_url else str(redis)


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
