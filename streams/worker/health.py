"""What the worker says of itself: its own counters, and whether it is alive and ready. On a port and thread of its own,
so that it answers while the worker is busy, and tells when it hangs."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import make_wsgi_app

HANGING = 120.0  # seconds without a turn of the fetch loop, or with events waiting and none applied
LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)  # seconds


class Counters:
    """The machine's own work. Counters are for this alone: a figure can be corrected, and is a gauge."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.processed = self._counter("casepulse_events_processed", "Records committed, dead letters included")
        self.dead = self._counter("casepulse_dead_letters", "Records that could not be read", "reason")
        self.late = self._counter("casepulse_late_events", "Live events that came over 24 h after they were recorded")
        self.conflicts = self._counter("casepulse_commit_conflicts", "Commits refused, or without an answer", "kind")
        self.published = self._counter("casepulse_figures_published", "Figures written to the topic of figures")
        self.failed = self._counter("casepulse_figures_failed", "Failures to publish figures, tried again", "kind")
        self.recounted = Gauge(
            "casepulse_recount_done_ratio",
            "Share of the stored cases counted afresh by new rules or a new version",
            ("partition",),
            registry=self.registry,
        )
        self.latency = Histogram(
            "casepulse_event_latency_seconds",
            "From being sent to being committed, where the producer says when",
            buckets=LATENCIES,
            registry=self.registry,
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)


@dataclass
class Health:
    """Signs of life. Written by the worker, read from another thread."""

    turned_at: float = field(default_factory=time.monotonic)  # the fetch loop's last turn
    applied_at: float = field(default_factory=time.monotonic)  # the last commit, or the last moment nothing waited
    excused_at: float = 0.0  # the last failure that waits and is no hang: store or Kafka away
    assigned: bool = False
    lag: int = 0

    def hangs(self, now: float) -> str | None:
        """Return why the worker counts as hanging at *now* (monotonic seconds), or None."""
        if now - self.turned_at > HANGING:
            return f"the fetch loop has not turned for {now - self.turned_at:.0f} s"
        progress = max(self.applied_at, self.excused_at)
        if self.assigned and self.lag > 0 and now - progress > HANGING:
            return f"{self.lag} events wait and none was applied for {now - progress:.0f} s"
        return None


def watch(health: Health, every: float = 5.0) -> None:
    """End the process once it hangs, from a thread of its own: whatever restarts it is quicker than any person."""

    def loop() -> None:
        while True:
            time.sleep(every)
            if (why := health.hangs(time.monotonic())) is not None:
                print(f"casepulse worker: {why}; ending, to be started again", file=sys.stderr, flush=True)
                os._exit(70)

    threading.Thread(target=loop, name="watch", daemon=True).start()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a scrape each five seconds is no news."""


def serve(port: int, registry: CollectorRegistry, health: Health) -> None:
    """Serve /metrics, /livez and /readyz on loopback. Raises OSError where the port is taken."""
    metrics = make_wsgi_app(registry)

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                found: Iterable[bytes] = metrics(environ, start)
                return found
            case "/livez":
                return _say(start, health.hangs(time.monotonic()) is None, {"hangs": health.hangs(time.monotonic())})
            case "/readyz":
                return _say(start, health.assigned, {"assigned": health.assigned, "lag": health.lag})
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics, /livez and /readyz are here\n"]

    server = make_server("127.0.0.1", port, app, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()


def _say(start: Callable[..., Any], good: bool, body: dict[str, object]) -> list[bytes]:
    start("200 OK" if good else "503 Service Unavailable", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
