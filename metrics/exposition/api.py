"""The HTTP side: figures, boards, the live stream, metrics, health. Reads from memory; nothing here writes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from metrics.answers import Ask, answer, chosen, described
from metrics.catalogue import MEASURES, UnknownMeasure, measure_named
from metrics.exposition.clock import Clocks
from metrics.exposition.live import Boards
from metrics.exposition.prometheus import Figures
from metrics.figures import Question, UnknownBreakdown
from metrics.measure import Measure
from metrics.reader import NotReady, Reader
from metrics.windows import UnknownWindow, parse_at

ASSETS = files("metrics.exposition").joinpath("boards")
KINDS = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}
RETRY_AFTER = 2  # seconds
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
WRONG = (UnknownMeasure, UnknownBreakdown, UnknownWindow)

_encode = msgspec.json.Encoder(enc_hook=str).encode


def create_app(reader: Reader, clocks: Clocks) -> FastAPI:
    """Return the application that answers from *reader*; it follows the store for as long as it runs."""

    @asynccontextmanager
    async def following(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(reader.follow())
        yield
        task.cancel()

    app = FastAPI(
        title="casepulse", version=version("casepulse"), lifespan=following, docs_url=None, redoc_url=None,
        description="Live performance figures for children's social care.",
    )  # fmt: skip
    _answers_to_errors(app)
    _figures(app, reader, clocks)
    _boards(app, reader, clocks)
    _health(app, reader, clocks)
    return app


def _json(content: Any, status: int = 200) -> Response:
    return Response(_encode(content), status, media_type="application/json")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return an error as RFC 9457 has it."""
    titles = {400: "That cannot be asked", 404: "There is no such thing", 503: "Not ready"}
    body = {"type": "about:blank", "title": titles.get(status, "Error"), "status": status, "detail": detail}
    return Response(_encode(body), status, headers, media_type="application/problem+json")


def _answers_to_errors(app: FastAPI) -> None:
    @app.exception_handler(NotReady)
    async def not_ready(_: Request, exc: NotReady) -> Response:
        share = "" if exc.read is None else f", {exc.read:.0%} read"
        return _problem(503, f"{exc}{share}", {"Retry-After": str(RETRY_AFTER)})

    @app.exception_handler(HTTPException)
    async def refused(_: Request, exc: HTTPException) -> Response:
        return _problem(exc.status_code, str(exc.detail))

    async def wrong(_: Request, exc: Exception) -> Response:
        return _problem(404 if isinstance(exc, UnknownMeasure) else 400, str(exc))

    for kind in (*WRONG, ValueError):
        app.add_exception_handler(kind, wrong)

    @app.middleware("http")
    async def guarded(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await following(request)
        response.headers.update(HEADERS)
        return response


def _only(request: Request, *known: str) -> None:
    """Refuse parameters that there are not: `?tema=` must not answer for the whole authority. Raises HTTPException."""
    strange = sorted(set(request.query_params) - set(known))
    if strange:
        raise HTTPException(400, f"no parameter {strange[0]!r}: there are {', '.join(known)}")


def _figures(app: FastAPI, reader: Reader, clocks: Clocks) -> None:
    @app.get("/v1/measures")
    async def measures() -> Response:
        """The catalogue: every measure, with its definition and source."""
        return _json([described(measure) for measure in MEASURES])

    @app.get("/v1/measures/{measure}")
    async def measure(measure: str) -> Response:
        """One measure."""
        return _json(described(measure_named(measure)))

    @app.get("/v1/authorities")
    async def authorities() -> Response:
        """The authorities that there are figures of."""
        found = reader.authorities().items()
        return _json([{"authority": a, "name": clocks.name(a), "simulated": it.simulated} for a, it in found])

    @app.get("/v1/figures")
    async def figures_of(
        request: Request,
        measure: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies defaults
        at: str | None = None,
        window: str | None = None,
        by: Annotated[list[str], Query()] = [],  # noqa: B006
        team: str | None = None,
        locality: str | None = None,
        authority: str | None = None,
    ) -> Response:
        """Figures at a moment (left out: now), of every measure and authority or of those named."""
        _only(request, "measure", "at", "window", "by", "team", "locality", "authority")
        names = [authority] if authority else list(reader.authorities())
        found = {name: it for name in names if (it := reader.authority(name)) is not None}
        if authority and not found:
            raise HTTPException(404, f"no events of {authority!r} have arrived: /v1/authorities lists those that have")
        moments = [parse_at(at)] if at else []

        def ask(one: Measure) -> Ask:
            return lambda at: Question(measure=one, at=at, window=window, team=team, locality=locality, by=tuple(by))

        asks = [ask(one) for one in chosen(measure)]
        return _json(answer(found, asks, moments, clocks.now, reader.catalogue(found), clocks.rules))


def _boards(app: FastAPI, reader: Reader, clocks: Clocks) -> None:
    boards = Boards(reader, clocks)

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return _asset("home.html")

    @app.get("/boards/mash", include_in_schema=False)
    async def mash() -> Response:
        return _asset("mash.html")

    @app.get("/boards/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        return _asset(name)

    @app.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> Response:
        return Response(status_code=204)

    @app.get("/v1/live")
    async def live(request: Request, board: str = "mash", authority: str | None = None) -> Response:
        """Server-sent events; each message is the whole small truth of a board."""
        _only(request, "board", "authority")
        if board != "mash":
            raise HTTPException(404, "no such board: there is mash")
        return StreamingResponse(boards.of(authority).watch(), media_type="text/event-stream")


def _asset(name: str) -> Response:
    file = ASSETS.joinpath(name)
    suffix = name[name.rfind(".") :]
    if "/" in name or suffix not in KINDS or not file.is_file():
        raise HTTPException(404, "no such file")
    return Response(file.read_bytes(), media_type=KINDS[suffix])


def _health(app: FastAPI, reader: Reader, clocks: Clocks) -> None:
    registry = CollectorRegistry()
    registry.register(Figures(reader, clocks, version("casepulse")))

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        return _json({"alive": True})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        """Ready once every figure may be shown."""
        if not reader.whole:
            raise reader.rebuilding()
        return _json({"ready": True})
