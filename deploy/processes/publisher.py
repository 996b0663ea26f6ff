"""Keeps the publisher of figures: a process beside the worker, so that the fold never waits for it."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import NamedTuple

import msgspec

from deploy.processes.backoff import Backoff
from streams.publishing.failures import ENDED, FAILURES, OTHER
from streams.publishing.publisher import BEAT_SECONDS, Done, Owned
from streams.worker.ending import said
from streams.worker.health import Counters

SILENCE_SECONDS = 24 * BEAT_SECONDS  # without a sign of life, after which it is ended
RESTART_MIN_SECONDS, RESTART_MAX_SECONDS = 1.0, 60.0  # until one that ended is started again
FAILED = 1  # the code of one that did not even start, or was ended by us
GRACE_SECONDS = 2.0  # to end by itself
DELAY_SECONDS = 2.0  # after our own start, which goes first


class End(NamedTuple):
    """How a publisher ended."""

    how: str
    code: int = FAILED
    was_of_use: bool = False


class Publishing:
    """Started when this worker first owns a partition, started again whenever it ends; it ends with the worker."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # With -P where we have it: what we import must be what it imports.
        self._argv = (sys.executable, *(["-P"] if sys.flags.safe_path else []), "-m", "deploy.command", "publish")
        self._environment = environment
        self._owned: list[int] = []
        self._needed = asyncio.Event()
        self._process: Process | None = None

    def own(self, partitions: Collection[int]) -> None:
        """Publish the figures of these partitions from now on, and of no others."""
        self._owned = sorted(partitions)
        if partitions:
            self._needed.set()
        self._tell()

    def _tell(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, RuntimeError):  # it ended, or is ending: the next one is told
                self._process.stdin.write(msgspec.json.encode(Owned(self._owned)) + b"\n")

    async def run(self, counters: Counters) -> None:
        """Keep it running for ever. Whatever becomes of it is counted, and never the worker's end."""
        backoff = Backoff(RESTART_MIN_SECONDS, max_seconds=RESTART_MAX_SECONDS, steady_seconds=RESTART_MAX_SECONDS)
        await self._needed.wait()
        await asyncio.sleep(DELAY_SECONDS)
        while True:
            began = time.monotonic()
            try:
                end = await self._keep(counters)
            except OSError as exc:
                end = End(f"did not start ({exc.strerror})")
            counters.failed.labels(ENDED).inc()
            wait = backoff.after(time.monotonic() - began, end.code, end.was_of_use)
            said.error("the publisher %s; again in %.0f s", end.how, wait)
            await asyncio.sleep(wait)

    async def _keep(self, counters: Counters) -> End:
        """Start it and take in what it reports; return how it ended."""
        was_of_use = False
        process = self._process = await asyncio.create_subprocess_exec(
            *self._argv, stdin=PIPE, stdout=PIPE, env=self._environment
        )
        assert process.stdout is not None, "it was asked for"
        self._tell()
        try:
            while line := await asyncio.wait_for(process.stdout.readline(), SILENCE_SECONDS):
                done = msgspec.json.decode(line, type=Done)
                was_of_use = True
                counters.published.inc(done.published)
                if done.failed:
                    counters.failed.labels(done.failed if done.failed in FAILURES else OTHER).inc()
        except (TimeoutError, ValueError) as exc:  # it hangs, or says what is no report
            return End(f"was ended ({type(exc).__name__})")
        finally:
            await self.close()
        return End(f"ended with {process.returncode}", process.returncode or 0, was_of_use)

    async def close(self) -> None:
        """End it; what it had begun to write is undone."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
