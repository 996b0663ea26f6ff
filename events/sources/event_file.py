"""Files of events as casepulse itself writes them: .ndjson, one event a line."""

from collections import Counter
from pathlib import Path

from events.decode import DeadLetter, decode_lines
from events.event import Event
from events.sources.report import EventFileReport
from events.sources.source import EventSource, PathKind, Request, SourceReading

OTHER_AUTHORITY = "of another authority"


def read(request: Request) -> SourceReading:
    """Return the events of the files, those of the authority alone if one is given. Unreadable lines are left."""
    files = [_read_file(path, request) for path in request.paths]
    return SourceReading(tuple(event for events, _ in files for event in events), tuple(report for _, report in files))


def _read_file(path: Path, request: Request) -> tuple[list[Event], EventFileReport]:
    left: Counter[str] = Counter()
    events: list[Event] = []
    with path.open("rb") as lines:
        for event in decode_lines(lines, request.now):
            if isinstance(event, DeadLetter):
                left[str(event.reason)] += 1
            elif request.authority and event.authority != request.authority:
                left[OTHER_AUTHORITY] += 1
            else:
                events.append(event)
    return events, EventFileReport(path.name, len(events), left)


SOURCE = EventSource(
    name="events",
    path_kind=PathKind.FILE,
    path_is="an .ndjson file of events",
    is_return=False,
    read=read,
)
