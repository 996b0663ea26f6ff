"""Every state of the board and of its tiles, in Chromium: what it says, whether it fits, whether everybody can read it.

The messages are the server's own (tests/journeys/boards/states.py).
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from metrics.exposition.boards.states import Memory
from tests.boards import Server, Told, at, event, front_door, playing
from tests.journeys.boards.conftest import Stage
from tests.journeys.boards.screen import opened, picture, says, shown, slot, state, strays, violations
from tests.journeys.boards.states import AFTERNOON, STATES, Message, busy, front
from tests.journeys.parts import eventually


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
    assert abs(page.evaluate(BESIDE_CLOCK)) <= 1, "what stands beside the sentence ends where the clock ends"
    picture(page, name)
    assert violations(page) == []
    numbers = [text for text in page.locator("[data-figure]").all_inner_texts() if text.strip() not in ("", "–")]
    assert bool(numbers) == (message["figures"] is not None), (
        "where there are no figures there is no number, and no zero"
    )


BESIDE_CLOCK = """document.querySelector(".aside").getBoundingClientRect().right
  - document.querySelector(".clock").getBoundingClientRect().right"""


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
