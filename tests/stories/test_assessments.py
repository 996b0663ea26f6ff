"""Stories of single assessments: 45 working days, and everything that may happen to the paper meanwhile."""

from dataclasses import replace

import pytest

from metrics.catalogue.assessments import ASSESSMENT_TIMELINESS, ASSESSMENTS_OPEN, ASSESSMENTS_OVERDUE
from metrics.figures import judge
from metrics.measure import Polarity
from metrics.shapes import Rules
from metrics.working_days import calendar
from tests.story import Story

# From Monday 3 March 2025, over Easter (18 and 21 April) and the early May holiday (5 May), day 45 is Thursday 8 May.
STARTED = """
    day        | event              | record
    -----------+--------------------+-------
    2025-03-03 | assessment started | A1
"""


def test_day_45_is_in_time(story: Story) -> None:
    """The last lawful day counts as in time, to its last microsecond."""
    story("""
        day                              | event                 | record | fields               | note
        ---------------------------------+-----------------------+--------+----------------------+-------
        2025-03-03                       | assessment started    | A1     |                      |
        2025-05-08                       | assessment authorised | A1     | outcomes=case_closed | day 45
        2025-03-03T23:59:59.999999+00:00 | assessment started    | A2     |                      |
        2025-05-08T23:59:59.999999+01:00 | assessment authorised | A2     | outcomes=case_closed | day 45
    """, on="2025-05-09", expect={ASSESSMENT_TIMELINESS: (2, 2), ASSESSMENTS_OVERDUE: 0})  # fmt: skip


def test_day_46_is_late(story: Story) -> None:
    """Authorised on the day after the last lawful one, or at its first moment: counted, and not in time."""
    story("""
        day                       | event                 | record | fields               | note
        --------------------------+-----------------------+--------+----------------------+-------
        2025-03-03                | assessment started    | A1     |                      |
        2025-05-09                | assessment authorised | A1     | outcomes=case_closed | day 46
        2025-03-03                | assessment started    | A2     |                      |
        2025-05-09T00:00:00+01:00 | assessment authorised | A2     | outcomes=case_closed | day 46
    """, on="2025-05-09", expect={ASSESSMENT_TIMELINESS: (0, 2), ASSESSMENTS_OVERDUE: 0})  # fmt: skip


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
    rolling = Story(Rules(calendar(), roll_start_forward=True))
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
    assert judge(replace(ASSESSMENT_TIMELINESS, target=target, polarity=polarity), value, 100) == status


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
