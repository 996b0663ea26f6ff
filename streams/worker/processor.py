"""A batch of records, read: its events and its dead letters. Pure; nothing here touches the world."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from events.decode import STORABLE_YEARS, DeadLetter, Reason, decode
from events.event import Event
from streams.broker.partitions import partition_of

UNKNOWN_APPEND = datetime(STORABLE_YEARS[1] + 1, 1, 1, tzinfo=UTC)
_UNKNOWN_APPEND_MS = int(UNKNOWN_APPEND.timestamp() * 1000)


class FetchedRecord(Protocol):
    """A record as aiokafka hands it over."""

    @property
    def offset(self) -> int: ...

    @property
    def timestamp(self) -> int: ...  # milliseconds since 1970

    @property
    def key(self) -> bytes | None: ...

    @property
    def value(self) -> bytes | None: ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


@dataclass(frozen=True)
class LogRecord:
    """What Kafka keeps of a record: its offset, when it was appended, and the bytes as they came."""

    offset: int
    appended_at: datetime
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Rejected:
    """A dead letter and its record."""

    record: LogRecord
    letter: DeadLetter


@dataclass
class Batch:
    """The events and dead letters of some records of one partition, in order."""

    events: list[Event] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)  # of the events
    rejected: list[Rejected] = field(default_factory=list)
    dead_in_a_row: int = 0  # at its end
    longest_dead: int = 0  # the longest such row in it; the first may have begun before the batch


def read(
    records: Iterable[LogRecord],
    partition: int,
    partitions: int,
    dead_in_a_row: int = 0,
    without_room: Collection[int] = (),
) -> Batch:
    """Return what *records* hold. *dead_in_a_row* is how many dead letters stand just before them.

    *without_room* has the offsets of events that the fold did not keep, because their household is full.
    """
    batch = Batch(dead_in_a_row=dead_in_a_row)
    for record in records:
        try:
            event = decode(record.value, record.appended_at)
            _check_key(record.key, event, partition, partitions)
            if record.offset in without_room:
                raise DeadLetter(Reason.HOUSEHOLD_FULL)
        except DeadLetter as letter:
            batch.rejected.append(Rejected(record, letter))
            batch.dead_in_a_row += 1
            batch.longest_dead = max(batch.longest_dead, batch.dead_in_a_row)
        else:
            batch.events.append(event)
            batch.offsets.append(record.offset)
            batch.dead_in_a_row = 0
    return batch


def _check_key(key: bytes | None, event: Event, partition: int, partitions: int) -> None:
    """Raise DeadLetter where an authority's event stands outside its one log: that would be a second history of it."""
    if key is None or key != event.authority.encode():
        raise DeadLetter(Reason.WRONG_KEY)
    if partition_of(event.authority, partitions) != partition:
        raise DeadLetter(Reason.WRONG_PARTITION)


def appended(timestamp: int) -> datetime:
    """Return a Kafka timestamp, milliseconds since 1970, as a moment in UTC.

    One that is none (-1) or beyond all that can be stored is UNKNOWN_APPEND, after which nothing was recorded.
    """
    if not 0 <= timestamp < _UNKNOWN_APPEND_MS:
        return UNKNOWN_APPEND
    return datetime.fromtimestamp(timestamp / 1000, UTC)


def reasons(rejected: Iterable[Rejected]) -> Counter[str]:
    """Return how many dead letters there are of each reason."""
    return Counter(str(dead.letter.reason) for dead in rejected)
