"""Keeps the publisher of figures: a process beside the worker, so that the fold never waits for it."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Mapping
from contextlib import suppress

import msgspec

from streams.publishing.publisher import BEAT_SECONDS, Done, Owned
from streams.worker.health import Counters

SILENCE_SECONDS = 24 * BEAT_SECONDS  # without a sign of life, after which it is ended
RESTART_MIN_SECONDS, RESTART_MAX_SECONDS = 1.0, 60.0  # until one that ended is started again
GRACE_SECONDS = 2.0  # to end by itself
DELAY_SECONDS = 2.0  # after our own start, which goes first


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
        wait = RESTART_MIN_SECONDS
        await self._needed.wait()
        await asyncio.sleep(DELAY_SECONDS)
        while True:
            began = time.monotonic()
            try:
                how = await self._keep(counters)
            except OSError as exc:
                how = f"did not start ({exc.strerror})"
            counters.failed.labels("ended").inc()
            lived = time.monotonic() - began
            wait = RESTART_MIN_SECONDS if lived > RESTART_MAX_SECONDS else min(2 * wait, RESTART_MAX_SECONDS)
            print(f"casepulse worker: the publisher {how}; again in {wait:.0f} s", file=sys.stderr, flush=True)
            await asyncio.sleep(wait)

    async def _keep(self, counters: Counters) -> str:
        """Start it and take in what it reports; return how it ended."""
        process = self._process = await asyncio.create_subprocess_exec(
            *self._argv, stdin=PIPE, stdout=PIPE, env=self._environment
        )
        assert process.stdout is not None, "it was asked for"
        self._tell()
        try:
            while line := await asyncio.wait_for(process.stdout.readline(), SILENCE_SECONDS):
                done = msgspec.json.decode(line, type=Done)
                counters.published.inc(done.published)
                if done.failed:
                    counters.failed.labels(done.failed).inc()
        except (TimeoutError, ValueError) as exc:  # it hangs, or says what is no report
            return f"was ended ({type(exc).__name__})"
        finally:
            await self.close()
        return f"ended with {process.returncode}"

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
