"""The board over time, in Chromium, on a real store and a clock that is set: closing time, midnight, holidays, DST."""

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Page

from deploy.machine import programs
from events.time import LONDON
from events.working_days import calendar
from metrics.rules.rules import Rules
from tests.boards import TARGETS, Clock, Server, at, front_door, on_a_store
from tests.conftest import Store, started
from tests.journeys.boards.screen import opened, picture, says, shown, slot, state, strays

LAST = date(2018, 1, 5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = programs.valkey(tmp_path_factory.mktemp("valkey"), programs.free_port())
    with started(program, within=10) as running:
        table, rules = front_door(LAST, weeks=36), Rules(calendar(), targets=TARGETS)
        with on_a_store(Store(running).url, table, Clock(), rules) as server:
            yield server


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """One page for all of it, never touched: as it hangs on a wall."""
    with opened(browser) as page:
        page.goto(server.page)
        state(page, "live", within=20)
        yield page


def becomes(server: Server, page: Page, moment: str) -> None:
    """Have it become that moment, and wait until the page shows it."""
    server.clock.now = at(moment)
    here = server.clock.now.astimezone(LONDON)
    says(page, "time", f"{here:%H:%M}")
    says(page, "date", f"{here:%a} {here.day} {here:%b} {here.year}")


def number(page: Page, figure: str) -> int:
    return int(shown(page, figure).replace(",", ""))


def days(page: Page) -> list[str]:
    """Return what the strip shows: each day and its number."""
    return [" ".join(text.split()) for text in page.locator(".days .day:visible").all_inner_texts()]


def test_an_ordinary_afternoon(server: Server, page: Page) -> None:
    """Every tile has its number, and what stands apart adds up to what stands together."""
    becomes(server, page, "2017-12-14T14:32")
    parts = sum(int(word.split()[0]) for name in ("late", "today", "later") if (word := slot(page, f"waiting_{name}")))
    assert number(page, "enquiries_awaiting_decision") == parts > 3
    assert slot(page, "aside") == "office closes in 2 h 28 min"
    assert "usual" in slot(page, "received_word")
    assert "target 90 %" in page.inner_text(".decided")
    assert [day.split()[-1] for day in days(page)] == ["Today", "Fri", "Mon", "Tue", "Wed", "Thu"]
    label = page.locator(".queue").get_attribute("aria-label")
    assert label
    assert label.startswith(f"{parts} waiting, by office hours waited")
    assert strays(page) == []
    picture(page, "afternoon")


def test_closing_time(server: Server, page: Page) -> None:
    """A minute before, the minute is counted; then the office is closed, and nothing else has changed."""
    becomes(server, page, "2017-12-14T16:59:30")
    says(page, "light", "Live")
    assert slot(page, "aside") == "office closes in 1 min"
    before = [shown(page, name) for name in ("enquiries_awaiting_decision", "received_today", "day_0")]
    becomes(server, page, "2017-12-14T17:00:00")
    says(page, "light", "Office closed")
    assert slot(page, "aside") == "opens Fri 09:00"
    assert slot(page, "longest_detail") == "working days; next Fri 09:00"
    assert [shown(page, name) for name in ("enquiries_awaiting_decision", "received_today", "day_0")] == before
    assert strays(page) == []
    picture(page, "closing-time")


def test_midnight(server: Server, page: Page) -> None:
    """What was due tomorrow is due today, what was due today is late, today has begun: with no event."""
    becomes(server, page, "2017-12-14T23:59:59")
    strip, written = days(page), server.reader.version
    today, later = (int((slot(page, f"waiting_{name}") or "0").split()[0]) for name in ("today", "later"))
    late = number(page, "enquiries_awaiting_decision") - today - later
    becomes(server, page, "2017-12-15T00:00:00")
    says(page, "received", "0")
    assert slot(page, "received_word") == "none yet, as usual"
    assert slot(page, "waiting_today") == (f"{later} due today" if later else "")
    assert slot(page, "waiting_late") == (f"{late + today} late" if late + today else "")
    assert [day.split()[0] for day in days(page)[:5]] == [day.split()[0] for day in strip[1:]]
    assert [day.split()[-1] for day in days(page)] == ["Today", "Mon", "Tue", "Wed", "Thu", "Fri"]
    assert server.reader.version == written
    picture(page, "midnight")


def test_the_next_morning(server: Server, page: Page) -> None:
    """The office opens, and the board is live with nothing done to it."""
    becomes(server, page, "2017-12-15T09:00:00")
    says(page, "light", "Live")
    assert slot(page, "aside") == "office closes in 7 h"  # a Friday
    becomes(server, page, "2017-12-15T10:15:00")
    assert slot(page, "received_word").endswith("usual") or slot(page, "received_word") == "usual for a Friday"
    assert strays(page) == []
    picture(page, "next-morning")


def test_a_quiet_sunday_is_no_broken_feed(server: Server, page: Page) -> None:
    """Closed, in words; the strip begins on Monday, since today is no day on which anything falls due."""
    becomes(server, page, "2017-12-17T12:00:00")
    state(page, "live", within=5)
    says(page, "light", "Office closed")
    assert slot(page, "aside") == "opens Mon 09:00"
    assert slot(page, "waiting_today") == ""
    assert [day.split()[-1] for day in days(page)] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert strays(page) == []
    picture(page, "sunday")


def test_a_bank_holiday(server: Server, page: Page) -> None:
    """Christmas Day: closed, and why; nothing usual is made up for it; the next working day is Wednesday."""
    becomes(server, page, "2017-12-25T11:00:00")
    says(page, "light", "Office closed")
    assert slot(page, "aside") == "bank holiday, opens Wed 09:00"
    assert slot(page, "received_word") == "the office is closed"
    assert page.locator(".arrivals .band").get_attribute("d") is None
    expected = ["Wed 27 Dec", "Thu 28 Dec", "Fri 29 Dec", "Tue 2 Jan", "Wed 3 Jan"]
    assert [day.partition(" ")[2] for day in days(page)] == expected
    assert strays(page) == []
    picture(page, "bank-holiday")


@pytest.mark.parametrize(
    ("before", "after", "clock", "opens"),
    [
        ("2018-03-25T00:59:59+00:00", "2018-03-25T01:00:00+00:00", ("00:59", "02:00"), "opens Mon 09:00"),
        ("2018-10-28T00:59:59+00:00", "2018-10-28T01:00:00+00:00", ("01:59", "01:00"), "opens Mon 09:00"),
    ],
)
def test_the_clocks_change(
    server: Server, page: Page, before: str, after: str, clock: tuple[str, str], opens: str
) -> None:
    """The hour that there is not, and the hour that comes twice, on a screen in New York: the board says London's."""
    for moment, time in zip((before, after), clock, strict=True):
        becomes(server, page, moment)
        says(page, "time", time)
        assert slot(page, "aside") == opens
        state(page, "live", within=5)


def test_a_board_of_one_team(server: Server, browser: Browser) -> None:
    """Its own name beside the authority's and its own figures; a team that there is not is said, and shows no zero."""
    server.clock.now = at("2017-12-14T14:32")
    with opened(browser) as page:
        page.goto(f"{server.page}&team=North")
        state(page, "live", within=10)
        assert page.locator("h1").inner_text().split() == ["MASH", "Wexshire", "North"]
        assert shown(page, "enquiries_awaiting_decision") == "0"
        assert slot(page, "waiting_word") == "None waiting"
        assert number(page, "assessments_overdue") > 0
        assert strays(page) == []
        picture(page, "team")
        page.goto(f"{server.page}&team=Nroth")
        state(page, "unknown_team", within=10)
        assert slot(page, "lead") == "No team Nroth"
        assert slot(page, "aside") == "there are Front_door, North"
        assert shown(page, "enquiries_awaiting_decision") == "–"
        picture(page, "unknown-team")


def test_it_is_the_same_picture_at_1080p_and_4k(server: Server, browser: Browser) -> None:
    """Every place of the board is where it was, at twice the size."""
    server.clock.now = at("2017-12-14T14:32")
    boxes = []
    for size in ((1920, 1080), (3840, 2160)):
        with opened(browser, size) as page:
            page.goto(server.page)
            state(page, "live", within=10)
            picture(page, f"live-{size[1]}p")
            assert strays(page) == []
            boxes.append(page.evaluate(BOXES, size[0] / 1920))
    assert len(boxes[0]) > 60
    far = {name: (one, boxes[1][name]) for name, one in boxes[0].items() if _differ(one, boxes[1][name])}
    assert far == {}


BOXES = """(scale) => Object.fromEntries([...document.querySelectorAll("[data-slot]")].map((node) => {
  const box = node.getBoundingClientRect();
  return [node.dataset.slot, [box.x, box.y, box.width, box.height].map((n) => n / scale)];
}))"""


def _differ(one: list[float], other: list[float]) -> bool:
    return any(abs(a - b) > 1.5 for a, b in zip(one, other, strict=True))
