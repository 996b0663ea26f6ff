"""Stories of single assessments: 45 working days, and everything that may happen to the paper meanwhile."""

from dataclasses import replace
from datetime import date

import pytest

from events.working_days import calendar
from metrics.catalogue.assessments import (
    ASSESSMENT_RATE,
    ASSESSMENT_TIMELINESS,
    ASSESSMENT_TIMELINESS_FROM_REFERRAL,
    ASSESSMENT_TIMELINESS_SETTLED,
    ASSESSMENTS_AUTHORISED,
    ASSESSMENTS_CASE_CLOSED,
    ASSESSMENTS_CLOSED_WITH_SUPPORT,
    ASSESSMENTS_DUE,
    ASSESSMENTS_OPEN,
    ASSESSMENTS_OVERDUE,
    ASSESSMENTS_STARTED,
)
from metrics.figures.judge import judge
from metrics.measure import Polarity
from metrics.rules.rules import Parameters, Rules, RulesByAuthority
from tests.story import Story, setting

# From Monday 3 March 2025, over Easter (18 and 21 April) and the early May holiday (5 May), day 45 is Thursday 8 May.
STARTED = """
    day        | event              | record
    -----------+--------------------+-------
    2025-03-03 | assessment started | A1
"""

# --- each measure, in a few rows ----------------------------------------------------------------------------------


def test_assessments_started_are_those_of_the_month(story: Story) -> None:
    """Each single assessment that began in the month up to the day, whatever became of it."""
    story(
        """
        day        | event                | record | child | note
        -----------+----------------------+--------+-------+-------------
        2025-05-30 | assessment started   | A1     | ada   | last month's
        2025-06-02 | assessment started   | A2     | ben   |
        2025-06-03 | assessment cancelled | A2     | ben   |
        2025-06-20 | assessment started   | A3     | cat   |
    """,
        on="2025-06-30",
        expect={ASSESSMENTS_STARTED: 2},
    )


def test_assessments_authorised_divide_by_outcome(story: Story) -> None:
    """Each single assessment signed off in the month, once under every outcome that it has."""
    story(
        """
        day        | event                 | record | child | fields                          | note
        -----------+-----------------------+--------+-------+---------------------------------+-------------
        2025-05-30 | assessment authorised | A1     | ada   | outcomes=care                   | last month's
        2025-06-02 | assessment authorised | A2     | ben   | outcomes=case_closed,signposted |
        2025-06-20 | assessment authorised | A3     | cat   | outcomes=case_closed            |
    """,
        on="2025-06-30",
        by="outcome",
        expect={
            ASSESSMENTS_AUTHORISED: {"case_closed": 2, "signposted": 1},
        },
    )


def test_assessments_are_to_be_authorised_within_45_working_days(story: Story) -> None:
    """From their own start, which is day 0: day 45 is in time, day 46 is late, and what is open is not counted."""
    story(
        """
        day        | event                 | record | child | fields               | note
        -----------+-----------------------+--------+-------+----------------------+---------------
        2025-03-03 | assessment started    | A1     | ada   |                      |
        2025-05-08 | assessment authorised | A1     | ada   | outcomes=case_closed | day 45
        2025-03-03 | assessment started    | A2     | ben   |                      |
        2025-05-09 | assessment authorised | A2     | ben   | outcomes=case_closed | day 46
        2025-03-03 | assessment started    | A3     | cat   |                      | open, and overdue
    """,
        on="2025-05-31",
        expect={ASSESSMENT_TIMELINESS: (1, 2)},
    )


def test_45_working_days_may_also_be_counted_from_the_referral(story: Story) -> None:
    """Begun a week after the referral that it names: in time by its own start, and a day late from the referral."""
    story(
        """
        day        | event                 | record | fields               | note
        -----------+-----------------------+--------+----------------------+---------------------------------
        2025-03-03 | referral received     | R1     |                      | day 45 is 8 May
        2025-03-10 | assessment started    | A1     | referral=R1          | day 45 is 15 May
        2025-05-09 | assessment authorised | A1     | outcomes=case_closed |
    """,
        on="2025-05-31",
        expect={
            ASSESSMENT_TIMELINESS_FROM_REFERRAL: (0, 1),
            ASSESSMENT_TIMELINESS: (1, 1),
        },
    )


def test_open_assessments_that_are_overdue_count_as_settled(story: Story) -> None:
    """Settled by the sign-off or by the passing of day 45, whichever is first: so the late are in it as they wait."""
    story(
        """
        day        | event                 | record | child | fields               | note
        -----------+-----------------------+--------+-------+----------------------+-------------------------
        2025-03-03 | assessment started    | A1     | ada   |                      |
        2025-05-08 | assessment authorised | A1     | ada   | outcomes=case_closed | day 45
        2025-03-03 | assessment started    | A2     | ben   |                      | open, and late since today
        2025-03-04 | assessment started    | A3     | cat   |                      | open, and day 45 is today
    """,
        on="2025-05-09",
        expect={ASSESSMENT_TIMELINESS_SETTLED: (1, 2)},
    )


def test_open_assessments_are_neither_authorised_nor_cancelled(story: Story) -> None:
    """Started and still to be signed off: Ben's is signed off, Cat's was given up."""
    story(
        """
        day        | event                 | record | child | fields
        -----------+-----------------------+--------+-------+---------------------
        2025-03-03 | assessment started    | A1     | ada   |
        2025-03-03 | assessment started    | A2     | ben   |
        2025-04-07 | assessment authorised | A2     | ben   | outcomes=case_closed
        2025-03-03 | assessment started    | A3     | cat   |
        2025-04-08 | assessment cancelled  | A3     | cat   |
    """,
        on="2025-04-30",
        expect={ASSESSMENTS_OPEN: 1},
    )


def test_open_assessments_are_overdue_after_day_45(story: Story) -> None:
    """Not signed off by the end of the 45th working day: overdue from the next, and as long as it is open."""
    story(
        """
        day        | event                 | record | child | fields               | note
        -----------+-----------------------+--------+-------+----------------------+-----------------
        2025-03-03 | assessment started    | A1     | ada   |                      | day 45 was 8 May
        2025-03-04 | assessment started    | A2     | ben   |                      | day 45 is 9 May
        2025-03-03 | assessment started    | A3     | cat   |                      |
        2025-05-09 | assessment authorised | A3     | cat   | outcomes=case_closed | late, and done
    """,
        on="2025-05-09",
        expect={ASSESSMENTS_OVERDUE: 1},
    )


def test_assessments_are_due_within_five_working_days(story: Story) -> None:
    """Open, not overdue, and day 45 no later than the fifth working day from the day one looks on, by that day."""
    story(
        """
        day        | event              | record | child | note
        -----------+--------------------+--------+-------+--------------------------------------------------
        2025-02-24 | assessment started | A1     | ada   | day 45 is Wednesday 30 April, today
        2025-03-03 | assessment started | A2     | ben   | Thursday 8 May, the fifth over the bank holiday
        2025-03-04 | assessment started | A3     | cat   | Friday 9 May, the sixth
        2025-02-21 | assessment started | A4     | dan   | was yesterday
    """,
        on="2025-04-30",
        by="due_on",
        expect={ASSESSMENTS_DUE: {"2025-04-30": 1, "2025-05-08": 1}},
    )


def test_the_assessment_rate_is_per_10_000_children() -> None:
    """Two signed off since April among 10,000 children aged 0 to 17; not made up to a year."""
    story = setting(population={2025: 10_000})
    story(
        """
        day        | event                 | record | child | fields               | note
        -----------+-----------------------+--------+-------+----------------------+------------
        2025-03-31 | assessment authorised | A1     | ada   | outcomes=case_closed | last year's
        2025-04-01 | assessment authorised | A2     | ben   | outcomes=case_closed |
        2025-06-20 | assessment authorised | A3     | cat   | outcomes=early_help  |
    """,
        on="2025-06-30",
        expect={ASSESSMENT_RATE: (2, 10_000)},
    )


def test_assessments_may_end_with_the_case_closed(story: Story) -> None:
    """Of those signed off since April, the ones whose outcomes say that the case closes, whatever else they say."""
    story(
        """
        day        | event                 | record | child | fields
        -----------+-----------------------+--------+-------+----------------------------------
        2025-04-07 | assessment authorised | A1     | ada   | outcomes=case_closed
        2025-05-12 | assessment authorised | A2     | ben   | outcomes=signposted,case_closed
        2025-06-20 | assessment authorised | A3     | cat   | outcomes=child_in_need_plan
    """,
        on="2025-06-30",
        expect={ASSESSMENTS_CASE_CLOSED: (2, 3)},
    )


def test_a_closed_case_may_have_been_offered_support(story: Story) -> None:
    """Of the cases closed after assessment, those also given early help, advice, a signpost or a step down."""
    story(
        """
        day        | event                 | record | child | fields                               | note
        -----------+-----------------------+--------+-------+--------------------------------------+------------
        2025-04-07 | assessment authorised | A1     | ada   | outcomes=case_closed                 |
        2025-05-12 | assessment authorised | A2     | ben   | outcomes=case_closed,early_help      |
        2025-06-20 | assessment authorised | A3     | cat   | outcomes=advice                      | not closed
        2025-06-20 | assessment authorised | A4     | dan   | outcomes=section_47,case_closed      | no support
    """,
        on="2025-06-30",
        expect={ASSESSMENTS_CLOSED_WITH_SUPPORT: (1, 3)},
    )


# --- 45 working days ----------------------------------------------------------------------------------------------


def test_day_45_is_in_time(story: Story) -> None:
    """The last lawful day counts as in time, to its last microsecond."""
    story(
        """
        day                              | event                 | record | fields               | note
        ---------------------------------+-----------------------+--------+----------------------+-------
        2025-03-03                       | assessment started    | A1     |                      |
        2025-05-08                       | assessment authorised | A1     | outcomes=case_closed | day 45
        2025-03-03T23:59:59.999999+00:00 | assessment started    | A2     |                      |
        2025-05-08T23:59:59.999999+01:00 | assessment authorised | A2     | outcomes=case_closed | day 45
    """,
        on="2025-05-09",
        expect={ASSESSMENT_TIMELINESS: (2, 2), ASSESSMENTS_OVERDUE: 0},
    )


def test_day_46_is_late(story: Story) -> None:
    """Authorised on the day after the last lawful one, or at its first moment: counted, and not in time."""
    story(
        """
        day                       | event                 | record | fields               | note
        --------------------------+-----------------------+--------+----------------------+-------
        2025-03-03                | assessment started    | A1     |                      |
        2025-05-09                | assessment authorised | A1     | outcomes=case_closed | day 46
        2025-03-03                | assessment started    | A2     |                      |
        2025-05-09T00:00:00+01:00 | assessment authorised | A2     | outcomes=case_closed | day 46
    """,
        on="2025-05-09",
        expect={ASSESSMENT_TIMELINESS: (0, 2), ASSESSMENTS_OVERDUE: 0},
    )


def test_a_breach_appears_at_midnight_and_not_a_microsecond_before(story: Story) -> None:
    """Nothing is told after the start; at 00:00 after day 45, British Summer Time, the assessment is overdue."""
    for on, overdue in (
        ("2025-05-08", 0),
        ("2025-05-08T23:59:59.999999+01:00", 0),
        ("2025-05-09T00:00:00+01:00", 1),
        ("2025-05-08T23:00:00+00:00", 1),
        ("2025-05-09", 1),
        ("2050-01-01", 1),
    ):
        story(STARTED, on=on, expect={ASSESSMENTS_OVERDUE: overdue, ASSESSMENTS_OPEN: 1})


@pytest.mark.parametrize(
    ("start", "last_day", "day_after"),
    [
        ("2025-03-07", "2025-05-14", "2025-05-15"),  # a Friday, and
        ("2025-03-08", "2025-05-14", "2025-05-15"),  # the weekend after it
        ("2025-03-09", "2025-05-14", "2025-05-15"),
        ("2025-04-17", "2025-06-25", "2025-06-26"),  # Maundy Thursday, and
        ("2025-04-18", "2025-06-25", "2025-06-26"),  # Good Friday
        ("2025-04-21", "2025-06-25", "2025-06-26"),  # Easter Monday
        ("2024-12-24", "2025-02-28", "2025-03-01"),  # Christmas Eve, and
        ("2024-12-25", "2025-02-28", "2025-03-01"),  # the holidays after it
        ("2024-12-26", "2025-02-28", "2025-03-01"),
    ],
)
def test_a_start_on_a_day_off_behaves_as_the_working_day_before(
    story: Story, start: str, last_day: str, day_after: str
) -> None:
    """Weekend, Easter, Christmas: day 0 is the day it began, and day 1 the next working day."""
    table = f"""
        day        | event              | record
        -----------+--------------------+-------
        {start} | assessment started | A1
    """
    story(table, on=last_day, expect={ASSESSMENTS_OVERDUE: 0})
    story(table, on=day_after, expect={ASSESSMENTS_OVERDUE: 1})


def test_an_authority_may_roll_a_start_forward() -> None:
    """Begun on a Saturday: counted from the Monday, and so a day later; begun on a working day, nothing changes."""
    rolling = Story(RulesByAuthority(default=Rules(calendar(), Parameters(roll_start_forward=True))))
    saturday = """
        day        | event              | record
        -----------+--------------------+-------
        2025-03-08 | assessment started | A1
    """
    rolling(saturday, on="2025-05-15", expect={ASSESSMENTS_OVERDUE: 0})
    rolling(saturday, on="2025-05-16", expect={ASSESSMENTS_OVERDUE: 1})
    rolling(STARTED, on="2025-05-08", expect={ASSESSMENTS_OVERDUE: 0})
    rolling(STARTED, on="2025-05-09", expect={ASSESSMENTS_OVERDUE: 1})


def test_deadlines_over_the_nights_on_which_the_clocks_change(story: Story) -> None:
    """Day 45 is a day, of 23 hours or of 25: the breach is at its local midnight, one offset before and one after."""
    spring = """
        day                       | event              | record | note
        --------------------------+--------------------+--------+-----------------------------------------------
        2025-01-24T00:30:00+00:00 | assessment started | A1     | day 45 is Friday 28 March, two days before BST
        2025-01-27T00:30:00+00:00 | assessment started | A2     | and of this, Monday 31 March, the day after it
    """
    for on, overdue in (
        ("2025-03-28T23:59:59.999999+00:00", 0),
        ("2025-03-29T00:00:00+00:00", 1),
        ("2025-03-31T23:59:59.999999+01:00", 1),
        ("2025-04-01T00:00:00+01:00", 2),
    ):
        story(spring, on=on, expect={ASSESSMENTS_OVERDUE: overdue})
    autumn = """
        day                       | event              | record | note
        --------------------------+--------------------+--------+-------------------------------------------------
        2025-08-21T23:30:00+01:00 | assessment started | A1     | day 45 is Friday 24 October, two days before GMT
        2025-08-22T23:30:00+01:00 | assessment started | A2     | and of this, Monday 27 October, the day after it
    """
    for on, overdue in (
        ("2025-10-24T23:59:59.999999+01:00", 0),
        ("2025-10-25T00:00:00+01:00", 1),
        ("2025-10-27T23:59:59.999999+00:00", 1),
        ("2025-10-28T00:00:00+00:00", 2),
    ):
        story(autumn, on=on, expect={ASSESSMENTS_OVERDUE: overdue})


def test_a_cancelled_assessment_is_open_until_its_date_and_never_overdue_after(story: Story) -> None:
    """Given up without a sign-off: out of the open and of the overdue from that date, and in no percentage."""
    table = """
        day        | event                | record | note
        -----------+----------------------+--------+-------------------
        2025-03-03 | assessment started   | A1     |
        2025-05-12 | assessment cancelled | A1     | already in breach
        2025-03-03 | assessment started   | A2     |
        2025-05-08 | assessment cancelled | A2     | on day 45
    """
    story(table, on="2025-05-07", expect={ASSESSMENTS_OPEN: 2, ASSESSMENTS_OVERDUE: 0})
    story(table, on="2025-05-08", expect={ASSESSMENTS_OPEN: 1, ASSESSMENTS_OVERDUE: 0})
    story(table, on="2025-05-11", expect={ASSESSMENTS_OPEN: 1, ASSESSMENTS_OVERDUE: 1})
    story(table, on="2025-05-12", expect={ASSESSMENTS_OPEN: 0, ASSESSMENTS_OVERDUE: 0, ASSESSMENT_TIMELINESS: (0, 0)})


def test_authorised_stands_over_cancelled(story: Story) -> None:
    """Cancelled by mistake and authorised after all: the sign-off is what stopped the clock, in the open until then."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+---------------------
        2025-03-03 | assessment started    | A1     |
        2025-04-01 | assessment cancelled  | A1     |
        2025-05-09 | assessment authorised | A1     | outcomes=early_help
    """
    story(table, on="2025-04-01", expect={ASSESSMENTS_OPEN: 1})
    story(table, on="2025-05-09", expect={ASSESSMENTS_OPEN: 0, ASSESSMENT_TIMELINESS: (0, 1)})


def test_a_sign_off_without_a_start_waits_for_it(story: Story) -> None:
    """Authorised, and when it began is not known: in no figure, and in all of them as soon as the start arrives."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+---------------------
        2025-05-08 | assessment authorised | A1     | outcomes=early_help
    """
    story(table, on="2025-05-31", expect={ASSESSMENT_TIMELINESS: (0, 0), ASSESSMENTS_OPEN: 0})
    arrived = table + "        2025-03-03 | assessment started    | A1     | recorded_at=2025-06-20T09:00:00Z"
    story(arrived, on="2025-05-31", expect={ASSESSMENT_TIMELINESS: (1, 1), ASSESSMENTS_OPEN: 0})
    story(arrived, on="2025-04-30", expect={ASSESSMENTS_OPEN: 1})


def test_a_corrected_sign_off_moves_between_windows(story: Story) -> None:
    """Written down as 5 June, and it was 30 May: out of June, into May; and June's figure as printed can be had."""
    table = """
        day        | event                 | record | fields                                         | note
        -----------+-----------------------+--------+------------------------------------------------+----------
        2025-03-27 | assessment started    | A1     |                                                |
        2025-06-05 | assessment authorised | A1     | outcomes=care recorded_at=2025-06-05T10:00:00Z | day 46
        2025-05-30 | assessment authorised | A1     | outcomes=care recorded_at=2025-07-03T10:00:00Z | corrected
    """
    june, may = "2025-06-30", "2025-05-31"
    story(table, on=june, window="month", expect={ASSESSMENT_TIMELINESS: (0, 0)})
    story(table, on=may, window="month", expect={ASSESSMENT_TIMELINESS: (1, 1)})
    printed = "2025-07-02"
    story(table, on=june, window="month", known_at=printed, expect={ASSESSMENT_TIMELINESS: (0, 1)})
    story(table, on=may, window="month", known_at=printed, expect={ASSESSMENT_TIMELINESS: (0, 0)})


def test_what_is_retracted_never_was_and_may_be_told_again(story: Story) -> None:
    """Entered in error: gone from every day, past ones too. Told anew, and newer, it is back."""
    retracted = """
        day        | event              | record | fields         | note
        -----------+--------------------+--------+----------------+---------------------
        2025-03-03 | assessment started | A1     |                |
        2025-03-03 | assessment started | A1     | retracted=true | the envelope is enough
    """
    revived = retracted + "        2025-03-04 | assessment started | A1     | team=North     | a day later"
    for on, opened in (("2025-03-03", 0), ("2025-03-04", 1)):
        story(retracted, on=on, expect={ASSESSMENTS_OPEN: 0})
        story(revived, on=on, expect={ASSESSMENTS_OPEN: opened})
    story(revived, on="2025-05-09", team="North", expect={ASSESSMENTS_OVERDUE: 0})
    story(revived, on="2025-05-10", team="North", expect={ASSESSMENTS_OVERDUE: 1})


def test_an_assessment_belongs_to_the_team_that_signed_it_off(story: Story) -> None:
    """Open, it is North's, who began it; in the percentage it is South's, who authorised it."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+---------------------------
        2025-03-03 | assessment started    | A1     | team=North
        2025-05-09 | assessment authorised | A1     | team=South outcomes=advice
    """
    story(table, on="2025-05-08", by="team", expect={ASSESSMENTS_OPEN: {"North": 1}})
    story(table, on="2025-05-09", by="team", expect={ASSESSMENTS_OPEN: {}, ASSESSMENT_TIMELINESS: {"South": (0, 1)}})


def test_each_outcome_of_a_list_counts_once(story: Story) -> None:
    """Three outcomes, one of them twice: one assessment under each, and one in the whole; none told is `unknown`."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+----------------------------------
        2025-03-03 | assessment started    | A1     |
        2025-03-10 | assessment authorised | A1     | outcomes=care,advice,care,advice
        2025-03-03 | assessment started    | A2     |
        2025-05-09 | assessment authorised | A2     | outcomes=advice
        2025-03-03 | assessment started    | A3     |
        2025-03-10 | assessment authorised | A3     | outcomes=
    """
    year = {"care": (1, 1), "advice": (1, 2), "unknown": (1, 1)}
    story(table, on="2025-05-09", window="year", by="outcome", expect={ASSESSMENT_TIMELINESS: year})
    story(table, on="2025-05-09", window="year", by={"outcome": "advice"}, expect={ASSESSMENT_TIMELINESS: (1, 2)})
    story(table, on="2025-05-09", window="year", expect={ASSESSMENT_TIMELINESS: (2, 3)})


def test_the_year_to_date_ends_on_31_march(story: Story) -> None:
    """On 31 March twelve months of sign-offs count; on 1 April only that day's."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+----------------
        2025-03-24 | assessment started    | A1     |
        2025-03-31 | assessment authorised | A1     | outcomes=advice
        2025-03-24 | assessment started    | A2     |
        2025-04-01 | assessment authorised | A2     | outcomes=advice
        2024-03-25 | assessment started    | A3     |
        2024-04-01 | assessment authorised | A3     | outcomes=advice
        2024-03-25 | assessment started    | A4     |
        2024-03-31 | assessment authorised | A4     | outcomes=advice
    """
    story(table, on="2025-03-31", expect={ASSESSMENT_TIMELINESS: (2, 2)})
    story(table, on="2025-04-01", expect={ASSESSMENT_TIMELINESS: (1, 1)})
    story(table, on="2025-03-31T23:59:59.999999+01:00", expect={ASSESSMENT_TIMELINESS: (2, 2)})


def test_nothing_to_divide_by_is_no_ratio(story: Story) -> None:
    """Not 0 %, which would be a judgement on work that nobody did; what is open is shown beside."""
    (figure,) = story(STARTED, on="2025-05-09", expect={ASSESSMENT_TIMELINESS: (0, 0)})
    assert figure.value is None
    assert figure.status == "too_few"
    assert figure.beside == {"open": 1, "overdue": 1}


def test_what_lacks_its_start_or_its_referral_is_named_beside(story: Story) -> None:
    """Authorised, and in no clock: the share is of fewer than were signed off, and says of how many fewer."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+---------------------------------
        2025-06-02 | referral received     | R1     |
        2025-06-02 | assessment started    | A1     | referral=R1
        2025-06-10 | assessment authorised | A1     | outcomes=care
        2025-06-11 | assessment authorised | A2     | outcomes=care,section_47
        2025-06-12 | assessment started    | A3     | referral=R9
        2025-06-13 | assessment authorised | A3     | outcomes=advice
        2025-06-16 | assessment started    | A4     |
    """
    start, referral, settled = story(
        table,
        on="2025-06-30",
        expect={
            ASSESSMENT_TIMELINESS: (2, 2),
            ASSESSMENT_TIMELINESS_FROM_REFERRAL: (1, 1),
            ASSESSMENT_TIMELINESS_SETTLED: (2, 2),
        },
    )
    assert start.beside == {"open": 1, "overdue": 0, "incomplete": 1}
    assert referral.beside == {"unknown": 2}, "one without a start, one whose referral nobody told of"
    assert settled.beside == {"incomplete": 1}
    by_outcome = story(
        table, on="2025-06-30", by="outcome", expect={ASSESSMENT_TIMELINESS: {"care": (1, 1), "advice": (1, 1)}}
    )
    # What is open has no outcome yet; what lacks its start has.
    assert {f.by["outcome"]: f.beside for f in by_outcome} == {"care": {"incomplete": 1}, "advice": {}}


@pytest.mark.parametrize(
    ("in_time", "late", "status"),
    [
        (17, 3, "on_target"),  # 0.85, the target
        (16, 4, "near_target"),  # 0.80, five points short
        (15, 5, "below_target"),  # 0.75
        (9, 0, "too_few"),
        (10, 0, "on_target"),  # ten are enough to judge
        (0, 10, "below_target"),
    ],
)
def test_a_figure_is_judged_against_its_target(story: Story, in_time: int, late: int, status: str) -> None:
    """On target, near it, below it, or too few to say; the target is 85 %."""
    rows = [
        f"2025-03-03 | assessment started | A{n} |\n{day} | assessment authorised | A{n} | outcomes=advice"
        for n, day in enumerate(["2025-05-08"] * in_time + ["2025-05-09"] * late)
    ]
    table = "\n".join(["day | event | record | fields", "---", *rows])
    (figure,) = story(table, on="2025-05-31", expect={ASSESSMENT_TIMELINESS: (in_time, in_time + late)})
    assert (figure.status, figure.target) == (status, 0.85)


@pytest.mark.parametrize(
    ("target", "polarity", "value", "status"),
    [
        (0.9, "high_is_good", 0.85, "near_target"),
        (0.9, "high_is_good", 0.8499, "below_target"),
        (0.2, "low_is_good", 0.2, "on_target"),
        (0.2, "low_is_good", 0.25, "near_target"),
        (0.2, "low_is_good", 0.2501, "above_target"),
        (0.2, "neither", 0.9, "no_target"),
        (None, "low_is_good", 0.9, "no_target"),
    ],
)
def test_five_points_are_near_whatever_the_target(
    target: float | None, polarity: Polarity, value: float, status: str
) -> None:
    """At exactly five points it is near, also where the difference has no exact binary form; low may be good."""
    assert judge(replace(ASSESSMENT_TIMELINESS, polarity=polarity), value, 100, target) == status


def test_a_sign_off_dated_before_its_start_counts_nowhere(story: Story) -> None:
    """By day where either is a day, by the clock where both have one: a slip of the keyboard, until it is corrected."""
    table = """
        day                       | event                 | record | fields
        --------------------------+-----------------------+--------+----------------
        2025-03-03                | assessment started    | A1     |
        2025-03-02                | assessment authorised | A1     | outcomes=advice
        2025-03-03T10:00:00+00:00 | assessment started    | A2     |
        2025-03-03T09:59:59+00:00 | assessment authorised | A2     | outcomes=advice
        2025-03-03T10:00:00+00:00 | assessment started    | A3     |
        2025-03-03                | assessment authorised | A3     | outcomes=advice
    """
    story(table, on="2025-03-03", expect={ASSESSMENT_TIMELINESS: (1, 1), ASSESSMENTS_OPEN: 0})
    story(table, on="2025-05-31", expect={ASSESSMENTS_OPEN: 0, ASSESSMENTS_OVERDUE: 0})
    corrected = table + "2025-03-04 | assessment authorised | A1 | outcomes=advice"
    story(corrected, on="2025-03-04", expect={ASSESSMENT_TIMELINESS: (2, 2)})
    story(corrected, on="2025-03-03", expect={ASSESSMENTS_OPEN: 1})


def test_an_untrue_story_shows_its_table_and_its_figure(story: Story) -> None:
    """Whoever reads a failing story sees what was told and what was seen, without a debugger."""
    with pytest.raises(AssertionError) as failed:
        story(STARTED, on="2025-05-09", team="North", expect={ASSESSMENTS_OVERDUE: 7})
    for shown in ("assessments_overdue on 2025-05-09 team=North: 0, and not 7", STARTED.strip(), '"numerator": 0'):
        assert shown in str(failed.value)


# --- from the referral --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("referral", "names", "counted"),
    [
        ("2025-03-03 | referral received | R1 | ada |", "referral=R1", (0, 1)),
        ("2025-03-04 | referral received | R1 | ada |", "referral=R1", (1, 1)),  # 9 May is its day 45
        ("2025-03-20 | referral received | R1 | ada |", "referral=R1", (1, 1)),  # after the assessment began
        ("2025-05-09 | referral received | R1 | ada |", "referral=R1", (1, 1)),  # on the day of the sign-off
        ("2025-05-09T18:00:00+01:00 | referral received | R1 | ada |", "referral=R1", (1, 1)),
        ("2025-05-10 | referral received | R1 | ada |", "referral=R1", (0, 0)),  # after it
        ("2025-03-03 | referral received | R1 | ada |", "", (0, 0)),  # names none
        ("2025-03-03 | referral received | R2 | ada |", "referral=R1", (0, 0)),  # names another
        ("2025-03-03 | referral received | R1 | ben |", "referral=R1", (0, 0)),  # another child's
        ("2025-03-03 | referral received | R1 | ada | retracted=true", "referral=R1", (0, 0)),
    ],
)
def test_the_referral_is_the_one_that_the_start_names(
    story: Story, referral: str, names: str, counted: tuple[int, int]
) -> None:
    """Of the same child, dated on or before the sign-off; without one the assessment is left out of this measure."""
    table = f"""
        day        | event                 | record | child | fields
        -----------+-----------------------+--------+-------+----------------
        {referral}
        2025-03-10 | assessment started    | A1     | ada   | {names}
        2025-05-09 | assessment authorised | A1     | ada   | outcomes=advice
    """
    story(table, on="2025-06-30", expect={ASSESSMENT_TIMELINESS_FROM_REFERRAL: counted, ASSESSMENT_TIMELINESS: (1, 1)})


# --- settled ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "before", "after"),
    [
        ("2025-04-30 | assessment authorised | A1 | outcomes=advice", (1, 1), (1, 1)),
        ("2025-05-09 | assessment authorised | A1 | outcomes=advice", (0, 0), (0, 1)),  # late, and late for good
        ("2025-07-01 | assessment authorised | A1 | outcomes=advice", (0, 0), (0, 1)),
        ("2025-05-08 | assessment cancelled  | A1 |", (0, 0), (0, 0)),  # given up in time: nothing to settle
        ("2025-05-09 | assessment cancelled  | A1 |", (0, 0), (0, 1)),  # on the day that it was late: the breach stays
        ("2025-07-01 | assessment cancelled  | A1 |", (0, 0), (0, 1)),
        ("", (0, 0), (0, 1)),
    ],
)
def test_a_breach_is_settled_once_and_stays(
    story: Story, end: str, before: tuple[int, int], after: tuple[int, int]
) -> None:
    """Before day 45 has passed and after: whatever happens to a late assessment, it was late."""
    table = f"""
        day        | event                 | record | fields
        -----------+-----------------------+--------+-------
        2025-03-03 | assessment started    | A1     |
        {end}
    """
    story(table, on="2025-05-08", expect={ASSESSMENT_TIMELINESS_SETTLED: before})
    story(table, on="2025-05-09T00:00:00+01:00", expect={ASSESSMENT_TIMELINESS_SETTLED: after})
    story(table, on="2025-12-31", expect={ASSESSMENT_TIMELINESS_SETTLED: after})


def test_cancelled_by_mistake_and_authorised_late_is_late(story: Story) -> None:
    """The sign-off stands over the cancellation at every moment: so it ran on, and was overdue when day 45 passed."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+----------------
        2025-03-03 | assessment started    | A1     |
        2025-04-01 | assessment cancelled  | A1     |
        2025-06-02 | assessment authorised | A1     | outcomes=advice
    """
    story(table, on="2025-05-09", expect={ASSESSMENT_TIMELINESS_SETTLED: (0, 1), ASSESSMENTS_OVERDUE: 1})
    story(table, on="2025-06-02", expect={ASSESSMENT_TIMELINESS_SETTLED: (0, 1), ASSESSMENTS_OVERDUE: 0})


def test_a_breach_belongs_to_the_year_in_which_it_became_one(story: Story) -> None:
    """Day 45 on 31 March: in time it is last year's, and late it is the new year's, on its very first day."""
    table = """
        day        | event                 | record | child | fields          | note
        -----------+-----------------------+--------+-------+-----------------+--------------------
        2025-01-27 | assessment started    | A1     | ada   |                 | day 45 is 31 March
        2025-03-31 | assessment authorised | A1     | ada   | outcomes=advice |
        2025-01-27 | assessment started    | A2     | ben   |                 |
        2025-04-07 | assessment authorised | A2     | ben   | outcomes=advice |
    """
    story(table, on="2025-03-31", expect={ASSESSMENT_TIMELINESS_SETTLED: (1, 1)})
    story(table, on="2025-04-01", expect={ASSESSMENT_TIMELINESS_SETTLED: (0, 1), ASSESSMENT_TIMELINESS: (0, 0)})
    story(table, on="2025-04-07", expect={ASSESSMENT_TIMELINESS_SETTLED: (0, 1), ASSESSMENT_TIMELINESS: (0, 1)})


# --- due ----------------------------------------------------------------------------------------------------------


def test_an_assessment_is_due_from_the_fifth_working_day_before_until_its_day_is_over(story: Story) -> None:
    """Due from the first moment of the fifth working day before day 45 to the last of day 45; then it is overdue."""
    table = """
        day        | event              | record | note
        -----------+--------------------+--------+--------------------------
        2025-03-11 | assessment started | A1     | day 45 is Friday 16 May
    """
    for on, due, overdue in (
        ("2025-05-08T23:59:59.999999+01:00", 0, 0),
        ("2025-05-09T00:00:00+01:00", 1, 0),  # the Friday before
        ("2025-05-10", 1, 0),
        ("2025-05-16T23:59:59.999999+01:00", 1, 0),
        ("2025-05-17T00:00:00+01:00", 0, 1),
    ):
        story(table, on=on, expect={ASSESSMENTS_DUE: due, ASSESSMENTS_OVERDUE: overdue})
    done = table + "2025-05-12 | assessment cancelled | A1 |"
    story(done, on="2025-05-11", expect={ASSESSMENTS_DUE: 1})
    story(done, on="2025-05-12", expect={ASSESSMENTS_DUE: 0})


def test_an_authority_may_look_further_ahead() -> None:
    """Ten working days ahead, over Easter Monday and the early May holiday."""
    story = setting(parameters=Parameters(assessments_due_within=10))
    story(STARTED, on="2025-04-22", expect={ASSESSMENTS_DUE: 0})
    story(STARTED, on="2025-04-23", by="due_on", expect={ASSESSMENTS_DUE: {"2025-05-08": 1}})


def test_an_authority_that_closes_on_a_day_has_the_day_after_for_it() -> None:
    """A day on which the whole authority is closed is no working day: day 45 is a day later."""
    story = setting(calendar(frozenset({date(2025, 3, 14)})))
    story(STARTED, on="2025-05-09", expect={ASSESSMENTS_OVERDUE: 0, ASSESSMENTS_DUE: 1})
    story(STARTED, on="2025-05-10", expect={ASSESSMENTS_OVERDUE: 1})


# --- targets and outcomes -----------------------------------------------------------------------------------------


def test_an_authority_may_set_its_own_target() -> None:
    """Nine of ten, against 95 %: near the target; against the 85 % that is usual it would be on it."""
    rows = [
        f"2025-03-03 | assessment started | A{n} |\n{day} | assessment authorised | A{n} | outcomes=advice"
        for n, day in enumerate(["2025-05-08"] * 9 + ["2025-05-09"])
    ]
    table = "\n".join(["day | event | record | fields", "---", *rows])
    for story, target, status in (
        (setting(), 0.85, "on_target"),
        (setting(targets={"assessment_timeliness": 0.95}), 0.95, "near_target"),
        (setting(targets={"assessment_timeliness": 0.96}), 0.96, "below_target"),
    ):
        (figure,) = story(table, on="2025-05-31", expect={ASSESSMENT_TIMELINESS: (9, 10)})
        assert (figure.target, figure.status) == (target, status)


@pytest.mark.parametrize("support", ["early_help", "advice", "signposted", "step_down"])
def test_each_kind_of_support_counts_and_counts_once(story: Story, support: str) -> None:
    """Any of the four, beside the closing of the case; several of them are still one case."""
    table = f"""
        day        | event                 | record | fields
        -----------+-----------------------+--------+------------------------------------------
        2025-04-07 | assessment authorised | A1     | outcomes={support},case_closed
        2025-04-07 | assessment authorised | A2     | outcomes=advice,case_closed,{support}
        2025-04-07 | assessment authorised | A3     | outcomes=case_closed,care,child_in_need_plan
        2025-04-07 | assessment authorised | A4     | outcomes={support}
    """
    story(table, on="2025-04-07", expect={ASSESSMENTS_CLOSED_WITH_SUPPORT: (2, 3), ASSESSMENTS_CASE_CLOSED: (3, 4)})


def test_cases_closed_divide_by_who_referred(story: Story) -> None:
    """By the source of the referral that the assessment's start names; where none is known, `unknown`."""
    table = """
        day        | event                 | record | child | fields
        -----------+-----------------------+--------+-------+---------------------
        2025-03-03 | referral received     | R1     | ada   | referral_source=1A
        2025-03-10 | assessment started    | A1     | ada   | referral=R1
        2025-04-07 | assessment authorised | A1     | ada   | outcomes=case_closed
        2025-03-10 | assessment started    | A2     | ada   | referral=R1
        2025-04-07 | assessment authorised | A2     | ada   | outcomes=care
        2025-03-10 | assessment started    | A3     | ben   | referral=R1
        2025-04-07 | assessment authorised | A3     | ben   | outcomes=case_closed
        2025-04-07 | assessment authorised | A4     | cat   | outcomes=case_closed
    """
    story(
        table,
        on="2025-04-07",
        by="referral_source",
        expect={
            ASSESSMENTS_CASE_CLOSED: {"1A": (1, 2), "unknown": (2, 2)},
        },
    )
    arrived = table + "2025-03-04 | referral received | R1 | ben | referral_source=2B"
    story(
        arrived,
        on="2025-04-07",
        by="referral_source",
        expect={
            ASSESSMENTS_CASE_CLOSED: {"1A": (1, 2), "2B": (1, 1), "unknown": (1, 1)},
        },
    )


def test_a_sign_off_counts_on_its_own_day_with_or_without_a_start(story: Story) -> None:
    """Authorised in June, its start unknown or after it: signed off all the same, and in no percentage of time."""
    story(
        """
        day        | event                 | record | child | fields
        -----------+-----------------------+--------+-------+----------------
        2025-06-02 | assessment authorised | A1     | ada   | outcomes=advice
        2025-06-03 | assessment started    | A2     | ben   |
        2025-06-02 | assessment authorised | A2     | ben   | outcomes=
    """,
        on="2025-06-30",
        by="outcome",
        expect={
            ASSESSMENTS_AUTHORISED: {"advice": 1, "unknown": 1},
            ASSESSMENT_TIMELINESS: {},
        },
    )
