"""The verb that shows what an event must be like."""

import json

import click
import msgspec

from events import EVENTS


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
