"""What Prometheus is told about where our figures are: as the checked-in file says, and as promtool reads it."""

import subprocess
from pathlib import Path

import pytest

from deploy.generate.scrape import scrape_config
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
