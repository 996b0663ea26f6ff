"""A board behind a real nginx, set up as docs/proxies.md has it: what the server sends is there at once."""

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deploy.machine import programs
from deploy.machine.running import Program
from events.working_days import calendar
from metrics.rules.rules import Rules
from tests.boards import Clock, Server, Told, serving
from tests.conftest import installed, started

PAGE = Path(__file__).parents[3] / "docs" / "proxies.md"
BARE = "location / { proxy_pass http://127.0.0.1:8080; }"
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def of_the_page() -> str:
    """Return the location that the page gives nginx."""
    found = re.search(r"location / \{.*?\n    \}", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[0]


@contextmanager
def nginx(folder: Path, location: str, server: Server) -> Iterator[int]:
    """Run nginx before *server*; yield its port."""
    port = programs.free_port()
    temporary = " ".join(f"{name}_temp_path {folder / name};" for name in FOLDERS)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; master_process off; pid {folder / 'nginx.pid'}; error_log stderr;\n"
        f"events {{ worker_connections 64; }}\nhttp {{ access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; {location.replace('127.0.0.1:8080', f'127.0.0.1:{server.port}')} }} }}\n"
    )

    def ready(_: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    argv = (installed("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(file))
    with started(Program("nginx", f"127.0.0.1:{port}", argv, folder, ready), within=10):
        yield port


@contextmanager
def through(folder: Path, location: str) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection through nginx to a server of which nothing was told: its messages are the smallest."""

    async def make() -> Told:
        return Told()

    with (
        serving(Clock(), Rules(calendar()), make) as server,
        nginx(folder, location, server) as port,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection,
    ):
        yield connection


@pytest.mark.parametrize("location", [BARE, of_the_page()], ids=["bare", "page"])
def test_a_message_comes_by_itself(tmp_path: Path, location: str) -> None:
    """The first that comes is one message. Kept back, it came with seven others, eight seconds late."""
    with through(tmp_path, location) as connection:
        connection.request("GET", "/v1/live")
        answer = connection.getresponse()
        assert answer.status == 200
        for _ in range(3):
            assert answer.read1(65_536).count(b"event: board") == 1


def test_the_page_s_proxy_answers_pages_of_its_own(tmp_path: Path) -> None:
    """By whichever name it is asked, as that is its own matter; redirects stay with that name."""
    with through(tmp_path, of_the_page()) as connection:
        own = {"Host": "boards.council.example", "Origin": "https://boards.council.example"}
        connection.request("GET", "/v1/authorities", headers=own)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"[]")
        connection.request("GET", "/v1/measures/", headers=own)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (307, b"")
        assert answer.headers["Location"] in ("/v1/measures", "http://boards.council.example/v1/measures")


def test_a_proxy_that_sends_its_own_name_on_is_refused(tmp_path: Path) -> None:
    """Whoever set it up sees a 421 that names the page, and nobody sees a figure."""
    sends_on = BARE.replace("}", "proxy_set_header Host $host; }")
    with through(tmp_path, sends_on) as connection:
        connection.request("GET", "/v1/figures", headers={"Host": "boards.council.example"})
        answer = connection.getresponse()
        assert (answer.status, b"docs/proxies.md" in answer.read()) == (421, True)
