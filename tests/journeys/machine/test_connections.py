"""Connections that ask nothing: the real server, and a real worker's metrics port, go on answering everybody else."""

import http.client
import os
import resource
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from deploy.machine import programs
from metrics.exposition.http.guard import HEADERS
from tests.conftest import Store
from tests.journeys.parts import MAIN, environment, eventually, new_topic

HALF_OPEN = 1_100
FEW_DESCRIPTORS = 1_024
BEGUN = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-"  # and never ended


@pytest.fixture(autouse=True)
def room_for_ours() -> Iterator[None]:
    """Let this process open as many connections as it means to leave half open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def running(*arguments: str, env: dict[str, str], log: Path, hard: int | None) -> Iterator[int]:
    """Run the command with few descriptors; where *hard*, it may not have more. Yield its process id."""
    limit = (FEW_DESCRIPTORS, hard or resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    limited = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, {limit}); os.execv(*ARGV)"
    script = limited.replace("ARGV", "(sys.argv[1], sys.argv[1:])")
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", script, *MAIN, *arguments], env=env, stdout=out, stderr=out)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def answers(port: int, path: str = "/livez") -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return bool(answer.status == 200)
    return False


def check_half_open(port: int, pid: int, log: Path) -> None:
    """Open more connections than there are descriptors, silent ones and half asked ones; then ask as others do."""
    eventually(lambda: answers(port), within=30)
    with ExitStack() as stack:
        for number in range(HALF_OPEN):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            if number % 2:
                with suppress(OSError):  # it had to make room already
                    half.sendall(BEGUN)
            if number % 100 == 0:
                assert answers(port), number
        for _ in range(20):
            assert answers(port)
        assert len(os.listdir(f"/proc/{pid}/fd")) < HALF_OPEN + 100
    said = log.read_bytes()
    assert b"Traceback" not in said
    assert len(said) < 2_000, said[:2_000]


@pytest.mark.parametrize("hard", [None, FEW_DESCRIPTORS], ids=["soft limit", "hard limit"])
def test_connections_that_ask_nothing_starve_nobody(valkey: Store, tmp_path: Path, hard: int | None) -> None:
    """1,100 half-open connections at a limit of 1,024: others are answered at once, and the log stays short."""
    port, log = programs.free_port(), tmp_path / "serve.log"
    env = environment("127.0.0.1:1", valkey.url, "case-events")
    with running("serve", "--port", str(port), env=env, log=log, hard=hard) as pid:
        check_half_open(port, pid, log)
        if hard is None:
            assert descriptors(pid) > FEW_DESCRIPTORS  # it gave itself more


def test_a_worker_s_metrics_are_not_starved(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """Nor does one connection keep a worker from saying that it lives, as one alone once did."""
    port, log = programs.free_port(), tmp_path / "worker.log"
    env = environment(kafka, valkey.url, new_topic(kafka))
    arguments = ("worker", "--no-publish", "--metrics-port", str(port))
    with running(*arguments, env=env, log=log, hard=FEW_DESCRIPTORS) as pid:
        check_half_open(port, pid, log)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/metrics", headers={"Host": "evil.example"})
        refused = connection.getresponse()
        assert (refused.status, refused.headers["Content-Security-Policy"]) == (
            421,
            HEADERS["Content-Security-Policy"],
        )
        refused.read()
        connection.request("HEAD", "/metrics")
        assert (head := connection.getresponse()).status == 200
        assert head.read() == b""
        connection.close()


def descriptors(pid: int) -> int:
    """Return how many descriptors the process may have."""
    (line,) = (it for it in Path(f"/proc/{pid}/limits").read_text().splitlines() if it.startswith("Max open files"))
    return int(line.split()[3])


def test_what_is_no_http_is_told_so(valkey: Store, tmp_path: Path) -> None:
    """With the headers that every answer has, and without a line in the log."""
    port, log = programs.free_port(), tmp_path / "serve.log"
    env = environment("127.0.0.1:1", valkey.url, "case-events")
    with running("serve", "--port", str(port), env=env, log=log, hard=None):
        eventually(lambda: answers(port), within=30)
        said = log.read_bytes()
        for sent in (
            b"\x16\x03\x01\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                line.sendall(sent)
                answer = b"".join(iter(lambda: line.recv(65_536), b""))
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b"x-content-type-options: nosniff" in answer
        assert log.read_bytes() == said


def test_a_request_that_never_ends_is_given_up(valkey: Store, tmp_path: Path) -> None:
    """A connection with half a request is closed by itself, one that is answered is not."""
    port, log = programs.free_port(), tmp_path / "serve.log"
    env = environment("127.0.0.1:1", valkey.url, "case-events")
    with running("serve", "--port", str(port), env=env, log=log, hard=None):
        eventually(lambda: answers(port), within=30)
        with (
            socket.create_connection(("127.0.0.1", port), timeout=60) as half,
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/live", timeout=60) as stream,
        ):
            half.sendall(BEGUN)
            assert half.recv(1) == b""
            assert stream.read1(65_536)
            assert stream.read1(65_536)
