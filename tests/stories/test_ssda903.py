"""Stories of an SSDA903 return: what becomes of each kind of row of its episodes, and of files that are none."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from events.care import CareStarted
from events.feed import FeedReported
from events.sources.pseudonym import KeyUnusable, key_file, keyed
from events.sources.report import Outcome
from events.sources.source import SourceUnreadable
from events.sources.ssda903.returns import RULES
from metrics.windows import parse_at
from tests.stories.ssda903_returns import (
    AUTHORITY,
    COLUMNS,
    Write,
    kept,
    looked_after,
    periods,
    reading,
    reasons,
    report_of,
    statuses,
    store_of,
    total,
    writer,
)

write = pytest.fixture(writer)


# --- a child's way through care -----------------------------------------------------------------------------------


def test_rows_that_follow_on_by_date_are_one_period_of_care(write: Write) -> None:
    """From the first DECOM to the last DEC, for the last row's reason; each row's legal status begins with it."""
    result = reading(
        write("""
            1 01/06/2017 S V2 14/08/2017 X1
            1 14/08/2017 L C1 01/12/2017 X1
            1 01/12/2017 P C1 05/02/2018 E4A
        """)
    )
    assert periods(result.events) == [("2017-06-01", "2018-02-05", "E4A")]
    assert statuses(result.events) == [("2017-06-01", "V2"), ("2017-08-14", "C1"), ("2017-12-01", "C1")]
    assert reasons(result) == {}
    assert report_of(result, "episodes.csv").outcomes == {Outcome.USED: 3}
    store = store_of(result.events)
    assert [total(store, at) for at in ("2017-05-31", "2017-06-01", "2018-02-04", "2018-02-05")] == [0, 1, 1, 0]
    assert looked_after(store, "2017-08-13") == {"section_20": 1}
    assert looked_after(store, "2017-08-14") == {"interim_care_order": 1}


def test_the_envelope(write: Write) -> None:
    """Known at the end of the as-of day in London, a backload, by need; the feed is complete to then."""
    *others, last = reading(write("1 01/06/2017 S V2 - -"), date(2017, 7, 31)).events
    (first,) = (event for event in others if isinstance(event, CareStarted))
    assert first.need == "N1"
    assert isinstance(last, FeedReported)
    assert last.complete_to == last.recorded_at
    assert last.record == "ssda903"
    for event in (*others, last):
        assert event.recorded_at.isoformat() == "2017-07-31T23:59:59+01:00"
        assert (event.authority, event.source, event.origin) == (AUTHORITY, "ssda903", "backload")
        assert event.revision == event.rank[0] == event.recorded_at.timestamp() * 1000 + RULES * 1000
        assert max(len(event.id), len(event.record)) <= 64


def test_nothing_but_a_pseudonym_leaves_the_return(write: Write) -> None:
    """No number, day of birth, UPN or postcode is in any event; nor is a cell that slipped into a code's column."""
    header = "CHILD,SEX,DOB,ETHNIC,UPN\n90210,2,27/03/2008,WBRI,D051910639385\n"
    slipped = reading(write("90210 01/06/2017 S EX11AA 14/08/2017 JANE", header))
    text = "".join(msgspec.json.encode(event).decode() for event in slipped.events)
    for secret in ("90210", "27/03", "03-27", "D0519", "EX1", "JANE"):
        assert secret not in text
    assert reasons(slipped) == {"NO_CODE": 1, "ENDS_UNEXPLAINED": 1}


def test_a_later_return_closes_what_an_earlier_one_left_open(write: Write) -> None:
    """In December care was open; in March it ended in January. As known in December, it is still open."""
    december = reading(write("1 01/06/2017 S V2 - -"), date(2017, 12, 31))
    march = reading(
        write("""
            1 01/06/2017 S V2 10/01/2018 X1
            1 10/01/2018 L C2 20/01/2018 E3
        """)
    )
    assert periods(december.events) == [("2017-06-01", "", "")]
    for order in ((december, march), (march, december)):
        store = store_of(*(result.events for result in order))
        assert [total(store, at) for at in ("2018-01-19", "2018-01-20")] == [1, 0]
        assert looked_after(store, "2018-01-10") == {"full_care_order": 1}
        assert total(store.known_at(parse_at("2018-01-31").instant), "2018-01-31") == 1


def test_a_later_return_takes_back_an_end_and_joins_what_was_apart(write: Write) -> None:
    """In December a row was missing: two periods with a gap, the second ended. In March it is one, and open."""
    december = reading(
        write("""
            1 01/06/2017 S V2 14/08/2017 X1
            1 01/10/2017 P C2 01/12/2017 E3
        """),
        date(2017, 12, 31),
    )
    march = reading(
        write("""
            1 01/06/2017 S V2 14/08/2017 X1
            1 14/08/2017 P V2 01/10/2017 X1
            1 01/10/2017 P C2 - -
        """)
    )
    assert reasons(december) == {"AFTER_A_GAP": 1, "BEGAN_EARLIER": 1, "ENDS_UNEXPLAINED": 1}
    assert total(store_of(december.events), "2017-09-01") == 0
    both = store_of(december.events, march.events)
    assert [total(both, at) for at in ("2017-09-01", "2018-03-31")] == [1, 1]
    assert looked_after(both, "2018-03-31") == {"full_care_order": 1}
    assert kept(store_of(march.events, december.events)) == kept(both)
    (case,) = (case for _, case in both.households())
    assert periods(case.standing()) == [("2017-06-01", "", "")]


# --- what is odd, and used ----------------------------------------------------------------------------------------

BESIDE = {  # name: episodes, periods that come of it, findings, outcomes (used, repaired, left)
    "care_that_began_before_the_return": (
        "1 01/06/2016 P V2 - -",
        [("2016-06-01", "", "")],
        {"BEGAN_EARLIER": 1},
        (1, 0, 0),
    ),
    "back_after_a_gap": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 15/08/2017 S V2 - -",
        [("2017-06-01", "2017-08-14", "E4A"), ("2017-08-15", "", "")],
        {"AFTER_A_GAP": 1},
        (2, 0, 0),
    ),
    "two_periods_touch_where_both_rows_say_so": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 14/08/2017 S V2 - -",
        [("2017-06-01", "2017-08-14", "E4A"), ("2017-08-14", "", "")],
        {"TOUCHES": 1},
        (2, 0, 0),
    ),
    "periods_overlap_and_both_stand": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 01/08/2017 S C2 01/09/2017 E3",
        [("2017-06-01", "2017-08-14", "E4A"), ("2017-08-01", "2017-09-01", "E3")],
        {"OVERLAPS": 1},
        (2, 0, 0),
    ),
    "an_open_episode_that_another_follows_stays_open": (
        "1 01/06/2017 S V2 - -\n1 01/08/2017 S C2 01/09/2017 E3",
        [("2017-06-01", "", ""), ("2017-08-01", "2017-09-01", "E3")],
        {"OPEN_THEN_ANOTHER": 1, "OVERLAPS": 1},
        (2, 0, 0),
    ),
    "an_end_that_says_it_goes_on": (
        "1 01/06/2017 S V2 14/08/2017 X1",
        [("2017-06-01", "2017-08-14", "X1")],
        {"ENDS_UNEXPLAINED": 1},
        (1, 0, 0),
    ),
    "an_end_without_a_reason": (
        "1 01/06/2017 S V2 14/08/2017 -",
        [("2017-06-01", "2017-08-14", "")],
        {"ENDS_UNEXPLAINED": 1},
        (1, 0, 0),
    ),
    "a_child_whom_the_header_lacks": (
        "2 01/06/2017 S V2 - -",
        [("2017-06-01", "", "")],
        {"NOT_IN_HEADER": 1},
        (1, 0, 0),
    ),
    "overlapping_chains_keep_apart": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 01/08/2017 S C2 20/08/2017 X1\n"
        "1 14/08/2017 P V2 01/10/2017 E3\n1 20/08/2017 P C2 - -",
        [("2017-06-01", "2017-10-01", "E3"), ("2017-08-01", "", "")],
        {"OVERLAPS": 1},
        (4, 0, 0),
    ),
    "of_two_that_end_on_the_day_the_one_that_goes_on_goes_on": (
        "1 01/06/2017 S V2 20/08/2017 X1\n1 01/08/2017 S C2 20/08/2017 E3\n1 20/08/2017 P V2 - -",
        [("2017-06-01", "", ""), ("2017-08-01", "2017-08-20", "E3")],
        {"OVERLAPS": 1},
        (3, 0, 0),
    ),
    "the_last_day_that_the_return_knows": (
        "1 01/06/2017 S V2 31/03/2018 E4A\n2 31/03/2018 S V2 - -",
        [("2017-06-01", "2018-03-31", "E4A"), ("2018-03-31", "", "")],
        {"NOT_IN_HEADER": 1},
        (2, 0, 0),
    ),
    "the_first_day_of_the_calendar": (
        "1 01/01/1995 S V2 - -",
        [("1995-01-01", "", "")],
        {},
        (1, 0, 0),
    ),
    # Repaired.
    "a_reason_beside_a_blank_end_is_no_end": (
        "1 01/06/2017 S V2 - E4A",
        [("2017-06-01", "", "")],
        {"REASON_WITHOUT_END": 1},
        (0, 1, 0),
    ),
    "an_end_that_the_return_cannot_know": (
        "1 01/06/2017 S V2 01/04/2018 E4A",
        [("2017-06-01", "", "")],
        {"END_AFTER_AS_OF": 1},
        (0, 1, 0),
    ),
    "an_end_that_a_database_made_of_a_blank": (
        "1 01/06/2017 S V2 01/01/1900 -",
        [("2017-06-01", "", "")],
        {"MADE_OF_A_BLANK": 1},
        (0, 1, 0),
    ),
    "a_far_end_that_stands_for_none": (
        "1 01/06/2017 S V2 31/12/9999 -",
        [("2017-06-01", "", "")],
        {"END_AFTER_AS_OF": 1},
        (0, 1, 0),
    ),
    "dates_that_follow_on_beside_a_reason_that_ends": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 14/08/2017 P V2 - -",
        [("2017-06-01", "", "")],
        {"JOINED_BY_DATE": 1},
        (1, 1, 0),
    ),
    "dates_that_follow_on_beside_a_start": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 S V2 - -",
        [("2017-06-01", "", "")],
        {"JOINED_BY_DATE": 1},
        (1, 1, 0),
    ),
    "no_legal_status": (
        "1 01/06/2017 S - - -",
        [("2017-06-01", "", "")],
        {"NO_STATUS": 1},
        (0, 1, 0),
    ),
    "no_code": (
        "1 01/06/2017 S Mabel 14/08/2017 X1\n1 14/08/2017 P V2 - - Mabel Mabel",
        [("2017-06-01", "", "")],
        {"NO_CODE": 2},
        (0, 2, 0),
    ),
    "no_place_ends_the_one_before": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 P V2 - - -",
        [("2017-06-01", "", "")],
        {"NO_PLACE": 1},
        (1, 1, 0),
    ),
    "no_cause": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 - V2 - -",
        [("2017-06-01", "", "")],
        {"NO_CAUSE": 1},
        (1, 1, 0),
    ),
    "legal_status_alone_yet_another_place": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 L C2 - - U4",
        [("2017-06-01", "", "")],
        {"OTHER_PLACE": 1},
        (1, 1, 0),
    ),
    "a_reason_for_a_change_of_place_where_none_is": (
        "1 01/06/2017 S V2 14/08/2017 X1 U1 PR1 CREQB\n1 14/08/2017 L C2 - - U1 PR1 CREQB",
        [("2017-06-01", "", "")],
        {"PLACE_GOES_ON": 2},
        (0, 2, 0),
    ),
    # Left.
    "the_same_row_twice": (
        "1 01/06/2017 S V2 - -\n1 01/06/2017 S V2 - -",
        [("2017-06-01", "", "")],
        {"DUPLICATE": 1},
        (1, 0, 1),
    ),
    "the_same_start_twice_the_one_that_ended_is_newer": (
        "1 01/06/2017 S V2 14/08/2017 E3\n1 01/06/2017 S V2 - -\n1 01/06/2017 S V2 01/08/2017 E4A",
        [("2017-06-01", "2017-08-14", "E3")],
        {"SAME_START": 2},
        (1, 0, 2),
    ),
    "no_child": (
        "- 01/06/2017 S V2 - -",
        [],
        {"NO_CHILD": 1},
        (0, 0, 1),
    ),
    "dates_that_are_none": (
        "1 - S V2 - -\n1 31/06/2017 S V2 - -\n1 2017-06-01 S V2 - -\n1 01/06/2017 S V2 soon -\n1 31/12/1994 S V2 - -",
        [],
        {"BAD_DATE": 5},
        (0, 0, 5),
    ),
    "a_start_that_the_return_cannot_know": (
        "1 01/04/2018 S V2 - -",
        [],
        {"STARTS_AFTER_AS_OF": 1},
        (0, 0, 1),
    ),
    "an_end_before_the_start": (
        "1 01/06/2017 S V2 31/05/2017 E3",
        [],
        {"ENDS_BEFORE_START": 1},
        (0, 0, 1),
    ),
    "an_end_on_the_day_of_the_start": (
        "1 01/06/2017 S V2 01/06/2017 X1\n1 01/06/2017 L C2 - -",
        [("2017-06-01", "", "")],
        {"ENDS_AS_IT_STARTS": 1, "BEGAN_EARLIER": 1},
        (1, 0, 1),
    ),
    "a_row_that_is_cut_off_in_the_middle": (
        "1 01/06/2017 S V2 - -\n2",
        [("2017-06-01", "", "")],
        {"RAGGED": 1, "NOT_IN_HEADER": 1},
        (1, 0, 1),
    ),
    "days_of_another_form_than_the_column_has": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 2017-08-14 P V2 - -",
        [("2017-06-01", "2017-08-14", "X1")],
        {"BAD_DATE": 1, "ENDS_UNEXPLAINED": 1},
        (1, 0, 1),
    ),
    # Two rows that both say that care went on.
    "the_end_was_entered_as_the_day_before": (
        "1 01/06/2017 S V2 13/08/2017 X1\n1 14/08/2017 P V2 - -",
        [("2017-06-01", "", "")],
        {"BRIDGED": 1},
        (1, 1, 0),
    ),
    "seven_days_apart": (
        "1 01/06/2017 S V2 07/08/2017 X1\n1 14/08/2017 L C2 01/09/2017 E3",
        [("2017-06-01", "2017-09-01", "E3")],
        {"BRIDGED": 1},
        (1, 1, 0),
    ),
    "eight_days_apart_is_a_gap": (
        "1 01/06/2017 S V2 06/08/2017 X1\n1 14/08/2017 P V2 - -",
        [("2017-06-01", "2017-08-06", "X1"), ("2017-08-14", "", "")],
        {"ENDS_UNEXPLAINED": 1, "AFTER_A_GAP": 1, "BEGAN_EARLIER": 1},
        (2, 0, 0),
    ),
    "a_few_days_apart_and_a_start_is_a_gap": (
        "1 01/06/2017 S V2 12/08/2017 X1\n1 14/08/2017 S V2 - -",
        [("2017-06-01", "2017-08-12", "X1"), ("2017-08-14", "", "")],
        {"ENDS_UNEXPLAINED": 1, "AFTER_A_GAP": 1},
        (2, 0, 0),
    ),
    "a_few_days_apart_and_an_end_is_a_gap": (
        "1 01/06/2017 S V2 12/08/2017 E4A\n1 14/08/2017 P V2 - -",
        [("2017-06-01", "2017-08-12", "E4A"), ("2017-08-14", "", "")],
        {"AFTER_A_GAP": 1, "BEGAN_EARLIER": 1},
        (2, 0, 0),
    ),
    "two_gaps_in_a_row": (
        "1 01/06/2017 S V2 13/08/2017 X1\n1 14/08/2017 P V2 30/08/2017 X1\n1 02/09/2017 U C2 - -",
        [("2017-06-01", "", "")],
        {"BRIDGED": 2},
        (1, 2, 0),
    ),
    "overlaps_within_a_return_stay_two": (
        "1 01/06/2017 S V2 20/08/2017 X1\n1 14/08/2017 P V2 - -",
        [("2017-06-01", "2017-08-20", "X1"), ("2017-08-14", "", "")],
        {"OVERLAPS": 1, "ENDS_UNEXPLAINED": 1, "BEGAN_EARLIER": 1},
        (2, 0, 0),
    ),
    "a_row_with_a_comma_too_many": (
        "1 01/06/2017 S V2,V2 - -",
        [],
        {"RAGGED": 1},
        (0, 0, 1),
    ),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_becomes_of_a_row_that_is_odd(write: Write, name: str) -> None:
    """Used, repaired or left by the rule of its reason; every row is one of the three; in whatever order they come."""
    episodes, expected, findings, outcomes = BESIDE[name]
    lines = episodes.splitlines()
    for order in (lines, lines[::-1]):
        result = reading(write("\n".join(order)))
        assert periods(result.events) == expected
        assert reasons(result) == findings
        report = report_of(result, "episodes.csv")
        assert tuple(report.outcomes[outcome] for outcome in Outcome) == outcomes
        assert report.read == len(lines) == sum(outcomes)


def test_a_child_in_overlapping_periods_is_in_care_once_and_until_both_have_ended(write: Write) -> None:
    """The last begun is the present one; the other is present again when that has ended."""
    result = reading(write("1 01/06/2017 S V2 14/08/2017 E4A\n1 01/07/2017 S C2 01/08/2017 E3"))
    store = store_of(result.events)
    for at, expected in (
        ("2017-06-30", {"section_20": 1}),
        ("2017-07-01", {"full_care_order": 1}),
        ("2017-08-01", {"section_20": 1}),
        ("2017-08-14", {}),
    ):
        assert looked_after(store, at) == expected


# --- how the file is written --------------------------------------------------------------------------------------


def test_a_byte_order_mark_and_the_case_of_names_make_no_difference(write: Write) -> None:
    """Excel writes the first; people write the second."""
    folder = write("1 01/06/2017 S V2 - -")
    plain = reading(folder)
    text = (folder / "episodes.csv").read_text()
    (folder / "episodes.csv").unlink()
    (folder / "Episodes.CSV").write_text(text.replace(COLUMNS, COLUMNS.title()).replace("\n", "\r\n"), "utf-8-sig")
    assert reading(folder).events == plain.events


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (COLUMNS.replace("DECOM", "Start") + "\n", "episodes.csv: 0 columns are called DECOM, exactly one is needed: "),
        (COLUMNS + ",DEC\n", "episodes.csv: 2 columns are called DEC, "),
        ("", "episodes.csv: it is empty, it has not even headings: nothing is sent"),
        ("CHILD;DECOM\n1;01/06/2017\n", "episodes.csv: 0 columns are called CHILD, "),
        (COLUMNS + '\n1,"01/06/2017,S\n', "episodes.csv, line 2: not CSV: export the file again"),
        (COLUMNS + "\n1,\xe9\n", "episodes.csv: not UTF-8: save it as CSV UTF-8"),
        (None, "0 files are called episodes.csv, in any case: have exactly one there"),
    ],
)
def test_a_file_that_is_no_return_is_one_clear_error(write: Write, text: str | None, message: str) -> None:
    """It says which file and column, and what to do; it repeats no cell."""
    folder = write("1 01/06/2017 S V2 - -")
    (folder / "episodes.csv").unlink()
    if text is not None:
        (folder / "episodes.csv").write_text(text, encoding="latin-1")
    with pytest.raises(SourceUnreadable) as error:
        reading(folder)
    assert message in str(error.value)
    assert "01/06" not in str(error.value)


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    """The first use makes it, mode 600; the next finds it. Another key gives other pseudonyms."""
    path = tmp_path / "pseudonym.key"
    key = key_file(path)
    assert key_file(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert keyed(key)("1") == keyed(key)("1") != keyed(key)("2")
    assert keyed(key)("1") != keyed(key_file(tmp_path / "other.key"))("1")
    assert len(keyed(key)("1")) == 32


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"not hexadecimal", b"abcd"])
def test_a_key_file_that_holds_no_key_is_an_error_not_a_new_key(tmp_path: Path, content: bytes) -> None:
    """It stays as it is: a new key would make every child a stranger."""
    path = tmp_path / "pseudonym.key"
    path.write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"pseudonym\.key: ") as error:
        key_file(path)
    assert path.read_bytes() == content
    assert "abcd" not in str(error.value)


def test_a_key_file_where_there_can_be_none_is_an_error(tmp_path: Path) -> None:
    """A folder that is not there, and a key that is a folder."""
    for path in (tmp_path / "none" / "pseudonym.key", tmp_path):
        with pytest.raises(KeyUnusable, match="cannot be read or made"):
            key_file(path)
