"""The server process: the reader, the application and uvicorn."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from deploy.settings import Settings
from events.simulator import clock as demonstration
from events.time import LONDON
from metrics.exposition.api import create_app
from metrics.exposition.clock import Clocks
from metrics.reader import Reader
from metrics.store import Store, connect

MADE_UP = {"X99999901": "Wexshire"}


def clocks(path: Path | None) -> Clocks:
    """Return how to ask for the time: the wall's, save for a made-up authority with a clock of its own in *path*."""

    def told(authority: str) -> demonstration.DemonstrationClock | None:
        if path is None or authority not in MADE_UP or not path.exists():
            return None
        return demonstration.DemonstrationClock.decode(path.read_bytes())

    def now(authority: str) -> datetime:
        wall = datetime.now(UTC)
        own = told(authority)
        return (own.now(wall) if own else wall).astimezone(LONDON)

    def speed(authority: str) -> float:
        own = told(authority)
        return own.speed if own else 1.0

    return Clocks(now=now, speed=speed, name=lambda authority: MADE_UP.get(authority, authority))


def main(settings: Settings, port: int) -> int:
    """Serve until told to stop; return the exit code."""
    reader = Reader(Store(connect(settings.redis, timeout=30.0), settings.topic))
    config = uvicorn.Config(
        create_app(reader, clocks(settings.demonstration)), host="127.0.0.1", port=port, log_level="warning",
        access_log=False, timeout_graceful_shutdown=2,
    )  # fmt: skip
    print(f"casepulse serve: http://127.0.0.1:{port}/ (this machine only)", file=sys.stderr, flush=True)
    uvicorn.Server(config).run()
    return 0
