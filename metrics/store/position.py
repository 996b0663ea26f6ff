"""Where a partition stands, which log that is a position of, and when it is not safe to go on. Knows no Redis."""

import secrets

import msgspec

FORMAT = "3"
FORMATS_BEFORE = ("1", "2")  # a claim carries them on as FORMAT; until then there is no token in them
FORMATS = (FORMAT, *FORMATS_BEFORE)  # that can be read
UNCOUNTED = "uncounted"  # the catalogue of a generation that holds no tallies yet
LONG_SECONDS = 300  # after a commit or a recount, until a store may be an older copy of itself that was put back
LONG_LOG_EVENTS = 20_000  # a log this long is counted once all of it is told: once a case, not at every change


MADE_AFRESH = "have all figures made afresh from the log: `casepulse replay`, then start the worker"


class Refused(Exception):
    """It is not safe to go on. The message says why, and what to do."""


class PastEnd(Refused):
    """The store has read further than the log goes."""


class Moved(Exception):
    """The store is not where it was thought to be: ask it where it is, and read on from there."""


class Log(msgspec.Struct, frozen=True):
    """Which log the offsets belong to."""

    topic: str
    cluster: str
    topic_id: str
    partitions: int


class LastRecord(msgspec.Struct, frozen=True):
    """The record that was read last: a log that holds another one at its offset is another log."""

    offset: int
    digest: str  # of when it was appended, its key and its value


class Position(msgspec.Struct, frozen=True):
    """Where a partition stands: the next offset to read, and the log's end when a worker last claimed it."""

    offset: int
    head: int
    generation: str
    log: Log
    dead_in_a_row: int
    token: str = ""  # of the claim that holds it; each claim writes another
    last: LastRecord | None = None  # None: nothing was read yet, or by a version that did not note it
    committing: int | None = None  # the offset after a commit that broke off: what it was to write is there in part

    @property
    def catalogue(self) -> str:
        """The fingerprint of the catalogue that counted the tallies; UNCOUNTED where they are not counted yet."""
        return self.generation.partition(".")[0]

    @property
    def telling(self) -> bool:
        """Whether so much of a log is left that all of it is told before anything is counted.

        The little that came meanwhile is counted as it comes: a log that is always added to is never told to its end.
        """
        return self.catalogue == UNCOUNTED and self.head - self.offset >= LONG_LOG_EVENTS

    @property
    def rebuilding(self) -> bool:
        """Whether part of what was in the log at the last claim is not read yet."""
        return self.offset < self.head


def new_token() -> str:
    """Return what a claim is known by. A store that was put back to before that claim does not hold it."""
    return secrets.token_hex(8)


def check_held(position: Position, token: bytes | None, offset: bytes | None) -> None:
    """Raise Moved unless the *token* and *offset* that were found say that what was read with them is of our claim.

    The offset may be past *position*, by a commit of ours that landed meanwhile.
    """
    if (token or b"").decode() != position.token or int(offset or -1) < position.offset:
        raise Moved("another claim holds the partition, or the store was put back")


def new_generation(catalogue: str) -> str:
    """Return a name for tallies counted by *catalogue*. No two counts ever write to the same keys."""
    return f"{catalogue}.{secrets.token_hex(4)}"


def first_generation(catalogue: str, end: int) -> str:
    """Return a name for the first tallies of a log that ends at the offset *end*; a long log is counted afterwards."""
    return new_generation(UNCOUNTED if end >= LONG_LOG_EVENTS else catalogue)


def check_claimed(position: Position, partition: int, log: Log, end: int) -> None:
    """Raise Refused where *position* is of another log than *log*, and PastEnd where it is beyond the offset *end*."""
    if position.log != log:
        raise Refused(_why_another_log(position.log, log))
    if position.offset > end:
        raise PastEnd(
            f"the store has read to {position.offset} of partition {partition} and the log ends at {end}: it was "
            f"cut back or is another: restore the log; or, where this one holds all of the past, {MADE_AFRESH}"
        )


def _why_another_log(kept: Log, log: Log) -> str:
    if kept.cluster != log.cluster:
        return f"the store was filled from another Kafka cluster: use that one, or {MADE_AFRESH}"
    if kept.topic_id != log.topic_id:
        return f"the topic was deleted and made again since the store was filled: {MADE_AFRESH}"
    return (
        f"the topic had {kept.partitions} partitions and now has {log.partitions}: an authority may stand in two of "
        "them; make the topic anew with as many as before and load it again"
    )
