"""What Prometheus scrapes (contract 6): every figure a gauge, by team only; absent, never 0, while it is not known."""

import time
from collections.abc import Iterator, Mapping
from typing import get_args

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.time import instant
from metrics.catalogue import MEASURES
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.delay import DelayedBy, delay_at
from metrics.exposition.prometheus import names
from metrics.exposition.prometheus.names import SHOWN, Detail, labels_of, name_of
from metrics.figures.answers import Answers
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.measure import Measure
from metrics.store.reader import STORE_SILENT_SECONDS, NotReady, Reader

MICROSECONDS_PER_SECOND = 1e6


class FigureCollector(Collector):
    """Asks for every figure afresh at each scrape."""

    def __init__(self, reader: Reader, directory: AuthorityDirectory, version: str) -> None:
        self._reader, self._directory, self._version = reader, directory, version

    def collect(self) -> Iterator[Metric]:
        """Yield every family, and last how many series they are."""
        series = 1
        for family in self._families():
            series += len(family.samples)
            yield family
        yield _single("casepulse_series", f"How many series these are; never more than {names.MAX_SERIES}", series)

    def _families(self) -> Iterator[Metric]:
        answered = self._reader.answered_at
        is_up = answered is not None and time.monotonic() - answered < STORE_SILENT_SECONDS
        yield from self._state(is_up)
        if not is_up:
            return
        try:
            directory = self._directory
            answers = Answers(self._reader.snapshot(), directory.now, directory.rules, directory.speed)
        except NotReady:
            return
        others = [_feeds(answers), *self._delays(answers), *_targets(answers)]
        yield from others
        places = {name: len(answers.places_shown_on(name, answers.now(name).day)) for name in answers.authorities}
        detail = names.details(places, sum(len(family.samples) for family in others))
        yield _reduced(detail)
        for measure in MEASURES:
            if (by := detail[measure.name]) is not None:
                yield from _measured(measure, answers, by)

    def _state(self, is_up: bool) -> Iterator[Metric]:
        yield _single("casepulse_store_up", "Whether the store answers", float(is_up))
        yield _single("casepulse_ready", "Whether every figure may be shown", float(self._reader.whole))
        build = GaugeMetricFamily("casepulse_build_info", "What is running", labels=("version", "catalogue"))
        build.add_metric((self._version, self._reader.catalogue()), 1)
        yield build

    def _delays(self, answers: Answers) -> Iterator[Metric]:
        """Yield by whom the figures of each authority are late, every way of it, and what its worker has to read."""
        late = GaugeMetricFamily(
            "casepulse_delayed", "Whether a board says that figures are late, and by whom", labels=("authority", "by")
        )
        waiting = GaugeMetricFamily(
            "casepulse_waiting_events", "Records of the log that the worker has still to read", labels=("authority",)
        )
        for name in answers.authorities:
            now, worker = self._directory.now(name), self._reader.worker(name)
            delay = delay_at(
                now, answers.reach(name).complete_to, worker, answers.rules(name), self._directory.speed(name)
            )
            for by in get_args(DelayedBy):
                late.add_metric((name, by), float(delay is not None and delay.by == by))
            if worker.state in ("reading", "behind", "recounting"):  # else nobody knows how many wait
                waiting.add_metric((name,), worker.waiting)
        yield from (late, waiting)


def _targets(answers: Answers) -> Iterator[Metric]:
    """Yield the target of each measure, as each authority sets it."""
    for measure in MEASURES:
        text = f"Target of: {measure.title}"
        family = GaugeMetricFamily(name_of(measure, "_target"), text, labels=("authority",))
        for authority in answers.authorities:
            target = answers.rules(authority).targets.get(measure.name, measure.target)
            if target is not None:
                family.add_metric((authority,), target)
        if family.samples:
            yield family


def _feeds(answers: Answers) -> Metric:
    text = "All that the source recorded up to this moment is here (seconds since 1970)"
    family = GaugeMetricFamily("casepulse_feed_complete_timestamp_seconds", text, labels=("authority", "source"))
    for authority in answers.authorities:
        for source, feed in answers.completeness(authority).feeds.items():
            if feed.complete_to is not None:
                family.add_metric((authority, source), instant(feed.complete_to) / MICROSECONDS_PER_SECOND)
    return family


def _reduced(detail: Mapping[str, Detail]) -> Metric:
    text = "Measures of which, for there would be too many series, only whole authorities are shown, or nothing"
    family = GaugeMetricFamily("casepulse_measures_reduced", text, labels=("to",))
    for to, by in (("authorities", ()), ("nothing", None)):
        family.add_metric((to,), sum(shown == by for shown in detail.values()))
    return family


def _measured(measure: Measure, answers: Answers, by: tuple[str, ...]) -> Iterator[Metric]:
    text = f"{measure.title}, window {measure.window}. {measure.definition} By team: {measure.team}."
    if measure.kind == "rate":
        text += " No rate without a denominator: set the authority's population in authority.toml."
    labels = labels_of(measure)
    families = {
        ending: GaugeMetricFamily(name_of(measure, ending), text, labels=labels) for ending in SHOWN[measure.kind]
    }
    for authority in answers.authorities:
        for figure in _figures(answers, authority, measure, by):
            where = (authority, figure.locality or "", figure.team or "")
            for ending, number_of in SHOWN[measure.kind].items():
                if (number := number_of(figure)) is not None:
                    families[ending].add_metric((*where, figure.by["band"]) if measure.bands else where, number)
        if measure.kind == "rate" and by and (children := _children(answers, authority, measure)) is not None:
            families["_denominator"].add_metric((authority, "", ""), children)
    yield from families.values()


def _figures(answers: Answers, authority: str, measure: Measure, by: tuple[str, ...]) -> list[Figure]:
    """Return the figures of the places of an authority, or of the whole of it where it has no place yet.

    A team that has nothing has its zeros: left out, nothing overdue would look like nothing known.
    """
    at = answers.now(authority)
    in_places = answers.figures_by_place(authority, measure, at) if by else []
    return in_places or answers.figures(authority, Question(measure=measure, at=at))


def _children(answers: Answers, authority: str, measure: Measure) -> int | None:
    """Return the children of the whole authority that a rate is of: no team has any of its own."""
    return answers.figures(authority, Question(measure=measure, at=answers.now(authority)))[0].denominator


def _single(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric((), value)
    return family
