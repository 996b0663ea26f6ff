"""Stories of the person: death, the 18th birthday, age, the unborn, and two names that are one child."""

import pytest

from metrics.catalogue.assessments import (
    ASSESSMENT_TIMELINESS,
    ASSESSMENT_TIMELINESS_FROM_REFERRAL,
    ASSESSMENT_TIMELINESS_SETTLED,
    ASSESSMENTS_DUE,
    ASSESSMENTS_OPEN,
    ASSESSMENTS_OVERDUE,
)
from metrics.catalogue.front_door import (
    ENQUIRIES_AWAITING_DECISION,
    ENQUIRIES_DUE,
    ENQUIRIES_OVERDUE,
    ENQUIRIES_RECEIVED,
    ENQUIRY_DECISION_TIMELINESS,
    LONGEST_WAIT,
)
from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER, PLACEMENTS_IN_YEAR, PLACEMENTS_SINCE_ENTRY
from metrics.catalogue.need import CHILDREN_IN_NEED_NOW, EPISODES_CLOSED
from metrics.catalogue.protection import CONFERENCES_DUE, CONFERENCES_OVERDUE, PROTECTION_PLANS_OPEN, SECTION_47_STARTED
from metrics.catalogue.referrals import RE_REFERRALS
from tests.story import Story

OPEN = """
    day        | event                   | record | fields
    -----------+-------------------------+--------+-------------
    2025-03-03 | enquiry received        | Q1     |
    2025-03-03 | episode opened          | E1     |
    2025-03-03 | assessment started      | A1     |
    2025-03-03 | section 47 started      | S1     |
    2025-03-03 | protection plan started | PP1    |
    2025-03-03 | care started            | P1     |
    2025-03-03 | placement started       | PL1    | placement=U4
"""
# All that is open of this child at the end of Thursday 8 May, the assessment's day 45; the enquiry is long overdue.
AT_DAY_45 = {
    ENQUIRIES_AWAITING_DECISION: 1,
    ENQUIRIES_OVERDUE: 1,
    ASSESSMENTS_OPEN: 1,
    ASSESSMENTS_DUE: 1,
    CONFERENCES_OVERDUE: 1,
    CHILDREN_IN_NEED_NOW: 1,
    PROTECTION_PLANS_OPEN: 1,
    CHILDREN_LOOKED_AFTER: 1,
    PLACEMENTS_IN_YEAR: (1, 1),
    PLACEMENTS_SINCE_ENTRY: (1, 1),
}
NOTHING = {measure: 0 if isinstance(number, int) else (0, 0) for measure, number in AT_DAY_45.items()}


def person(**fields: str) -> str:
    """Return a row that tells *fields* of the person."""
    text = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"2025-05-20 | person recorded | ada | {text}\n"


# --- death --------------------------------------------------------------------------------------------------------


def test_death_ends_all_that_is_open(story: Story) -> None:
    """From the first moment of the day of death: no stock, no clock, no wait."""
    table = OPEN + person(died_on="2025-05-09")
    story(table, on="2025-05-08T23:59:59.999999+01:00", expect=AT_DAY_45)
    for on in ("2025-05-09T00:00:00+01:00", "2025-05-09", "2025-12-31"):
        story(table, on=on, expect={**NOTHING, ASSESSMENTS_OVERDUE: 0, LONGEST_WAIT: None})
    soon = OPEN + person(died_on="2025-03-04")
    story(soon, on="2025-03-03", expect={ENQUIRIES_DUE: 1})
    story(soon, on="2025-03-04", expect={ENQUIRIES_DUE: 0})
    later = OPEN + person(died_on="2025-03-18")
    story(later, on="2025-03-17", expect={CONFERENCES_DUE: 1})
    story(later, on="2025-03-18", expect={CONFERENCES_DUE: 0})


@pytest.mark.parametrize(
    ("died_on", "settled"),
    [
        ("2025-03-10", (0, 0)),
        ("2025-05-08", (0, 0)),  # on day 45: dead by the deadline
        ("2025-05-09", (0, 1)),  # the deadline had passed
        ("2025-06-10", (0, 1)),
    ],
)
def test_dead_by_the_deadline_is_no_breach_and_a_breach_before_stays(
    story: Story, died_on: str, settled: tuple[int, int]
) -> None:
    """Died by day 45: nobody was late. Died after it: it was late, and remains so."""
    table = OPEN + person(died_on=died_on)
    story(table, on="2025-12-31", expect={ASSESSMENT_TIMELINESS_SETTLED: settled})


def test_dead_by_the_deadline_of_an_enquiry(story: Story) -> None:
    """Received on Monday and due on Tuesday: died on Tuesday, it is left out; on Wednesday, it was late."""
    table = """
        day        | event            | record | fields
        -----------+------------------+--------+--------
        2025-06-02 | enquiry received | Q1     |
    """
    for died_on, settled in (("2025-06-03", (0, 0)), ("2025-06-04", (0, 1))):
        story(
            table + f"2025-06-10 | person recorded | ada | died_on={died_on}",
            on="2025-06-30",
            expect={
                ENQUIRY_DECISION_TIMELINESS: settled,
                ENQUIRIES_RECEIVED: 1,
            },
        )


@pytest.mark.parametrize(("died_on", "in_time"), [("2025-05-08", 1), ("2025-05-09", 0), ("2025-08-01", 0)])
def test_a_sign_off_after_the_death_took_as_long_as_the_child_lived(story: Story, died_on: str, in_time: int) -> None:
    """Written up a month later: its duration ends with the death, from its own start and from the referral."""
    table = """
        day        | event                 | record | fields
        -----------+-----------------------+--------+----------------
        2025-03-03 | referral received     | R1     |
        2025-03-03 | assessment started    | A1     | referral=R1
        2025-06-09 | assessment authorised | A1     | outcomes=advice
    """
    story(
        table + f"2025-06-10 | person recorded | ada | died_on={died_on}",
        on="2025-06-30",
        expect={
            ASSESSMENT_TIMELINESS: (in_time, 1),
            ASSESSMENT_TIMELINESS_FROM_REFERRAL: (in_time, 1),
            ASSESSMENT_TIMELINESS_SETTLED: (0, 1 - in_time),
        },
    )


def test_what_happened_counts_though_the_child_had_died(story: Story) -> None:
    """Closed after the death, for the files: the closure is one, on its own day."""
    table = OPEN + "2025-06-02 | episode closed | E1 | closure_reason=RC2\n" + person(died_on="2025-05-09")
    story(table, on="2025-06-30", expect={EPISODES_CLOSED: 1, CHILDREN_IN_NEED_NOW: 0})


def test_a_death_holds_from_its_day_whenever_it_was_told_and_not_if_it_is_taken_back(story: Story) -> None:
    """Recorded on the 20th of a death on the 9th; as known on the 19th everything was open; entered in error, it is."""
    table = OPEN + person(died_on="2025-05-09")
    story(table, on="2025-05-15", expect=NOTHING)
    story(table, on="2025-05-15", known_at="2025-05-19", expect={CHILDREN_LOOKED_AFTER: 1, ASSESSMENTS_OVERDUE: 1})
    withdrawn = table + "2025-05-21 | person recorded | ada | retracted=true"
    story(withdrawn, on="2025-05-15", expect={CHILDREN_LOOKED_AFTER: 1, ASSESSMENTS_OVERDUE: 1})


# --- the 18th birthday --------------------------------------------------------------------------------------------


def test_care_plans_and_the_wait_for_a_conference_end_on_the_18th_birthday(story: Story) -> None:
    """Born in May 2007: 18 on 1 June 2025. Care, plan and the wait end then; episode and other clocks do not."""
    table = OPEN + person(birth_month="2007-05")
    until = {
        CHILDREN_LOOKED_AFTER: 1,
        PROTECTION_PLANS_OPEN: 1,
        CONFERENCES_OVERDUE: 1,
        PLACEMENTS_IN_YEAR: (1, 1),
        PLACEMENTS_SINCE_ENTRY: (1, 1),
    }
    lasting = {CHILDREN_IN_NEED_NOW: 1, ASSESSMENTS_OVERDUE: 1, ENQUIRIES_AWAITING_DECISION: 1, ENQUIRIES_OVERDUE: 1}
    story(table, on="2025-05-31T23:59:59.999999+01:00", expect={**until, **lasting})
    gone = {measure: 0 if isinstance(number, int) else (0, 0) for measure, number in until.items()}
    story(table, on="2025-06-01T00:00:00+01:00", expect={**gone, **lasting})


def test_need_by_care_or_plan_alone_ends_on_the_18th_birthday(story: Story) -> None:
    """With no episode open: in need up to the birthday, though the end was entered in September."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+--------------------
        2025-03-03 | person recorded         | ada    | birth_month=2007-12
        2025-03-03 | care started            | P1     |
        2025-03-03 | protection plan started | PP1    | other_authority=true
        2026-02-02 | care ended              | P1     |
    """
    story(table, on="2025-12-31", expect={CHILDREN_IN_NEED_NOW: 1, CHILDREN_LOOKED_AFTER: 1})
    story(table, on="2026-01-01", expect={CHILDREN_IN_NEED_NOW: 0, CHILDREN_LOOKED_AFTER: 0})


def test_nothing_of_childhood_begins_at_18_or_after(story: Story) -> None:
    """A slip in the date of birth, or in the file: a period that begins on the birthday is none."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+--------------------
        2025-03-03 | person recorded         | ada    | birth_month=2007-05
        2025-06-01 | care started            | P1     |
        2025-06-01 | protection plan started | PP1    |
        2025-06-01 | section 47 started      | S1     |
    """
    story(table, on="2025-06-01", expect={CHILDREN_LOOKED_AFTER: 0, PROTECTION_PLANS_OPEN: 0, CHILDREN_IN_NEED_NOW: 0})
    story(table, on="2025-06-20", expect={CONFERENCES_DUE: 0, SECTION_47_STARTED: 1})
    story(table, on="2025-12-31", expect={CONFERENCES_OVERDUE: 0})
    corrected = table + "2025-07-01 | person recorded | ada | birth_month=2008-05"
    story(corrected, on="2025-06-01", expect={CHILDREN_LOOKED_AFTER: 1, PROTECTION_PLANS_OPEN: 1})


def test_an_allocation_ends_with_a_death_or_a_birthday_that_ends_need(story: Story) -> None:
    """The assessment of a young person who is 18 stands with the team that began it, since the case is nobody's."""
    table = """
        day        | event              | record | fields
        -----------+--------------------+--------+---------------------
        2025-03-03 | person recorded    | ada    | birth_month=2007-05
        2025-03-03 | care started       | P1     |
        2025-05-12 | assessment started | A1     | team=East
        2025-05-12 | case allocated     | C1     | worker=w1 team=North
    """
    story(table, on="2025-05-31", by="team", expect={ASSESSMENTS_OPEN: {"North": 1}})
    story(table, on="2025-06-01", by="team", expect={ASSESSMENTS_OPEN: {"East": 1}})
    late = """
        day        | event              | record | fields
        -----------+--------------------+--------+---------------------
        2025-03-03 | episode opened     | E1     |
        2025-03-03 | assessment started | A1     | team=East
        2025-03-03 | case allocated     | C1     | worker=w1 team=North
        2025-06-02 | person recorded    | ada    | died_on=2025-05-09
    """
    story(late, on="2025-05-09", by="team", expect={ASSESSMENT_TIMELINESS_SETTLED: {"East": (0, 1)}})


# --- age ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birth_month", "on", "band"),
    [
        ("2025-07", "2025-06-30", "unborn"),  # the month has not begun
        ("2025-07", "2025-07-01T00:00:00+01:00", "0"),
        ("2024-06", "2025-06-30", "0"),
        ("2024-06", "2025-07-01", "1-4"),  # one, on the first of the month after
        ("2020-06", "2025-06-30", "1-4"),
        ("2020-06", "2025-07-01", "5-9"),
        ("2015-06", "2025-06-30", "5-9"),
        ("2015-06", "2025-07-01", "10-15"),
        ("2009-06", "2025-06-30", "10-15"),
        ("2009-06", "2025-07-01", "16-17"),
        ("2007-06", "2025-06-30", "16-17"),
        ("2007-06", "2025-07-01", "18+"),  # in need by the episode alone
        ("2008-12", "2024-12-31", "10-15"),
        ("2008-12", "2025-01-01", "16-17"),
    ],
)
def test_a_child_passes_from_one_age_band_to_the_next_on_the_first_of_a_month(
    story: Story, birth_month: str, on: str, band: str
) -> None:
    """Every birthday is the first of the month after the month of birth, as no full date of birth is held."""
    table = f"""
        day        | event                   | record | fields
        -----------+-------------------------+--------+--------------------------
        2024-03-04 | episode opened          | E1     |
        2024-03-04 | protection plan started | PP1    |
        2024-03-04 | care started            | P1     |
        2025-08-01 | person recorded         | ada    | birth_month={birth_month}
    """
    in_childhood = {} if band == "18+" else {band: 1}
    story(
        table,
        on=on,
        by="age_band",
        expect={
            CHILDREN_IN_NEED_NOW: {band: 1},
            PROTECTION_PLANS_OPEN: in_childhood,
            CHILDREN_LOOKED_AFTER: in_childhood,
        },
    )


UNBORN = """
    day        | event           | record | child | fields
    -----------+-----------------+--------+-------+--------------------------------
    2025-03-03 | episode opened  | E1     | ada   |
    2025-03-03 | person recorded | ada    | ada   | unborn=true birth_month=2025-06
"""


@pytest.mark.parametrize(
    ("on", "band"),
    [
        ("2025-05-31", "unborn"),
        ("2025-07-31", "unborn"),  # a month late, and nobody has said so
        ("2025-08-01", "0"),  # no child is expected for longer
        ("2026-06-30", "0"),
        ("2026-07-01", "1-4"),  # born in June, as was expected
    ],
)
def test_the_unborn_count_as_born_from_the_second_month_after_the_expected_one(
    story: Story, on: str, band: str
) -> None:
    """Expected in June, and never told to be born: nobody stays unborn for years."""
    story(UNBORN, on=on, by="age_band", expect={CHILDREN_IN_NEED_NOW: {band: 1}})


@pytest.mark.parametrize("said", ["unborn=false ", ""])
def test_the_newest_record_says_who_is_unborn_told_or_not(story: Story, said: str) -> None:
    """Born in May, as it turns out: 0 from 1 May. The record made at the birth need not deny what is plain."""
    born = UNBORN + f"2025-05-20 | person recorded | ada | ada | {said}birth_month=2025-05"
    for on, band in (("2025-04-30", "unborn"), ("2025-05-01", "0"), ("2026-05-31", "0"), ("2026-06-01", "1-4")):
        story(born, on=on, by="age_band", expect={CHILDREN_IN_NEED_NOW: {band: 1}})


@pytest.mark.parametrize("links", [("u", "n"), ("n", "u")])
def test_a_second_name_given_at_birth_ends_being_unborn(story: Story, links: tuple[str, str]) -> None:
    """Unborn under one name, recorded at birth under another, joined either way: one child, and it was born."""
    child, into = links
    table = f"""
        day        | event                   | record | child   | fields
        -----------+-------------------------+--------+---------+--------------------------------
        2018-01-01 | person recorded         | u      | u       | unborn=true birth_month=2018-05
        2018-02-01 | protection plan started | PL     | u       |
        2018-05-20 | person recorded         | n      | n       | birth_month=2018-05
        2018-05-21 | child merged            | M      | {child} | into={into}
    """
    for on, band in (("2018-03-01", "unborn"), ("2018-07-01", "0"), ("2020-07-01", "1-4")):
        story(table, on=on, by="age_band", expect={PROTECTION_PLANS_OPEN: {band: 1}})


def test_a_newer_record_may_say_unborn_again_and_an_expected_month_may_be_missing(story: Story) -> None:
    """Each field by itself, as recorded last; who is unborn of no expected month stays so."""
    again = UNBORN + "2025-05-20 | person recorded | P2 | ada | disabled=true\n"
    story(again, on="2025-05-31", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"unborn": 1}})
    story(again, on="2025-06-01", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"0": 1}})
    again += "2025-05-21 | person recorded | P3 | ada | unborn=true\n"
    story(again, on="2025-07-31", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"unborn": 1}})
    nothing = UNBORN.replace(" birth_month=2025-06", "")
    story(nothing, on="2035-05-31", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"unborn": 1}})


def test_nobody_told_when_the_child_was_born(story: Story) -> None:
    """No month of birth: the age is `unknown`, and no birthday ends anything."""
    table = OPEN + person(disabled="true")
    story(
        table,
        on="2045-06-01",
        by="age_band",
        expect={
            CHILDREN_IN_NEED_NOW: {"unknown": 1},
            CHILDREN_LOOKED_AFTER: {"unknown": 1},
        },
    )


# --- what is told of a person, field by field ---------------------------------------------------------------------


def test_each_field_of_a_person_is_the_one_recorded_last(story: Story) -> None:
    """Two systems each tell what they know: the month of birth from the one, the death from the other; newer wins."""
    table = """
        day        | event           | record    | fields
        -----------+-----------------+-----------+---------------------------------
        2025-03-03 | episode opened  | E1        |
        2025-03-03 | person recorded | eclipse   | birth_month=2015-06 unborn=false
        2025-03-10 | person recorded | carefirst | died_on=2025-06-10
    """
    story(table, on="2025-06-09", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"5-9": 1}})
    story(table, on="2025-06-10", by="age_band", expect={CHILDREN_IN_NEED_NOW: {}})
    newer = table + "2025-03-17 | person recorded | health | birth_month=2014-06"
    story(newer, on="2025-06-09", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"10-15": 1}})
    story(newer, on="2025-06-10", expect={CHILDREN_IN_NEED_NOW: 0})
    older = table + "2025-03-03 | person recorded | health | birth_month=2014-06 recorded_at=2025-03-03T09:00:00Z"
    story(older, on="2025-06-09", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"5-9": 1}})


def test_recorded_at_one_moment_the_greater_id_is_the_newer(story: Story) -> None:
    """Two tellings of one instant: by their ids, and not by when they are dated or which arrived last."""
    table = """
        day        | event           | record  | fields
        -----------+-----------------+---------+--------------------------------------------------------------
        2025-03-03 | episode opened  | E1      |
        2025-03-10 | person recorded | eclipse | birth_month=2015-01 id=b recorded_at=2025-03-20T10:00:00Z
        2025-03-03 | person recorded | health  | birth_month=2005-01 id=c recorded_at=2025-03-20T10:00:00Z
        2025-03-17 | person recorded | school  | birth_month=2023-01 id=a recorded_at=2025-03-20T10:00:00Z
    """
    story(table, on="2025-06-30", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"18+": 1}})


# --- two names, one child -----------------------------------------------------------------------------------------


def test_what_one_name_tells_of_the_person_holds_for_the_other(story: Story) -> None:
    """Ada's care and the age and death of her other name: found to be one, past days too; parted, as if never."""
    two = """
        day        | event           | record | child | fields
        -----------+-----------------+--------+-------+--------------------
        2025-03-03 | care started    | P1     | ada   |
        2025-03-03 | person recorded | ada-b  | ada-b | birth_month=2009-06
        2025-06-12 | person recorded | death  | ada-b | died_on=2025-06-10
    """
    merged = two + "2025-07-01 | child merged | M1 | ada-b | into=ada recorded_at=2025-07-01T10:00:00Z\n"
    parted = merged + "2025-07-01 | child merged | M1 | ada-b | retracted=true recorded_at=2025-08-01T10:00:00Z\n"
    for table in (two, parted):
        story(table, on="2025-06-30", by="age_band", expect={CHILDREN_LOOKED_AFTER: {"unknown": 1}})
    story(merged, on="2025-06-09", by="age_band", expect={CHILDREN_LOOKED_AFTER: {"10-15": 1}})
    story(merged, on="2025-06-10", expect={CHILDREN_LOOKED_AFTER: 0})
    story(parted, on="2025-06-10", known_at="2025-07-31", expect={CHILDREN_LOOKED_AFTER: 0})


def test_of_two_names_the_field_recorded_last_stands(story: Story) -> None:
    """The unborn child's file and the born child's: one child, born; under one record, or each its own."""
    for second in ("ada", "ada-b"):
        table = f"""
            day        | event           | record   | child | fields
            -----------+-----------------+----------+-------+--------------------------------
            2025-03-03 | episode opened  | E1       | ada   |
            2025-03-03 | person recorded | ada      | ada   | unborn=true birth_month=2025-06
            2025-06-02 | episode opened  | E2       | ada-b |
            2025-06-02 | person recorded | {second} | ada-b | unborn=false birth_month=2025-05
            2025-06-10 | child merged    | M1       | ada   | into=ada-b
        """
        story(table, on="2025-04-30", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"unborn": 1}})
        story(table, on="2025-06-30", by="age_band", expect={CHILDREN_IN_NEED_NOW: {"0": 1}})


def test_a_merge_makes_a_re_referral_and_its_retraction_unmakes_it(story: Story) -> None:
    """Referred under two names within the year: one child who came back, for as long as the link stands."""
    two = """
        day        | event             | record | child | fields
        -----------+-------------------+--------+-------+-------
        2025-02-03 | referral received | R1     | ada   |
        2025-06-10 | referral received | R2     | ada-b |
    """
    merged = two + "2025-07-01 | child merged | M1 | ada | into=ada-b\n"
    parted = merged + "2025-07-01 | child merged | M1 | ada | retracted=true\n"
    for table, returned in ((two, 0), (merged, 1), (parted, 0)):
        story(table, on="2025-06-30", expect={RE_REFERRALS: (returned, 1)})


def test_a_start_and_a_stop_under_two_names_are_one_clock(story: Story) -> None:
    """Begun under one name and signed off, decided or held under the other: stopped once the names are joined."""
    two = """
        day        | event                   | record | child | fields
        -----------+-------------------------+--------+-------+-------------------------------
        2025-03-03 | referral received       | R1     | ada   |
        2025-03-03 | enquiry received        | Q1     | ada   |
        2025-03-03 | assessment started      | A1     | ada-b | referral=R1
        2025-03-03 | section 47 started      | S1     | ada   |
        2025-03-04 | enquiry decided         | D1     | ada-b | enquiry=Q1 outcomes=assessment
        2025-03-20 | initial conference held | IC1    | ada-b |
        2025-05-08 | assessment authorised   | A1     | ada   | outcomes=advice
    """
    merged = two + "2025-06-02 | child merged | M1 | ada-b | into=ada\n"
    story(two, on="2025-03-31", expect={ENQUIRIES_OVERDUE: 1, CONFERENCES_OVERDUE: 1, ASSESSMENTS_OPEN: 1})
    story(two, on="2025-05-31", expect={ASSESSMENT_TIMELINESS: (0, 0), ASSESSMENT_TIMELINESS_FROM_REFERRAL: (0, 0)})
    story(merged, on="2025-03-31", expect={ENQUIRIES_OVERDUE: 0, CONFERENCES_OVERDUE: 0, ASSESSMENTS_OPEN: 1})
    story(
        merged,
        on="2025-05-31",
        expect={
            ASSESSMENT_TIMELINESS: (1, 1),
            ASSESSMENT_TIMELINESS_FROM_REFERRAL: (1, 1),
            ASSESSMENTS_OPEN: 0,
        },
    )
    story(merged, on="2025-03-31", expect={ENQUIRY_DECISION_TIMELINESS: (1, 1)})


def test_a_merged_child_has_one_case_and_one_history_of_placements(story: Story) -> None:
    """Allocated under one name, placed under both: one child, where the last allocation says, with all the moves."""
    two = """
        day        | event             | record | child | fields
        -----------+-------------------+--------+-------+--------------------------------
        2025-03-03 | care started      | P1     | ada   | team=West
        2025-03-03 | placement started | PL1    | ada   | placement=U4 provider=A
        2025-04-07 | placement started | PL2    | ada-b | placement=K2 care=P1
        2025-05-12 | placement started | PL3    | ada   | placement=U4 provider=A
        2025-03-10 | case allocated    | C1     | ada   | worker=w1 team=North
        2025-05-12 | case allocated    | C2     | ada-b | worker=w2 team=South
    """
    merged = two + "2025-06-02 | child merged | M1 | ada-b | into=ada\n"
    on = "2025-05-31"
    story(
        two,
        on=on,
        by="team",
        expect={
            CHILDREN_LOOKED_AFTER: {"North": 1},
            PLACEMENTS_SINCE_ENTRY: {"North": (2, 1)},
        },
    )
    story(
        merged,
        on=on,
        by="team",
        expect={
            CHILDREN_LOOKED_AFTER: {"South": 1},
            PLACEMENTS_SINCE_ENTRY: {"South": (3, 1)},
            PLACEMENTS_IN_YEAR: {"South": (3, 1)},
        },
    )
