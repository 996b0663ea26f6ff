"""The verb that shows which records could not be read."""

import asyncio
import json
from collections import Counter

import click

from deploy.configuration.settings import Settings, read_settings
from metrics.printable import printable
from metrics.store.connection import connect
from metrics.store.redis import Store


@click.command("dead-letters")
@click.option("--json", "as_json", is_flag=True, help="One object a dead letter.")
def dead_letters(as_json: bool) -> None:
    """List the records that could not be read: by reason and coordinate. No value of any of them is shown."""
    letters = asyncio.run(_letters(read_settings()))
    if letters is None:
        raise click.ClickException("no worker has read the log yet, or none of this version: see `casepulse doctor`")
    if as_json:
        click.echo(json.dumps(letters, indent=1))
        return
    for reason, n in Counter(str(letter["reason"]) for letter in letters).most_common():
        click.echo(f"{n:7,}  {printable(reason)}")
    for letter in letters:
        click.echo(printable("partition {partition}, offset {offset}: {reason} at {place}".format(**letter)))
    if not letters:
        click.echo("No dead letters.")


async def _letters(settings: Settings) -> list[dict[str, object]] | None:
    """Return every dead letter; None where nothing has been read that this version understands."""
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
