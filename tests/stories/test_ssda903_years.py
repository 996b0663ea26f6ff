"""Stories of SSDA903 returns of several years: a later one closes, corrects and takes back what an earlier one said."""

import csv
import itertools
import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.command import main
from events.event import Event
from events.sources.source import SourceReading
from events.sources.ssda903.returns import ReturnsApart
from metrics.windows import parse_at
from tests.stories.ssda903_returns import (
    DATA,
    in_turn,
    looked_after,
    of_type,
    periods,
    reading,
    reasons,
    standing,
    store_of,
    total,
    write_return,
)

FIRST, SECOND = date(2017, 3, 31), date(2018, 3, 31)
REVIEWS = "CHILD,DOB,REVIEW,REVIEW_CODE\n"
MISSING = "CHILD,DOB,MISSING,MIS_START,MIS_END\n"
LEAVERS = "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n"
NOBODY = "9 01/05/2017 S V2 - -"

Made = tuple[tuple[Path, date], ...]


def two(folder: Path, first: str, second: str, of_first: dict[str, str], of_second: dict[str, str]) -> Made:
    """Write two years' returns."""
    earlier = write_return(folder / "2016-17", first, **of_first)
    later = write_return(folder / "2017-18", second, **of_second)
    return (earlier, FIRST), (later, SECOND)


def years(folder: Path, first: str, second: str) -> Made:
    return two(folder, first, second, {}, {})


def stands(reading: SourceReading) -> Iterable[Event]:
    """The facts that stand after all was told."""
    store = store_of(reading.events)
    return [event for _, case in store.households() for event in case.standing()]


def test_a_later_return_closes_what_the_earlier_one_left_open(tmp_path: Path) -> None:
    """In care at the end of March 2017; in the next return care ended in January. As known in between, it is open."""
    first, second = years(
        tmp_path,
        "1 01/06/2016 S V2 01/02/2017 X1\n1 01/02/2017 P V2 - -",
        "1 01/02/2017 P V2 14/08/2017 X1 U1 PR1 CARPL\n1 14/08/2017 P C2 20/01/2018 E3 U4",
    )
    at_once, alone = in_turn(first, second), reading(*first)
    assert reasons(at_once, "2017-03-31/episodes.csv") == {"SAID_AGAIN": 1}
    assert reasons(at_once, "2018-03-31/episodes.csv") == {}, "the second does not begin anew what began in the first"
    assert periods(stands(at_once)) == [("2016-06-01", "2018-01-20", "E3")]
    in_two_loads = store_of(alone.events, at_once.events)
    for store in (store_of(at_once.events), in_two_loads):
        assert [total(store, at) for at in ("2016-06-01", "2017-09-01", "2018-01-19", "2018-01-20")] == [1, 1, 1, 0]
        assert looked_after(store, "2017-08-14") == {"full_care_order": 1}
        then = store.known_at(parse_at("2017-12-31").instant)
        assert [total(then, at) for at in ("2016-06-01", "2018-01-20", "2018-03-31")] == [1, 1, 1]
        assert (
            looked_after(then, "2018-03-31") == looked_after(store_of(alone.events), "2018-03-31") == {"section_20": 1}
        )
    assert store_of(at_once.events).tallies == in_two_loads.tallies
    assert set(alone.events) < set(at_once.events), "what was told is told again, letter for letter"


def test_in_whatever_loads_the_returns_came_loading_them_together_puts_it_right(tmp_path: Path) -> None:
    """The second alone begins care anew at its first row. Told before or after, that does not stand beside both."""
    first, second = years(
        tmp_path,
        "1 01/06/2016 S V2 01/02/2017 X1\n1 01/02/2017 P V2 - -",
        "1 01/02/2017 P V2 14/08/2017 X1\n1 14/08/2017 L C2 - -",
    )
    loads = [reading(*first).events, reading(*second).events, in_turn(first, second).events]
    assert [start for start, _, _ in periods(loads[1])] == ["2017-02-01"]
    expected = standing(loads[2])
    for order in itertools.permutations(loads):
        assert standing(*order) == expected
    assert periods(stands(in_turn(first, second))) == [("2016-06-01", "", "")]


def test_three_years_are_as_right_as_two(tmp_path: Path) -> None:
    """Also where somebody loaded the last two before the first was found."""
    zero = (
        write_return(tmp_path / "2015-16", "1 01/06/2015 S V2 01/02/2016 X1\n1 01/02/2016 P V2 - -"),
        date(2016, 3, 31),
    )
    first, second = years(
        tmp_path,
        "1 01/02/2016 P V2 01/02/2017 X1\n1 01/02/2017 P V2 - -",
        "1 01/02/2017 P V2 14/08/2017 E4A",
    )
    whole = in_turn(zero, first, second)
    assert periods(stands(whole)) == [("2015-06-01", "2017-08-14", "E4A")]
    late = in_turn(first, second)
    assert standing(late.events, whole.events) == standing(whole.events, late.events) == standing(whole.events)


@pytest.mark.parametrize("seed", range(30))
def test_any_returns_in_any_loads_then_all_together(tmp_path: Path, seed: int) -> None:
    """Three years of rows that do not quite agree, loaded alone, by two and all, in any order: all together stands."""
    chance = random.Random(seed)
    care = [row for child in "123" for row in _rows_of(child, chance)]
    made = []
    for begins, ends in ((date(2015, 4, 1), date(2016, 3, 31)), (date(2016, 4, 1), FIRST), (date(2017, 4, 1), SECOND)):
        lines = [_as_returned(row, ends, chance) for row in care if row[1] <= ends and row[2] >= begins]
        kept = [line for line in lines if chance.random() < 0.9]
        made.append((write_return(tmp_path / str(ends.year), "\n".join(kept) or NOBODY), ends))
    loads = [in_turn(*made[start:end]).events for start in range(3) for end in range(start + 1, 4)]
    chance.shuffle(loads)
    assert standing(*loads) == standing(in_turn(*made).events)


def _rows_of(child: str, chance: random.Random) -> Iterator[tuple[str, date, date, str]]:
    """Yield a child's rows: the child, the first and last day, and the codes after the last."""
    day = date(2015, 4, 1) + timedelta(chance.randrange(300))
    while day < date(2018, 3, 1):
        end, left = day + timedelta(chance.randrange(20, 300)), chance.random() < 0.3
        places = chance.choice(("U1", "U4", "T1", "A4", "-")), "PR1", chance.choice(("CARPL", "-"))
        yield child, day, end, " ".join((chance.choice(("E3", "E11")) if left else "X1", *places))
        day = end + timedelta(chance.choice((0, 30, -10)) if left else 0)


def _as_returned(row: tuple[str, date, date, str], made: date, chance: random.Random) -> str:
    """Return a row as a return has it: open if it ends later, and now and then otherwise than it was."""
    child, start, end, codes = row
    end += timedelta(chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 3)))
    start += timedelta(chance.choice((0,) * 29 + (1,)))
    until = f"{end:%d/%m/%Y} {codes}" if end <= made + timedelta(1) else f"- - {codes.split(maxsplit=1)[1]}"
    return f"{child} {start:%d/%m/%Y} {chance.choice('SPLTBUX')} {chance.choice(('V2', 'E1'))} {until}"


def test_what_was_open_and_is_not_there_again_ended_with_its_year(tmp_path: Path) -> None:
    """A start was a day out, a child left unseen. What ended before the year need not be there again."""
    made = years(
        tmp_path,
        "1 01/06/2016 S V2 - -\n2 01/07/2016 S C2 - -\n3 01/05/2016 S V2 01/02/2017 E4A",
        "1 02/06/2016 S V2 - -",
    )
    both = in_turn(*made)
    assert reasons(both, "2017-03-31/episodes.csv") == {"RETOLD": 1, "ENDED_UNSEEN": 1, "NOT_IN_HEADER": 2}
    assert periods(stands(both)) == [
        ("2016-05-01", "2017-02-01", "E4A"),
        ("2016-06-02", "", ""),
        ("2016-07-01", "2017-03-31", ""),
    ]
    assert len(of_type(stands(both), "placement.started", "legal_status.changed")) == 6
    store = store_of(both.events)
    assert [total(store, at) for at in ("2016-08-01", "2017-03-30", "2017-03-31")] == [3, 2, 1]
    assert total(store.known_at(parse_at("2017-12-31").instant), "2016-08-01") == 3


def test_a_row_that_cannot_be_used_is_not_one_that_is_missing(tmp_path: Path) -> None:
    """It may be the very row: what the earlier return said of the child stands."""
    both = in_turn(*years(tmp_path, "1 01/06/2016 S V2 - -", "1 01/06/2O16 S V2 14/08/2017 E4A"))
    assert reasons(both, "2018-03-31/episodes.csv") == {"BAD_DATE": 1}
    assert periods(stands(both)) == [("2016-06-01", "", "")]


def test_care_that_ended_as_the_year_began_need_not_be_in_its_return(tmp_path: Path) -> None:
    """On 1 April: at first an end that the return cannot know, then one that nothing speaks against."""
    both = in_turn(*years(tmp_path, "1 01/06/2016 S V2 01/04/2017 E4A", NOBODY))
    assert periods(stands(both)) == [("2016-06-01", "2017-04-01", "E4A"), ("2017-05-01", "", "")]


def test_the_other_files_in_turn(tmp_path: Path) -> None:
    """Still missing, then back; a review is kept; a young person is asked about each birthday."""
    made = two(
        tmp_path,
        "1 01/06/2016 S V2 - -",
        "1 01/06/2016 S V2 - -",
        {
            "reviews": REVIEWS + "1,,30/08/2016,PN1\n",
            "missing": MISSING + "1,,M,30/03/2017,\n2,,M,29/03/2017,\n",
            "oc3": LEAVERS + "3,27/06/1999,NO,G5,\n",
        },
        {
            "reviews": REVIEWS + "1,,01/03/2018,PN1\n",
            "missing": MISSING + "1,,M,30/03/2017,02/04/2017\n",
            "oc3": LEAVERS + "3,27/06/1999,YES,F2,B1\n",
        },
    )
    both = in_turn(*made)
    facts = stands(both)
    assert [day for day, _ in of_type(facts, "care_review.held")] == ["2016-08-30", "2018-03-01"]
    missing = [day for day, _ in of_type(facts, "missing.started", "missing.ended")]
    assert missing == ["2017-03-29", "2017-03-30", "2017-03-31", "2017-04-02"], "who is not there again was found"
    assert [(day, fields["in_touch"]) for day, fields in of_type(facts, "care_leaver.recorded")] == [
        ("2016-07-01", "no"),
        ("2017-07-01", "yes"),
    ]
    assert reasons(both, "2017-03-31/missing.csv") == {
        "SAID_AGAIN": 1,
        "ENDED_UNSEEN": 1,
        "NOT_IN_HEADER": 1,
        "NO_EPISODES": 1,
    }
    assert reasons(both, "2017-03-31/reviews.csv") == {}


def test_a_file_that_the_later_return_lacks_takes_nothing_back(tmp_path: Path) -> None:
    """Nobody sent it: that says nothing about its rows."""
    made = two(tmp_path, NOBODY.replace("2017", "2016"), NOBODY, {"missing": MISSING + "1,,M,30/03/2017,\n"}, {})
    assert [day for day, _ in of_type(stands(in_turn(*made)), "missing.started")] == ["2017-03-30"]


def test_of_one_year_the_later_return_corrects_the_earlier_whole(tmp_path: Path) -> None:
    """In March a review and an answer of December are no longer there; made on one day, the one given later is."""
    december = write_return(
        tmp_path / "december",
        NOBODY,
        reviews=REVIEWS + "9,,30/08/2017,PN1\n9,,01/09/2017,PN1\n",
        oc3=LEAVERS + "3,27/06/1999,NO,G5,\n",
    )
    march = write_return(tmp_path / "march", NOBODY, reviews=REVIEWS + "9,,30/08/2017,PN1\n", oc3=LEAVERS)
    for day in (date(2017, 12, 31), SECOND):
        facts = stands(in_turn((december, day), (march, SECOND)))
        assert [day for day, _ in of_type(facts, "care_review.held", "care_leaver.recorded")] == ["2017-08-30"]


def test_the_order_in_which_returns_are_given_does_not_matter(tmp_path: Path) -> None:
    """The earlier is read first."""
    first, second = years(tmp_path, "1 01/06/2016 S V2 - -", "1 01/06/2016 S V2 14/08/2017 E4A")
    assert in_turn(second, first).events == in_turn(first, second).events


def test_a_year_between_that_is_missing_is_an_error(tmp_path: Path) -> None:
    """What was open may have ended in it: it can neither stand nor be taken back."""
    first, (later, _) = years(tmp_path, "1 01/06/2016 S V2 - -", NOBODY)
    with pytest.raises(ReturnsApart, match="give the returns of all years between"):
        in_turn(first, (later, date(2019, 3, 31)))
    with pytest.raises(ReturnsApart):
        in_turn((first[0], date(2017, 3, 30)), (later, SECOND))


def test_the_made_up_return_as_if_in_two_years(tmp_path: Path) -> None:
    """What it has of 2016-17, as it was known then, and all of it a year later, are what all of it is."""
    earlier = tmp_path / "2016-17"
    earlier.mkdir()
    (earlier / "header.csv").write_text((DATA / "header.csv").read_text())
    with (DATA / "episodes.csv").open(newline="") as file, (earlier / "episodes.csv").open("w", newline="") as out:
        rows = csv.DictReader(file)
        writer = csv.DictWriter(out, rows.fieldnames or ())
        writer.writeheader()
        for row in rows:
            start, end = (row[day][6:] + row[day][3:5] + row[day][:2] for day in ("DECOM", "DEC"))
            if start <= "20170331":
                writer.writerow(row if end and end <= "20170331" else row | {"DEC": "", "REC": ""})
    alone, both = reading(DATA, SECOND), in_turn((earlier, FIRST), (DATA, SECOND))
    assert standing(both.events) == standing(alone.events)
    store = store_of(both.events)
    assert [total(store, at) for at in ("2017-06-30", "2017-09-30", "2017-12-31")] == [1601, 1455, 1313]
    then = store_of(reading(earlier, FIRST).events)
    assert total(store.known_at(parse_at("2017-12-31").instant), "2017-03-31") == total(then, "2017-03-31")


def test_the_command_takes_each_return_with_its_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says of each file of each what became of its rows, by rule, in words that hold no cell."""
    monkeypatch.setenv("CASEPULSE_DATA_DIR", str(tmp_path / "data"))
    (first, _), (second, _) = years(tmp_path, "77 01/06/2016 S V2 - -", "77 01/06/2016 S V2 14/08/2017 E4A")
    words = ["load", str(first), str(second), "--source", "ssda903", "--authority", "E10000008"]
    words += ["--to", str(tmp_path / "events.ndjson")]
    wrong = CliRunner().invoke(main, [*words, "--as-of", "2017-03-31"])
    assert wrong.exit_code == 2
    assert "2 returns and 1 --as-of: give each return its day, in order" in wrong.output
    apart = CliRunner().invoke(main, [*words, "--as-of", "2016-03-31", "--as-of", "2018-03-31"])
    assert apart.exit_code == 1
    assert "give the returns of all years between" in apart.output
    done = CliRunner().invoke(main, [*words, "--as-of", "2017-03-31", "--as-of", "2018-03-31"])
    assert done.exit_code == 0, done.output
    assert "2017-03-31/episodes.csv: 1 rows: 1 used, 0 repaired, 0 left" in done.output
    assert "a later return has this row again: the later one stands" in done.output
    assert "2018-03-31/reviews.csv: not in the return" in done.output
    assert "columns not used: SEX, ETHNIC, UPN" in done.output
    assert "77" not in done.output.replace(str(tmp_path), "")
    assert len((tmp_path / "events.ndjson").read_bytes().splitlines()) == 14
