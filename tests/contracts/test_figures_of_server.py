"""`casepulse figures` of a server: what is asked of it, and who answers where it does not."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import CliRunner, Result

from deploy.command import main
from deploy.configuration.settings import read_settings
from deploy.processes import refusal
from tests.contracts.test_settings import up_here

NO_STORE = "redis://127.0.0.1:1/0"
ANSWER = {
    "as_of": "2017-12-14T23:59:59.999999+00:00",
    "complete_to": None,
    "catalogue": "c",
    "simulated": True,
    "figures": [
        {
            "measure": "enquiries_received",
            "kind": "count",
            "unit": "enquiries",
            "authority": "X99999901",
            "window": "month",
            "from": "2017-12-01",
            "at": "2017-12-14",
            "known_at": None,
            "team": None,
            "locality": None,
            "by": {"enquiry_source": "school"},
            "numerator": 389,
            "denominator": None,
            "value": 389.0,
            "target": None,
            "status": "no_target",
            "beside": {},
            "suppressed": False,
            "share": None,
            "note": None,
        }
    ],
}


class Server:
    """Gives one answer to whatever it is asked, and remembers what that was."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []

    @property
    def parameters(self) -> list[tuple[str, str]]:
        (path,) = self.asked
        assert urlsplit(path).path == "/v1/figures"
        return parse_qsl(urlsplit(path).query)


@contextmanager
def server_with(status: int, body: bytes) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = Server(f"http://127.0.0.1:{http.server_port}")
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def figures(url: str, *arguments: str) -> Result:
    env = {"CASEPULSE_SERVER": url, "CASEPULSE_REDIS": NO_STORE}
    return CliRunner().invoke(main, ["figures", *arguments], env=env)


def test_the_server_is_asked_all_that_was_asked() -> None:
    """Every option has its parameter, and the answer is shown as that of the store."""
    with server_with(200, json.dumps(ANSWER).encode()) as server:
        done = figures(
            server.url,
            *("enquiries_received", "enquiries_to_assessment", "--at", "2017-12-14", "--at", "2017-12-14T15:00+00:00"),
            *("--window", "month", "--by", "enquiry_source", "--by", "team", "--only", "band=3+", "--only", "a=b=c"),
            *("--team", "Front door", "--locality", "Northern", "--authority", "X99999901"),
        )
    assert done.exit_code == 0, done.output
    assert done.output == (
        "Enquiries received (enquiries_received), month, at 2017-12-14\n  X99999901  enquiry_source school  389\n"
    )
    assert server.parameters == [
        ("measure", "enquiries_received"),
        ("measure", "enquiries_to_assessment"),
        ("at", "2017-12-14"),
        ("at", "2017-12-14T15:00:00+00:00"),
        ("by", "enquiry_source"),
        ("by", "team"),
        ("only", "band=3+"),
        ("only", "a=b=c"),
        ("window", "month"),
        ("team", "Front door"),
        ("locality", "Northern"),
        ("authority", "X99999901"),
    ]


def test_json_is_the_envelope_as_it_came() -> None:
    """Nothing of an answer is lost between the server and the screen."""
    with server_with(200, json.dumps(ANSWER).encode()) as server:
        assert json.loads(figures(server.url, "--json").output) == ANSWER
        assert server.parameters == []


@pytest.mark.parametrize(("status", "body"), [(400, b"<html>"), (404, b"{}"), (500, b'{"detail": "no"}'), (503, b"")])
def test_the_store_is_asked_where_the_server_gives_no_figures(status: int, body: bytes) -> None:
    """It is being rebuilt, failed, or refuses without a reason: the store is asked."""
    with server_with(status, body) as server:
        done = figures(server.url, "enquiries_received")
        assert server.asked
    assert done.exit_code == 1
    assert "the store does not answer at redis://127.0.0.1:1/0" in done.output


@pytest.mark.parametrize("status", [400, 404])
def test_where_no_store_answers_the_reason_of_the_server_is_said(status: int) -> None:
    """A wrong question must not read as a dead store."""
    with server_with(status, b'{"status": 400, "detail": "no team Nope: there are North, South"}') as server:
        done = figures(server.url, "--team", "Nope")
    assert done.exit_code == 2
    assert "no team Nope: there are North, South" in done.output
    assert "does not answer" not in done.output


def test_the_store_is_asked_where_nothing_listens() -> None:
    """The server may just be starting, or have ended."""
    assert "the store does not answer" in figures("http://127.0.0.1:1").output


def test_a_wrong_question_is_wrong_use() -> None:
    """Exit 2, with the words of the store: there is one text for one fault."""
    with server_with(404, b'{"detail": "of the server"}') as server:
        done = figures(server.url, "enquiries_recieved")
    assert (done.exit_code, "did you mean enquiries_received?" in done.output) == (2, True)


def test_another_program_at_the_address_is_said() -> None:
    """No figure is shown of what answers with something else."""
    with server_with(200, b"<html>") as server:
        done = figures(server.url)
    assert (done.exit_code, "is no server of this version: set CASEPULSE_SERVER" in done.output) == (1, True)


@pytest.mark.parametrize("option", ["--known-at", "--cases", "--from"])
def test_what_a_server_does_not_answer_is_never_asked_of_it(option: str, tmp_path: Path) -> None:
    """Cases, and what was known by then, are in the store; a file is folded here."""
    (tmp_path / "events.ndjson").touch()
    arguments = {"--known-at": ("--known-at", "2017-12-31"), "--cases": ("--cases",), "--from": ("--from", "{}")}[
        option
    ]
    with server_with(200, json.dumps(ANSWER).encode()) as server:
        figures(server.url, "enquiries_received", *(word.format(tmp_path / "events.ndjson") for word in arguments))
        assert server.asked == []


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"CASEPULSE_TOPIC": "case-events"}, "http://127.0.0.1:8080"),
        ({"CASEPULSE_TOPIC": "others"}, None),
        ({"CASEPULSE_AUTHORITIES": "/elsewhere.toml"}, None),
        ({"CASEPULSE_REDIS": NO_STORE}, None),
        ({"CASEPULSE_SERVER": ""}, None),
    ],
    ids=str,
)
def test_the_server_of_up_is_asked_only_what_it_counts(
    given: dict[str, str], server: str | None, tmp_path: Path
) -> None:
    """Another topic, other rules or another store than those of the `up` that runs here are no question for it."""
    (tmp_path / "environment").write_text(
        "CASEPULSE_KAFKA=k:1\nCASEPULSE_REDIS=redis://r:1/0\nCASEPULSE_SERVER=http://127.0.0.1:8080\n"
        "CASEPULSE_TOPIC=case-events\nCASEPULSE_AUTHORITIES=\n"
    )
    with (tmp_path / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert read_settings({"CASEPULSE_DATA_DIR": str(tmp_path), **given}).server == server


def test_an_empty_authority_is_neither_one_nor_all() -> None:
    """As the unset variable of a script gives it: server and store would take it for different things."""
    with server_with(200, json.dumps(ANSWER).encode()) as server:
        done = figures(server.url, "--authority", "")
    assert (done.exit_code, "it is empty: name an authority" in done.output, server.asked) == (2, True, [])


def test_figures_that_stand_still_are_shown_with_the_reason(tmp_path: Path) -> None:
    """The worker of the `up` here has refused: figures are true, no longer follow, and say why beside them."""
    here = tmp_path / "state"
    with server_with(200, json.dumps(ANSWER).encode()) as server, up_here(here, CASEPULSE_SERVER=server.url):
        env = {"CASEPULSE_DATA_DIR": str(here)}
        before = CliRunner().invoke(main, ["figures", "--csv"], env=env)
        refusal.note(here, "the log was cut back: restore it")
        after = CliRunner().invoke(main, ["figures", "--csv"], env=env)
    assert (before.exit_code, before.stderr) == (0, "")
    assert (after.exit_code, after.stdout) == (0, before.stdout)
    assert after.stderr == (
        "the worker has refused to run, so nothing new is counted. It said: the log was cut back: restore it\n"
    )
