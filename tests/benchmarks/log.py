"""The log that is measured: what eight authorities of the simulator told in two years, one to a partition."""

from functools import lru_cache

from events.event import Event
from events.front_door import EnquiryReceived
from events.simulator.authority import MONTHS, history
from events.simulator.clock import BEGINS
from events.simulator.story import order
from events.simulator.wexshire import World
from streams.broker.partitions import partition_of

PARTITIONS = 8
LAST = "last"  # the child of the last event of each authority: where it is counted, all is
EACH = 1.73  # events that two years bring for a child of the population, about


@lru_cache(maxsize=1)
def authorities() -> tuple[str, ...]:
    """Return made-up authorities, one to a partition."""
    made_up = (f"X999999{number:02}" for number in range(1, 100))
    by_partition = {partition_of(name, PARTITIONS): name for name in reversed(list(made_up))}
    return tuple(by_partition[partition] for partition in range(PARTITIONS))


def log(events: int) -> list[Event]:
    """Return about *events* events of all the authorities, in order of `recorded_at`: each as many, two years whole.

    No feed reports: a board would stand where its feed ended, and show nothing of what comes now.
    """
    children = round(events / PARTITIONS / EACH)
    worlds = [World(seed, children, authority) for seed, authority in enumerate(authorities())]
    told = [event for world in worlds for event in history(world, BEGINS, MONTHS) if event.subject]
    return [*sorted(told, key=order), *(_last(authority) for authority in authorities())]


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
