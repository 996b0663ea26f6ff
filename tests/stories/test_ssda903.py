"""Stories of an SSDA903 return: what becomes of each kind of row, and the numbers of a real-sized one."""

import csv
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from events.care import CareEnded, CareStarted, LegalStatusChanged
from events.decode import decode
from events.event import Event
from events.feed import FeedReported
from events.sources.pseudonym import KeyUnusable, key_file, keyed
from events.sources.report import FileReport, Outcome, Reason
from events.sources.ssda903 import Reading, read
from events.sources.table import TableUnreadable
from metrics.book import Book
from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER
from metrics.figures import Question, figures
from metrics.shapes import Rules
from metrics.windows import parse_at
from metrics.working_days import calendar

DATA = Path(__file__).parents[1] / "data" / "ssda903_2017_18"
AUTHORITY = "X99999901"
YEAR_END = date(2018, 3, 31)
NAMED = keyed(b"a key for the tests, not a secret")
COLUMNS = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a return whose episodes are lines of `child DECOM RNE LS DEC REC`, `-` for a blank; return its folder."""

    def write(episodes: str, header: str = "CHILD,SEX,DOB,ETHNIC,UPN\n1,2,27/03/2008,WBRI,D051910639385\n") -> Path:
        rows = [COLUMNS]
        for line in episodes.strip().splitlines():
            child, start, rne, status, end, rec = ("" if cell == "-" else cell for cell in line.split())
            rows.append(f"{child},{start},{rne},{status},N1,U1,PR1,{end},{rec},,EX1 1AA,EX2 2BB,SC1")
        (tmp_path / "episodes.csv").write_text("\n".join(rows) + "\n")
        (tmp_path / "header.csv").write_text(header)
        return tmp_path

    return write


def reading(folder: Path, as_of: date = YEAR_END) -> Reading:
    return read(folder, AUTHORITY, as_of, NAMED)


def told(*readings: Iterable[Event]) -> Book:
    book = Book(Rules(calendar()))
    for events in readings:
        book.tell(events)
    return book


def kept(book: Book) -> tuple[object, ...]:
    return book.kept, book.authorities, book.tallies


def looked_after(book: Book, at: str) -> Counter[str]:
    """Children looked after by legal group."""
    sums = book.sums()[AUTHORITY]
    question = Question(measure=CHILDREN_LOOKED_AFTER, at=parse_at(at), by=("legal_group",))
    return Counter({figure.by["legal_group"]: figure.numerator for figure in figures(sums, AUTHORITY, question)})


def total(book: Book, at: str) -> int:
    (figure,) = figures(book.sums()[AUTHORITY], AUTHORITY, Question(measure=CHILDREN_LOOKED_AFTER, at=parse_at(at)))
    return figure.numerator


def periods(events: Iterable[Event]) -> list[tuple[str, str, str]]:
    """Each period of care that stands: first day, last day or '', reason or ''."""
    told = [event for event in events if not event.retracted]
    ends = {event.record: event for event in told if isinstance(event, CareEnded)}
    found = []
    for start in told:
        if isinstance(start, CareStarted):
            end = ends.pop(start.record, None)
            found.append((str(start.occurred_on), str(end.occurred_on) if end else "", (end and end.reason) or ""))
    assert not ends, "an end without a start"
    return sorted(found)


def statuses(events: Iterable[Event]) -> list[tuple[str, str]]:
    return sorted((str(e.occurred_on), e.status) for e in events if isinstance(e, LegalStatusChanged))


def episodes_report(reading: Reading) -> FileReport:
    return reading.report[1]


def reasons(reading: Reading) -> dict[str, int]:
    return {reason.name: n for reason, n in episodes_report(reading).reasons.items()}


# --- a child's way through care -----------------------------------------------------------------------------------


def test_rows_that_follow_on_by_date_are_one_period_of_care(write: Write) -> None:
    """From the first DECOM to the last DEC, for the last row's reason; each row's legal status begins with it."""
    one = reading(
        write("""
            1 01/06/2017 S V2 14/08/2017 X1
            1 14/08/2017 L C1 01/12/2017 X1
            1 01/12/2017 P C1 05/02/2018 E4A
        """)
    )
    assert periods(one.events) == [("2017-06-01", "2018-02-05", "E4A")]
    assert statuses(one.events) == [("2017-06-01", "V2"), ("2017-08-14", "C1"), ("2017-12-01", "C1")]
    assert reasons(one) == {}
    assert episodes_report(one).outcomes == {Outcome.USED: 3}
    book = told(one.events)
    assert [total(book, at) for at in ("2017-05-31", "2017-06-01", "2018-02-04", "2018-02-05")] == [0, 1, 1, 0]
    assert looked_after(book, "2017-08-13") == {"section_20": 1}
    assert looked_after(book, "2017-08-14") == {"interim_care_order": 1}


def test_the_envelope(write: Write) -> None:
    """Known at the end of the as-of day in London, a backload, by need; the feed is complete to then."""
    first, *others, last = reading(write("1 01/06/2017 S V2 - -"), date(2017, 7, 31)).events
    assert isinstance(first, CareStarted)
    assert first.need == "N1"
    assert isinstance(last, FeedReported)
    assert last.complete_to == last.recorded_at
    assert last.record == "ssda903"
    for event in (first, *others, last):
        assert event.recorded_at.isoformat() == "2017-07-31T23:59:59+01:00"
        assert (event.authority, event.source, event.origin) == (AUTHORITY, "ssda903", "backload")
        assert event.revision is None
        assert max(len(event.id), len(event.record)) <= 64


def test_nothing_but_a_pseudonym_leaves_the_return(write: Write) -> None:
    """No number, date of birth, UPN or postcode is in any event; nor is a cell that slipped into a code's column."""
    header = "CHILD,SEX,DOB,ETHNIC,UPN\n90210,2,27/03/2008,WBRI,D051910639385\n"
    slipped = reading(write("90210 01/06/2017 S EX11AA 14/08/2017 JANE", header))
    text = "".join(msgspec.json.encode(event).decode() for event in slipped.events)
    for secret in ("90210", "2008", "D0519", "EX1", "JANE"):
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
        book = told(*(one.events for one in order))
        assert [total(book, at) for at in ("2018-01-19", "2018-01-20")] == [1, 0]
        assert looked_after(book, "2018-01-10") == {"full_care_order": 1}
        assert total(book.known_at(parse_at("2018-01-31").moment), "2018-01-31") == 1


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
    assert total(told(december.events), "2017-09-01") == 0
    both = told(december.events, march.events)
    assert [total(both, at) for at in ("2017-09-01", "2018-03-31")] == [1, 1]
    assert looked_after(both, "2018-03-31") == {"full_care_order": 1}
    assert kept(told(march.events, december.events)) == kept(both)
    (case,) = (case for _, case in both.households())
    assert periods(case.standing()) == [("2017-06-01", "", "")]


# --- what is odd, and used ----------------------------------------------------------------------------------------

BESIDE = {  # name: episodes, periods that come of it, findings, outcomes (used, repaired, left)
    "care_that_began_before_the_return": (
        "1 01/06/2016 P V2 - -",
        [("2016-06-01", "", "")], {"BEGAN_EARLIER": 1}, (1, 0, 0),
    ),
    "back_after_a_gap": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 15/08/2017 S V2 - -",
        [("2017-06-01", "2017-08-14", "E4A"), ("2017-08-15", "", "")], {"AFTER_A_GAP": 1}, (2, 0, 0),
    ),
    "two_periods_touch_where_both_rows_say_so": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 14/08/2017 S V2 - -",
        [("2017-06-01", "2017-08-14", "E4A"), ("2017-08-14", "", "")], {"TOUCHES": 1}, (2, 0, 0),
    ),
    "periods_overlap_and_both_stand": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 01/08/2017 S C2 01/09/2017 E3",
        [("2017-06-01", "2017-08-14", "E4A"), ("2017-08-01", "2017-09-01", "E3")], {"OVERLAPS": 1}, (2, 0, 0),
    ),
    "an_open_episode_that_another_follows_stays_open": (
        "1 01/06/2017 S V2 - -\n1 01/08/2017 S C2 01/09/2017 E3",
        [("2017-06-01", "", ""), ("2017-08-01", "2017-09-01", "E3")],
        {"OPEN_THEN_ANOTHER": 1, "OVERLAPS": 1}, (2, 0, 0),
    ),
    "an_end_that_says_it_goes_on": (
        "1 01/06/2017 S V2 14/08/2017 X1",
        [("2017-06-01", "2017-08-14", "X1")], {"ENDS_UNEXPLAINED": 1}, (1, 0, 0),
    ),
    "an_end_without_a_reason": (
        "1 01/06/2017 S V2 14/08/2017 -",
        [("2017-06-01", "2017-08-14", "")], {"ENDS_UNEXPLAINED": 1}, (1, 0, 0),
    ),
    "a_child_whom_the_header_lacks": (
        "2 01/06/2017 S V2 - -",
        [("2017-06-01", "", "")], {"NOT_IN_HEADER": 1}, (1, 0, 0),
    ),
    "overlapping_chains_keep_apart": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 01/08/2017 S C2 20/08/2017 X1\n"
        "1 14/08/2017 P V2 01/10/2017 E3\n1 20/08/2017 P C2 - -",
        [("2017-06-01", "2017-10-01", "E3"), ("2017-08-01", "", "")], {"OVERLAPS": 1}, (4, 0, 0),
    ),
    "of_two_that_end_on_the_day_the_one_that_goes_on_goes_on": (
        "1 01/06/2017 S V2 20/08/2017 X1\n1 01/08/2017 S C2 20/08/2017 E3\n1 20/08/2017 P V2 - -",
        [("2017-06-01", "", ""), ("2017-08-01", "2017-08-20", "E3")], {"OVERLAPS": 1}, (3, 0, 0),
    ),
    "the_last_day_that_the_return_knows": (
        "1 01/06/2017 S V2 31/03/2018 E4A\n2 31/03/2018 S V2 - -",
        [("2017-06-01", "2018-03-31", "E4A"), ("2018-03-31", "", "")], {"NOT_IN_HEADER": 1}, (2, 0, 0),
    ),
    "the_first_day_of_the_calendar": (
        "1 01/01/1995 S V2 - -",
        [("1995-01-01", "", "")], {}, (1, 0, 0),
    ),
    # Repaired.
    "a_reason_beside_a_blank_end_is_no_end": (
        "1 01/06/2017 S V2 - E4A",
        [("2017-06-01", "", "")], {"REASON_WITHOUT_END": 1}, (0, 1, 0),
    ),
    "an_end_that_the_return_cannot_know": (
        "1 01/06/2017 S V2 01/04/2018 E4A",
        [("2017-06-01", "", "")], {"END_AFTER_AS_OF": 1}, (0, 1, 0),
    ),
    "a_far_end_that_stands_for_none": (
        "1 01/06/2017 S V2 31/12/9999 -",
        [("2017-06-01", "", "")], {"END_AFTER_AS_OF": 1}, (0, 1, 0),
    ),
    "dates_that_follow_on_beside_a_reason_that_ends": (
        "1 01/06/2017 S V2 14/08/2017 E4A\n1 14/08/2017 P V2 - -",
        [("2017-06-01", "", "")], {"JOINED_BY_DATE": 1}, (1, 1, 0),
    ),
    "dates_that_follow_on_beside_a_start": (
        "1 01/06/2017 S V2 14/08/2017 X1\n1 14/08/2017 S V2 - -",
        [("2017-06-01", "", "")], {"JOINED_BY_DATE": 1}, (1, 1, 0),
    ),
    "no_legal_status": (
        "1 01/06/2017 S - - -",
        [("2017-06-01", "", "")], {"NO_STATUS": 1}, (0, 1, 0),
    ),
    "no_code": (
        "1 01/06/2017 S Mabel - -",
        [("2017-06-01", "", "")], {"NO_CODE": 1}, (0, 1, 0),
    ),
    # Left.
    "the_same_row_twice": (
        "1 01/06/2017 S V2 - -\n1 01/06/2017 S V2 - -",
        [("2017-06-01", "", "")], {"DUPLICATE": 1}, (1, 0, 1),
    ),
    "the_same_start_twice_the_one_that_ended_is_newer": (
        "1 01/06/2017 S V2 14/08/2017 E3\n1 01/06/2017 S V2 - -\n1 01/06/2017 S V2 01/08/2017 E4A",
        [("2017-06-01", "2017-08-14", "E3")], {"SAME_START": 2}, (1, 0, 2),
    ),
    "no_child": (
        "- 01/06/2017 S V2 - -",
        [], {"NO_CHILD": 1}, (0, 0, 1),
    ),
    "dates_that_are_none": (
        "1 - S V2 - -\n1 31/06/2017 S V2 - -\n1 2017-06-01 S V2 - -\n1 01/06/2017 S V2 soon -\n1 31/12/1994 S V2 - -",
        [], {"BAD_DATE": 5}, (0, 0, 5),
    ),
    "a_start_that_the_return_cannot_know": (
        "1 01/04/2018 S V2 - -",
        [], {"STARTS_AFTER_AS_OF": 1}, (0, 0, 1),
    ),
    "an_end_before_the_start": (
        "1 01/06/2017 S V2 31/05/2017 E3",
        [], {"ENDS_BEFORE_START": 1}, (0, 0, 1),
    ),
    "an_end_on_the_day_of_the_start": (
        "1 01/06/2017 S V2 01/06/2017 X1\n1 01/06/2017 L C2 - -",
        [("2017-06-01", "", "")], {"ENDS_AS_IT_STARTS": 1, "BEGAN_EARLIER": 1}, (1, 0, 1),
    ),
    "a_row_with_a_comma_too_many": (
        "1 01/06/2017 S V2,V2 - -",
        [], {"RAGGED": 1}, (0, 0, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BESIDE)
def test_what_becomes_of_a_row_that_is_odd(write: Write, name: str) -> None:
    """Used, repaired or left by the rule of its reason; every row is one of the three; in whatever order they come."""
    episodes, expected, found, outcomes = BESIDE[name]
    lines = episodes.splitlines()
    for order in (lines, lines[::-1]):
        one = reading(write("\n".join(order)))
        assert periods(one.events) == expected
        assert reasons(one) == found
        report = episodes_report(one)
        assert tuple(report.outcomes[outcome] for outcome in Outcome) == outcomes
        assert report.read == len(lines) == sum(outcomes)


def test_every_reason_has_its_story() -> None:
    """No rule without one; NO_EPISODES is about the header and has its own."""
    assert {reason for _, _, found, _ in BESIDE.values() for reason in found} | {"NO_EPISODES"} == set(
        Reason.__members__
    )


def test_a_child_in_overlapping_periods_is_in_care_once_and_until_both_have_ended(write: Write) -> None:
    """The last begun is the present one; the other is present again when that has ended."""
    one = reading(write("1 01/06/2017 S V2 14/08/2017 E4A\n1 01/07/2017 S C2 01/08/2017 E3"))
    book = told(one.events)
    for at, expected in (
        ("2017-06-30", {"section_20": 1}),
        ("2017-07-01", {"full_care_order": 1}),
        ("2017-08-01", {"section_20": 1}),
        ("2017-08-14", {}),
    ):
        assert looked_after(book, at) == expected


def test_the_header_is_accounted_for_too(write: Write) -> None:
    """A child without an episode, no child at all, a row twice: each is left by name, none is an event."""
    header = "CHILD,DOB\n1,27/03/2008\n2,01/01/2010\n,\n1,27/03/2008\n"
    about = reading(write("1 01/06/2017 S V2 - -", header)).report[0]
    assert {reason.name: about.lines(reason) for reason in about.reasons} == {
        "NO_EPISODES": (3,), "NO_CHILD": (4,), "DUPLICATE": (5,),
    }  # fmt: skip
    assert about.outcomes == {Outcome.USED: 1, Outcome.LEFT: 3}


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
        ("", "episodes.csv: 0 columns are called CHILD, "),
        (COLUMNS + '\n1,"01/06/2017,S\n', "episodes.csv, line 2: not CSV: export the return again"),
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
    with pytest.raises(TableUnreadable) as error:
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


# --- the made-up return of 2017-18 --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Reading:
    return reading(DATA)


@pytest.fixture(scope="module")
def book(whole: Reading) -> Book:
    return told(whole.events)


GROUPS = {"C1": "interim_care_order", "C2": "full_care_order", "D1": "freeing_order", "E1": "placement_order",
          "V2": "section_20", "L1": "protection", "L2": "protection", "L3": "protection",
          "J1": "justice", "J2": "justice", "J3": "justice"}  # fmt: skip


def open_rows(at: str) -> dict[str, list[dict[str, str]]]:
    """Rows open at the end of a day, V3 and V4 left out, by child, the last begun last. No chains, no periods."""

    def sortable(day: str) -> str:
        return f"{day[6:]}-{day[3:5]}-{day[:2]}" if day else "9999"

    found: dict[str, list[dict[str, str]]] = {}
    with (DATA / "episodes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if sortable(row["DECOM"]) <= at < sortable(row["DEC"]) and row["LS"] not in ("V3", "V4"):
                found.setdefault(row["CHILD"], []).append(row)
    return {child: sorted(rows, key=lambda row: sortable(row["DECOM"])) for child, rows in found.items()}


@pytest.mark.parametrize(
    ("at", "children", "moved"),
    [
        # One child has two rows open. The row begun last, C2 of 3 June, is the second of a period from July 2016 (DEC
        # 3 June = DECOM 3 June); the period begun last is the other, L3 of 16 April. So that is the present one.
        ("2017-06-30", 1601, {"full_care_order": -1, "protection": +1}),
        # Three children of this kind. The row begun last, and the period begun last:
        #   16 September J3, of a period from 12 July;       16 August C2.
        #   22 September J1, of a period from 14 February;   13 July L2.
        #   5 August J2, of a period from August 2015;       29 July L3.
        ("2017-09-30", 1455, {"justice": -3, "full_care_order": +1, "protection": +2}),
        # One child of this kind, L3 in both; so the plain count and the periods agree.
        ("2017-12-31", 1313, {}),
    ],
)
def test_children_looked_after_equal_a_plain_count_of_the_open_rows(
    book: Book, at: str, children: int, moved: dict[str, int]
) -> None:
    """In all, exactly. By legal group too, save for those in overlapping periods whose last row is not of the last."""
    rows = open_rows(at)
    assert total(book, at) == len(rows) == children
    expected = Counter(GROUPS[of_child[-1]["LS"]] for of_child in rows.values())
    expected.update(moved)
    assert looked_after(book, at) == expected


def test_who_the_plain_count_sees_otherwise_is_in_two_open_rows(book: Book) -> None:
    """Without the children of two open rows, both counts agree on every child, at each month's end of the year."""
    for at in ("2017-04-30", "2017-05-31", "2017-06-30", "2017-08-31", "2017-09-30", "2017-12-31", "2018-02-28"):
        rows = open_rows(at)
        once = Counter(GROUPS[only[0]["LS"]] for only in rows.values() if len(only) == 1)
        twice = sum(len(of_child) > 1 for of_child in rows.values())
        found = looked_after(book, at)
        assert found >= once
        assert found.total() == once.total() + twice == total(book, at)


def test_every_row_of_the_return_is_accounted_for(whole: Reading) -> None:
    """None is left; repaired are the reasons beside a blank end, and 12 ends on 1 April, which the return cannot know.

    Of the 11 open rows that another follows, 10 have a blank DEC and one is among those 12.
    """
    header, episodes = whole.report
    assert (header.read, episodes.read) == (2675, 5050)
    assert header.outcomes == {Outcome.USED: 2123, Outcome.LEFT: 552}
    assert episodes.outcomes == {Outcome.USED: 3625, Outcome.REPAIRED: 1425}
    assert {reason.name: n for reason, n in header.reasons.items()} == {"NO_EPISODES": 552}
    assert {reason.name: n for reason, n in episodes.reasons.items()} == {
        "BEGAN_EARLIER": 1856, "AFTER_A_GAP": 50, "TOUCHES": 1, "OVERLAPS": 63, "OPEN_THEN_ANOTHER": 11,
        "REASON_WITHOUT_END": 1413, "END_AFTER_AS_OF": 12,
    }  # fmt: skip


def test_the_same_return_twice_changes_nothing(whole: Reading, book: Book) -> None:
    """The same file gives the same tellings, ids and all."""
    again = reading(DATA)
    assert again.events == whole.events
    assert len({event.id for event in whole.events}) == len(whole.events)
    assert kept(told(whole.events, again.events)) == kept(book)


def test_the_order_of_the_rows_does_not_matter(whole: Reading, book: Book, tmp_path: Path) -> None:
    """Shuffled, both files tell the same."""
    for name in ("header.csv", "episodes.csv"):
        heading, *rows = (DATA / name).read_text().splitlines()
        random.Random(903).shuffle(rows)
        (tmp_path / name).write_text("\n".join([heading, *rows]))
    shuffled = reading(tmp_path)
    assert shuffled.events == whole.events
    assert kept(told(shuffled.events)) == kept(book)
    assert [about.reasons for about in shuffled.report] == [about.reasons for about in whole.report]


def test_every_event_passes_the_door(whole: Reading) -> None:
    """As bytes and back, none is a dead letter and none has changed."""
    now = datetime(2018, 4, 1, tzinfo=UTC)
    assert [decode(msgspec.json.encode(event), now) for event in whole.events] == list(whole.events)
    assert {json.loads(msgspec.json.encode(event))["origin"] for event in whole.events} == {"backload"}
