"""How far the feeds of an authority have come, and whether any of its events was made up."""

import msgspec

from events.event import Event, Moment
from events.feed import FeedReported
from events.time import MICROSECONDS_PER_DAY, Instant, instant

LIVE_US = 7 * MICROSECONDS_PER_DAY  # nobody waits for a source that has been silent for longer (contract 3)


class Feed(msgspec.Struct, frozen=True):
    """The newest report of one source, and its rank."""

    rank: tuple[int, Moment, str]
    recorded_at: Moment
    complete_to: Moment | None  # None: the report was retracted

    @property
    def order(self) -> tuple[object, ...]:
        """The newest report is the greatest. Reports of one rank are told apart by what they say: any rule, but one."""
        return self.rank, self.complete_to is not None, self.complete_to or self.recorded_at


class Completeness(msgspec.Struct, frozen=True):
    """What holds of an authority as a whole."""

    simulated: bool = False  # some event of it was made up
    feeds: dict[str, Feed] = {}

    def last_complete_to(self) -> Moment | None:
        """Return up to when the last of the sources was complete, live or not: the age of what we have."""
        return max((feed.complete_to for feed in self.feeds.values() if feed.complete_to is not None), default=None)

    def complete_to(self, now: Instant) -> Moment | None:
        """Return up to when everything that the live sources recorded is here; None where none has reported."""
        live = [
            feed.complete_to
            for feed in self.feeds.values()
            if feed.complete_to is not None and instant(feed.recorded_at) > now - LIVE_US
        ]
        return min(live, default=None)

    def after(self, event: Event) -> "Completeness":
        """Return what holds once *event* is told; these very same where it changes nothing."""
        changed = self
        if event.origin == "simulation" and not self.simulated:
            changed = msgspec.structs.replace(self, simulated=True)
        return changed._reported(event) if event.type == "feed.reported" else changed

    def _reported(self, report: Event) -> "Completeness":
        said = report.complete_to if isinstance(report, FeedReported) and not report.retracted else None
        complete_to = min(said, report.recorded_at) if said else None  # nobody has what is not recorded yet
        feed, newest = Feed(report.rank, report.recorded_at, complete_to), self.feeds.get(report.record)
        if newest is not None and newest.order >= feed.order:
            return self
        return msgspec.structs.replace(self, feeds={**self.feeds, report.record: feed})
