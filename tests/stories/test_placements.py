"""Stories of how often children looked after move: what is one placement, and over which time they are counted."""

import pytest

from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER, PLACEMENTS_IN_YEAR, PLACEMENTS_SINCE_ENTRY
from metrics.rules.rules import Parameters
from tests.story import Story, setting

# --- each measure, in a few rows ----------------------------------------------------------------------------------


def test_placements_in_the_past_12_months_in_bands(story: Story) -> None:
    """Where the child was 12 months ago, and each placement begun since: Ada three, Ben one, Cat none told."""
    story(
        """
        day        | event             | record | child | fields                   | note
        -----------+-------------------+--------+-------+--------------------------+---------------------
        2024-01-10 | care started      | P1     | ada   |                          |
        2024-01-10 | placement started | PL1    | ada   | placement=U4 provider=A  | there a year ago
        2025-02-03 | placement started | PL2    | ada   | placement=U4 provider=B  |
        2025-04-07 | placement started | PL3    | ada   | placement=K2             |
        2024-01-10 | care started      | P2     | ben   |                          |
        2024-01-10 | placement started | PL4    | ben   | placement=U1             |
        2025-05-12 | care started      | P3     | cat   |                          | no placement told yet
    """,
        on="2025-06-30",
        by="band",
        expect={PLACEMENTS_IN_YEAR: {"0": (1, 3), "1": (1, 3), "3+": (1, 3)}},
    )


def test_placements_since_a_child_came_into_care_in_bands(story: Story) -> None:
    """All of the present period of care, however long: Ada moved twice before this year, Ben came back into care."""
    story(
        """
        day        | event             | record | child | fields                   | note
        -----------+-------------------+--------+-------+--------------------------+---------------------
        2021-03-01 | care started      | P1     | ada   |                          |
        2021-03-01 | placement started | PL1    | ada   | placement=U4 provider=A  |
        2021-09-06 | placement started | PL2    | ada   | placement=U4 provider=B  |
        2022-05-02 | placement started | PL3    | ada   | placement=U4 provider=C  | and there ever since
        2023-01-09 | care started      | P2     | ben   |                          |
        2023-01-09 | placement started | PL4    | ben   | placement=U4             |
        2023-06-05 | care ended        | P2     | ben   |                          |
        2025-02-03 | care started      | P3     | ben   |                          | a new period
        2025-02-03 | placement started | PL5    | ben   | placement=U1             |
    """,
        on="2025-06-30",
        by="band",
        expect={PLACEMENTS_SINCE_ENTRY: {"1": (1, 2), "3": (1, 2)}},
    )


def test_the_mean_is_over_all_children_looked_after(story: Story) -> None:
    """Six placements, one and none: seven of three children. The last band takes the six, the mean counts them."""
    table = """
        day        | event             | record | child | fields
        -----------+-------------------+--------+-------+-------------------------
        2025-01-06 | care started      | P1     | ada   |
        2025-01-06 | placement started | PL1    | ada   | placement=U4 provider=A
        2025-02-03 | placement started | PL2    | ada   | placement=U4 provider=B
        2025-03-03 | placement started | PL3    | ada   | placement=U4 provider=C
        2025-04-07 | placement started | PL4    | ada   | placement=U4 provider=D
        2025-05-12 | placement started | PL5    | ada   | placement=U4 provider=E
        2025-06-09 | placement started | PL6    | ada   | placement=U4 provider=F
        2025-01-06 | care started      | P2     | ben   |
        2025-01-06 | placement started | PL7    | ben   | placement=U1
        2025-01-06 | care started      | P3     | cat   |
    """
    on = "2025-06-30"
    (whole, year) = story(table, on=on, expect={PLACEMENTS_SINCE_ENTRY: (7, 3), PLACEMENTS_IN_YEAR: (7, 3)})
    assert whole.value == year.value == pytest.approx(7 / 3)
    story(
        table,
        on=on,
        by="band",
        expect={
            PLACEMENTS_SINCE_ENTRY: {"0": (1, 3), "1": (1, 3), "5+": (1, 3)},
            PLACEMENTS_IN_YEAR: {"0": (1, 3), "1": (1, 3), "3+": (1, 3)},
        },
    )
    story(table, on="2025-04-07", by="band", expect={PLACEMENTS_SINCE_ENTRY: {"0": (1, 3), "1": (1, 3), "4": (1, 3)}})
    story(table, on="2024-12-31", expect={PLACEMENTS_SINCE_ENTRY: (0, 0)})


# --- what is one placement ----------------------------------------------------------------------------------------
# Each: the placements of one period of care from 6 January 2025 on, and how many there are of them at the end.


def placed(story: Story, number: int, *rows: str) -> None:
    """Assert that the placements *rows* are so many, by both measures."""
    table = "\n".join(
        (
            "day | event | record | fields",
            "---",
            "2025-01-06 | care started | P1 |",
            *rows,
        )
    )
    both = {PLACEMENTS_SINCE_ENTRY: (number, 1), PLACEMENTS_IN_YEAR: (number, 1)}
    story(table, on="2025-12-31", expect=both)


FIRST = "2025-01-06 | placement started | PL1 | placement=U4 provider=A"


@pytest.mark.parametrize("code", ["T0", "T1", "T2", "T3", "T4"])
def test_a_temporary_stay_and_the_return_from_it_are_no_new_placement(story: Story, code: str) -> None:
    """Hospital, a carer's holiday: the child's place is kept, during the stay and after the return to it."""
    away = f"2025-03-03 | placement started | PL2 | placement={code} provider=H"
    placed(story, 1, FIRST, away)
    placed(story, 1, FIRST, away, "2025-03-10 | placement started | PL3 | placement=U4 provider=A")


def test_after_several_stays_the_child_may_still_return(story: Story) -> None:
    """From one hospital to another and home again: the place before the stays is what the return is held against."""
    stays = (
        "2025-03-03 | placement started | PL2 | placement=T1 provider=H",
        "2025-03-10 | placement started | PL3 | placement=T1 provider=J",
        "2025-03-17 | placement started | PL4 | placement=T4",
    )
    placed(story, 1, FIRST, *stays, "2025-03-24 | placement started | PL5 | placement=U4 provider=A")


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ("placement=U4 provider=A", "placement=U4 provider=A", 1),
        ("placement=U4 provider=A", "placement=U4 provider=B", 2),  # another provider
        ("placement=U4 provider=A", "placement=U1 provider=A", 2),  # another kind
        ("placement=U4", "placement=U4", 1),  # both untold are the same
        ("placement=U4 provider=A", "placement=U4", 2),
        ("placement=U4", "placement=U4 provider=A", 2),
    ],
)
def test_only_the_same_place_with_the_same_provider_is_a_return(
    story: Story, before: str, after: str, number: int
) -> None:
    """After a temporary stay: anything else is a move."""
    placed(
        story,
        number,
        f"2025-01-06 | placement started | PL1 | {before}",
        "2025-03-03 | placement started | PL2 | placement=T1 provider=H",
        f"2025-03-10 | placement started | PL3 | {after}",
    )


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ("placement=U4 provider=A home=H1", "placement=U4 provider=A home=H2", 2),  # another foster home of A's
        ("placement=U4 provider=A home=H1", "placement=U4 provider=A home=H1", 1),
        ("placement=U4 provider=A home=H1", "placement=U1 provider=B home=H1", 1),  # the place is the same
        ("placement=U4 provider=A home=H1", "placement=U4 provider=A", 1),  # one tells none: as before
        ("placement=U4 provider=A", "placement=U4 provider=A home=H1", 1),
        ("placement=U4 provider=A", "placement=U4 provider=B home=H1", 2),
    ],
)
def test_a_home_that_both_tell_says_whether_the_child_came_back(
    story: Story, before: str, after: str, number: int
) -> None:
    """The registration and the postcode tell one foster home of a provider from another."""
    placed(
        story,
        number,
        f"2025-01-06 | placement started | PL1 | {before}",
        "2025-03-03 | placement started | PL2 | placement=T3 home=H9",
        "2025-03-10 | placement started | PL3 | placement=T1",
        f"2025-03-17 | placement started | PL4 | {after}",
    )


def test_the_home_left_last_is_the_one_that_a_return_is_held_against(story: Story) -> None:
    """The carers moved house with the child before the stay; and the same home again without a stay is a move."""
    moved = "2025-02-03 | placement started | PL2 | placement=U4 home=H2 same_carer=true"
    stay = "2025-03-03 | placement started | PL3 | placement=T1"
    first = "2025-01-06 | placement started | PL1 | placement=U4 home=H1"
    placed(story, 1, first, moved, stay, "2025-03-10 | placement started | PL4 | placement=U4 home=H2")
    placed(story, 2, first, moved, stay, "2025-03-10 | placement started | PL4 | placement=U4 home=H1")
    placed(story, 2, first, "2025-03-10 | placement started | PL4 | placement=U4 home=H1")


def test_the_same_place_again_without_a_stay_between_is_a_move(story: Story) -> None:
    """Told twice in a row, or left for another placement and come back to: each start is a placement of its own."""
    again = "2025-03-10 | placement started | PL3 | placement=U4 provider=A"
    placed(story, 2, FIRST, again)
    placed(story, 3, FIRST, "2025-03-03 | placement started | PL2 | placement=K2", again)


def test_a_stay_excuses_one_return_and_not_the_next(story: Story) -> None:
    """Back from hospital, and a month later the same place is told as a new start: that is a move."""
    placed(
        story,
        2,
        FIRST,
        "2025-03-03 | placement started | PL2 | placement=T1",
        "2025-03-10 | placement started | PL3 | placement=U4 provider=A",
        "2025-04-07 | placement started | PL4 | placement=U4 provider=A",
    )


def test_a_stay_after_which_the_child_moves_on_is_one_move(story: Story) -> None:
    """From home to hospital to a new home, and from there to hospital and back: two placements."""
    placed(
        story,
        2,
        FIRST,
        "2025-03-03 | placement started | PL2 | placement=T1",
        "2025-03-10 | placement started | PL3 | placement=U1 provider=B",
        "2025-04-07 | placement started | PL4 | placement=T1",
        "2025-04-14 | placement started | PL5 | placement=U1 provider=B",
    )


def test_the_same_carer_under_another_status_is_no_move(story: Story) -> None:
    """A start that says it is with the same carer continues what was before it; whatever its code and provider."""
    same = "2025-03-03 | placement started | PL2 | placement=U1 provider=A same_carer=true"
    placed(story, 1, FIRST, same)
    placed(story, 2, FIRST, same.replace("true", "false"))
    placed(story, 2, FIRST, same, "2025-04-07 | placement started | PL3 | placement=U1 provider=B")


def test_an_authority_may_count_the_same_carer(story: Story) -> None:
    """Where a change of status with the same carer counts, it is a placement; a return from hospital never is."""
    counting = setting(parameters=Parameters(same_carer_counts=True))
    same = "2025-03-03 | placement started | PL2 | placement=U1 provider=A same_carer=true"
    placed(counting, 2, FIRST, same)
    placed(
        counting,
        1,
        FIRST,
        "2025-03-03 | placement started | PL2 | placement=T1",
        "2025-03-10 | placement started | PL3 | placement=U4 provider=A same_carer=true",
    )
    placed(counting, 1, FIRST, "2025-03-03 | placement started | PL2 | placement=A3 same_carer=true")


@pytest.mark.parametrize(("code", "number"), [("A3", 1), ("A5", 1), ("A4", 2), ("A6", 2)])
def test_adoption_by_the_present_carer_is_no_move(story: Story, code: str, number: int) -> None:
    """Placed for adoption with the carers the child lives with (A3, A5): no move. With others (A4, A6): a move."""
    placed(story, number, FIRST, f"2025-03-03 | placement started | PL2 | placement={code}")


@pytest.mark.parametrize("fields", ["placement=A3", "placement=A5", "placement=U4 same_carer=true", "placement=U4"])
def test_where_nothing_came_before_a_placement_begins(story: Story, fields: str) -> None:
    """The first of a period is a placement, also where it says that it continues one; after a mere stay too."""
    placed(story, 1, f"2025-03-03 | placement started | PL1 | {fields}")
    placed(
        story,
        1,
        "2025-01-06 | placement started | PL0 | placement=T0",
        f"2025-03-03 | placement started | PL1 | {fields}",
    )


def test_a_mere_stay_is_no_placement(story: Story) -> None:
    """In care and nothing but a temporary stay told: none."""
    placed(story, 0, "2025-01-06 | placement started | PL1 | placement=T0")


def test_a_gap_is_bridged_by_what_continues(story: Story) -> None:
    """The placement ended, and a month later the child is back with the same carer: one, the gap included."""
    ended = "2025-03-03 | placement ended | PL1 |"
    placed(story, 1, FIRST, ended, "2025-04-07 | placement started | PL2 | placement=U1 same_carer=true")
    placed(story, 1, FIRST, ended, "2025-04-07 | placement started | PL2 | placement=A5")
    placed(story, 2, FIRST, ended, "2025-04-07 | placement started | PL2 | placement=U4 provider=A")
    placed(
        story,
        1,
        FIRST,
        ended,
        "2025-03-03 | placement started | PL2 | placement=T2",
        "2025-04-07 | placement started | PL3 | placement=U4 provider=A",
    )


def test_of_two_that_begin_at_one_moment_the_greater_record_comes_after(story: Story) -> None:
    """The order of records is the order of the placements: from B to A's carer is no move, the other way is one."""
    placed(
        story,
        1,
        "2025-01-06 | placement started | PL1 | placement=U4 provider=A",
        "2025-01-06 | placement started | PL2 | placement=U1 same_carer=true",
    )
    placed(
        story,
        2,
        "2025-01-06 | placement started | PL2 | placement=U4 provider=A",
        "2025-01-06 | placement started | PL1 | placement=U1 same_carer=true",
    )


def test_an_end_before_its_start_takes_a_placement_out(story: Story) -> None:
    """A slip of the keyboard: it is in no count, and neither begins, continues nor stands between two others."""
    slip = "2025-03-03 | placement started | PL2 | placement=K2", "2025-03-02 | placement ended | PL2 |"
    placed(story, 1, FIRST, *slip)
    placed(story, 1, FIRST, *slip, "2025-04-07 | placement started | PL3 | placement=U1 same_carer=true")


def test_a_placement_outside_any_period_is_in_no_count(story: Story) -> None:
    """Dated before care or naming an unknown period: none. Naming this one from before it: it stands from its start."""
    placed(story, 0, "2025-01-05 | placement started | PL1 | placement=U4")
    placed(story, 0, "2025-03-03 | placement started | PL1 | placement=U4 care=P9")
    placed(story, 1, "2025-01-05 | placement started | PL1 | placement=U4 care=P1")
    before = "2024-12-02 | placement started | PL1 | placement=U4 care=P1"
    placed(story, 1, before, "2024-12-20 | placement started | PL2 | placement=K2 care=P1")
    placed(story, 0, before, "2025-01-06 | placement ended | PL1 |")
    placed(story, 1, before, "2025-01-07 | placement ended | PL1 |")


def test_a_placement_on_or_after_the_end_of_the_period_it_names_is_in_no_count(story: Story) -> None:
    """Care ended, and the next period began that day: what still names the first, from that day on, is in neither."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+---------------------
        2025-01-06 | care started      | P1     |
        2025-01-06 | placement started | PL1    | placement=U4
        2025-03-03 | care ended        | P1     |
        2025-03-03 | care started      | P2     |
        2025-03-03 | placement started | PL2    | placement=K2 care=P1
        2025-04-07 | placement started | PL3    | placement=R3 care=P1
    """
    story(table, on="2025-12-31", expect={PLACEMENTS_IN_YEAR: (1, 1), PLACEMENTS_SINCE_ENTRY: (0, 1)})


# --- which of them are of the past 12 months ----------------------------------------------------------------------


def years(story: Story, table: str, numbers: dict[str, int]) -> None:
    """Assert how many placements there are in the 12 months up to each day."""
    for on, number in numbers.items():
        story(table, on=on, expect={PLACEMENTS_IN_YEAR: (number, 1)})


def test_a_placement_leaves_the_year_12_months_after_it_ended(story: Story) -> None:
    """Left on 10 March for another: it counts while the window's start lies before that day, and no longer on it."""
    years(
        story,
        """
        day        | event             | record | fields
        -----------+-------------------+--------+-------------
        2023-01-09 | care started      | P1     |
        2023-01-09 | placement started | PL1    | placement=U4
        2024-03-10 | placement started | PL2    | placement=K2
    """,
        {"2024-03-09": 1, "2024-03-10": 2, "2025-03-09": 2, "2025-03-10": 1, "2030-12-31": 1},
    )


def test_a_placement_that_ended_by_itself_leaves_the_year_too(story: Story) -> None:
    """Its own end, with nothing after it for a while: from then the 12 months run, and not from the next start."""
    years(
        story,
        """
        day        | event             | record | fields
        -----------+-------------------+--------+-------------
        2023-01-09 | care started      | P1     |
        2023-01-09 | placement started | PL1    | placement=U4
        2024-03-10 | placement ended   | PL1    |
        2024-05-13 | placement started | PL2    | placement=K2
    """,
        {"2024-05-12": 1, "2024-05-13": 2, "2025-03-09": 2, "2025-03-10": 1},
    )


def test_an_end_at_an_hour_leaves_the_year_with_its_day(story: Story) -> None:
    """Moved at four in the afternoon: the day counts, and not the hour, at whatever hour one looks."""
    table = """
        day                       | event             | record | fields
        --------------------------+-------------------+--------+-------------
        2023-01-09                | care started      | P1     |
        2023-01-09                | placement started | PL1    | placement=U4
        2024-03-10T16:00:00+00:00 | placement started | PL2    | placement=K2
    """
    years(story, table, {"2024-03-10T15:59:59.999999+00:00": 1, "2024-03-10T16:00:00+00:00": 2})
    years(story, table, {"2025-03-09T23:59:59.999999+00:00": 2, "2025-03-10T00:00:00+00:00": 1})


def test_placements_of_a_day_count_for_a_year(story: Story) -> None:
    """Two short ones within the window are two; one of no length counts up to the day before its date's anniversary."""
    years(
        story,
        """
        day        | event             | record | fields                  | note
        -----------+-------------------+--------+-------------------------+---------------------------
        2023-01-09 | care started      | P1     |                         |
        2023-01-09 | placement started | PL1    | placement=U4 provider=A |
        2024-03-10 | placement started | PL2    | placement=K2            |
        2024-03-12 | placement started | PL3    | placement=U4 provider=B | of no length
        2024-03-12 | placement started | PL4    | placement=U4 provider=C |
    """,
        {
            "2024-03-12": 4,
            "2025-03-09": 4,
            "2025-03-10": 3,
            "2025-03-11": 3,
            "2025-03-12": 1,
        },
    )


@pytest.mark.parametrize(
    ("ended", "last", "gone"),
    [
        ("2024-02-29", "2025-02-28", "2025-03-01"),  # out on the first day whose date a year before is not before it
        ("2024-02-28", "2025-02-27", "2025-02-28"),
        ("2024-03-01", "2025-02-28", "2025-03-01"),
        ("2023-02-28", "2024-02-27", "2024-02-28"),
        ("2023-03-01", "2024-02-29", "2024-03-01"),
    ],
)
def test_29_february_leaves_the_year_on_1_march(story: Story, ended: str, last: str, gone: str) -> None:
    """A placement that ended on 29 February counts on the 28th a year later; in a leap year nothing is counted long."""
    table = f"""
        day        | event             | record | fields
        -----------+-------------------+--------+-------------
        2022-01-10 | care started      | P1     |
        2022-01-10 | placement started | PL1    | placement=U4
        {ended}    | placement started | PL2    | placement=K2
    """
    years(story, table, {last: 2, gone: 1})


def test_a_stay_does_not_end_the_placement_that_is_kept(story: Story) -> None:
    """A year and more in hospital: the place kept at home still stands at the window's start, and is the one."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+-------------
        2023-01-09 | care started      | P1     |
        2023-01-09 | placement started | PL1    | placement=U4
        2023-06-05 | placement started | PL2    | placement=T1
    """
    years(story, table, {"2023-06-05": 1, "2025-06-30": 1})
    story(table, on="2025-06-30", by="placement", expect={CHILDREN_LOOKED_AFTER: {"T1": 1}})


def test_the_year_counts_placements_of_an_earlier_period_of_care(story: Story) -> None:
    """Home in between: the placements of both periods count in the year, and only the present one's since entry."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+------------------------------------
        2024-01-08 | care started      | P1     |
        2024-01-08 | placement started | PL1    | placement=U4 provider=A
        2024-09-02 | placement started | PL2    | placement=U4 provider=B
        2024-12-02 | care ended        | P1     |
        2025-02-03 | care started      | P2     |
        2025-02-03 | placement started | PL3    | placement=U4 provider=B same_carer=true
    """
    for on, number, since_entry in (
        ("2024-11-30", 2, 2),
        ("2025-02-03", 3, 1),
        ("2025-09-01", 3, 1),
        ("2025-09-02", 2, 1),  # PL1 ended a year ago today
        ("2025-12-01", 2, 1),
        ("2025-12-02", 1, 1),  # and the first period with PL2
    ):
        story(table, on=on, expect={PLACEMENTS_IN_YEAR: (number, 1), PLACEMENTS_SINCE_ENTRY: (since_entry, 1)})
    for measure in (PLACEMENTS_IN_YEAR, PLACEMENTS_SINCE_ENTRY):
        story(table, on="2025-01-31", expect={measure: (0, 0)})  # not looked after: in no band


@pytest.mark.parametrize("fields", ["placement=U4 provider=B", "placement=A3", "placement=U4 same_carer=true"])
def test_nothing_continues_over_the_end_of_care(story: Story, fields: str) -> None:
    """A stay when the first period ended, the same place when the second began: within a period only."""
    table = f"""
        day        | event             | record | fields
        -----------+-------------------+--------+------------------------
        2024-01-08 | care started      | P1     |
        2024-01-08 | placement started | PL1    | placement=U4 provider=B
        2024-09-02 | placement started | PL2    | placement=T1
        2024-12-02 | care ended        | P1     |
        2024-12-02 | care started      | P2     |
        2024-12-02 | placement started | PL3    | {fields}
    """
    story(table, on="2024-12-31", expect={PLACEMENTS_IN_YEAR: (2, 1), PLACEMENTS_SINCE_ENTRY: (1, 1)})


def test_short_breaks_are_in_no_band(story: Story) -> None:
    """While V3 stands the child is no child looked after, and in it, with all of the year, once the status changes."""
    table = """
        day        | event                | record | fields
        -----------+----------------------+--------+------------------------
        2025-01-06 | care started         | P1     |
        2025-01-06 | legal status changed | L1     | status=V3
        2025-01-06 | placement started    | PL1    | placement=U4 provider=A
        2025-02-03 | placement started    | PL2    | placement=U4 provider=B
        2025-03-03 | legal status changed | L2     | status=V2
        2025-04-07 | placement started    | PL3    | placement=U4 provider=C
    """
    for on, number in (("2025-03-02", (0, 0)), ("2025-03-03", (2, 1)), ("2025-04-07", (3, 1))):
        story(table, on=on, expect={PLACEMENTS_IN_YEAR: number, PLACEMENTS_SINCE_ENTRY: number})


def test_of_two_open_periods_the_last_begun_is_the_present_one(story: Story) -> None:
    """Two at once: since entry counts the later one's placements while it counts as care, and the year counts both."""
    table = """
        day        | event                | record | fields
        -----------+----------------------+--------+--------------------------------
        2025-01-06 | care started         | P1     |
        2025-01-06 | placement started    | PL1    | placement=U4 provider=A care=P1
        2025-02-03 | placement started    | PL2    | placement=U4 provider=B care=P1
        2025-03-03 | care started         | P2     |
        2025-03-03 | placement started    | PL3    | placement=K2 care=P2
        2025-05-12 | legal status changed | L1     | status=V4 care=P2
    """
    for on, year, since_entry in (("2025-03-02", 2, 2), ("2025-03-03", 3, 1), ("2025-05-12", 3, 2)):
        story(table, on=on, expect={PLACEMENTS_IN_YEAR: (year, 1), PLACEMENTS_SINCE_ENTRY: (since_entry, 1)})


def test_a_placement_told_of_a_later_day_is_not_there_before_it(story: Story) -> None:
    """Each counts from its own moment on, in both measures; and a move taken back was none, on every day."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+-------------------------
        2025-01-06 | care started      | P1     |
        2025-01-06 | placement started | PL1    | placement=U4 provider=A
        2025-02-03 | placement started | PL2    | placement=U4 provider=B
        2025-04-07 | placement started | PL3    | placement=U4 provider=C
    """
    withdrawn = table + "2025-02-03 | placement started | PL2 | retracted=true"
    for on, number, without in (("2025-02-02", 1, 1), ("2025-02-03", 2, 1), ("2025-04-07", 3, 2)):
        story(table, on=on, expect={PLACEMENTS_SINCE_ENTRY: (number, 1), PLACEMENTS_IN_YEAR: (number, 1)})
        story(withdrawn, on=on, expect={PLACEMENTS_SINCE_ENTRY: (without, 1), PLACEMENTS_IN_YEAR: (without, 1)})


# --- how long in care ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "band"),
    [
        ("2024-08-31", "<6m"),
        ("2025-02-27", "<6m"),
        ("2025-02-28", "6-12m"),  # six months, clamped to the month's end
        ("2025-08-30", "6-12m"),
        ("2025-08-31", "1-2y"),
        ("2026-08-30", "1-2y"),
        ("2026-08-31", "2y+"),
    ],
)
def test_time_in_care_is_in_calendar_months_from_the_start_of_the_period(story: Story, on: str, band: str) -> None:
    """Six months, a year, two years: from the day itself the child is in the longer band; the mean is of each band."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+-------------
        2020-01-06 | care started      | P0     |
        2020-01-06 | placement started | PL0    | placement=U4
        2024-08-31 | care ended        | P0     |
        2024-08-31 | care started      | P1     |
        2024-08-31 | placement started | PL1    | placement=U4
        2024-08-31 | placement started | PL2    | placement=K2
    """
    story(table, on=on, by="time_in_care", expect={PLACEMENTS_SINCE_ENTRY: {band: (2, 1)}})
    story(table, on=on, by={"time_in_care": band, "band": "2"}, expect={PLACEMENTS_SINCE_ENTRY: (1, 1)})


def test_bands_of_children_in_care_for_so_long(story: Story) -> None:
    """Within a time in care the children of that time alone are the whole, in each band and in the mean."""
    table = """
        day        | event             | record | child | fields
        -----------+-------------------+--------+-------+-------------
        2025-03-03 | care started      | P1     | ada   |
        2025-03-03 | placement started | PL1    | ada   | placement=U4
        2025-03-03 | care started      | P2     | ben   |
        2025-03-03 | placement started | PL2    | ben   | placement=U4
        2025-04-07 | placement started | PL3    | ben   | placement=K2
        2022-03-07 | care started      | P3     | cat   |
        2022-03-07 | placement started | PL4    | cat   | placement=U4
    """
    on = "2025-06-30"
    story(table, on=on, by="time_in_care", expect={PLACEMENTS_SINCE_ENTRY: {"<6m": (3, 2), "2y+": (1, 1)}})
    story(table, on=on, by={"time_in_care": "<6m", "band": "1"}, expect={PLACEMENTS_SINCE_ENTRY: (1, 2)})
    story(table, on=on, by={"band": "1"}, expect={PLACEMENTS_SINCE_ENTRY: (2, 3)})
