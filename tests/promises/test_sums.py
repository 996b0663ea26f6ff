"""Sums in arrays equal adding up the cells one by one, however they come and go and whenever it is asked."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from itertools import product
from random import Random

import pytest

from events.time import MICROSECONDS_PER_DAY, Instant, day_of, midnight
from events.working_days import calendar
from metrics.rules.rules import Rules, usual_rules
from metrics.rules.teams import TeamFact
from metrics.shapes import Breakdown, Part, Value
from metrics.shapes.part import CellKey, Reducer
from metrics.sums.cell_query import Key
from metrics.sums.sums import GrowingSums

FIRST = midnight(date(2017, 4, 1))
DAYS = 60
MOVING = Rules(
    calendar(),
    teams=(
        TeamFact("north", "hills", last=date(2017, 4, 20), into="south"),
        TeamFact("south", "coast", last=date(2017, 5, 5)),
        TeamFact("south", "hills", first=date(2017, 5, 6), name="South and North"),
        TeamFact("east", "coast", first=date(2017, 4, 10)),
    ),
)
ASKED: tuple[Key, ...] = (
    (),
    ("team",),
    ("locality",),
    ("team", "locality"),
    ("rag",),
    ("outcome",),
    ("outcome", "team"),
    ("outcome", "outcome"),
    ("item",),
    ("locality", "rag", "outcome", "item"),
)
KEPT: tuple[Mapping[str, str], ...] = (
    {},
    {"team": "south"},
    {"locality": "hills"},
    {"rag": "red"},
    {"outcome": "a"},
    {"outcome": "never told"},
    {"team": "South and North", "outcome": "b"},
    {"colour": "not a breakdown of this part"},
)


def part(stock: bool, reducer: Reducer | None = None) -> Part:
    by = (Breakdown("rag"), Breakdown("outcome"), Breakdown("item"))
    return Part("part", stock, by, frozenset(), frozenset(), lambda life: iter(()), reducer=reducer)


def cell(choose: Random) -> CellKey:
    """A cell anywhere: at times at the very moment that others are at, in few teams, with lists among the values."""
    at = FIRST + choose.randrange(DAYS) * MICROSECONDS_PER_DAY + choose.choice((0, 0, 1, -1))
    outcome: Value = choose.choice(("a", "b", "unknown", ("a", "b"), ("b", "c")))
    by = (choose.choice(("red", "green")), outcome, choose.choice(("", "1", "2", "3")))
    return choose.choice(("north", "south", "east", "unknown")), by, at


def plain(
    cells: Mapping[CellKey, int],
    part: Part,
    since: Instant | None,
    until: Instant,
    keeping: Mapping[str, str],
    by: Key,
    rules: Rules,
) -> dict[Key, int]:
    """Return what `Sums.total` should, by looking at every cell."""
    totals: Counter[Key] = Counter()
    for (team, values, at), n in cells.items():
        if at > until or (since is not None and at < since):
            continue
        day = day_of(until if part.stock else at)
        under: dict[str, Value] = dict(zip(("rag", "outcome", "item"), values, strict=True))
        under |= {"team": rules.team_at(team, day), "locality": rules.locality_at(team, day)}
        if all(wanted in _members(under.get(name, wanted)) for name, wanted in keeping.items()):
            dims = (*by, "item") if part.reducer else by
            totals.update(dict.fromkeys(product(*(_members(under[name]) for name in dims)), n))
    if part.reducer:
        items = {key: n for key, n in totals.items() if n}
        totals = Counter()
        for (*key, item), n in items.items():
            totals[tuple(key)] += 1 if item else n
    return {key: n for key, n in totals.items() if n}


def _members(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("seed", range(40))
def test_sums_equal_adding_up_the_cells(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of flows, stocks and distinct items, at any moment, by anything and kept to anything, where teams move, too."""
    choose = Random(seed)
    monkeypatch.setattr("metrics.sums.sorted_cells.CELLS_PER_NOTE", choose.choice((1, 7, 2048)))
    monkeypatch.setattr("metrics.sums.cells.MAX_WAITING", choose.choice((0, 5, 4096)))
    kept, cells = GrowingSums(), Counter[CellKey]()
    for _ in range(60):
        change = Counter[CellKey]()
        for _ in range(choose.choice((1, 3, 40))):
            change[cell(choose)] += choose.choice((1, 1, 2))
        if choose.random() < 0.3:  # what was told is taken back
            change.update({where: -n for where, n in choose.sample(sorted(cells.items(), key=str), len(cells) // 2)})
        kept.add("part", change)
        cells.update(change)
        one = part(choose.random() < 0.5, choose.choice((None, None, "distinct")))
        until = FIRST + choose.randrange(-1, DAYS + 1) * MICROSECONDS_PER_DAY + choose.choice((0, -1, 1))
        since = None if one.stock else until - choose.randrange(DAYS) * MICROSECONDS_PER_DAY
        asked = (one, since, until, choose.choice(KEPT), choose.choice(ASKED), choose.choice((usual_rules(), MOVING)))
        assert kept.total(*asked) == plain(cells, *asked), asked
    assert {where: n for _, where, n in kept.cells()} == {where: n for where, n in cells.items() if n}
    assert kept.teams() == {team for team, _, _ in cells}


def test_what_is_taken_as_it_is_stays_so() -> None:
    """What is added afterwards is in the one and not in the other, a team that nobody knew among it."""
    kept = GrowingSums({"part": {("north", ("red", "a", ""), FIRST): 1}})
    as_it_was = kept.frozen()
    kept.add("part", {("west", ("amber", ("a", "c"), ""), FIRST): 5, ("north", ("red", "a", ""), FIRST): -1})
    kept.add("other", {("west", (), FIRST): 1})
    asked = (part(stock=True), None, FIRST, {}, ("team", "rag"), usual_rules())
    assert as_it_was.total(*asked) == {("north", "red"): 1}
    assert kept.total(*asked) == {("west", "amber"): 5}
    assert [name for name, _, _ in as_it_was.cells()] == ["part"]
