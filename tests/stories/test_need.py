"""Stories of children in need: who is one, by what, and the episodes that open and close."""

import pytest

from metrics.catalogue.need import CHILDREN_IN_NEED_NOW, EPISODES_CLOSED, EPISODES_OPENED
from tests.story import Story

# --- each measure, in a few rows ----------------------------------------------------------------------------------


def test_a_child_in_need_counts_once_by_whatever_is_open(story: Story) -> None:
    """An episode of need, a protection plan, a period of care: Ada has two of them and is one child in need."""
    story(
        """
        day        | event                   | record | child | note
        -----------+-------------------------+--------+-------+----------------------
        2025-03-03 | episode opened          | E1     | ada   |
        2025-04-07 | protection plan started | PP1    | ada   | and still one child
        2025-04-07 | care started            | P1     | ben   |
        2025-03-03 | episode opened          | E2     | cat   |
        2025-06-02 | episode closed          | E2     | cat   | no longer in need
    """,
        on="2025-06-30",
        expect={CHILDREN_IN_NEED_NOW: 2},
    )


def test_episodes_opened_are_those_of_the_month(story: Story) -> None:
    """Each episode of need that opened in the month up to the day, whatever has become of it since."""
    story(
        """
        day        | event          | record | child | note
        -----------+----------------+--------+-------+------------------
        2025-05-30 | episode opened | E1     | ada   | last month's
        2025-06-02 | episode opened | E2     | ben   |
        2025-06-20 | episode closed | E2     | ben   |
        2025-06-30 | episode opened | E3     | ben   | opened again
    """,
        on="2025-06-30",
        expect={EPISODES_OPENED: 2},
    )


def test_episodes_closed_divide_by_why(story: Story) -> None:
    """Each episode that closed in the month, under the census's reason; one told without any is `unknown`."""
    story(
        """
        day        | event          | record | child | fields             | note
        -----------+----------------+--------+-------+--------------------+-------------
        2025-03-03 | episode opened | E1     | ada   |                    |
        2025-06-02 | episode closed | E1     | ada   | closure_reason=RC8 |
        2025-06-03 | episode closed | E2     | ben   |                    | none told
        2025-05-30 | episode closed | E3     | cat   | closure_reason=RC9 | last month's
    """,
        on="2025-06-30",
        by="closure_reason",
        expect={EPISODES_CLOSED: {"RC8": 1, "unknown": 1}},
    )


# --- at their boundaries ------------------------------------------------------------------------------------------


def test_need_lasts_from_its_first_day_up_to_the_day_the_last_of_it_ends(story: Story) -> None:
    """Episode, then plan, then care, each ending while the next is open: in need all along, and not a day longer."""
    table = """
        day        | event                   | record
        -----------+-------------------------+-------
        2025-03-03 | episode opened          | E1
        2025-04-07 | protection plan started | PP1
        2025-04-10 | episode closed          | E1
        2025-05-12 | care started            | P1
        2025-05-12 | protection plan ended   | PP1
        2025-06-10 | care ended              | P1
    """
    for on, children in (
        ("2025-03-02", 0),
        ("2025-03-03", 1),
        ("2025-04-10", 1),
        ("2025-05-12T00:00:00+01:00", 1),
        ("2025-06-09", 1),
        ("2025-06-10T00:00:00+01:00", 0),
        ("2025-06-10", 0),
    ):
        story(table, on=on, expect={CHILDREN_IN_NEED_NOW: children})


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("care started", ""),
        ("protection plan started", "other_authority=true"),
        ("protection plan started", "category=NEG"),
        ("episode opened", ""),
    ],
)
def test_whatever_makes_a_child_in_need(story: Story, event: str, fields: str) -> None:
    """Each alone is enough: the plan of another authority too, that counts nowhere else."""
    table = f"""
        day        | event   | record | fields
        -----------+---------+--------+---------
        2025-03-03 | {event} | X1     | {fields}
    """
    story(table, on="2025-03-03", expect={CHILDREN_IN_NEED_NOW: 1})


def test_short_breaks_are_need_though_they_are_no_care(story: Story) -> None:
    """An agreed series of short breaks (V3) is not being looked after; the child is in need all the same."""
    story(
        """
        day        | event                | record | fields
        -----------+----------------------+--------+----------
        2025-03-03 | care started         | P1     |
        2025-03-03 | legal status changed | L1     | status=V3
    """,
        on="2025-03-31",
        expect={CHILDREN_IN_NEED_NOW: 1},
    )


def test_what_is_no_need_by_itself(story: Story) -> None:
    """A referral, an assessment, a section 47 enquiry, a child in need plan: only an episode, plan or care counts."""
    story(
        """
        day        | event              | record
        -----------+--------------------+-------
        2025-03-03 | referral received  | R1
        2025-03-03 | assessment started | A1
        2025-03-03 | section 47 started | S1
        2025-03-03 | need plan started  | N1
    """,
        on="2025-03-31",
        expect={CHILDREN_IN_NEED_NOW: 0},
    )


def test_the_primary_need_is_that_of_the_open_episode_that_began_last(story: Story) -> None:
    """The later episode says it while it is open; then the earlier one again; with a plan alone it is `unknown`."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+----------------
        2025-03-03 | episode opened          | E1     | primary_need=N1
        2025-04-07 | episode opened          | E2     | primary_need=N4
        2025-04-07 | protection plan started | PP1    |
        2025-05-12 | episode closed          | E2     |
        2025-06-10 | episode closed          | E1     |
    """
    for on, need in (("2025-04-06", "N1"), ("2025-04-07", "N4"), ("2025-05-12", "N1"), ("2025-06-10", "unknown")):
        story(table, on=on, by="primary_need", expect={CHILDREN_IN_NEED_NOW: {need: 1}})


def test_an_episode_that_does_not_say_its_need_hides_the_one_before(story: Story) -> None:
    """The episode that began last is the one meant, also where it tells no need; of two that began at once, the greater
    record."""
    table = """
        day        | event          | record | fields
        -----------+----------------+--------+----------------
        2025-03-03 | episode opened | E1     | primary_need=N1
        2025-04-07 | episode opened | E2     |
        2025-05-12 | episode opened | E4     | primary_need=N4
        2025-05-12 | episode opened | E3     | primary_need=N3
    """
    for on, need in (("2025-04-06", "N1"), ("2025-04-07", "unknown"), ("2025-05-12", "N4")):
        story(table, on=on, by="primary_need", expect={CHILDREN_IN_NEED_NOW: {need: 1}})


def test_episodes_opened_divide_by_need_and_team(story: Story) -> None:
    """Each under the need that it was opened for and the team that opened it."""
    table = """
        day        | event          | record | child | fields
        -----------+----------------+--------+-------+---------------------------
        2025-06-02 | episode opened | E1     | ada   | primary_need=N1 team=North
        2025-06-03 | episode opened | E2     | ben   | primary_need=N1
        2025-06-04 | episode opened | E3     | cat   |
    """
    story(table, on="2025-06-30", by="primary_need", expect={EPISODES_OPENED: {"N1": 2, "unknown": 1}})
    story(table, on="2025-06-30", by="team", expect={EPISODES_OPENED: {"North": 1, "unknown": 2}})


def test_a_closure_counts_on_its_own_day_with_or_without_its_opening(story: Story) -> None:
    """An end whose start nobody told, or that lies before its start, is a closure all the same; it is no need."""
    story(
        """
        day        | event          | record | note
        -----------+----------------+--------+----------------------
        2025-06-02 | episode closed | E1     | opened nobody knows when
        2025-06-10 | episode opened | E2     |
        2025-06-09 | episode closed | E2     | a slip of the keyboard
    """,
        on="2025-06-30",
        expect={EPISODES_CLOSED: 2, EPISODES_OPENED: 1, CHILDREN_IN_NEED_NOW: 0},
    )


def test_an_episode_opened_and_closed_on_one_day_is_never_open(story: Story) -> None:
    """Both told by their day: opened once, closed once, and at no moment of that day a child in need."""
    table = """
        day        | event          | record
        -----------+----------------+-------
        2025-06-02 | episode opened | E1
        2025-06-02 | episode closed | E1
    """
    story(table, on="2025-06-02", expect={EPISODES_OPENED: 1, EPISODES_CLOSED: 1, CHILDREN_IN_NEED_NOW: 0})
    story(table, on="2025-06-02T00:00:00+01:00", expect={CHILDREN_IN_NEED_NOW: 0})
