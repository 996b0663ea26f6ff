"""The server process: the reader, the application and uvicorn."""

import sys

import uvicorn

from deploy.configuration.settings import Settings
from deploy.processes.authority_directory import authority_directory, check_clock
from metrics.exposition.http.app import create_app
from metrics.store.connection import connect
from metrics.store.reader import Reader
from metrics.store.redis import Store

STORE_TIMEOUT_SECONDS = 30.0


def main(settings: Settings, port: int) -> int:
    """Serve until told to stop; return the exit code. Raises ClockUnknown."""
    check_clock(settings)  # now, and not at the first question: nobody may be shown a made-up authority by our date
    reader = Reader(Store(connect(settings.redis, timeout=STORE_TIMEOUT_SECONDS), settings.topic))
    config = uvicorn.Config(
        create_app(reader, authority_directory(settings)),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    print(f"casepulse serve: http://127.0.0.1:{port}/ (this machine only)", file=sys.stderr, flush=True)
    uvicorn.Server(config).run()
    return 0
