"""The board on every screen, at every hour: a phone, a screen that stands upright, 200 % zoom, paper; names, holidays.

Whatever is said has room: nothing is cut, nothing runs into another, and the page never scrolls sideways.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.boards import Server, playing
from tests.journeys.boards import compare
from tests.journeys.boards.conftest import Stage
from tests.journeys.boards.screen import opened, picture, shown, slot, state, strays, violations
from tests.journeys.boards.states import AFTERNOON, Message, busy, christmas, doctored, front, huge, withheld

PHONE, SMALL_PHONE, UPRIGHT, UPRIGHT_4K = (390, 844), (320, 568), (1080, 1920), (2160, 3840)
LAPTOP, HD, FULL_HD, PROJECTOR = (1366, 768), (1280, 720), (1920, 1080), (1024, 768)
ZOOMED = {size: (size[0] // 2, size[1] // 2) for size in (LAPTOP, FULL_HD)}  # what 200 % leaves of a screen
ONE_COLUMN = (PHONE, SMALL_PHONE, UPRIGHT, UPRIGHT_4K, *ZOOMED.values())
WALLS = (LAPTOP, HD, FULL_HD, PROJECTOR)
LONG_TEAM = "Bournemouth East referral and assessment, duty and advice team 2"
LONG = {"name": "Bournemouth, Christchurch and Poole", "team": LONG_TEAM}


@pytest.fixture(scope="module")
def server(stage: Stage) -> Iterator[Server]:
    with playing(stage.messages) as server:
        yield server


def showing(page: Page, server: Server, stage: Stage, message: Message) -> None:
    """Open the board, and wait until it shows *message*."""
    stage.say(message)
    page.goto(server.page)
    state(page, message["state"], within=10)


def cut(page: Page) -> list[str]:
    """Return the texts that are wider or higher than the place in which they are shown, or end off the screen."""
    texts: list[str] = page.evaluate(CUT)
    return texts


CUT = """() => [...document.querySelectorAll("main :is(h1, h1 span, h2, p, time, [data-slot])")].filter((node) => {
  if (!node.getClientRects().length || !node.textContent.trim() || node.closest("svg")) return false;
  const [box, is] = [node.getBoundingClientRect(), getComputedStyle(node)];
  const clips = is.overflow !== "visible" || is.textOverflow === "ellipsis";
  const inside = is.display === "inline" || node.scrollWidth <= node.clientWidth + 1;
  const onScreen = box.left >= -1 && box.right <= document.documentElement.clientWidth + 1;
  return !onScreen || clips || (!inside && node.matches("h1, h1 span, .lead *"));
}).map((node) => node.textContent)"""

SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LEFTS = "[...document.querySelectorAll('section')].map((node) => Math.round(node.getBoundingClientRect().left))"


@pytest.mark.parametrize("size", ONE_COLUMN, ids=lambda size: f"{size[0]}x{size[1]}")
def test_one_column_where_there_is_no_room_for_more(
    browser: Browser, server: Server, stage: Stage, size: tuple[int, int]
) -> None:
    """On a phone, on a screen that stands upright and at 200 % zoom: tile under tile, and to be read by everybody."""
    with opened(browser, size) as page:
        for name, message in (("live", busy()), ("huge", doctored(huge)), ("store-away", withheld("store_away"))):
            showing(page, server, stage, message)
            assert len(set(page.evaluate(LEFTS))) == 1
            assert not page.evaluate(SIDEWAYS)
            assert (cut(page), strays(page, scrolls=True)) == ([], []), name
            picture(page, f"{name}-{size[0]}x{size[1]}", whole=True)
        assert violations(page) == []


@pytest.mark.parametrize("size", [UPRIGHT, UPRIGHT_4K])
def test_an_upright_screen_on_a_wall_shows_all_of_it_at_once(
    browser: Browser, server: Server, stage: Stage, size: tuple[int, int]
) -> None:
    """Nobody can scroll there."""
    with opened(browser, size) as page:
        for message in (busy(), busy(**LONG), doctored(huge)):
            showing(page, server, stage, message)
            assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
            assert strays(page) == []
            lowest = page.evaluate(LOWEST)
            assert size[1] * 0.8 < lowest <= size[1]


LOWEST = "Math.max(...[...document.querySelectorAll('section *')].map((node) => node.getBoundingClientRect().bottom))"


@pytest.mark.parametrize("size", list(ZOOMED), ids=lambda size: f"{size[0]}x{size[1]}")
def test_at_200_per_cent_everything_is_twice_as_large(
    browser: Browser, server: Server, stage: Stage, size: tuple[int, int]
) -> None:
    """A board that fits itself to its screen would not grow at all (WCAG 1.4.4)."""
    heights = []
    for screen in (size, ZOOMED[size]):
        with opened(browser, screen) as page:
            showing(page, server, stage, busy())
            heights.append(
                page.evaluate("parseFloat(getComputedStyle(document.querySelector('.longest .detail')).fontSize)")
            )
    assert heights[1] * 2 >= heights[0] * 1.99


@pytest.mark.parametrize("size", WALLS, ids=lambda size: f"{size[0]}x{size[1]}")
def test_names_are_never_cut(browser: Browser, server: Server, stage: Stage, size: tuple[int, int]) -> None:
    """The longest name of a team beside the longest of an authority, live, delayed and unknown."""
    delayed = {"state": "delayed", "as_of": "2017-12-12T14:10:00+00:00", "complete_to": "2017-12-12T14:10:00+00:00"}
    with opened(browser, size) as page:
        for name, message in (
            ("long-names", busy(**LONG, simulated=True, speed=60.0)),
            ("long-names-delayed", busy(**LONG, **delayed)),
            ("long-unknown-team", front().message(AFTERNOON, team=LONG_TEAM) | {"teams": [LONG_TEAM] * 4}),
        ):
            showing(page, server, stage, message)
            assert LONG_TEAM in " ".join(page.inner_text("h1").split())
            assert (cut(page), strays(page)) == ([], []), name
            assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('h1 .team')).fontSize)") >= 9
            picture(page, f"{name}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", [LAPTOP, UPRIGHT, PHONE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_name_without_a_single_space_is_not_cut_either(
    browser: Browser, server: Server, stage: Stage, size: tuple[int, int]
) -> None:
    """The code of a team, where nobody has given it a name: 64 of the widest letters."""
    team = "W" * 64
    with opened(browser, size) as page:
        for message in (
            busy(team=team, simulated=True, speed=60.0),
            front().message(AFTERNOON, team=team) | {"teams": [team]},
        ):
            showing(page, server, stage, message)
            assert not page.evaluate(SIDEWAYS)
            assert (cut(page), strays(page, scrolls=size == PHONE)) == ([], [])


def test_two_teams_of_like_names_are_told_apart(browser: Browser, server: Server, stage: Stage) -> None:
    """Whatever else stands beside them."""
    said = []
    with opened(browser, LAPTOP) as page:
        for team in ("Coast assessment 1", "Coast assessment 2"):
            showing(page, server, stage, busy(team=team, simulated=True, speed=60.0))
            assert cut(page) == []
            said.append(slot(page, "team"))
    assert said == ["Coast assessment 1", "Coast assessment 2"]


@pytest.mark.parametrize("size", [FULL_HD, UPRIGHT, PHONE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_over_christmas_the_days_have_dates(
    browser: Browser, server: Server, stage: Stage, size: tuple[int, int]
) -> None:
    """Friday 22 December: "Wed" would be one of two, and neither is the next. In an ordinary week a weekday will do."""
    with opened(browser, size) as page:
        showing(page, server, stage, christmas().message("2017-12-22T11:00"))
        days = [" ".join(text.split()[1:]) for text in page.locator(".days .day:visible").all_inner_texts()]
        assert days == ["Today 22 Dec", "Wed 27 Dec", "Thu 28 Dec", "Fri 29 Dec", "Tue 2 Jan", "Wed 3 Jan"]
        assert (cut(page), strays(page, scrolls=size == PHONE)) == ([], [])
        picture(page, f"christmas-{size[0]}x{size[1]}", whole=size == PHONE)
        assert violations(page) == []
        showing(page, server, stage, busy())
        days = [" ".join(text.split()[1:]) for text in page.locator(".days .day:visible").all_inner_texts()]
        assert days == ["Today", "Fri", "Mon", "Tue", "Wed", "Thu"]


def at_nine(**over: Any) -> Message:
    message = christmas().message("2017-12-22T09:05")
    message["figures"]["decided_today"] |= {"numerator": 0, "denominator": 1, "value": 0.0, "status": "too_few", **over}
    return message


def test_one_enquiry_at_five_past_nine_is_no_headline(browser: Browser, server: Server, stage: Stage) -> None:
    """The month stands first and is judged; today's one stands small beside it, and is no percentage."""
    with opened(browser) as page:
        showing(page, server, stage, at_nine())
        assert (slot(page, "decided_unit"), "of" in slot(page, "decided_detail")) == ("%", True)
        assert slot(page, "decided_detail").startswith("Dec, ")
        assert (slot(page, "decided_day"), slot(page, "decided_day_detail")) == ("0 of 1", "today")
        assert shown(page, "decided_today") == "0 of 1"
        sizes = [
            page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('[data-slot={name}]')).fontSize)")
            for name in ("decided", "decided_day")
        ]
        assert sizes[0] > 2 * sizes[1]
        assert slot(page, "decided_word") in ("On target", "Just below", "Below target")
        picture(page, "five-past-nine")


def test_on_the_first_morning_of_a_month_its_one_enquiry_is_no_headline_either(
    browser: Browser, server: Server, stage: Stage
) -> None:
    """Nor is any share of fewer than ten, which nobody judges: it is told as what it is."""
    message = at_nine()
    few = {"numerator": 0, "denominator": 1, "value": 0.0, "status": "too_few"}
    message["figures"]["decided_month"] |= few
    message["figures"]["enquiries_to_assessment"] |= {"numerator": 1, "denominator": 2, "value": 0.5}
    with opened(browser) as page:
        showing(page, server, stage, message)
        assert (slot(page, "decided"), slot(page, "decided_detail")) == ("0 of 1", "so far in December")
        assert slot(page, "decided_word") == "Too few to judge"
        assert (slot(page, "sent"), slot(page, "sent_detail")) == ("1 of 2", "received in Dec")
        assert "%" not in page.inner_text(".sent") + page.inner_text(".decided .pair")
        assert strays(page) == []


def test_what_is_due_comes_before_what_is_late_and_what_comes_besides_says_so(
    browser: Browser, server: Server, stage: Stage
) -> None:
    """Of those who wait, the late are a part; the conferences that are late are not among those that are due."""
    message = doctored(huge)
    with opened(browser) as page:
        showing(page, server, stage, message)
        words = page.inner_text(".waiting .dues").split("\n")
        assert [word.split(maxsplit=1)[1] for word in words if word.strip()] == ["due today", "due tomorrow", "late"]
        assert slot(page, "conferences_word") == "and 188 late"


def test_a_board_of_a_team_says_which_team_a_number_is_of(browser: Browser, server: Server, stage: Stage) -> None:
    """Those who wait stand in the team now; those of whom some are undecided are those that it received."""
    with opened(browser) as page:
        showing(page, server, stage, front().message(AFTERNOON, team="Front_door"))
        assert slot(page, "waiting_title") == "Waiting here for a decision"
        assert slot(page, "sent_detail").endswith("received here, Dec")
        assert strays(page) == []
        picture(page, "team-words")
        showing(page, server, stage, busy())
        assert slot(page, "waiting_title") == "Waiting for a decision"
        assert slot(page, "sent_detail").endswith("received in Dec")


def test_a_paused_board_says_so_in_its_head(browser: Browser, server: Server, stage: Stage) -> None:
    """Who comes to it later must not take it for live; and going on says Live again."""
    with opened(browser) as page:
        showing(page, server, stage, busy())
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert (slot(page, "light"), page.title().rpartition(", ")[2]) == ("Paused", "Paused")
        stage.say(busy("2017-12-14T15:32"))
        page.wait_for_timeout(700)
        assert slot(page, "light") == "Paused"
        assert strays(page) == []
        picture(page, "paused")
        assert violations(page) == []
        page.keyboard.press("Enter")
        assert (slot(page, "light"), slot(page, "time")) == ("Live", "15:32")


INKS = """() => [...document.querySelectorAll("main :is(h1, h2, p, span, time)")]
  .filter((node) => node.getClientRects().length && node.textContent.trim())
  .map((node) => getComputedStyle(node).color)"""


@pytest.mark.parametrize("message", [busy, lambda: withheld("store_away")], ids=["live", "store-away"])
def test_it_prints_on_white(browser: Browser, server: Server, stage: Stage, message: Any) -> None:
    """Dark words on white paper, with or without a printer's backgrounds, on one sheet; the button stays off it."""
    with opened(browser) as page:
        showing(page, server, stage, message())
        page.emulate_media(media="print")
        backgrounds = page.evaluate(
            "['html', 'body', '.lead', '.bar'].map((name) => [...document.querySelectorAll(name)]"
            ".map((node) => getComputedStyle(node).backgroundColor)).flat()"
        )
        assert set(backgrounds) <= {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
        darkest = [sum(int(part) for part in ink[4:-1].split(",")[:3]) for ink in page.evaluate(INKS)]
        assert max(darkest) < 3 * 128, "no pale ink on white"
        assert not page.get_by_role("button").is_visible()
        page.set_viewport_size({"width": 1041, "height": 590})
        picture(page, f"printed-{message().get('state')}")
        assert violations(page) == []
        pages = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
        assert pages == 1


def test_the_pictures_of_before_and_after_are_the_same_where_nothing_changed(browser: Browser, tmp_path: Path) -> None:
    """The tool that compares them can be run, and finds no difference of its own making."""
    player = compare.Player()
    with playing(player.messages) as server:
        for folder in ("before", "after"):
            (tmp_path / folder).mkdir()
            camera = compare.Camera(browser, server, player, tmp_path / folder)
            camera.takes("live", compare.MESSAGES["live"]())
    assert list(compare.differences(tmp_path / "after", tmp_path / "before")) == []


def test_an_older_server_shows_the_wait_in_office_hours(browser: Browser, server: Server, stage: Stage) -> None:
    """Its messages do not tell days; while servers are exchanged nothing is blank."""
    message = busy()
    del message["wait"]
    with opened(browser) as page:
        showing(page, server, stage, message)
        assert (slot(page, "longest_first_unit"), slot(page, "longest_detail")) == ("h", "in office hours")
        showing(page, server, stage, busy())
        assert slot(page, "longest_first_unit") in ("day", "days")
        assert "working days (" in slot(page, "longest_detail")
