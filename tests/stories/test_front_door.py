"""Stories of enquiries: which day and hour they belong to, what is thought of them, what is decided."""

from metrics.catalogue.front_door import ENQUIRIES_RECEIVED
from tests.story import Story


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
    story(again, on=may, by="outcome", known_at="2025-06-08", expect={
        ENQUIRIES_RECEIVED: {"early_help": 1, "advice": 1},
    })  # fmt: skip
    story(again, on=may, expect={ENQUIRIES_RECEIVED: 1})


def test_a_decision_about_another_child_or_enquiry_decides_nothing(story: Story) -> None:
    """A decision belongs to the enquiry it names, of its own child; a grade does too."""
    story("""
        day        | event            | record | child | fields
        -----------+------------------+--------+-------+-------------------------------
        2025-06-02 | enquiry received | E1     | ada   | rag=amber
        2025-06-02 | enquiry decided  | D1     | ben   | enquiry=E1 outcomes=assessment
        2025-06-02 | enquiry decided  | D2     | ada   | enquiry=E2 outcomes=assessment
        2025-06-02 | enquiry graded   | G1     | ben   | enquiry=E1 rag=red
        2025-06-02 | enquiry graded   | G2     | ada   | enquiry=E2 rag=red
    """, on="2025-06-02", by={"outcome": "undecided", "rag": "amber"}, expect={ENQUIRIES_RECEIVED: 1})  # fmt: skip


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
    story("""
        day        | event            | record | child
        -----------+------------------+--------+------
        2025-06-02 | enquiry received | E1     | ada
        2025-06-02 | enquiry received | E1     | ben
    """, on="2025-06-02", expect={ENQUIRIES_RECEIVED: 2})  # fmt: skip
