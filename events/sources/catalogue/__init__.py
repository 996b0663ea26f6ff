"""Every source that `casepulse load` reads. A new source is added to this tuple."""

from events.sources import event_file, ssda903
from events.sources.source import EventSource

SOURCES: tuple[EventSource, ...] = (event_file.SOURCE, ssda903.SOURCE)


def source_named(name: str) -> EventSource:
    """Return the source called *name*. Raises KeyError."""
    return {source.name: source for source in SOURCES}[name]
