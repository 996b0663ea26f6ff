"""The verb that makes every figure afresh from the log."""

import asyncio

import click

from deploy.configuration.settings import Settings, read_settings
from metrics.store.connection import connect
from metrics.store.position import Refused
from metrics.store.redis import Store
from streams.broker import topics


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option(
    "--with-less",
    is_flag=True,
    help="Also where the log has lost its beginning: what lay there is then gone for good.",
)
def replay(yes: bool, with_less: bool) -> None:
    """Make every figure afresh: forget what is kept of the log, so that workers read it again from its beginning.

    Figures are withheld until all of it is read: boards say so meanwhile. No event is lost, for the log stays as it is.
    """
    settings = read_settings()
    bounds = topics.bounds(settings.kafka, settings.topic)
    _check_beginning({number: oldest for number, (oldest, _) in bounds.items()}, with_less)
    waiting = sum(end - oldest for oldest, end in bounds.values())
    if not yes:
        click.confirm(f"Forget all that is kept of {settings.topic}, and read {waiting:,} events again?", abort=True)
    asyncio.run(_forget(settings, len(bounds)))
    click.echo(f"{waiting:,} events are to be read again. A running worker begins by itself.")
    click.echo("Start one that had refused: `casepulse worker`; where `casepulse up` runs, stop and start it.")


def _check_beginning(oldest: dict[int, int], with_less: bool) -> None:
    """Raise Refused where the store is the only copy of what the log no longer holds."""
    cut = sorted(number for number, offset in oldest.items() if offset > 0)
    if cut and not with_less:
        raise Refused(
            f"the log of partition {', '.join(map(str, cut))} has lost its beginning, and the store is the only copy "
            "of what lay there: restore the log; to go on without that part, `casepulse replay --with-less`"
        )


async def _forget(settings: Settings, partitions: int) -> None:
    store = Store(connect(settings.redis), settings.topic)
    try:
        for number in range(partitions):
            await store.forget(number)
    finally:
        await store.close()
