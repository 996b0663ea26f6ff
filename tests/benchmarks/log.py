"""The log that is measured: a county's worth of stories of the simulator, told as eight authorities."""

from datetime import datetime
from functools import lru_cache

from msgspec.structs import replace

from events.event import Event
from events.front_door import EnquiryReceived
from events.simulator.authority import history
from events.simulator.clock import BEGINS
from streams.processor import partition_of

PARTITIONS = 8
LAST = "last"  # the child of the last event of each authority: where it is counted, all is


@lru_cache(maxsize=1)
def authorities() -> tuple[str, ...]:
    """Return made-up authorities, one to a partition."""
    made_up = (f"X999999{number:02}" for number in range(1, 100))
    by_partition = {partition_of(name, PARTITIONS): name for name in reversed(list(made_up))}
    return tuple(by_partition[partition] for partition in range(PARTITIONS))


def log(events: int) -> list[Event]:
    """Return some *events* events of all the authorities, in order of `recorded_at`.

    A story of the simulator is some 15,000 events long; each is parted by child into two authorities.
    """
    told: list[Event] = []
    seed = 0
    while len(told) < events:
        pair = authorities()[2 * seed % PARTITIONS :][:2]
        told += (_moved(event, pair) for event in history(seed, BEGINS))
        seed += 1
    return [*sorted(told, key=_recorded)[:events], *(_last(authority) for authority in authorities())]


def _moved(event: Event, pair: tuple[str, ...]) -> Event:
    return replace(event, authority=pair[sum(event.subject.encode()) % 2])


def _recorded(event: Event) -> datetime:
    return event.recorded_at


def _last(authority: str) -> Event:
    return EnquiryReceived(
        id=LAST, authority=authority, record=LAST, source="benchmark", child=LAST, recorded_at=BEGINS,
        occurred_at=BEGINS,
    )  # fmt: skip
