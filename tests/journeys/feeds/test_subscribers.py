"""The subscribers that the documentation shows, run as they stand there against the real parts."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.machine import programs
from streams.broker import topics
from tests.conftest import Store, installed
from tests.journeys.machine.test_spine import log_of
from tests.journeys.parts import Process, environment, eventually, new_topic, newest, send, worker

FOLDER = Path(__file__).parents[3] / "docs" / "subscribers"
# Without reports of a feed: a late one would have the board stand at its time, and not at now.
LOG = [event for event in log_of(1) if event["type"] != "feed.reported"]
NAME = str(LOG[0]["authority"])
NODE = shutil.which("node")


@contextmanager
def running(log: Path, *argv: str) -> Iterator[Path]:
    """Run a subscriber while the block lasts; give the file that it prints to."""
    with log.open("wb") as out, subprocess.Popen(argv, stdout=out, stderr=out) as process:
        try:
            yield log
        finally:
            process.kill()


def boards(printed: Path) -> list[dict[str, Any]]:
    """Return the figures of each board that was printed whole."""
    lines = [line.split(" ", 2) for line in printed.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [json.loads(figures) for _, state, figures in lines if state in ("live", "delayed")]


@pytest.mark.parametrize(
    ("program", "file"),
    [
        (sys.executable, "live.py"),
        pytest.param(NODE, "live.mjs", marks=pytest.mark.skipif(NODE is None, reason="node is not installed")),
    ],
    ids=["python", "node"],
)
def test_a_board_is_heard_in_ten_lines(kafka: str, valkey: Store, tmp_path: Path, program: str, file: str) -> None:
    """Each change comes by itself, and its figures are those that the API gives."""
    topic, port = new_topic(kafka), programs.free_port()
    env, url = environment(kafka, valkey.url, topic), f"http://127.0.0.1:{port}"
    send(kafka, topic, LOG)
    server = Process("serve", "--port", str(port), env=env, log=tmp_path / "serve.log")
    try:
        with worker(env, tmp_path / "worker.log", "--no-publish"):
            eventually(lambda: answers(f"{url}/v1/figures?measure=assessments_open"), within=60)
            with running(tmp_path / "heard.log", program, str(FOLDER / file), url) as heard:
                eventually(lambda: bool(boards(heard)), within=20)
                before = boards(heard)[-1]["received_month"]["numerator"]
                send(kafka, topic, [enquiry()])
                eventually(lambda: boards(heard)[-1]["received_month"]["numerator"] == before + 1, within=20)
                shown = boards(heard)[-1]["assessments_open"]
            with urllib.request.urlopen(f"{url}/v1/figures?measure=assessments_open&authority={NAME}") as response:
                (asked,) = json.load(response)["figures"]
    finally:
        server.kill()
    assert {**shown, "at": asked["at"]} == asked
    assert lines_of(file) <= 10


def test_figures_are_kept_in_ten_lines(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """From the topic, the newest under each key."""
    topic = new_topic(kafka)
    send(kafka, topic, LOG)
    with worker(environment(kafka, valkey.url, topic), tmp_path / "worker.log"):
        eventually(lambda: bool(newest(kafka, topic)), within=60, every=0.5)
        argv = (sys.executable, "-W", "ignore", str(FOLDER / "figures.py"), kafka, topics.figures(topic))
        with running(tmp_path / "heard.log", *argv) as heard:
            eventually(lambda: kept(heard).keys() >= newest(kafka, topic).keys(), within=30, every=0.5)
            send(kafka, topic, [enquiry()])
            key = f"{NAME}/enquiries_received/month/"
            before = newest(kafka, topic)[key]["value"]
            eventually(lambda: kept(heard)[key] == str(before + 1), within=20)
    assert lines_of("figures.py") <= 10


def test_another_client_reads_what_stands(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """kcat, which is librdkafka: the same figures under the same keys, and the headers of CloudEvents."""
    topic = new_topic(kafka)
    send(kafka, topic, LOG)
    with worker(environment(kafka, valkey.url, topic), tmp_path / "worker.log"):
        eventually(lambda: bool(newest(kafka, topic)), within=60, every=0.5)
    argv = (
        installed("kcat"),
        "-C",
        "-q",
        "-e",
        "-b",
        kafka,
        "-t",
        topics.figures(topic),
        "-o",
        "beginning",
        "-X",
        "isolation.level=read_committed",
        "-f",
        "%k\t%h\t%s\n",
    )
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    records = [line.split("\t") for line in said.splitlines()]
    assert {key: json.loads(value) for key, _, value in records} == newest(kafka, topic)
    assert all(f"ce_subject={key}" in headers.split(",") for key, headers, _ in records)


def enquiry() -> dict[str, Any]:
    """An enquiry of this very moment."""
    now = datetime.now(UTC).isoformat()
    return {
        "type": "enquiry.received",
        "id": f"new-{now}",
        "authority": NAME,
        "child": "new",
        "record": "new",
        "source": "eclipse",
        "recorded_at": now,
        "occurred_at": now,
    }


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(json.load(response)["figures"])
    except OSError:
        return False


def kept(printed: Path) -> dict[str, str]:
    """Return what was printed last of each key."""
    whole = [line.rstrip("\n") for line in printed.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return {key: value for key, _, value in (line.rpartition(" ") for line in whole)}


def lines_of(file: str) -> int:
    """Return how many lines of a subscriber say something, beside what it says of itself."""
    lines = (FOLDER / file).read_text().splitlines()
    return len([line for line in lines if line.strip() and not line.startswith(('"""', "//"))])
