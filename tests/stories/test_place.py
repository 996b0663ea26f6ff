"""Stories of place: the team and the locality to which what is open belongs, and what was late."""

from datetime import date

import pytest

from metrics.catalogue.assessments import (
    ASSESSMENT_TIMELINESS,
    ASSESSMENT_TIMELINESS_SETTLED,
    ASSESSMENTS_DUE,
    ASSESSMENTS_OPEN,
    ASSESSMENTS_OVERDUE,
    ASSESSMENTS_STARTED,
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
from metrics.catalogue.need import CHILDREN_IN_NEED_NOW, EPISODES_OPENED
from metrics.catalogue.protection import CONFERENCES_DUE, CONFERENCES_OVERDUE, PROTECTION_PLANS_OPEN
from metrics.rules.teams import TeamFact
from tests.story import Story, setting

HEAD = """
    day | event | record | fields
    ----+-------+--------+-------
"""
# A case in need since Monday 3 March 2025, opened by West, with an assessment begun by East. Its day 45 is 8 May.
CASE = (
    HEAD
    + """
    2025-03-03 | episode opened     | E1 | team=West
    2025-03-03 | assessment started | A1 | team=East
"""
)


def stands(story: Story, table: str, teams: dict[str, str]) -> None:
    """Assert with which team the open assessment stands on each day of 2025 (`04-07` is 7 April)."""
    for day, team in teams.items():
        story(table, on=f"2025-{day}", by="team", expect={ASSESSMENTS_OPEN: {team: 1}})


# --- the team that the case is allocated to -----------------------------------------------------------------------


def test_what_is_open_moves_with_the_case(story: Story) -> None:
    """With the team that told it until the case is allocated; then with that team, the next, and back when given up."""
    table = """
        day        | event              | record | fields
        -----------+--------------------+--------+---------------------
        2025-03-03 | episode opened     | E1     | team=West
        2025-03-03 | assessment started | A1     | team=East
        2025-03-10 | case allocated     | C1     | worker=w1 team=North
        2025-04-07 | case allocated     | C2     | worker=w2 team=South
        2025-05-01 | case deallocated   | C2     |
    """
    for on, of_need, of_assessment in (
        ("2025-03-09", "West", "East"),
        ("2025-03-10", "North", "North"),
        ("2025-04-06", "North", "North"),
        ("2025-04-07", "South", "South"),
        ("2025-04-30", "South", "South"),
        ("2025-05-01", "West", "East"),
    ):
        story(
            table,
            on=on,
            by="team",
            expect={
                CHILDREN_IN_NEED_NOW: {of_need: 1},
                ASSESSMENTS_OPEN: {of_assessment: 1},
            },
        )
    story(table, on="2025-03-31", by="team", expect={ASSESSMENTS_STARTED: {"East": 1}, EPISODES_OPENED: {"West": 1}})


def test_everything_open_about_a_child_moves_with_the_case(story: Story) -> None:
    """Enquiries, assessments, conferences, plans, care and its placements: each with its own team, then the case's."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+-----------------------
        2025-03-03 | enquiry received        | Q1     | team=MASH
        2025-03-03 | assessment started      | A1     | team=East
        2025-03-03 | section 47 started      | S1     | team=Duty
        2025-03-03 | protection plan started | PP1    | team=Plans
        2025-03-03 | care started            | P1     | team=Care
        2025-03-03 | placement started       | PL1    | team=Homes placement=U4
        2025-05-12 | case allocated          | C1     | worker=w1 team=North
    """
    for on, team in (("2025-05-11", None), ("2025-05-12", "North")):
        story(
            table,
            on=on,
            by="team",
            expect={
                ENQUIRIES_AWAITING_DECISION: {team or "MASH": 1},
                ENQUIRIES_OVERDUE: {team or "MASH": 1},
                ASSESSMENTS_OPEN: {team or "East": 1},
                ASSESSMENTS_OVERDUE: {team or "East": 1},
                CONFERENCES_OVERDUE: {team or "Duty": 1},
                PROTECTION_PLANS_OPEN: {team or "Plans": 1},
                CHILDREN_LOOKED_AFTER: {team or "Care": 1},
                PLACEMENTS_IN_YEAR: {team or "Care": (1, 1)},
                PLACEMENTS_SINCE_ENTRY: {team or "Care": (1, 1)},
            },
        )
    soon = table + "2025-03-04 | case allocated | C0 | worker=w1 team=South"
    story(
        soon,
        on="2025-03-04T12:00:00+00:00",
        by="team",
        expect={
            ENQUIRIES_DUE: {"South": 1},
            LONGEST_WAIT: {"South": 11.0},
        },
    )
    story(soon, on="2025-03-17", by="team", expect={CONFERENCES_DUE: {"South": 1}})
    story(soon, on="2025-05-08", by="team", expect={ASSESSMENTS_DUE: {"South": 1}})


@pytest.mark.parametrize(
    ("became", "team"),
    [
        ("", "South"),
        ("2025-04-21 | case deallocated | C2 |", "East"),
        ("2025-04-04 | case deallocated | C2 |", "East"),  # given up before it began: it never stood
        ("2025-04-07 | case deallocated | C2 |", "East"),
        ("2025-04-07 | case allocated   | C2 | retracted=true", "North"),  # never was
    ],
)
def test_the_next_allocation_ends_the_one_before_whatever_becomes_of_it(story: Story, became: str, team: str) -> None:
    """Given up, or void from the start: the case does not fall back to whom it was taken from."""
    table = CASE + (
        "2025-03-10 | case allocated | C1 | worker=w1 team=North\n"
        "2025-04-07 | case allocated | C2 | worker=w2 team=South\n"
    )
    stands(story, table + became, {"04-06": "North", "04-30": team})


def test_of_two_allocations_at_one_moment_the_greater_record_stands(story: Story) -> None:
    """Whichever was told first; and an allocation is in force from its own moment, to the microsecond."""
    table = CASE + (
        "2025-03-10T09:00:00+00:00 | case allocated | C9  | worker=w1 team=North\n"
        "2025-03-10T09:00:00+00:00 | case allocated | C10 | worker=w2 team=South\n"
    )
    story(table, on="2025-03-10T08:59:59.999999+00:00", by="team", expect={ASSESSMENTS_OPEN: {"East": 1}})
    story(table, on="2025-03-10T09:00:00+00:00", by="team", expect={ASSESSMENTS_OPEN: {"North": 1}})


def test_an_allocation_ends_with_need_and_need_that_comes_back_does_not_revive_it(story: Story) -> None:
    """The episode closes and opens again a month on: until somebody is allocated anew the case stands with its team."""
    table = CASE + (
        "2025-03-10 | case allocated | C1 | worker=w1 team=North\n"
        "2025-04-01 | episode closed | E1 |\n"
        "2025-05-01 | episode opened | E2 | team=West\n"
    )
    stands(story, table, {"03-31": "North", "04-01": "East", "05-01": "East"})
    story(table, on="2025-05-01", by="team", expect={CHILDREN_IN_NEED_NOW: {"West": 1}})
    anew = table + "2025-05-02 | case allocated | C2 | worker=w1 team=South\n"
    stands(story, anew, {"05-01": "East", "05-02": "South"})


@pytest.mark.parametrize(
    "goes_on",
    [
        "2025-04-01 | episode opened          | E2  |",
        "2025-03-17 | protection plan started | PP1 |",
        "2025-04-01 | protection plan started | PP1 | other_authority=true",
        "2025-03-20 | care started            | P1  |\n 2025-03-20 | legal status changed | L1 | status=V3",
    ],
)
def test_an_allocation_goes_on_while_the_child_is_in_need_by_anything(story: Story, goes_on: str) -> None:
    """The episode closes on the very day, and the child is on a plan, or in care, short breaks or elsewhere too."""
    table = CASE + "2025-03-10 | case allocated | C1 | worker=w1 team=North\n2025-04-01 | episode closed | E1 |\n"
    stands(story, table, {"04-01": "East"})
    stands(story, table + goes_on, {"03-31": "North", "04-01": "North", "05-01": "North"})


def test_an_allocation_before_need_begins_stands_from_there(story: Story) -> None:
    """Allocated a week before the episode opens: planned. Given up, or followed by another, before that: never."""
    table = HEAD + (
        "2025-03-03 | assessment started | A1 | team=East\n"
        "2025-03-10 | case allocated     | C1 | worker=w1 team=North\n"
        "2025-03-17 | episode opened     | E1 | team=West\n"
    )
    stands(story, table, {"03-10": "East", "03-16": "East", "03-17": "North"})
    stands(story, table + "2025-03-12 | case deallocated | C1 |", {"03-12": "East", "03-17": "East"})
    stands(story, table + "2025-03-17 | case deallocated | C1 |", {"03-17": "East"})
    stands(story, table + "2025-03-24 | case deallocated | C1 |", {"03-17": "North", "03-24": "East"})
    followed = table + "2025-03-12 | case allocated | C2 | worker=w1 team=South"
    stands(story, followed, {"03-12": "East", "03-17": "South"})


def test_an_allocation_on_the_day_that_need_ends_waits_for_the_next(story: Story) -> None:
    """At that moment the child is not in need: it stands from where need begins again, as any made before that."""
    table = CASE + (
        "2025-04-01 | episode closed | E1 |\n"
        "2025-04-01 | case allocated | C1 | worker=w1 team=North\n"
        "2025-05-01 | episode opened | E2 |\n"
    )
    stands(story, table, {"03-31": "East", "04-01": "East", "04-30": "East", "05-01": "North"})


def test_a_child_who_is_never_in_need_is_allocated_to_nobody(story: Story) -> None:
    """A referral and an assessment are no need: the assessment stays with the team that began it."""
    table = HEAD + (
        "2025-03-03 | referral received  | R1 | team=MASH\n"
        "2025-03-03 | assessment started | A1 | team=East\n"
        "2025-03-10 | case allocated     | C1 | worker=w1 team=North\n"
    )
    stands(story, table, {"03-10": "East", "04-30": "East"})


def test_a_planned_allocation_moves_nothing_before_its_day(story: Story) -> None:
    """Recorded a month ahead: on its day, and with no event on that day, the case moves."""
    table = CASE + "2025-04-28 | case allocated | C1 | worker=w1 team=North recorded_at=2025-03-20T10:00:00Z"
    stands(story, table, {"04-27": "East", "04-28": "North"})
    story(table, on="2025-04-28", by="team", known_at="2025-03-19", expect={ASSESSMENTS_OPEN: {"East": 1}})


# --- the team that the open records told --------------------------------------------------------------------------


def test_a_fact_that_only_names_a_record_does_not_tell_its_team(story: Story) -> None:
    """An enquiry waits with the team that received it, whoever graded it."""
    table = HEAD + (
        "2025-06-02T09:00:00+01:00 | enquiry received | Q1 | team=MASH\n"
        "2025-06-02T10:00:00+01:00 | enquiry graded   | G1 | team=North enquiry=Q1 rag=red\n"
    )
    story(table, on="2025-06-02", by="team", expect={ENQUIRIES_AWAITING_DECISION: {"MASH": 1}})


def test_a_later_fact_of_the_open_record_tells_its_team(story: Story) -> None:
    """Cancelled by South and authorised in the end: open until then, with South from the day of the cancellation."""
    table = CASE + (
        "2025-04-01 | assessment cancelled  | A1 | team=South\n"
        "2025-05-01 | assessment authorised | A1 | team=North outcomes=care\n"
    )
    stands(story, table, {"03-31": "East", "04-01": "South", "04-30": "South"})
    untold = CASE + (
        "2025-04-01 | assessment cancelled  | A1 |\n2025-05-01 | assessment authorised | A1 | outcomes=care\n"
    )
    stands(story, untold, {"04-01": "East"})


def test_an_enquiry_that_ended_in_a_conference_waits_with_the_team_that_ended_it(story: Story) -> None:
    """Begun by Duty, ended by North with the outcome conference, and no conference yet: North's from then on."""
    table = HEAD + (
        "2025-03-03 | section 47 started | S1 | team=Duty\n"
        "2025-03-20 | section 47 ended   | S1 | team=North outcome=conference\n"
    )
    story(table, on="2025-03-19", by="team", expect={CONFERENCES_DUE: {"Duty": 1}})
    story(table, on="2025-03-20", by="team", expect={CONFERENCES_DUE: {"North": 1}})
    story(table, on="2025-03-25", by="team", expect={CONFERENCES_OVERDUE: {"North": 1}})


def test_a_child_in_need_is_with_the_team_told_last_of_what_is_open(story: Story) -> None:
    """By any open record that tells one; as each closes, the team is that of those still open; none told: `unknown`."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+-----------
        2025-03-03 | episode opened          | E1     | team=West
        2025-04-07 | protection plan started | PP1    | team=North
        2025-05-12 | care started            | P1     |
        2025-06-02 | protection plan ended   | PP1    | team=South
        2025-06-10 | episode closed          | E1     | team=South
    """
    for on, team in (
        ("2025-04-06", "West"),
        ("2025-04-07", "North"),
        ("2025-05-12", "North"),
        ("2025-06-02", "West"),
        ("2025-06-10", "unknown"),
    ):
        story(table, on=on, by="team", expect={CHILDREN_IN_NEED_NOW: {team: 1}})


def test_of_several_plans_or_periods_the_one_that_is_meant_tells_the_team(story: Story) -> None:
    """The last begun, also where it tells none though an older one does."""
    table = """
        day        | event                   | record | fields
        -----------+-------------------------+--------+-----------
        2025-03-03 | protection plan started | PP1    | team=North
        2025-03-03 | care started            | P1     | team=North
        2025-04-07 | protection plan started | PP2    |
        2025-04-07 | care started            | P2     |
        2025-05-12 | protection plan ended   | PP2    |
        2025-05-12 | care ended              | P2     |
    """
    for on, team in (("2025-04-06", "North"), ("2025-04-07", "unknown"), ("2025-05-12", "North")):
        story(
            table,
            on=on,
            by="team",
            expect={
                PROTECTION_PLANS_OPEN: {team: 1},
                CHILDREN_LOOKED_AFTER: {team: 1},
                PLACEMENTS_SINCE_ENTRY: {team: (0, 1)},
            },
        )


# --- the team of what is settled ----------------------------------------------------------------------------------


def test_what_was_in_time_is_the_stopping_teams(story: Story) -> None:
    """Signed off by South in time: South's, wherever the case stands; and where no team signed, `unknown`."""
    allocated = CASE + "2025-03-10 | case allocated | C1 | worker=w1 team=North\n"
    for team, settled in (("team=South", "South"), ("", "unknown")):
        table = allocated + f"2025-05-08 | assessment authorised | A1 | {team} outcomes=advice"
        story(
            table,
            on="2025-05-08",
            by="team",
            expect={
                ASSESSMENT_TIMELINESS_SETTLED: {settled: (1, 1)},
                ASSESSMENT_TIMELINESS: {settled: (1, 1)},
            },
        )


NORTH = "2025-03-10 | case allocated | C1 | worker=w1 team=North\n"


@pytest.mark.parametrize(
    ("rows", "team"),
    [
        ("", "East"),  # the team that began it
        (NORTH, "North"),
        ("2025-05-09 | assessment authorised | A1 | team=South outcomes=advice", "East"),  # the stop itself is left out
        ("2025-07-01 | assessment authorised | A1 | team=South outcomes=advice", "East"),
        (NORTH + "2025-05-09 | assessment authorised | A1 | team=South outcomes=advice", "North"),
        ("2025-05-09 | assessment cancelled  | A1 | team=South", "East"),  # and so is the cancellation that ended it
        ("2025-05-09T15:00:00+01:00 | case allocated | C1 | worker=w1 team=North", "North"),  # by the end of that day
        ("2025-05-09T23:59:59.999999+01:00 | case allocated | C1 | worker=w1 team=North", "North"),
        ("2025-05-10T00:00:00+01:00 | case allocated | C1 | worker=w1 team=North", "East"),  # and not after it
        (NORTH + "2025-05-09 | case allocated | C2 | worker=w1 team=South", "South"),
        (NORTH + "2025-05-09 | case deallocated | C1 |", "East"),
        (NORTH + "2025-05-09 | episode closed   | E1 |", "East"),  # the allocation ended with need
        (NORTH + "2025-05-10 | episode closed   | E1 |", "North"),
        (
            "2025-05-09T09:00:00+01:00 | assessment authorised | A1 | team=South outcomes=advice\n"
            "2025-05-09T15:00:00+01:00 | case allocated | C1 | worker=w1 team=North",
            "North",
        ),
        (
            "2025-04-01 | assessment cancelled  | A1 | team=South\n"
            "2025-07-01 | assessment authorised | A1 | team=North outcomes=advice",
            "South",  # told by an earlier fact of the record, which did not end it
        ),
    ],
)
def test_what_was_late_is_where_it_stood_at_the_end_of_the_day_it_became_late(
    story: Story, rows: str, team: str
) -> None:
    """Day 45 was 8 May: on 9 May it became late, and whose that breach is does not change with who clears it up."""
    for on in ("2025-05-09", "2025-12-31"):
        story(CASE + rows, on=on, by="team", expect={ASSESSMENT_TIMELINESS_SETTLED: {team: (0, 1)}})


def test_a_late_enquiry_is_the_team_with_which_it_waited(story: Story) -> None:
    """In time, it is the deciding team's; late, it stays with the one that had it when it became late."""
    table = HEAD + (
        "2025-06-02 | enquiry received | Q1 | team=MASH\n"
        "2025-06-03 | enquiry decided  | D1 | team=North enquiry=Q1 outcomes=advice\n"
        "2025-06-02 | enquiry received | Q2 | team=MASH\n"
        "2025-06-04 | enquiry decided  | D2 | team=North enquiry=Q2 outcomes=advice\n"
    )
    story(table, on="2025-06-30", by="team", expect={ENQUIRY_DECISION_TIMELINESS: {"North": (1, 1), "MASH": (0, 1)}})


# --- what a team is called, and its locality ----------------------------------------------------------------------


def test_a_team_stands_in_its_locality_of_the_day() -> None:
    """North moved to the coast in April: what is open moves with it; what happened stays where it was that day."""
    story = setting(
        teams=(
            TeamFact("North", "Exeter", last=date(2025, 3, 31)),
            TeamFact("North", "Coast", first=date(2025, 4, 1)),
        )
    )
    table = """
        day        | event              | record | fields
        -----------+--------------------+--------+-----------
        2025-03-31 | assessment started | A1     | team=North
        2025-04-01 | assessment started | A2     | team=North
        2025-04-01 | assessment started | A3     | team=South
        2025-04-01 | assessment started | A4     |
    """
    story(table, on="2025-03-31", by="locality", expect={ASSESSMENTS_OPEN: {"Exeter": 1}})
    story(table, on="2025-04-01", by="locality", expect={ASSESSMENTS_OPEN: {"Coast": 2, "unknown": 2}})
    story(
        table,
        on="2025-04-01",
        window="last_7_days",
        by="locality",
        expect={
            ASSESSMENTS_STARTED: {"Exeter": 1, "Coast": 1, "unknown": 2},
        },
    )
    story(table, on="2025-04-01", by={"locality": "Coast"}, expect={ASSESSMENTS_OPEN: 2})
    story(table, on="2025-04-01", team="North", expect={ASSESSMENTS_OPEN: 2})


def test_a_team_merged_into_another_leaves_it_what_is_open() -> None:
    """South was closed at the end of March: its open work is North's from April, and what it did remains its own."""
    story = setting(
        teams=(TeamFact("North", "Exeter"), TeamFact("South", "Coast", last=date(2025, 3, 31), into="North"))
    )
    table = """
        day        | event              | record | fields
        -----------+--------------------+--------+-----------
        2025-03-31 | assessment started | A1     | team=South
        2025-03-31 | assessment started | A2     | team=North
        2025-04-01 | assessment started | A3     | team=South
    """
    story(table, on="2025-03-31", by="team", expect={ASSESSMENTS_OPEN: {"South": 1, "North": 1}})
    story(table, on="2025-04-01", by="team", expect={ASSESSMENTS_OPEN: {"North": 3}})
    story(table, on="2025-04-01", by="locality", expect={ASSESSMENTS_OPEN: {"Exeter": 3}})
    story(
        table,
        on="2025-04-01",
        window="last_7_days",
        by="team",
        expect={
            ASSESSMENTS_STARTED: {"South": 1, "North": 2},
        },
    )


def test_a_breach_is_in_the_locality_of_the_day_it_became_late() -> None:
    """Late on 9 May, before the team moved: Exeter's, today too; what is still open is the coast's."""
    story = setting(
        teams=(
            TeamFact("East", "Exeter", last=date(2025, 5, 9)),
            TeamFact("East", "Coast", first=date(2025, 5, 10)),
        )
    )
    story(
        CASE,
        on="2025-05-12",
        by="locality",
        expect={
            ASSESSMENT_TIMELINESS_SETTLED: {"Exeter": (0, 1)},
            ASSESSMENTS_OVERDUE: {"Coast": 1},
        },
    )


def test_a_renamed_team_bears_its_new_name_on_every_day() -> None:
    """The name that people read is the one set now, for what was told under the old one as well."""
    story = setting(teams=(TeamFact("T07", "Exeter", name="Exeter North"),))
    table = HEAD + "2025-06-02 | enquiry received | Q1 | team=T07\n2025-06-02 | enquiry received | Q2 | team=T08\n"
    story(table, on="2025-06-02", by="team", expect={ENQUIRIES_RECEIVED: {"Exeter North": 1, "T08": 1}})
    story(table, on="2025-06-02", team="Exeter North", expect={ENQUIRIES_RECEIVED: 1})
