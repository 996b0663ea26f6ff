"""A long log is told first and counted afterwards: the same figures, and none before."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from metrics.counting.fingerprint import code
from metrics.store.position import UNCOUNTED
from tests.conftest import Store
from tests.journeys.machine.test_spine import log_of, reference
from tests.journeys.parts import (
    Process,
    committed,
    environment,
    eventually,
    new_topic,
    send,
    snapshots,
    tallies,
    worker,
)

# The real worker, for which a log of 500 events is a long one.
WORKER_WITH_SHORT_LOGS = """
from deploy.command import main
from metrics.store import position

position.LONG_LOG_EVENTS = 500
main()
"""


def test_a_long_log_is_counted_once_it_is_told(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """No tally while it is read, also over a kill; then all tallies of the reference; and live events add to them."""
    topic, log = new_topic(kafka, 1), list(log_of(2, histories=12))
    half, rest = log[: len(log) // 2], log[len(log) // 2 :]
    send(kafka, topic, half, partitions=1)
    env = environment(kafka, valkey.url, topic)
    command = (sys.executable, "-c", WORKER_WITH_SHORT_LOGS)
    process = Process("worker", env=env, log=tmp_path / "worker.log", command=command)
    try:
        eventually(lambda: _catalogues(valkey, topic) == {code()}, within=60)
    finally:
        process.kill()
    assert committed(valkey.url, topic) == len(half)
    assert tallies(valkey.url, topic) == reference(half).tallies
    with worker(env, tmp_path / "worker.log"):
        send(kafka, topic, rest, partitions=1)
        eventually(lambda: committed(valkey.url, topic) == len(log), within=60)
    assert tallies(valkey.url, topic) == reference(log).tallies


def test_a_rebuild_that_was_killed_goes_on_uncounted(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """Killed before the log is told: the store holds cases and no tally. Another worker finishes both."""
    topic, log = new_topic(kafka, 1), list(log_of(2, histories=60))
    send(kafka, topic, log, partitions=1)
    env = environment(kafka, valkey.url, topic)
    command = (sys.executable, "-c", WORKER_WITH_SHORT_LOGS)
    process = Process("worker", env=env, log=tmp_path / "worker.log", command=command)
    try:
        eventually(lambda: committed(valkey.url, topic) > 0, within=30, every=0.005)
    finally:
        process.kill()
    if committed(valkey.url, topic) < len(log):  # else it was too quick for us, and the test above holds the rest
        assert _catalogues(valkey, topic) == {UNCOUNTED}
        assert not tallies(valkey.url, topic)
    with worker(env, tmp_path / "worker.log"):
        eventually(lambda: committed(valkey.url, topic) == len(log), within=60)
        eventually(lambda: _catalogues(valkey, topic) == {code()}, within=60)
    assert tallies(valkey.url, topic) == reference(log).tallies


def test_a_log_that_always_grows_is_counted_too(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """The count does not wait for a moment at which no event is left: there may never be one."""
    topic, log = new_topic(kafka, 1), list(log_of(2, histories=60))
    first, later = log[:700], log[700:]
    send(kafka, topic, first, partitions=1)
    env = environment(kafka, valkey.url, topic)
    command = (sys.executable, "-c", WORKER_WITH_SHORT_LOGS)
    sent, counted = list(first), threading.Event()
    with ThreadPoolExecutor(1) as beside:
        adding = beside.submit(_add, kafka, topic, later, sent, counted)
        process = Process("worker", env=env, log=tmp_path / "worker.log", command=command)
        try:
            eventually(lambda: _catalogues(valkey, topic) == {code()}, within=60)
            assert not adding.done()
            counted.set()
            adding.result()
            eventually(lambda: committed(valkey.url, topic) == len(sent), within=60)
        finally:
            counted.set()
            process.kill()
    assert tallies(valkey.url, topic) == reference(sent).tallies


def _add(kafka: str, topic: str, log: list[Any], sent: list[Any], counted: threading.Event) -> None:
    """Send one event after the other until the log is counted."""
    for event in log:
        if counted.is_set():
            return
        send(kafka, topic, [event], partitions=1)
        sent.append(event)


def _catalogues(valkey: Store, topic: str) -> set[str]:
    return {snapshot.position.catalogue for snapshot in snapshots(valkey.url, topic).values()}
