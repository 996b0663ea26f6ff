"""Whom the server answers: by which name and from whose page; and that no request at all brings it to a fault."""

import asyncio
import gzip
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from deploy.processes.metrics_port import create_app as worker_s
from metrics.catalogue import MEASURES
from metrics.exposition.http.app import create_app
from metrics.exposition.http.guard import HEADERS
from streams.worker.health import Health
from tests.boards import Clock, Told, at
from tests.contracts.test_answers import NOW

Headers = Sequence[tuple[bytes, bytes]]
OURS = [(b"host", b"127.0.0.1:8080")]
FIGURES = "/v1/figures"
LIVE = "/v1/live"
TABLE = """
    day                  | event                        | record | child | fields
    ---------------------+------------------------------+--------+-------+-----------
    2025-06-02T09:00:00Z | enquiry received             | E1     | ada   | team=North rag=red
    2025-06-02T10:00:00Z | enquiry received             | E2     | ben   | team=South rag=amber
    2025-06-02T11:00:00Z | enquiry decided              | D1     | ada   | team=North enquiry=E1 outcomes=assessment
    2025-05-01           | assessment started           | A1     | cal   | team=North
    2025-05-20           | assessment authorised        | A1     | cal   | team=North outcomes=case_closed
    2025-05-01           | care started                 | C1     | dee   | team=South
    2025-05-01           | placement started            | P1     | dee   | placement=U1
"""


class Answer(NamedTuple):
    """An answer, or the beginning of a stream."""

    status: int
    headers: dict[str, str]
    body: bytes


def server(table: str = TABLE) -> FastAPI:
    reader = Told(table)
    reader.answered_at = time.monotonic()
    return create_app(reader, Clock(at(NOW)).clocks(reader.rules))


def asked(app: ASGIApp, path: str, headers: Headers = OURS, method: str = "GET", query: bytes = b"") -> Answer:
    """Return what *app* answers, as a server hands requests to it. Of a stream only the first message is awaited."""
    sent: list[dict[str, object]] = []
    first = asyncio.Event()

    async def send(message: dict[str, object]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            first.set()

    async def receive() -> dict[str, object]:
        await first.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path, errors="replace").encode(),
        "root_path": "",
        "query_string": query,
        "headers": list(headers),
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50_000),
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    start, *bodies = sent
    told = {name.decode(): value.decode() for name, value in start["headers"]}  # type: ignore[attr-defined]
    return Answer(start["status"], told, b"".join(body["body"] for body in bodies))  # type: ignore[arg-type, misc]


def is_guarded(answer: Answer) -> bool:
    """Whether *answer* has every header that protects whoever looks."""
    return {name.lower(): value for name, value in HEADERS.items()}.items() <= answer.headers.items()


PATHS = (
    "/",
    "/boards/mash",
    "/boards/assets/board.js",
    FIGURES,
    "/v1/measures",
    LIVE,
    "/metrics",
    "/livez",
    "/nowhere",
)
OTHERS = (
    "evil.example",
    "evil.example:8080",
    "EVIL.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8080",
    "evil.example.",
    "127.0.0.1:8080@evil.example",
    "evil.example@127.0.0.1",
    "user@localhost",
    "localhost:8080, evil.example",
    "localhost:port",
    "localhost:123456",
    "local host",
    "localhost\t",
    "[::1",
    "[::2]",
    "::1",
    "0.0.0.0:8080",
    "192.168.0.4:8080",
    "127.0.0.2",
    "lo\u017fcalhost",
    "",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", OTHERS)
def test_a_name_that_is_not_ours_is_refused(path: str, host: str) -> None:
    """A page whose own name was made to lead here (DNS rebinding) reads nothing, and no name is repeated to it."""
    answer = asked(server(), path, [(b"host", host.encode())])
    assert answer.status == 421
    assert "figures" not in answer.body.decode().lower()
    assert b"evil" not in answer.body
    assert is_guarded(answer)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost", "LocalHost:65535", "localhost:", "[::1]", "[::1]:8080"]
)
def test_our_own_names_are_answered_on_every_port(host: str) -> None:
    """Upper case or not, as a port that is forwarded to ours may be another."""
    assert asked(server(), FIGURES, [(b"host", host.encode())]).status == 200


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "evil.example"]])
def test_exactly_one_name_is_given(hosts: Iterable[str]) -> None:
    """None, as HTTP/1.0 allowed, and two of which one could be another's, are refused."""
    answer = asked(server(), FIGURES, [(b"host", host.encode()) for host in hosts])
    assert (answer.status, is_guarded(answer)) == (400, True)


@pytest.mark.parametrize("name", [b"x-forwarded-host", b"x-forwarded-for", b"forwarded", b"x-original-host", b"x-host"])
def test_a_forwarded_name_counts_for_nothing(name: bytes) -> None:
    """Neither does it open the door to another's Host, nor does it close it to ours."""
    for value in (b"127.0.0.1", b"evil.example", b"host=127.0.0.1"):
        assert asked(server(), FIGURES, [(b"host", b"evil.example"), (name, value)]).status == 421
        assert asked(server(), FIGURES, [*OURS, (name, value)]).status == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://127.0.0.1:8080/v1/figures", 200),
        ("HTTP://LOCALHOST/v1/figures", 200),
        ("http://[::1]", 200),
        ("http://evil.example/v1/figures", 421),
        ("http://127.0.0.1@evil.example/v1/figures", 421),
        ("http://evil.example@127.0.0.1/v1/figures", 421),
        ("http:///v1/figures", 421),
        ("*", 404),
        ("//evil.example/v1/figures", 404),
    ],
)
def test_a_request_may_say_the_whole_address(target: str, status: int) -> None:
    """As a proxy may send it: the name in it must be ours, whatever Host says."""
    answer = asked(server(), target)
    assert (answer.status, is_guarded(answer)) == (status, True)
    assert asked(server(), target, [(b"host", b"evil.example")]).status == 421


@pytest.mark.parametrize("path", [LIVE, FIGURES, "/"])
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8080", 200),
        ("http://localhost:3000", 200),
        ("https://[::1]", 200),
        ("https://evil.example", 403),
        ("http://127.0.0.1.evil.example", 403),
        ("http://127.0.0.1@evil.example", 403),
        ("null", 403),
        ("", 403),
        ("file://", 403),
        ("http://127.0.0.1:8080/", 403),
    ],
)
def test_a_page_of_another_site_reads_nothing(path: str, origin: str, status: int) -> None:
    """Not a stream, which no rule of browsers would end, and nothing else."""
    answer = asked(server(), path, [*OURS, (b"origin", origin.encode())])
    assert (answer.status, is_guarded(answer)) == (status, True)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", [f"{FIGURES}/", "/v1/measures/", "/boards/mash/", "/metrics/"])
def test_a_redirect_leads_to_a_path_of_this_server(path: str) -> None:
    """A slash too many is taken away; no name is said at all, so that none can be another's."""
    answer = asked(server(), path, query=b"at=2025-06-01")
    assert (answer.status, answer.headers["location"]) == (307, f"{path.rstrip('/')}?at=2025-06-01")
    assert asked(server(), path, [(b"host", b"evil.example")]).status == 421


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/nowhere"])
def test_a_worker_s_metrics_are_guarded_as_the_server_is(path: str) -> None:
    """By the same names, from no other page, with the same headers and words; HEAD and what cannot be done too."""
    app = worker_s(CollectorRegistry(), Health(assigned=True))
    there = 404 if path == "/nowhere" else 200
    for method, headers, status in (
        ("GET", OURS, there),
        ("HEAD", OURS, there),
        ("POST", OURS, 404 if path == "/nowhere" else 405),
        ("GET", [(b"host", b"evil.example:9180")], 421),
        ("GET", [*OURS, (b"origin", b"http://evil.example")], 403),
        ("GET", [], 400),
    ):
        answer = asked(app, path, headers, method)
        assert (answer.status, is_guarded(answer)) == (status, True), (method, headers)
        assert status == 200 or answer.headers["content-type"] == "application/problem+json"
        assert status != 405 or answer.headers["allow"] == "GET, HEAD"


GETS = [
    route.path  # type: ignore[attr-defined]
    for route in server().routes
]


@pytest.mark.parametrize("path", GETS)
def test_every_route_answers_to_head_as_to_get(path: str) -> None:
    """The same status and headers, and no body; of the live stream too, which ends there."""
    path = path.format(name="mash" if "assets" not in path else "board.css", measure="enquiries_received")
    app = server()
    got, head = asked(app, path), asked(app, path, method="HEAD")
    assert head.body == b""
    assert head.status == got.status in (200, 204, 503)
    varies = {"etag", "content-length"} if path == "/metrics" else set()  # it counts how often it is asked
    assert {k: v for k, v in head.headers.items() if k not in varies} == {
        k: v for k, v in got.headers.items() if k not in varies
    }


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_what_cannot_be_done_says_what_can(path: str, method: str) -> None:
    """405 with Allow, as a problem; nothing of it changes anything."""
    answer = asked(server(), path.format(name="mash", measure="enquiries_received"), method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-type"] == "application/problem+json"
    assert is_guarded(answer)


@pytest.mark.parametrize("path", [FIGURES, "/v1/measures", "/metrics", "/boards/assets/board.css", "/openapi.json"])
def test_a_long_answer_is_compressed_where_that_is_asked_for(path: str) -> None:
    """The same bytes once unpacked; caches are told that there are two of it."""
    app, packed = server(), [*OURS, (b"accept-encoding", b"gzip, deflate")]
    plain, small = asked(app, path), asked(app, path, packed)
    assert "content-encoding" not in plain.headers
    assert (small.headers["content-encoding"], "Accept-Encoding" in small.headers["vary"]) == ("gzip", True)
    assert len(gzip.decompress(small.body)) == len(plain.body) > 3 * len(small.body)
    assert is_guarded(small)


def test_a_tag_is_of_the_bytes_that_are_sent() -> None:
    """Compressed or not are two answers with two tags, and each is known again."""
    packed = (b"accept-encoding", b"gzip")
    tags = []
    for more in ([], [packed]):
        first = asked(server(), FIGURES, [*OURS, *more], query=b"at=2025-06-01")
        tags.append(first.headers["etag"])
        named = [*OURS, *more, (b"if-none-match", tags[-1].encode())]
        assert asked(server(), FIGURES, named, query=b"at=2025-06-01").status == 304
    assert len(set(tags)) == 2


def test_a_stream_and_a_short_answer_are_sent_as_they_are() -> None:
    """A compressed stream would be kept back until there is enough of it."""
    packed = [*OURS, (b"accept-encoding", b"gzip")]
    for path in (LIVE, "/livez", "/nowhere"):
        assert "content-encoding" not in asked(server(), path, packed).headers
    assert b"event: board" in asked(server(), LIVE, packed).body


# --- no fault ---------------------------------------------------------------------------------------------------

NAMES = ("measure", "at", "window", "by", "only", "team", "locality", "authority", "format", "from", "to", "step")
WORDS = (
    *(measure.name for measure in MEASURES),
    *{name for measure in MEASURES for name in measure.by},
    *("team", "locality", "band", "band=3+", "rag=red", "team=North", "North", "X99999901", "now", "day", "month"),
    *("week", "year", "year_to_date", "last_1_days", "last_9999_days", "last_²_days", "csv", "json", "mash"),
    *("2025-06-01", "2025-06-02T09:00:00Z", "1900-01-01", "2099-12-31", "9999-12-31", "0001-01-01T00:00:00+14:00"),
    *("2025-W23-1", "20250602", "2025-02-29", "2025-06-02T24:00:00Z", "2025-06-02T09:00:00+23:59", "-1", "1e9"),
)
TEXTS = st.sampled_from(WORDS) | st.text(max_size=40) | st.integers(1, 400).map(lambda n: "a" * n)
QUERIES = st.lists(st.tuples(st.sampled_from((*NAMES, "board")) | TEXTS, TEXTS), max_size=8)
SEGMENTS = st.sampled_from(("v1", "figures", "series", "boards", "assets", "measures", "live", "..", "")) | TEXTS
ANY_PATH = st.lists(SEGMENTS, max_size=5).map(lambda parts: "/" + "/".join(parts))
OF_ROUTES = st.tuples(st.sampled_from(GETS), TEXTS).map(lambda it: it[0].format(name=it[1], measure=it[1]))
METHODS = st.sampled_from(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS"))
HEADER_NAMES = st.sampled_from((b"accept", b"if-none-match", b"accept-encoding", b"origin", b"range", b"cookie"))
MORE_HEADERS = st.lists(st.tuples(HEADER_NAMES, st.binary(max_size=40)), max_size=3)
APP = server()


def encoded(query: Iterable[tuple[str, str]]) -> bytes:
    return "&".join(
        f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in query
    ).encode()


def check_no_fault(path: str, method: str, query: bytes, headers: Headers) -> None:
    answer = asked(APP, path, [*OURS, *headers], method, query)
    assert answer.status < 500, (answer, path, query)
    assert is_guarded(answer)
    if answer.status >= 400:
        is_page = answer.status == 404 and not path.startswith(
            ("/v1/", "/boards/assets/")
        )  # says which boards there are
        kinds = ("application/problem+json", *(["text/html; charset=utf-8"] if is_page else []))
        assert answer.headers["content-type"] in kinds


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(OF_ROUTES | ANY_PATH, METHODS, QUERIES, MORE_HEADERS)
@example("/boards/assets/" + "a" * 300 + ".js", "GET", [], [])
@example("/boards/assets/\0.js", "GET", [], [])
@example(FIGURES, "GET", [("measure", "enquiries_received"), *[("by", "rag")] * 500], [])
@example(FIGURES, "GET", [("at", "2025-06-01")] * 2_000, [])
def test_no_request_brings_a_fault(path: str, method: str, query: list[tuple[str, str]], headers: Headers) -> None:
    """Whatever is asked of whichever route is answered or refused, with the headers that protect whoever looks."""
    check_no_fault(path, method, encoded(query), headers)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from((FIGURES, "/v1/figures/enquiries_received/series", LIVE, *GETS)), st.binary(max_size=60))
def test_no_bytes_of_a_query_bring_a_fault(path: str, query: bytes) -> None:
    """Percent signs alone, bytes that are no UTF-8, zeros: a query need not be one."""
    check_no_fault(path.format(name="mash", measure="enquiries_received"), "GET", query, [])


def test_a_breakdown_is_given_once() -> None:
    """Twice the same divides nothing further; the message says which."""
    answer = asked(server(), FIGURES, query=b"measure=enquiries_received&" + b"&".join([b"by=rag"] * 50))
    assert (answer.status, b"by rag is given 50 times" in answer.body) == (400, True)


@pytest.mark.parametrize("name", ["window", "team", "locality", "authority", "format"])
def test_what_is_one_is_given_once(name: str) -> None:
    """`team=North&team=South` was answered for South alone."""
    answer = asked(server(), FIGURES, query=f"{name}=North&{name}=South".encode())
    assert (answer.status, f"{name} is given 2 times".encode() in answer.body) == (400, True)


def test_a_breakdown_is_kept_to_one_value() -> None:
    """`only=team=North&only=team=South` was answered for South alone."""
    answer = asked(server(), FIGURES, query=b"only=team=North&only=team=South")
    assert (answer.status, b"only=team is given two values" in answer.body) == (400, True)
