"""Boards over HTTP: the home page, the page of each board, its live stream, and the files that pages load."""

from collections.abc import Sequence

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.boards.declaration import Board
from metrics.exposition.boards.live import Streams
from metrics.exposition.http.pages import asset, missing_page, page
from metrics.exposition.http.problems import refused
from metrics.exposition.http.replies import only
from metrics.store.reader import Reader

UNBUFFERED = {"X-Accel-Buffering": "no"}  # nginx would keep messages back until eight are there (docs/proxies.md)


def board_routes(app: FastAPI, reader: Reader, directory: AuthorityDirectory, boards: Sequence[Board]) -> None:
    """Add the routes of *boards*, the first of which is the one where none is named."""
    streams = Streams(reader, directory)

    @app.get("/v1/live")
    async def live(
        request: Request, board: str = boards[0].name, authority: str | None = None, team: str | None = None
    ) -> Response:
        """Server-sent events; each message is the whole small truth of a board, of one team or of all."""
        only(request, "board", "authority", "team")
        stream = streams.of(_named(board, boards), authority, team)
        return StreamingResponse(stream.watch(), headers=UNBUFFERED, media_type="text/event-stream")

    _page_routes(app, boards)


def _page_routes(app: FastAPI, boards: Sequence[Board]) -> None:
    @app.get("/boards", include_in_schema=False)
    @app.get("/", include_in_schema=False)
    async def home(request: Request) -> Response:
        only(request)
        return page("desk", "home.html", [{"name": board.name, "title": board.title} for board in boards])

    @app.get("/boards/assets/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        return asset(name)

    @app.get("/boards/{name}", include_in_schema=False)
    async def board(request: Request, name: str) -> Response:
        """A board; or, for whoever mistyped its address, a page with those that there are."""
        only(request, "authority", "team")
        found = _find(name, boards)
        return missing_page(boards) if found is None else page("boards", "board.html", found.for_the_page())

    @app.exception_handler(404)
    async def missing(request: Request, exc: Exception) -> Response:
        return missing_page(boards) if _is_for_people(request) else await refused(request, exc)

    @app.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> Response:
        return Response(status_code=204)


def _is_for_people(request: Request) -> bool:
    """Return whether a browser asks for a page; of figures and of files the answers are for programs."""
    is_page = not request.scope["path"].startswith(("/v1/", "/boards/assets/"))
    return is_page and "text/html" in request.headers.get("accept", "")


def _find(name: str, boards: Sequence[Board]) -> Board | None:
    return next((board for board in boards if board.name == name), None)


def _named(name: str, boards: Sequence[Board]) -> Board:
    """Return the board called *name*. Raises HTTPException: 404."""
    board = _find(name, boards)
    if board is None:
        there_is = "there is" if len(boards) == 1 else "there are"
        raise HTTPException(404, f"no such board: {there_is} {', '.join(board.name for board in boards)}")
    return board
