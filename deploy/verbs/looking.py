"""The verbs that show: measures, dead-letters, schema."""

import asyncio
import json
from collections import Counter

import click
import msgspec

from deploy.configuration.settings import read_settings
from events import EVENTS
from metrics.catalogue import MEASURES
from metrics.figures.description import described
from metrics.store.connection import connect
from metrics.store.redis import Store


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
        click.echo(f"    {measure.definition}\n    Source: {measure.source.title}, read {measure.source.read_on}.")


@click.command("dead-letters")
@click.option("--json", "as_json", is_flag=True, help="One object a dead letter.")
def dead_letters(as_json: bool) -> None:
    """List the records that could not be read: by reason, and by coordinate. No value of any of them is shown."""
    settings = read_settings()

    async def found() -> list[dict[str, object]] | None:
        store = Store(connect(settings.redis), settings.topic)
        try:
            first = await store.position(0)
            if first is None:
                return None
            return [
                {"topic": settings.topic, "partition": partition, "offset": offset, "reason": reason, "place": place}
                for partition in range(first.log.partitions)
                for offset, reason, place in await store.dead_letters(partition)
            ]
        finally:
            await store.close()

    letters = asyncio.run(found())
    if letters is None:
        raise click.ClickException("no worker has read the log yet, or none of this version: see `casepulse doctor`")
    if as_json:
        click.echo(json.dumps(letters, indent=1))
        return
    for reason, n in Counter(str(letter["reason"]) for letter in letters).most_common():
        click.echo(f"{n:7,}  {reason}")
    for letter in letters:
        click.echo("partition {partition}, offset {offset}: {reason} at {place}".format(**letter))
    if not letters:
        click.echo("No dead letters.")


@click.command()
def schema() -> None:
    """Print the JSON Schema of every event."""
    _, parts = msgspec.json.schema_components(EVENTS, ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "casepulse event",
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in EVENTS],
        "$defs": parts,
    }
    click.echo(json.dumps(document, indent=1))
