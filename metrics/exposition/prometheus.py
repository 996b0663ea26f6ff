"""What Prometheus scrapes (CONTRACT 6): every figure a gauge, by team only; absent, never 0, while it is not known."""

import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.time import instant
from metrics.catalogue import MEASURES
from metrics.exposition.clock import Clocks
from metrics.figures import PLACES, Figure, Question, figures
from metrics.fold import Authority
from metrics.measure import Kind, Measure
from metrics.reader import SILENT, NotReady, Reader
from metrics.sums import Sums
from metrics.windows import At

LABELS = ("authority", "locality", "team")
HOUR = 3600  # seconds
MOST = 10_000  # series of one scrape (CONTRACT 6)
OURS = 10  # of them our own, and to spare

Detail = tuple[str, ...] | None  # what a measure is divided by; None: it is not shown

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
        shown = 1
        for family in self._families():
            shown += len(family.samples)
            yield family
        yield _one("casepulse_series", f"How many series these are; never more than {MOST}", shown)

    def _families(self) -> Iterator[Metric]:
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
        feeds = self._feeds(authorities)
        yield feeds
        teams = {name: len(self._found(name)[1].teams()) for name in authorities}
        detail = details(teams, len(feeds.samples))
        yield self._reduced(detail)
        for measure in MEASURES:
            if (by := detail[measure.name]) is not None:
                yield from self._measured(measure, tuple(authorities), by)
            if measure.target is not None:
                yield _one(f"casepulse_{measure.name}_target", f"Target of: {measure.title}", measure.target)

    def _found(self, authority: str) -> tuple[Authority, Sums]:
        found = self._reader.authority(authority)
        assert found is not None, "it was listed a moment ago, and nothing awaits in between"
        return found

    def _reduced(self, detail: Mapping[str, Detail]) -> Metric:
        text = "Measures of which, for there would be too many series, only whole authorities are shown, or nothing"
        family = GaugeMetricFamily("casepulse_measures_reduced", text, labels=("to",))
        for to, by in (("authorities", ()), ("nothing", None)):
            family.add_metric((to,), sum(shown == by for shown in detail.values()))
        return family

    def _feeds(self, authorities: Mapping[str, Authority]) -> Metric:
        text = "All that the source recorded up to this moment is here (seconds since 1970)"
        family = GaugeMetricFamily("casepulse_feed_complete_timestamp_seconds", text, labels=("authority", "source"))
        for name, authority in authorities.items():
            for source, feed in authority.feeds.items():
                if feed.complete_to is not None:
                    family.add_metric((name, source), instant(feed.complete_to) / 1e6)
        return family

    def _measured(self, measure: Measure, names: tuple[str, ...], by: tuple[str, ...]) -> Iterator[Metric]:
        text = f"{measure.title}, window {measure.window}. {measure.definition}"
        shown = SHOWN[measure.kind]
        labels = (*LABELS, "band") if measure.bands else LABELS
        families = {
            suffix: GaugeMetricFamily(f"casepulse_{measure.name}{suffix}", text, labels=labels) for suffix in shown
        }
        for authority in names:
            sums, moment, rules = (
                self._found(authority)[1],
                At(self._clocks.now(authority)),
                self._clocks.rules(authority),
            )
            for figure in figures(sums, authority, Question(measure=measure, at=moment, by=by), rules):
                where = (authority, figure.locality or "", figure.team or "")
                for suffix, of in shown.items():
                    if (n := of(figure)) is not None:
                        families[suffix].add_metric((*where, figure.by["band"]) if measure.bands else where, n)
            if measure.kind == "rate" and by:  # the children of the whole authority: no team has any of its own
                whole = figures(sums, authority, Question(measure=measure, at=moment), rules)[0]
                if whole.denominator is not None:
                    families["_denominator"].add_metric((authority, "", ""), whole.denominator)
        yield from families.values()


def details(teams: Mapping[str, int], others: int) -> dict[str, Detail]:
    """Return how each measure is shown, so that there are at most MOST series, *others* among them.

    By team, as long as there is room for every team that was ever told of: so it does not change with the figures. Else
    the measures that could make most are shown for whole authorities, and if that does not do, not at all.
    """
    detail: dict[str, Detail] = {measure.name: PLACES for measure in MEASURES}
    room = MOST - OURS - others - sum(measure.target is not None for measure in MEASURES)
    by_size = sorted(MEASURES, key=lambda measure: (-_each(measure), measure.name))
    many, few = sum(max(n, 1) + 1 for n in teams.values()), len(teams)
    needed = sum(_each(measure) for measure in MEASURES) * many
    for shown, spared in (((), many - few), (None, few)):
        for measure in by_size:
            if needed <= room:
                return detail
            detail[measure.name] = shown
            needed -= _each(measure) * spared
    return detail


def _each(measure: Measure) -> int:
    """Return how many series a measure has in one place."""
    return len(measure.bands) or len(SHOWN[measure.kind])


def _one(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric((), value)
    return family
