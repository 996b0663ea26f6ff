"""What Prometheus is told about where our figures are: as the checked-in file says, and as promtool reads it."""

import socket
import subprocess
from pathlib import Path

import pytest

from deploy.generate.scrape import SERVER, WORKER, scrape_config
from deploy.machine import programs
from deploy.machine.services import metrics_port
from tests.conftest import installed

FILE = Path(__file__).parents[2] / "deploy" / "prometheus" / "scrape.yml"


def test_the_file_is_fresh() -> None:
    """What is checked in is what `casepulse scrape` prints."""
    assert FILE.read_text() == scrape_config()


@pytest.mark.parametrize(
    "told",
    [scrape_config(), scrape_config("[::1]:80", ("a:1", "b:2")), scrape_config("a:1", rules=("it's.yml",))],
    ids=["default", "several workers", "rules"],
)
def test_prometheus_understands_it(told: str, tmp_path: Path) -> None:
    """promtool finds no fault in it."""
    promtool = installed("promtool")
    file = tmp_path / "prometheus.yml"
    file.write_text(told)
    (tmp_path / "it's.yml").write_text("groups: []\n")
    done = subprocess.run([promtool, "check", "config", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_worker_of_up_is_where_a_scrape_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever the same beside one port of the server, so that a Prometheus of one's own finds it after each start."""
    monkeypatch.setattr(programs, "is_free", lambda _: True)
    port_of = {address: int(address.rpartition(":")[2]) for address in (SERVER, WORKER)}
    assert metrics_port(port_of[SERVER]) == port_of[WORKER]
    assert {metrics_port(port) in range(1, 65_536) for port in (1, 64_435, 64_436, 65_535)} == {True}


def test_a_metrics_port_that_is_taken_is_not_fought_for() -> None:
    """Another is chosen, and `up` says which: it stands by whatever it says."""
    server = programs.free_port()
    with socket.create_server(("127.0.0.1", metrics_port(server))) as taken:
        assert metrics_port(server) != taken.getsockname()[1]
