"""The made-up return of 2017-18: real-sized, and dirty as its makers made it."""

import csv
import random
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from events.care import CareStarted, PlacementStarted
from events.decode import decode, encode
from events.sources.report import Outcome
from events.sources.source import SourceReading
from metrics.store.in_memory import InMemoryStore
from tests.stories.ssda903_returns import DATA, kept, looked_after, reading, reasons, report_of, store_of, total


@pytest.fixture(scope="module")
def whole() -> SourceReading:
    return reading(DATA)


@pytest.fixture(scope="module")
def store(whole: SourceReading) -> InMemoryStore:
    return store_of(whole.events)


GROUPS = {
    "C1": "interim_care_order",
    "C2": "full_care_order",
    "D1": "freeing_order",
    "E1": "placement_order",
    "V2": "section_20",
    "L1": "protection",
    "L2": "protection",
    "L3": "protection",
    "J1": "justice",
    "J2": "justice",
    "J3": "justice",
}


def open_rows(at: str) -> dict[str, list[dict[str, str]]]:
    """Rows open at the end of a day, V3 and V4 left out, by child, the last begun last. No chains, no periods."""

    def sortable(day: str) -> str:
        return f"{day[6:]}-{day[3:5]}-{day[:2]}" if day else "9999"

    by_child: dict[str, list[dict[str, str]]] = {}
    with (DATA / "episodes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if sortable(row["DECOM"]) <= at < sortable(row["DEC"]) and row["LS"] not in ("V3", "V4"):
                by_child.setdefault(row["CHILD"], []).append(row)
    return {child: sorted(rows, key=lambda row: sortable(row["DECOM"])) for child, rows in by_child.items()}


@pytest.mark.parametrize(
    ("at", "children", "moved"),
    [
        # One child has two rows open. The row begun last, C2 of 3 June, is the second of a period from July 2016 (DEC
        # 3 June = DECOM 3 June); the period begun last is the other, L3 of 16 April. So that is the present one.
        ("2017-06-30", 1601, {"full_care_order": -1, "protection": +1}),
        # Three children of this kind. The row begun last, and the period begun last:
        #   16 September J3, of a period from 12 July;       16 August C2.
        #   22 September J1, of a period from 14 February;   13 July L2.
        #   5 August J2, of a period from August 2015;       29 July L3.
        ("2017-09-30", 1455, {"justice": -3, "full_care_order": +1, "protection": +2}),
        # One child of this kind, L3 in both; so the plain count and the periods agree.
        ("2017-12-31", 1313, {}),
    ],
)
def test_children_looked_after_equal_a_plain_count_of_the_open_rows(
    store: InMemoryStore, at: str, children: int, moved: dict[str, int]
) -> None:
    """In all, exactly. By legal group too, save for those in overlapping periods whose last row is not of the last."""
    rows = open_rows(at)
    assert total(store, at) == len(rows) == children
    expected = Counter(GROUPS[of_child[-1]["LS"]] for of_child in rows.values())
    expected.update(moved)
    assert looked_after(store, at) == expected


def test_who_the_plain_count_sees_otherwise_is_in_two_open_rows(store: InMemoryStore) -> None:
    """Without the children of two open rows, both counts agree on every child, at each month's end of the year."""
    for at in ("2017-04-30", "2017-05-31", "2017-06-30", "2017-08-31", "2017-09-30", "2017-12-31", "2018-02-28"):
        rows = open_rows(at)
        once = Counter(GROUPS[only[0]["LS"]] for only in rows.values() if len(only) == 1)
        twice = sum(len(of_child) > 1 for of_child in rows.values())
        by_group = looked_after(store, at)
        assert by_group >= once
        assert by_group.total() == once.total() + twice == total(store, at)


ACCOUNT = {  # file: rows used, repaired, left; what was found about how many
    "header.csv": ((2675, 0, 0), {"NO_EPISODES": 552}),
    "episodes.csv": (
        # Of the 11 open rows that another follows, 10 have a blank DEC and one is among the 12 that end on 1 April.
        (3255, 1795, 0),
        {
            "BEGAN_EARLIER": 1856,
            "AFTER_A_GAP": 50,
            "TOUCHES": 1,
            "OVERLAPS": 63,
            "OPEN_THEN_ANOTHER": 11,
            "REASON_WITHOUT_END": 1413,
            "END_AFTER_AS_OF": 12,
            "PLACE_GOES_ON": 1152,
        },
    ),
    "reviews.csv": (
        # 5,042 are dated after the return, one of them is there twice.
        (7532, 0, 5050),
        {"STARTS_AFTER_AS_OF": 5041, "SAME_FACT": 7, "DUPLICATE": 2, "NO_EPISODES": 3070},
    ),
    "missing.csv": ((43, 0, 0), {"NO_EPISODES": 7}),
    "oc3.csv": ((51, 2, 0), {"NO_CODE": 2, "NO_EPISODES": 11}),
    "ad1.csv": ((29, 0, 0), {"NO_EPISODES": 5}),
    "placed_for_adoption.csv": ((0, 29, 0), {"CEASED_UNEXPLAINED": 29, "NO_EPISODES": 5}),
    "sw_episodes.csv": ((0, 0, 1), {"STARTS_AFTER_AS_OF": 1, "NOT_IN_HEADER": 1, "NO_EPISODES": 1}),
    "uasc.csv": ((0, 0, 132), {"NO_EVENT": 132}),
    "previous_permanence.csv": ((0, 0, 2675), {"NO_EVENT": 2675}),
    "oc2.csv": ((0, 0, 2675), {"NO_DAY": 2675}),
    "dolo.csv": ((0, 0, 0), {}),
}


@pytest.mark.parametrize("name", ACCOUNT)
def test_every_row_of_the_return_is_accounted_for(whole: SourceReading, name: str) -> None:
    """Each is used, repaired or left, by a reason: as many as there are lines in the file."""
    outcomes, findings = ACCOUNT[name]
    report = report_of(whole, name)
    assert tuple(report.outcomes[outcome] for outcome in Outcome) == outcomes
    assert reasons(whole, name) == findings
    lines = (DATA / name).read_text().splitlines()[1:] if (DATA / name).exists() else []
    assert report.read == len(lines) == sum(outcomes)


def test_the_reports_are_of_all_files(whole: SourceReading) -> None:
    """Each file that the folder holds, and the one that it lacks."""
    assert {report.file for report in whole.reports} == set(ACCOUNT)
    assert {path.name for path in DATA.glob("*.csv")} == {r.file for r in whole.reports if not r.absent}


@pytest.mark.parametrize(
    ("temporary", "bands"),
    [(True, {1: 510, 2: 709, 3: 341}), (False, {1: 647, 2: 599, 3: 201, 0: 113})],
)
def test_placements_in_the_year_equal_the_count_of_the_rows(
    whole: SourceReading, temporary: bool, bands: dict[int, int]
) -> None:
    """As rows were counted: placements of the 1,560 in the 12 months to 31 December, with T stays and without."""
    begins, day = date(2016, 12, 31), date(2017, 12, 31)
    tellings = [event for event in whole.events if not event.retracted]
    ends = {event.record: event.day for event in tellings if event.type == "care.ended"}
    open_periods = [e for e in tellings if isinstance(e, CareStarted) and e.day <= day < ends.get(e.record, date.max)]
    of_period: dict[str | None, list[PlacementStarted]] = {}
    for event in tellings:
        if isinstance(event, PlacementStarted):
            of_period.setdefault(event.care, []).append(event)
    counted = Counter({period.child: 0 for period in open_periods})
    for care, placements in of_period.items():
        placements.sort(key=lambda placement: placement.day)
        until = [*(placement.day for placement in placements[1:]), ends.get(str(care), date.max)]
        for placement, end in zip(placements, until, strict=True):
            kind = temporary or not placement.placement.startswith("T")
            if placement.child in counted and kind and placement.day <= day and end > begins:
                counted[placement.child] += 1
    assert Counter(min(n, 3) for n in counted.values()) == bands


def test_the_same_return_twice_changes_nothing(whole: SourceReading, store: InMemoryStore) -> None:
    """The same file gives the same tellings, ids and all."""
    again = reading(DATA)
    assert again.events == whole.events
    assert len({event.id for event in whole.events}) == len(whole.events)
    assert kept(store_of(whole.events, again.events)) == kept(store)


def test_the_order_of_the_rows_does_not_matter(whole: SourceReading, store: InMemoryStore, tmp_path: Path) -> None:
    """Shuffled, all files tell the same."""
    for path in DATA.glob("*.csv"):
        heading, *rows = path.read_text().splitlines()
        random.Random(903).shuffle(rows)
        (tmp_path / path.name).write_text("\n".join([heading, *rows]))
    shuffled = reading(tmp_path)
    assert shuffled.events == whole.events
    assert kept(store_of(shuffled.events)) == kept(store)
    assert [about.reasons for about in shuffled.reports] == [about.reasons for about in whole.reports]


def test_every_event_passes_the_door(whole: SourceReading) -> None:
    """As bytes and back, none is a dead letter and none has changed."""
    now = datetime(2018, 4, 1, tzinfo=UTC)
    assert [encode(decode(encode(event), now)) for event in whole.events] == [encode(event) for event in whole.events]
    assert {event.origin for event in whole.events} == {"backload"}
