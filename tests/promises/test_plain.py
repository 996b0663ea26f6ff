"""The plain count itself, against figures worked by hand from the pages."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import permutations
from typing import Any

import pytest

from tests.histories import history, knowns, moments, shuffled
from tests.promises.plain import (
    A_MICROSECOND,
    BANDS,
    BREAKDOWNS,
    KINDS,
    Child,
    Look,
    beside,
    children_of,
    day_of,
    figure,
    first_day,
    happened,
    local_day,
    months_after,
    nth_working_day,
    office_time,
    values,
    when_recorded,
)

AUTHORITY = "X99999901"
Event = dict[str, Any]


def event(kind: str, record: str, when: str, child: str = "a", **fields: Any) -> Event:
    """A valid event, recorded at noon on the day it happened unless told otherwise."""
    occurred = "occurred_on" if len(when) == 10 else "occurred_at"
    row = {"recorded_at": f"{when[:10]}T12:00:00Z", "source": "eclipse", "authority": AUTHORITY, "child": child}
    row |= {"type": kind, "record": record, occurred: when}
    row["id"] = "-".join([child, kind, record, str(fields.get("recorded_at", when))])[:64]
    return row | fields


def ask(events: list[Event], measure: str, at: str, **options: Any) -> tuple[int | None, int | None]:
    return figure(events, measure, at, authority=AUTHORITY, **options)


def listed(events: list[Event], measure: str, at: str, dim: str, **options: Any) -> str:
    """The values under which anything is counted, in a line."""
    return " ".join(sorted(values(events, measure, at, dim, authority=AUTHORITY, **options)))


def count(events: list[Event], measure: str, at: str, **options: Any) -> int | None:
    numerator, denominator = ask(events, measure, at, **options)
    assert denominator is None
    return numerator


def allocated(record: str, when: str, team: str, child: str = "a") -> Event:
    return event("case.allocated", record, when, child, team=team, worker="w")


def person(record: str, child: str = "a", **fields: Any) -> Event:
    return event("person.recorded", record, "2015-01-01", child, **fields)


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
    deadlines_of_start = [nth_working_day(date.fromisoformat(start), n).isoformat() for n in (1, 10, 15, 20, 45)]
    assert deadlines_of_start == deadlines.split()


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


# --- the front door ---------------------------------------------------------------------------------------------


def test_an_enquiry_is_overdue_from_the_midnight_after_the_next_working_day() -> None:
    """Received on Friday 27 October 2017 at 16:30: due by the end of Monday the 30th."""
    received = event("enquiry.received", "E1", "2017-10-27T16:30:00+01:00", team="North", enquiry_source="police")
    for at, awaiting, due, overdue, settled in (
        ("2017-10-27T16:29:59.999999+01:00", 0, "", 0, (0, 0)),
        ("2017-10-27T16:30:00+01:00", 1, "2017-10-30", 0, (0, 0)),
        ("2017-10-30", 1, "2017-10-30", 0, (0, 0)),
        ("2017-10-31T00:00:00Z", 1, "", 1, (0, 1)),
        ("2017-10-31", 1, "", 1, (0, 1)),
    ):
        assert count([received], "enquiries_awaiting_decision", at) == awaiting
        assert listed([received], "enquiries_due", at, "due_on") == due
        assert count([received], "enquiries_overdue", at) == overdue
        assert ask([received], "enquiry_decision_timeliness", at) == settled
    for decided, team, settled in (
        ("2017-10-30T23:59:59.999999Z", "South", (1, 1)),  # in time: where it was decided
        ("2017-10-31", "North", (0, 1)),  # late: where it waited
        ("2017-11-20", "North", (0, 1)),
    ):
        stop = event("enquiry.decided", "D1", decided, enquiry="E1", outcomes=["advice"], team="South")
        later = stop | {"record": "D0", "occurred_on": "2017-11-25", "id": "later"}
        later.pop("occurred_at", None)
        log = [later, stop, received]
        assert ask(log, "enquiry_decision_timeliness", "2017-11-30", window="quarter", team=team) == settled
        assert ask(log, "enquiry_decision_timeliness", "2017-10-31", window="month") == settled
        assert ask(log, "enquiry_decision_timeliness", "2017-11-30", window="month") == (0, 0)
        assert count(log, "enquiries_awaiting_decision", "2017-11-20") == 0


def test_a_decision_before_the_receipt_stops_nothing() -> None:
    """In no stock and no clock; still an enquiry, and still decided."""
    received = event("enquiry.received", "E1", "2018-05-02T10:00:00+01:00")
    for decided, running, settled in (
        ("2018-05-01", 0, (0, 0)),
        ("2018-05-02T09:59:59.999999+01:00", 0, (0, 0)),
        ("2018-05-02", 0, (1, 1)),  # the same day: no length, but in time
        ("2018-05-03T10:00:00+01:00", 1, (1, 1)),
    ):
        stop = event("enquiry.decided", "D1", decided, enquiry="E1", outcomes=["assessment"])
        assert count([received, stop], "enquiries_awaiting_decision", "2018-05-02T12:00:00+01:00") == running
        assert ask([received, stop], "enquiry_decision_timeliness", "2018-05-31") == settled
        assert ask([received, stop], "enquiries_to_assessment", "2018-05-31") == (1, 1)
    assert ask([received, stop | {"child": "b"}], "enquiries_to_assessment", "2018-05-31") == (0, 1)


def test_a_late_enquiry_belongs_to_the_team_at_the_end_of_the_day() -> None:
    """Allocated at 13:00 on the day that it is late: overdue with North until then, counted with South."""
    log = [
        event("enquiry.received", "E1", "2017-10-27", team="North"),
        event("episode.opened", "N1", "2017-10-01"),
        allocated("W1", "2017-10-31T13:00:00Z", "South"),
    ]
    assert listed(log, "enquiries_overdue", "2017-10-31T12:00:00Z", "team") == "North"
    assert listed(log, "enquiries_overdue", "2017-10-31T13:00:00Z", "team") == "South"
    assert listed(log, "enquiry_decision_timeliness", "2017-10-31T00:00:00Z", "team") == "South"
    gone = [*log, event("case.deallocated", "W1", "2017-10-31T15:00:00Z")]
    assert listed(gone, "enquiry_decision_timeliness", "2017-10-31T00:00:00Z", "team") == "North"


@pytest.mark.parametrize(
    ("died_on", "settled", "overdue"),
    [("2017-10-30", (0, 0), 0), ("2017-10-31", (0, 1), 0), ("2017-11-01", (0, 1), 1), (None, (0, 1), 1)],
)
def test_dead_by_the_deadline_is_no_breach(died_on: str | None, settled: tuple[int, int], overdue: int) -> None:
    """Late from the 31st: who died on the 30th was never late, who died on the 31st was late as it began."""
    log = [event("enquiry.received", "E1", "2017-10-27"), person("H1", died_on=died_on)]
    assert ask(log, "enquiry_decision_timeliness", "2017-10-31") == settled
    assert count(log, "enquiries_overdue", "2017-10-31") == overdue


def test_office_hours_are_counted_and_no_others() -> None:
    """Monday to Thursday 9 to 17, Friday 9 to 16, in London, and not on the bank holiday of 25 December."""
    for since, until, minutes in (
        ("2017-10-27T15:30:00+01:00", "2017-10-30T09:15:00Z", 45),
        ("2017-10-26T16:00:00+01:00", "2017-10-27T10:00:00+01:00", 120),
        ("2017-10-28T10:00:00+01:00", "2017-10-29T10:00:00Z", 0),
        ("2017-12-22T15:00:00Z", "2017-12-27T10:00:00Z", 120),
        ("2017-12-18T00:00:00Z", "2017-12-25T00:00:00Z", 39 * 60),
    ):
        passed = office_time(datetime.fromisoformat(since), datetime.fromisoformat(until))
        assert passed == minutes * 60_000_000


def test_the_longest_wait_is_that_of_the_earliest_who_waits() -> None:
    """By the grade that stands at that moment; a dated enquiry came with the first moment of its day."""
    log = [
        event("enquiry.received", "E1", "2017-10-27T15:30:00+01:00", rag="amber"),
        event("enquiry.received", "E2", "2017-10-30", rag="amber"),
        event("enquiry.graded", "G1", "2017-10-30T09:10:00Z", enquiry="E2", rag="red"),
    ]
    at, before = "2017-10-30T09:15:00Z", "2017-10-30T09:09:00Z"
    assert ask(log, "longest_wait", at) == (45 * 60_000_000, None)
    assert ask(log, "longest_wait", at, by={"rag": "red"}) == (15 * 60_000_000, None)
    assert ask(log, "longest_wait", before, by={"rag": "red"}) == (None, None)
    assert listed(log, "longest_wait", at, "rag") == "amber red"
    assert listed(log, "longest_wait", before, "rag") == "amber"
    assert listed(log, "enquiries_awaiting_decision", before, "rag") == "amber"
    for late, rag in (("2017-10-31T00:00:00Z", "amber"), ("2017-11-01T00:00:00Z", "amber red")):  # the newest grade
        assert listed(log, "enquiry_decision_timeliness", late, "rag", window="quarter") == rag
    assert ask([], "longest_wait", at) == (None, None)


def test_an_incident_is_counted_once_and_once_under_each_team() -> None:
    """Three siblings of one incident, one enquiry of another, two that name none."""
    log = [
        event("enquiry.received", "E1", "2018-05-01", "a", incident="I1", team="North"),
        event("enquiry.received", "E1", "2018-05-01", "b", incident="I1", team="North"),
        event("enquiry.received", "E1", "2018-05-02", "c", incident="I1", team="South"),
        event("enquiry.received", "E2", "2018-05-02", "c", incident="I2", team="South"),
        event("enquiry.received", "E3", "2018-05-02", "c", team="South"),
        event("enquiry.received", "E3", "2018-05-03", "a", team="South"),
    ]
    counted = [count(log, "incidents_received", "2018-05-31", team=team) for team in (None, "North", "South", "east")]
    assert counted == [4, 1, 4, 0]
    assert count(log, "incidents_received", "2018-05-02", window="day") == 3


@pytest.mark.parametrize(
    ("earlier", "later", "again"),
    [
        ("2017-05-10", "2018-05-10", (1, 1)),
        ("2017-05-09", "2018-05-10", (0, 1)),
        ("2018-05-09", "2018-05-10", (1, 2)),
        ("2018-05-10T01:00:00+01:00", "2018-05-10T23:00:00+01:00", (0, 2)),  # on one day
        ("2020-02-29", "2021-02-28", (1, 1)),
        ("2020-02-29", "2021-03-01", (0, 1)),
        ("2019-02-28", "2020-02-29", (1, 1)),  # 12 months before the 29th is the 28th
        ("2019-02-27", "2020-02-29", (0, 1)),
    ],
)
def test_referred_again_within_twelve_months(earlier: str, later: str, again: tuple[int, int]) -> None:
    """The same day a year before is within; the same day is not before."""
    log = [
        event("referral.received", "R1", earlier, no_further_action=True, referral_source="1A"),
        event("referral.received", "R2", later, no_further_action=False, referral_source="2B"),
    ]
    at = later[:10]
    assert ask(log, "re_referrals", at) == again
    assert ask(log, "re_referrals", at, by={"referral_source": "2B"}) == (again[0], 1)
    assert count(log, "referrals_received", at) == count(log, "referral_rate", at, window="month") == again[1]
    assert ask(log, "referrals_no_further_action", at) == (again[1] - 1, again[1])
    assert listed(log, "referrals_received", at, "postcode_sector") == "unknown"


# --- the person -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "band", "while_unborn"),
    [
        ("2018-04-30", "unborn", "unborn"),
        ("2018-05-01T00:00:00+01:00", "0", "unborn"),
        ("2018-06-30T23:59:59.999999+01:00", "0", "unborn"),
        ("2018-07-01T00:00:00+01:00", "0", "0"),  # nobody is expected for longer
        ("2019-05-31", "0", "0"),
        ("2019-06-01", "1-4", "1-4"),
        ("2023-05-31", "1-4", "1-4"),
        ("2023-06-01", "5-9", "5-9"),
        ("2028-06-01", "10-15", "10-15"),
        ("2034-06-01", "16-17", "16-17"),
        ("2036-05-31", "16-17", "16-17"),
        ("2036-06-01", "18+", "18+"),
    ],
)
def test_every_birthday_is_the_first_of_the_month_after(at: str, band: str, while_unborn: str) -> None:
    """Born in May 2018; or expected then, and still recorded as unborn: born from July on, and in May."""
    log = [event("episode.opened", "N1", "2018-01-01"), person("H1", birth_month="2018-05")]
    unborn, untold = person("H2", unborn=True), person("H3", disabled=False)
    assert listed(log, "children_in_need", at, "age_band") == band
    assert listed([*log, unborn], "children_in_need", at, "age_band") == while_unborn
    assert listed([*log, unborn, untold], "children_in_need", at, "age_band") == band  # the newest leaves it out: no
    assert listed([log[0], unborn], "children_in_need", at, "age_band") == "unborn"  # no month is expected
    assert listed([log[0], unborn, untold], "children_in_need", at, "age_band") == "unknown"
    assert listed(log[:1], "children_in_need", at, "age_band") == "unknown"


def test_each_field_is_taken_from_the_one_recorded_last_that_gives_it() -> None:
    """Whatever the record or the name; of two recorded at once, the greater id."""
    one = person("H1", birth_month="2009-04", recorded_at="2015-01-02T12:00:00Z", id="p1")
    two = person("H2", "b", birth_month="2012-04", unborn=False, recorded_at="2015-01-02T13:00:00+01:00", id="p2")
    three = person("H3", died_on="2018-06-01", recorded_at="2015-01-03T12:00:00Z")
    log = [two, three, one, event("child.merged", "M1", "2018-01-01", into="b")]
    log.append(event("episode.opened", "N1", "2018-01-01"))
    assert listed(log, "children_in_need", "2018-05-31", "age_band") == "5-9"
    assert listed([one | {"id": "p9"}, *log], "children_in_need", "2018-05-31", "age_band") == "5-9"  # an older telling
    assert listed([*log, one | {"record": "H9", "id": "p9"}], "children_in_need", "2018-05-31", "age_band") == "5-9"
    assert (
        listed(
            [*log, one | {"record": "H9", "birth_month": "2005-04", "id": "p9"}],
            "children_in_need",
            "2018-05-31",
            "age_band",
        )
        == "10-15"
    )
    assert count(log, "children_in_need", "2018-06-01") == 0


# --- need and allocation ----------------------------------------------------------------------------------------


def test_a_child_is_in_need_by_an_episode_a_plan_or_care() -> None:
    """Each child once; short breaks and the plan of another authority count here alone; death ends it all."""
    log = [
        event("episode.opened", "N1", "2018-01-10", "a", primary_need="N1", team="North"),
        event("episode.opened", "N2", "2018-02-10", "a", primary_need="N2"),
        event("episode.closed", "N2", "2018-03-10", "a", closure_reason="RC1"),
        event("protection_plan.started", "C1", "2018-01-10", "b", other_authority=True),
        event("care.started", "P1", "2018-01-10", "c"),
        event("legal_status.changed", "L1", "2018-01-10", "c", status="V4"),
        person("H1", "c", died_on="2018-03-10"),
    ]
    assert count(log, "children_in_need", "2018-02-28") == 3
    assert count(log, "children_in_need", "2018-03-10") == 2
    for at, needs in (("2018-02-09", "N1 unknown"), ("2018-02-10", "N2 unknown"), ("2018-03-10", "N1 unknown")):
        assert listed(log, "children_in_need", at, "primary_need") == needs
    assert count(log, "children_in_need", "2018-02-28", team="North") == 1  # the later episode tells no team
    assert count(log, "protection_plans_open", "2018-02-28") == count(log, "children_looked_after", "2018-02-28") == 0
    assert listed(log, "episodes_opened", "2018-02-28", "primary_need") == "N2"
    assert listed(log, "episodes_closed", "2018-03-31", "closure_reason") == "RC1"


NEED = (
    event("episode.opened", "N1", "2018-03-01", team="told"),
    event("episode.closed", "N1", "2018-05-01"),
    event("episode.opened", "N2", "2018-06-01", team="told"),
)


@pytest.mark.parametrize(
    ("allocations", "teams"),  # on 1 March, 30 April, 1 June
    [
        ("", "told told told"),
        ("2018-03-01 A", "A A told"),  # need that comes back does not revive it
        ("2018-01-01 A", "A A told"),  # planned: from the day need begins
        ("2018-01-01 A 2018-02-01", "told told told"),
        ("2018-01-01 A, 2018-02-01 B", "B B told"),
        ("2018-01-01 A, 2018-02-01 B 2018-02-15", "told told told"),  # the next ends it, whatever became of that
        ("2018-05-01 A", "told told A"),  # on the day that need ends: it waits for the next
        ("2018-03-01 A 2018-04-30", "A told told"),
        ("2018-03-02 A 2018-03-01", "told told told"),  # given up before: it stands never
        ("2018-03-01 B, 2018-03-02 A 2018-03-01", "B told told"),  # and ends the one before it all the same
        ("2018-03-01 A, 2018-03-01 B", "B B told"),  # at one moment: the greater record
        ("2018-03-01 A, 2018-04-30 B", "A B told"),
        ("2018-06-01 A", "told told A"),
    ],
)
def test_an_allocation_stands_while_there_is_need(allocations: str, teams: str) -> None:
    """In need from 1 March to 30 April 2018, and again from 1 June."""
    log = list(NEED)
    for n, text in enumerate(filter(None, allocations.split(", "))):
        when, team, *given_up = text.split()
        log.append(allocated(f"W{n}", when, team))
        log += [event("case.deallocated", f"W{n}", day) for day in given_up]
    days = ("2018-03-01", "2018-04-30", "2018-06-01")
    assert [listed(log, "children_in_need", day, "team") for day in days] == teams.split()
    assert count(log, "children_in_need", "2018-05-01") == 0


def test_need_of_any_kind_holds_an_allocation() -> None:
    """An episode, then a plan of another authority that overlaps it, then care that touches the plan."""
    log = [
        event("episode.opened", "N1", "2018-01-01"),
        event("episode.closed", "N1", "2018-02-01"),
        event("protection_plan.started", "C1", "2018-01-20", other_authority=True),
        event("protection_plan.ended", "C1", "2018-03-01"),
        event("care.started", "P1", "2018-03-01", team="care"),
        allocated("W1", "2018-01-01", "North"),
    ]
    assert listed(log, "children_looked_after", "2018-04-01", "team") == "North"
    assert listed([*log[:3], *log[4:]], "children_looked_after", "2018-04-01", "team") == "North"
    later = [*log[:4], log[4] | {"occurred_on": "2018-03-02"}, log[5]]
    assert listed(later, "children_looked_after", "2018-04-01", "team") == "care"


# --- assessments ------------------------------------------------------------------------------------------------


def test_assessments_fall_due_within_five_working_days() -> None:
    """Due on Wednesday 3 January 2018: seen from Friday 22 December on, the 5th working day before."""
    start = event("assessment.started", "A1", "2017-10-27")
    days = ("2017-12-21", "2017-12-22", "2017-12-25", "2018-01-03", "2018-01-04")
    assert [count([start], "assessments_due", day) for day in days] == [0, 1, 1, 1, 0]
    assert listed([start], "assessments_due", "2018-01-02T12:00:00Z", "due_on") == "2018-01-03"


def test_an_open_assessment_belongs_to_the_latest_team_told_of_it() -> None:
    """Cancelled on 1 May by South and authorised on 1 June by west: open until then, and South's from 1 May."""
    log = [
        event("assessment.started", "A1", "2018-04-20", team="North"),
        event("assessment.cancelled", "A1", "2018-05-01", team="South"),
        event("assessment.authorised", "A1", "2018-06-01", outcomes=[], team="west"),
    ]
    days = ("2018-04-30", "2018-05-01", "2018-05-31", "2018-06-01")
    assert [listed(log, "assessments_open", day, "team") for day in days] == ["North", "South", "South", ""]


@pytest.mark.parametrize(
    ("more", "settled", "team"),
    [
        ("", (0, 1), "North"),
        ("authorised 2018-01-03", (1, 1), "South"),
        ("authorised 2018-01-04", (0, 1), "North"),
        ("cancelled 2018-01-03", (0, 0), ""),
        ("cancelled 2018-01-04", (0, 1), "North"),  # the end itself is left out
        ("cancelled 2018-01-03, authorised 2018-01-04", (0, 1), "South"),  # the cancellation had told a team
        ("died 2018-01-03", (0, 0), ""),
        ("died 2018-01-04", (0, 1), "North"),
        ("authorised 2018-01-02, died 2017-12-01", (1, 1), "South"),
        ("cancelled 2017-10-26", (0, 0), ""),
    ],
)
def test_settled_once_in_time_or_late(more: str, settled: tuple[int, int], team: str) -> None:
    """Started on 27 October 2017, late from 4 January 2018."""
    log = [event("assessment.started", "A1", "2017-10-27", team="North")]
    for what, when in (text.split() for text in filter(None, more.split(", "))):
        fields: dict[str, Any] = {"outcomes": []} if what == "authorised" else {}
        log.append(
            person("H1", died_on=when)
            if what == "died"
            else event(f"assessment.{what}", "A1", when, team="South", **fields)
        )
    assert ask(log, "assessment_timeliness_settled", "2018-03-31") == settled
    assert listed(log, "assessment_timeliness_settled", "2018-03-31", "team") == team


def test_death_stops_the_clock_of_an_authorised_assessment() -> None:
    """Authorised on day 46: in time by the death on day 45, late by one a day later."""
    log = [
        event("assessment.started", "A1", "2017-10-27"),
        event("assessment.authorised", "A1", "2018-01-04", outcomes=[]),
    ]
    for died_on, timely in (("2018-01-03", 1), ("2018-01-04", 0)):
        assert ask([*log, person("H1", died_on=died_on)], "assessment_timeliness", "2018-03-31") == (timely, 1)


@pytest.mark.parametrize(
    ("referred", "child", "timely"),
    [
        ("2017-10-27", "a", (1, 1)),
        ("2017-10-26", "a", (0, 1)),  # due on 2 January
        ("2018-01-03", "a", (1, 1)),  # on the day of the authorisation
        ("2018-01-04", "a", (0, 0)),
        ("2017-10-27", "b", (0, 0)),
    ],
)
def test_from_the_referral_that_the_assessment_names(referred: str, child: str, timely: tuple[int, int]) -> None:
    """Authorised on 3 January 2018."""
    log = [
        event("referral.received", "R1", referred, child, referral_source="1A"),
        event("assessment.started", "A1", "2017-11-01", referral="R1"),
        event("assessment.authorised", "A1", "2018-01-03", outcomes=["case_closed", "advice"]),
    ]
    assert ask(log, "assessment_timeliness_from_referral", "2018-03-31") == timely
    source = "1A" if child == "a" else "unknown"
    assert ask(log, "assessments_case_closed", "2018-03-31", by={"referral_source": source}) == (1, 1)


def test_closed_and_closed_with_support() -> None:
    """Of those authorised, and of those closed; an authorisation without a start is one too."""
    outcomes: tuple[list[str], ...] = (
        ["case_closed"],
        ["case_closed", "step_down"],
        ["early_help"],
        [],
        ["signposted", "case_closed"],
    )
    log = [event("assessment.authorised", f"A{n}", "2018-05-01", outcomes=listed) for n, listed in enumerate(outcomes)]
    assert ask(log, "assessments_case_closed", "2018-05-31") == (3, 5)
    assert ask(log, "assessments_closed_with_support", "2018-05-31") == (2, 3)
    assert count(log, "assessments_authorised", "2018-05-31") == count(log, "assessment_rate", "2018-05-31") == 5
    assert listed(log, "assessments_authorised", "2018-05-31", "outcome") == (
        "case_closed early_help signposted step_down unknown"
    )
    assert count(log, "assessments_started", "2018-05-31") == 0


def test_what_stands_beside_a_quotient() -> None:
    """The assessments that are open and overdue, the enquiries that nobody has decided on."""
    log = [
        event("assessment.started", "A1", "2017-10-27", team="North"),
        event("assessment.started", "A2", "2018-01-02", team="South"),
        event("enquiry.received", "E1", "2018-01-02", team="North"),
        event("enquiry.received", "E2", "2018-01-02", team="North"),
        event("enquiry.decided", "D1", "2018-02-02", enquiry="E2", outcomes=[]),
    ]

    def stands(measure: str, team: str | None = None) -> dict[str, int]:
        return beside(log, measure, "2018-01-04", authority=AUTHORITY, team=team)

    assert stands("assessment_timeliness") == {"open": 2, "overdue": 1}
    assert stands("assessment_timeliness", "South") == {"open": 1, "overdue": 0}
    assert stands("enquiries_to_assessment") == {"undecided": 1}
    assert stands("children_in_need") == {}


# --- child protection -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "waiting"),  # on 16, 17 and 18 November: due, due on this day, overdue
    [
        ("", "due due overdue"),
        ("held 2017-11-17 S1", "due - -"),
        ("held 2017-11-18 S1", "due due -"),
        ("held 2017-11-17", "due - -"),
        ("held 2017-11-17 S9", "due due overdue"),
        ("ended 2017-11-17 no_conference", "due - -"),
        ("ended 2017-11-17 conference", "due due overdue"),
        ("ended 2017-11-17", "due - -"),
        ("ended 2017-11-16 conference, held 2017-11-17", "due - -"),
        ("held 2017-10-26 S1", "- - -"),  # before it began
        ("held 2017-10-26", "due due overdue"),
        ("ended 2017-10-26 conference", "- - -"),
        ("died 2017-11-17", "due - -"),
        ("eighteen 2017-10", "- - -"),
        ("eighteen 2017-11", "due due overdue"),
    ],
)
def test_a_section_47_enquiry_waits_for_its_conference(more: str, waiting: str) -> None:
    """Begun on Friday 27 October 2017: 15 working days end on Friday 17 November."""
    log = [event("section_47.started", "S1", "2017-10-27")]
    for what, when, *name in (text.split() for text in filter(None, more.split(", "))):
        if what == "held":
            fields = {"section_47": name[0]} if name else {}
            log.append(event("initial_conference.held", "C1", when, transfer_in=True, **fields))
        elif what == "ended":
            log.append(event("section_47.ended", "S1", when, outcome=name[0] if name else None))
        else:
            fields = {"died_on": when} if what == "died" else {"birth_month": f"1999-{when[5:]}"}
            log.append(person("H1", **fields))
    for day, expected in zip(("2017-11-16", "2017-11-17", "2017-11-18"), waiting.split(), strict=True):
        assert listed(log, "conferences_due", day, "due_on") == ("2017-11-17" if expected == "due" else "")
        assert listed(log, "conferences_overdue", day, "due_on") == ("2017-11-17" if expected == "overdue" else "")
    assert count(log, "conferences_due", "2017-11-09") == 0  # the 6th working day before


@pytest.mark.parametrize(
    ("second", "ended", "overdue"),
    [
        ("2017-10-31", "", "first"),  # the latest begun is meant
        ("2017-11-07", "", "first"),
        ("2017-11-08", "", "second"),  # which had not begun
        ("2017-10-31", "2017-11-07 no_conference", "first"),  # over by then: the earlier is not tried
        ("2017-10-31", "2017-11-08 no_conference", "first"),
        ("2017-10-31", "2017-11-01 conference", "first"),
    ],
)
def test_a_conference_that_names_none_is_of_the_latest_begun(second: str, ended: str, overdue: str) -> None:
    """Held on 7 November 2017; long afterwards the other is overdue."""
    log = [
        event("section_47.started", "S1", "2017-10-27", team="first"),
        event("section_47.started", "S2", second, team="second"),
        event("initial_conference.held", "C1", "2017-11-07"),
    ]
    if ended:
        when, outcome = ended.split()
        log.append(event("section_47.ended", "S2", when, outcome=outcome))
    assert listed(log, "conferences_overdue", "2018-01-31", "team") == overdue
    assert count(log, "section_47_started", "2017-10-31") == (2 if second < "2017-11" else 1)
    assert count(log, "section_47_rate", "2018-01-31") == 2


def test_a_conference_on_the_day_that_the_enquiry_came_to_nothing_is_not_of_it() -> None:
    """Overdue until it ended at 17:00, and not until the conference at 10:00 that names none."""
    log = [
        event("section_47.started", "S1", "2017-10-27"),
        event("section_47.ended", "S1", "2017-11-20T17:00:00Z", outcome="no_conference"),
        event("initial_conference.held", "C1", "2017-11-20T10:00:00Z"),
    ]
    named = [*log[:2], log[2] | {"section_47": "S1"}]
    for at, unnamed_waits, named_waits in (("09:59", 1, 1), ("10:00", 1, 0), ("16:59", 1, 0), ("17:00", 0, 0)):
        assert count(log, "conferences_overdue", f"2017-11-20T{at}:00Z") == unnamed_waits
        assert count(named, "conferences_overdue", f"2017-11-20T{at}:00Z") == named_waits


def test_of_several_plans_the_last_begun_is_meant() -> None:
    """By its own team and category; that of another authority is none; the 18th birthday ends them."""
    log = [
        event("protection_plan.started", "C1", "2018-01-10", category="NEG", team="North", other_authority=False),
        event("protection_plan.started", "C2", "2018-02-10"),
        event("protection_plan.started", "C3", "2018-03-10", category="EMO", other_authority=True),
        event("protection_plan.ended", "C2", "2018-04-10"),
        person("H1", birth_month="2000-05"),
    ]
    for day, category, team in (
        ("2018-02-09", "NEG", "North"),
        ("2018-02-10", "unknown", "unknown"),
        ("2018-03-10", "unknown", "unknown"),
        ("2018-04-10", "NEG", "North"),
        ("2018-05-31", "NEG", "North"),
        ("2018-06-01", "", ""),
    ):
        assert listed(log, "protection_plans_open", day, "category") == category
        assert listed(log, "protection_plans_open", day, "team") == team
        assert count(log, "protection_plan_rate", day) == bool(category)


# --- care -------------------------------------------------------------------------------------------------------


def in_care(placements: str, **period: str) -> list[Event]:
    """A period from 10 January 2018, and placements as `10 Jan U1 PR1 *` (the same carer), `-20 Jan` an own end."""
    log = [event("care.started", "P1", "2018-01-10", **period)]
    for n, text in enumerate(filter(None, placements.split(", "))):
        when, code, *rest = text.split()
        provider = next((word for word in rest if word.startswith("PR")), None)
        end = next((word[1:] for word in rest if word.startswith("-")), None)
        fields: dict[str, Any] = {
            "placement": code,
            "provider": provider,
            "same_carer": "*" in rest or None,
            "care": "P1",
        }
        log.append(event("placement.started", f"U{n}", f"2018-{when}", **fields))
        if end:
            log.append(event("placement.ended", f"U{n}", f"2018-{end}"))
    return log


@pytest.mark.parametrize(
    ("placements", "stays"),
    [
        ("", 0),
        ("01-10 U1", 1),
        ("01-10 U1, 02-01 U1", 2),
        ("01-10 U1, 02-01 U1 *", 1),
        ("01-10 U1 *, 02-01 A3, 03-01 A5", 1),
        ("01-10 U1, 02-01 A4", 2),
        ("01-10 A3", 1),
        ("01-10 T1", 0),
        ("01-10 T1, 01-20 U1", 1),
        ("01-10 U1 PR1, 02-01 T1, 02-03 U1 PR1", 1),
        ("01-10 U1 PR1, 02-01 T1, 02-02 T3, 02-03 U1 PR1", 1),
        ("01-10 U1 PR1, 02-01 T1, 02-03 U1 PR2", 2),
        ("01-10 U1, 02-01 T1, 02-03 U1", 1),
        ("01-10 U1 PR1, 02-01 T1, 02-03 U1", 2),
        ("01-10 U1 PR1, 02-01 T1, 02-03 U3 PR1", 2),
        ("01-10 U1 PR1, 02-01 U1 PR1", 2),  # no stay in between
        ("01-10 U1 PR1, 02-01 T1, 02-03 U3 PR1, 02-05 U1 PR1", 3),
        ("01-10 U1 PR1 -01-31, 02-10 T1, 02-12 U1 PR1", 1),  # it had ended: continued all the same
        ("01-10 U1, 02-01 U3 -01-31", 1),  # ended before it began: nothing
        ("01-01 U1, 01-05 U3", 1),  # before the period: the last of them
        ("01-01 U1, 01-05 U3 -01-10", 0),
        ("01-01 U1, 01-05 U3 -01-11", 1),
        ("01-05 U1, 01-10 U3", 2),
        ("04-01 U1", 0),  # not yet
        ("01-10 K1, 01-10 R1, 01-10 U1", 3),
    ],
)
def test_stays_of_a_period(placements: str, stays: int) -> None:
    """As the Department counts placements, on 31 March 2018."""
    log = in_care(placements)
    assert ask(log, "placements_since_entry", "2018-03-31", by={"statistic": "mean"}) == (stays, 1)
    assert ask(log, "placements_since_entry", "2018-03-31", by={"band": str(stays), "time_in_care": "<6m"}) == (1, 1)
    year = str(stays) if stays < 3 else "3+"
    for band in BANDS["placements_in_year"]:
        assert ask(log, "placements_in_year", "2018-03-31", by={"band": band}) == (int(band == year), 1)


@pytest.mark.parametrize(
    ("end", "at", "stays"),
    [
        ("-02-01", "2019-01-31", 2),
        ("-02-01", "2019-02-01", 1),  # it did not stand at the end of 1 February
        ("", "2019-03-09", 2),  # until the next begins, on 10 March
        ("", "2019-03-10", 1),
        ("", "2018-03-09", 1),
    ],
)
def test_a_stay_leaves_the_year_as_twelve_months_have_passed(end: str, at: str, stays: int) -> None:
    """The first ends of itself on 1 February 2018, or as the second begins on 10 March; that one goes on."""
    log = in_care(f"01-10 U1 {end}, 03-10 U3")
    assert ask(log, "placements_in_year", at, by={"statistic": "mean"}) == (stays, 1)


def test_a_leap_day_leaves_the_year_on_the_first_of_march() -> None:
    """Ended on 29 February 2020: 28 February 2021 less 12 months is the 28th, before it."""
    log = [
        event("care.started", "P1", "2020-01-10"),
        event("placement.started", "U1", "2020-01-10", placement="U1"),
        event("placement.ended", "U1", "2020-02-29"),
    ]
    numbers = [ask(log, "placements_in_year", day, by={"band": "1"})[0] for day in ("2021-02-28", "2021-03-01")]
    assert numbers == [1, 0]


def test_the_year_counts_every_period_and_entry_only_the_present_one() -> None:
    """In care again: two stays in the first period, one in the second; outside any, none."""
    log = [
        *in_care("01-10 U1, 02-01 U3"),
        event("care.ended", "P1", "2018-03-01"),
        event("care.started", "P2", "2018-06-01", team="South"),
        event("placement.started", "X1", "2018-04-01", placement="U1"),
        event("placement.started", "X2", "2018-03-01", placement="U1", care="P1"),
        event("placement.started", "X3", "2018-06-01", placement="K2"),
    ]
    assert ask(log, "placements_in_year", "2018-06-30", by={"band": "3+"}, team="South") == (1, 1)
    assert ask(log, "placements_since_entry", "2018-06-30", by={"band": "1"}) == (1, 1)
    assert ask(log, "placements_in_year", "2018-04-30", by={"statistic": "mean"}) == (0, 0)
    assert listed(log, "children_looked_after", "2018-06-30", "placement") == "K2"
    short = event("legal_status.changed", "L1", "2018-06-15", status="V3")
    assert ask([*log, short], "placements_in_year", "2018-06-30", by={"band": "3+"}) == (0, 0)


def test_the_standing_placement() -> None:
    """The last begun, stays too; nothing once that has ended, though an older one has not."""
    log = in_care("01-10 U1, 02-01 T1 -02-05, 02-10 U3")
    days = ("2018-01-10", "2018-02-01", "2018-02-05", "2018-02-10")
    assert [listed(log, "children_looked_after", day, "placement") for day in days] == ["U1", "T1", "unknown", "U3"]
    before = in_care("01-01 U1, 01-05 U3, 01-20 K2")  # named, though the period had not begun: the last of them
    for day, code in (("2018-01-10", "U3"), ("2018-01-19", "U3"), ("2018-01-20", "K2")):
        assert listed(before, "children_looked_after", day, "placement") == code


@pytest.mark.parametrize(
    ("at", "time"),
    [
        ("2018-02-27", "<6m"),
        ("2018-02-28", "6-12m"),
        ("2018-08-30", "6-12m"),
        ("2018-08-31", "1-2y"),
        ("2019-08-30", "1-2y"),
        ("2019-08-31", "2y+"),
    ],
)
def test_time_in_care_goes_by_calendar_months(at: str, time: str) -> None:
    """From 31 August 2017: six months later is 28 February."""
    log = [event("care.started", "P1", "2017-08-31")]
    assert listed(log, "placements_since_entry", at, "time_in_care") == time


def test_care_ends_on_the_18th_birthday_and_with_death() -> None:
    """Born in May 2000: until 31 May 2018, or until the death; a period begun after that is none."""
    log = [event("care.started", "P1", "2018-01-10"), event("care.started", "P2", "2018-06-02")]
    eighteen, dead = person("H1", birth_month="2000-05"), person("H2", died_on="2018-03-10")
    for more, last, first in (([eighteen], "2018-05-31", "2018-06-01"), ([eighteen, dead], "2018-03-09", "2018-03-10")):
        for measure in ("children_looked_after", "looked_after_rate", "children_in_need"):
            assert count([*log, *more], measure, last) == 1
            assert count([*log, *more], measure, first) == 0
            assert count([*log, *more], measure, "2018-07-01") == 0


# --- made-up histories ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_order_and_repetition_never_matter(seed: int) -> None:
    """Any shuffle of a made-up history, with some of it told twice, gives the same figures."""
    events = history(seed)
    again = shuffled(seed, events)
    for known in (None, knowns(seed, events)[0]):
        one, other = (Look(log, "2018-01-01", authority=AUTHORITY, known_at=known) for log in (events, again))
        for at in moments(seed, events):
            one, other = one.again(at), other.again(at)
            for measure in KINDS:
                assert one.figure(measure) == other.figure(measure)
                for dim in ("team", *BREAKDOWNS[measure]):
                    assert one.values(measure, dim) == other.values(measure, dim)


@pytest.mark.parametrize("seed", range(10, 14))
def test_a_second_look_at_the_same_children_is_like_a_first(seed: int) -> None:
    """What is kept from one moment to the next changes nothing; the parts of a whole add up to it."""
    events = history(seed)
    look = Look(events, "2018-01-01", authority=AUTHORITY)
    for at in moments(seed, events):
        look = look.again(at)
        for measure, kind in KINDS.items():
            assert look.figure(measure) == ask(events, measure, at)
            if kind == "distribution":
                bands = [look.figure(measure, by={"band": band}) for band in BANDS[measure]]
                assert {total for _, total in bands} == {sum(number or 0 for number, _ in bands)}
            elif kind != "age" and measure != "incidents_received":
                teams = [look.figure(measure, team=team) for team in look.values(measure, "team")]
                assert look.figure(measure)[0] == sum(number or 0 for number, _ in teams)


def test_histories_reach_the_boundaries() -> None:
    """Among 300 made-up histories: working days 44, 45 and 46, both 01:30s, every way of taking back."""
    reached: set[str] = set()
    for events in map(history, range(300)):
        starts = {telling["record"]: telling for telling in events if telling["type"] == "assessment.started"}
        for telling in events:
            stop = telling["type"] == "assessment.authorised" and not telling.get("retracted")
            if stop and telling["record"] in starts:
                day_0, end = day_of(starts[telling["record"]]), day_of(telling)
                reached |= {f"day {n}" for n in (44, 45, 46) if nth_working_day(day_0, n) == end}
                reached |= {name for name, so in (("before", end < day_0), ("same day", end == day_0)) if so}
            if "-10-" in str(telling.get("occurred_at")) and "T01:30:00+" in telling["occurred_at"]:
                reached.add(telling["occurred_at"][-6:])
            reached |= {f"{telling['type']} retracted"} if telling.get("retracted") else set()
            reached |= {"no outcome"} if telling.get("outcomes") == [] else set()
        for child in children_of(events, AUTHORITY, None):
            reached |= set(boundaries_of(child))
    assert reached >= {"day 44", "day 45", "day 46", "before", "same day", "+00:00", "+01:00", "no outcome"}
    assert reached >= {f"{kind} retracted" for kind in ("child.merged", "care.started", "enquiry.decided")}
    assert reached >= {f"enquiry decided {days} days late" for days in (-1, 0, 1)}
    assert reached >= {f"conference held {days} days late" for days in (-1, 0, 1)}
    assert reached >= {f"referred again {days} days beside 12 months" for days in (-1, 0, 1)}
    assert reached >= {f"{what} ended by {why}" for what in ("plan", "care") for why in ("death", "the birthday")}
    assert reached >= {f"{what} clock met death" for what in ("enquiry", "assessment", "conference")}
    assert reached >= {f"{what} clock moved on the day it was late" for what in ("enquiry", "assessment", "conference")}
    assert reached >= {
        "wait for a conference ended by the birthday",
        "a stay that is continued",
        "a temporary stay within a stay",
    }
    assert reached >= {"allocation waits", "allocation never stands", "need ends an allocation"}
    assert reached >= {"still unborn", "unborn and expected in no month"}
    assert reached >= {"unborn once, and the newest says no", "unborn once, and the newest leaves it out"}


def boundaries_of(child: Child) -> Iterator[str]:
    """What the made-up histories are to reach, as far as it takes the facts of a whole child to tell."""
    persons = child.all("person.recorded")
    if child.unborn:
        yield "still unborn" if child.birth_month else "unborn and expected in no month"
    elif any(fact.get("unborn") for fact in persons):
        says_no = max(persons, key=when_recorded).get("unborn") is False
        yield "unborn once, and the newest says no" if says_no else "unborn once, and the newest leaves it out"
    clocks = {"enquiry": child.enquiry_clocks, "assessment": child.assessment_clocks}
    for name, running in (clocks | {"conference": child.conference_clocks}).items():
        for clock in running:
            if clock.stop is not None and name != "assessment":
                what = "enquiry decided" if name == "enquiry" else "conference held"
                yield f"{what} {(day_of(clock.stop) - clock.deadline).days} days late"
            if child.death is not None and clock.running(child.death - A_MICROSECOND):
                yield f"{name} clock met death"
            for allocation, (begin, _) in child.allocations:
                if local_day(begin) == local_day(clock.late_from) and clock.running(clock.late_from):
                    yield f"{name} clock moved on the day it was late"
                if begin > happened(allocation):
                    yield "allocation waits"
            if name == "conference" and child.eighteen and clock.running(child.eighteen - A_MICROSECOND):
                yield "wait for a conference ended by the birthday"
    for name, records in (("plan", child.plans), ("care", child.periods)):
        for _, (_, until) in records:
            if until is not None:
                why = "death" if until == child.death else "the birthday" if until == child.eighteen else "itself"
                yield f"{name} ended by {why}"
    for referral, other in permutations(child.all("referral.received"), 2):
        yield f"referred again {(day_of(other) - months_after(day_of(referral), -12)).days} days beside 12 months"
    for record, stays in child.stays.items():
        codes = [placed["placement"] for _, placed in child.placements[record]]
        if sum(not code.startswith("T") for code in codes) > len(stays):
            yield "a stay that is continued"
            if any(code.startswith("T") for code in codes[1:-1]):
                yield "a temporary stay within a stay"
    if len(child.all("case.allocated")) > len(child.allocations):
        yield "allocation never stands"
    if any(until is not None and until == child.need_ends(begin) for _, (begin, until) in child.allocations):
        yield "need ends an allocation"
