"""The pages around the boards, in Chromium: the home page and the page of an address that there is not."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from events.working_days import calendar
from metrics.rules.rules import Rules
from tests.boards import DECEMBER, TARGETS, Clock, Server, Told, serving
from tests.contracts.test_mash import DAY
from tests.journeys.boards.screen import opened, picture, state, violations

LONG_TEAM = "Bournemouth_East_referral_and_assessment_duty_and_advice_team_2"
SIZES = ((390, 844), (320, 568), (683, 384), (1366, 768), (1080, 1920))
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CUT = """() => [...document.querySelectorAll("h1, h2, p, a, code, main span")].filter((node) => {
  const [box, isInline] = [node.getBoundingClientRect(), getComputedStyle(node).display === "inline"];
  return box.width && (box.right > innerWidth + 1 || (!isInline && node.scrollWidth > node.clientWidth + 1));
}).map((node) => node.textContent)"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    rules = Rules(calendar(), targets=TARGETS)

    async def make() -> Told:
        return Told(DAY.replace("Front_door", LONG_TEAM), rules)

    with serving(Clock(DECEMBER), rules, make) as server:
        yield server


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_home_page_has_room_for_every_name(browser: Browser, server: Server, size: tuple[int, int]) -> None:
    """On a phone, at 200 % zoom and on an upright screen: nothing is cut, and nothing scrolls sideways."""
    with opened(browser, size) as page:
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.wait_for_selector("[data-state=ready]")
        page.get_by_role("link", name=LONG_TEAM).wait_for()
        page.wait_for_selector("#measures li")
        assert not page.evaluate(SIDEWAYS)
        assert page.evaluate(CUT) == []
        picture(page, f"home-{size[0]}x{size[1]}", whole=True)
        assert violations(page) == []


@pytest.mark.parametrize("path", ["/boards/nope", "/boards/nope/nope", "/nope"])
def test_a_mistyped_address_leads_to_the_boards(browser: Browser, server: Server, path: str) -> None:
    """A page, in words, with no script; one click is a board, another the home page."""
    with opened(browser, (390, 844)) as page:
        page.goto(f"http://127.0.0.1:{server.port}{path}")
        assert page.locator("h1").inner_text() == "There is no such page"
        assert not page.evaluate(SIDEWAYS)
        assert violations(page) == []
        picture(page, "missing")
        page.get_by_role("link", name="MASH board").click()
        state(page, "live", within=10)
        page.go_back()
        page.get_by_role("link", name="Home page").click()
        page.wait_for_selector("[data-state=ready]")


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("rebuilding", "Rebuilding: the figures are being counted again"),
        ("not_counting", "Nothing is being counted"),
        ("store_away", "The store does not answer"),
    ],
)
def test_the_home_page_says_why_there_are_no_figures(browser: Browser, server: Server, why: str, says: str) -> None:
    """A store that is away is not being rebuilt; and the page asks again by itself."""
    reader = server.reader
    assert isinstance(reader, Told)
    reader.withheld, reader.why, reader.answered_at = 0.31, why, time.monotonic()  # type: ignore[assignment]  # of three
    try:
        with opened(browser) as page:
            page.goto(f"http://127.0.0.1:{server.port}/")
            expect(page.locator("h1")).to_have_text(says)
            assert violations(page) == []
            reader.withheld = None
            page.wait_for_selector("[data-state=ready]", timeout=15_000)
    finally:
        reader.withheld = None
