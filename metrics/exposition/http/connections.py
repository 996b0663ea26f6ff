"""How many connections a server holds, and for how long one may keep it waiting for a request.

uvicorn holds as many as there are descriptors, each for as long as it likes: some thousand that never ask anything
would keep everybody else out. Here a new one takes the place of the one that has waited longest without asking.
"""

import asyncio
import resource
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

from metrics.exposition.http.guard import HEADERS

REQUEST_SECONDS = 10.0  # in which a request must have come, from its connection or from the answer before it
BACKLOG = 128  # connections that wait to be taken in; asyncio takes in as many at once before it looks at any
WANTED_DESCRIPTORS = 65_536
KEPT_DESCRIPTORS = 128  # for all else: the store, Kafka, files
MIN_CONNECTIONS = 16


def raise_descriptor_limit() -> int:
    """Let this process have as many descriptors as it may and we want; return how many it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, WANTED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # a system may promise more than it gives
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def room(descriptors: int, wanted: int) -> int:
    """Return how many of the *wanted* connections there may be at once where there are so many descriptors."""
    return max(MIN_CONNECTIONS, min(wanted, descriptors - KEPT_DESCRIPTORS - BACKLOG))


def limited(most: int) -> type[H11Protocol]:
    """Return the protocol of one server, of which there are at most so many connections."""
    waiting: dict[Connection, None] = {}  # without a request, whoever waits longest first
    held: set[Connection] = set()

    class Limited(Connection):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]
            self.waiting, self.held, self.most = waiting, held, most

    return Limited


class Connection(H11Protocol):
    """A connection that ends if no request comes in time, or if a newer one needs its place."""

    waiting: "dict[Connection, None]"
    held: "set[Connection]"
    most: int
    _request_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.held) >= self.most:
            longest = next(iter(self.waiting), None)
            if longest is None:  # all of them are being answered
                return self.end()
            longest.end()
        self.held.add(self)
        self._note()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._note()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note()

    def end(self) -> None:
        """End at once, as no answer is due."""
        self._forget()
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, with the headers that every answer has; amid another answer nothing can be said."""
        if self.cycle is not None and not self.cycle.response_complete:
            return self.end()
        headers = {"content-type": "text/plain; charset=utf-8", "connection": "close", **HEADERS}
        lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items())
        if not self.transport.is_closing():
            self.transport.write(
                f"HTTP/1.1 400 Bad Request\r\n{lines}content-length: {len(msg)}\r\n\r\n{msg}".encode("latin-1")
            )
            self.transport.close()
        return None

    def _note(self) -> None:
        """Note whether a request is being answered, or waited for."""
        if self not in self.held:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._request_timer is None:
            self._request_timer = self.loop.call_later(REQUEST_SECONDS, self.end)
            self.waiting[self] = None

    def _stop_waiting(self) -> None:
        self.waiting.pop(self, None)
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _forget(self) -> None:
        self._stop_waiting()
        self.held.discard(self)
