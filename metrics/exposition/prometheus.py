"""What Prometheus scrapes (CONTRACT 6): every figure a gauge, by team only; absent, never 0, while it is not known."""

import time
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.time import instant
from metrics.catalogue import MEASURES
from metrics.exposition.clock import Clocks
from metrics.figures import Question, figures
from metrics.measure import Measure
from metrics.reader import SILENT, NotReady, Reader
from metrics.windows import At

LABELS = ("authority", "locality", "team")


class Figures(Collector):
    """Reads the figures afresh at each scrape."""

    def __init__(self, reader: Reader, clocks: Clocks, version: str) -> None:
        self._reader, self._clocks, self._version = reader, clocks, version

    def collect(self) -> Iterator[Metric]:
        answered = self._reader.answered_at
        up = answered is not None and time.monotonic() - answered < SILENT
        yield _one("casepulse_store_up", "Whether the store answers", float(up))
        yield _one("casepulse_ready", "Whether every figure may be shown", float(self._reader.whole))
        build = GaugeMetricFamily("casepulse_build_info", "What is running", labels=("version", "catalogue"))
        build.add_metric((self._version, self._reader.catalogue), 1)
        yield build
        if not up:
            return
        try:
            authorities = self._reader.authorities()
        except NotReady:
            return
        yield self._feeds(tuple(authorities))
        for measure in MEASURES:
            yield from self._measured(measure, tuple(authorities))

    def _feeds(self, names: tuple[str, ...]) -> Metric:
        text = "All that the source recorded up to this moment is here (seconds since 1970)"
        family = GaugeMetricFamily("casepulse_feed_complete_timestamp_seconds", text, labels=("authority", "source"))
        for name, authority in self._reader.authorities().items():
            for source, feed in authority.feeds.items():
                if name in names and feed.complete_to is not None:
                    family.add_metric((name, source), instant(feed.complete_to) / 1e6)
        return family

    def _measured(self, measure: Measure, names: tuple[str, ...]) -> Iterator[Metric]:
        text = f"{measure.title}, window {measure.window}. {measure.definition}"
        name = f"casepulse_{measure.name}"
        halves = ("numerator", "denominator") if measure.denominator else ("",)
        families = [GaugeMetricFamily(f"{name}_{half}" if half else name, text, labels=LABELS) for half in halves]
        for authority in names:
            found = self._reader.authority(authority)
            assert found is not None, "it was listed a moment ago, and nothing awaits in between"
            question = Question(measure=measure, at=At(self._clocks.now(authority)), by=("team",))
            for figure in figures(found[1], authority, question):
                labels = (authority, figure.locality or "", figure.team or "")
                for family, n in zip(families, (figure.numerator, figure.denominator), strict=False):
                    family.add_metric(labels, n or 0)
        yield from families
        if measure.target is not None:
            yield _one(f"{name}_target", f"Target of: {measure.title}", measure.target)


def _one(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric((), value)
    return family
