"""A real return of looked-after children (synthetic children), through Kafka and the store, beside made-up figures."""

import json
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from events.decode import encode
from events.simulator.authority import history
from events.simulator.wexshire import World
from events.time import LONDON
from tests.conftest import Store
from tests.journeys.parts import MAIN, committed, environment, eventually, new_topic, send, worker

RETURN = Path("tests/data/ssda903_2017_18")
AUTHORITY = "E10000008"
DATES = ("--at", "2017-06-30", "--at", "2017-09-30", "--at", "2017-12-31")


def run(env: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run([*MAIN, *arguments], env=dict(env), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(env: Mapping[str, str], *arguments: str) -> list[dict[str, Any]]:
    answer = json.loads(run(env, "figures", "children_looked_after", *arguments, "--json"))
    return list(answer["figures"])


@pytest.mark.nightly  # it takes two minutes of two processors; the stories of the return hold the same numbers
@pytest.mark.timeout(900)
def test_the_service_counts_the_return_as_the_reference_does(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """1,313 at 31 December 2017, by legal group, from the service and from a file, however often it is loaded."""
    topic = new_topic(kafka, 8)
    env = environment(kafka, valkey.url, topic) | {"CASEPULSE_DATA_DIR": str(tmp_path)}
    made_up = list(history(World(1, 20_000), datetime(2017, 12, 14, 14, tzinfo=LONDON)))
    send(kafka, topic, [json.loads(encode(event)) for event in made_up], partitions=8)
    source = ("load", str(RETURN), "--source", "ssda903", "--authority", AUTHORITY, "--as-of", "2018-03-31")
    run(env, *source, "--to", str(tmp_path / "return.ndjson"))
    lines = len((tmp_path / "return.ndjson").read_bytes().splitlines())
    with worker(env, tmp_path / "worker.log"):
        run(env, *source)
        eventually(lambda: committed(valkey.url, topic) == len(made_up) + lines, within=60)
        once = ask(env, *DATES, "--by", "legal_group", "--authority", AUTHORITY)
        run(env, *source)
        eventually(lambda: committed(valkey.url, topic) == len(made_up) + 2 * lines, within=60)
        twice = ask(env, *DATES, "--by", "legal_group", "--authority", AUTHORITY)
        whole = ask(env, *DATES, "--authority", AUTHORITY)
        beside = ask(env, "--at", "2017-12-14", "--authority", "X99999901")
    assert [figure["numerator"] for figure in whole] == [1601, 1455, 1313]
    assert once == twice
    assert once == ask(env, *DATES, "--by", "legal_group", "--from", str(tmp_path / "return.ndjson"))
    assert {figure["by"]["legal_group"]: figure["numerator"] for figure in once if figure["at"] == "2017-12-31"} == {
        "interim_care_order": 136,
        "full_care_order": 126,
        "freeing_order": 105,
        "placement_order": 105,
        "section_20": 117,
        "protection": 365,
        "justice": 359,
    }
    assert beside[0]["numerator"] > 80, "the made-up authority stands beside it, untouched"


def test_a_return_never_goes_into_the_made_up_authority(tmp_path: Path) -> None:
    """Real children must not be shown as made up, nor made-up ones as real."""
    done = subprocess.run(
        [*MAIN, "load", str(RETURN), "--source", "ssda903", "--authority", "X99999901", "--as-of", "2018-03-31"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "a real return never goes into it" in done.stderr
