"""The server process: the reader, the application and uvicorn."""

import logging
import os
import socket

from deploy.configuration.settings import Settings
from deploy.processes.authority_directory import authority_directory, check_clock
from metrics.exposition.http.app import create_app
from metrics.exposition.http.connections import BACKLOG, raise_descriptor_limit, room
from metrics.exposition.http.serving import server_of
from metrics.store.connection import connect
from metrics.store.reader import Reader
from metrics.store.redis import Store

STORE_TIMEOUT_SECONDS = 30.0
said = logging.getLogger("casepulse serve")
MAX_CONNECTIONS = 8_192  # screens and everybody else; a screen holds one


def main(settings: Settings, port: int) -> int:
    """Serve until told to stop; return the exit code. Raises ClockUnknown."""
    check_clock(settings)  # now, and not at the first question: nobody may be shown a made-up authority by our date
    try:
        door = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    except OSError as exc:
        said.error("port %s of 127.0.0.1 is unavailable (%s): choose another --port", port, os.strerror(exc.errno or 0))
        return 1
    connections = room(raise_descriptor_limit(), MAX_CONNECTIONS)
    reader = Reader(Store(connect(settings.redis, timeout=STORE_TIMEOUT_SECONDS), settings.topic))
    server = server_of(create_app(reader, authority_directory(settings)), port, connections)
    said.info("http://127.0.0.1:%s/ (this machine only)", port)
    server.run([door])
    return 0
