"""Every state of the board and of its tiles, in Chromium: what it says, whether it fits, whether everybody can read it.

The messages are the server's own; what no server of ours says yet (a shared screen's suppressed figures) is written in.
"""

import asyncio
import copy
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from metrics.exposition.boards.states import Memory
from metrics.store.reader import Withheld
from metrics.store.worker_sign import WorkerReport
from tests.boards import Server, Told, at, event, front_door, playing, table
from tests.contracts.test_mash import DAY
from tests.journeys.boards.screen import opened, picture, says, shown, slot, state, strays, violations
from tests.journeys.parts import eventually

Message = dict[str, Any]
AFTERNOON = "2017-12-14T14:32"


class Stage:
    """What the page hears: the newest message, or nothing at all while it is *silent*."""

    def __init__(self) -> None:
        self.silent = False
        self._said: bytes = b""
        self._count = 0

    def say(self, message: Message) -> None:
        self._said, self._count = event(message), self._count + 1

    def silence(self) -> None:
        """Say nothing any more, and not what was said before to who asks again."""
        self.silent = True

    async def messages(self) -> AsyncIterator[bytes]:
        yield b"retry: 100\n\n"
        seen = 0
        while True:
            if seen != self._count and not self.silent:
                seen = self._count
                yield self._said
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="module")
def server(stage: Stage) -> Iterator[Server]:
    with playing(stage.messages) as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: Server, stage: Stage) -> Iterator[Page]:
    stage.silent = False
    with opened(browser) as page:
        page.clock.install()
        page.add_init_script(SLEEPER)
        yield page


# A machine that sleeps: the wall clock has gone on when it wakes, the browser's own watch has not.
SLEEPER = "{ const wall = Date.now.bind(Date); globalThis.slept = 0; Date.now = () => wall() + globalThis.slept; }"


# All that was ever told is long over.
OVER = """
    day                       | event                 | record | child | fields
    --------------------------+-----------------------+--------+-------+--------------------------------
    2017-10-02T10:00:00+01:00 | enquiry received      | E1     | ada   | team=Front_door
    2017-10-02T11:00:00+01:00 | enquiry decided       | D1     | ada   | enquiry=E1 outcomes=assessment
    2017-10-03                | assessment started    | A1     | ada   | team=North
    2017-10-09                | assessment authorised | A1     | ada   | team=North outcomes=case_closed
    2017-10-03                | section_47 started    | S1     | ada   | team=North
    2017-10-09                | section_47 ended      | S1     | ada   | team=North outcome=no_conference
"""


@lru_cache(maxsize=1)
def front() -> Told:
    return Told(front_door(date(2017, 12, 14), weeks=28, a_day=12))


def busy(moment: str = AFTERNOON, **over: Any) -> Message:
    return front().message(moment) | over


def doctored(change: Callable[[Message], None]) -> Message:
    message = copy.deepcopy(busy())
    change(message)
    return message


def without(*names: str) -> Told:
    return Told("\n".join(row for row in DAY.splitlines() if not any(name in row for name in names)))


def crowd() -> Message:
    rows = [
        (f"2017-12-14T{9 + n // 12:02}:{n * 5 % 60:02}:00+00:00", "enquiry received", f"E{n}", f"c{n}", "")
        for n in range(64)
    ]
    rows += [(f"2017-12-13T{9 + n:02}:30:00+00:00", "enquiry received", f"F{n}", f"f{n}", "") for n in range(7)]
    rows += [(f"2017-12-{4 + n:02}T10:30:00+00:00", "enquiry received", f"G{n}", f"g{n}", "") for n in range(3)]
    return Told(table(rows)).message(AFTERNOON)


def siblings() -> Message:
    """Fourteen at one moment, and a dozen of long ago: more than stand above one place."""
    rows = [("2017-12-14T13:30:00+00:00", "enquiry received", f"E{n}", f"c{n}", "") for n in range(14)]
    rows += [(f"2017-11-{6 + n:02}T10:30:00+00:00", "enquiry received", f"G{n}", f"g{n}", "") for n in range(16)]
    return Told(table(rows)).message(AFTERNOON)


def suppressed(message: Message) -> None:
    for name in ("enquiries_awaiting_decision", "assessments_overdue", "decided_today", "received_today"):
        message["figures"][name] |= {"suppressed": True, "numerator": None, "denominator": None, "value": None}
    for figure in message["figures"]["conferences_due"][:1]:
        figure |= {"suppressed": True, "numerator": None, "value": None}


def huge(message: Message) -> None:
    """The longest of everything: it must all have room."""
    figures = message["figures"]
    figures["enquiries_awaiting_decision"] |= {"value": 188.0, "numerator": 188}
    figures["enquiries_overdue"] |= {"value": 104.0, "numerator": 104}
    figures["longest_wait"] |= {"value": 99.99}
    figures["decided_today"] |= {"value": 1.0, "numerator": 128, "denominator": 128, "status": "on_target"}
    figures["decided_month"] |= {"value": 1.0, "from": "2017-09-01"}
    figures["received_today"] |= {"value": 244.0, "numerator": 244}
    message["arrivals"] |= {"received": 244, "more": 188}
    figures["enquiries_to_assessment"] |= {
        "value": 1.0,
        "numerator": 1372,
        "denominator": 1372,
        "beside": {"undecided": 188},
        "from": "2017-09-01",
    }
    figures["assessments_overdue"] |= {"value": 1204.0, "numerator": 1204}
    figures["conferences_overdue"] |= {"value": 188.0, "numerator": 188}
    figures["section_47_week"] |= {"value": 188.0, "numerator": 188}
    figures["assessments_due"] = []
    for day in message["deadlines"]["days"]:
        day["n"] = 288
    message["lead"] |= {"kind": "late", "text": "104 enquiries are late"}
    message |= {"name": "Bournemouth, Christchurch and Poole", "speed": 60.0}


STATES: dict[str, tuple[Callable[[], Message], dict[str, str]]] = {
    "live": (busy, {"light": "Live", "waiting_word": "", "conferences_word": "None late"}),
    "crowd": (crowd, {"waiting": "74", "waiting_late": "3 late", "waiting_today": "7 due today"}),
    "siblings": (siblings, {"waiting": "30", "waiting_late": "16 late"}),
    "huge": (lambda: doctored(huge), {"longest_hours": "99", "longest_minutes": "59", "decided": "100"}),
    "nothing": (
        lambda: Told(OVER).message("2017-12-13T12:00"),
        {
            "waiting": "0",
            "waiting_word": "None waiting",
            "longest_hours": "–",
            "longest_word": "None waiting",
            "decided": "–",
            "decided_word": "None settled yet",
            "sent_detail": "None received in December",
            "conferences_word": "None late",
            "past": "0",
            "past_word": "None late",
            "lead": "Nothing is due today",
        },
    ),
    "no-enquiries": (
        lambda: without("enquiry").message(AFTERNOON),
        {
            "waiting": "–",
            "waiting_word": "None loaded",
            "longest_word": "None loaded",
            "decided_word": "None loaded",
            "received_word": "None loaded",
            "sent_detail": "None loaded",
            "conferences_word": "1 late",
            "past": "1",
        },
    ),
    "no-assessments": (
        lambda: without("assessment started", "section_47").message(AFTERNOON),
        {"day_0_word": "None loaded", "past": "–", "past_word": "None loaded", "conferences_word": "None loaded"},
    ),
    "short-history": (
        lambda: Told(DAY).message(AFTERNOON),
        {"received": "2", "received_word": "no usual yet, 1 of 26", "lead": "2 enquiries must be decided today"},
    ),
    "suppressed": (
        lambda: doctored(suppressed),
        {
            "waiting": "1–5",
            "waiting_word": "Too few to show",
            "waiting_late": "",
            "past": "1–5",
            "past_word": "Too few to show",
            "decided": "–",
            "decided_word": "Too few to show",
            "decided_detail": "",
            "decided_target": "",
            "received": "1–5",
            "conferences": "1–5",
            "conferences_word": "",
        },
    ),
    "closed": (
        lambda: busy("2017-12-16T11:00"),
        {"light": "Office closed", "aside": "opens Mon 09:00"},
    ),
    "delayed": (
        lambda: busy(
            state="delayed", as_of="2017-12-14T14:10:00+00:00", complete_to="2017-12-14T14:10:00+00:00", lead=None
        ),
        {
            "light": "Delayed 22 min",
            "lead": "Figures as of 14:10",
            "aside": "The case system has sent nothing for 22 minutes",
        },
    ),
    "delayed-since-yesterday": (
        lambda: (
            busy("2017-12-13T16:30")
            | {
                "state": "delayed",
                "now": "2017-12-14T09:10:00+00:00",
                "complete_to": "2017-12-13T16:30:00+00:00",
            }
        ),
        {
            "lead": "Figures as of Wed 16:30",
            "received_title": "Received Wed",
            "day_0_word": "Wed",
        },
    ),
    "worker-away": (
        lambda: late_by(WorkerReport("away", 1320.0, 12)),
        {
            "light": "Delayed 22 min",
            "lead": "Figures as of 14:10",
            "aside": "casepulse has counted nothing for 22 minutes",
        },
    ),
    "worker-behind": (
        lambda: late_by(WorkerReport("behind", 240.0, 120_400)),
        {"lead": "Figures as of 14:28", "aside": "casepulse is behind, 120,400 events to count"},
    ),
    "log-away": (
        lambda: late_by(WorkerReport("no_log", 240.0)),
        {"lead": "Figures as of 14:28", "aside": "casepulse has reached no new events for 4 minutes"},
    ),
    "store-away": (
        lambda: withheld("store_away") | {"store_answered_at": "2017-12-14T14:10:00+00:00"},
        {
            "light": "No store",
            "lead": "The store has not answered since 14:10",
            "aside": "No figures until it does",
            "waiting": "–",
            "waiting_word": "No store",
            "day_0_word": "No store",
        },
    ),
    "not-counting": (
        lambda: withheld("not_counting"),
        {
            "light": "Not counting",
            "lead": "Rebuilding stands still, 31 % read",
            "aside": "“casepulse doctor” says why",
            "waiting_word": "Not counting",
        },
    ),
    "rebuilding": (
        lambda: rebuilding("2017-12-14T14:36:00+00:00"),
        {
            "light": "Rebuilding",
            "lead": "Rebuilding, 31 % read",
            "aside": "back at about 14:36",
            "waiting": "–",
            "waiting_word": "Rebuilding",
            "past": "–",
            "day_0_word": "Rebuilding",
            "decided": "–",
        },
    ),
    "empty": (
        lambda: Told().message(AFTERNOON),
        {"lead": "No events of Wexshire have arrived yet", "waiting": "–", "past_word": "No events yet"},
    ),
    "unknown-team": (
        lambda: front().message(AFTERNOON, team="Nroth"),
        {"lead": "No team Nroth", "aside": "there are Front_door, North", "waiting": "–"},
    ),
}


def withheld(why: Withheld) -> Message:
    reader = Told()
    reader.withheld, reader.why = 0.31, why
    return reader.message(AFTERNOON)


def late_by(report: WorkerReport) -> Message:
    """Return what a board says whose worker is away or behind; no feed says that it is late."""
    reader = copy.copy(front())
    reader.worker_report = report
    return reader.message(AFTERNOON, speed=1.0)


def rebuilding(back_at: str) -> Message:
    message = withheld("rebuilding")
    message["rebuilding"]["back_at"] = back_at
    return message


@pytest.mark.parametrize("name", STATES)
def test_each_state_is_said_and_fits_and_can_be_read(page: Page, server: Server, stage: Stage, name: str) -> None:
    """In words and not by colour alone; no text runs into another; axe-core finds nothing."""
    build, expected = STATES[name]
    message = build()
    stage.say(message)
    page.goto(server.page)
    state(page, message["state"], within=10)
    for place, text in expected.items():
        assert slot(page, place) == text, place
    assert strays(page) == []
    picture(page, name)
    assert violations(page) == []
    numbers = [text for text in page.locator("[data-figure]").all_inner_texts() if text.strip() not in ("", "–")]
    assert bool(numbers) == (message["figures"] is not None), (
        "where there are no figures there is no number, and no zero"
    )


@pytest.mark.parametrize(("days", "says_so"), [(1, "Conferences due in 1 day"), (90, "Conferences in 90 days")])
def test_the_title_says_how_far_the_authority_looks(
    page: Page, server: Server, stage: Stage, days: int, says_so: str
) -> None:
    """The number under it counts so many working days, as `conferences_due_within` has it; and there is room for it."""
    stage.say(front().message(AFTERNOON) | {"conferences_due_within": days})
    page.goto(server.page)
    state(page, "live", within=10)
    assert slot(page, "conferences_title") == says_so
    assert strays(page) == []


def test_loading_and_no_connection(page: Page, server: Server, stage: Stage) -> None:
    """In the first second a flat block and no number; then words; and with a first message it is live."""
    stage.silence()
    page.clock.pause_at("2030-01-01")
    page.goto(server.page)
    state(page, "loading", within=5)
    assert slot(page, "waiting_word") == "Loading"
    assert shown(page, "enquiries_awaiting_decision") == ""
    picture(page, "loading")
    page.clock.run_for(2000)
    state(page, "disconnected", within=5)
    assert (slot(page, "alert"), slot(page, "aside")) == ("No connection", "No figures yet. Trying again")
    assert shown(page, "enquiries_awaiting_decision") == "–"
    assert violations_after(page) == []
    stage.say(busy())
    stage.silent = False
    state(page, "live", within=10)


def violations_after(page: Page) -> list[str]:
    page.clock.resume()
    return violations(page)


def test_cut_off_the_last_figures_stay_and_all_colour_goes(page: Page, server: Server, stage: Stage) -> None:
    """After 40 silent seconds nobody is to rely on them; the clock goes on; joined again it is live."""
    stage.say(busy(speed=1.0))
    page.goto(server.page)
    state(page, "live", within=10)
    before = shown(page, "enquiries_awaiting_decision")
    stage.silence()
    page.clock.fast_forward(39_000)
    assert page.locator("[data-state=live]").count() == 1
    page.clock.fast_forward(5 * 60_000)
    state(page, "disconnected", within=5)
    assert slot(page, "alert") == "No connection since 14:32"
    assert slot(page, "light") == "Disconnected"
    assert slot(page, "time") == "14:37"
    assert shown(page, "enquiries_awaiting_decision") == before
    colours = page.evaluate(COLOURS)
    assert set(colours) <= {"rgb(102, 114, 127)", "rgb(41, 50, 60)", "rgb(26, 33, 41)", "none"}
    assert strays(page) == []
    picture(page, "disconnected")
    assert violations(page) == []
    stage.silent = False
    state(page, "live", within=15)


COLOURS = """() => [
  ...document.querySelectorAll("section :is(p, span, h2, .bar, .chart path, .chart text)"),
].flatMap((node) => {
  if (!node.getClientRects().length) return [];
  const is = getComputedStyle(node);
  if (node.namespaceURI.endsWith("svg")) return [is.fill, is.stroke].filter((colour) => colour !== "none");
  return node.className === "bar" ? is.backgroundColor : node.textContent.trim() ? is.color : [];
})"""


def test_a_machine_that_slept_does_not_show_the_day_before(page: Page, server: Server, stage: Stage) -> None:
    """It wakes, and says at once that it has heard nothing since; half a second later it asks, and is live."""
    stage.say(busy(speed=1.0))
    page.goto(server.page)
    state(page, "live", within=10)
    stage.silence()
    page.evaluate("globalThis.slept = 16 * 3600 * 1000")
    state(page, "disconnected", within=3)
    assert slot(page, "alert") == "No connection since Thu 14:32"
    assert slot(page, "date").startswith("Fri 15 Dec")
    stage.say(busy("2017-12-15T06:32"))
    stage.silent = False
    state(page, "live", within=10)
    assert slot(page, "date").startswith("Fri 15 Dec")


def test_at_a_desk_it_can_be_stopped(page: Page, server: Server, stage: Stage) -> None:
    """What moves may be paused by keyboard, for some minutes; bad news is never held back."""
    stage.say(busy())
    page.goto(server.page)
    state(page, "live", within=10)
    page.keyboard.press("Tab")
    button = page.get_by_role("button")
    assert button.inner_text() == "Pause"
    page.keyboard.press("Enter")
    stage.say(busy("2017-12-14T15:32"))
    page.wait_for_timeout(300)
    assert (slot(page, "time"), button.inner_text()) == ("14:32", "Paused. Go on")
    page.keyboard.press("Enter")
    says(page, "time", "15:32")
    page.keyboard.press("Enter")
    page.clock.fast_forward(6 * 60_000)  # with nobody there to go on
    stage.say(busy("2017-12-14T16:32"))
    says(page, "time", "16:32")


def test_the_home_page_says_what_there_is(browser: Browser, server: Server) -> None:
    """Where nothing has arrived it says that; and everybody can read it."""
    with opened(browser) as page:
        page.goto(server.page.split("boards")[0])
        page.wait_for_selector("[data-state=empty]")
        assert page.locator("h1").inner_text() == "No events have arrived yet"
        page.wait_for_selector("#measures li")
        assert violations(page) == []
        picture(page, "home-empty")


def test_a_month_leaves_nothing_behind(browser: Browser) -> None:
    """A month of the authority's time, a message every ten minutes: not a node more, and the memory is flat."""
    month = Month()
    with playing(month.messages) as server, opened(browser) as page:
        client = page.context.new_cdp_session(page)
        page.goto(server.page)
        days = []
        for day in month.looked_at:
            eventually(lambda day=day: (page.wait_for_timeout(100), month.day == day)[1], within=90)  # type: ignore[misc]
            page.wait_for_timeout(500)  # what was sent is read; and nothing is asked of the page, which would grow it
            days.append(memory(client))
            month.go_on.set()
        assert slot(page, "date") == "Wed 31 Jan 2018"
    first, *later = days
    for heap, nodes, listeners in later:
        assert (abs(nodes - first[1]) < 20, listeners) == (True, first[2]), days  # a mark and its word come and go
        assert abs(heap - first[0]) < 250_000, days


def memory(client: CDPSession) -> tuple[int, int, int]:
    """Return the bytes, nodes and listeners that are left once all that can go has gone."""
    for _ in range(3):
        client.send("HeapProfiler.collectGarbage")
    counted = client.send("Memory.getDOMCounters")
    heap: int = client.send("Runtime.getHeapUsage")["usedSize"]
    return heap, counted["nodes"], counted["jsEventListeners"]


class Month:
    """January 2018: what the server would say of it, every two hours anew, and every ten minutes by its clock."""

    looked_at = (4, 17, 31)

    def __init__(self) -> None:
        self.day = 0  # at the end of which it waits
        self.go_on = threading.Event()
        self._told, self._memory = Told(front_door(date(2018, 1, 31), weeks=31, a_day=4)), Memory()

    async def messages(self) -> AsyncIterator[bytes]:
        now, found = at("2018-01-01T00:00"), Message()
        while now.month == 1:
            if now.minute == 0 and now.hour % 2 == 0:
                found = self._told.message(now, memory=self._memory)
            yield event(found | {"now": now.isoformat()})
            if now.day in self.looked_at and (now.hour, now.minute) == (23, 50):
                self.day = now.day
                while not self.go_on.is_set():
                    await asyncio.sleep(0.05)
                self.go_on.clear()
            now += timedelta(minutes=10)
