"""A second board is one declaration: nothing that serves, streams, builds or paints boards knows a board by name."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from events.working_days import calendar
from metrics.exposition.boards import BOARDS
from metrics.exposition.boards.declaration import Area, Board, Tile
from metrics.exposition.boards.lead import Sentence, Sentences
from metrics.exposition.boards.view import BoardFigure
from metrics.rules.rules import Rules
from tests.boards import DECEMBER, TARGETS, Clock, Server, Told, serving
from tests.contracts.test_mash import DAY
from tests.journeys.boards.screen import opened, picture, shown, slot, state, strays, violations
from tests.story import AUTHORITY

OVERDUE = BoardFigure("assessments_overdue")

ASSESSMENTS = Board(
    name="assessments",
    title="Assessments </script>",
    tiles=(
        Tile(
            id="late",
            component="count_past",
            title="Late",
            area=Area(row=1, column=1),
            asks={"past": OVERDUE},
            loaded="assessments",
        ),
        Tile(
            id="wait",
            component="longest_wait",
            title="Longest wait",
            area=Area(row=1, column=2),
            asks={
                "longest": BoardFigure("longest_wait"),
                "due": BoardFigure("enquiries_due", by=("due_on",)),
                "overdue": BoardFigure("enquiries_overdue"),
            },
            loaded="enquiries",
        ),
    ),
    lead=Sentences(
        (Sentence("late", "assessments_overdue", "assessment is late", "assessments are late"),),
        nothing="All in time",
        none_loaded="None loaded",
    ),
    loaded={"assessments": "assessments_started", "enquiries": "enquiries_received"},
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    rules = Rules(calendar(), targets=TARGETS)

    async def make() -> Told:
        return Told(DAY, rules)

    with serving(Clock(DECEMBER), rules, make, boards=(*BOARDS, ASSESSMENTS)) as server:
        yield server


def test_a_board_of_two_tiles_is_one_declaration(browser: Browser, server: Server) -> None:
    """It has a page, a stream, a sentence and both figures; whatever its texts hold, they are texts."""
    with opened(browser) as page:
        page.goto(f"http://127.0.0.1:{server.port}/boards/assessments?authority={AUTHORITY}")
        state(page, "live", within=10)
        assert page.locator("section").count() == 2
        assert (shown(page, "assessments_overdue"), slot(page, "late_word")) == ("1", "Late")
        assert (shown(page, "longest_wait"), slot(page, "wait_second")) == ("20", "32")
        assert slot(page, "lead") == "1 assessment is late"
        assert page.locator("h1").inner_text() == "Assessments </script> Wexshire"
        assert page.title() == "Assessments </script> board, Wexshire, Live"
        assert strays(page) == []
        assert violations(page) == []
        picture(page, "second-board")


@pytest.mark.parametrize("board", [*BOARDS, ASSESSMENTS], ids=lambda board: board.name)
def test_every_board_can_be_built(browser: Browser, server: Server, board: Board) -> None:
    """Each tile names a component that there is, and gives it every figure that it asks for."""
    with opened(browser) as page:
        page.goto(f"http://127.0.0.1:{server.port}/boards/{board.name}?authority={AUTHORITY}")
        state(page, "live", within=10)
        assert page.locator("section h2").count() == len(board.tiles)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ({"asks": {"present": OVERDUE}}, 'tile late: component count_past asks for a figure "past"'),
        ({"component": "count_passed"}, "tile late: no component count_passed: there are count_due,"),
        ({"component": "share_with_undecided", "asks": {"share": OVERDUE}}, 'asks for an option "none"'),
    ],
)
def test_a_tile_that_its_component_cannot_draw_is_said_on_the_page(
    browser: Browser, spoil: dict[str, Any], says: str
) -> None:
    """A dark screen would send whoever declared the board to the browser's console."""
    spoilt = replace(ASSESSMENTS, tiles=(replace(ASSESSMENTS.tiles[0], **spoil),), lead=None)

    async def make() -> Told:
        return Told(DAY)

    with serving(Clock(), Rules(calendar()), make, boards=(spoilt,)) as server, opened(browser) as page:
        page.goto(f"http://127.0.0.1:{server.port}/boards/assessments")
        page.get_by_text("This board cannot be built", exact=False).wait_for(timeout=5_000)
        assert says in page.inner_text("main")


def test_the_first_board_stands_beside_it(browser: Browser, server: Server) -> None:
    """And the home page leads to both."""
    with opened(browser) as page:
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.wait_for_selector("[data-state=ready]")
        page.get_by_role("link", name="Assessments </script> board", exact=False).first.wait_for()
        page.get_by_role("link", name="MASH board", exact=False).first.click()
        state(page, "live", within=10)
        assert page.locator("section").count() == 8
        assert shown(page, "assessments_overdue") == "1"
