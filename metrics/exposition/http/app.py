"""The HTTP side: figures, boards, the live stream, metrics, health. Reads from memory; nothing here writes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from metrics.catalogue import UnknownMeasure
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.boards import BOARDS
from metrics.exposition.boards.declaration import Board
from metrics.exposition.http.boards import board_routes
from metrics.exposition.http.figures import figure_routes
from metrics.exposition.http.guard import Guarded
from metrics.exposition.http.openapi import document
from metrics.exposition.http.problems import problem, refused
from metrics.exposition.http.replies import MIN_GZIP_BYTES, json_of
from metrics.exposition.prometheus.collector import FigureCollector
from metrics.store.reader import NotReady, Reader
from metrics.wrong_question import WrongQuestion

RETRY_AFTER_SECONDS = 2
GZIP_LEVEL = 4  # a twelfth of the bytes and more; level 9 takes three times as long for little less


def create_app(reader: Reader, directory: AuthorityDirectory, boards: Sequence[Board] = BOARDS) -> FastAPI:
    """Return the application that answers from *reader*; it follows the store for as long as it runs."""

    @asynccontextmanager
    async def following(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(reader.follow())
        yield
        task.cancel()

    app = FastAPI(
        title="casepulse",
        version=version("casepulse"),
        lifespan=following,
        docs_url=None,
        redoc_url=None,
        description="Live performance figures for children's social care.",
    )
    app.add_middleware(GZipMiddleware, minimum_size=MIN_GZIP_BYTES, compresslevel=GZIP_LEVEL)  # leaves streams alone
    app.add_middleware(Guarded)
    app.openapi = cache(lambda: document(app))  # type: ignore[method-assign]
    _answers_to_errors(app)
    figure_routes(app, reader, directory)
    board_routes(app, reader, directory, boards)
    _health(app, reader, directory)
    return app


def _answers_to_errors(app: FastAPI) -> None:
    @app.exception_handler(NotReady)
    async def not_ready(_: Request, exc: NotReady) -> Response:
        share = "" if exc.read is None else f", {exc.read:.0%} read"
        return problem(503, f"{exc}{share}", {"Retry-After": str(RETRY_AFTER_SECONDS)}, reason=exc.why)

    app.add_exception_handler(HTTPException, refused)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, __: RequestValidationError) -> Response:
        return problem(400, "that cannot be read: /openapi.json says what each route takes")

    # Nothing but a wrong question answers 400: a bug must not read as the fault of whoever asks.
    @app.exception_handler(WrongQuestion)
    async def wrong(_: Request, exc: WrongQuestion) -> Response:
        return problem(404 if isinstance(exc, UnknownMeasure) else 400, str(exc))


def _health(app: FastAPI, reader: Reader, directory: AuthorityDirectory) -> None:
    registry = CollectorRegistry()
    registry.register(FigureCollector(reader, directory, version("casepulse")))

    @app.get("/metrics")
    async def metrics() -> Response:
        """Every figure as Prometheus reads it, and the server's own series."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/livez")
    async def livez() -> Response:
        """Alive while the process runs."""
        return json_of({"alive": True})

    @app.get("/readyz")
    async def readyz() -> Response:
        """Ready once every figure may be shown."""
        if not reader.whole:
            raise reader.rebuilding()
        return json_of({"ready": True})
