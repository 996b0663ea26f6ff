"""An authority changes its rules: all is counted afresh, and until that is done the old figures are shown."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from deploy.configuration.authorities import read_authorities
from deploy.machine import programs
from events.decode import decode
from metrics.counting.fingerprint import code, fingerprint
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from tests.conftest import Store
from tests.journeys.machine.test_spine import NOW, log_of
from tests.journeys.parts import MAIN, Process, committed, environment, eventually, new_topic, send, tallies, worker

MEASURES = (
    "assessment_timeliness",
    "assessment_timeliness_settled",
    "enquiry_decision_timeliness",
    "placements_in_year",
)
RULES = """
[X99999900]
roll_start_forward = true
same_carer_counts = true
extra_closure_days = [2017-11-06, 2018-05-08, 2022-11-07, 2025-11-03, 2026-02-02, 2020-05-11, 2023-05-09]
"""
MAP = (
    RULES
    + """
[[X99999900.teams]]
team = "North"
locality = "Northern"
"""
)


def test_new_rules_recount_and_the_old_figures_are_served_meanwhile(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """No 503 and no zero meanwhile: each answer is wholly by the rules that it names, and the last by the new ones."""
    topic, port, file = new_topic(kafka), programs.free_port(), tmp_path / "authority.toml"
    log = list(log_of(1, histories=60))
    send(kafka, topic, log)
    plain = environment(kafka, valkey.url, topic)
    ruled = plain | {"CASEPULSE_AUTHORITIES": str(file)}
    events = [decode(json.dumps(event).encode(), NOW) for event in log]
    with worker(plain, tmp_path / "worker.log") as process:
        eventually(lambda: committed(valkey.url, topic) == len(log), within=60)
        assert process.stop() == 0
    assert tallies(valkey.url, topic) == InMemoryStore(RulesByAuthority()).tell(events).tallies
    file.write_text(RULES)
    rules = read_authorities(file, {})
    server = Process("serve", "--port", str(port), env=ruled, log=tmp_path / "serve.log")
    asking = Asking(port)
    try:
        eventually(lambda: _ready(port), within=30)
        asking.start()
        eventually(lambda: len(asking.seen) == 1, within=10)
        with worker(ruled, tmp_path / "worker.log") as process:
            eventually(lambda: asking.seen[-1][0] == fingerprint(rules), within=60)
            time.sleep(0.5)
            asking.enough.set()
            asking.join(10)
            assert process.stop() == 0
    finally:
        server.kill()
    assert not asking.refused
    assert [catalogue for catalogue, _ in asking.seen] == [code(), fingerprint(rules)]
    assert asking.seen[0][1] != asking.seen[1][1]
    said = (tmp_path / "worker.log").read_text().splitlines()
    assert not [line for line in said if " streams." in line]  # a recount that goes as it should is no news
    assert tallies(valkey.url, topic) == InMemoryStore(rules).tell(events).tallies
    (tmp_path / "log.ndjson").write_text("".join(json.dumps(event) + "\n" for event in log))
    done = subprocess.run(
        [*MAIN, "figures", *MEASURES, "--from", str(tmp_path / "log.ndjson"), "--at", AT, "--window", WINDOW, "--json"],
        env=ruled,
        capture_output=True,
        text=True,
        check=True,
    )
    assert asking.seen[1] == _numbers(json.loads(done.stdout))


def test_a_new_map_of_teams_recounts_nothing(tmp_path: Path) -> None:
    """The places of teams are read beside the sums: no cell changes, and so the catalogue is the same."""
    ruled, mapped = tmp_path / "rules.toml", tmp_path / "map.toml"
    ruled.write_text(RULES)
    mapped.write_text(MAP)
    rules, more = read_authorities(ruled, {}), read_authorities(mapped, {})
    assert rules.of("X99999900").teams != more.of("X99999900").teams
    assert fingerprint(rules) == fingerprint(more) != fingerprint(RulesByAuthority())


AT, WINDOW = "2026-11-01", "last_9999_days"


class Asking(threading.Thread):
    """Asks for figures over and over, and keeps each answer that differs from the one before."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.enough = threading.Event()
        self.seen: list[tuple[str, Any]] = []
        self.refused: list[int] = []
        measures = "".join(f"&measure={measure}" for measure in MEASURES)
        self._address = f"http://127.0.0.1:{port}/v1/figures?at={AT}&window={WINDOW}{measures}"

    def run(self) -> None:
        while not self.enough.is_set():
            try:
                with urllib.request.urlopen(self._address, timeout=5) as response:
                    answer = _numbers(json.load(response))
            except urllib.error.HTTPError as exc:
                self.refused.append(exc.code)
                exc.close()
                continue
            if not self.seen or self.seen[-1] != answer:
                self.seen.append(answer)
            time.sleep(0.01)


def _numbers(answer: dict[str, Any]) -> tuple[str, Any]:
    return answer["catalogue"], sorted(
        (f["authority"], f["measure"], sorted(f["by"].items()), f["numerator"], f["denominator"])
        for f in answer["figures"]
    )


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.HTTPError, OSError):
        return False
