"""The worker: Faust carries membership and assignment, the owner computes. Ends as soon as it cannot be right."""

import asyncio
import gc
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import faust
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from faust.exceptions import NotReady
from faust.types import TP

from metrics.counting.fingerprint import fingerprint
from metrics.rules.rules import RulesByAuthority
from metrics.store.address import RedisSettings
from metrics.store.redis import STORE_ERRORS, Log, Refused, Store, connect
from streams.broker import topics
from streams.broker.connection import KafkaAddress, KafkaSettings, reached
from streams.worker import recount
from streams.worker.consumer import StoreTransport
from streams.worker.dead_letters import Limit, new_producer, send
from streams.worker.health import Counters, Health, serve, watch
from streams.worker.owner import Owner
from streams.worker.processor import Rejected

DONE, FAILED, REFUSED = 0, 1, 3
STOP_WITHIN = 8.0  # seconds; beyond, the process ends itself: what is not committed is read again
HELPING = 4 * 1024 * 1024  # bytes of a partition to one fetch: some 6,000 events
MEASURE_EVERY = 5.0  # seconds
TIDY_EVERY, TIDY_ALL_EVERY = 5.0, 3600.0  # seconds between looks for garbage: among what is new, and among all
LOOK_EVERY = 60.0  # seconds between looks at whether the log and the store are still what they were


@dataclass(frozen=True)
class Settings:
    """What a worker needs to know."""

    kafka: KafkaAddress
    redis: RedisSettings | str
    rules: RulesByAuthority
    topic: str = topics.EVENTS
    group: str = topics.GROUP
    metrics_port: int | None = None
    dead_letter_limit: Limit = field(default_factory=Limit)
    beside: "Beside | None" = None


class Beside(Protocol):
    """What goes on beside the fold and is never the worker's end: the publishing of figures."""

    def own(self, partitions: Collection[int]) -> None:
        """Note which partitions the worker owns from now on."""
        ...

    async def run(self, counters: Counters) -> None:
        """Go on until cancelled."""
        ...


class Kafka:
    """What the owner asks Kafka, by the running app's own connections."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self._app = app
        self._topic = settings.topic
        self._address = settings.kafka
        self._producer: AIOKafkaProducer | None = None  # made for the first dead letter
        self._making = asyncio.Lock()  # partitions reject side by side, and one producer is enough

    async def bounds(self, partitions: list[Any]) -> dict[Any, tuple[int, int]]:
        thread = self._app.consumer._thread
        oldest = await thread.earliest_offsets(*partitions)
        end = await thread.highwaters(*partitions)
        return {tp: (oldest[tp], end[tp]) for tp in partitions}

    async def reject(self, partition: int, rejected: list[Rejected]) -> None:
        async with self._making:
            self._producer = self._producer or await new_producer(self._address)
        await send(self._producer, topics.rejected(self._topic), self._topic, partition, rejected)

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()


class Worker:
    """One run of the worker, from start to end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._health, self._counters = Health(), Counters()
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Run until told to stop, and return the exit code. Says on standard error why it ended, if not told to."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        catalogue = fingerprint(self._settings.rules)
        store = Store(connect(self._settings.redis), self._settings.topic, catalogue)
        try:
            await self._wait_for_store(store)
            log = await asyncio.to_thread(topics.describe, self._settings.kafka, self._settings.topic)
            if self._settings.metrics_port is not None:
                try:
                    serve(self._settings.metrics_port, self._counters.registry, self._health)
                except OSError as exc:
                    port = f"port {self._settings.metrics_port} of 127.0.0.1"
                    return _say(f"{port} is not to be had ({exc.strerror}): choose another --metrics-port", FAILED)
            return await self._carry(store, log)
        except Refused as exc:
            return _say(f"refused to run: {exc}", REFUSED)
        except topics.KafkaError as exc:
            where = self._settings.kafka
            return _say(f"Kafka at {where} does not answer ({type(exc).__name__}): is it running?", FAILED)
        finally:
            await store.close()

    async def _wait_for_store(self, store: Store) -> None:
        """Wait, for as long as it takes, until the store answers; a store that is loading will."""
        told = False
        while not self._stop.is_set():
            try:
                return await store.check(time.time())
            except STORE_ERRORS as exc:
                if not told:
                    _say(f"waiting for the store ({type(exc).__name__})", FAILED)
                told = True
                await asyncio.sleep(0.5)
        return None

    async def _carry(self, store: Store, log: Log) -> int:
        """Let Faust carry the owner until one of them ends or we are told to stop."""
        app = _app(self._settings)
        kafka = Kafka(app, self._settings)
        rules = self._settings.rules
        owner = Owner(
            store,
            log,
            rules,
            kafka,
            self._settings.dead_letter_limit,
            self._counters,
            self._health,
            recount.dealt_out(store, self._settings.redis, self._settings.topic, rules),
        )
        app.owner = owner
        starting = asyncio.ensure_future(app.start())  # may never return, where the store is away
        watch(self._health)
        looking = asyncio.ensure_future(self._look(store, log))
        measuring = asyncio.ensure_future(self._measure(owner))
        tidying = asyncio.ensure_future(_tidy())
        beside = asyncio.ensure_future(self._go_on_beside())
        code = FAILED
        try:
            while not (self._stop.is_set() or _failed(starting) or looking.done() or app.crashed or owner.refused):
                await asyncio.sleep(0.05)
            return (code := self._why(starting, looking, app, owner))
        finally:
            for task in (looking, measuring, tidying, starting, beside):
                task.cancel()
            _end_within(STOP_WITHIN, code or FAILED)
            await app.stop()
            await kafka.close()
            await asyncio.wait({beside})

    def _why(self, starting: "asyncio.Future[Any]", looking: "asyncio.Future[Any]", app: Any, owner: Owner) -> int:
        if owner.refused is not None:
            return _say(f"refused to go on: {owner.refused}", REFUSED)
        if looking.done() and isinstance(refused := looking.exception(), Refused):
            return _say(f"refused to go on: {refused}", REFUSED)
        if self._stop.is_set():
            return DONE
        failed = next((task for task in (starting, looking) if _failed(task)), None)
        crash = failed.exception() if failed else app.crash_reason
        return _say(f"ended by {type(crash).__name__}, to be started again", FAILED)

    async def _look(self, store: Store, log: Log) -> None:
        """Look every minute whether log and store are still what they were at the start. Raises Refused."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await store.check(time.time())
                if await asyncio.to_thread(topics.describe, self._settings.kafka, self._settings.topic) != log:
                    raise Refused("the topic is not the one that this worker began with: start it again")
            except (topics.KafkaError, *STORE_ERRORS):
                continue  # away, not wrong

    async def _go_on_beside(self) -> None:
        if self._settings.beside is not None:
            await self._settings.beside.run(self._counters)

    async def _measure(self, owner: Owner) -> None:
        """Note every few seconds how many events wait, for the watch and for readyz."""
        while True:
            await asyncio.sleep(MEASURE_EVERY)
            # Not started yet, between two assignments, or Kafka away: what was last known stands.
            with suppress(KafkaError, NotReady, TimeoutError, RuntimeError):
                async with asyncio.timeout(MEASURE_EVERY):
                    await owner.look(lambda partition: TP(self._settings.topic, partition))


async def _tidy() -> None:
    """Look for garbage in place of Python, which walks all that is remembered again and again: a quarter of our time.

    References free nearly everything; only cycles need looking for, and those are young.
    """
    gc.disable()
    gc.freeze()  # what was loaded stays
    while True:
        for _ in range(round(TIDY_ALL_EVERY / TIDY_EVERY)):
            await asyncio.sleep(TIDY_EVERY)
            gc.collect(1)
        gc.collect()


def _failed(task: "asyncio.Future[Any]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


def _app(settings: Settings) -> Any:
    """Return a Faust app that holds partitions of the topic and does nothing with records itself."""
    app = faust.App(
        settings.group,
        broker=f"kafka://{settings.kafka}",
        broker_credentials=_credentials(reached(settings.kafka)),
        store="memory://",
        datadir=str(Path(tempfile.gettempdir()) / "casepulse-faust"),  # Faust wants one, and keeps nothing in it
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        worker_redirect_stdouts=False,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_rebalance_timeout=20.0,
        broker_request_timeout=15.0,
        consumer_max_fetch_size=HELPING,
        consumer_auto_offset_reset="none",  # a hole in the log must be seen, not skipped
        consumer_metadata_max_age_ms=30_000,
    )
    app.transport = StoreTransport(app.conf.broker_consumer, app)

    @app.agent(app.topic(settings.topic, key_serializer="raw", value_serializer="raw"))  # type: ignore[untyped-decorator]
    async def subscribed(stream: Any) -> None:
        """Keep the topic subscribed; whole batches go to the owner, and nothing comes here."""
        async for _ in stream:
            raise AssertionError("a record took Faust's own path")

    @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
    async def assigned(_: Any, partitions: set[TP], **__: Any) -> None:
        if settings.beside is not None:
            settings.beside.own({tp.partition for tp in partitions if tp.topic == settings.topic})

    return app


def _credentials(kafka: KafkaSettings) -> Any:
    """Return how Faust is let in. Raises Unusable."""
    tls = kafka.tls() if kafka.has_tls else None
    if kafka.has_sasl:
        return faust.SASLCredentials(
            username=kafka.user, password=kafka.password(), mechanism=kafka.mechanism, ssl_context=tls
        )
    return faust.SSLCredentials(tls) if tls else None


def _end_within(seconds: float, code: int) -> None:
    """End the process in *seconds*, whatever still holds it: what is not committed is read again."""

    def end() -> None:
        _say(f"did not stop within {seconds:.0f} s; ending", code)
        os._exit(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _say(message: str, code: int) -> int:
    print(f"casepulse worker: {message}", file=sys.stderr, flush=True)
    return code


def main(settings: Settings) -> int:
    """Run a worker until it ends; return its exit code: 0 told to stop, 1 failed, 3 refused."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # some 75 warnings a second while a broker is away
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what matters of it we say ourselves
    return asyncio.run(Worker(settings).run())
