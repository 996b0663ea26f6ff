"""Stories of the other files of an SSDA903 return: what each row tells, and what becomes of the odd ones."""

import itertools

import msgspec
import pytest

from events.sources.report import Outcome
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import TableUnreadable
from tests.stories.ssda903_returns import HEADER, Write, of_type, reading, reasons, report_of, writer
from tests.stories.test_ssda903 import BESIDE

write = pytest.fixture(writer)

EPISODE = "1 01/06/2017 S V2 - -"
REVIEWS = "CHILD,DOB,REVIEW,REVIEW_CODE\n"
MISSING = "CHILD,DOB,MISSING,MIS_START,MIS_END\n"
LEAVERS = "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n"
ADOPTIONS = "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR\n"
DECISIONS = "CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED\n"
WORKERS = "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n"
HEADINGS = "CHILD,SEX,DOB,ETHNIC,UPN\n"

# name: file and its text, what it tells (day and fields), findings, outcomes (used, repaired, left)
BESIDE_OTHERS = {
    "a_child": (
        ("header", HEADINGS + "1,2,27/03/2008,WBRI,D051910639385\n"),
        [("2018-03-31", {"birth_month": "2008-03"})],
        {},
        (1, 0, 0),
    ),
    "a_child_without_an_episode_is_a_person_all_the_same": (
        ("header", HEADINGS + "1,2,27/03/2008,,\n2,1,01/04/2008,,\n"),
        [("2018-03-31", {"birth_month": "2008-03"}), ("2018-03-31", {"birth_month": "2008-04"})],
        {"NO_EPISODES": 1},
        (2, 0, 0),
    ),
    "births_that_are_none": (
        ("header", HEADINGS + "1,2,,,\n1,2,31/06/2008,,\n1,2,31/12/1899,,\n1,2,01/04/2018,,\n"),
        [],
        {"BAD_BIRTH": 4},
        (0, 0, 4),
    ),
    "a_row_of_nobody_and_a_row_twice": (
        ("header", HEADINGS + "1,2,27/03/2008,,\n,,27/03/2008,,\n1,2,27/03/2008,,\n1,2\n"),
        [("2018-03-31", {"birth_month": "2008-03"})],
        {"NO_CHILD": 1, "DUPLICATE": 1, "RAGGED": 1},
        (1, 0, 3),
    ),
    "a_birth_that_is_a_blank_of_a_database": (
        ("header", HEADINGS + "1,2,01/01/1900,,\n"),
        [],
        {"NO_BIRTH_OF_A_CHILD": 1},
        (0, 1, 0),
    ),
    "a_birth_that_is_a_parents": (
        ("header", HEADINGS + "1,2,31/12/1994,,\n2,2,01/06/1999,,\n3,2,31/12/1994,,\n4,2,01/01/1995,,\n"),
        [("2018-03-31", {"birth_month": "1995-01"}), ("2018-03-31", {"birth_month": "1999-06"})],
        {"NO_BIRTH_OF_A_CHILD": 2, "NO_EPISODES": 3},
        (2, 2, 0),
    ),
    "of_age_on_the_first_day_of_care_and_a_day_younger": (
        ("header", HEADINGS + "1,2,01/06/1999,,\n1,2,02/06/1999,,\n"),
        [("2018-03-31", {"birth_month": "1999-06"})],
        {"NO_BIRTH_OF_A_CHILD": 1},
        (1, 1, 0),
    ),
    "a_birth_after_care_began_and_on_that_day": (
        ("header", HEADINGS + "1,2,02/06/2017,,\n1,2,01/06/2017,,\n"),
        [("2018-03-31", {"birth_month": "2017-06"})],
        {"NO_BIRTH_OF_A_CHILD": 1},
        (1, 1, 0),
    ),
    "two_births_of_one_child": (
        ("header", HEADINGS + "1,2,27/04/2008,,\n1,2,27/03/2008,,\n"),
        [("2018-03-31", {"birth_month": "2008-04"})],
        {"SAME_FACT": 1},
        (1, 0, 1),
    ),
    "reviews_were_held_however_the_child_took_part": (
        ("reviews", REVIEWS + "1,,30/08/2017,PN0\n1,,30/11/2017,PN7\n1,,31/03/2018,\n"),
        [("2017-08-30", {}), ("2017-11-30", {}), ("2018-03-31", {})],
        {},
        (3, 0, 0),
    ),
    "reviews_that_are_none": (
        ("reviews", REVIEWS + "1,,01/04/2018,PN1\n1,,,PN1\n1,,30/08/2017,PN1\n1,,30/08/2017,PN2\n"),
        [("2017-08-30", {})],
        {"STARTS_AFTER_AS_OF": 1, "BAD_DATE": 1, "SAME_FACT": 1},
        (1, 0, 3),
    ),
    "a_review_of_a_stranger": (
        ("reviews", REVIEWS + "2,,30/08/2017,PN1\n"),
        [("2017-08-30", {})],
        {"NOT_IN_HEADER": 1, "NO_EPISODES": 1},
        (1, 0, 0),
    ),
    "missing_away_and_still_missing": (
        ("missing", MISSING + "1,,M,01/07/2017,02/07/2017\n1,,A,01/08/2017,01/08/2017\n1,,M,30/03/2018,\n"),
        [
            ("2017-07-01", {"kind": "missing"}),
            ("2017-07-02", {"kind": "missing"}),
            ("2017-08-01", {"kind": "away"}),
            ("2017-08-01", {"kind": "away"}),
            ("2018-03-30", {"kind": "missing"}),
        ],
        {},
        (3, 0, 0),
    ),
    "missing_of_no_kind_and_beyond_the_return": (
        ("missing", MISSING + "1,,Q,01/07/2017,\n1,,M,30/03/2018,01/04/2018\n"),
        [("2017-07-01", {}), ("2018-03-30", {"kind": "missing"})],
        {"NO_CODE": 1, "END_AFTER_AS_OF": 1},
        (0, 2, 0),
    ),
    "missing_twice_and_backwards": (
        ("missing", MISSING + "1,,M,01/07/2017,\n1,,M,01/07/2017,02/07/2017\n1,,M,03/08/2017,01/08/2017\n"),
        [("2017-07-01", {"kind": "missing"}), ("2017-07-02", {"kind": "missing"})],
        {"SAME_START": 1, "ENDS_BEFORE_START": 1},
        (1, 0, 2),
    ),
    "young_people_who_left_care": (
        ("oc3", LEAVERS + "1,27/06/1999,YES,F2,B1\n2,27/02/1999,REFU,0,0\n3,27/03/1999,RHOM,,\n"),
        [
            ("2017-07-01", {"accommodation": "B1", "activity": "F2", "in_touch": "yes", "suitable": True}),
            ("2018-03-01", {"accommodation": "0", "activity": "0", "in_touch": "refused"}),
            ("2018-03-31", {"in_touch": "returned_home"}),
        ],
        {"NOT_IN_HEADER": 2, "NO_EPISODES": 2},
        (3, 0, 0),
    ),
    "young_people_of_whom_little_can_be_read": (
        ("oc3", LEAVERS + "1,,NO,FULL,02\n1,27/06/1999,MAYBE,F2,B2\n"),
        [("2018-03-31", {"in_touch": "no"})],
        {"NO_BIRTHDAY": 1, "NO_CODE": 1, "NO_ANSWER": 1},
        (0, 1, 1),
    ),
    "an_adoption": (
        ("ad1", ADOPTIONS + "1,,01/06/2016,01/09/2016,0,2,MF,L3\n"),
        [("2016-06-01", {}), ("2016-09-01", {})],
        {},
        (1, 0, 0),
    ),
    "an_adoption_in_part": (
        ("ad1", ADOPTIONS + "1,,,01/09/2016,,,,\n1,,01/06/2016,,,,,\n1,,01/06/2017,01/09/2018,,,,\n"),
        [("2016-06-01", {}), ("2016-09-01", {}), ("2017-06-01", {})],
        {"END_AFTER_AS_OF": 1},
        (2, 1, 0),
    ),
    "decisions_and_their_reversal": (
        ("placed_for_adoption", DECISIONS + "1,,01/06/2016,,\n1,,01/06/2015,01/03/2016,RD3\n"),
        [("2015-06-01", {}), ("2016-03-01", {}), ("2016-06-01", {})],
        {},
        (2, 0, 0),
    ),
    "an_end_of_being_placed_that_is_no_reversal": (
        ("placed_for_adoption", DECISIONS + "1,,01/06/2016,01/03/2017,XXX\n1,,01/06/2015,,RD3\n"),
        [("2015-06-01", {}), ("2016-06-01", {})],
        {"CEASED_UNEXPLAINED": 1, "REASON_WITHOUT_END": 1},
        (0, 2, 0),
    ),
    "social_workers": (
        ("sw_episodes", WORKERS + "1,,sw9,01/06/2017,01/08/2017,X\n1,,,01/08/2017,,\n"),
        [("2017-06-01", {"team": "unknown"}), ("2017-08-01", {})],
        {"NO_WORKER": 1},
        (1, 0, 1),
    ),
    "formerly_seeking_asylum": (
        ("uasc", "CHILD,SEX,DOB,DUC\n1,1,27/03/2008,01/09/2017\n"),
        [],
        {"NO_EVENT": 1},
        (0, 0, 1),
    ),
    "previous_permanence": (
        ("previous_permanence", "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM\n1,27/03/2008,Z1,,\n"),
        [],
        {"NO_EVENT": 1},
        (0, 0, 1),
    ),
    "deprived_of_liberty": (
        ("dolo", "CHILD,DOB,DOLO_START,DOLO_END\n1,27/03/2008,01/09/2017,\n"),
        [],
        {"NO_EVENT": 1},
        (0, 0, 1),
    ),
    "health_of_the_year": (
        ("oc2", "CHILD,DOB,HEALTH_ASSESSMENT\n1,27/03/2008,1\n"),
        [],
        {"NO_DAY": 1},
        (0, 0, 1),
    ),
}

TELLS = {
    "header": ("person.recorded",),
    "reviews": ("care_review.held",),
    "missing": ("missing.started", "missing.ended"),
    "oc3": ("care_leaver.recorded",),
    "ad1": ("adoption.decided", "adoption.matched"),
    "placed_for_adoption": ("adoption.decided", "adoption.reversed"),
    "sw_episodes": ("case.allocated", "case.deallocated"),
}


@pytest.mark.parametrize("name", BESIDE_OTHERS)
def test_what_a_row_tells_and_what_becomes_of_it(write: Write, name: str) -> None:
    """Used, repaired or left by the rule of its reason; every row is one of the three; in whatever order they come."""
    (file, text), expected, findings, outcomes = BESIDE_OTHERS[name]
    headings, *rows = text.splitlines()
    for order in (rows, rows[::-1]):
        result = reading(write(EPISODE, **({"header": HEADER} | {file: "\n".join([headings, *order])})))
        tellings = of_type(result.events, *TELLS.get(file, ()))
        assert [(day, {k: v for k, v in fields.items() if k != "worker"}) for day, fields in tellings] == expected
        assert reasons(result, f"{file}.csv") == findings
        report = report_of(result, f"{file}.csv")
        assert tuple(report.outcomes[outcome] for outcome in Outcome) == outcomes
        assert report.read == len(rows) == sum(outcomes)


def test_every_reason_has_its_story() -> None:
    """No rule without one."""
    stories = itertools.chain(BESIDE.values(), BESIDE_OTHERS.values())
    of_several_years = {"SAID_AGAIN", "TAKEN_BACK", "RETOLD", "CARRIED_ON", "ENDED_UNSEEN", "CUT"}  # test_ssda903_years
    assert {reason for _, _, findings, _ in stories for reason in findings} | of_several_years == set(
        Ssda903Reason.__members__
    )


def test_a_file_that_the_return_lacks_is_said(write: Write) -> None:
    """Only the header and the episodes are needed; what else there is not, is in the report as that."""
    result = reading(write(EPISODE, missing=MISSING))
    assert not report_of(result, "missing.csv").absent
    assert [report.file for report in result.reports if report.absent] == [
        "reviews.csv",
        "oc3.csv",
        "ad1.csv",
        "placed_for_adoption.csv",
        "sw_episodes.csv",
        "uasc.csv",
        "previous_permanence.csv",
        "oc2.csv",
        "dolo.csv",
    ]
    assert report_of(result, "reviews.csv").read == 0


def test_a_file_that_is_there_and_no_table_is_an_error(write: Write) -> None:
    """Also where the return need not have it."""
    with pytest.raises(TableUnreadable, match=r"missing\.csv: 0 columns are called MIS_END"):
        reading(write(EPISODE, missing="CHILD,DOB,MISSING,MIS_START\n"))


def test_columns_of_which_nothing_is_told_are_named_once(write: Write) -> None:
    """By the Department's names; a heading of somebody's own is not repeated."""
    result = reading(write(EPISODE, header="CHILD,SEX,DOB,UPN,Mabel\n1,2,27/03/2008,D05,x\n"))
    assert report_of(result, "header.csv").unused == ("SEX", "UPN")
    assert report_of(result, "episodes.csv").unused == ("HOME_POST",)


def test_two_files_tell_one_decision(write: Write) -> None:
    """DATE_INT and DATE_PLACED are the same day: one adoption, decided once, matched, and reversed."""
    result = reading(
        write(
            EPISODE,
            ad1=ADOPTIONS + "1,,01/06/2016,01/09/2016,0,2,MF,L3\n",
            placed_for_adoption=DECISIONS + "1,,01/06/2016,01/03/2017,RD4\n",
        )
    )
    adoption = [event for event in result.events if event.type.startswith("adoption.")]
    assert [event.type for event in adoption] == ["adoption.decided", "adoption.matched", "adoption.reversed"]
    assert len({event.record for event in adoption}) == 1


def test_nothing_but_pseudonyms_and_months_of_birth_leave_the_other_files(write: Write) -> None:
    """No number of a child or worker, no day of birth, no birthday, no cell that slipped into a code's column."""
    header = HEADINGS + "90210,2,27/03/2001,WBRI,D051910639385\n"
    result = reading(
        write(
            "90210 01/06/2017 S V2 14/08/2017 X1 JANE PRUE MABEL",
            header=header,
            reviews=REVIEWS + "90210,27/03/2001,30/08/2017,JANE\n",
            missing=MISSING + "90210,27/03/2001,JANE,01/07/2017,\n",
            oc3=LEAVERS + "90210,27/03/2001,YES,JANE,EX1\n",
            ad1=ADOPTIONS + "90210,27/03/2001,01/06/2016,01/09/2016,0,2,MF,L3\n",
            placed_for_adoption=DECISIONS + "90210,27/03/2001,01/06/2016,01/03/2017,JANE\n",
            sw_episodes=WORKERS + "90210,27/03/2001,90211,01/06/2017,,JANE\n",
        )
    )
    text = "".join(msgspec.json.encode(event).decode() for event in result.events)
    assert '"birth_month":"2001-03"' in text
    for secret in ("90210", "90211", "27/03", "03-27", "JANE", "PRUE", "MABEL", "D0519", "EX1"):
        assert secret not in text
    for report in result.reports:
        assert not any(secret in report.file + "".join(report.unused) for secret in ("90210", "JANE"))
