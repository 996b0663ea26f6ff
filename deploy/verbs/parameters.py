"""Types of options that several verbs have: each refuses at once what would only fail, or mislead, later."""

from pathlib import Path

import click


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
