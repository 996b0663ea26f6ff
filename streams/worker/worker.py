"""The worker: Faust carries membership and assignment, the owner computes. Ends as soon as it cannot be right."""

import asyncio
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import CollectorRegistry

from metrics.counting.fingerprint import fingerprint
from metrics.rules.rules import RulesByAuthority
from metrics.store.address import RedisSettings
from metrics.store.connection import STORE_ERRORS, connect
from metrics.store.position import Log, Refused
from metrics.store.redis import Store
from metrics.store.worker_sign import SIGN_SECONDS
from streams.broker import topics
from streams.broker.connection import KafkaAddress
from streams.worker.app import KAFKA_UNAVAILABLE, App, create_app
from streams.worker.dead_letters import Limit
from streams.worker.ending import DONE, FAILED, REFUSED, end_within, say
from streams.worker.garbage import collect_garbage
from streams.worker.health import Counters, Health, watch
from streams.worker.kafka_log import KafkaLog
from streams.worker.owner import Owner
from streams.worker.recount import dealt_out

STOP_SECONDS = 8.0  # until the process ends itself: what is not committed is read again
MEASURE_SECONDS = 3.0  # that Kafka is given to say how far the log goes
RECHECK_SECONDS = 60.0  # between looks at whether log and store are still those of the start


class Beside(Protocol):
    """What goes on beside the fold and is never the worker's end: the publishing of figures."""

    def own(self, partitions: Collection[int]) -> None:
        """Note which partitions the worker owns from now on."""
        ...

    async def run(self, counters: Counters) -> None:
        """Go on until cancelled."""
        ...


class Shown(Protocol):
    """Where counters and health are shown, while the worker is busy too."""

    @property
    def port(self) -> int: ...

    def serve(self, registry: CollectorRegistry, health: Health) -> None:
        """Begin to show them. Raises OSError where the port is taken."""
        ...


@dataclass
class Worker:
    """One run of a worker, from start to end."""

    kafka: KafkaAddress
    redis: RedisSettings | str
    rules: RulesByAuthority
    topic: str = topics.EVENTS
    group: str = topics.GROUP
    shown: Shown | None = None  # None: no metrics are served
    dead_letter_limit: Limit = field(default_factory=Limit)
    beside: Beside | None = None
    _health: Health = field(default_factory=Health, init=False)
    _counters: Counters = field(default_factory=Counters, init=False)
    _stop: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def run(self) -> int:
        """Run until told to stop, and return the exit code. Says on standard error why it ended, if not told to."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        store = Store(connect(self.redis), self.topic, fingerprint(self.rules))
        try:
            return await self._start(store)
        except Refused as exc:
            return say(f"refused to run: {exc}", REFUSED)
        except topics.KafkaError as exc:
            return say(f"Kafka at {self.kafka} does not answer ({type(exc).__name__}): is it running?", FAILED)
        finally:
            await store.close()

    async def _start(self, store: Store) -> int:
        await self._wait_for_store(store)
        log = await asyncio.to_thread(topics.describe, self.kafka, self.topic)
        if self.shown is not None:
            try:
                self.shown.serve(self._counters.registry, self._health)
            except OSError as exc:
                port = f"port {self.shown.port} of 127.0.0.1"
                return say(
                    f"{port} is unavailable ({os.strerror(exc.errno or 0)}): choose another --metrics-port", FAILED
                )
        watch(self._health)
        return await self._carry(store, log)

    async def _wait_for_store(self, store: Store) -> None:
        """Wait, for as long as it takes, until the store answers: one that is loading will."""
        has_said_so = False
        while not self._stop.is_set():
            try:
                return await store.check(time.time())
            except STORE_ERRORS as exc:
                if not has_said_so:
                    say(f"waiting for the store ({type(exc).__name__})", FAILED)
                has_said_so = True
                await asyncio.sleep(0.5)
        return None

    async def _carry(self, store: Store, log: Log) -> int:
        """Let Faust carry the owner until one of them ends or we are told to stop."""
        app = create_app(self.kafka, self.topic, self.group, self._assigned)
        kafka = KafkaLog(app, self.kafka, self.topic)
        app.owner = owner = self._owner(store, log, kafka)
        starting = asyncio.ensure_future(app.start())  # may never return, where the store is away
        going = _Going(app, owner, starting, asyncio.ensure_future(self._recheck(store, log)))
        beside, *others = map(asyncio.ensure_future, (self._go_on_beside(), self._measure(owner), collect_garbage()))
        code = FAILED
        try:
            while not (self._stop.is_set() or going.has_ended):
                await asyncio.sleep(0.05)
            return (code := going.say_why(told_to_stop=self._stop.is_set()))
        finally:
            for task in (going.starting, going.rechecking, *others, beside):
                task.cancel()
            end_within(STOP_SECONDS, code)
            await app.stop()
            await kafka.close()
            await asyncio.wait({beside})

    def _owner(self, store: Store, log: Log, kafka: KafkaLog) -> Owner:
        recount = dealt_out(store, self.redis, self.topic, self.rules)
        return Owner(store, log, self.rules, kafka, self.dead_letter_limit, self._counters, self._health, recount)

    def _assigned(self, partitions: set[int]) -> None:
        if self.beside is not None:
            self.beside.own(partitions)

    async def _go_on_beside(self) -> None:
        if self.beside is not None:
            await self.beside.run(self._counters)

    async def _recheck(self, store: Store, log: Log) -> None:
        """Look every minute whether log and store are still those of the start. Raises Refused."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            try:
                await store.check(time.time())
                if await asyncio.to_thread(topics.describe, self.kafka, self.topic) != log:
                    raise Refused("the topic is not the one that this worker began with: start it again")
            except (topics.KafkaError, *STORE_ERRORS):
                continue  # away, not wrong

    async def _measure(self, owner: Owner) -> None:
        """Note every few seconds how many events wait: for the watch, for readyz, and in the store for the boards."""
        while True:
            await asyncio.sleep(SIGN_SECONDS)
            log_answers = False
            with suppress(*KAFKA_UNAVAILABLE):  # what was last known stands
                async with asyncio.timeout(MEASURE_SECONDS):
                    await owner.look()
                    log_answers = True
            with suppress(*STORE_ERRORS):  # the board says itself that the store is away
                await owner.sign(log_answers)


@dataclass(frozen=True)
class _Going:
    """What a worker runs on: if any of it ends, the worker ends."""

    app: App
    owner: Owner
    starting: "asyncio.Future[None]"
    rechecking: "asyncio.Future[None]"

    @property
    def has_ended(self) -> bool:
        return bool(_failed(self.starting) or self.rechecking.done() or self.app.crashed or self.owner.refused)

    def say_why(self, told_to_stop: bool) -> int:
        """Say why it ended, unless it was told to; return the exit code."""
        if self.owner.refused is not None:
            return say(f"refused to go on: {self.owner.refused}", REFUSED)
        if self.rechecking.done() and isinstance(refused := self.rechecking.exception(), Refused):
            return say(f"refused to go on: {refused}", REFUSED)
        if told_to_stop:
            return DONE
        failed = next((task for task in (self.starting, self.rechecking) if _failed(task)), None)
        crash = failed.exception() if failed else self.app.crash_reason
        return say(f"ended by {type(crash).__name__}, to be started again", FAILED)


def _failed(task: "asyncio.Future[None]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


def main(worker: Worker) -> int:
    """Run *worker* until it ends; return its exit code: 0 told to stop, 1 failed, 3 refused."""
    return asyncio.run(worker.run())
