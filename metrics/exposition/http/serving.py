"""How an application is served: by uvicorn, within limits, in the server and at a worker's metrics port."""

import uvicorn
from starlette.types import ASGIApp

from metrics.exposition.http.connections import BACKLOG, limited

STOP_SECONDS = 2  # for answers that are under way


def server_of(app: ASGIApp, port: int, connections: int) -> uvicorn.Server:
    """Return a server of *app* on 127.0.0.1, of at most so many connections."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            http=limited(connections),
            ws="none",
            backlog=BACKLOG,
            log_config=None,  # logs are the process's own
            log_level="error",  # whoever sends what is no HTTP shall not fill them
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
