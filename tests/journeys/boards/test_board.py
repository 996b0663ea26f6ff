"""The wallboard in a real browser, on real parts: it moves, and each of its states is reached by breaking the part."""

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Browser, Page

from deploy.machine.programs import free_port
from events.simulator.clock import DemonstrationClock
from events.time import LONDON
from tests.conftest import Store
from tests.journeys.boards.screen import opened, picture, says, shown, slot, state, strays, violations
from tests.journeys.machine.test_up import READY, Up, up
from tests.journeys.parts import Process, committed, environment, eventually, new_topic, send, worker

BOARD = "/boards/mash?authority=X99999901"
LONG_SILENT = 41_000  # ms after which nobody is to rely on what is shown
MOVING = ("enquiries_awaiting_decision", "longest_wait", "received_today", "decided_today", "assessments_overdue")


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Have processes stand still while the block lasts."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("up")) as running:
        running.wait_for(READY, within=150)
        yield running


@pytest.fixture
def page(browser: Browser, running: Up) -> Iterator[Page]:
    with opened(browser) as page:
        page.clock.install()  # so that a test need not sit out 40 silent seconds; time goes on as ever
        page.goto(f"http://127.0.0.1:{running.port}{BOARD}")
        state(page, "live", within=20)
        yield page


def figures(page: Page) -> list[str]:
    return [shown(page, name) for name in MOVING]


def test_the_board_moves_within_a_minute(page: Page) -> None:
    """Whenever it is started: something comes in within a minute, and the page shows it without being touched."""
    before = figures(page)
    assert all(re.fullmatch(r"[\d,]+( of [\d,]+)?|–", figure) for figure in before), before
    assert "made-up figures" in page.inner_text("header")
    assert strays(page) == []
    assert violations(page) == []
    picture(page, "minute-one")
    eventually(lambda: figures(page) != before, within=60, every=0.5)


def test_home_leads_to_every_board(page: Page, running: Up) -> None:
    """The authority's board, and those of the teams that have anything to show; all of it can be read by everybody."""
    page.goto(f"http://127.0.0.1:{running.port}/")
    page.wait_for_selector("[data-state=ready]")
    assert violations(page) == []
    picture(page, "home")
    page.locator("a[href^='/boards/mash?']").get_by_text("Front door", exact=True).click()
    state(page, "live", within=20)
    assert page.locator("h1").inner_text().split() == ["MASH", "Wexshire", "Front", "door"]
    page.go_back()
    page.get_by_role("link", name="MASH board, Wexshire").click()
    state(page, "live", within=20)


def test_a_feed_that_stops_is_said(page: Page, running: Up) -> None:
    """The figures and their clocks stand at what was complete, and the board says so; then it is live again."""
    with frozen(running.processes()["deploy.machine.demonstration"]):
        state(page, "delayed", within=120)
        assert "Figures as of" in page.inner_text("main")
        assert slot(page, "aside").startswith("The case system has sent nothing for")
        before = figures(page)
        picture(page, "delayed")
        page.wait_for_timeout(2000)  # two minutes of the authority's
        assert figures(page) == before
    state(page, "live", within=120)


def test_a_worker_that_stops_is_said(page: Page, running: Up) -> None:
    """The case system goes on sending and nobody counts it: that is our delay, and not the case system's."""
    with frozen(running.processes()["worker"]):
        state(page, "delayed", within=120)
        says(page, "aside", re.compile("^casepulse has counted nothing for"), within=15)
        picture(page, "worker-stopped")
    state(page, "live", within=120)


def test_a_store_that_stands_still_is_said(page: Page, running: Up) -> None:
    """Nothing is being rebuilt: nobody knows the figures, and the board shows none until the store answers."""
    with frozen(running.processes()["valkey"]):
        state(page, "store_away", within=60)
        assert slot(page, "lead").startswith("The store has not answered since")
        texts = [text.strip() for text in page.locator("[data-figure]:visible").all_inner_texts()]
        assert set(texts) <= {"–", ""}
    state(page, "live", within=120)


def test_a_server_that_is_gone_is_said(page: Page, running: Up) -> None:
    """Killed, it comes back and the page heals; standing still, the page says that nothing is to be relied on."""
    killed = running.processes()["serve"]
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: running.processes().get("serve", killed) != killed, within=120)
    state(page, "live", within=120)
    with frozen(running.processes()["serve"]):
        page.clock.fast_forward(LONG_SILENT)
        state(page, "disconnected", within=10)
        assert "No connection since" in page.inner_text("main")
        picture(page, "disconnected")
    state(page, "live", within=120)


class Wire:
    """A network between browser and server that can be cut: then nothing passes, and nobody is told."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.whole = threading.Event()
        self.whole.set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        while True:
            near, _ = self._door.accept()
            self.whole.wait()
            far = socket.create_connection(("127.0.0.1", self._to))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while carried := one.recv(65536):
                self.whole.wait()
                other.sendall(carried)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def test_a_network_that_is_cut_is_said(page: Page, running: Up) -> None:
    """Cut off, with nobody told, the page says so after 40 silent seconds; joined again it heals by itself."""
    wire = Wire(running.port)
    page.goto(f"http://127.0.0.1:{wire.port}{BOARD}")
    state(page, "live", within=20)
    wire.whole.clear()
    page.clock.fast_forward(LONG_SILENT)
    state(page, "disconnected", within=10)
    assert "No connection since" in page.inner_text("main")
    picture(page, "network-cut")
    wire.whole.set()
    state(page, "live", within=120)


def test_a_store_that_is_flushed_is_said_and_no_zero_is_shown(page: Page, running: Up) -> None:
    """While figures are rebuilt there is no number at all, and never a 0."""
    before = running.count()
    with frozen(running.processes()["worker"]):
        flush(running.store())
        state(page, "rebuilding", within=20)
        texts = [text.strip() for text in page.locator("[data-figure]:visible").all_inner_texts()]
        assert set(texts) <= {"–", ""}
        assert slot(page, "waiting_word") == "Rebuilding"
        picture(page, "rebuilding")
    state(page, "live", within=90)
    assert running.count() >= before


def flush(store: redis.Redis) -> None:
    store.flushall()
    store.close()


def test_where_nothing_has_arrived_it_says_so(browser: Browser, kafka: str, valkey: Store, tmp_path: Path) -> None:
    """An empty installation is no disconnected one, and has no figures; the first events bring it to life.

    And then day 45 becomes day 46 over midnight, with no event: an assessment that reached day 45 is late.
    """
    topic = new_topic(kafka, 8)
    clock = tmp_path / "clock.json"
    clock.write_bytes(before_closing_on("2018-01-02").encode())  # a server does not begin without one
    env = environment(kafka, valkey.url, topic) | {"CASEPULSE_DEMONSTRATION": str(clock)}
    port = free_port()
    server = Process("serve", "--port", str(port), env=env, log=tmp_path / "serve.log")
    try:
        with opened(browser) as page, worker(env, tmp_path / "worker.log"):
            eventually(lambda: committed(valkey.url, topic) == 0, within=120)
            eventually(lambda: "http" in server.log.read_text(), within=20)
            page.goto(f"http://127.0.0.1:{port}/boards/mash")
            state(page, "empty", within=20)
            picture(page, "empty")
            # Started on Friday 27 October 2017: day 45 is Wednesday 3 January 2018.
            send(kafka, topic, [assessment("2017-10-27"), report("2018-01-04T09:30:00Z")], partitions=8)
            eventually(lambda: committed(valkey.url, topic) == 2, within=120)
            clock.write_bytes(before_closing_on("2018-01-03").encode())
            page.goto(f"http://127.0.0.1:{port}{BOARD}")
            state(page, "live", within=20)
            assert (shown(page, "day_0"), shown(page, "assessments_overdue")) == ("1", "0")
            assert slot(page, "lead") == "1 assessment reaches day 45 today"
            assert slot(page, "waiting_word") == "None loaded"
            picture(page, "day-45")
            written = committed(valkey.url, topic)
            eventually(lambda: shown(page, "assessments_overdue") == "1", within=60)
            assert (shown(page, "day_0"), slot(page, "lead")) == ("0", "1 assessment is past day 45")
            picture(page, "day-46")
            assert "4 Jan" in page.inner_text("header")
            assert committed(valkey.url, topic) == written, "no event, and yet the day has passed"
    finally:
        server.kill()


def assessment(day: str) -> dict[str, object]:
    return event("assessment.started", "A1", f"{day}T12:00:00Z", child="c1", team="North", occurred_on=day)


def report(complete_to: str) -> dict[str, object]:
    return event("feed.reported", "simulator", complete_to, occurred_at=complete_to, complete_to=complete_to)


def event(kind: str, record: str, recorded_at: str, **fields: object) -> dict[str, object]:
    envelope = {"type": kind, "id": f"{kind}-{record}", "authority": "X99999901", "record": record}
    return {**envelope, "source": "simulator", "origin": "simulation", "recorded_at": recorded_at, **fields}


def before_closing_on(day: str) -> DemonstrationClock:
    """Return a clock that stands a little before the office closes, and goes on to the next morning from there."""
    began = datetime.fromisoformat(f"{day}T16:59:40").replace(tzinfo=LONDON)
    return DemonstrationClock(started_at=datetime.now(UTC), began_at=began, speed=1.5)
