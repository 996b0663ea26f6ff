"""Files of events as casepulse itself writes them: .ndjson, one event a line. They are read line by line, twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from events.decode import DeadLetter, decode_lines
from events.event import Event
from events.feed import FeedReported
from events.sources.dead_lines import DeadLines
from events.sources.report import EventFileReport
from events.sources.source import EventSource, PathKind, Request, SourceReading, SourceUnreadable
from events.sources.teller import end_of, feed_report

OTHER_AUTHORITY = "of another authority"


class EventsRefused(SourceUnreadable):
    """Too few of the lines of a file are events."""


def read(request: Request) -> SourceReading:
    """Return the events of the files, those of the authority alone if one is given. Unreadable lines are left.

    Raises EventsRefused.
    """
    reading = Reading(request)
    reports = tuple(reading.account(path) for path in request.paths)
    for report in reports:
        _check(report, request.limits.min_usable, reports)
    return SourceReading(reading, reports)


def _check(report: EventFileReport, min_usable: float, reports: tuple[EventFileReport, ...]) -> None:
    usable = report.events + report.left[OTHER_AUTHORITY]
    lines = report.events + report.left.total()
    if lines and usable / lines < min_usable:
        raise EventsRefused(
            f"{report.file}: {usable:,} of {lines:,} lines are events, under half: nothing is sent; "
            "is it the file that you mean?",
            reports,
        )


class Reading:
    """The events of the files, read anew each time they are asked for; last, up to when each feed is complete."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._newest: dict[tuple[str, str], datetime] = {}  # by authority and source
        self._reported: set[tuple[str, str]] = set()  # feeds that say themselves up to when they are complete

    def account(self, path: Path) -> EventFileReport:
        """Return what becomes of the lines of a file, and remember who sent what is in it."""
        left: Counter[str] = Counter()
        events, dead = 0, DeadLines()
        with self._request.watch(self._lines(path), "reading") as read:
            for event in read:
                if isinstance(event, DeadLetter):
                    left[str(event.reason)] += 1
                    dead.note(event)
                elif self._is_other(event):
                    left[OTHER_AUTHORITY] += 1
                else:
                    events += 1
                    self._remember(event)
        return EventFileReport(path.name, events, left, dead)

    def __iter__(self) -> Iterator[Event]:
        for path in self._request.paths:
            for event in self._lines(path):
                if not isinstance(event, DeadLetter) and not self._is_other(event):
                    yield event
        for feed, newest in sorted(self._newest.items()):
            if feed not in self._reported:
                yield self._report(*feed, newest)

    def _lines(self, path: Path) -> Iterator[Event | DeadLetter]:
        with path.open("rb") as lines:
            yield from decode_lines(lines, self._request.now)

    def _is_other(self, event: Event) -> bool:
        return bool(self._request.authority) and event.authority != self._request.authority

    def _remember(self, event: Event) -> None:
        feed = event.authority, event.source
        self._newest[feed] = max(self._newest.get(feed, event.recorded_at), event.recorded_at)
        if isinstance(event, FeedReported):
            self._reported.add((event.authority, event.record))

    def _report(self, authority: str, source: str, newest: datetime) -> Event:
        """Return the report that a feed is complete up to the day stated, else to the newest that it recorded."""
        stated = self._request.as_of
        return feed_report(
            {
                "id": "-",
                "authority": authority,
                "source": source,
                "recorded_at": end_of(max(stated)) if stated else newest,
                "origin": "backload",
            }
        )


SOURCE = EventSource(
    name="events",
    path_kind=PathKind.FILE,
    path_is="an .ndjson file of events",
    is_return=False,
    read=read,
)
