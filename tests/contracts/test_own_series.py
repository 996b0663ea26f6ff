"""What a worker and a server show of themselves: from the start, and never a number that nobody knows."""

import asyncio
import time
from datetime import timedelta

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, ProducerFenced
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError

from events.decode import Reason
from metrics.exposition.prometheus.collector import FigureCollector
from metrics.store.position import Refused
from metrics.store.worker_sign import WorkerReport
from streams.publishing.failures import FAILURES, kind_of
from streams.worker.health import CONFLICTS, Counters, Health
from streams.worker.owner import Owner
from tests.boards import DECEMBER, Clock, Told, front_door
from tests.story import AUTHORITY

BY = ("case_system", "worker_away", "worker_behind", "recounting", "log_away")


def shown(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """Return every sample, by its name and the value of its one label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in registry.collect()
        for sample in family.samples
        if "le" not in sample.labels
    }


def test_every_counter_begins_at_zero() -> None:
    """For each value that its label may have: one that appears at 1 has risen by nothing."""
    found = shown(Counters().registry)
    for name in ("events_processed", "late_events", "figures_published"):
        assert found[f"casepulse_{name}_total", ""] == 0
    for name, values in (("dead_letters", [*Reason]), ("commit_conflicts", CONFLICTS), ("figures_failed", FAILURES)):
        assert {label: n for (it, label), n in found.items() if it == f"casepulse_{name}_total"} == dict.fromkeys(
            map(str, values), 0
        )
    assert not any(name.endswith("_created") for name, _ in found)


@pytest.mark.parametrize(
    ("exc", "kind"),
    [
        (Refused("no topic"), "Refused"),
        (ProducerFenced(), "ProducerFenced"),
        (KafkaConnectionError(), "KafkaError"),
        (TimeoutError(), "TimeoutError"),
        (RedisError(), "StoreError"),
        (ZeroDivisionError(), "other"),
    ],
)
def test_whatever_fails_is_counted_under_a_name_that_is_known(exc: Exception, kind: str) -> None:
    """No failure makes a series of its own."""
    assert kind_of(exc) == kind
    assert kind in FAILURES


def test_a_worker_shows_how_much_waits_in_each_partition() -> None:
    """As long as Kafka says how much there is; then nothing, as the last number is of no use."""

    class Log:
        async def bounds(self, partitions: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
            return dict.fromkeys(partitions, (0, 12))

    class Store:
        async def sign(self, signs: object) -> None: ...

    async def look() -> None:
        counters = Counters()
        owner = Owner(Store(), None, None, Log(), None, counters, Health())  # type: ignore[arg-type]
        owner._signs.hold({0, 1})
        for number, offset in ((0, 5), (1, 12)):
            tp = TopicPartition("case-events", number)
            owner._owned[number] = Standing(tp, offset)  # type: ignore[assignment]
        await owner.look()
        found = shown(counters.registry)
        assert {key: n for key, n in found.items() if "lag" in key[0]} == {
            ("casepulse_lag_events", "0"): 7,
            ("casepulse_lag_events", "1"): 0,
        }
        await owner.sign(log_answers=False)
        assert not any("lag" in name for name, _ in shown(counters.registry))

    asyncio.run(look())


class Standing:
    """As much of a partition as is asked how far it is."""

    def __init__(self, tp: TopicPartition, offset: int) -> None:
        self.tp, self.position = tp, self
        self.offset = offset


TOLD = front_door(DECEMBER.date(), weeks=1)
FED = f"{TOLD}\n{DECEMBER.isoformat()} | feed reported | F | somebody | complete_to={DECEMBER.isoformat()}"


@pytest.mark.parametrize(
    ("worker", "by", "waiting"),
    [
        (WorkerReport("reading"), "case_system", 0.0),
        (WorkerReport("behind", 60, 900), "worker_behind", 900.0),
        (WorkerReport("recounting", 60, 900), "recounting", 900.0),
        (WorkerReport("away", 60, 900), "worker_away", None),
        (WorkerReport("no_log", 60), "log_away", None),
    ],
)
def test_the_server_shows_by_whom_figures_are_late(worker: WorkerReport, by: str, waiting: float | None) -> None:
    """As the board says it; every other way stands at 0, and what waits is absent where nobody knows it."""
    told = Told(FED)
    told.answered_at = time.monotonic()
    told.worker = lambda _: worker  # type: ignore[method-assign]
    clock = Clock(DECEMBER + timedelta(minutes=30))
    families = FigureCollector(told, clock.clocks(told.rules), "1").collect()
    samples = [sample for family in families for sample in family.samples]
    late = {it.labels["by"]: it.value for it in samples if it.name == "casepulse_delayed"}
    assert late == {it: float(it == by) for it in BY}
    waits = {it.labels["authority"]: it.value for it in samples if it.name == "casepulse_waiting_events"}
    assert waits == ({} if waiting is None else {AUTHORITY: waiting})
