"""What stands around every answer, of the server and of a worker: whom it is for, and what may be done with it.

Plain ASGI, as FastAPI's own middleware costs time at every message of a stream.
"""

import logging
import traceback
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metrics.exposition.http.hosts import path_of, refusal
from metrics.exposition.http.problems import problem

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guarded:
    """Answers only to our own names and pages, adds the headers that protect whoever looks, and answers 500 to a fault.

    A fault is logged by its type and place: its text may quote a child. HEAD is answered as GET, without the body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        answer = _Answer(send, is_head=scope["method"] == "HEAD")
        if (why := refusal(scope)) is not None:
            return await problem(why.status, why.detail)(scope, receive, answer.send)
        try:
            return await self._app(_as_asked(scope), receive, answer.send)
        except Exception as exc:
            _log_fault(exc)
            if answer.has_started:
                raise StreamBroken(type(exc).__name__) from None
            return await problem(500, "a fault of casepulse: the server's log says where")(scope, receive, answer.send)


class StreamBroken(Exception):
    """A fault came after an answer had begun, so that only the connection's end can tell of it."""


def _as_asked(scope: Scope) -> Scope:
    """Return *scope* as the routes know it: a path without a name before it, and GET for HEAD."""
    path, method = path_of(scope), "GET" if scope["method"] == "HEAD" else scope["method"]
    moved = {} if path == scope["path"] else {"path": path, "raw_path": quote(path).encode()}
    return {**scope, **moved, "method": method}


@dataclass
class _Answer:
    """Sends an answer on with our headers; of an answer to HEAD its beginning alone, and ends it there."""

    to: Send
    is_head: bool
    has_started: bool = False
    has_ended: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            await self.to(_with_headers(message))
        elif not self.is_head:
            await self.to(message)
        elif not self.has_ended:  # of a stream too: whoever sends it then hears that nobody is there any more
            self.has_ended = True
            await self.to({"type": "http.response.body", "body": b"", "more_body": False})


def _with_headers(message: Message) -> Message:
    headers = MutableHeaders(scope=message)
    headers.update(HEADERS)
    if "location" in headers:
        headers["location"] = _on_this_server(headers["location"])
    return message


def _on_this_server(location: str) -> str:
    """Return where a redirect leads without the name of a server: a browser stays with the one that it asked."""
    parts = urlsplit(location)
    return "/" + parts.path.lstrip("/\\") + (f"?{parts.query}" if parts.query else "")


def _log_fault(exc: Exception) -> None:
    *_, frame = traceback.extract_tb(exc.__traceback__)
    logging.getLogger(__name__).error("%s at %s:%s", type(exc).__name__, frame.filename, frame.lineno)
