"""Stories of children looked after: who counts on a day, where, and under which legal status."""

import pytest

from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER, LOOKED_AFTER_RATE
from tests.story import Story, setting

# --- each measure, in a few rows ----------------------------------------------------------------------------------


def test_children_with_an_open_period_of_care_are_looked_after(story: Story) -> None:
    """Ada is; Ben left; Cat has an agreed series of short breaks (V3), which is no care; of Dan no status was told."""
    story(
        """
        day        | event                | record | child | fields    | note
        -----------+----------------------+--------+-------+-----------+---------------
        2025-03-03 | care started         | P1     | ada   |           |
        2025-03-03 | legal status changed | L1     | ada   | status=V2 |
        2025-03-03 | care started         | P2     | ben   |           |
        2025-06-10 | care ended           | P2     | ben   |           | left care
        2025-03-03 | care started         | P3     | cat   |           |
        2025-03-03 | legal status changed | L3     | cat   | status=V3 | short breaks
        2025-03-03 | care started         | P4     | dan   |           | no status told
    """,
        on="2025-06-30",
        expect={CHILDREN_LOOKED_AFTER: 2},
    )


def test_the_looked_after_rate_is_per_10_000_children() -> None:
    """Two children looked after among 5,000 aged 0 to 17: 4 per 10,000."""
    story = setting(population={2025: 5_000})
    (figure,) = story(
        """
        day        | event        | record | child
        -----------+--------------+--------+------
        2025-03-03 | care started | P1     | ada
        2025-03-03 | care started | P2     | ben
        2025-03-03 | care started | P3     | cat
        2025-06-10 | care ended   | P3     | cat
    """,
        on="2025-06-30",
        expect={LOOKED_AFTER_RATE: (2, 5_000)},
    )
    assert figure.value == 4


# --- who, when, and under which legal status ----------------------------------------------------------------------


def test_a_child_counts_from_the_first_day_up_to_the_day_care_ends(story: Story) -> None:
    """Looked after at the end of the first day; no longer at the end of the last, nor from its first moment."""
    table = """
        day        | event        | record
        -----------+--------------+-------
        2025-03-03 | care started | P1
        2025-06-10 | care ended   | P1
    """
    for on, children in (
        ("2025-03-02", 0),
        ("2025-03-03T00:00:00+00:00", 1),
        ("2025-06-09", 1),
        ("2025-06-09T23:59:59.999999+01:00", 1),
        ("2025-06-10T00:00:00+01:00", 0),
        ("2025-06-10", 0),
    ):
        story(table, on=on, expect={CHILDREN_LOOKED_AFTER: children})


def test_short_breaks_are_no_care(story: Story) -> None:
    """While V3 or V4 stands the child is in no count, and in it again from the day on which the status changes."""
    table = """
        day        | event                | record | fields
        -----------+----------------------+--------+----------
        2025-03-03 | care started         | P1     |
        2025-03-03 | legal status changed | L1     | status=V3
        2025-04-01 | legal status changed | L2     | status=V2
        2025-05-01 | legal status changed | L3     | status=V4
        2025-06-01 | legal status changed | L4     | status=C2
    """
    for on, groups in (
        ("2025-03-31", {}),
        ("2025-04-01", {"section_20": 1}),
        ("2025-04-30", {"section_20": 1}),
        ("2025-05-01", {}),
        ("2025-06-01", {"full_care_order": 1}),
    ):
        story(table, on=on, by="legal_group", expect={CHILDREN_LOOKED_AFTER: groups})


def test_a_child_in_two_periods_counts_once(story: Story) -> None:
    """Of two open periods the last begun is meant; where that one is short breaks, the other is."""
    table = """
        day        | event                | record | fields
        -----------+----------------------+--------+-------------------
        2025-03-03 | care started         | P1     | team=North
        2025-04-01 | care started         | P2     | team=South
        2025-05-01 | legal status changed | L1     | status=V4 care=P2
        2025-06-01 | care ended           | P1     |
    """
    for on, teams in (
        ("2025-03-31", {"North": 1}),
        ("2025-04-01", {"South": 1}),
        ("2025-05-01", {"North": 1}),
        ("2025-06-01", {}),
    ):
        story(table, on=on, by="team", expect={CHILDREN_LOOKED_AFTER: teams})


def test_periods_that_touch_leave_no_gap_and_no_double(story: Story) -> None:
    """One ends on the day the next begins: one child on that day, the next period's, with the next period's team."""
    table = """
        day        | event        | record | fields
        -----------+--------------+--------+-----------
        2025-03-03 | care started | P1     | team=North
        2025-06-10 | care ended   | P1     |
        2025-06-10 | care started | P2     | team=South
    """
    story(table, on="2025-06-09", by="team", expect={CHILDREN_LOOKED_AFTER: {"North": 1}})
    story(table, on="2025-06-10", by="team", expect={CHILDREN_LOOKED_AFTER: {"South": 1}})
    story(table, on="2025-06-10T00:00:00+01:00", expect={CHILDREN_LOOKED_AFTER: 1})


def test_a_status_belongs_to_the_period_it_names_else_to_the_one_of_its_date(story: Story) -> None:
    """A status dated on the day two periods touch is the second's, unless it names the first; a name unknown waits."""
    periods = """
        day        | event                | record | fields
        -----------+----------------------+--------+------------------
        2025-03-03 | care started         | P1     |
        2025-06-10 | care ended           | P1     |
        2025-06-10 | care started         | P2     |
    """
    by_date = periods + "2025-06-10 | legal status changed | L1 | status=C2\n"
    story(by_date, on="2025-06-10", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"full_care_order": 1}})
    of_first = periods + "2025-06-10 | legal status changed | L1 | status=C2 care=P1\n"
    story(of_first, on="2025-06-10", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"unknown": 1}})
    waiting = periods + "2025-05-01 | legal status changed | L1 | status=C2 care=P3\n"
    story(waiting, on="2025-05-01", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"unknown": 1}})
    early = periods + "2025-01-01 | legal status changed | L1 | status=J1 care=P1\n"
    story(early, on="2025-03-03", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"justice": 1}})


def test_merged_children_are_one_and_parted_they_are_two_again(story: Story) -> None:
    """Found to be one child: counted once, on every day, past ones too. The link taken back: twice again."""
    two = """
        day        | event        | record | child | fields
        -----------+--------------+--------+-------+----------------------------------------
        2025-03-03 | care started | P1     | ada   | team=North
        2025-03-10 | care started | P2     | ada-b | team=South
    """
    merged = two + "2025-05-01 | child merged | M1 | ada-b | into=ada recorded_at=2025-05-01T10:00:00Z\n"
    parted = merged + "2025-05-01 | child merged | M1 | ada-b | retracted=true recorded_at=2025-06-01T10:00:00Z\n"
    for on in ("2025-03-31", "2025-05-31"):
        story(two, on=on, by="team", expect={CHILDREN_LOOKED_AFTER: {"North": 1, "South": 1}})
        story(merged, on=on, by="team", expect={CHILDREN_LOOKED_AFTER: {"South": 1}})
        story(parted, on=on, by="team", expect={CHILDREN_LOOKED_AFTER: {"North": 1, "South": 1}})
        story(parted, on=on, known_at="2025-05-31", expect={CHILDREN_LOOKED_AFTER: 1})


def test_links_join_in_chains_and_both_ways(story: Story) -> None:
    """Three names, linked from the middle, and a name of which nothing else is told: one child."""
    story(
        """
        day        | event        | record | child | fields
        -----------+--------------+--------+-------+-----------
        2025-03-03 | care started | P1     | ada   |
        2025-03-03 | care started | P2     | bea   |
        2025-03-03 | care started | P3     | cat   |
        2025-03-04 | child merged | M1     | bea   | into=ada
        2025-03-04 | child merged | M2     | bea   | into=nobody
        2025-03-04 | child merged | M3     | cat   | into=nobody
    """,
        on="2025-03-03",
        expect={CHILDREN_LOOKED_AFTER: 1},
    )


def test_an_end_before_its_start_is_in_no_stock(story: Story) -> None:
    """A slip of the keyboard: the period is none, until the end is corrected."""
    table = """
        day        | event        | record
        -----------+--------------+-------
        2025-03-03 | care started | P1
        2024-06-10 | care ended   | P1
    """
    corrected = table + "2025-06-10 | care ended | P1"
    story(table, on="2025-05-01", expect={CHILDREN_LOOKED_AFTER: 0})
    story(corrected, on="2025-05-01", expect={CHILDREN_LOOKED_AFTER: 1})


def test_of_two_open_periods_what_names_none_belongs_to_the_last_begun(story: Story) -> None:
    """A status and a placement told while both are open are the later period's, and end with it."""
    table = """
        day        | event                | record | fields
        -----------+----------------------+--------+-------------
        2025-03-03 | care started         | P2     |
        2025-04-01 | care started         | P1     |
        2025-05-01 | legal status changed | L1     | status=C1
        2025-05-01 | placement started    | PL1    | placement=U4
        2025-06-01 | care ended           | P1     |
    """
    story(table, on="2025-05-31", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"interim_care_order": 1}})
    story(table, on="2025-05-31", by="placement", expect={CHILDREN_LOOKED_AFTER: {"U4": 1}})
    story(table, on="2025-06-01", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {"unknown": 1}})
    story(table, on="2025-06-01", by="placement", expect={CHILDREN_LOOKED_AFTER: {"unknown": 1}})


@pytest.mark.parametrize(
    ("status", "group"),
    [
        ("C1", "interim_care_order"),
        ("C2", "full_care_order"),
        ("D1", "freeing_order"),
        ("E1", "placement_order"),
        ("V2", "section_20"),
        ("L1", "protection"),
        ("L3", "protection"),
        ("J1", "justice"),
        ("J3", "justice"),
        ("X9", "unknown"),  # a code that nobody knows is kept as it is, and is no group
    ],
)
def test_the_group_of_each_legal_status(story: Story, status: str, group: str) -> None:
    """Interim and full care orders, placement orders and the rest, by the code of the return."""
    table = f"""
        day        | event                | record | fields
        -----------+----------------------+--------+----------------
        2025-03-03 | care started         | P1     |
        2025-03-03 | legal status changed | L1     | status={status}
    """
    story(table, on="2025-03-03", by="legal_group", expect={CHILDREN_LOOKED_AFTER: {group: 1}})


def test_the_placement_that_stands_is_the_last_begun_until_its_end(story: Story) -> None:
    """Foster care, hospital (a temporary stay too), back, a move; once the last has ended, `unknown`."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+-------------------------
        2025-03-03 | care started      | P1     |
        2025-03-04 | placement started | PL1    | placement=U4
        2025-04-01 | placement started | PL2    | placement=T1
        2025-04-08 | placement started | PL3    | placement=U4
        2025-05-01 | placement started | PL5    | placement=K2
        2025-05-01 | placement started | PL4    | placement=R3
        2025-04-20 | placement ended   | PL1    |
        2025-06-10 | placement ended   | PL5    |
        2025-06-20 | placement started | PL6    | placement=P1
        2025-06-30 | care ended        | P1     |
    """
    for on, placements in (
        ("2025-03-03", {"unknown": 1}),
        ("2025-03-04", {"U4": 1}),
        ("2025-04-01", {"T1": 1}),
        ("2025-04-08", {"U4": 1}),
        ("2025-04-30", {"U4": 1}),  # what ended on the 20th was another
        ("2025-05-01", {"K2": 1}),  # of two begun at once, the greater record
        ("2025-06-09", {"K2": 1}),
        ("2025-06-10", {"unknown": 1}),
        ("2025-06-20", {"P1": 1}),
        ("2025-06-30", {}),
    ):
        story(table, on=on, by="placement", expect={CHILDREN_LOOKED_AFTER: placements})


def test_a_placement_belongs_to_the_period_it_names_else_to_the_one_of_its_date(story: Story) -> None:
    """One from before the period stands from its start if it names it, the last such alone; else it is in no care."""
    periods = """
        day        | event             | record | fields
        -----------+-------------------+--------+---------------------------
        2025-03-03 | care started      | P1     |
        2025-06-10 | care ended        | P1     |
        2025-06-10 | care started      | P2     |
    """
    for row, on, placement in (
        ("2025-06-10 | placement started | PL1 | placement=U4", "2025-06-10", "U4"),
        ("2025-06-10 | placement started | PL1 | placement=U4 care=P1", "2025-06-10", "unknown"),
        ("2025-05-01 | placement started | PL1 | placement=U4 care=P3", "2025-05-01", "unknown"),
        ("2025-02-01 | placement started | PL1 | placement=U4", "2025-05-01", "unknown"),
        ("2025-02-01 | placement started | PL1 | placement=U4 care=P1", "2025-03-03", "U4"),
        ("2025-05-01 | placement started | PL1 | placement=U4", "2025-06-10", "unknown"),  # not taken along
    ):
        story(periods + row, on=on, by="placement", expect={CHILDREN_LOOKED_AFTER: {placement: 1}})
    two_before = periods + (
        "2025-01-01 | placement started | PL1 | placement=U4 care=P1\n"
        "2025-02-01 | placement started | PL2 | placement=K2 care=P1\n"
        "2025-02-20 | placement ended   | PL2 |"
    )
    story(two_before, on="2025-03-03", by="placement", expect={CHILDREN_LOOKED_AFTER: {"unknown": 1}})


def test_a_period_ended_on_the_day_it_began_is_no_care(story: Story) -> None:
    """In and out within a day told by its date: at no moment looked after."""
    table = """
        day        | event        | record
        -----------+--------------+-------
        2025-03-03 | care started | P1
        2025-03-03 | care ended   | P1
    """
    for on in ("2025-03-03T00:00:00+00:00", "2025-03-03"):
        story(table, on=on, expect={CHILDREN_LOOKED_AFTER: 0})


def test_an_end_waits_for_its_start(story: Story) -> None:
    """Care ended, and nobody told when it began: nothing is counted; the start arrives, and so do its days."""
    table = """
        day        | event        | record | fields
        -----------+--------------+--------+-------
        2025-06-10 | care ended   | P1     |
    """
    story(table, on="2025-06-01", expect={CHILDREN_LOOKED_AFTER: 0})
    arrived = table + "2025-03-03 | care started | P1 | recorded_at=2025-07-01T10:00:00Z"
    story(arrived, on="2025-06-09", expect={CHILDREN_LOOKED_AFTER: 1})
    story(arrived, on="2025-06-10", expect={CHILDREN_LOOKED_AFTER: 0})
