"""Options that several verbs have, and their types: each refuses at once what would only fail, or mislead, later."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

PORT = click.IntRange(1, 65535)


class AuthorityCode(click.ParamType):
    """The code of an authority. An empty one, as an unset variable gives, is neither one authority nor all."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        code = str(value)
        if not code.strip():
            self.fail("it is empty: name an authority, or leave the option out", param, ctx)
        return code


class FileToWrite(click.Path):
    """A file that may be written: its folder is there."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(str(super().convert(str(value), param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}: make it first", param, ctx)
        return path


def dead_letter_limit(help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option of how many unreadable records stop the line."""
    return click.option(
        "--dead-letter-limit", type=click.IntRange(min=0), default=1000, show_default=True, help=help_text
    )
