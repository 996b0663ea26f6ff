"""From an event on Kafka to a figure in the store, on real parts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from events.decode import decode
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from tests.conftest import Store
from tests.histories import history, shuffled
from tests.journeys.parts import committed, environment, eventually, new_topic, send, tallies, worker

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def log_of(authorities: int, histories: int = 3) -> Iterator[dict[str, object]]:
    for number in range(authorities):
        for seed in range(histories):
            yield from shuffled(seed, history(1000 * number + seed, authority=f"X999999{number:02}"))


def reference(log: list[dict[str, object]]) -> InMemoryStore:
    return InMemoryStore(RulesByAuthority()).tell(decode(json.dumps(event).encode(), NOW) for event in log)


def test_what_is_sent_is_counted(kafka: str, store_server: Store, tmp_path: Path) -> None:
    """Every event of eight authorities, through Kafka, a worker and the store: the tallies of the reference."""
    topic = new_topic(kafka)
    log = list(log_of(8))
    send(kafka, topic, log)
    with worker(environment(kafka, store_server.url, topic), tmp_path / "worker.log") as process:
        eventually(lambda: committed(store_server.url, topic) == len(log), within=30)
        assert process.stop() == 0
    assert tallies(store_server.url, topic) == reference(log).tallies
