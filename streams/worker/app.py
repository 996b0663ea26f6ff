"""The Faust app: it carries membership and assignment, and does nothing with records itself."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import faust
from aiokafka.errors import KafkaError
from faust.exceptions import NotReady
from faust.types import TP

from streams.broker.connection import KafkaAddress, KafkaSettings, reached
from streams.worker.consumer import PartitionOwner, StoreConsumer, StoreTransport

MAX_FETCH_BYTES = 4 * 1024 * 1024  # of a partition: some 6,000 events
KAFKA_UNAVAILABLE = (KafkaError, NotReady, TimeoutError, RuntimeError)  # away, not started, or between assignments


class App(Protocol):
    """As much of a Faust app as a worker asks of it."""

    owner: PartitionOwner  # is set before the start: our consumer serves it
    crashed: bool
    crash_reason: BaseException | None

    @property
    def consumer(self) -> StoreConsumer: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def create_app(kafka: KafkaAddress, topic: str, group: str, assigned: Callable[[set[int]], None]) -> App:
    """Return a Faust app that holds partitions of *topic*. It calls *assigned* with those that it owns from then on.

    Raises Unusable.
    """
    app = _configured(kafka, group)
    app.transport = StoreTransport(app.conf.broker_consumer, app)

    @app.agent(app.topic(topic, key_serializer="raw", value_serializer="raw"))  # type: ignore[untyped-decorator]  # Faust has no types
    async def subscribed(stream: Any) -> None:
        """Keep the topic subscribed. Whole batches go to the owner, and nothing comes here."""
        async for _ in stream:
            raise AssertionError("a record took Faust's own path")

    @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]  # Faust has no types
    async def note_assigned(_: Any, partitions: set[TP], **__: Any) -> None:
        assigned({tp.partition for tp in partitions if tp.topic == topic})

    configured: App = app
    return configured


def _configured(kafka: KafkaAddress, group: str) -> Any:  # Faust has no types
    return faust.App(
        group,
        broker=f"kafka://{kafka}",
        broker_credentials=_credentials(reached(kafka)),
        store="memory://",
        # Faust wants one, and keeps nothing in it; of each user one, as each makes it for themselves alone.
        datadir=str(Path(tempfile.gettempdir()) / f"casepulse-faust-{os.getuid()}"),
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        worker_redirect_stdouts=False,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_rebalance_timeout=20.0,
        broker_request_timeout=15.0,
        consumer_max_fetch_size=MAX_FETCH_BYTES,
        consumer_auto_offset_reset="none",  # a hole in the log must be seen, not skipped
        consumer_metadata_max_age_ms=30_000,
    )


def _credentials(kafka: KafkaSettings) -> Any:  # Faust has no types
    """Return how Faust is let in. Raises Unusable."""
    tls = kafka.tls() if kafka.has_tls else None
    if kafka.has_sasl:
        return faust.SASLCredentials(
            username=kafka.user, password=kafka.password(), mechanism=kafka.mechanism, ssl_context=tls
        )
    return faust.SSLCredentials(tls) if tls else None
