"""What the worker says of itself: its own counters, and whether it is alive and ready."""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.decode import Reason
from streams.publishing.failures import FAILURES
from streams.worker.ending import said
from streams.worker.processor import UNKNOWN_APPEND, Batch, FetchedRecord, appended

HANGING_SECONDS = 120.0  # without a turn of the fetch loop, or with events waiting and none applied
LATE_AFTER = timedelta(hours=24)
LATENCY_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


disable_created_metrics()  # type: ignore[no-untyped-call]  # of when each began: nobody asks for it

CONFLICTS = ("moved", "unanswered")  # whom the store found elsewhere than it was left, and whom it did not answer


class Lag(Collector):
    """How many records wait in each partition that is ours. One of which nobody knows it is absent, and not 0."""

    def __init__(self) -> None:
        self.waiting: Mapping[int, int] = {}  # by partition; replaced as a whole, as another thread reads it

    def collect(self) -> Iterator[Metric]:
        """Yield the one family."""
        family = GaugeMetricFamily("casepulse_lag_events", "Records that wait to be read", labels=("partition",))
        for partition, waiting in sorted(self.waiting.items()):
            family.add_metric((str(partition),), waiting)
        yield family


class Counters:
    """The machine's own work. Only that is counted up: a figure can be corrected, and is a gauge."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.processed = self._counter("casepulse_events_processed", "Records committed, dead letters included")
        self.dead = self._counter("casepulse_dead_letters", "Records that could not be read", reason=tuple(Reason))
        self.late = self._counter("casepulse_late_events", "Live events that came over 24 h after they were recorded")
        self.conflicts = self._counter(
            "casepulse_commit_conflicts", "Commits refused, or without an answer", kind=CONFLICTS
        )
        self.published = self._counter("casepulse_figures_published", "Figures written to the topic of figures")
        self.failed = self._counter("casepulse_figures_failed", "Failures to publish, tried again", kind=FAILURES)
        self.lag = Lag()
        self.registry.register(self.lag)
        self.recounted = Gauge(
            "casepulse_recount_done_ratio",
            "Share of the stored cases counted afresh by new rules or a new version",
            ("partition",),
            registry=self.registry,
        )
        self.latency = Histogram(
            "casepulse_event_latency_seconds",
            "From being sent to being committed, where the producer says when",
            buckets=LATENCY_BUCKETS_SECONDS,
            registry=self.registry,
        )

    def _counter(self, name: str, text: str, **labels: Iterable[str]) -> Counter:
        """Return a counter that begins at 0 for each of the values that its label may have.

        One that appeared at 1 would rise by nothing: no rate sees the first of anything.
        """
        counter = Counter(name, text, tuple(labels), registry=self.registry)
        for value in chain.from_iterable(labels.values()):
            counter.labels(str(value))
        return counter

    def count(self, records: Sequence[FetchedRecord], batch: Batch) -> None:
        """Count committed *records*, of which *batch* was read."""
        self.processed.inc(len(records))
        for dead in batch.rejected:
            self.dead.labels(str(dead.letter.reason)).inc()
        last = appended(records[-1].timestamp)
        if last < UNKNOWN_APPEND:
            live = (event for event in batch.events if event.origin in (None, "live"))
            self.late.inc(sum(last - event.recorded_at > LATE_AFTER for event in live))
        now = datetime.now(UTC)
        for record in records:
            if (sent := _sent_at(record.headers)) is not None:
                self.latency.observe(max(0.0, (now - sent).total_seconds()))


def _sent_at(headers: Iterable[tuple[str, bytes | None]]) -> datetime | None:
    """Return the moment at which a producer says that it sent a record; None where it does not, or not readably."""
    for name, value in headers:
        if name == "sent_at" and value is not None:
            try:
                sent = datetime.fromisoformat(value.decode())
            except ValueError:
                return None
            return sent if sent.tzinfo else None
    return None


@dataclass
class Health:
    """Signs of life, in monotonic seconds. Written by the worker, read from another thread."""

    turned_at: float = field(default_factory=time.monotonic)  # the fetch loop's last turn
    applied_at: float = field(default_factory=time.monotonic)  # the last commit, or the last moment nothing waited
    excused_at: float = 0.0  # the last failure that is no hang: store or Kafka away
    assigned: bool = False  # whether the store has said where the partitions stand
    lag: int = 0  # events that wait

    def hangs(self, now: float) -> str | None:
        """Return why the worker counts as hanging at *now* (monotonic seconds), or None."""
        if now - self.turned_at > HANGING_SECONDS:
            return f"the fetch loop has not turned for {now - self.turned_at:.0f} s"
        progress = max(self.applied_at, self.excused_at)
        if self.assigned and self.lag > 0 and now - progress > HANGING_SECONDS:
            return f"{self.lag} events wait and none was applied for {now - progress:.0f} s"
        return None


def watch(health: Health, every: float = 5.0) -> None:
    """End the process once it hangs, from a thread that looks *every* so many seconds: it is started again then."""

    def loop() -> None:
        while True:
            time.sleep(every)
            if (why := health.hangs(time.monotonic())) is not None:
                said.error("%s; ending, to be started again", why)
                os._exit(70)

    threading.Thread(target=loop, name="watch", daemon=True).start()
