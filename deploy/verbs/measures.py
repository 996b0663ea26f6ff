"""The verb that shows what is measured."""

import json

import click

from metrics.catalogue import MEASURES
from metrics.figures.description import described


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything that a measure declares.")
def measures(as_json: bool) -> None:
    """List every measure: what is counted, out of what, over which window."""
    if as_json:
        click.echo(json.dumps([described(measure) for measure in MEASURES], indent=1))
        return
    for measure in MEASURES:
        by = ", ".join((*measure.by, "team"))
        click.echo(f"{measure.name}  ({measure.kind}, {measure.window}, by {by})\n    {measure.title}.")
        click.echo(f"    {measure.definition}\n    By team: {measure.team}.")
        click.echo(f"    Source: {measure.source.title}, read {measure.source.read_on}.")
