"""Stories of child protection: section 47 enquiries, the conferences they wait for, and plans."""

from datetime import date

import pytest

from events.working_days import calendar
from metrics.catalogue.protection import (
    CONFERENCES_DUE,
    CONFERENCES_OVERDUE,
    PROTECTION_PLAN_RATE,
    PROTECTION_PLANS_OPEN,
    SECTION_47_RATE,
    SECTION_47_STARTED,
)
from metrics.rules.rules import Parameters
from tests.story import Story, setting

# From Monday 3 March 2025, the 15th working day is Monday 24 March; it is within five working days from the 17th.
STARTED = """
    day        | event              | record
    -----------+--------------------+-------
    2025-03-03 | section 47 started | S1
"""

# --- each measure, in a few rows ----------------------------------------------------------------------------------


def test_each_section_47_enquiry_counts_in_the_month_it_began(story: Story) -> None:
    """By the day of the strategy discussion that began it; each occasion counts, the same child's second one too."""
    story(
        """
        day        | event              | record | child | note
        -----------+--------------------+--------+-------+-------------
        2025-05-30 | section 47 started | S1     | ada   | last month's
        2025-06-02 | section 47 started | S2     | ada   |
        2025-06-20 | section 47 started | S3     | ada   | a second one
        2025-06-20 | section 47 started | S4     | ben   |
    """,
        on="2025-06-30",
        expect={SECTION_47_STARTED: 3},
    )


def test_the_section_47_rate_is_per_10_000_children() -> None:
    """Two since April among 40,000 children aged 0 to 17: half a one per 10,000, not made up to a year."""
    story = setting(population={2025: 40_000})
    (figure,) = story(
        """
        day        | event              | record | child | note
        -----------+--------------------+--------+-------+----------------
        2025-03-31 | section 47 started | S1     | ada   | last year's
        2025-04-01 | section 47 started | S2     | ada   |
        2025-06-20 | section 47 started | S3     | ben   |
    """,
        on="2025-06-30",
        expect={SECTION_47_RATE: (2, 40_000)},
    )
    assert figure.value == 0.5


def test_conferences_are_due_within_five_working_days(story: Story) -> None:
    """With no conference yet and the 15th working day no more than five working days away, by that day."""
    story(
        """
        day        | event                   | record | child | fields        | note
        -----------+-------------------------+--------+-------+---------------+------------------------------------
        2025-03-03 | section 47 started      | S1     | ada   |               | day 15 is Monday the 24th
        2025-03-04 | section 47 started      | S2     | ben   |               | the 25th, six working days away
        2025-03-03 | section 47 started      | S3     | cat   |               |
        2025-03-12 | initial conference held | IC3    | cat   | section_47=S3 | was held
        2025-02-24 | section 47 started      | S4     | dan   |               | the 17th, today
    """,
        on="2025-03-17",
        by="due_on",
        expect={CONFERENCES_DUE: {"2025-03-17": 1, "2025-03-24": 1}},
    )


def test_conferences_are_overdue_after_15_working_days(story: Story) -> None:
    """No conference by the 15th working day: overdue from the next, unless the enquiry ended without need of one."""
    story(
        """
        day        | event              | record | child | fields                | note
        -----------+--------------------+--------+-------+-----------------------+--------------------------
        2025-03-03 | section 47 started | S1     | ada   |                       | day 15 is the 24th
        2025-03-04 | section 47 started | S2     | ben   |                       | and of this today
        2025-03-03 | section 47 started | S3     | cat   |                       |
        2025-03-14 | section 47 ended   | S3     | cat   | outcome=no_conference | none is needed
        2025-03-03 | section 47 started | S4     | dan   |                       |
        2025-03-14 | section 47 ended   | S4     | dan   | outcome=conference    | one is, and none was held
    """,
        on="2025-03-25",
        expect={CONFERENCES_OVERDUE: 2},
    )


def test_children_on_a_plan_count_once(story: Story) -> None:
    """Children with an open child protection plan of this authority; a visitor's plan is the other authority's."""
    story(
        """
        day        | event                   | record | child | fields               | note
        -----------+-------------------------+--------+-------+----------------------+-----------
        2025-03-03 | protection plan started | PP1    | ada   | category=NEG         |
        2025-03-03 | protection plan started | PP2    | ben   | category=EMO         |
        2025-06-10 | protection plan ended   | PP2    | ben   |                      | ended
        2025-04-07 | protection plan started | PP3    | cat   | other_authority=true | a visitor
    """,
        on="2025-06-30",
        expect={PROTECTION_PLANS_OPEN: 1},
    )


def test_the_plan_rate_is_per_10_000_children() -> None:
    """Three children on a plan among 10,000 aged 0 to 17, plans of other authorities left out."""
    story = setting(population={2025: 10_000})
    story(
        """
        day        | event                   | record | child | fields
        -----------+-------------------------+--------+-------+---------------------
        2025-03-03 | protection plan started | PP1    | ada   |
        2025-03-03 | protection plan started | PP2    | ben   |
        2025-04-07 | protection plan started | PP3    | cat   |
        2025-04-07 | protection plan started | PP4    | dan   | other_authority=true
    """,
        on="2025-06-30",
        expect={PROTECTION_PLAN_RATE: (3, 10_000)},
    )


# --- due and overdue ----------------------------------------------------------------------------------------------


def test_a_conference_is_due_from_the_fifth_working_day_before_and_overdue_at_midnight(story: Story) -> None:
    """Due from Monday the 17th to the last microsecond of Monday the 24th; overdue from the 25th, with nothing told."""
    for on, due, overdue in (
        ("2025-03-16T23:59:59.999999+00:00", 0, 0),  # a Sunday
        ("2025-03-17T00:00:00+00:00", 1, 0),
        ("2025-03-24", 1, 0),
        ("2025-03-24T23:59:59.999999+00:00", 1, 0),
        ("2025-03-25T00:00:00+00:00", 0, 1),
        ("2025-12-31", 0, 1),
    ):
        story(STARTED, on=on, expect={CONFERENCES_DUE: due, CONFERENCES_OVERDUE: overdue})
    story(STARTED, on="2025-03-25", by="due_on", expect={CONFERENCES_OVERDUE: {"2025-03-24": 1}, CONFERENCES_DUE: {}})


def test_on_a_day_off_the_fifth_working_day_is_counted_from_it(story: Story) -> None:
    """On Saturday and Sunday the five days are Monday to Friday; over a bank holiday they reach a day further."""
    friday = """
        day        | event              | record | note
        -----------+--------------------+--------+-----------------------------------------
        2025-02-28 | section 47 started | S1     | day 15 is Friday 21 March
        2025-03-31 | section 47 started | S2     | Wednesday 23 April, after two bank holidays
    """
    for on, due in (
        ("2025-03-13", {}),
        ("2025-03-14", {"2025-03-21": 1}),
        ("2025-03-15", {"2025-03-21": 1}),
        ("2025-04-11", {}),
        ("2025-04-13", {}),
        ("2025-04-14", {"2025-04-23": 1}),
    ):
        story(friday, on=on, by="due_on", expect={CONFERENCES_DUE: due})


def test_an_authority_may_look_further_ahead() -> None:
    """Ten working days ahead, or none: then only what is due today."""
    for days, first in ((10, "2025-03-10"), (0, "2025-03-24")):
        story = setting(parameters=Parameters(conferences_due_within=days))
        story(STARTED, on=f"{first}T00:00:00+00:00", expect={CONFERENCES_DUE: 1})
        before = date.fromordinal(date.fromisoformat(first).toordinal() - 1)
        story(STARTED, on=before.isoformat(), expect={CONFERENCES_DUE: 0})


def test_an_authority_that_closes_on_a_day_has_the_day_after_for_it() -> None:
    """A day on which the whole authority is closed is no working day: due on the 25th instead of the 24th."""
    story = setting(calendar(frozenset({date(2025, 3, 12)})))
    story(STARTED, on="2025-03-25", by="due_on", expect={CONFERENCES_DUE: {"2025-03-25": 1}, CONFERENCES_OVERDUE: {}})


# --- which conference follows from which enquiry ------------------------------------------------------------------

TWO = """
    day        | event                   | record | fields
    -----------+-------------------------+--------+--------
    2025-03-03 | section 47 started      | S1     |
    2025-03-10 | section 47 started      | S2     |
"""
DUE = {"S1": "2025-03-24", "S2": "2025-03-31"}  # their 15th working days


def waiting(story: Story, table: str, on: str, *records: str) -> None:
    """Assert that on that day just these of the two enquiries wait for a conference, and are overdue."""
    story(table, on=on, by="due_on", expect={CONFERENCES_OVERDUE: {DUE[record]: 1 for record in records}})


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("2025-03-20 | initial conference held | IC1 |", "S1"),  # names none: the latest begun
        ("2025-03-10 | initial conference held | IC1 |", "S1"),  # begun on its day
        ("2025-03-07 | initial conference held | IC1 |", "S2"),  # the only one begun by then
        ("2025-03-02 | initial conference held | IC1 |", "S1 S2"),  # before either
        ("2025-03-20 | initial conference held | IC1 | section_47=S1", "S2"),  # the one named
        ("2025-03-20 | initial conference held | IC1 | section_47=S9", "S1 S2"),  # the name is not replaced by a date
        ("2025-03-20 | initial conference held | IC1 | transfer_in=true", "S1"),
        ("2025-03-20 | initial conference held | IC1 | section_47=S2 transfer_in=true", "S1"),
        ("2025-03-20 | initial conference held | IC1 | plan_made=false", "S1"),  # whatever it decided
    ],
)
def test_the_enquiry_that_a_conference_follows_from(story: Story, row: str, left: str) -> None:
    """The one that it names; else the child's latest begun on or before it."""
    waiting(story, TWO + row, "2025-04-01", *left.split())


@pytest.mark.parametrize(
    "end",
    [
        "2025-03-14 | section 47 ended | S2 | outcome=no_further_action",  # over before it: nothing is linked
        "2025-03-20 | section 47 ended | S2 | outcome=no_conference",  # on its day
        "2025-03-20 | section 47 ended | S2 |",  # with no outcome told
        "2025-03-14 | section 47 ended | S2 | outcome=conference",
        "2025-03-21 | section 47 ended | S2 | outcome=no_conference",
    ],
)
def test_an_earlier_enquiry_is_never_tried_instead(story: Story, end: str) -> None:
    """Whether or not the latest begun was over when the conference was held, the one before it goes on waiting."""
    waiting(story, TWO + end + "\n2025-03-20 | initial conference held | IC1 |", "2025-04-01", "S1")


def test_an_enquiry_that_ended_in_a_conference_waits_until_one_is_held(story: Story) -> None:
    """Its end is not the end of the wait; the conference is, though it is held after the end, and names nobody."""
    led_on = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+-------------------
        2025-03-03 | section 47 started      | S1     |
        2025-03-14 | section 47 ended        | S1     | outcome=conference
        2025-03-27 | initial conference held | IC1    |
    """
    for on, due, overdue in (("2025-03-17", 1, 0), ("2025-03-25", 0, 1), ("2025-03-26", 0, 1), ("2025-03-27", 0, 0)):
        story(led_on, on=on, expect={CONFERENCES_DUE: due, CONFERENCES_OVERDUE: overdue})
    untold = STARTED + "2025-03-14 | section 47 ended | S1"
    for on in ("2025-03-17", "2025-03-25"):
        story(untold, on=on, expect={CONFERENCES_DUE: 0, CONFERENCES_OVERDUE: 0})


def test_an_enquiry_that_ended_without_one_ends_on_its_day(story: Story) -> None:
    """Waiting up to the day before; a conference held later, though it names the enquiry, changes nothing before."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+-------------------------
        2025-03-03 | section 47 started      | S1     |
        2025-03-20 | section 47 ended        | S1     | outcome=no_further_action
        2025-03-27 | initial conference held | IC1    | section_47=S1
    """
    for on, due in (("2025-03-19", 1), ("2025-03-20", 0), ("2025-03-24", 0)):
        story(table, on=on, expect={CONFERENCES_DUE: due, CONFERENCES_OVERDUE: 0})
    story(table, on="2025-03-26", expect={CONFERENCES_OVERDUE: 0})


def test_the_first_conference_ends_the_wait(story: Story) -> None:
    """A second one, later, or told before, does not change when; one taken back does."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+--------------
        2025-03-03 | section 47 started      | S1     |
        2025-03-27 | initial conference held | IC2    | section_47=S1
        2025-03-20 | initial conference held | IC1    |
    """
    story(table, on="2025-03-19", expect={CONFERENCES_DUE: 1})
    story(table, on="2025-03-20", expect={CONFERENCES_DUE: 0})
    withdrawn = table + "2025-03-20 | initial conference held | IC1 | retracted=true"
    story(withdrawn, on="2025-03-26", expect={CONFERENCES_OVERDUE: 1})
    story(withdrawn, on="2025-03-27", expect={CONFERENCES_OVERDUE: 0})


def test_a_conference_of_another_child_ends_no_wait(story: Story) -> None:
    """A brother's conference, though it names the record: each child's enquiry waits for its own."""
    story(
        """
        day        | event                   | record | child | fields
        -----------+-------------------------+--------+-------+--------------
        2025-03-03 | section 47 started      | S1     | ada   |
        2025-03-03 | section 47 started      | S2     | ben   |
        2025-03-20 | initial conference held | IC1    | ben   | section_47=S1
        2025-03-21 | initial conference held | IC2    | ben   |
    """,
        on="2025-03-25",
        expect={CONFERENCES_OVERDUE: 1},
    )


@pytest.mark.parametrize(
    "row",
    [
        "2025-03-02 | section 47 ended        | S1  | outcome=no_conference",
        "2025-03-02 | section 47 ended        | S1  | outcome=conference",
        "2025-03-02 | initial conference held | IC1 | section_47=S1",
    ],
)
def test_an_enquiry_that_is_over_before_it_began_waits_for_nothing(story: Story, row: str) -> None:
    """A slip of the keyboard: it started, and is counted as started, and waits in no list until it is corrected."""
    table = f"""
        day        | event                   | record | fields
        -----------+-------------------------+--------+-------
        2025-03-03 | section 47 started      | S1     |
        {row}
    """
    story(table, on="2025-03-24", expect={CONFERENCES_DUE: 0})
    story(table, on="2025-03-31", expect={CONFERENCES_OVERDUE: 0, SECTION_47_STARTED: 1})


# --- plans --------------------------------------------------------------------------------------------------------


def test_a_plan_counts_from_its_first_day_up_to_the_day_it_ends(story: Story) -> None:
    """On a plan at the end of the first day, and no longer from the first moment of the last."""
    table = """
        day        | event                   | record
        -----------+-------------------------+-------
        2025-03-03 | protection plan started | PP1
        2025-06-10 | protection plan ended   | PP1
    """
    for on, children in (
        ("2025-03-02", 0),
        ("2025-03-03T00:00:00+00:00", 1),
        ("2025-06-09", 1),
        ("2025-06-10T00:00:00+01:00", 0),
    ):
        story(table, on=on, expect={PROTECTION_PLANS_OPEN: children})


def test_of_two_open_plans_the_last_begun_is_meant(story: Story) -> None:
    """One child, under the category of the later plan while it is open, then the earlier one's; untold, `unknown`."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+-------------
        2025-03-03 | protection plan started | PP1    | category=NEG
        2025-04-07 | protection plan started | PP2    | category=EMO
        2025-05-12 | protection plan started | PP3    |
        2025-06-02 | protection plan ended   | PP3    |
        2025-06-10 | protection plan ended   | PP2    |
        2025-06-20 | protection plan ended   | PP1    |
    """
    for on, categories in (
        ("2025-04-06", {"NEG": 1}),
        ("2025-04-07", {"EMO": 1}),
        ("2025-05-12", {"unknown": 1}),
        ("2025-06-02", {"EMO": 1}),
        ("2025-06-10", {"NEG": 1}),
        ("2025-06-20", {}),
    ):
        story(table, on=on, by="category", expect={PROTECTION_PLANS_OPEN: categories})


def test_another_authoritys_plan_is_not_the_one_meant(story: Story) -> None:
    """Begun later than ours and open beside it: ours is meant all along, and nothing once ours has ended."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+----------------------------------
        2025-03-03 | protection plan started | PP1    | category=NEG
        2025-04-07 | protection plan started | PP2    | category=EMO other_authority=true
        2025-06-10 | protection plan ended   | PP1    |
    """
    story(table, on="2025-06-09", by="category", expect={PROTECTION_PLANS_OPEN: {"NEG": 1}})
    story(table, on="2025-06-10", by="category", expect={PROTECTION_PLANS_OPEN: {}})
    ours = table + "2025-04-07 | protection plan started | PP2 | category=EMO other_authority=false"
    story(ours, on="2025-06-10", by="category", expect={PROTECTION_PLANS_OPEN: {"EMO": 1}})


def test_plans_that_touch_are_one_child_and_an_end_before_its_start_is_none(story: Story) -> None:
    """One plan ends on the day on which the next begins: one child that day. A plan ended before it began is none."""
    touching = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+-------------
        2025-03-03 | protection plan started | PP1    | category=NEG
        2025-06-10 | protection plan ended   | PP1    |
        2025-06-10 | protection plan started | PP2    | category=EMO
    """
    story(touching, on="2025-06-10", by="category", expect={PROTECTION_PLANS_OPEN: {"EMO": 1}})
    slip = touching + "2025-06-09 | protection plan ended | PP2 |"
    story(slip, on="2025-06-10", by="category", expect={PROTECTION_PLANS_OPEN: {}})
