"""What `casepulse figures` says to people: titles, breakdowns in order, changes in a month, cases days late first."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploy.command import main
from deploy.verbs.month_before import month_before
from metrics.windows import At, parse_at
from tests.story import AUTHORITY, rows

CARE = """
    day        | event            | record | child | fields
    -----------+------------------+--------+-------+-----------
    2010-05-04 | care started     | C1     | ada   | team=Team 2
    2016-11-02 | care started     | C2     | ben   | team=Team 10
    2017-09-04 | care started     | C3     | cat   | team=Team 2
    2017-12-04 | care started     | C4     | dan   | team=Team 2
    2017-12-05 | person recorded  | P1     | ada   | birth_month=2004-01
    2017-12-05 | person recorded  | P2     | ben   | birth_month=2016-01
    2017-12-05 | person recorded  | P3     | cat   | birth_month=2017-08
""".replace("team=Team 2", "team=Team_2").replace("team=Team 10", "team=Team_10")
LATE = """
    day        | event                 | record | child | fields
    -----------+-----------------------+--------+-------+------------------------------
    2017-10-02 | assessment started    | A1     | ada   | team=North
    2017-09-04 | assessment started    | A2     | ben   | team=North
    2017-10-16 | assessment started    | A3     | cat   | team=South
    2017-10-27 | assessment started    | A4     | dan   | team=South
    2017-08-01 | assessment started    | A5     | eve   | team=South
    2017-10-04 | assessment authorised | A5     | eve   | team=South outcomes=advice
    2017-08-01 | assessment started    | A6     | fay   | team=South
    2017-10-10 | assessment authorised | A6     | fay   | team=South outcomes=advice
"""


def run(folder: Path, table: str, *words: str) -> Result:
    file = folder / "events.ndjson"
    file.write_text("\n".join(json.dumps(row) for row in rows(table)))
    return CliRunner().invoke(main, ["figures", *words, "--from", str(file)])


def said(folder: Path, table: str, *words: str) -> list[str]:
    done = run(folder, table, *words)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def values(folder: Path, by: str, *words: str) -> list[str]:
    found = json.loads(run(folder, CARE, *words, "--by", by, "--at", "2017-12-31", "--json").stdout)["figures"]
    return list(dict.fromkeys(figure["team"] if by == "team" else figure["by"][by] for figure in found))


# --- breakdowns -------------------------------------------------------------------------------------------------------


def test_breakdowns_stand_in_the_order_of_people(tmp_path: Path) -> None:
    """From the shortest time to the longest, from the youngest to the oldest, Team 2 before Team 10; unknown last."""
    assert values(tmp_path, "time_in_care", "placements_since_entry") == ["<6m", "1-2y", "2y+"]
    assert values(tmp_path, "age_band", "children_looked_after") == ["0", "1-4", "10-15", "unknown"]
    assert values(tmp_path, "team", "children_looked_after") == ["Team_2", "Team_10"]


def test_a_breakdown_has_shares_of_its_place(tmp_path: Path) -> None:
    """Half of the children are under five; of Team 2's three, a third. A team is no share of a breakdown."""
    lines = said(tmp_path, CARE, "children_looked_after", "--by", "age_band", "--at", "2017-12-31")
    assert lines[0] == "Children looked after (children_looked_after), now, at 2017-12-31"
    assert [line.split("  ")[-1].split(",")[:2] for line in lines[1:]] == [["1", " 25%"]] * 4
    asked = ("children_looked_after", "--by", "team", "--at", "2017-12-31", "--json")
    both = json.loads(run(tmp_path, CARE, *asked, "--by", "age_band").stdout)["figures"]
    assert {(f["team"], f["by"]["age_band"]): f["share"] for f in both} == {
        ("Team_2", "0"): pytest.approx(1 / 3),
        ("Team_2", "10-15"): pytest.approx(1 / 3),
        ("Team_2", "unknown"): pytest.approx(1 / 3),
        ("Team_10", "1-4"): 1.0,
    }
    alone = json.loads(run(tmp_path, CARE, *asked).stdout)["figures"]
    assert {figure["share"] for figure in alone} == {None}


def test_outcomes_of_one_decision_may_add_up_to_more_than_all(tmp_path: Path) -> None:
    """A share is of the assessments, not of the outcomes."""
    table = """
        day        | event                 | record | child | fields
        -----------+-----------------------+--------+-------+---------------------------
        2017-12-04 | assessment authorised | A1     | ada   | outcomes=care,section_47
        2017-12-04 | assessment authorised | A2     | ben   | outcomes=care
    """
    found = json.loads(
        run(tmp_path, table, "assessments_authorised", "--by", "outcome", "--at", "2017-12-31", "--json").stdout
    )["figures"]
    assert [(f["by"]["outcome"], f["numerator"], f["share"]) for f in found] == [("section_47", 1, 0.5), ("care", 2, 1)]


def test_the_words_say_which_team_is_meant(tmp_path: Path) -> None:
    """24 that wait with a team, and 30 undecided that it received, are two things."""
    waits = said(tmp_path, LATE, "assessments_open", "--by", "team", "--at", "2017-12-31")
    assert waits[0].endswith(", by the team that has the case at that moment")
    measures = CliRunner().invoke(main, ["measures"]).stdout
    awaiting, passed_on = (
        measures.partition(f"\n{name}  (")[2].partition("By team: ")[2].partition(".\n")[0]
        for name in ("enquiries_awaiting_decision", "enquiries_to_assessment")
    )
    assert awaiting == "the team that has the case at that moment"
    assert passed_on == "the team of the event that is counted, as who received or authorised it"


# --- changes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "before"),
    [
        (date(2017, 12, 14), "2017-11-14"),
        (date(2018, 2, 28), "2018-01-31"),
        (date(2018, 3, 30), "2018-02-28"),
        (date(2017, 12, 31), "2017-11-30"),
        (datetime(2017, 12, 14, 15, 46, 12, 9, tzinfo=UTC), "2017-11-14T15:46:00+00:00"),
        (datetime(2018, 4, 10, 8, 0, tzinfo=UTC), "2018-03-10T09:00:00+00:00"),
    ],
)
def test_a_month_before_is_the_same_day_and_of_a_last_day_the_last(at: date, before: str) -> None:
    """So that a whole February is compared with a whole January; the hour is the clock's."""
    assert month_before(At(at)) == parse_at(before)


def test_a_figure_says_how_it_changed(tmp_path: Path) -> None:
    """Of a count how many, of a share how many points; what did not change is said as well."""
    one = said(tmp_path, CARE, "children_looked_after", "--at", "2017-12-31")
    assert one[1] == f"  {AUTHORITY}  4, +1 since 30 November 2017"
    same = said(tmp_path, CARE, "children_looked_after", "--at", "2017-11-30")
    assert same[1] == f"  {AUTHORITY}  3, no change since 31 October 2017"
    share = said(tmp_path, LATE, "assessments_case_closed", "--at", "2017-10-14")
    assert share[1] == f"  {AUTHORITY}  0.0% (0 of 2)", "nothing was authorised until then: no share to compare with"
    settled = said(tmp_path, LATE, "assessment_timeliness_settled", "--at", "2017-12-31")
    assert settled[1] == f"  {AUTHORITY}  20.0% (1 of 5), -13.3 points since 30 November 2017"
    new = said(tmp_path, CARE, "children_looked_after", "--at", "2017-12-31", "--by", "age_band")
    assert new[-1].endswith("1, 25%, +1 since 30 November 2017"), "a value with nothing under it then had none"


def test_what_is_not_fully_known_is_compared_with_nothing(tmp_path: Path) -> None:
    """A change to a day that has not come would be a guess; several moments are a comparison already."""
    future = said(tmp_path, CARE, "children_looked_after", "--at", "2099-12-31")
    assert ("since" in future[1], "as far as known" in future[1]) == (False, True)
    several = said(tmp_path, CARE, "children_looked_after", "--at", "2017-12-31", "--at", "2017-11-30")
    assert not any("since" in line for line in several)


# --- what cannot be asked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("placements_in_year", "--only", "band=4"), "placements_in_year has no band '4': there are 0, 1, 2, 3+"),
        (("children_looked_after", "--only", "age_band=4"), "has no age_band '4': there are unborn, 0, 1-4, 5-9"),
        (("children_looked_after", "--only", "team=Nroth"), "no team 'Nroth': there are Team_10, Team_2"),
        (("children_looked_after", "--only", "age_band"), "write it as NAME=VALUE, as in band=3+"),
        (("children_looked_after", "--only", "age_band=0", "--only", "age_band=1-4"), "age_band is given two values"),
        (("children_looked_after", "--window", "day", "--window", "month"), "--window is given 2 times: give it once"),
        (("children_looked_after", "--team", "Team_2", "--team", "Team_10"), "--team is given 2 times: give it once"),
        (("children_looked_after", "--json", "--csv"), "--json and --csv: ask for one of them"),
    ],
)
def test_what_would_answer_something_else_is_refused(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    """Never the last of two windows, nor a zero under a name that nobody knows."""
    done = run(tmp_path, CARE, *words)
    assert (done.exit_code, says in done.output) == (2, True), done.output


@pytest.mark.parametrize("only", ["age_band=unborn", "age_band=unknown", "legal_group=justice", "placement=K2"])
def test_a_value_that_is_declared_may_be_empty(tmp_path: Path, only: str) -> None:
    """Nobody is on remand: that is a 0, and no slip of the keyboard."""
    assert run(tmp_path, CARE, "children_looked_after", "--only", only).exit_code == 0
    assert run(tmp_path, LATE, "assessments_due", "--only", "due_on=2017-12-04").exit_code == 0


# --- cases ------------------------------------------------------------------------------------------------------------


def test_cases_stand_by_deadline_and_days_late_first(tmp_path: Path) -> None:
    """Who has waited longest past the deadline comes first, with how long, and the day that it was due."""
    lines = said(tmp_path, LATE, "assessments_open", "--cases", "--at", "2017-12-19")
    children = [line for line in lines if line.startswith("child ")]
    assert children == [
        "child ben: 43 days late, due 6 November 2017",
        "child ada: 15 days late, due 4 December 2017",
        "child cat: 1 day late, due 18 December 2017",
        "child dan: due in 15 days, 3 January 2018",
    ]
    assert lines[-1] == "4 children, 3 of them late."
    (today,) = (
        line
        for line in said(tmp_path, LATE, "assessments_due", "--cases", "--at", "2018-01-03")
        if line.startswith("child ")
    )
    assert today == "child dan: due today, 3 January 2018"


def test_cases_of_what_is_over_say_how_late_it_was(tmp_path: Path) -> None:
    """Authorised on the last day in time, and six days after it: the late one first."""
    lines = said(tmp_path, LATE, "assessment_timeliness", "--cases", "--at", "2018-03-31")
    assert [line for line in lines if line.startswith("child ")] == [
        "child fay: 6 days late, due 4 October 2017",
        "child eve: was due 4 October 2017",
    ]


def test_cases_are_csv_where_csv_is_asked_for(tmp_path: Path) -> None:
    """A row a child, in the same order, with the deadline and the records."""
    done = run(tmp_path, LATE, "assessments_overdue", "--cases", "--csv", "--at", "2017-12-19")
    found = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["child"], row["due_on"], row["days_late"], row["numerator"]) for row in found] == [
        ("ben", "2017-11-06", "43", "1"),
        ("ada", "2017-12-04", "15", "1"),
        ("cat", "2017-12-18", "1", "1"),
    ]
    assert found[0]["records"] == "A2 assessment.started 2017-09-04"
    assert found[0]["title"] == "Single assessments not authorised and past 45 working days"
    told = json.loads(run(tmp_path, LATE, "assessments_overdue", "--cases", "--json", "--at", "2017-12-19").stdout)
    assert [case["days_late"] for one in told["behind"] for case in one["cases"]] == [43, 15, 1]
