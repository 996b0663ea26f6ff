"""The log that is measured: two years of eight authorities of the simulator, one to a partition."""

from functools import lru_cache

from events.event import Event
from events.front_door import EnquiryReceived
from events.simulator.authority import MONTHS, history
from events.simulator.clock import BEGINS
from events.simulator.story import order
from events.simulator.wexshire import World
from streams.broker.partitions import partition_of

PARTITIONS = 8
LAST = "last"  # the child of the last event of each authority: once it is counted, all are
EVENTS_A_CHILD = 1.73  # about, in two years, for each child of the population


@lru_cache(maxsize=1)
def authorities() -> tuple[str, ...]:
    """Return made-up authorities, one to a partition."""
    made_up = (f"X999999{number:02}" for number in range(1, 100))
    by_partition = {partition_of(name, PARTITIONS): name for name in reversed(list(made_up))}
    return tuple(by_partition[partition] for partition in range(PARTITIONS))


def log(events: int) -> list[Event]:
    """Return about *events* events of all the authorities, in order of `recorded_at`: each as many, two years whole.

    Reports of feeds are left out: a board would stand where its feed ended, and show no event of now.
    """
    children = round(events / PARTITIONS / EVENTS_A_CHILD)
    worlds = [World(seed, children, authority) for seed, authority in enumerate(authorities())]
    events_of_all = [event for world in worlds for event in history(world, BEGINS, MONTHS) if event.subject]
    return [*sorted(events_of_all, key=order), *(_last(authority) for authority in authorities())]


def _last(authority: str) -> Event:
    return EnquiryReceived(
        id=LAST,
        authority=authority,
        record=LAST,
        source="benchmark",
        child=LAST,
        recorded_at=BEGINS,
        occurred_at=BEGINS,
    )
