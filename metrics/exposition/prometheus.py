"""What Prometheus scrapes (CONTRACT 6): every figure a gauge, by team only; absent, never 0, while it is not known."""

import time
from collections.abc import Callable, Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.time import instant
from metrics.catalogue import MEASURES
from metrics.exposition.clock import Clocks
from metrics.figures import PLACES, Figure, Question, figures
from metrics.measure import Kind, Measure
from metrics.reader import SILENT, NotReady, Reader
from metrics.windows import At

LABELS = ("authority", "locality", "team")
HOUR = 3600  # seconds

# What is shown of a figure, by its kind, under which ending of the name. None is not shown.
SHOWN: dict[Kind, dict[str, Callable[[Figure], float | None]]] = {
    "count": {"": lambda figure: figure.numerator},
    "quotient": {"_numerator": lambda figure: figure.numerator, "_denominator": lambda figure: figure.denominator},
    "rate": {"_numerator": lambda figure: figure.numerator, "_denominator": lambda figure: figure.denominator},
    "distribution": {"": lambda figure: figure.numerator if "band" in figure.by else None},
    "age": {"_seconds": lambda figure: None if figure.value is None else figure.value * HOUR},
}


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
        build.add_metric((self._version, self._reader.catalogue()), 1)
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
        shown = SHOWN[measure.kind]
        labels = (*LABELS, "band") if measure.bands else LABELS
        families = {suffix: GaugeMetricFamily(f"{name}{suffix}", text, labels=labels) for suffix in shown}
        for authority in names:
            found = self._reader.authority(authority)
            assert found is not None, "it was listed a moment ago, and nothing awaits in between"
            moment, rules = At(self._clocks.now(authority)), self._clocks.rules(authority)
            for figure in figures(found[1], authority, Question(measure=measure, at=moment, by=PLACES), rules):
                where = (authority, figure.locality or "", figure.team or "")
                for suffix, of in shown.items():
                    if (n := of(figure)) is not None:
                        families[suffix].add_metric((*where, figure.by["band"]) if measure.bands else where, n)
            if measure.kind == "rate":  # the children of the whole authority: no team has any of its own
                whole = figures(found[1], authority, Question(measure=measure, at=moment), rules)[0]
                if whole.denominator is not None:
                    families["_denominator"].add_metric((authority, "", ""), whole.denominator)
        yield from families.values()
        if measure.target is not None:
            yield _one(f"{name}_target", f"Target of: {measure.title}", measure.target)


def _one(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric((), value)
    return family
