"""The plain count itself, against figures worked by hand from the pages."""

from datetime import date
from typing import Any

import pytest

from tests.histories import history, knowns, moments, shuffled
from tests.promises.plain import DEFAULT_WINDOWS, figure, first_day, nth_working_day, values

AUTHORITY = "X99999901"
Event = dict[str, Any]


def event(kind: str, record: str, when: str, child: str = "a", **fields: Any) -> Event:
    """A valid event, recorded at noon on the day it happened unless told otherwise."""
    occurred = "occurred_on" if len(when) == 10 else "occurred_at"
    told = {"recorded_at": f"{when[:10]}T12:00:00Z", "source": "eclipse", "authority": AUTHORITY, "child": child}
    told |= {"type": kind, "record": record, occurred: when}
    told["id"] = "-".join([child, kind, record, str(fields.get("recorded_at", when))])[:64]
    return told | fields


def ask(events: list[Event], measure: str, at: str, **options: Any) -> tuple[int, int | None]:
    return figure(events, measure, at, authority=AUTHORITY, **options)


@pytest.mark.parametrize(
    ("start", "deadlines"),
    [
        ("2017-10-26", "2017-10-27 2017-11-09 2017-11-16 2017-11-23 2018-01-02"),
        ("2017-10-27", "2017-10-30 2017-11-10 2017-11-17 2017-11-24 2018-01-03"),
        ("2017-10-28", "2017-10-30 2017-11-10 2017-11-17 2017-11-24 2018-01-03"),
        ("2017-10-29", "2017-10-30 2017-11-10 2017-11-17 2017-11-24 2018-01-03"),
        ("2017-11-24", "2017-11-27 2017-12-08 2017-12-15 2017-12-22 2018-01-31"),
        ("2017-12-22", "2017-12-27 2018-01-10 2018-01-17 2018-01-24 2018-02-28"),
        ("2017-12-25", "2017-12-27 2018-01-10 2018-01-17 2018-01-24 2018-02-28"),
    ],
)
def test_deadlines_are_those_of_domain_2_0(start: str, deadlines: str) -> None:
    """1, 10, 15, 20 and 45 working days, with day 0 on a working day and not."""
    found = [nth_working_day(date.fromisoformat(start), n).isoformat() for n in (1, 10, 15, 20, 45)]
    assert found == deadlines.split()


def test_windows_begin_where_the_pages_say() -> None:
    """Thursday 29 February 2024: a leap day, in the last quarter of the financial year."""
    day = date(2024, 2, 29)
    begins = {
        "day": "2024-02-29",
        "week": "2024-02-26",
        "month": "2024-02-01",
        "quarter": "2024-01-01",
        "year_to_date": "2023-04-01",
        "year": "2023-03-01",
        "last_7_days": "2024-02-23",
    }
    assert {window: first_day(window, day).isoformat() for window in begins} == begins
    assert first_day("year", date(2025, 2, 28)) == date(2024, 2, 29)
    assert first_day("year_to_date", date(2018, 4, 1)) == date(2018, 4, 1)
    with pytest.raises(ValueError, match="no window"):
        first_day("now", day)


def test_day_45_is_in_time_and_day_46_is_overdue() -> None:
    """Started on Friday 27 October 2017: due by the end of Wednesday 3 January 2018."""
    start = event("assessment.started", "A1", "2017-10-27", team="North")
    assert ask([start], "assessments_overdue", "2018-01-03") == (0, None)
    assert ask([start], "assessments_overdue", "2018-01-03T23:59:59.999999Z") == (0, None)
    assert ask([start], "assessments_overdue", "2018-01-04T00:00:00Z", team="North") == (1, None)
    assert ask([start], "assessments_open", "2017-10-26T23:59:59.999999+01:00") == (0, None)
    for when, numerator in (("2018-01-03T23:59:59.999999Z", 1), ("2018-01-04", 0)):
        stop = event("assessment.authorised", "A1", when, outcomes=["advice", "care", "care"], team="South")
        assert ask([stop, start], "assessment_timeliness", "2018-03-31") == (numerator, 1)
        assert ask([stop, start], "assessment_timeliness", "2018-01-04T00:00:00Z", window="day") == (
            (0, 1) if when == "2018-01-04" else (0, 0)
        )
        assert ask([stop, start], "assessment_timeliness", "2018-03-31", by={"outcome": "care"}) == (numerator, 1)
        assert ask([stop, start], "assessment_timeliness", "2018-03-31", team="North") == (0, 0)
        assert ask([stop, start], "assessments_open", "2018-01-04") == (0, None)


def test_an_end_before_its_start_is_in_no_stock_and_no_clock() -> None:
    """By day where either is a date, by instant where both are; the same day is no length at all."""
    stop = event("assessment.authorised", "A1", "2018-05-10T10:00:00+01:00", outcomes=[])
    for when, timely in (
        ("2018-05-11", (0, 0)),
        ("2018-05-10T10:00:00.000001+01:00", (0, 0)),
        ("2018-05-10T09:00:00Z", (1, 1)),
        ("2018-05-10", (1, 1)),
    ):
        both = [event("assessment.started", "A1", when), stop]
        assert ask(both, "assessments_open", "2018-05-10") == (0, None)
        assert ask(both, "assessments_open", "2018-05-12") == (0, None)
        assert ask(both, "assessment_timeliness", "2018-05-12") == timely
    assert values(both, "assessment_timeliness", "2018-05-12", "outcome", authority=AUTHORITY) == {"unknown"}
    assert ask([stop], "assessment_timeliness", "2018-05-12") == (0, 0)


def test_authorised_stands_over_cancelled() -> None:
    """Cancelled alone ends it from its date; cancelled and authorised, the authorisation is the end."""
    start = event("assessment.started", "A1", "2018-05-01")
    cancelled = event("assessment.cancelled", "A1", "2018-05-03")
    authorised = event("assessment.authorised", "A1", "2018-05-08", outcomes=["advice"])
    assert ask([start, cancelled], "assessments_open", "2018-05-02") == (1, None)
    assert ask([start, cancelled], "assessments_open", "2018-05-03") == (0, None)
    assert ask([start, cancelled, authorised], "assessments_open", "2018-05-03") == (1, None)
    assert ask([start, cancelled, authorised], "assessments_open", "2018-05-08") == (0, None)
    assert ask([start, cancelled, authorised], "assessment_timeliness", "2018-05-08") == (1, 1)


def test_the_newest_telling_stands() -> None:
    """Revision, then recorded_at as an instant, then id; only what was known by then."""
    early = "2018-05-02T10:00:00.000100+01:00"
    one = event("enquiry.received", "E1", "2018-05-01", recorded_at=early, id="z", rag="red")
    two = one | {"recorded_at": "2018-05-02T09:00:00.000900Z", "id": "b", "rag": "amber"}  # in the same millisecond
    gone = one | {"recorded_at": "2018-05-02T09:00:00.000900Z", "id": "c", "retracted": True}
    back = two | {"revision": 2**50, "id": "a", "recorded_at": "2018-05-01T09:00:00Z", "rag": "green"}
    may = "2018-05-31"
    assert values([two, one], "enquiries_received", may, "rag", authority=AUTHORITY) == {"amber"}
    assert ask([gone, one, two, one], "enquiries_received", may) == (0, None)
    assert ask([gone, one, two], "enquiries_received", may, known_at="2018-05-02T09:00:00.0001Z") == (1, None)
    assert ask([back, gone, one, two], "enquiries_received", may, by={"rag": "green"}) == (1, None)
    late = one | {"received_at": "2018-06-01T00:00:00Z"}
    assert ask([late], "enquiries_received", may, known_at="2018-05-31") == (0, None)
    assert ask([late], "enquiries_received", may, known_at="2018-06-01") == (1, None)


def test_merged_children_are_one_while_the_link_stands() -> None:
    """Both ways and in chains, at every `at`; a retraction under one pseudonym leaves the other's fact."""
    links = [
        event("child.merged", "L1", "2018-06-01", child="a", into="b"),
        event("child.merged", "L2", "2018-06-02", child="c", into="b"),
    ]
    care = [event("care.started", "P1", "2018-01-10", child=name, team=name) for name in "abc"]
    assert ask(care, "children_looked_after", "2018-01-31") == (3, None)
    assert ask(care + links, "children_looked_after", "2018-01-31") == (1, None)
    parted = links[1] | {"id": "parted", "retracted": True, "recorded_at": "2018-07-01T00:00:00Z"}
    assert ask([*care, *links, parted], "children_looked_after", "2018-01-31") == (2, None)
    assert ask([*care, *links, parted], "children_looked_after", "2018-01-31", known_at="2018-06-30") == (1, None)
    removed = care[2] | {"id": "removed", "retracted": True, "recorded_at": "2018-07-01T00:00:00Z"}
    assert ask([*care, *links, removed], "children_looked_after", "2018-01-31", team="b") == (1, None)


def test_short_breaks_are_left_out_and_a_name_is_not_replaced_by_the_date() -> None:
    """Statuses of a period: named, else by date (half open); the greater record of two at one moment."""
    care = [
        event("care.started", "P1", "2018-01-10", team="North"),
        event("care.ended", "P1", "2018-03-01"),
        event("care.started", "P2", "2018-03-01", team="South"),
    ]

    def groups(more: list[Event], at: str) -> set[str]:
        return values(care + more, "children_looked_after", at, "legal_group", authority=AUTHORITY)

    short = event("legal_status.changed", "S1", "2018-02-01", status="V3")
    assert groups([], "2018-02-01") == {"unknown"}
    assert groups([short], "2018-01-31") == {"unknown"}
    assert groups([short], "2018-02-01") == set()
    assert groups([short], "2018-03-01") == {"unknown"}
    assert groups([short | {"care": "P9"}], "2018-02-01") == {"unknown"}
    order = event("legal_status.changed", "S2", "2018-02-01", status="C2")
    assert groups([short, order], "2018-02-28") == {"full_care_order"}
    on_the_day = event("legal_status.changed", "S3", "2018-03-01", status="L1")
    assert groups([short, on_the_day], "2018-03-01") == {"protection"}
    assert ask([*care, on_the_day], "children_looked_after", "2018-02-28", team="North") == (1, None)
    assert ask([*care, on_the_day], "children_looked_after", "2018-03-01", team="South") == (1, None)


def test_of_overlapping_periods_the_last_begun_that_is_no_short_break_is_present() -> None:
    """P2 begins later but turns to short breaks: P1 is the present one again."""
    care = [
        event("care.started", "P1", "2018-01-10", team="North"),
        event("care.started", "P2", "2018-02-10", team="South"),
        event("legal_status.changed", "S1", "2018-01-10", status="V2"),
        event("legal_status.changed", "S2", "2018-02-20", status="V4"),
    ]
    for at, team, group in (
        ("2018-02-09", "North", "section_20"),
        ("2018-02-10", "South", "unknown"),
        ("2018-02-20", "North", "section_20"),
    ):
        assert ask(care, "children_looked_after", at) == (1, None)
        assert ask(care, "children_looked_after", at, team=team, by={"legal_group": group}) == (1, None)


def test_an_enquiry_belongs_to_its_local_day_and_hour() -> None:
    """00:30 on 1 April 2018 is still March in UTC; 01:30 comes twice on 29 October 2017."""
    night = event("enquiry.received", "E1", "2018-03-31T23:30:00Z")
    assert ask([night], "enquiries_received", "2018-03-31") == (0, None)
    assert ask([night], "enquiries_received", "2018-04-01", window="day", by={"hour": "00"}) == (1, None)
    twice = [
        event("enquiry.received", "E1", "2017-10-29T01:30:00+01:00"),
        event("enquiry.received", "E2", "2017-10-29T01:30:00+00:00"),
        event("enquiry.received", "E3", "2017-10-29"),
    ]
    assert ask(twice, "enquiries_received", "2017-10-29", by={"hour": "01"}) == (2, None)
    assert ask(twice, "enquiries_received", "2017-10-29", by={"hour": "unknown"}) == (1, None)
    assert ask(twice, "enquiries_received", "2017-10-29T00:30:00Z") == (2, None)
    assert ask(twice, "enquiries_received", "2017-10-29T00:29:59.999999Z") == (1, None)


def test_an_enquiry_has_its_newest_grade_and_latest_decision_whenever_made() -> None:
    """Later than `at` too; of two at one moment the greater record; a retracted one gives way."""
    enquiry = event("enquiry.received", "E1", "2018-05-01", rag="green", enquiry_source="police")
    nine = event("enquiry.graded", "G9", "2018-06-02", rag="red", enquiry="E1")
    ten = event("enquiry.graded", "G10", "2018-06-01T23:00:00Z", rag="amber", enquiry="E1")
    first = event("enquiry.decided", "D1", "2018-05-02", outcomes=["advice"], enquiry="E1")
    second = event("enquiry.decided", "D2", "2018-06-03", outcomes=["assessment", "early_help"], enquiry="E1")
    gone = second | {"id": "gone", "retracted": True, "recorded_at": "2018-07-01T00:00:00Z"}

    def find(more: list[Event], dim: str) -> set[str]:
        return values([enquiry, *more], "enquiries_received", "2018-05-31", dim, authority=AUTHORITY)

    assert find([], "rag") == {"green"}
    assert find([nine, ten], "rag") == {"red"}
    assert find([], "outcome") == {"undecided"}
    assert find([second, first], "outcome") == {"assessment", "early_help"}
    assert find([second, first, gone], "outcome") == {"advice"}
    assert find([first | {"outcomes": []}], "outcome") == {"unknown"}
    assert find([], "postcode_sector") == {"unknown"}


@pytest.mark.parametrize("seed", range(10))
def test_order_and_repetition_never_matter(seed: int) -> None:
    """Any shuffle of a made-up history, with some of it told twice, gives the same figures."""
    events = history(seed)
    again = shuffled(seed, events)
    known = knowns(seed, events)[0]
    for at in moments(seed, events):
        for measure in DEFAULT_WINDOWS:
            assert ask(events, measure, at) == ask(again, measure, at)
            assert ask(events, measure, at, known_at=known) == ask(again, measure, at, known_at=known)


def test_histories_reach_the_boundaries() -> None:
    """Among a hundred made-up histories: working days 44, 45 and 46, both 01:30s, every way of taking back."""
    reached: set[str] = set()
    for events in map(history, range(100)):
        starts = {told["record"]: told for told in events if told["type"] == "assessment.started"}
        for told in events:
            stop = told["type"] == "assessment.authorised" and not told.get("retracted")
            if stop and {"occurred_on"} <= told.keys() & starts.get(told["record"], {}).keys():
                day_0 = date.fromisoformat(starts[told["record"]]["occurred_on"])
                end = date.fromisoformat(told["occurred_on"])
                reached |= {f"day {n}" for n in (44, 45, 46) if nth_working_day(day_0, n) == end}
                reached |= {name for name, so in (("before", end < day_0), ("same day", end == day_0)) if so}
            if "-10-" in str(told.get("occurred_at")) and "T01:30:00+" in told["occurred_at"]:
                reached.add(told["occurred_at"][-6:])
            reached |= {f"{told['type']} retracted"} if told.get("retracted") else set()
            reached |= {"no outcome"} if told.get("outcomes") == [] else set()
    assert reached >= {"day 44", "day 45", "day 46", "before", "same day", "+00:00", "+01:00", "no outcome"}
    assert reached >= {f"{kind} retracted" for kind in ("child.merged", "care.started", "enquiry.decided")}
