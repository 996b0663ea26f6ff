"""What a feeding system says about itself."""

from events.event import Event, Moment


class FeedReported(Event, frozen=True, kw_only=True, tag="feed.reported"):
    """All that `source` recorded up to `complete_to` has been sent. Its `record` is the source."""

    complete_to: Moment


EVENTS = (FeedReported,)
