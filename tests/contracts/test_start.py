"""The command starts at once: a verb imports what is heavy when it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.test_imports import imports

HEAVY = {"kafka", "aiokafka", "redis", "faust", "holidays", "numpy"}


@pytest.mark.parametrize(
    "module", ["events.decode", "events.sources.catalogue", "deploy.verbs.load", "deploy.verbs.simulate"]
)
def test_nothing_heavy_is_imported_at_once(module: str) -> None:
    """Neither Kafka nor the store, nor the table of bank holidays."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


def test_the_top_of_events_imports_no_source_and_no_simulator() -> None:
    """What an event means depends on neither: a change in them recounts nothing."""
    for file in sorted((Path(__file__).parents[2] / "events").glob("*.py")):
        names = {name for name in imports(file.read_text()) if name.startswith(("events.sources", "events.simulator"))}
        assert names == set(), file.name
