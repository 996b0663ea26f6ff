"""The verb that brings data in: load."""

import click


@click.command()
def load() -> None:
    """Read a file or a return, turn it into events, and send them."""
    raise SystemExit("being built")
