"""A worker's metrics port: its counters, and whether it is alive and ready.

On a thread of its own: it answers while the worker is busy, and tells when the worker hangs. It is guarded as the
server is, and no connection that asks nothing keeps it from answering others.
"""

import socket
import threading
import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from metrics.exposition.http.connections import BACKLOG, raise_descriptor_limit, room
from metrics.exposition.http.guard import Guarded
from metrics.exposition.http.problems import refused
from metrics.exposition.http.serving import server_of
from streams.worker.health import Health

MAX_CONNECTIONS = 64  # a Prometheus or two, and whoever looks


@dataclass(frozen=True)
class MetricsPort:
    """Where a worker's metrics are served, on loopback."""

    port: int

    def serve(self, registry: CollectorRegistry, health: Health) -> None:
        """Serve /metrics, /livez and /readyz for as long as the process lives. Raises OSError where it is taken."""
        door = socket.create_server(("127.0.0.1", self.port), backlog=BACKLOG)
        connections = room(raise_descriptor_limit(), MAX_CONNECTIONS)
        server = server_of(create_app(registry, health), self.port, connections)
        threading.Thread(target=server.run, args=([door],), name="health", daemon=True).start()


def create_app(registry: CollectorRegistry, health: Health) -> ASGIApp:
    """Return the application that answers from *registry* and *health*."""

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def livez(_: Request) -> Response:
        why = health.hangs(time.monotonic())
        return _answer(why is None, {"hangs": why})

    async def readyz(_: Request) -> Response:
        return _answer(health.assigned, {"assigned": health.assigned, "lag": health.lag})

    routes = [Route("/metrics", metrics), Route("/livez", livez), Route("/readyz", readyz)]
    return Guarded(Starlette(routes=routes, exception_handlers={HTTPException: refused}))


def _answer(good: bool, body: dict[str, object]) -> Response:
    return JSONResponse(body, 200 if good else 503)
