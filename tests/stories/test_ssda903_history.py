"""Stories of a child in several SSDA903 returns: what both of two returns say is kept.

After what councils' returns were seen to hold: see DECISIONS.md, "A return of an earlier year".
"""

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from events.event import Event
from events.sources.source import Limits, SourceUnreadable
from events.sources.ssda903 import people, returns
from events.sources.ssda903.episodes import Episode
from metrics.catalogue.looked_after import PLACEMENTS_SINCE_ENTRY
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.store.in_memory import InMemoryStore
from metrics.windows import parse_at
from tests.stories.ssda903_returns import (
    AUTHORITY,
    in_turn,
    of_type,
    periods,
    reasons,
    standing,
    store_of,
    total,
    write_return,
)

YEAR_ENDS = (date(2017, 3, 31), date(2018, 3, 31), date(2019, 3, 31))
Made = list[tuple[Path, date]]


def made(folder: Path, *returns: str, **files: str) -> Made:
    """Write returns of the years to March 2017, 2018 and 2019."""
    return [
        (write_return(folder / str(end), episodes, **files), end)
        for end, episodes in zip(YEAR_ENDS, returns, strict=False)
    ]


def placements(store: InMemoryStore, at: str) -> list[str]:
    """Return the bands of placements since entry in which anybody is."""
    question = Question(measure=PLACEMENTS_SINCE_ENTRY, at=parse_at(at))
    figures = evaluate(store.sums()[AUTHORITY], AUTHORITY, question)
    return [figure.by["band"] for figure in figures if "band" in figure.by and figure.numerator]


def stands(returns: Made) -> list[Event]:
    """The facts that stand after all was told."""
    store = store_of(in_turn(*returns).events)
    return [event for _, case in store.households() for event in case.standing()]


# name: the returns; the periods that come of them; placements since entry on the last day; what was found, by return
MOVES = {
    "an_open_row_and_the_next_return_begins_with_another_carer": (
        ["1 10/05/2016 S C2 - - U4", "1 20/08/2017 P C2 - - U6"],
        [("2016-05-10", "", "")],
        ["2"],
        [{"CARRIED_ON": 1}, {}],
    ),
    "with_a_new_legal_status_alone": (
        ["1 10/05/2016 S V2 - - U4", "1 20/08/2017 L C2 - - U4"],
        [("2016-05-10", "", "")],
        ["1"],
        [{"CARRIED_ON": 1}, {}],
    ),
    "with_another_carer_and_then_care_ends": (
        ["1 10/05/2016 S V2 - - U4", "1 20/08/2017 B C2 01/02/2018 E3 U6"],
        [("2016-05-10", "2018-02-01", "E3")],
        [],
        [{"CARRIED_ON": 1}, {}],
    ),
    "entered_late_in_the_year_before": (
        ["1 10/05/2016 S C2 - - U4", "1 20/12/2016 P C2 - - U6"],
        [("2016-05-10", "", "")],
        ["2"],
        [{"CARRIED_ON": 1}, {}],
    ),
    "on_the_first_day_of_the_year": (
        ["1 10/05/2016 S C2 - - U4", "1 01/04/2017 P C2 - - U6"],
        [("2016-05-10", "", "")],
        ["2"],
        [{"CARRIED_ON": 1}, {}],
    ),
    "three_returns_each_with_the_newest_row_alone": (
        ["1 10/05/2016 S C2 - - U4", "1 20/08/2017 P C2 - - U6", "1 05/05/2018 T C2 - - U5"],
        [("2016-05-10", "", "")],
        ["2"],  # the last move is to the same carer
        [{"CARRIED_ON": 1}, {"CARRIED_ON": 1}, {}],
    ),
    "an_open_row_said_twice_then_a_move": (
        ["1 10/05/2016 S C2 - - U4", "1 10/05/2016 S C2 - - U4", "1 05/05/2018 P C2 - - U6"],
        [("2016-05-10", "", "")],
        ["2"],
        [{"SAID_AGAIN": 1}, {"CARRIED_ON": 1}, {}],
    ),
    "the_move_has_an_earlier_date_in_the_later_return": (
        [
            "1 23/11/2016 S C1 24/12/2016 X1 U4\n1 24/12/2016 P C1 - - U6",
            "1 20/12/2016 P C1 19/08/2017 X1 U6\n1 19/08/2017 P C1 - - P1 PR0",
        ],
        [("2016-11-23", "", "")],
        ["3"],
        [{"RETOLD": 1}, {"CUT": 1}],
    ),
    "the_move_has_a_later_date_in_the_later_return": (
        [
            "1 23/11/2016 S C1 24/12/2016 X1 U4\n1 24/12/2016 P C1 - - U6",
            "1 28/12/2016 P C1 - - U6",
        ],
        [("2016-11-23", "", "")],
        ["2"],
        [{"RETOLD": 1}, {"BRIDGED": 1}],
    ),
    "the_move_has_a_later_date_and_is_told_with_a_new_legal_status_and_no_provider": (
        [
            "1 23/11/2016 S V2 24/12/2016 X1 U4\n1 24/12/2016 P V2 - - U6",
            "1 28/12/2016 B C1 - - U6 -",
        ],
        [("2016-11-23", "", "")],
        ["2"],
        [{"RETOLD": 1}, {"BRIDGED": 1}],
    ),
    "a_move_to_another_home_days_after_is_another_move": (
        [
            "1 23/11/2016 S V2 24/12/2016 X1 U4\n1 24/12/2016 P V2 - - U6",
            "1 28/12/2016 P V2 - - U6 PR1 - SC9@PL9_9ZZ",
        ],
        [("2016-11-23", "", "")],
        ["3"],
        [{"CARRIED_ON": 1}, {}],
    ),
    "a_move_a_fortnight_after_is_another_move": (
        [
            "1 23/11/2016 S V2 24/12/2016 X1 U4\n1 24/12/2016 P V2 - - U6",
            "1 01/01/2017 P V2 - - U6",
        ],
        [("2016-11-23", "", "")],
        ["3"],
        [{"CARRIED_ON": 1}, {}],
    ),
    "a_legal_status_days_after_a_move_is_no_move": (
        [
            "1 23/11/2016 S V2 24/12/2016 X1 U4\n1 24/12/2016 P V2 - - U6",
            "1 28/12/2016 L C1 - - U6",
        ],
        [("2016-11-23", "", "")],
        ["2"],
        [{"CARRIED_ON": 1}, {}],
    ),
    "the_start_of_care_has_another_date_in_the_later_return": (
        ["1 10/05/2016 S C2 - - U4", "1 08/05/2016 S C2 - - U4"],
        [("2016-05-08", "", "")],
        ["1"],
        [{"RETOLD": 1}, {}],
    ),
    "a_row_that_ends_goes_on_in_the_later_return_before_its_end": (
        ["1 23/11/2016 S C1 24/12/2016 X1 U4", "1 20/12/2016 P C1 - - U6"],
        [("2016-11-23", "", "")],
        ["2"],
        [{"ENDS_UNEXPLAINED": 1}, {"CUT": 1}],
    ),
    "a_row_that_ends_goes_on_in_the_later_return_days_later": (
        ["1 23/11/2016 S C1 28/03/2017 X1 U4", "1 03/04/2017 P C1 - - U6"],
        [("2016-11-23", "", "")],
        ["2"],
        [{"ENDS_UNEXPLAINED": 1}, {"BRIDGED": 1}],
    ),
    "a_new_start_in_the_later_return": (
        ["1 10/05/2016 S C2 - - U4", "1 20/08/2017 S C2 - - U6"],
        [("2016-05-10", "2017-03-31", ""), ("2017-08-20", "", "")],
        ["1"],
        [{"ENDED_UNSEEN": 1}, {"AFTER_A_GAP": 1}],
    ),
    "a_new_start_that_was_entered_late_in_the_year_before": (
        ["1 10/05/2016 S C2 - - U4", "1 01/02/2017 S C2 - - U6"],
        [("2016-05-10", "2017-02-01", ""), ("2017-02-01", "", "")],
        ["1"],
        [{"ENDED_UNSEEN": 1}, {"TOUCHES": 1}],
    ),
    "nothing_in_the_later_return": (
        ["1 10/05/2016 S C2 - - U4", "9 10/05/2017 S C2 01/06/2017 E3"],
        [("2016-05-10", "2017-03-31", ""), ("2017-05-10", "2017-06-01", "E3")],
        [],
        [{"ENDED_UNSEEN": 1}, {"NOT_IN_HEADER": 1}],
    ),
    "nothing_in_the_second_of_three_and_a_start_in_the_third": (
        ["1 10/05/2016 S C2 - - U4", "9 10/05/2017 S C2 01/06/2017 E3", "1 01/06/2018 S C2 - - U6"],
        [("2016-05-10", "2017-03-31", ""), ("2017-05-10", "2017-06-01", "E3"), ("2018-06-01", "", "")],
        ["1"],
        [{"ENDED_UNSEEN": 1}, {"NOT_IN_HEADER": 1}, {"AFTER_A_GAP": 1}],
    ),
    "open_on_the_last_day_and_nothing_then": (
        ["1 31/03/2017 S C2 - - U4", "9 10/05/2017 S C2 01/06/2017 E3"],
        [("2017-03-31", "2017-04-01", ""), ("2017-05-10", "2017-06-01", "E3")],
        [],
        [{"ENDED_UNSEEN": 1}, {"NOT_IN_HEADER": 1}],
    ),
    "an_end_that_the_return_could_not_know_stands_if_nothing_speaks_against_it": (
        ["1 10/05/2016 S C2 05/04/2017 E3 U4", "9 10/05/2017 S C2 01/06/2017 E3"],
        [("2016-05-10", "2017-04-05", "E3"), ("2017-05-10", "2017-06-01", "E3")],
        [],
        [{"END_AFTER_AS_OF": 1, "ENDED_UNSEEN": 1}, {"NOT_IN_HEADER": 1}],
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_what_both_returns_say_is_kept(tmp_path: Path, name: str) -> None:
    """Periods, placements and findings, in whatever order the rows come."""
    returns, expected, bands, findings = MOVES[name]
    for order in (1, -1):
        folders = made(tmp_path / str(order), *("\n".join(rows.splitlines()[::order]) for rows in returns))
        last = folders[-1][1]
        both = in_turn(*folders)
        assert periods(stands(folders)) == expected
        assert placements(store_of(both.events), str(last)) == bands
        of_returns = [reasons(both, f"{end}/episodes.csv") for _, end in folders]
        assert [{k: v for k, v in found.items() if k != "NO_EPISODES"} for found in of_returns] == findings


def test_the_published_figure_of_the_earlier_return_stays(tmp_path: Path) -> None:
    """One child in care on 31 March, whatever the next return says; and as it was known in between."""
    first, second = made(tmp_path, "1 10/05/2016 S C2 - - U4", "1 20/08/2017 P C2 - - U6")
    store = store_of(in_turn(first, second).events)
    assert [total(store, at) for at in ("2017-03-31", "2017-07-31", "2018-03-31")] == [1, 1, 1]
    then = store.known_at(parse_at("2017-12-31").instant)
    assert (placements(then, "2018-03-31"), placements(store, "2018-03-31")) == (["1"], ["2"])


def test_in_whatever_loads_they_came(tmp_path: Path) -> None:
    """Alone, by two, all: what stands is what all together say."""
    folders = made(tmp_path, "1 10/05/2016 S C2 - -", "1 20/08/2017 P C2 - - U6", "1 05/05/2018 P C2 - - U5")
    loads = [in_turn(*folders[start:end]).events for start in range(3) for end in range(start + 1, 4)]
    for order in list(permutations(loads))[::29]:
        assert standing(*order) == standing(in_turn(*folders).events)


def test_a_later_return_of_the_same_year_corrects_the_earlier_whole(tmp_path: Path) -> None:
    """What December had and March has not was never: it is not of an earlier year."""
    folders = [
        (write_return(tmp_path / "december", "1 01/06/2017 S V2 - -\n2 01/07/2017 S C2 - -"), date(2017, 12, 31)),
        (write_return(tmp_path / "march", "1 01/06/2017 S V2 - -"), date(2018, 3, 31)),
    ]
    assert reasons(in_turn(*folders), "2017-12-31/episodes.csv") == {
        "SAID_AGAIN": 1,
        "TAKEN_BACK": 1,
        "NOT_IN_HEADER": 1,
    }
    assert periods(stands(folders)) == [("2017-06-01", "", "")]


def test_a_wrong_date_of_birth_in_the_later_return_takes_back_no_right_one(tmp_path: Path) -> None:
    """Nor does it say another."""
    headings = "CHILD,SEX,DOB,ETHNIC,UPN\n"
    folders = made(tmp_path, "1 10/05/2016 S C2 - -", "1 10/05/2016 S C2 - -", header=headings + "1,2,27/03/2008,,\n")
    (folders[1][0] / "header.csv").write_text(headings + "1,2,01/01/1900,,\n")
    assert of_type(stands(folders), "person.recorded") == [("2017-03-31", {"birth_month": "2008-03"})]


def test_a_return_read_by_newer_rules_corrects_what_it_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded again, whatever the ids are; a date of birth that was told and is none any more is withdrawn."""
    header = "CHILD,SEX,DOB,ETHNIC,UPN\n1,2,01/01/1900,,\n"
    folders = made(tmp_path, "1 10/05/2016 S C2 - -", "9 10/05/2017 S C2 01/06/2017 E3", header=header)
    now = in_turn(*folders).events
    monkeypatch.setattr(returns, "RULES", 0)
    monkeypatch.setattr(people, "BORN_FROM", 1900)
    monkeypatch.setattr(people, "OF_AGE_MONTHS", 12_000)
    monkeypatch.setattr(Episode, "ended", lambda *_: None)
    before = in_turn(*folders).events
    assert standing(before) != standing(now)
    assert standing(before, now) == standing(now, before) == standing(now)


# --- a later return that lacks too much ---------------------------------------------------------------------------

USUAL = Limits()


def forty(last: int, day: str = "10/05/2016") -> str:
    return "\n".join(f"{child} {day} S C2 - -" for child in range(1, last + 1))


def test_a_return_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    """More than a tenth of the rows that should be there again are missing: nothing is told. 36 of 40 are enough."""
    first, second = made(tmp_path, forty(40), forty(36))
    assert in_turn(first, second, limits=USUAL)
    write_return(second[0], forty(35))
    with pytest.raises(
        SourceUnreadable, match=r"2018-03-31/episodes\.csv: 5 of the 40 rows .* --max-missing 100"
    ) as no:
        in_turn(first, second, limits=USUAL)
    assert no.value.reports, "the report is there all the same"
    assert in_turn(first, second, limits=Limits(max_missing=0.125))


def test_a_return_of_other_children_is_refused(tmp_path: Path) -> None:
    """Another authority's, or of other numbers after a change of system: nobody is there again."""
    first, second = made(tmp_path, forty(40), "\n".join(f"{child} 10/05/2017 S C2 - -" for child in range(901, 941)))
    with pytest.raises(SourceUnreadable, match="40 of the 40 rows"):
        in_turn(first, second, limits=USUAL)


def test_one_of_two_children_may_have_left_unseen(tmp_path: Path) -> None:
    """A tenth of two is less than one."""
    assert in_turn(*made(tmp_path, forty(2), forty(1)), limits=USUAL)
    with pytest.raises(SourceUnreadable):
        in_turn(*made(tmp_path, forty(3), forty(1)), limits=USUAL)


def test_moves_are_not_missing_rows(tmp_path: Path) -> None:
    """All forty moved: each goes on where the earlier return's row was."""
    moved = forty(40, "20/08/2017").replace(" S ", " P ")
    assert in_turn(*made(tmp_path, forty(40), moved), limits=USUAL)


@pytest.mark.parametrize("name", ["header", "episodes"])
def test_a_later_return_with_headings_alone_is_refused(tmp_path: Path, name: str) -> None:
    """It is a failed export, not the news that nobody was ever in care."""
    first, second = made(tmp_path, forty(2), forty(2), header="CHILD,SEX,DOB\n1,1,27/03/2008\n2,1,27/03/2008\n")
    file = second[0] / f"{name}.csv"
    file.write_text(file.read_text().splitlines()[0] + "\n")
    with pytest.raises(SourceUnreadable, match=rf"{name}\.csv: it has headings and no row: nothing is sent"):
        in_turn(first, second, limits=USUAL)
