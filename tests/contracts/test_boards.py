"""What a declaration of a board may not say, and what is served of it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from metrics.catalogue import UnknownMeasure
from metrics.exposition.boards import BOARDS
from metrics.exposition.boards.arrivals import ArrivalsDrawing
from metrics.exposition.boards.declaration import Area, Board, Tile, WrongBoard
from metrics.exposition.boards.lead import Sentence, Sentences
from metrics.exposition.boards.mash import MASH
from metrics.exposition.boards.queue import QueueDrawing
from metrics.exposition.boards.view import BoardFigure
from metrics.exposition.http.app import create_app
from tests.boards import DECEMBER, Clock, Told
from tests.contracts.test_mash import DAY

PAST = Tile(
    "past",
    "count_past",
    "Past",
    Area(row=1, column=1),
    asks={"past": BoardFigure("assessments_overdue")},
    loaded="assessments",
)
OPEN = Tile(
    "open",
    "count_past",
    "Open",
    Area(row=1, column=2),
    asks={"past": BoardFigure("assessments_open")},
    loaded="assessments",
)


def board(*tiles: Tile) -> Board:
    return Board(name="small", title="Small", tiles=tiles, loaded={"assessments": "assessments_started"})


@pytest.mark.parametrize(
    ("declare", "says"),
    [
        (lambda: board(PAST, replace(OPEN, id="past")), "board small: tile past is declared twice"),
        (lambda: board(PAST, replace(OPEN, area=PAST.area)), r"board small: place \(1, 1\) is declared twice"),
        (lambda: board(replace(PAST, area=Area(row=1, column=4, columns=2))), "tile past: it stands outside 3 rows"),
        (lambda: board(replace(PAST, area=Area(row=0, column=1))), "tile past: it stands outside 3 rows"),
        (lambda: board(replace(PAST, loaded="visits")), "tile past: no 'visits': there are assessments"),
        (
            lambda: board(PAST, replace(OPEN, asks={"past": BoardFigure("assessments_overdue", by=("team",))})),
            "board small: figure assessments_overdue is declared twice",
        ),
        (
            lambda: board(replace(PAST, drawing=QueueDrawing("queue", since="longest_wait"))),
            "tile past: no 'due': there are past",
        ),
        (
            lambda: replace(
                board(PAST), lead=Sentences((Sentence("due_today", "assessments_overdue", "is", "are"),), "", "")
            ),
            "lead: no 'assessments_overdue': there are none",
        ),
        (lambda: replace(board(PAST), lead=MASH.lead), "lead: no 'enquiries_due': there are none"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(declare: Callable[[], Board], says: str) -> None:
    """When it is declared, and not on a wall."""
    with pytest.raises(WrongBoard, match=says):
        declare()


def test_a_measure_that_there_is_not_is_refused() -> None:
    """With the measure that was perhaps meant."""
    for declare in (
        lambda: BoardFigure("enquiries_overdu"),
        lambda: QueueDrawing("queue", since="enquiries_overdu"),
        lambda: ArrivalsDrawing("arrivals", of="enquiries_overdu"),
        lambda: replace(board(PAST), loaded={"assessments": "enquiries_overdu"}),
    ):
        with pytest.raises(UnknownMeasure, match="did you mean enquiries_overdue"):
            declare()


def test_two_tiles_may_show_one_figure() -> None:
    """It is asked for once."""
    twice = board(PAST, replace(PAST, id="again", area=Area(row=2, column=1)))
    assert [figure.name for figure in twice.figures] == ["assessments_overdue"]


def get(*paths: str, accept: str = "*/*") -> list[httpx.Response]:
    reader = Told(DAY)
    app = create_app(reader, Clock(DECEMBER).clocks(reader.rules))

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return [await client.get(path, headers={"accept": accept}) for path in paths]

    return asyncio.run(ask())


def test_the_page_of_a_board_carries_its_declaration() -> None:
    """As data and not as a script, so that the content policy lets no script in but our own files."""
    (answer,) = get("/boards/mash")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    _, _, rest = answer.text.partition('<script type="application/json" id="declaration">')
    declared = json.loads(rest.partition("</script>")[0])
    assert [tile["id"] for tile in declared["tiles"]] == [tile.id for tile in MASH.tiles]
    assert answer.text.count("<script") == 2


def test_a_board_that_nobody_declared_is_not_there() -> None:
    """People get a page, programs a problem; both say which boards there are."""
    for answer in get("/v1/nope", "/boards/assets/nope.js", accept="text/html") + get("/board"):
        assert answer.headers["content-type"] == "application/problem+json"
    (stream,) = get("/v1/live?board=kitchen")
    assert (stream.status_code, stream.json()["detail"]) == (404, "no such board: there is mash")
    for answer in (
        *get("/boards/nope", "/boards/%3Cscript%3E"),
        *get("/boards/nope/nope", "/board", accept="text/html"),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "<h1>There is no such page</h1>" in answer.text
        assert '<a href="/boards/mash">MASH board</a>' in answer.text
        assert "script" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_boards_without_a_name_are_the_home_page() -> None:
    """Somebody cut the address short."""
    home, cut = get("/", "/boards")
    assert (home.status_code, cut.status_code) == (200, 200)
    assert home.text == cut.text


@pytest.mark.parametrize(
    "name",
    ["board.html", "home.html", "..%2F..%2F__init__.py", "..%2Fboards%2Fboard.js", "..%5Cboard.js", "boards", "%2E%2E"],
)
def test_no_file_is_served_but_those_that_pages_load(name: str) -> None:
    """No page without its declaration, no other folder, no folder."""
    assert get(f"/boards/assets/{name}")[0].status_code == 404


def test_every_file_that_a_page_loads_is_served() -> None:
    """Out of whichever folder has it."""
    board_js, home_css, tokens = get("/boards/assets/board.js", "/boards/assets/home.css", "/boards/assets/tokens.css")
    assert board_js.headers["content-type"].startswith("text/javascript")
    assert {each.headers["content-type"] for each in (home_css, tokens)} == {"text/css; charset=utf-8"}
    assert {each.status_code for each in (board_js, home_css, tokens)} == {200}


def test_boards_have_names_of_their_own() -> None:
    """A stream and a page are found by them."""
    names = [each.name for each in BOARDS]
    assert len(names) == len(set(names))
