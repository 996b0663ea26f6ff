"""Stories of enquiries: which day and hour they belong to, what is thought of them, what is decided."""

from datetime import date, time

import pytest

from events.office_hours import Hours
from events.working_days import calendar
from metrics.catalogue.front_door import (
    ENQUIRIES_AWAITING_DECISION,
    ENQUIRIES_DUE,
    ENQUIRIES_OVERDUE,
    ENQUIRIES_RECEIVED,
    ENQUIRIES_TO_ASSESSMENT,
    ENQUIRY_DECISION_TIMELINESS,
    INCIDENTS_RECEIVED,
    LONGEST_WAIT,
)
from metrics.rules.rules import Parameters
from tests.story import Expected, Story, setting

# --- each measure, in a few rows ----------------------------------------------------------------------------------


def test_the_enquiries_of_the_month_count_once_for_each_child(story: Story) -> None:
    """Everything that the front door took in this month up to the day: of one enquiry about two children, two."""
    story(
        """
        day        | event            | record | child | note
        -----------+------------------+--------+-------+---------------------
        2025-05-30 | enquiry received | E1     | ada   | last month's
        2025-06-02 | enquiry received | E2     | ada   |
        2025-06-02 | enquiry received | E2     | ben   | her brother, the same
        2025-06-20 | enquiry received | E3     | ada   | and another
    """,
        on="2025-06-30",
        expect={ENQUIRIES_RECEIVED: 3},
    )


def test_enquiries_pass_on_to_assessment_by_the_month_they_came_in(story: Story) -> None:
    """Of those received in June, those whose latest decision sends them to assessment, also where it came in July."""
    (figure,) = story(
        """
        day        | event            | record | child | fields                             | note
        -----------+------------------+--------+-------+------------------------------------+-------------
        2025-06-02 | enquiry received | E1     | ada   |                                    |
        2025-06-03 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=early_help     | goes elsewhere
        2025-06-30 | enquiry received | E2     | ben   |                                    |
        2025-07-02 | enquiry decided  | D2     | ben   | enquiry=E2 outcomes=assessment     | counts in June
        2025-06-30 | enquiry received | E3     | cat   |                                    | undecided still
    """,
        on="2025-06-30",
        expect={ENQUIRIES_TO_ASSESSMENT: (1, 3)},
    )
    assert figure.beside == {"undecided": 1}


def test_enquiries_await_their_first_decision(story: Story) -> None:
    """Received and nothing decided yet: Ada's and Cat's; Ben's was decided at three."""
    story(
        """
        day                       | event            | record | child | fields
        --------------------------+------------------+--------+-------+-------------------------------
        2025-06-02T09:10:00+01:00 | enquiry received | E1     | ada   |
        2025-06-02T09:30:00+01:00 | enquiry received | E2     | ben   |
        2025-06-02T15:00:00+01:00 | enquiry decided  | D2     | ben   | enquiry=E2 outcomes=assessment
        2025-06-02T16:00:00+01:00 | enquiry received | E3     | cat   |
    """,
        on="2025-06-02T16:30:00+01:00",
        expect={ENQUIRIES_AWAITING_DECISION: 2},
    )


def test_the_longest_wait_counts_office_hours(story: Story) -> None:
    """In since Friday 15:00, an hour before the office closes, and it is Monday 10:30: two and a half hours."""
    story(
        """
        day                       | event            | record | child | fields                     | note
        --------------------------+------------------+--------+-------+----------------------------+---------------
        2025-06-05T11:00:00+01:00 | enquiry received | E1     | ada   |                            |
        2025-06-06T12:00:00+01:00 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=advice | waits no longer
        2025-06-06T15:00:00+01:00 | enquiry received | E2     | ben   |                            | a Friday
        2025-06-09T09:15:00+01:00 | enquiry received | E3     | cat   |                            |
    """,
        on="2025-06-09T10:30:00+01:00",
        expect={LONGEST_WAIT: 2.5},
    )


def test_enquiries_are_to_be_decided_by_the_end_of_the_next_working_day(story: Story) -> None:
    """In on Friday at 16:30: decided on Monday is in time, on Tuesday late; what is open on Tuesday is late already."""
    story(
        """
        day                       | event            | record | child | fields
        --------------------------+------------------+--------+-------+-------------------------------
        2025-06-06T16:30:00+01:00 | enquiry received | E1     | ada   |
        2025-06-09T18:00:00+01:00 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=assessment
        2025-06-06T16:30:00+01:00 | enquiry received | E2     | ben   |
        2025-06-10T09:00:00+01:00 | enquiry decided  | D2     | ben   | enquiry=E2 outcomes=early_help
        2025-06-06T16:30:00+01:00 | enquiry received | E3     | cat   |
    """,
        on="2025-06-10",
        expect={ENQUIRY_DECISION_TIMELINESS: (1, 3)},
    )


def test_enquiries_are_due_by_day(story: Story) -> None:
    """On Monday, what came in on Friday is due today and what came in today tomorrow; the overdue are not due."""
    story(
        """
        day                       | event            | record | child | note
        --------------------------+------------------+--------+-------+--------------
        2025-06-05T10:00:00+01:00 | enquiry received | E1     | ada   | was due on Friday
        2025-06-06T10:00:00+01:00 | enquiry received | E2     | ben   |
        2025-06-07T10:00:00+01:00 | enquiry received | E3     | cat   | a Saturday
        2025-06-09T10:00:00+01:00 | enquiry received | E4     | dan   |
    """,
        on="2025-06-09",
        by="due_on",
        expect={ENQUIRIES_DUE: {"2025-06-09": 2, "2025-06-10": 1}},
    )


def test_enquiries_are_overdue_from_the_midnight_after_they_were_due(story: Story) -> None:
    """Nobody decided, and nothing was told since: at 00:00 of the second working day after receipt it is overdue."""
    story(
        """
        day                       | event            | record | child | note
        --------------------------+------------------+--------+-------+------------------
        2025-06-05T10:00:00+01:00 | enquiry received | E1     | ada   | was due on Friday
        2025-06-06T10:00:00+01:00 | enquiry received | E2     | ben   | due today
    """,
        on="2025-06-09",
        expect={ENQUIRIES_OVERDUE: 1, ENQUIRIES_AWAITING_DECISION: 2},
    )


def test_three_siblings_of_one_report_are_one_incident(story: Story) -> None:
    """A police report on three children is three enquiries and one incident; an enquiry that names none is its own."""
    story(
        """
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+------------
        2025-06-02 | enquiry received | E1     | ada   | incident=I1
        2025-06-02 | enquiry received | E2     | ben   | incident=I1
        2025-06-03 | enquiry received | E3     | cat   | incident=I1
        2025-06-03 | enquiry received | E4     | dan   |
        2025-06-04 | enquiry received | E5     | dan   |
    """,
        on="2025-06-30",
        expect={INCIDENTS_RECEIVED: 3, ENQUIRIES_RECEIVED: 5},
    )


# --- which day and hour, and what is thought and decided ----------------------------------------------------------


def test_a_month_begins_and_ends_at_local_midnight(story: Story) -> None:
    """In British Summer Time the month's first hour is still the month before in UTC; the figure goes by London."""
    table = """
        day                              | event            | record | note
        ---------------------------------+------------------+--------+--------------------------------
        2025-05-31T22:59:59.999999+00:00 | enquiry received | E1     | May, by a microsecond
        2025-05-31T23:00:00+00:00        | enquiry received | E2     | 1 June, 00:00 in London
        2025-06-30T23:59:59.999999+01:00 | enquiry received | E3     | June, by a microsecond
        2025-07-01T00:00:00+01:00        | enquiry received | E4     | July, and still June in UTC
        2025-06-01                       | enquiry received | E5     | a day: counts from its 00:00
    """
    story(table, on="2025-05-31", expect={ENQUIRIES_RECEIVED: 1})
    story(table, on="2025-06-30", expect={ENQUIRIES_RECEIVED: 3})
    story(table, on="2025-06-30T23:59:59.999998+01:00", expect={ENQUIRIES_RECEIVED: 2})
    story(table, on="2025-07-01", expect={ENQUIRIES_RECEIVED: 1})
    story(table, on="2025-07-01", window="day", expect={ENQUIRIES_RECEIVED: 1})
    story(table, on="2025-07-01", window="last_31_days", expect={ENQUIRIES_RECEIVED: 4})


def test_the_nights_on_which_the_clocks_change_are_one_day_each(story: Story) -> None:
    """01:30 comes twice in October and both are counted under `01`; in March `01` is never; no day gains or loses."""
    october = """
        day                              | event            | record | note
        ---------------------------------+------------------+--------+-----------------------
        2025-10-26T00:00:00+01:00        | enquiry received | E1     | the day's first moment
        2025-10-26T01:30:00+01:00        | enquiry received | E2     | summer time
        2025-10-26T01:30:00+00:00        | enquiry received | E3     | an hour later
        2025-10-26T23:59:59.999999+00:00 | enquiry received | E4     | its last, 25 hours on
        2025-10-27T00:00:00+00:00        | enquiry received | E5     | the next day
    """
    hours = {"00": 1, "01": 2, "23": 1}
    story(october, on="2025-10-26", window="day", by="hour", expect={ENQUIRIES_RECEIVED: hours})
    story(october, on="2025-10-26T01:59:59+01:00", window="day", expect={ENQUIRIES_RECEIVED: 2})
    story(october, on="2025-10-26T01:30:00+00:00", window="day", expect={ENQUIRIES_RECEIVED: 3})
    march = """
        day                              | event            | record | note
        ---------------------------------+------------------+--------+----------------------
        2026-03-29T00:59:59.999999+00:00 | enquiry received | E1     |
        2026-03-29T01:00:00+00:00        | enquiry received | E2     | 02:00 summer time
        2026-03-29T23:59:59.999999+01:00 | enquiry received | E3     | 23 hours after 00:00
        2026-03-29T23:00:00+00:00        | enquiry received | E4     | the next day
    """
    hours = {"00": 1, "02": 1, "23": 1}
    story(march, on="2026-03-29", window="day", by="hour", expect={ENQUIRIES_RECEIVED: hours})
    story(march, on="2026-03-30", window="day", by="hour", expect={ENQUIRIES_RECEIVED: {"00": 1}})


def test_a_dated_enquiry_has_no_hour(story: Story) -> None:
    """Told by its day alone it counts all that day, and under hour `unknown`: midnight would be made up."""
    table = """
        day                       | event            | record | fields
        --------------------------+------------------+--------+----------
        2025-06-03                | enquiry received | E1     | team=MASH
        2025-06-03T09:15:00+01:00 | enquiry received | E2     | team=MASH
    """
    story(table, on="2025-06-03", by="hour", expect={ENQUIRIES_RECEIVED: {"09": 1, "unknown": 1}})
    story(table, on="2025-06-03T00:00:00+01:00", by="hour", expect={ENQUIRIES_RECEIVED: {"unknown": 1}})


def test_undecided_until_decided_and_under_the_latest_decision_after(story: Story) -> None:
    """Whenever it was decided: the enquiry of May stands under the decision of June, in May's figure too."""
    enquiry = """
        day        | event            | record | fields
        -----------+------------------+--------+-----------------------
        2025-05-30 | enquiry received | E1     |
    """
    decided = enquiry + "2025-06-02 | enquiry decided | D1 | enquiry=E1 outcomes=early_help,advice\n"
    again = decided + "2025-06-09 | enquiry decided | D2 | enquiry=E1 outcomes=assessment\n"
    may = "2025-05-31"
    story(enquiry, on=may, by="outcome", expect={ENQUIRIES_RECEIVED: {"undecided": 1}})
    story(decided, on=may, by="outcome", expect={ENQUIRIES_RECEIVED: {"early_help": 1, "advice": 1}})
    story(again, on=may, by="outcome", expect={ENQUIRIES_RECEIVED: {"assessment": 1}})
    story(
        again,
        on=may,
        by="outcome",
        known_at="2025-06-08",
        expect={
            ENQUIRIES_RECEIVED: {"early_help": 1, "advice": 1},
        },
    )
    story(again, on=may, expect={ENQUIRIES_RECEIVED: 1})


def test_a_decision_about_another_child_or_enquiry_decides_nothing(story: Story) -> None:
    """A decision belongs to the enquiry it names, of its own child; a grade does too."""
    story(
        """
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+-------------------------------
        2025-06-02 | enquiry received | E1     | ada   | rag=amber
        2025-06-02 | enquiry decided  | D1     | ben   | enquiry=E1 outcomes=assessment
        2025-06-02 | enquiry decided  | D2     | ada   | enquiry=E2 outcomes=assessment
        2025-06-02 | enquiry graded   | G1     | ben   | enquiry=E1 rag=red
        2025-06-02 | enquiry graded   | G2     | ada   | enquiry=E2 rag=red
    """,
        on="2025-06-02",
        by={"outcome": "undecided", "rag": "amber"},
        expect={ENQUIRIES_RECEIVED: 1},
    )


def test_the_newest_grade_stands(story: Story) -> None:
    """Upgraded in the afternoon: red, and no longer green; of two grades at one moment, the greater record."""
    table = """
        day                       | event            | record | fields
        --------------------------+------------------+--------+----------------------
        2025-06-02T09:00:00+01:00 | enquiry received | E1     | rag=green
        2025-06-02T15:00:00+01:00 | enquiry graded   | G9     | enquiry=E1 rag=red
        2025-06-02T15:00:00+01:00 | enquiry graded   | G10    | enquiry=E1 rag=amber
        2025-06-02T11:00:00+01:00 | enquiry graded   | G99    | enquiry=E1 rag=amber
    """
    story(table, on="2025-06-02", by="rag", expect={ENQUIRIES_RECEIVED: {"red": 1}})


def test_one_record_under_two_names_of_one_child_counts_once(story: Story) -> None:
    """Told of two pseudonyms that turn out to be one child: the newer telling is the enquiry, in its own team."""
    table = """
        day        | event            | record | child    | fields
        -----------+------------------+--------+----------+------------------
        2025-06-02 | enquiry received | E1     | ada      | team=North rag=red
        2025-06-03 | enquiry received | E1     | ada-b    | team=South rag=green
        2025-06-04 | child merged     | M1     | ada-b    | into=ada
    """
    story(table, on="2025-06-30", by="team", expect={ENQUIRIES_RECEIVED: {"South": 1}})
    story(table, on="2025-06-02", expect={ENQUIRIES_RECEIVED: 0})
    parted = table + "2025-06-04 | child merged | M1 | ada-b | retracted=true"
    story(parted, on="2025-06-30", by="team", expect={ENQUIRIES_RECEIVED: {"North": 1, "South": 1}})
    withdrawn = table + "2025-06-03 | enquiry received | E1 | ada-b | retracted=true"
    story(withdrawn, on="2025-06-30", by="team", expect={ENQUIRIES_RECEIVED: {"North": 1}})


def test_two_children_of_one_enquiry_are_two_and_stay_two_under_one_record(story: Story) -> None:
    """An enquiry is counted for each child that it is about, siblings too."""
    story(
        """
        day        | event            | record | child
        -----------+------------------+--------+------
        2025-06-02 | enquiry received | E1     | ada
        2025-06-02 | enquiry received | E1     | ben
    """,
        on="2025-06-02",
        expect={ENQUIRIES_RECEIVED: 2},
    )


def test_the_latest_decision_is_the_one_that_counts(story: Story) -> None:
    """Sent to assessment and then to early help: not passed on; the other way about, or to section 47: passed on."""
    table = """
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+-----------------------------------------
        2025-06-02 | enquiry received | E1     | ada   | enquiry_source=school rag=green
        2025-06-02 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=assessment
        2025-06-04 | enquiry decided  | D2     | ada   | enquiry=E1 outcomes=early_help
        2025-06-02 | enquiry received | E2     | ben   | enquiry_source=police rag=green
        2025-06-05 | enquiry decided  | D4     | ben   | enquiry=E2 outcomes=advice,section_47
        2025-06-03 | enquiry decided  | D3     | ben   | enquiry=E2 outcomes=no_further_action
        2025-06-10 | enquiry graded   | G1     | ben   | enquiry=E2 rag=red
    """
    on = "2025-06-30"
    story(table, on=on, by="enquiry_source", expect={ENQUIRIES_TO_ASSESSMENT: {"police": (1, 1), "school": (0, 1)}})
    story(table, on=on, by="rag", expect={ENQUIRIES_TO_ASSESSMENT: {"green": (0, 1), "red": (1, 1)}})


def test_what_is_undecided_is_divided_as_the_figure_is(story: Story) -> None:
    """Ten per cent of the red ones with nothing undecided is a judgement; with half of them undecided it is none."""
    table = """
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+-------------------------------------------
        2025-06-02 | enquiry received | E1     | ada   | team=North enquiry_source=police rag=red
        2025-06-02 | enquiry received | E2     | ben   | team=North enquiry_source=police rag=red
        2025-06-02 | enquiry received | E3     | cat   | team=South enquiry_source=school rag=amber
        2025-06-02 | enquiry received | E4     | dan   | team=South enquiry_source=school
        2025-06-03 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=assessment
        2025-06-03 | enquiry graded   | G4     | dan   | enquiry=E4 rag=amber
    """
    on = "2025-06-30"
    whole: dict[str, Expected] = {"red": (1, 2), "amber": (0, 2)}
    by_rag = story(table, on=on, by="rag", expect={ENQUIRIES_TO_ASSESSMENT: whole})
    assert {f.by["rag"]: f.beside["undecided"] for f in by_rag} == {"red": 1, "amber": 2}
    by_source = story(
        table, on=on, by="enquiry_source", expect={ENQUIRIES_TO_ASSESSMENT: {"police": (1, 2), "school": (0, 2)}}
    )
    assert {f.by["enquiry_source"]: f.beside["undecided"] for f in by_source} == {"police": 1, "school": 2}
    (red,) = story(table, on=on, by={"rag": "red"}, team="North", expect={ENQUIRIES_TO_ASSESSMENT: (1, 2)})
    assert red.beside == {"undecided": 1}


def test_a_decision_on_an_enquiry_that_nobody_told_of_is_named_beside_the_figure(story: Story) -> None:
    """It stops no clock, so it is in no share; once the receipt is told it is counted, and named no more."""
    stray = """
        day        | event            | record | fields
        -----------+------------------+--------+-------------------------------------------
        2025-06-02 | enquiry received | E1     | team=North
        2025-06-02 | enquiry decided  | D1     | team=North enquiry=E1 outcomes=advice
        2025-06-03 | enquiry decided  | D2     | team=North enquiry=E2 outcomes=advice
        2025-06-04 | enquiry decided  | D3     | team=North enquiry=E2 outcomes=assessment
    """
    (figure,) = story(stray, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (1, 1)})
    assert figure.beside == {"incomplete": 1}, "one enquiry, however often it was decided"
    told = stray + "        2025-06-03 | enquiry received | E2 | team=North"
    (figure,) = story(told, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (2, 2)})
    assert figure.beside == {}


def test_the_first_days_of_a_month_look_lower_than_they_will_be(story: Story) -> None:
    """As it stood when June was printed, most were undecided; today the same month shows what became of them."""
    table = """
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+-------------------------------
        2025-06-30 | enquiry received | E1     | ada   |
        2025-06-30 | enquiry received | E2     | ben   |
        2025-07-01 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=assessment
        2025-07-02 | enquiry decided  | D2     | ben   | enquiry=E2 outcomes=assessment
    """
    for known_at, passed_on, undecided in (("2025-06-30", 0, 2), ("2025-07-01", 1, 1), (None, 2, 0)):
        (figure,) = story(table, on="2025-06-30", known_at=known_at, expect={ENQUIRIES_TO_ASSESSMENT: (passed_on, 2)})
        assert figure.beside == {"undecided": undecided}
    story(table, on="2025-07-31", expect={ENQUIRIES_TO_ASSESSMENT: (0, 0)})


# --- what waits ---------------------------------------------------------------------------------------------------


def test_a_wait_ends_at_the_moment_of_the_first_decision(story: Story) -> None:
    """Awaiting up to the microsecond before it; a second decision, or one taken back, changes that as it should."""
    table = """
        day                       | event            | record | fields
        --------------------------+------------------+--------+-------------------------------
        2025-06-02T09:00:00+01:00 | enquiry received | E1     |
        2025-06-02T15:00:00+01:00 | enquiry decided  | D1     | enquiry=E1 outcomes=advice
        2025-06-03T11:00:00+01:00 | enquiry decided  | D2     | enquiry=E1 outcomes=assessment
    """
    for on, awaiting in (
        ("2025-06-02T08:59:59.999999+01:00", 0),
        ("2025-06-02T09:00:00+01:00", 1),
        ("2025-06-02T14:59:59.999999+01:00", 1),
        ("2025-06-02T15:00:00+01:00", 0),
    ):
        story(table, on=on, expect={ENQUIRIES_AWAITING_DECISION: awaiting})
    withdrawn = table + "2025-06-02T15:00:00+01:00 | enquiry decided | D1 | retracted=true"
    story(withdrawn, on="2025-06-03T10:59:59+01:00", expect={ENQUIRIES_AWAITING_DECISION: 1})
    story(withdrawn, on="2025-06-03T11:00:00+01:00", expect={ENQUIRIES_AWAITING_DECISION: 0})


def test_what_waits_is_graded_as_it_was_at_that_moment(story: Story) -> None:
    """In the queue, green until it was made red at three; in the month's count red from the start, its newest."""
    table = """
        day                       | event            | record | fields
        --------------------------+------------------+--------+-----------------------
        2025-06-02T09:00:00+01:00 | enquiry received | E1     | rag=green
        2025-06-02T15:00:00+01:00 | enquiry graded   | G1     | enquiry=E1 rag=red
        2025-06-02T16:00:00+01:00 | enquiry received | E2     | enquiry_source=school
    """
    story(
        table,
        on="2025-06-02T14:59:59.999999+01:00",
        by="rag",
        expect={
            ENQUIRIES_AWAITING_DECISION: {"green": 1},
            ENQUIRIES_DUE: {"green": 1},
            ENQUIRIES_RECEIVED: {"red": 1},
        },
    )
    story(
        table,
        on="2025-06-02",
        by="rag",
        expect={
            ENQUIRIES_AWAITING_DECISION: {"red": 1, "unknown": 1},
            ENQUIRIES_RECEIVED: {"red": 1, "unknown": 1},
        },
    )
    story(
        table,
        on="2025-06-02",
        by="enquiry_source",
        expect={
            ENQUIRIES_AWAITING_DECISION: {"school": 1, "unknown": 1},
        },
    )
    story(
        table,
        on="2025-06-04",
        by="rag",
        expect={
            ENQUIRIES_OVERDUE: {"red": 1, "unknown": 1},
            ENQUIRY_DECISION_TIMELINESS: {"red": (0, 1), "unknown": (0, 1)},
        },
    )
    red_due_on_tuesday = {"rag": "red", "due_on": "2025-06-03"}
    story(table, on="2025-06-02", by=red_due_on_tuesday, expect={ENQUIRIES_DUE: 1})


def test_the_longest_wait_of_each_grade(story: Story) -> None:
    """Each grade's own, by the grade that stands; where nobody waits there is no wait, and not one of no hours."""
    table = """
        day                       | event            | record | child | fields
        --------------------------+------------------+--------+-------+-------------------------------
        2025-06-02T09:00:00+01:00 | enquiry received | E1     | ada   | rag=green
        2025-06-02T11:00:00+01:00 | enquiry received | E2     | ben   | rag=amber
        2025-06-02T13:00:00+01:00 | enquiry graded   | G1     | ada   | enquiry=E1 rag=amber
        2025-06-03T10:00:00+01:00 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=advice
        2025-06-03T12:00:00+01:00 | enquiry decided  | D2     | ben   | enquiry=E2 outcomes=advice
    """
    for on, waits in (
        ("2025-06-02T08:59:00+01:00", {}),
        ("2025-06-02T12:00:00+01:00", {"green": 3.0, "amber": 1.0}),
        ("2025-06-02T14:00:00+01:00", {"amber": 5.0}),
        ("2025-06-03T09:00:00+01:00", {"amber": 8.0}),
        ("2025-06-03T11:00:00+01:00", {"amber": 8.0}),
    ):
        story(table, on=on, by="rag", expect={LONGEST_WAIT: waits})
    story(table, on="2025-06-03T12:00:00+01:00", expect={LONGEST_WAIT: None})


@pytest.mark.parametrize(
    ("received", "on", "hours"),
    [
        ("2025-06-02T16:59:00+01:00", "2025-06-03T09:01:00+01:00", 2 / 60),  # a night
        ("2025-06-06T16:00:00+01:00", "2025-06-09T09:00:00+01:00", 0),  # a weekend, from the moment the office closes
        ("2025-06-07T12:00:00+01:00", "2025-06-08", 0),
        ("2025-04-17T16:00:00+01:00", "2025-04-22T10:00:00+01:00", 2),  # Easter: Thursday to Tuesday
        ("2025-06-02", "2025-06-02T12:00:00+01:00", 3),  # dated: since its first moment, so since the office opened
        ("2025-06-02", "2025-06-06", 4 * 8 + 7),  # a week, Friday an hour shorter
        ("2025-03-28T15:00:00+00:00", "2025-03-31T10:00:00+01:00", 2),  # over the night on which the clocks change
    ],
)
def test_a_wait_passes_only_while_the_office_is_open(story: Story, received: str, on: str, hours: float) -> None:
    """Monday to Thursday 9 to 5, Friday 9 to 4, on working days: nights, weekends and bank holidays do not count."""
    table = f"""
        day        | event            | record
        -----------+------------------+-------
        {received} | enquiry received | E1
    """
    (figure,) = story(table, on=on, expect={LONGEST_WAIT: pytest.approx(hours)})
    assert figure.unit == "office_hours"


def test_an_authority_has_its_own_office_hours_and_closure_days() -> None:
    """Open 8 to 8, and closed on a day of its own: the wait counts the long hours, and nothing of that day."""
    long = (time(8), time(20))
    story = setting(calendar(frozenset({date(2025, 6, 3)})), hours=Hours((long, long, long, long, long, None, None)))
    story(
        """
        day                       | event            | record | note
        --------------------------+------------------+--------+----------------------------------------
        2025-06-02T19:00:00+01:00 | enquiry received | E1     | an hour of Monday, none of Tuesday the 3rd
    """,
        on="2025-06-04T08:30:00+01:00",
        expect={LONGEST_WAIT: 1.5},
    )


# --- one working day ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "last_day", "day_after"),
    [
        ("2025-06-02T09:00:00+01:00", "2025-06-03", "2025-06-04"),  # a Monday
        ("2025-06-05T23:59:59+01:00", "2025-06-06", "2025-06-07"),  # a Thursday night
        ("2025-06-06T16:30:00+01:00", "2025-06-09", "2025-06-10"),  # a Friday, and
        ("2025-06-07T10:00:00+01:00", "2025-06-09", "2025-06-10"),  # the weekend after it
        ("2025-06-08", "2025-06-09", "2025-06-10"),
        ("2025-04-17", "2025-04-22", "2025-04-23"),  # Maundy Thursday, and
        ("2025-04-21", "2025-04-22", "2025-04-23"),  # Easter Monday
    ],
)
def test_a_decision_is_due_by_the_end_of_the_next_working_day(
    story: Story, received: str, last_day: str, day_after: str
) -> None:
    """Weekends and bank holidays behave as the working day before: due all of that day, overdue from the next."""
    table = f"""
        day        | event            | record
        -----------+------------------+-------
        {received} | enquiry received | E1
    """
    story(table, on=received, by="due_on", expect={ENQUIRIES_DUE: {last_day: 1}})
    story(table, on=last_day, by="due_on", expect={ENQUIRIES_DUE: {last_day: 1}})
    story(table, on=last_day, expect={ENQUIRIES_OVERDUE: 0, ENQUIRY_DECISION_TIMELINESS: (0, 0)})
    story(
        table,
        on=f"{day_after}T00:00:00+01:00",
        expect={
            ENQUIRIES_OVERDUE: 1,
            ENQUIRIES_DUE: 0,
            ENQUIRIES_AWAITING_DECISION: 1,
            ENQUIRY_DECISION_TIMELINESS: (0, 1),
        },
    )


def test_a_decision_at_the_last_moment_is_in_time_and_at_the_next_late(story: Story) -> None:
    """A microsecond apart: in time on the Monday; at 00:00 of Tuesday, or on Tuesday with no hour told, late."""
    table = """
        day                              | event            | record | child | fields
        ---------------------------------+------------------+--------+-------+---------------------------
        2025-06-06T09:00:00+01:00        | enquiry received | E1     | ada   |
        2025-06-09T23:59:59.999999+01:00 | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=advice
        2025-06-06T09:00:00+01:00        | enquiry received | E2     | ben   |
        2025-06-10T00:00:00+01:00        | enquiry decided  | D2     | ben   | enquiry=E2 outcomes=advice
        2025-06-06                       | enquiry received | E3     | cat   |
        2025-06-10                       | enquiry decided  | D3     | cat   | enquiry=E3 outcomes=advice
    """
    story(table, on="2025-06-09", expect={ENQUIRY_DECISION_TIMELINESS: (1, 1), ENQUIRIES_OVERDUE: 0})
    story(table, on="2025-06-10", expect={ENQUIRY_DECISION_TIMELINESS: (1, 3), ENQUIRIES_OVERDUE: 0})


def test_an_enquiry_counts_in_the_month_in_which_it_was_settled(story: Story) -> None:
    """In time, in the month of its decision; late, in the month in which it became late, whenever it is decided."""
    table = """
        day        | event            | record | child | fields                     | note
        -----------+------------------+--------+-------+----------------------------+-------------------
        2025-06-27 | enquiry received | E1     | ada   |                            | due on Monday 30 June
        2025-06-30 | enquiry received | E2     | ben   |                            | due on Tuesday 1 July
        2025-06-30 | enquiry decided  | D2     | ben   | enquiry=E2 outcomes=advice |
        2025-07-30 | enquiry received | E3     | cat   |                            | due on Thursday 31 July
        2025-08-04 | enquiry decided  | D3     | cat   | enquiry=E3 outcomes=advice |
    """
    story(table, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (1, 1)})
    story(table, on="2025-07-31", expect={ENQUIRY_DECISION_TIMELINESS: (0, 1)})
    story(table, on="2025-08-31", expect={ENQUIRY_DECISION_TIMELINESS: (0, 1)})


def test_the_first_decision_stops_the_clock_and_only_the_first(story: Story) -> None:
    """Decided in time and thought better of a week later: in time. The first taken back: late, and late for good."""
    table = """
        day        | event            | record | fields
        -----------+------------------+--------+-------------------------------
        2025-06-02 | enquiry received | E1     |
        2025-06-03 | enquiry decided  | D1     | enquiry=E1 outcomes=advice
        2025-06-10 | enquiry decided  | D2     | enquiry=E1 outcomes=assessment
    """
    story(table, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (1, 1)})
    withdrawn = table + "2025-06-03 | enquiry decided | D1 | retracted=true"
    story(withdrawn, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (0, 1)})
    story(withdrawn, on="2025-06-09", expect={ENQUIRIES_OVERDUE: 1})


def test_a_first_decision_before_its_receipt_is_a_slip(story: Story) -> None:
    """By day, or by the clock where both have one: then the enquiry waits nowhere and is in no percentage."""
    table = """
        day                       | event            | record | child | fields
        --------------------------+------------------+--------+-------+---------------------------
        2025-06-03                | enquiry received | E1     | ada   |
        2025-06-02                | enquiry decided  | D1     | ada   | enquiry=E1 outcomes=advice
        2025-06-04                | enquiry decided  | D2     | ada   | enquiry=E1 outcomes=advice
        2025-06-03T10:00:00+01:00 | enquiry received | E3     | ben   |
        2025-06-03T09:59:59+01:00 | enquiry decided  | D3     | ben   | enquiry=E3 outcomes=advice
        2025-06-03T10:00:00+01:00 | enquiry received | E4     | cat   |
        2025-06-03                | enquiry decided  | D4     | cat   | enquiry=E4 outcomes=advice
    """
    story(
        table,
        on="2025-06-03",
        expect={
            ENQUIRY_DECISION_TIMELINESS: (1, 1),
            ENQUIRIES_AWAITING_DECISION: 0,
            LONGEST_WAIT: None,
            ENQUIRIES_RECEIVED: 3,
        },
    )
    story(table, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (1, 1), ENQUIRIES_OVERDUE: 0})


def test_a_decision_that_comes_before_its_enquiry_arrives_waits_for_it(story: Story) -> None:
    """Decided, and the receipt is not known: in no figure; as soon as it arrives, in its own day's figures."""
    table = """
        day        | event            | record | fields
        -----------+------------------+--------+---------------------------
        2025-06-03 | enquiry decided  | D1     | enquiry=E1 outcomes=advice
    """
    story(table, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (0, 0), ENQUIRIES_AWAITING_DECISION: 0})
    arrived = table + "2025-06-02 | enquiry received | E1 | recorded_at=2025-06-20T10:00:00Z"
    story(arrived, on="2025-06-30", expect={ENQUIRY_DECISION_TIMELINESS: (1, 1)})
    story(arrived, on="2025-06-02", expect={ENQUIRIES_AWAITING_DECISION: 1})


@pytest.mark.parametrize(
    ("received", "usual", "from_opening"),
    [
        ("2025-06-06T15:59:59+01:00", "2025-06-09", "2025-06-09"),  # a Friday, the office open
        ("2025-06-06T16:00:00+01:00", "2025-06-09", "2025-06-10"),  # and closed
        ("2025-06-07T10:00:00+01:00", "2025-06-09", "2025-06-10"),  # Saturday
        ("2025-06-05T17:00:00+01:00", "2025-06-06", "2025-06-09"),  # Thursday evening: from Friday's opening
        ("2025-06-05T07:30:00+01:00", "2025-06-06", "2025-06-06"),  # Thursday early: from Thursday's
        ("2025-06-06", "2025-06-09", "2025-06-09"),  # dated: the first moment of its day
    ],
)
def test_an_authority_may_count_from_the_next_opening(
    story: Story, received: str, usual: str, from_opening: str
) -> None:
    """Out of hours the clock may be set to start when the office next opens; unless set, hours do not matter."""
    table = f"""
        day        | event            | record
        -----------+------------------+-------
        {received} | enquiry received | E1
    """
    from_next = setting(parameters=Parameters(after_hours_from_next_opening=True))
    story(table, on=received, by="due_on", expect={ENQUIRIES_DUE: {usual: 1}})
    from_next(table, on=received, by="due_on", expect={ENQUIRIES_DUE: {from_opening: 1}})
    from_next(table, on=received, expect={ENQUIRIES_AWAITING_DECISION: 1})


def test_an_authority_that_closes_on_a_day_has_the_day_after_for_it() -> None:
    """A training day is no working day: what came in on Friday may be decided on Tuesday."""
    story = setting(calendar(frozenset({date(2025, 6, 9)})))
    table = """
        day        | event            | record
        -----------+------------------+-------
        2025-06-06 | enquiry received | E1
    """
    story(table, on="2025-06-10", expect={ENQUIRIES_OVERDUE: 0})
    story(table, on="2025-06-11", expect={ENQUIRIES_OVERDUE: 1})


def test_a_weekend_rolled_forward_gives_a_day_more() -> None:
    """Where starts roll forward, what came in on Saturday counts from Monday and may be decided on Tuesday."""
    story = setting(parameters=Parameters(roll_start_forward=True))
    table = """
        day        | event            | record
        -----------+------------------+-------
        2025-06-07 | enquiry received | E1
    """
    story(table, on="2025-06-10", expect={ENQUIRIES_OVERDUE: 0})
    story(table, on="2025-06-11", expect={ENQUIRIES_OVERDUE: 1})


# --- incidents ----------------------------------------------------------------------------------------------------


def test_an_incident_counts_once_in_each_window_and_each_team_that_has_of_it(story: Story) -> None:
    """Siblings with two teams: one incident, and one of each team's; told of in two months: one in each."""
    table = """
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+-----------------------
        2025-05-31 | enquiry received | E0     | ada   | incident=I1 team=North
        2025-06-01 | enquiry received | E1     | ada   | incident=I1 team=North
        2025-06-01 | enquiry received | E2     | ben   | incident=I1 team=South
        2025-06-01 | enquiry received | E3     | cat   | incident=I1 team=South
        2025-06-02 | enquiry received | E4     | dan   | team=South
    """
    story(table, on="2025-06-30", expect={INCIDENTS_RECEIVED: 2})
    story(table, on="2025-06-30", by="team", expect={INCIDENTS_RECEIVED: {"North": 1, "South": 2}})
    story(table, on="2025-06-30", team="South", expect={INCIDENTS_RECEIVED: 2})
    story(table, on="2025-05-31", expect={INCIDENTS_RECEIVED: 1})
    story(table, on="2025-06-30", window="quarter", expect={INCIDENTS_RECEIVED: 2})


def test_an_incident_is_gone_with_the_last_enquiry_that_names_it(story: Story) -> None:
    """One of two siblings entered in error: still an incident. Both, or corrected to another: no longer."""
    table = """
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+-----------------
        2025-06-02 | enquiry received | E1     | ada   | incident=I1
        2025-06-02 | enquiry received | E2     | ben   | incident=I1
        2025-06-02 | enquiry received | E3     | cat   | incident=I2
        2025-06-02 | enquiry received | E1     | ada   | retracted=true
    """
    story(table, on="2025-06-30", expect={INCIDENTS_RECEIVED: 2})
    corrected = table + "2025-06-02 | enquiry received | E2 | ben | incident=I2"
    story(corrected, on="2025-06-30", expect={INCIDENTS_RECEIVED: 1})


def test_enquiries_divide_by_source_and_by_postcode_sector(story: Story) -> None:
    """What is not told is `unknown`; the authority's own words are kept as they are."""
    table = """
        day        | event            | record | fields
        -----------+------------------+--------+--------------------------------------
        2025-06-02 | enquiry received | E1     | enquiry_source=police postcode_sector=EX1
        2025-06-02 | enquiry received | E2     | enquiry_source=police postcode_sector=EX2
        2025-06-02 | enquiry received | E3     |
    """
    story(table, on="2025-06-02", by="enquiry_source", expect={ENQUIRIES_RECEIVED: {"police": 2, "unknown": 1}})
    story(
        table,
        on="2025-06-02",
        by="postcode_sector",
        expect={
            ENQUIRIES_RECEIVED: {"EX1": 1, "EX2": 1, "unknown": 1},
        },
    )
