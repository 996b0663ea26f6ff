"""An upgrade, a rollback and a changed rule, under load, watched ten times a second: no blank board, no mixed figure.

The two versions are two trees of files. The later one counts referrals that come back within three
months; both count slowly.
"""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from deploy.configuration.authorities import read_authorities
from deploy.machine import programs
from events.decode import decode
from metrics.store.in_memory import InMemoryStore
from streams.broker.partitions import partition_of
from tests.another_version import Edit, another_version, environment_of
from tests.conftest import Store
from tests.histories import history, shuffled
from tests.journeys.machine.test_spine import NOW
from tests.journeys.parts import Process, committed, environment, eventually, new_topic, snapshots, tallies

AUTHORITIES, PARTITIONS, EVENTS_A_SECOND = ("X99999900", "X99999901"), 2, 75
LATER = (Edit("metrics/catalogue/referrals.py", "add_months(referral.day, -12)", "add_months(referral.day, -3)"),)
SLOW = Edit(
    "streams/worker/recount.py",
    "        of_cases(await households(",
    "        await asyncio.sleep(1)\n        of_cases(await households(",
)
CHANGED = "re_referrals"
ASKED = ("enquiries_received", "assessments_open", "children_in_need", "assessment_timeliness", CHANGED)
AT, WINDOW = "2026-11-01", "last_9999_days"
RULES = (
    "[X99999900]\nroll_start_forward = true\nextra_closure_days = [2017-11-06, 2018-05-08, 2022-11-07, 2025-11-03]\n"
)
TRUTH = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from deploy.configuration.authorities import read_authorities
from events.decode import decode
from metrics.catalogue import BY_NAME
from metrics.counting.fingerprint import fingerprint
from metrics.counting.fold import fold
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.store.in_memory import InMemoryStore
from metrics.sums.sums import GrowingSums
from metrics.windows import parse_at

log, rules_file, at, window, *measures = sys.argv[1:]
rules = read_authorities(Path(rules_file), {})
store, sums = InMemoryStore(rules), {}

asked = [Question(measure=BY_NAME[name], at=parse_at(at), window=window) for name in measures]
after, now = {}, {}
for line in Path(log).read_bytes().splitlines():
    event = decode(line, datetime(2026, 11, 30, tzinfo=UTC))
    change = fold(store.kept, store.authorities, [event], rules)
    store.take(change)
    name, changed = event.authority, change.tallies.get(event.authority, {})
    for part, cells in changed.items():
        sums.setdefault(name, GrowingSums()).add(part, cells)
    for question in asked:
        key = name, question.measure.name
        if key not in now or any(part.name in changed for part in question.measure.parts):
            figure = evaluate(sums.setdefault(name, GrowingSums()), name, question, rules.of(name))[0]
            now[key] = figure.numerator, figure.denominator
    after.setdefault(name, []).append([half for measure in measures for half in now[name, measure]])
print(json.dumps({"catalogue": fingerprint(rules), "after": after}))
"""


def log() -> list[dict[str, Any]]:
    """Return the events of two authorities in turn, each history with households of its own."""
    streams = [
        [
            {k: f"{seed}-{v}" if k in ("child", "into", "id") else v for k, v in event.items()}
            for seed in range(400)
            for event in shuffled(seed, history(seed, authority=name))
            if event["type"] != "feed.reported"
        ]
        for name in AUTHORITIES
    ]
    return [event for pair in zip(*streams, strict=False) for event in pair]


Numbers = tuple[int | None, ...]  # numerators and denominators


@dataclass
class Version:
    """A version of casepulse, and what an authority sets."""

    tree: Path
    env: dict[str, str]
    rules: Path
    folder: Path

    def start(self, *arguments: str) -> Process:
        env = {**self.env, **{k: v for k, v in environment_of(self.tree).items() if k.startswith("PYTHON")}}
        env["CASEPULSE_AUTHORITIES"] = str(self.rules)
        return Process(*arguments, env=env, log=self.folder / f"{self.tree.name}-{arguments[0]}.log")

    def truth(self, events: Path) -> tuple[str, dict[str, list[Numbers]]]:
        """Return its fingerprint, and the figures of each authority after each event."""
        done = subprocess.run(
            [sys.executable, "-c", TRUTH, str(events), str(self.rules), AT, WINDOW, *ASKED],
            env=environment_of(self.tree),
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
        return told["catalogue"], {name: [tuple(each) for each in all_] for name, all_ in told["after"].items()}


class Feed(threading.Thread):
    """Sends events one after another, at a steady pace, until there is enough."""

    def __init__(self, kafka: str, topic: str, events: list[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        self._kafka, self._topic, self._events = kafka, topic, events
        self.sent: list[dict[str, Any]] = []
        self.enough = threading.Event()

    def run(self) -> None:
        producer = KafkaProducer(bootstrap_servers=self._kafka, linger_ms=5)
        for event in self._events:
            if self.enough.wait(1 / EVENTS_A_SECOND):
                break
            key = str(event["authority"])
            value, partition = json.dumps(event).encode(), partition_of(key, PARTITIONS)
            producer.send(self._topic, value, key=key.encode(), partition=partition)
            self.sent.append(event)
        producer.flush()
        producer.close()


@dataclass
class Seen:
    """What a server showed of an authority: by which version, and which numbers; None where it showed none."""

    catalogue: str
    numbers: Numbers


class Watcher(threading.Thread):
    """Asks a server for the figures of an authority ten times a second, and follows its board as well."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(daemon=True)
        self.port = port
        measures = "".join(f"&measure={measure}" for measure in ASKED)
        self._address = f"http://127.0.0.1:{port}/v1/figures?at={AT}&window={WINDOW}{measures}&authority={name}"
        self._live = f"http://127.0.0.1:{port}/v1/live?authority={name}"
        self.name_of = name
        self.enough = threading.Event()
        self.seen: list[Seen] = []
        self.blank: list[str] = []
        self.states: set[str] = set()
        self.asked = self.messages = 0

    def run(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        while not self.enough.wait(0.1):
            self.asked += 1
            try:
                with urllib.request.urlopen(self._address, timeout=5) as response:
                    self._note(json.load(response))
            except urllib.error.HTTPError as exc:
                self.blank.append(f"{exc.code}: {exc.read().decode()}")

    def _note(self, answer: Mapping[str, Any]) -> None:
        figures = {figure["measure"]: figure for figure in answer["figures"]}
        numbers = tuple(figures[name][half] for name in ASKED for half in ("numerator", "denominator"))
        if not self.seen or self.seen[-1].numbers != numbers:
            self.seen.append(Seen(answer["catalogue"], numbers))

    def _listen(self) -> None:
        with urllib.request.urlopen(self._live, timeout=30) as stream:
            for line in stream:
                if self.enough.is_set():
                    return
                if line.startswith(b"data: {"):
                    self.messages += 1
                    message = json.loads(line[6:])
                    self.states.add(message["state"])
                    blank = [name for name, figure in (message["figures"] or {"all": None}).items() if figure is None]
                    self.blank += [f"board {message['state']}: {name}" for name in blank]


def wrong(seen: list[Seen], code: str, truths: Mapping[str, list[Numbers]]) -> str | None:
    """Return what is wrong with what a server of the version *code* showed.

    Each must be of one count at some event, and none of an earlier event than the one before. The last measure, which
    the versions declare otherwise, has no number where the other version counted, and only there.
    """
    at = 0
    for number, each in enumerate(seen):
        is_foreign = each.catalogue.partition("-")[0] != code
        truth = truths[each.catalogue]
        while at < len(truth) and each.numbers != ((*truth[at][:-2], None, None) if is_foreign else truth[at]):
            at += 1
        if at == len(truth):
            return f"answer {number} of {len(seen)} by {code}: {each} after {seen[number - 1]}"
    return None


@pytest.mark.timeout(400)
def test_no_board_is_blank_and_no_figure_mixed(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """Whichever version reads what whichever version counted; and in the end every tally is that of the last one."""
    topic = new_topic(kafka, PARTITIONS)
    assert {partition_of(name, PARTITIONS) for name in AUTHORITIES} == {0, 1}
    plain, ruled = tmp_path / "plain.toml", tmp_path / "ruled.toml"
    plain.write_text("")
    ruled.write_text(RULES)
    env = environment(kafka, valkey.url, topic)
    before = Version(another_version(tmp_path / "before", SLOW), env, plain, tmp_path)
    after = Version(another_version(tmp_path / "after", SLOW, *LATER), env, plain, tmp_path)
    other_rules = Version(before.tree, env, ruled, tmp_path)
    feed, ports = Feed(kafka, topic, log()), (programs.free_port(), programs.free_port())
    watchers = [Watcher(port, name) for port in ports for name in AUTHORITIES]
    catalogues: list[str] = []

    def counted_by_another() -> bool:
        now = {snapshot.position.catalogue for snapshot in snapshots(valkey.url, topic).values()}
        return len(now) == 1 and now != set(catalogues[-1:])

    def switched() -> None:
        eventually(counted_by_another, within=120)
        catalogues.extend({snapshot.position.catalogue for snapshot in snapshots(valkey.url, topic).values()})
        time.sleep(1)

    with ExitStack() as running:

        def start(version: Version, *arguments: str) -> Process:
            process = version.start(*arguments)
            running.callback(process.kill)
            return process

        feed.start()
        running.callback(feed.enough.set)
        first = start(before, "worker", "--no-publish")
        eventually(lambda: committed(valkey.url, topic) > 600, within=120)
        switched()
        for version, port in zip((before, after), ports, strict=True):
            start(version, "serve", "--port", str(port))
        for port in ports:
            eventually(lambda port=port: _shows(port), within=60)
        for watcher in watchers:
            watcher.start()
            running.callback(watcher.enough.set)
        second = start(after, "worker", "--no-publish")  # both at once, each of some partitions
        eventually(lambda: _are_two(valkey.url, topic), within=120)
        time.sleep(2)
        assert first.stop() == 0
        switched()
        third = start(before, "worker", "--no-publish")  # back again
        assert second.stop() == 0
        switched()
        assert third.stop() == 0
        last = start(other_rules, "worker", "--no-publish")
        switched()
        feed.enough.set()
        feed.join(10)
        eventually(lambda: committed(valkey.url, topic) == len(feed.sent), within=60)
        time.sleep(1)
        for watcher in watchers:
            watcher.enough.set()
            watcher.join(10)
        assert last.stop() == 0
    events = tmp_path / "log.ndjson"
    events.write_text("".join(json.dumps(event) + "\n" for event in feed.sent))
    told = [version.truth(events) for version in (before, after, other_rules)]
    truths = dict(told)
    assert len(truths) == 3
    code_at = {port: code for port, (code, _) in zip(ports, told, strict=False)}
    for watcher in watchers:
        assert watcher.blank == []
        assert watcher.states <= {"live", "delayed"}
        assert min(watcher.asked, watcher.messages) > 30
        assert len(watcher.seen) > 10
        of_name = {catalogue: after_each[watcher.name_of] for catalogue, after_each in truths.items()}
        assert {each.catalogue for each in watcher.seen} == set(truths)
        assert wrong(watcher.seen, code_at[watcher.port], of_name) is None
    reference = InMemoryStore(read_authorities(ruled, {})).tell(
        decode(json.dumps(event).encode(), NOW) for event in feed.sent
    )
    assert tallies(valkey.url, topic) == reference.tallies


def _shows(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.HTTPError, OSError):
        return False


def _are_two(url: str, topic: str) -> bool:
    return len({snapshot.position.catalogue for snapshot in snapshots(url, topic).values()}) == 2
