"""The server process: the reader, the application and uvicorn."""

import sys
from datetime import UTC, datetime

import uvicorn

from deploy.configuration.settings import Settings
from events.simulator import clock as demonstration
from events.time import LONDON
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.http.app import create_app
from metrics.store.connection import connect
from metrics.store.reader import Reader
from metrics.store.redis import Store

MADE_UP = {"X99999901": "Wexshire"}


def clocks(settings: Settings) -> AuthorityDirectory:
    """Return how to ask about an authority: the wall's time, save for a made-up one that has a clock of its own."""
    path = settings.demonstration

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

    def name(authority: str) -> str:
        return settings.rules.of(authority).name or MADE_UP.get(authority, authority)

    return AuthorityDirectory(now=now, speed=speed, name=name, rules=settings.rules.of)


def main(settings: Settings, port: int) -> int:
    """Serve until told to stop; return the exit code."""
    reader = Reader(Store(connect(settings.redis, timeout=30.0), settings.topic))
    config = uvicorn.Config(
        create_app(reader, clocks(settings)),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    print(f"casepulse serve: http://127.0.0.1:{port}/ (this machine only)", file=sys.stderr, flush=True)
    uvicorn.Server(config).run()
    return 0
