"""Live streams: server-sent events, each the whole truth of a board, encoded once for all who watch it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from random import randint
from weakref import WeakValueDictionary

import msgspec

from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.boards.declaration import Board
from metrics.exposition.boards.states import Memory, message
from metrics.store.reader import Reader

LOOK_SECONDS = 0.05  # between looks at whether anything came
MIN_GAP_SECONDS = 0.1  # between two messages: nobody reads faster
MAX_GAP_SECONDS = 1.0  # after which a board is built even if nothing came: time passes on its own
BUILD_SHARE = 10  # times as long as a message takes to build, at least between two: a server has more to do
MAX_DELAY_SECONDS = 3.0  # that a change waits to be told, however long a message takes to build
RETRY_MS = (800, 1600)  # until a dropped page comes again: not all at once

_encode = msgspec.json.Encoder().encode


class Stream:
    """The messages of one board of one authority. They are built only while somebody watches."""

    def __init__(self, build: Callable[[], bytes], version: Callable[[], int]) -> None:
        self._build, self._version = build, version
        self._latest, self._is_newer = b"", asyncio.Event()  # the newest message, and when there is a newer one
        self._took_seconds = 0.0
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None

    async def watch(self) -> AsyncIterator[bytes]:
        """Yield the board now and whenever it changes. A slow watcher misses messages in between, never the last."""
        self._watchers += 1
        try:
            if self._task is None or self._task.done():
                self._refresh()
                self._task = asyncio.create_task(self._keep())
            hint = b"retry: %d\n\n" % randint(*RETRY_MS)
            while not self._task.done():  # a failure ends the stream, and the watcher sees it
                is_newer = self._is_newer
                yield hint + self._latest
                hint = b""
                await is_newer.wait()
        finally:
            self._watchers -= 1

    async def _keep(self) -> None:
        """Rebuild on every change, and each second besides, until nobody watches."""
        waited_seconds, version = 0.0, self._version()
        try:
            while self._watchers:
                await asyncio.sleep(LOOK_SECONDS)
                waited_seconds += LOOK_SECONDS
                if waited_seconds < min(BUILD_SHARE * self._took_seconds, MAX_DELAY_SECONDS):
                    continue
                if (
                    self._version() != version and waited_seconds >= MIN_GAP_SECONDS
                ) or waited_seconds >= MAX_GAP_SECONDS:
                    waited_seconds, version = 0.0, self._version()
                    self._refresh()
        finally:
            self._is_newer.set()  # nothing more comes: nobody may wait for it

    def _refresh(self) -> None:
        began = time.monotonic()
        self._latest = b"event: board\ndata: " + self._build() + b"\n\n"
        self._took_seconds = time.monotonic() - began
        self._is_newer.set()
        self._is_newer = asyncio.Event()


class Streams:
    """The streams that somebody watches."""

    def __init__(self, reader: Reader, directory: AuthorityDirectory) -> None:
        self._reader, self._directory = reader, directory
        # Those who watch a stream, or are about to, hold it. Nothing else does, so that requests for teams that do not
        # exist cannot fill the memory; and those who come together share it.
        self._streams = WeakValueDictionary[tuple[str, str | None, str | None], Stream]()

    def of(self, board: Board, authority: str | None, team: str | None = None) -> Stream:
        """Return *board* of an authority (None: of the first there is), or of one team of it."""
        key = board.name, authority, team
        stream = self._streams.get(key)
        if stream is None:
            memory = Memory()
            stream = self._streams[key] = Stream(
                lambda: _encode(message(board, self._reader, self._directory, authority, team, memory)),
                lambda: self._reader.version,
            )
        return stream
