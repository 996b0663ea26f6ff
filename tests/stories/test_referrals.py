"""Stories of referrals: how many there are, how many came back, and how many led nowhere."""

import pytest

from metrics.catalogue.referrals import (
    RE_REFERRALS,
    REFERRAL_RATE,
    REFERRALS_NO_FURTHER_ACTION,
    REFERRALS_RECEIVED,
)
from tests.story import Story, setting

# --- each measure, in a few rows ----------------------------------------------------------------------------------


def test_the_referrals_of_the_month_are_counted(story: Story) -> None:
    """Each referral of the month up to the day counts, siblings too, and the same child's second one."""
    story(
        """
        day        | event             | record | child | note
        -----------+-------------------+--------+-------+---------------------------
        2025-05-31 | referral received | R1     | ada   | last month's
        2025-06-01 | referral received | R2     | ada   |
        2025-06-10 | referral received | R3     | ben   |
        2025-06-20 | referral received | R4     | ben   | referred again, and counts
        2025-06-21 | referral received | R5     | cat   | tomorrow's
    """,
        on="2025-06-20",
        expect={REFERRALS_RECEIVED: 3},
    )


def test_the_referral_rate_is_per_10_000_children() -> None:
    """Three referrals this quarter among 20,000 children aged 0 to 17: 1.5 per 10,000, and not made up to a year."""
    story = setting(population={2025: 20_000})
    (figure,) = story(
        """
        day        | event             | record | child | note
        -----------+-------------------+--------+-------+--------------------
        2025-06-30 | referral received | R1     | ada   | the quarter before
        2025-07-01 | referral received | R2     | ben   |
        2025-08-15 | referral received | R3     | cat   |
        2025-09-30 | referral received | R4     | dan   |
    """,
        on="2025-09-30",
        expect={REFERRAL_RATE: (3, 20_000)},
    )
    assert figure.value == pytest.approx(1.5)
    assert (figure.unit, figure.beside) == ("per_10000_children", {"population_year": 2025})


def test_a_referral_within_12_months_of_another_is_a_re_referral(story: Story) -> None:
    """Ada came back on the last day that counts, the same day a year later; Ben a day too late; Cat was never here."""
    story(
        """
        day        | event             | record | child | note
        -----------+-------------------+--------+-------+-----------------------
        2024-06-10 | referral received | R1     | ada   |
        2025-06-10 | referral received | R2     | ada   | 12 months: a re-referral
        2024-06-09 | referral received | R3     | ben   |
        2025-06-10 | referral received | R4     | ben   | 12 months and a day: none
        2025-06-12 | referral received | R5     | cat   |
    """,
        on="2025-06-30",
        expect={RE_REFERRALS: (1, 3)},
    )


def test_referrals_with_no_further_action_are_those_that_say_so(story: Story) -> None:
    """Out of all referrals of the month, those told to lead to nothing; one that does not say is not among them."""
    story(
        """
        day        | event             | record | child | fields                  | note
        -----------+-------------------+--------+-------+-------------------------+----------------
        2025-06-02 | referral received | R1     | ada   | no_further_action=true  |
        2025-06-03 | referral received | R2     | ben   | no_further_action=false |
        2025-06-04 | referral received | R3     | cat   |                         | does not say
        2025-05-30 | referral received | R4     | dan   | no_further_action=true  | last month's
    """,
        on="2025-06-30",
        expect={REFERRALS_NO_FURTHER_ACTION: (1, 3)},
    )


# --- at their boundaries ------------------------------------------------------------------------------------------


def test_a_second_referral_of_the_same_day_is_no_re_referral(story: Story) -> None:
    """Two on one day, whatever their hours, are no return of each other; a third, the next day, is one, and once."""
    same_day = """
        day                       | event             | record
        --------------------------+-------------------+-------
        2025-06-10T09:00:00+01:00 | referral received | R1
        2025-06-10T16:00:00+01:00 | referral received | R2
        2025-06-10                | referral received | R3
    """
    story(same_day, on="2025-06-30", expect={RE_REFERRALS: (0, 3)})
    day_after = same_day + "2025-06-11T00:00:00+01:00 | referral received | R4"
    story(day_after, on="2025-06-30", expect={RE_REFERRALS: (1, 4)})


@pytest.mark.parametrize(
    ("earlier", "later", "returned"),
    [
        ("2024-02-29", "2025-02-28", 1),  # 12 months before is 28 February 2024
        ("2024-02-28", "2025-02-28", 1),
        ("2024-02-29", "2025-03-01", 0),  # 12 months before is 1 March 2024
        ("2023-02-28", "2024-02-29", 1),  # clamped to the month's end
        ("2023-02-27", "2024-02-29", 0),
        ("2024-12-31", "2025-12-31", 1),
        ("2024-12-30", "2025-12-31", 0),
    ],
)
def test_12_months_are_calendar_months(story: Story, earlier: str, later: str, returned: int) -> None:
    """29 February and the ends of months: the same day a year before counts, clamped to the end of its month."""
    table = f"""
        day       | event             | record
        ----------+-------------------+-------
        {earlier} | referral received | R1
        {later}   | referral received | R2
    """
    story(table, on=later, window="day", expect={RE_REFERRALS: (returned, 1)})


def test_every_return_counts_and_whatever_became_of_the_one_before(story: Story) -> None:
    """Three in a year are two re-referrals; that the first led to no further action does not undo the second."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+-----------------------
        2025-04-01 | referral received | R1     | no_further_action=true
        2025-06-02 | referral received | R2     |
        2025-06-20 | referral received | R3     |
    """
    story(table, on="2025-06-30", window="year", expect={RE_REFERRALS: (2, 3)})
    story(table, on="2025-06-30", expect={RE_REFERRALS: (2, 2)})


def test_an_earlier_referral_told_late_or_taken_back_changes_the_later_one(story: Story) -> None:
    """Found in the old files in August: June's referral was a return after all. Entered in error: it was none."""
    table = """
        day        | event             | record | fields
        -----------+-------------------+--------+---------------------------------
        2025-06-10 | referral received | R2     |
        2025-02-03 | referral received | R1     | recorded_at=2025-08-01T10:00:00Z
    """
    story(table, on="2025-06-30", expect={RE_REFERRALS: (1, 1)})
    story(table, on="2025-06-30", known_at="2025-07-31", expect={RE_REFERRALS: (0, 1)})
    withdrawn = table + "2025-02-03 | referral received | R1 | retracted=true recorded_at=2025-08-02T10:00:00Z"
    story(withdrawn, on="2025-06-30", expect={RE_REFERRALS: (0, 1)})


def test_referrals_divide_by_who_referred_and_where_from(story: Story) -> None:
    """By source and by postcode sector; what is not told is `unknown`, and a sum of none is not listed."""
    table = """
        day        | event             | record | child | fields
        -----------+-------------------+--------+-------+----------------------------------------------------
        2024-11-04 | referral received | R1     | ada   | referral_source=1A
        2025-06-02 | referral received | R2     | ada   | referral_source=2B postcode_sector=EX1 team=North
        2025-06-03 | referral received | R3     | ben   | referral_source=2B postcode_sector=EX2 team=South
        2025-06-04 | referral received | R4     | cat   |
    """
    on = "2025-06-30"
    story(
        table,
        on=on,
        by="referral_source",
        expect={
            REFERRALS_RECEIVED: {"2B": 2, "unknown": 1},
            RE_REFERRALS: {"2B": (1, 2), "unknown": (0, 1)},
        },
    )
    story(table, on=on, by="postcode_sector", expect={REFERRALS_RECEIVED: {"EX1": 1, "EX2": 1, "unknown": 1}})
    story(table, on=on, by="team", expect={REFERRALS_RECEIVED: {"North": 1, "South": 1, "unknown": 1}})


def test_a_year_leaves_out_the_same_day_of_the_year_before(story: Story) -> None:
    """The 12 months up to a day begin on the day after its date a year before, 29 February or not."""
    table = """
        day        | event             | record
        -----------+-------------------+-------
        2024-02-28 | referral received | R1
        2024-02-29 | referral received | R2
        2024-03-01 | referral received | R3
        2025-02-28 | referral received | R4
        2025-03-01 | referral received | R5
    """
    story(table, on="2025-02-28", window="year", expect={REFERRALS_RECEIVED: 3})
    story(table, on="2025-03-01", window="year", expect={REFERRALS_RECEIVED: 2})
    story(table, on="2024-02-29", window="year", expect={REFERRALS_RECEIVED: 2})


def test_every_window_has_its_first_day_and_not_the_day_before(story: Story) -> None:
    """Day, week from Monday, month, quarter, financial year, and the last so many days; each up to its last day."""
    for window, first, before in (
        ("day", "2025-08-20", "2025-08-19"),
        ("week", "2025-08-18", "2025-08-17"),
        ("month", "2025-08-01", "2025-07-31"),
        ("quarter", "2025-07-01", "2025-06-30"),
        ("year_to_date", "2025-04-01", "2025-03-31"),
        ("year", "2024-08-21", "2024-08-20"),
        ("last_2_days", "2025-08-19", "2025-08-18"),
    ):
        table = f"""
            day                             | event             | record
            --------------------------------+-------------------+-------
            {before}T23:59:59.999999+01:00  | referral received | R1
            {first}                         | referral received | R2
            2025-08-20T23:59:59.9+01:00     | referral received | R3
            2025-08-21                      | referral received | R4
        """
        story(table, on="2025-08-20", window=window, expect={REFERRALS_RECEIVED: 2})


def test_a_rate_is_per_the_children_of_the_middle_of_its_financial_year() -> None:
    """31 March 2026 is of 2025-26 and so of mid-2025; a year without an estimate takes the latest before, if any."""
    story = setting(population={2024: 10_000, 2025: 20_000})
    table = """
        day        | event             | record
        -----------+-------------------+-------
        2024-03-05 | referral received | R1
        2025-03-05 | referral received | R2
        2026-03-05 | referral received | R3
        2026-04-06 | referral received | R4
    """
    for on, number in (
        ("2024-03-31", 1),  # of mid-2023, and nothing is known before mid-2024: a count and no rate
        ("2025-03-31", (1, 10_000)),
        ("2026-03-31", (1, 20_000)),
        ("2026-04-30", (1, 20_000)),  # mid-2026 is not out yet
    ):
        (figure,) = story(table, on=on, expect={REFERRAL_RATE: number})
        if isinstance(number, int):
            assert figure.value is None


def test_published_estimates_serve_where_an_authority_sets_none() -> None:
    """In 2017-18 Devon's referrals are per the 143,525 children of mid-2017; what the authority sets goes before."""
    table = """
        day        | event             | record
        -----------+-------------------+-------
        2018-03-05 | referral received | R1
    """
    devon = setting(authority="E10000008")
    devon(table, on="2018-03-31", expect={REFERRAL_RATE: (1, 143_525)})
    corrected = setting(authority="E10000008", population={2017: 140_000})
    corrected(table, on="2018-03-31", expect={REFERRAL_RATE: (1, 140_000)})


def test_a_part_of_the_authority_has_no_rate() -> None:
    """No estimate is known for a team, or for the children one source refers: their count, and nothing per 10,000."""
    story = setting(population={2025: 10_000})
    table = """
        day        | event             | record | child | fields
        -----------+-------------------+--------+-------+-----------
        2025-08-05 | referral received | R1     | ada   | team=North
        2025-08-06 | referral received | R2     | ben   | team=South
    """
    story(table, on="2025-08-31", expect={REFERRAL_RATE: (2, 10_000)})
    story(table, on="2025-08-31", team="North", expect={REFERRAL_RATE: 1})
    figures = story(table, on="2025-08-31", by="team", expect={REFERRAL_RATE: {"North": 1, "South": 1}})
    assert {figure.value for figure in figures} == {None}


def test_what_a_short_log_cannot_know_is_said(story: Story) -> None:
    """Nobody can have come back within 12 months where the log begins in May: it says from when on it knows."""
    table = """
        day        | event             | record | child
        -----------+-------------------+--------+------
        2025-05-06 | referral received | R1     | ada
        2025-06-06 | referral received | R2     | ben
    """
    (figure,) = story(table, on="2025-06-30", expect={RE_REFERRALS: (0, 1)})
    assert figure.beside == {"history_from": "2025-05-06"}
    (figure,) = story(table, on="2026-06-05", expect={RE_REFERRALS: (0, 0)})
    assert figure.beside == {}, "June 2026 looks back to the 1st of June 2025"
