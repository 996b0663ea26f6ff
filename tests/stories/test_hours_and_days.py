"""Stories of care that is told by the hour, with statuses and placements that are told by the day, and the other way.

What is dated may have happened at any time of its day. So a period, its statuses and its placements meet by day where
one of them is dated, and by the instant only where both are instants.
"""

import pytest

from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER, PLACEMENTS_IN_YEAR, PLACEMENTS_SINCE_ENTRY
from tests.story import Story


def care(*rows: str) -> str:
    """Return a table of *rows*."""
    head = "day | event | record | child | fields"
    return "\n".join((head, "----+-------+--------+-------+-------", *rows))


AT_TWO = "2018-03-05T14:00:00+00:00"


@pytest.mark.parametrize("named", ["", " care=P1"])
def test_what_is_dated_on_the_day_on_which_care_began_at_an_hour_is_of_that_care(story: Story, named: str) -> None:
    """On short breaks from two in the afternoon: not looked after. Under an order: one child, one placement."""
    table = care(
        f"{AT_TWO} | care started | P1 | ada |",
        f"2018-03-05 | legal status changed | L1 | ada | status=V3{named}",
        f"2018-03-05 | placement started | S1 | ada | placement=U4{named}",
        f"{AT_TWO} | care started | P1 | ben |",
        f"2018-03-05 | legal status changed | L1 | ben | status=C2{named}",
        f"2018-03-05 | placement started | S1 | ben | placement=U4{named}",
    )
    for on in (AT_TWO, "2018-03-05", "2018-03-31"):
        story(table, on=on, by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"full_care_order": 1}})
        story(table, on=on, by="placement", expect={CHILDREN_LOOKED_AFTER: {"U4": 1}})
        one = {"1": (1, 1)}
        story(table, on=on, by="band", expect={PLACEMENTS_SINCE_ENTRY: one, PLACEMENTS_IN_YEAR: one})


def test_what_is_dated_the_day_before_is_not_of_that_care(story: Story) -> None:
    """Unless it names it: then it stands from the first moment of care."""
    for named, group, number in (("", "unknown", 0), (" care=P1", "interim_care_order", 1)):
        table = care(
            f"{AT_TWO} | care started | P1 | ada |",
            f"2018-03-04 | legal status changed | L1 | ada | status=C1{named}",
            f"2018-03-04 | placement started | S1 | ada | placement=U4{named}",
        )
        story(table, on=AT_TWO, by="legal_group", expect={CHILDREN_LOOKED_AFTER: {group: 1}})
        story(table, on="2018-03-05", expect={PLACEMENTS_SINCE_ENTRY: (number, 1)})


def test_where_both_are_instants_the_instant_decides(story: Story) -> None:
    """A status of one in the afternoon is not of the care that begins at two; one of two is."""
    for at, group in (("13:59:59.999999", "unknown"), ("14:00:00", "section_20")):
        table = care(
            f"{AT_TWO} | care started | P1 | ada |",
            f"2018-03-05T{at}+00:00 | legal status changed | L1 | ada | status=V2",
        )
        story(table, on="2018-03-05", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {group: 1}})


def test_an_instant_on_the_day_on_which_care_is_dated_is_of_that_care(story: Story) -> None:
    """The other way round: care by the day, the rest by the hour. Before the hour of the status none is known."""
    table = care(
        "2018-03-05 | care started | P1 | ada |",
        "2018-03-05T10:00:00+00:00 | legal status changed | L1 | ada | status=C2",
        "2018-03-05T10:00:00+00:00 | placement started | S1 | ada | placement=U4",
    )
    story(table, on="2018-03-05T09:59:00+00:00", by="placement", expect={CHILDREN_LOOKED_AFTER: {"unknown": 1}})
    story(table, on="2018-03-05", by="placement", expect={CHILDREN_LOOKED_AFTER: {"U4": 1}})
    story(table, on="2018-03-05", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"full_care_order": 1}})
    story(table, on="2018-03-05", expect={PLACEMENTS_SINCE_ENTRY: (1, 1)})


@pytest.mark.parametrize("ended", ["2018-06-11", "2018-06-11T14:00:00+01:00"])
@pytest.mark.parametrize("named", ["", " care=P1"])
def test_a_placement_dated_on_the_day_on_which_care_ended_is_in_no_count(story: Story, ended: str, named: str) -> None:
    """By day as by the hour: one placement, not two, while the year still counts it. The day before it is two."""
    for day, number in (("2018-06-10", 2), ("2018-06-11", 1)):
        table = care(
            "2018-03-05 | care started | P1 | ada |",
            "2018-03-05 | placement started | S1 | ada | placement=U4",
            f"{day} | placement started | S2 | ada | placement=K2{named}",
            f"{ended} | care ended | P1 | ada |",
            "2018-07-02 | care started | P2 | ada |",
        )
        story(table, on="2018-07-02", expect={PLACEMENTS_IN_YEAR: (number, 1), PLACEMENTS_SINCE_ENTRY: (0, 1)})


def test_a_placement_of_the_morning_on_which_care_ended_at_noon_counts(story: Story) -> None:
    """Both are instants: the child lived there for some hours."""
    table = care(
        "2018-03-05 | care started | P1 | ada |",
        "2018-06-11T09:00:00+01:00 | placement started | S1 | ada | placement=U4",
        "2018-06-11T12:00:00+01:00 | care ended | P1 | ada |",
        "2018-07-02 | care started | P2 | ada |",
    )
    story(table, on="2018-07-02", expect={PLACEMENTS_IN_YEAR: (1, 1)})


def test_where_one_care_follows_another_at_an_hour_the_day_is_of_the_later(story: Story) -> None:
    """A status dated that day is of the care that began on it; the one that ended on it keeps its own to the end."""
    table = care(
        "2018-03-05 | care started | P1 | ada |",
        "2018-03-05 | legal status changed | L1 | ada | status=V3",
        "2018-06-11T14:00:00+01:00 | care ended | P1 | ada |",
        "2018-06-11T14:00:00+01:00 | care started | P2 | ada |",
        "2018-06-11 | legal status changed | L2 | ada | status=C2",
    )
    story(table, on="2018-06-11T13:59:00+01:00", expect={CHILDREN_LOOKED_AFTER: 0})
    story(table, on="2018-06-11", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"full_care_order": 1}})


@pytest.mark.parametrize("named", ["", " care=P1"])
def test_what_is_dated_on_the_day_on_which_care_ended_is_not_of_it(story: Story, named: str) -> None:
    """A day on which care ended is no day in care: to its last minute the status and the place before stand."""
    table = care(
        "2018-03-05 | care started | P1 | ada |",
        "2018-03-05 | legal status changed | L1 | ada | status=C1",
        "2018-03-05 | placement started | S1 | ada | placement=U4",
        f"2018-06-11 | legal status changed | L2 | ada | status=C2{named}",
        f"2018-06-11 | placement started | S2 | ada | placement=K2{named}",
        "2018-06-11T14:00:00+01:00 | care ended | P1 | ada |",
    )
    on = "2018-06-11T13:59:00+01:00"
    story(table, on=on, by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"interim_care_order": 1}})
    story(table, on=on, by="placement", expect={CHILDREN_LOOKED_AFTER: {"U4": 1}})


def test_a_short_break_of_some_hours_is_no_care_at_any_of_them(story: Story) -> None:
    """Begun and ended on one day, its status dated that day: of that care, so that nobody counts at noon."""
    table = care(
        "2018-03-05T10:00:00+00:00 | care started | P1 | ada |",
        "2018-03-05 | legal status changed | L1 | ada | status=V4",
        "2018-03-05T16:00:00+00:00 | care ended | P1 | ada |",
    )
    story(table, on="2018-03-05T12:00:00+00:00", expect={CHILDREN_LOOKED_AFTER: 0})


def test_summer_time_begins_inside_a_day_and_the_day_is_the_local_one(story: Story) -> None:
    """Care from half past midnight of 1 June in London is of 1 June, though it is still May by Greenwich."""
    table = care(
        "2018-05-31T23:30:00Z | care started | P1 | ada |",
        "2018-06-01 | legal status changed | L1 | ada | status=C1",
        "2018-05-31 | legal status changed | L2 | ada | status=V3",
    )
    story(table, on="2018-06-01", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"interim_care_order": 1}})
