"""`authority.toml`: what it sets, by date, what asks for a recount, and every fault with its line and remedy."""

import pickle
from dataclasses import replace
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.configuration.authorities import AuthoritiesUnreadable, read_authorities
from deploy.configuration.toml_lines import line_of, lines_of
from events.office_hours import USUAL_HOURS, Hours, Office
from events.time import LONDON, MICROSECONDS_PER_HOUR, Instant, instant
from events.working_days import OutsideCalendar, calendar
from metrics.rules.rules import Parameters, Rules, RulesByAuthority
from metrics.rules.teams import MergedInCircles, TeamFact, locality_at, stretch_at, stretches, team_at

ROOT = Path(__file__).parents[2]
UNITS = {
    "assessment_timeliness": "ratio",
    "assessments_overdue": "assessments",
    "longest_wait": "office_hours",
    "caseload": "cases",
}
A = "E10000008"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Written":
    monkeypatch.chdir(tmp_path)
    return Written()


class Written:
    """What a text says as `authority.toml`."""

    file = Path("authority.toml")

    def rules(self, text: str, authority: str = A) -> Rules:
        self.file.write_text(text, encoding="utf-8")
        return read_authorities(self.file, UNITS).of(authority)

    def faults(self, text: str) -> list[str]:
        self.file.write_text(text, encoding="utf-8")
        with pytest.raises(AuthoritiesUnreadable) as refused:
            read_authorities(self.file, UNITS)
        return str(refused.value).splitlines()


def at(told: str) -> Instant:
    return instant(datetime.fromisoformat(told).replace(tzinfo=LONDON))


# What it sets


def test_without_a_file_everybody_has_the_default_rules(written: Written) -> None:
    """No path, and no `authority.toml` in the folder; one that is in the folder is read."""
    nobody = read_authorities(None, UNITS)
    assert nobody == RulesByAuthority()
    assert nobody.of(A) == Rules(calendar())
    assert (nobody.named, nobody.version) == ((), "")
    written.file.write_text(f"[{A}]\nsame_carer_counts = true\n")
    assert read_authorities(None, UNITS).of(A).parameters == Parameters(same_carer_counts=True)


def test_a_file_that_is_named_must_be_there(written: Written) -> None:
    """Rules that were asked for and not found are never quietly the default ones."""
    with pytest.raises(AuthoritiesUnreadable, match=r"elsewhere\.toml: there is no such file"):
        read_authorities(Path("elsewhere.toml"), UNITS)
    with pytest.raises(AuthoritiesUnreadable, match="name a file that can be read"):
        read_authorities(Path(), UNITS)


def test_the_example_can_be_read_and_shows_every_key() -> None:
    """It is where an authority starts from; what it shows as the default is the default."""
    example = ROOT / "deploy" / "authority.example.toml"
    authorities = read_authorities(example, UNITS)
    rules = authorities.of("E10000099")
    assert authorities.named == ("E10000099", "E10000098")
    assert rules.parameters == Parameters()
    assert rules.hours == USUAL_HOURS
    assert rules.days == calendar(frozenset({date(2017, 12, 27), date(2017, 12, 28), date(2017, 12, 29)}))
    assert rules.targets == {"assessment_timeliness": 0.9, "longest_wait": 4.0}
    assert rules.population == {2017: 143525, 2018: 144100}
    assert rules.name == "Wexshire"
    assert authorities.of("E10000098") == Rules(calendar(), name="Eastmere")
    for parameter in Parameters.__dataclass_fields__:
        assert f"\n{parameter} = " in example.read_text()


def test_what_the_example_says_of_its_teams() -> None:
    """Renamed, merged, moved and closed, on the last day before and the first day after."""
    rules = read_authorities(ROOT / "deploy" / "authority.example.toml", UNITS).of("E10000099")
    assert rules.stretches("North Assessment") == ((None, "North", "Northern"),)
    assert rules.stretches("Saltmarsh") == ((None, "Saltmarsh", "Northern"), (date(2018, 7, 1), "North", "Northern"))
    assert rules.stretches("Moorside") == ((None, "Moorside", "Northern"), (date(2019, 4, 1), "Moorside", "Southern"))
    assert rules.stretches("Harbour") == ((None, "Harbour", "Southern"), (date(2019, 4, 1), "Harbour", "unknown"))


def test_what_is_left_out_is_the_default(written: Written) -> None:
    """A section may set one thing; an office hours table stands for the whole week."""
    assert written.rules(f"[{A}]\n") == Rules(calendar())
    hours = written.rules(f'[{A}.office_hours]\nfriday = "08:30-12:00"\n').hours
    assert hours == Hours((None, None, None, None, (time(8, 30), time(12)), None, None))


def test_the_faults_that_are_none(written: Written) -> None:
    """A closure day that is a Sunday, one told twice, a byte order mark, Windows line ends, a whole-number target."""
    text = f"\ufeff[{A}]\r\nextra_closure_days = [2017-12-31, 2017-12-31]\r\n[{A}.targets]\r\ncaseload = 16\r\n"
    rules = written.rules(text)
    assert rules.days == calendar()
    assert rules.targets == {"caseload": 16.0}


# What asks for a recount


@pytest.mark.parametrize(
    "setting",
    [
        'name = "Devon"',
        "targets = {assessment_timeliness = 0.9}",
        "population = {2017 = 143525}",
        'teams = [{team = "North", locality = "Northern"}]',
        'office_hours = {monday = "09:00-12:00"}',
        "extra_closure_days = [2017-12-31]  # a Sunday",
        "roll_start_forward = false",
    ],
)
def test_what_is_only_read_asks_for_no_recount(setting: str, written: Written) -> None:
    """The version of the rules, and that of all authorities together, are as without the section."""
    assert written.rules(f"[{A}]\n{setting}\n").version == Rules(calendar()).version
    assert read_authorities(written.file, UNITS).version == ""


@pytest.mark.parametrize(
    "setting",
    [
        "extra_closure_days = [2017-12-27]",
        "roll_start_forward = true",
        "after_hours_from_next_opening = true",
        "same_carer_counts = true",
        "assessments_due_within = 6",
        "conferences_due_within = 6",
    ],
)
def test_what_changes_a_cell_asks_for_a_recount(setting: str, written: Written) -> None:
    """Each alone changes the version; and the same setting always to the same."""
    changed = written.rules(f"[{A}]\n{setting}\n")
    assert changed.version != Rules(calendar()).version
    assert len(changed.version) == 12
    assert written.rules(f"[{A}]\n{setting}\n").version == changed.version
    assert len(read_authorities(written.file, UNITS).version) == 12


def test_office_hours_count_once_enquiries_wait_for_the_opening(written: Written) -> None:
    """Then, and only then, they move cells."""
    waiting = f"[{A}]\nafter_hours_from_next_opening = true\n"
    assert written.rules(waiting).version != written.rules(f'{waiting}office_hours.monday = "09:00-12:00"\n').version


def test_the_order_of_sections_does_not_matter(written: Written) -> None:
    """But which authority has which rules does."""
    one, other = "[E10000001]\nroll_start_forward = true\n", "[E10000002]\nsame_carer_counts = true\n"
    versions = []
    for text in (one + other, other + one, one.replace("01", "02") + other.replace("02", "01")):
        written.rules(text)
        versions.append(read_authorities(written.file, UNITS).version)
    assert versions[0] == versions[1] != versions[2]


def test_rules_are_values(written: Written) -> None:
    """They compare, hash, and go to another process and back."""
    text = f'[{A}]\n[{A}.targets]\ncaseload = 16\n[[{A}.teams]]\nteam = "N"\nlocality = "L"\n'
    rules = written.rules(text)
    assert rules == written.rules(text)
    assert hash(rules) == hash(written.rules(text))
    assert rules.office.open_at(at("2018-01-02T10:00"))
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert replace(rules, targets={}) != rules


# Office hours


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2018-01-02T09:00", "2018-01-02T17:00", 8),  # a Tuesday
        ("2018-01-02T16:30", "2018-01-03T09:30", 1),
        ("2018-01-05T15:30", "2018-01-08T09:30", 1),  # over a weekend, from a Friday that ends at 16:00
        ("2018-01-05T16:00", "2018-01-08T09:00", 0),
        ("2017-12-22T09:00", "2017-12-27T10:00", 8),  # over Christmas: Friday, and an hour of Wednesday
        ("2018-03-23T09:00", "2018-03-26T17:00", 15),  # over the change to summer time
        ("2018-01-03T12:00", "2018-01-02T12:00", -8),
    ],
)
def test_a_wait_is_counted_while_the_office_is_open(since: str, until: str, hours: int) -> None:
    """From closing to the next opening nothing passes, whatever lies between."""
    assert USUAL_HOURS.elapsed(at(since), at(until), calendar()) == hours * MICROSECONDS_PER_HOUR


@pytest.mark.parametrize(
    ("moment", "open_then", "opening"),
    [
        ("2018-01-05T08:59", False, "2018-01-05T09:00"),
        ("2018-01-05T09:00", True, "2018-01-05T09:00"),
        ("2018-01-05T15:59", True, "2018-01-05T15:59"),
        ("2018-01-05T16:00", False, "2018-01-08T09:00"),
        ("2018-01-06T10:00", False, "2018-01-08T09:00"),
        ("2018-03-29T17:00", False, "2018-04-03T09:00"),  # over Easter
        ("1995-01-01T00:00", False, "1995-01-03T09:00"),
    ],
)
def test_the_next_opening(moment: str, open_then: bool, opening: str) -> None:
    """At its opening the office is open, at its closing no more."""
    assert USUAL_HOURS.open_at(at(moment), calendar()) is open_then
    assert USUAL_HOURS.next_opening(at(moment), calendar()) == at(opening)


def test_a_closure_day_and_hours_of_ones_own_count() -> None:
    """Closed between the years, and on Mondays."""
    days = calendar(frozenset({date(2017, 12, 27), date(2017, 12, 28), date(2017, 12, 29)}))
    hours = Hours((None, (time(10), time(12)), *USUAL_HOURS.week[2:]))
    office = Office(hours, days)
    assert office.next_opening(at("2017-12-22T16:00")) == at("2018-01-02T10:00")
    assert office.elapsed(at("2017-12-22T16:00"), at("2018-01-09T12:00")) == (2 + 8 + 8 + 7 + 2) * MICROSECONDS_PER_HOUR


def test_outside_the_calendar_there_is_no_office() -> None:
    """An error, never a closed day."""
    for moment in ("1994-12-31T12:00", "2051-01-01T00:00"):
        with pytest.raises(OutsideCalendar):
            USUAL_HOURS.open_at(at(moment), calendar())
    assert USUAL_HOURS.elapsed(at("2050-12-30T16:00"), at("2050-12-31T23:59"), calendar()) == 0
    with pytest.raises(OutsideCalendar, match="the opening after 2050-12-30"):
        USUAL_HOURS.next_opening(at("2050-12-30T16:00"), calendar())


@pytest.mark.parametrize("week", [(), ((time(9), time(9)), *USUAL_HOURS.week[1:])], ids=["no days", "no time open"])
def test_hours_are_a_week(week: tuple[None, ...]) -> None:
    """Seven days, each closed or opening before it closes."""
    with pytest.raises(ValueError, match="seven days"):
        Hours(week)


# Teams

D = date.fromisoformat
CHAIN = (
    TeamFact("Bideford", "Northern", last=D("2018-06-30"), into="North"),
    TeamFact("North", "Northern", last=D("2019-03-31"), into="Coast"),
    TeamFact("Coast", "Seaside", first=D("2019-01-01"), last=D("2020-12-31"), name="Coastal"),
    TeamFact("Bideford", "Torridge", first=D("2020-06-01")),
)


@pytest.mark.parametrize(
    ("told", "day", "team", "locality"),
    [
        ("Bideford", "2018-06-30", "Bideford", "Northern"),
        ("Bideford", "2018-07-01", "North", "Northern"),
        ("Bideford", "2019-03-31", "North", "Northern"),
        ("Bideford", "2019-04-01", "Coastal", "Seaside"),
        ("Bideford", "2020-06-01", "Bideford", "Torridge"),  # opened again
        ("North", "2019-04-01", "Coastal", "Seaside"),
        ("Coast", "2018-12-31", "Coastal", "unknown"),  # before it was there
        ("Coast", "2021-01-01", "Coastal", "unknown"),  # closed
        ("Elsewhere", "2018-06-30", "Elsewhere", "unknown"),
        ("unknown", "2018-06-30", "unknown", "unknown"),
    ],
)
def test_a_team_on_a_day(told: str, day: str, team: str, locality: str) -> None:
    """Mergers are followed in chains; who is not there keeps its name, and stands in no locality."""
    assert team_at(CHAIN, told, D(day)) == team
    assert locality_at(CHAIN, told, D(day)) == locality


def test_the_stretches_of_a_team() -> None:
    """From each day on until the next, the first ever; a team that is not in the file has one."""
    assert stretches(CHAIN, "Bideford") == (
        (None, "Bideford", "Northern"),
        (D("2018-07-01"), "North", "Northern"),
        (D("2019-04-01"), "Coastal", "Seaside"),
        (D("2020-06-01"), "Bideford", "Torridge"),
    )
    assert stretches(CHAIN, "Elsewhere") == ((None, "Elsewhere", "unknown"),)


def test_two_teams_with_one_name_are_one() -> None:
    """The events tell the old name until the day of the change, and the new one since."""
    teams = (TeamFact("North Assessment", "Northern", name="North"), TeamFact("North", "Northern"))
    assert {team_at(teams, told, D("2018-01-01")) for told in ("North Assessment", "North")} == {"North"}


def test_a_circle_has_no_answer() -> None:
    """It is told, and not walked for ever."""
    teams = (TeamFact("A", "L", last=D("2018-01-01"), into="B"), TeamFact("B", "L", last=D("2018-06-01"), into="A"))
    assert team_at(teams, "A", D("2018-06-01")) == "B"
    with pytest.raises(MergedInCircles, match="A into B into A"):
        team_at(teams, "A", D("2018-06-02"))


@st.composite
def histories(draw: st.DrawFn) -> tuple[TeamFact, ...]:
    """Teams with entries that do not overlap, merged into later teams only."""
    facts = []
    for n, team in enumerate("ABC"):
        days = sorted(draw(st.sets(st.dates(D("2017-01-01"), D("2017-02-28")), max_size=4)))
        for first, last in zip(days[::2], days[1::2], strict=False):
            into = draw(st.sampled_from([None, *"ABCX"[n + 1 :]]))
            facts.append(TeamFact(team, draw(st.sampled_from(["L", "M"])), first, last, into=into))
    return tuple(draw(st.permutations(facts)))


@given(histories(), st.dates(D("2016-12-25"), D("2017-03-05")), st.sampled_from("ABCX"))
def test_stretches_say_what_each_day_says(teams: tuple[TeamFact, ...], day: date, told: str) -> None:
    """On any day, in whichever order the file has the entries; and no two that follow one another are the same."""
    found = stretches(teams, told)
    assert stretch_at(found, day) == (team_at(teams, told, day), locality_at(teams, told, day))
    assert all(one[1:] != other[1:] for one, other in pairwise(found))


# Faults: each text is one section's, from line 2 on

FAULTS = {
    "an unknown key": (
        "roll_start_foward = true",
        "line 2: roll_start_foward: there is no such key: did you mean 'roll_start_forward'?",
    ),
    "a key like no other": ("colour = 1", "line 2: colour: there is no such key: leave it out, or use one of name, "),
    "text for a flag": (
        '\nroll_start_forward = "yes"',
        "line 3: roll_start_forward: is neither true nor false: write one of the two, without quotation marks",
    ),
    "a number for a flag": ("same_carer_counts = 1", "line 2: same_carer_counts: is neither true nor false"),
    "a flag for a number": ("assessments_due_within = true", "line 2: assessments_due_within: is not a whole number"),
    "a number out of range": (
        "conferences_due_within = 0",
        "line 2: conferences_due_within: is out of range: give 1 to 90 working days",
    ),
    "a name that is a number": ("name = 7", 'line 2: name: is not text: write it in "quotation marks"'),
    "a name that is empty": ('name = ""', "line 2: name: is empty, too long or padded: give 1 to 64 characters"),
    "a date in quotation marks": (
        'extra_closure_days = [\n  2017-12-27, # Wednesday\n  "2017-12-28",\n]',
        "line 4: extra_closure_days: is not a date: write year, month and day as 2026-12-29, without quotation marks",
    ),
    "an instant for a date": (
        "extra_closure_days = [2017-12-27T00:00:00]",
        "line 2: extra_closure_days: is not a date",
    ),
    "one date for a list": (
        "extra_closure_days = 2017-12-27",
        "line 2: extra_closure_days: is not a list: write it in square brackets, [ ]",
    ),
    "a day outside the calendar": (
        "extra_closure_days = [1917-12-27]",
        "line 2: extra_closure_days: 1917-12-27 is outside the calendar, 1995 to 2050: mend the year, or leave it out",
    ),
    "hours that are a word": (
        'office_hours.monday = "nine to five"',
        'line 2: office_hours.monday: is not understood: write hours as "09:00-17:00", and leave out a day that is',
    ),
    "an hour that is none": ('office_hours.monday = "09:00-25:00"', "line 2: office_hours.monday: is not understood"),
    "hours backwards": (
        'office_hours = {monday = "17:00-09:00"}',
        "line 2: office_hours.monday: does not open before it closes: give the opening first, both on the same day",
    ),
    "a time for hours": ("office_hours.friday = 09:00:00", "line 2: office_hours.friday: is not text"),
    "a weekend": (
        'office_hours.saturday = "09:00-12:00"',
        "line 2: office_hours.saturday: is never a working day, so no hour of it counts: leave it out",
    ),
    "no hours at all": ("office_hours = {}", "line 2: office_hours: the office is never open: give the days"),
    "a day misspelt": (
        'office_hours.wensday = "09:00-12:00"',
        "line 2: office_hours.wensday: there is no such key: did you mean 'wednesday'?",
    ),
    "an unknown measure": (
        "[E10000008.targets]\nassessment_timelines = 0.9",
        "line 3: targets.assessment_timelines: there is no such measure: did you mean 'assessment_timeliness'?",
    ),
    "a measure like no other": (
        "targets.xyz = 1",
        "line 2: targets.xyz: there is no such measure: `casepulse measures`",
    ),
    "a percentage": (
        "targets.assessment_timeliness = 85",
        "line 2: targets.assessment_timeliness: is out of range: give 0 to 1, as 0.85 for 85 %",
    ),
    "no number": ("targets.assessment_timeliness = nan", "line 2: targets.assessment_timeliness: is out of range"),
    "less than nothing": (
        "targets.longest_wait = -1",
        "line 2: targets.longest_wait: is out of range: give 0 or more office hours",
    ),
    "a target that is text": ('targets.caseload = "16"', "line 2: targets.caseload: is not a number: write one"),
    "targets in a list": ("targets = [0.85]", "line 2: targets: is not a table"),
    "a financial year": (
        "population.2017-18 = 143525",
        "line 2: population.2017-18: is no year: name that of the mid-",
    ),
    "no children": ("population.2017 = 0", "line 2: population.2017: is out of range: give the number of children"),
    "a fraction of a child": ("population.2017 = 143.525", "line 2: population.2017: is not a whole number"),
    "teams in single brackets": (
        '[E10000008.teams]\nteam = "North"',
        "line 2: teams: one table is one team: write [[E10000008.teams]], in double brackets",
    ),
    "teams that are names": ('teams = ["North"]', "line 2: teams: is not a table"),
}
TEAM_FAULTS = {
    "no locality": (
        "team = 'A'; until = 2018-01-01",
        "",
        "line 2: teams: 'locality' is missing: give the locality that the",
    ),
    "unknown": ("team = 'unknown'; locality = 'L'", "", 'line 3: teams.team: "unknown" stands for what nobody told'),
    "a space too many": ("team = 'A '; locality = 'L'", "", "line 3: teams.team: is empty, too long or padded"),
    "a key misspelt": (
        "team = 'A'; locality = 'L'; untill = 2018-01-01",
        "",
        "line 5: teams.untill: there is no such key: did",
    ),
    "until before from": (
        "team = 'A'; locality = 'L'; from = 2018-01-02; until = 2018-01-01",
        "",
        "line 6: teams.until: 'until' is before 'from': give the last day the team existed",
    ),
    "for ever": (
        "team = 'A'; locality = 'L'; until = 9999-12-31",
        "",
        "line 5: teams.until: 'until' is after 2050: leave it out",
    ),
    "into without until": (
        "team = 'A'; locality = 'L'; into = 'B'",
        "team = 'B'; locality = 'L'",
        "line 5: teams.into: 'into' without 'until': give also the last day before the team was merged",
    ),
    "an overlap of a day": (
        "team = 'A'; locality = 'L'; until = 2018-01-01",
        "team = 'A'; locality = 'M'; from = 2018-01-01",
        "line 6: teams: 'A' has two entries on 2018-01-01: end one of them the day before the other begins",
    ),
    "told twice": (
        "team = 'A'; locality = 'L'",
        "team = 'A'; locality = 'L'",
        "line 5: teams: 'A' has two entries from the beginning: end",
    ),
    "into nobody": (
        "team = 'Northern'; locality = 'L'",
        "team = 'B'; locality = 'L'; until = 2018-01-01; into = 'Nothern'",
        "line 9: teams.into: there is no team 'Nothern': did you mean 'Northern'?",
    ),
    "into nobody like it": (
        "team = 'A'; locality = 'L'; until = 2018-01-01; into = 'Elsewhere'",
        "",
        "line 6: teams.into: there is no team 'Elsewhere': give it an entry of its own",
    ),
    "into a name": (
        "team = 'A'; locality = 'L'; name = 'North'",
        "team = 'B'; locality = 'L'; until = 2018-01-01; into = 'North'",
        "line 10: teams.into: there is no team 'North': name it as events tell it, 'A'",
    ),
    "into a team that is not there yet": (
        "team = 'A'; locality = 'L'; until = 2018-01-01; into = 'B'",
        "team = 'B'; locality = 'L'; from = 2018-02-01",
        "line 6: teams.into: 'B' is not there on 2018-01-02: mend its dates, or name the team that took the cases",
    ),
    "into itself": (
        "team = 'A'; locality = 'L'; until = 2018-01-01; into = 'A'",
        "",
        "line 6: teams.into: on 2018-01-02 A into A: name the team that holds the cases now",
    ),
    "in a circle": (
        "team = 'A'; locality = 'L'; until = 2018-01-01; into = 'B'",
        "team = 'B'; locality = 'L'; until = 2019-01-01; into = 'A'",
        "line 11: teams.into: on 2019-01-02 B into A into B: name the team that holds the cases now",
    ),
}


@pytest.mark.parametrize(("text", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_line_and_what_to_do(text: str, told: str, written: Written) -> None:
    """One fault is one line, and there is no other."""
    (fault,) = written.faults(f"[{A}]\n{text}\n")
    assert fault.startswith(f"authority.toml, {told}")


@pytest.mark.parametrize(("one", "other", "told"), TEAM_FAULTS.values(), ids=TEAM_FAULTS)
def test_a_fault_of_a_team_is_told_where_it_is_said(one: str, other: str, told: str, written: Written) -> None:
    """Alone, or of two entries that do not fit together, the one that says what cannot be."""
    entries = (f"[[{A}.teams]]\n{team}\n".replace("; ", "\n") for team in (one, other) if team)
    (fault,) = written.faults("\n" + "".join(entries))
    assert fault.startswith(f"authority.toml, {told}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[Devon]\n", "line 1: Devon: is no authority: name it by its ONS code, a capital letter and eight digits"),
        ("\n[e10000008]\n", "line 2: e10000008: is no authority"),
        ("[E1000008]\n", "line 1: E1000008: is no authority"),
        ('name = "Devon"\n', "line 1: name: stands outside any section: put it under that of its authority"),
    ],
)
def test_a_section_is_named_by_its_authority(text: str, told: str, written: Written) -> None:
    """By the code that events tell; a short or a lower-case one would never be met."""
    (fault,) = written.faults(text)
    assert fault.startswith(f"authority.toml, {told}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"[{A}]\nname = Devon\n", 2),
        (f"[{A}]\nextra_closure_days = [2017-13-01]\n", 2),
        (f"[{A}]\n\n[{A}]\n", 3),
        (f"[{A}]\nname = 'a'\nname = 'b'\n", 3),
        (f"[{A}]\nextra_closure_days = [\n2017-12-27\n\n", 3),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(text: str, line: int, written: Written) -> None:
    """No quotation marks, no such day, twice the same, never ended; always how TOML is written."""
    (fault,) = written.faults(text)
    assert fault.startswith(f"authority.toml, line {line}: ")
    assert fault.endswith("each section and key stands once")


def test_another_encoding_is_told_with_its_line(written: Written) -> None:
    """As a spreadsheet on Windows would save it."""
    written.file.write_bytes(f'[{A}]\nname = "Ynys Môn"\n'.encode("cp1252"))
    with pytest.raises(AuthoritiesUnreadable, match=r"authority.toml, line 2: is not UTF-8: save the file in that"):
        read_authorities(written.file, UNITS)


def test_all_faults_are_told_at_once_in_the_order_of_lines(written: Written) -> None:
    """Of every section; so that the file is mended in one go."""
    faults = written.faults(
        f"""[{A}]
        colour = "blue"
        [{A}.targets]
        assessment_timeliness = 85
        [[{A}.teams]]
        team = "North"
        [E09]
        [E10000009]
        same_carer_counts = "no"
        """
    )
    assert [fault.split(":")[0] for fault in faults] == [f"authority.toml, line {line}" for line in (2, 4, 5, 7, 9)]


# Lines

LAYOUT = '''# a comment with [brackets] and = signs
title = """
[not.a.section]
key = 1 """ # more

["E1".'x.y']
a.b = [ # one
  [1, 2],
  {c = "]", d = [3,
    4]},
]
"quoted = key" = "a # b"
when = 2017-12-27 09:00:00
[[E1.teams]]
team = 'it''s'
[[E1.teams]]
[E1.teams.inner]
deep = {}
'''.replace("'it''s'", "'its'")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("E1",), 6),
        (("E1", "x.y"), 6),
        (("E1", "x.y", "a", "b"), 7),
        (("E1", "x.y", "a", "b", 0), 8),
        (("E1", "x.y", "a", "b", 0, 1), 8),
        (("E1", "x.y", "a", "b", 1), 9),
        (("E1", "x.y", "a", "b", 1, "d", 1), 10),
        (("E1", "x.y", "quoted = key"), 12),
        (("E1", "x.y", "when"), 13),
        (("E1", "teams", 0), 14),
        (("E1", "teams", 0, "team"), 15),
        (("E1", "teams", 0, "missing"), 14),
        (("E1", "teams", 1), 16),
        (("E1", "teams", 1, "inner", "deep"), 18),
        (("nowhere",), 1),
    ],
)
def test_where_a_value_stands(path: tuple[str | int, ...], line: int) -> None:
    """In every way that TOML may be laid out; what is not there stands where it should be."""
    assert line_of(lines_of(LAYOUT), path) == line
