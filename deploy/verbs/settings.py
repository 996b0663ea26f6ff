"""The verb that shows how the installation is set up."""

import json
from pathlib import Path

import click

from deploy.configuration.variables import VARIABLES, Setting, Variable, values
from metrics.store.address import RedisSettings
from metrics.store.secrets import Unusable, secret


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a setting.")
def settings(as_json: bool) -> None:
    """List every setting: its value, who set it, what it means. Of a secret only whether it is set.

    A variable of the environment counts more than --config FILE.toml, where CASEPULSE_KAFKA_USER is `kafka_user`.
    """
    found = values()
    rows = [
        {"name": v.name, "value": shown(v, found[v.name]), "told_by": found[v.name].by, "means": v.means}
        for v in VARIABLES
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo("{name:31} {value:40} {told_by:12} {means}".format(**row))


def shown(variable: Variable, setting: Setting) -> str:
    """Return the value of a setting; of a secret, and of one in a URL, only that it is set."""
    if not setting.value:
        return "not set"
    if variable.is_secret:
        try:
            secret(Path(setting.value))
        except Unusable:
            return f"not set: {setting.value} cannot be read, or is empty"
        return f"set, in {setting.value}"
    if variable.name != "CASEPULSE_REDIS":
        return setting.value
    redis = RedisSettings(setting.value)
    return f"{redis}, password set" if redis.has_password_in_url else str(redis)
