"""The control: a stock Faust agent under the same faults. Were its figures right, our journey would prove nothing."""

import sys
import time
from pathlib import Path

import pytest

from deploy.machine import programs
from events.decode import decode
from metrics.counting.tally import Tally
from metrics.store.in_memory import InMemoryStore
from tests.conftest import started
from tests.journeys.parts import environment, eventually, new_topic
from tests.journeys.worker.faults import PLAN, REFUSED, Scene
from tests.journeys.worker.stock_agent import stock_tallies
from tests.journeys.worker.test_exactly_once import NOW, PARTITIONS, RULES, Feed, differences, read_back

STOCK = (sys.executable, "-m", "tests.journeys.worker.stock_agent")


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_stock_agent_fails_the_same_journey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Increments per event and the default acknowledgement, under the same faults: the figures are wrong."""
    with (
        started(programs.kafka(tmp_path / "kafka", programs.free_port(), programs.free_port()), within=60) as kafka,
        started(programs.valkey(tmp_path / "valkey", programs.free_port()), within=10) as store,
    ):
        address, url = kafka.program.address, store.program.address
        topic = new_topic(address, PARTITIONS)
        scene = Scene(
            kafka, store, environment(address, url, topic), tmp_path, STOCK, lambda: ("worker",), trapped=False
        )
        feed = Feed(address, topic)
        try:
            scene.mend()
            feed.start()
            eventually(lambda: bool(stock_tallies(url, topic)), within=90)
            for number, (fault, step) in enumerate(hit for hit in PLAN if hit[0] not in REFUSED):
                if number % 4 == 0:
                    scene.copy_store()
                time.sleep(2)
                scene.hit(fault, step)
            feed.hurry.set()
            feed.join(60)
            counted = _settled(url, topic)
            truth = read_back(address, topic)
        finally:
            for process in scene.workers:
                process.kill()
    reference = InMemoryStore(RULES).tell(decode(value, NOW) for values in truth.values() for value in values)
    wrong = differences(counted, reference.tallies)
    with capsys.disabled():
        print(f"\nstock agent, cells that differ after {len(scene.hits)} faults: {wrong}")
    assert any(wrong.values())


def _settled(url: str, topic: str) -> dict[str, Tally]:
    """Return the tallies once nothing has changed for ten seconds."""
    before: dict[str, Tally] = {}
    while (now := stock_tallies(url, topic)) != before:
        before = now
        time.sleep(10)
    return now
