"""The topic of figures: a reader that keeps the newest under each key has the truth, whatever dies, whoever writes."""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from deploy.machine import programs
from events.simulator.clock import BEGINS, DemonstrationClock
from events.working_days import calendar
from metrics.catalogue import BY_NAME, MEASURES
from metrics.figures.answers import Answers
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.rules.rules import Rules
from metrics.rules.teams import TeamFact
from metrics.store.in_memory import InMemoryStore
from metrics.windows import parse_at
from streams.broker import topics
from streams.broker.partitions import partition_of
from streams.publishing.figures_topic import REWRITE_SECONDS, RecordContext, Standing, Telling, key_of, standing
from tests.conftest import Store
from tests.histories import shuffled
from tests.journeys.machine.test_spine import log_of, reference
from tests.journeys.parts import (
    MAIN,
    committed,
    environment,
    eventually,
    figure_records,
    new_topic,
    newest,
    send,
    worker,
)

AUTHORITIES, PARTITIONS = 6, 4
LOG = shuffled(1, list(log_of(AUTHORITIES, histories=2)))  # so that each half is of all authorities
NAMES = {str(event["authority"]) for event in LOG}
ABOUT = RecordContext("log", 7, "rules", simulated=False)
ALWAYS_CHANGES = "longest_wait"
RULES = Rules(calendar())


def answers_of(store: InMemoryStore, rules: Rules) -> Answers:
    return Answers(store.snapshot(), lambda _: datetime.now(UTC), lambda _: rules)


class Truth:
    """The figures that must stand in the topic once all of a log is read."""

    def __init__(self, log: list[dict[str, Any]]) -> None:
        self._store = reference(log)
        answers = answers_of(self._store, RULES)
        moments = {name: answers.now(name) for name in answers.authorities}
        self.keys = {key_of(f) for name, at in moments.items() for each in standing(answers, name, at) for f in each}

    def differs(self, read: dict[str, dict[str, Any]]) -> bool:
        """Whether *read* is anything but every figure, each as it was at the moment that it names."""
        return read.keys() != self.keys or any(figure != self._figure(key, figure) for key, figure in read.items())

    def _figure(self, key: str, like: dict[str, Any]) -> dict[str, Any]:
        at, name = parse_at(like["at"]), like["authority"]
        question = Question(measure=BY_NAME[like["measure"]], at=at, team=like["team"])
        (figure,) = (f for f in answers_of(self._store, RULES).figures(name, question) if key_of(f) == key)
        plain: dict[str, Any] = json.loads(msgspec.json.encode(figure))
        return plain


def header(record: Any, name: str) -> str:
    return dict(record.headers)[name].decode()


def never_goes_back(records: list[Any]) -> bool:
    """Whether no record of a partition is of fewer events than one before it."""
    positions = defaultdict(list)
    for record in records:
        positions[record.partition].append(int(header(record, "ce_position")))
    return all(each == sorted(each) for each in positions.values())


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_the_newest_under_each_key_is_the_truth(
    kafka: str, valkey: Store, tmp_path: Path, ending: signal.Signals
) -> None:
    """A worker ends in the middle and another goes on: in the end every figure is the log's, at its own moment."""
    topic = new_topic(kafka, PARTITIONS)
    env = environment(kafka, valkey.url, topic)
    half, truth = len(LOG) // 2, Truth(LOG)
    with worker(env, tmp_path / "first.log") as first:
        send(kafka, topic, LOG[:half])
        eventually(lambda: bool(newest(kafka, topic)), within=60, every=0.5)
        sending = threading.Thread(target=slowly, args=(kafka, topic, LOG[half:]))
        sending.start()
        time.sleep(1)
        first.signal(ending)
        with worker(env, tmp_path / "second.log"):
            sending.join()
            eventually(lambda: committed(valkey.url, topic) == len(LOG), within=30)
            eventually(lambda: not truth.differs(newest(kafka, topic)), within=60, every=0.5)
    records = figure_records(kafka, topic)
    assert never_goes_back(records)
    assert {record.partition for record in records} == {partition_of(name, PARTITIONS) for name in NAMES}
    about = dict(records[-1].headers)
    assert about["ce_specversion"] == b"1.0"
    assert about["ce_subject"] == records[-1].key
    assert about["ce_type"] == b"casepulse.figure"
    assert about["ce_log"].decode() == topics.describe(kafka, topic).topic_id


def slowly(kafka: str, topic: str, events: list[dict[str, Any]]) -> None:
    for first in range(0, len(events), 40):
        send(kafka, topic, events[first : first + 40])
        time.sleep(0.2)


def test_a_figure_that_changes_by_time_alone_is_written(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """An enquiry that nobody decides is overdue once its working day is over, by the made-up authority's own clock."""
    topic = new_topic(kafka, PARTITIONS)
    received = {
        "type": "enquiry.received",
        "id": "t1",
        "authority": "X99999901",
        "child": "c1",
        "record": "E1",
        "source": "simulator",
        "origin": "simulation",
        "team": "Front door",
        "recorded_at": "2017-12-14T10:00:00Z",
        "occurred_at": "2017-12-14T10:00:00Z",
    }
    send(kafka, topic, [received])
    clock = tmp_path / "clock.json"
    env = environment(kafka, valkey.url, topic) | {"CASEPULSE_DEMONSTRATION": str(clock)}
    overdue = "X99999901/enquiries_overdue/now/Front door"
    clock.write_bytes(DemonstrationClock.resumed(BEGINS, datetime.now(UTC), 60).encode())
    with worker(env, tmp_path / "worker.log"):
        eventually(lambda: overdue in newest(kafka, topic), within=60, every=0.5)
        now = DemonstrationClock.resumed(BEGINS + timedelta(days=1), datetime.now(UTC), 7200)
        clock.write_bytes(now.encode())
        eventually(lambda: newest(kafka, topic)[overdue]["numerator"] == 1, within=60, every=0.5)
    written = [record for record in figure_records(kafka, topic) if record.key.decode() == overdue]
    assert [json.loads(record.value)["numerator"] for record in written] == [0, 1]
    assert {header(record, "ce_position") for record in written} == {"1"}
    assert {header(record, "ce_simulated") for record in written} == {"true"}
    assert date.fromisoformat(json.loads(written[-1].value)["at"][:10]) > date(2017, 12, 15)


def test_right_figures_are_not_written_again_and_wrong_ones_are_corrected(
    kafka: str, valkey: Store, tmp_path: Path
) -> None:
    """A worker that starts reads the topic: it corrects a wrong figure, withdraws unknown ones, and leaves the rest."""
    topic = new_topic(kafka, PARTITIONS)
    send(kafka, topic, LOG)
    env, truth = environment(kafka, valkey.url, topic), Truth(LOG)
    with worker(env, tmp_path / "first.log"):
        eventually(lambda: not truth.differs(newest(kafka, topic)), within=60, every=0.5)
    ends = {record.partition: record.offset for record in figure_records(kafka, topic)}
    wrong, gone = f"{min(NAMES)}/assessments_open/now/", f"{min(NAMES)}/no_such_measure/now/"
    nobody = "X00000000/assessments_open/now/"
    figure = newest(kafka, topic)[wrong] | {"numerator": 999}
    producer = KafkaProducer(bootstrap_servers=kafka)
    for key in (wrong, gone, nobody):
        place = partition_of(min(NAMES), PARTITIONS)
        producer.send(topics.figures(topic), json.dumps(figure).encode(), key=key.encode(), partition=place)
    producer.close()
    with worker(env, tmp_path / "second.log"):
        eventually(lambda: not truth.differs(newest(kafka, topic)), within=60, every=0.5)
        eventually(lambda: not {gone, nobody} & newest(kafka, topic).keys(), within=10)
        time.sleep(2)
    later = [record for record in figure_records(kafka, topic) if record.offset > ends.get(record.partition, -1)]
    written = [record.key.decode() for record in later if "ce_id" in dict(record.headers)]
    assert sorted(key for key in written if ALWAYS_CHANGES not in key) == sorted((wrong, gone, nobody))


@contextmanager
def publisher(env: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", list[dict[str, Any]]]]:
    """Run a publisher alone, of every partition; give its process and its reports."""
    process = subprocess.Popen(
        [*MAIN, "publish"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    out, reports = process.stdout, []
    listening = threading.Thread(target=lambda: reports.extend(json.loads(line) for line in out))
    listening.start()
    try:
        process.stdin.write(json.dumps({"partitions": list(range(PARTITIONS))}) + "\n")
        process.stdin.flush()
        yield process, reports
    finally:
        process.kill()
        process.wait()
        listening.join()
        process.stdin.close()
        out.close()


def published(reports: list[dict[str, Any]]) -> int:
    return sum(report.get("published", 0) for report in reports)


def test_a_publisher_that_was_thought_dead_writes_no_more(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """It slept, another took over, and it wakes with older figures: Kafka turns it away."""
    topic = new_topic(kafka, PARTITIONS)
    env = environment(kafka, valkey.url, topic)
    half, truth = len(LOG) // 2, Truth(LOG)
    send(kafka, topic, LOG[:half])
    with worker(env, tmp_path / "worker.log", "--no-publish"), publisher(env) as (sleeper, reports):
        eventually(lambda: {key.partition("/")[0] for key in newest(kafka, topic)} == NAMES, within=60, every=0.5)
        sleeper.send_signal(signal.SIGSTOP)
        with publisher(env) as (_, others):
            send(kafka, topic, LOG[half:])
            eventually(lambda: not truth.differs(newest(kafka, topic)), within=60, every=0.5)
            send(kafka, topic, LOG[:half])  # told again: the position moves, and the sleeper has something to write
            sleeper.send_signal(signal.SIGCONT)
            eventually(lambda: any("failed" in report for report in reports), within=30)
            sleeper.kill()
            assert published(others) > 0
    assert {report["failed"] for report in reports if "failed" in report} == {"ProducerFenced"}
    assert never_goes_back(figure_records(kafka, topic))
    assert not truth.differs(newest(kafka, topic))


def test_publishing_is_never_the_worker_s_end(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """No topic of figures, and later a publisher that is killed: events are counted, and failures too."""
    topic, port, truth = new_topic(kafka, PARTITIONS), programs.free_port(), Truth(LOG)
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_topics([topics.figures(topic)])
    eventually(lambda: topics.figures(topic) not in admin.list_topics(), within=10)
    admin.close()
    send(kafka, topic, LOG)
    with worker(environment(kafka, valkey.url, topic), tmp_path / "worker.log", "--metrics-port", str(port)) as process:
        eventually(lambda: committed(valkey.url, topic) == len(LOG), within=30)
        eventually(lambda: counted(port, 'figures_failed_total{kind="Refused"}') >= 1, within=60, every=0.5)
        assert "has no topic" in process.log.read_text()
        topics.ensure(kafka, topic, PARTITIONS)
        eventually(lambda: counted(port, "figures_published_total") > 0, within=60, every=0.5)
        os.kill(child_of(process.pid), signal.SIGKILL)
        eventually(lambda: counted(port, 'figures_failed_total{kind="ended"}') == 1, within=10)
        eventually(lambda: not truth.differs(newest(kafka, topic)), within=60, every=0.5)
        assert process.ended() is None
        assert process.stop() == 0


def counted(port: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        lines = response.read().decode().splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"casepulse_{name} ")), 0.0)


def child_of(pid: int) -> int:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return next(int(child) for thread in threads for child in (thread / "children").read_text().split())


def test_a_worker_may_be_told_not_to_publish(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """Then no process is started beside it."""
    topic = new_topic(kafka, PARTITIONS)
    send(kafka, topic, LOG)
    with worker(environment(kafka, valkey.url, topic), tmp_path / "worker.log", "--no-publish") as process:
        eventually(lambda: committed(valkey.url, topic) == len(LOG), within=30)
        with pytest.raises(StopIteration):
            child_of(process.pid)


def test_the_topic_keeps_the_newest_under_each_key(kafka: str) -> None:
    """As it is made: compacted, and divided as events are."""
    topic = new_topic(kafka, PARTITIONS)
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    (described,) = admin.describe_topics([topics.figures(topic)])
    admin.close()
    assert len(described["partitions"]) == PARTITIONS
    assert topics.figures(topics.EVENTS) == "figures"


# --- without anything running ---------------------------------------------------------------------------------------

AT = parse_at("2026-10-01")
STORE = reference(LOG)


def figures_of_one() -> list[Figure]:
    """Return the figures of one authority that are to stand."""
    return [f for each in standing(answers_of(STORE, RULES), min(NAMES), AT) for f in each]


def test_every_figure_has_a_key_of_its_own() -> None:
    """A reader that keeps the newest under each key would take two figures under one key for one."""
    keys = [key_of(figure) for figure in figures_of_one()]
    assert len(set(keys)) == len(keys)
    assert {key.split("/")[1] for key in keys} == {measure.name for measure in MEASURES}
    assert f"{min(NAMES)}/placements_in_year/now//band=3+" in keys
    strange = msgspec.structs.replace(figures_of_one()[0], team="A/B 50%/band=3+")
    assert key_of(strange) == f"{min(NAMES)}/enquiries_received/month/A%2FB 50%25%2Fband=3+"


def test_a_name_cannot_be_taken_for_another_part_of_a_key() -> None:
    """What stands of an authority called `A/B` is found again as its own: it is neither withdrawn nor written anew."""
    figures = [msgspec.structs.replace(figure, authority="A/B 5%2F") for figure in figures_of_one()]
    keys = {key_of(figure) for figure in figures}
    assert len(keys) == len(figures)
    assert "A%2FB 5%252F/placements_in_year/now//band=3+" in keys
    stands = Standing()
    stands.wrote([Telling(key_of(figure), figure) for figure in figures], ABOUT, 5.0)
    assert stands.authorities == {"A/B 5%2F"}
    assert not list(stands.differing(figures, 6.0))
    assert {telling.key for telling in stands.withdrawn("A/B 5%2F", set())} == keys
    assert ABOUT.headers(min(keys), "now", withdrawn=False)[2] == ("ce_source", b"/A%2FB 5%252F/casepulse")


def test_the_topic_holds_the_figures_that_the_api_gives_of_a_team() -> None:
    """Also of a team that has nothing in a measure now: a reader would else keep its former figure for ever."""
    name, rules = min(NAMES), Rules(calendar(), teams=(TeamFact("North", "Hill"), TeamFact("New", "Dale")))
    answers = answers_of(STORE, rules)
    stands = [figure for each in standing(answers, name, AT) for figure in each]
    teams = {figure.team for figure in stands}
    assert {None, "New", "North", "South"} <= teams
    for measure in MEASURES:
        for team in teams:
            answer = answers.figures(name, Question(measure=measure, at=AT, team=team))
            assert [f for f in stands if (f.measure, f.team) == (measure.name, team)] == answer


def test_a_figure_is_written_when_it_changes_and_within_the_hour() -> None:
    """Not when only the moment that it is true for has moved on."""
    stands, now = Standing(), 1_000_000.0
    assert len(list(stands.differing(figures_of_one(), now))) == len(figures_of_one())
    stands.wrote([Telling(key_of(figure), figure) for figure in figures_of_one()], ABOUT, now)
    later = [msgspec.structs.replace(figure, at="2026-10-02") for figure in figures_of_one()]
    assert not list(stands.differing(later, now + REWRITE_SECONDS))
    assert len(list(stands.differing(later, now + REWRITE_SECONDS + 1))) == len(later)
    changed = msgspec.structs.replace(later[0], numerator=12345)
    assert [telling.figure for telling in stands.differing([changed, *later[1:]], now)] == [changed]
    assert REWRITE_SECONDS < 3600


def test_figures_that_are_read_back_equal_those_written() -> None:
    """So a publisher that starts writes no figure again, and none of a position before the last one written."""
    stands = Standing()
    for figure in figures_of_one():
        telling = Telling(key_of(figure), figure)
        stands.read(telling.key.encode(), telling.value, ABOUT.headers(telling.key, figure.at, withdrawn=False), 5.0)
    assert not list(stands.differing(figures_of_one(), 6.0))
    assert (stands.position("log"), stands.position("another")) == (7, 0)
    assert not list(stands.withdrawn(min(NAMES), {key_of(figure) for figure in figures_of_one()}))
    key = key_of(figures_of_one()[0])
    stands.read(key.encode(), None, [], 6.0)
    assert [telling.key for telling in stands.differing(figures_of_one(), 6.0)] == [key]
    stands.read(key.encode(), b"{not ours", [], 7.0)
    assert [telling.key for telling in stands.differing(figures_of_one(), 7.0)] == [key]
    assert {telling.key for telling in stands.withdrawn(min(NAMES), set())} == {key_of(f) for f in figures_of_one()}
