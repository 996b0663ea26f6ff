"""The live stream: server-sent events, each the whole truth of a board, encoded once for all who watch it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from random import randint
from weakref import WeakValueDictionary

import msgspec

from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.boards.mash import Memory, message
from metrics.store.reader import Reader

TICK = 0.05  # seconds between looks at whether anything came
GAP = 0.1  # seconds between two messages at least: nobody reads faster
REST = 1.0  # seconds after which a board is looked at even if nothing came: time passes on its own
SHARE = 10  # times as long as it takes to build a message, at least between two: a server has more to do
RETRY = (800, 1600)  # milliseconds until one that was dropped comes again: not all at once
LONGEST = 3.0  # seconds that a change waits to be told, however long it takes to build

_encode = msgspec.json.Encoder().encode


class Board:
    """One board of one authority, and whoever watches it. Built anew only while somebody does."""

    def __init__(self, build: Callable[[], bytes], version: Callable[[], int]) -> None:
        self._build, self._version = build, version
        self._latest, self._told = b"", asyncio.Event()  # the newest message, and when there is a newer one
        self._took = 0.0
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None

    async def watch(self) -> AsyncIterator[bytes]:
        """Yield the board now and whenever it changes, newest only: who is slow misses what is past, never the last."""
        self._watchers += 1
        try:
            if self._task is None or self._task.done():
                self._refresh()
                self._task = asyncio.create_task(self._keep())
            hint = b"retry: %d\n\n" % randint(*RETRY)
            while not self._task.done():  # where it failed, the stream ends, and whoever watches sees that it did
                told = self._told
                yield hint + self._latest
                hint = b""
                await told.wait()
        finally:
            self._watchers -= 1

    async def _keep(self) -> None:
        """Rebuild on every change, and each second besides, until nobody watches."""
        waited, version = 0.0, self._version()
        try:
            while self._watchers:
                await asyncio.sleep(TICK)
                waited += TICK
                if waited < min(SHARE * self._took, LONGEST):
                    continue
                if (self._version() != version and waited >= GAP) or waited >= REST:
                    waited, version = 0.0, self._version()
                    self._refresh()
        finally:
            self._told.set()  # nothing more comes: whoever watches must not wait for it

    def _refresh(self) -> None:
        began = time.monotonic()
        self._latest = b"event: board\ndata: " + self._build() + b"\n\n"
        self._took = time.monotonic() - began
        self._told.set()
        self._told = asyncio.Event()


class Boards:
    """Every board that somebody watches."""

    def __init__(self, reader: Reader, clocks: AuthorityDirectory) -> None:
        self._reader, self._clocks = reader, clocks
        # Held by whoever watches, or is about to: no longer, as who asks for names that there are not must not fill
        # the memory; and no shorter, as each would have a board of its own of those who come together.
        self._boards = WeakValueDictionary[tuple[str | None, str | None], Board]()

    def of(self, authority: str | None, team: str | None = None) -> Board:
        """Return the MASH board of an authority (None: of the first there is), or of one team of it."""
        board = self._boards.get((authority, team))
        if board is None:
            memory = Memory()
            board = self._boards[authority, team] = Board(
                lambda: _encode(message(self._reader, self._clocks, authority, team, memory)),
                lambda: self._reader.version,
            )
        return board
