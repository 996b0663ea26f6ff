"""What Prometheus scrapes (CONTRACT 6): every figure a gauge, by team only; absent, never 0, while it is not known."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.time import instant
from metrics.catalogue import MEASURES
from metrics.counting.fold import Completeness
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.figures.evaluate import PLACES, Figure, Question, figures
from metrics.measure import Kind, Measure
from metrics.rules.rules import Rules
from metrics.rules.teams import stretch_at
from metrics.store.reader import SILENT, NotReady, Reader
from metrics.sums.sums import NO_CELLS, Sums
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

    def __init__(self, reader: Reader, clocks: AuthorityDirectory, version: str) -> None:
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
        others = [self._feeds(authorities), *self._targets(authorities)]
        yield from others
        places = {name: self._places(name) for name in authorities}
        detail = details({name: len(there) for name, there in places.items()}, sum(len(it.samples) for it in others))
        yield self._reduced(detail)
        standing = {name: self._standing(name) for name in authorities}
        for measure in MEASURES:
            if (by := detail[measure.name]) is not None:
                yield from self._measured(measure, standing, by)

    def _found(self, authority: str) -> tuple[Completeness, Sums]:
        found = self._reader.authority(authority)
        assert found is not None, "it was listed a moment ago, and nothing awaits in between"
        return found

    def _places(self, authority: str) -> set[tuple[str, str]]:
        """Return every team that was ever told of, with every locality that it ever had: a window may span several."""
        rules = self._clocks.rules(authority)
        teams = self._found(authority)[1].teams()
        return {(team, locality) for told in teams for _, team, locality in rules.stretches(told)}

    def _standing(self, authority: str) -> set[tuple[str, str]]:
        """Return every team that was ever told of, with its locality of now."""
        rules, day = self._clocks.rules(authority), At(self._clocks.now(authority)).day
        return {stretch_at(rules.stretches(told), day) for told in self._found(authority)[1].teams()}

    def _targets(self, names: Iterable[str]) -> Iterator[Metric]:
        """Yield the target of each measure, as each authority sets it."""
        for measure in MEASURES:
            text = f"Target of: {measure.title}"
            family = GaugeMetricFamily(f"casepulse_{measure.name}_target", text, labels=("authority",))
            for name in names:
                target = self._clocks.rules(name).targets.get(measure.name, measure.target)
                if target is not None:
                    family.add_metric((name,), target)
            if family.samples:
                yield family

    def _reduced(self, detail: Mapping[str, Detail]) -> Metric:
        text = "Measures of which, for there would be too many series, only whole authorities are shown, or nothing"
        family = GaugeMetricFamily("casepulse_measures_reduced", text, labels=("to",))
        for to, by in (("authorities", ()), ("nothing", None)):
            family.add_metric((to,), sum(shown == by for shown in detail.values()))
        return family

    def _feeds(self, authorities: Mapping[str, Completeness]) -> Metric:
        text = "All that the source recorded up to this moment is here (seconds since 1970)"
        family = GaugeMetricFamily("casepulse_feed_complete_timestamp_seconds", text, labels=("authority", "source"))
        for name, authority in authorities.items():
            for source, feed in authority.feeds.items():
                if feed.complete_to is not None:
                    family.add_metric((name, source), instant(feed.complete_to) / 1e6)
        return family

    def _measured(
        self, measure: Measure, standing: Mapping[str, set[tuple[str, str]]], by: tuple[str, ...]
    ) -> Iterator[Metric]:
        text = f"{measure.title}, window {measure.window}. {measure.definition}"
        shown = SHOWN[measure.kind]
        labels = (*LABELS, "band") if measure.bands else LABELS
        families = {
            suffix: GaugeMetricFamily(f"casepulse_{measure.name}{suffix}", text, labels=labels) for suffix in shown
        }
        for authority, places in standing.items():
            sums, moment, rules = (
                self._found(authority)[1],
                At(self._clocks.now(authority)),
                self._clocks.rules(authority),
            )
            found = figures(sums, authority, Question(measure=measure, at=moment, by=by), rules)
            told = (((figure.locality or "", figure.team or ""), figure) for figure in found)
            empty = _of_empty(measure, authority, moment, rules, places, {figure.team for figure in found})
            for place, figure in chain(told, empty):
                where = (authority, *place)
                for suffix, of in shown.items():
                    if (n := of(figure)) is not None:
                        families[suffix].add_metric((*where, figure.by["band"]) if measure.bands else where, n)
            if measure.kind == "rate" and by:  # the children of the whole authority: no team has any of its own
                whole = figures(sums, authority, Question(measure=measure, at=moment), rules)[0]
                if whole.denominator is not None:
                    families["_denominator"].add_metric((authority, "", ""), whole.denominator)
        yield from families.values()


def _of_empty(
    measure: Measure, authority: str, at: At, rules: Rules, places: set[tuple[str, str]], told: set[str | None]
) -> Iterator[tuple[tuple[str, str], Figure]]:
    """Yield the figures of the teams of *places* that are not among those *told*, each under its locality of now.

    They are 0. Were they left out, as when they are not known, nothing overdue would look like nothing known.
    """
    if None in told:  # the whole authority, which always has one
        return
    missing = sorted((locality, team) for team, locality in places if team not in told)
    if not told and not missing:
        missing = [("", "")]
    empty = figures(NO_CELLS, authority, Question(measure=measure, at=at, team=""), rules) if missing else []
    yield from ((place, figure) for place in missing for figure in empty)


def details(places: Mapping[str, int], others: int) -> dict[str, Detail]:
    """Return how each measure is shown, so that there are at most MOST series, *others* among them.

    By team, as long as there is room for every place of a team that was ever told of: so it does not change with the
    figures. Else the measures that could make most are shown for whole authorities, and if that does not do, not
    at all.
    """
    detail: dict[str, Detail] = {measure.name: PLACES for measure in MEASURES}
    room = MOST - OURS - others
    by_size = sorted(MEASURES, key=lambda measure: (-_each(measure), measure.name))
    many, few = sum(max(n, 1) + 1 for n in places.values()), len(places)
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
