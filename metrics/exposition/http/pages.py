"""Pages, and the files that they load. A page gets what it must know as JSON, in place of one placeholder."""

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import Response
from starlette.exceptions import HTTPException

from metrics.exposition.boards.declaration import Board

WEB = files("metrics.exposition").joinpath("web")
FOLDERS = ("shared", "boards", "desk")
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
PLACEHOLDER = b"{{told by the server}}"


def page(folder: str, name: str, declaration: Any) -> Response:
    """Return a page with *declaration* as the JSON of its data block. Such a block is no script: nothing runs it."""
    json = msgspec.json.encode(declaration).replace(b"<", rb"\u003c")  # or a text in it could end the block
    html = WEB.joinpath(folder, name).read_bytes().replace(PLACEHOLDER, json)
    return Response(html, media_type="text/html")


def missing_page(boards: Iterable[Board]) -> Response:
    """Return the page that says of a page that it is not there, and which *boards* are. It needs no script."""
    lines = "".join(
        f'\n    <li><a href="/boards/{quote(board.name)}">{escape(board.title)} board</a></li>' for board in boards
    )
    html = WEB.joinpath("desk", "missing.html").read_bytes().replace(PLACEHOLDER, lines.encode())
    return Response(html, status_code=404, media_type="text/html")


def asset(name: str) -> Response:
    """Return a file that pages load, out of whichever folder has it. Raises HTTPException: 404."""
    file = next(_files_named(name), None)
    if file is None:
        raise HTTPException(404, "no such file")
    return Response(file.read_bytes(), media_type=MEDIA_TYPES[_suffix(name)])


def _files_named(name: str) -> Iterator[Traversable]:
    """Yield the files called *name*: what is asked for is compared, and never made a path of."""
    if _suffix(name) in MEDIA_TYPES:
        for folder in FOLDERS:
            yield from (file for file in WEB.joinpath(folder).iterdir() if file.name == name)


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]
