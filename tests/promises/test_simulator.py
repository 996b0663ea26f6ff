"""The made-up authority: the same story however it is cut, of the size that is published; and a clock for it."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from math import inf, nextafter
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.command import main
from deploy.configuration.authorities import read_authorities
from events.case import Case, tell
from events.decode import decode, encode
from events.event import Event
from events.feed import FeedReported
from events.office_hours import usual_office
from events.person import ChildMerged
from events.simulator.authority import backlog, events, history, so_far
from events.simulator.clock import BEGINS, DemonstrationClock
from events.simulator.planted import CASES, LEAST_CHILDREN, UNKNOWN_TEAM, case_name, planted
from events.simulator.story import OutsideStory
from events.simulator.wexshire import CHILDREN, MADE_UP_AUTHORITY, World, teams
from events.time import LONDON, day_of, instant
from events.working_days import START, OutsideCalendar, calendar
from metrics.catalogue import MEASURES, measure_named
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.rules.rules import Rules, RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.windows import At
from tests.promises import published
from tests.promises.published import AFTER, TOML, of, standing, the_year

WALL = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
SIX_DAYS_SECONDS = 6 * 24 * 3600
SMALL = World(seed=1, children=30_000)
DOCS = Path(__file__).parents[2] / "docs" / "simulator.md"


@lru_cache(maxsize=1)
def two_years() -> tuple[Event, ...]:
    """What a small authority told in two years, in order, and what was open before."""
    return tuple(backlog(SMALL, datetime(2016, 4, 1, tzinfo=LONDON), AFTER))


def is_open(now: datetime) -> bool:
    """Whether the office is, by the usual hours of an authority."""
    return Rules(calendar()).office.open_at(instant(now))


def in_bytes(tellings: Iterable[Event]) -> list[bytes]:
    return [encode(event) for event in tellings]


# --- the same story ------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)  # the first asks for what the others find kept
@given(st.lists(st.integers(0, SIX_DAYS_SECONDS), max_size=6))
def test_a_stretch_cut_anywhere_is_the_same_to_the_byte(cuts: list[int]) -> None:
    """A sender that stops and goes on, however often, sends just what it would have sent."""
    edges = [BEGINS + timedelta(seconds=second) for second in (0, *sorted(cuts), SIX_DAYS_SECONDS)]
    pieces = [event for since, until in pairwise(edges) for event in events(SMALL, since, until)]
    assert in_bytes(pieces) == in_bytes(events(SMALL, edges[0], edges[-1]))


def test_a_cut_in_the_same_instant_as_an_event_loses_and_repeats_nothing() -> None:
    """The stretch is open at its beginning and closed at its end."""
    begins, ends = BEGINS, BEGINS + timedelta(hours=1)
    whole = list(events(SMALL, begins, ends))
    for event in whole:
        at = event.recorded_at
        assert in_bytes([*events(SMALL, begins, at), *events(SMALL, at, ends)]) == in_bytes(whole)


def test_a_backlog_cut_in_two_is_the_same_to_the_byte() -> None:
    """Closed at its beginning and open at its end; what was open before is told once."""
    first, cut, last = (datetime(2017, month, 9, 11, tzinfo=LONDON) for month in (2, 4, 7))
    pieces = [*backlog(SMALL, first, cut), *backlog(SMALL, cut, last, open_before=False)]
    assert in_bytes(pieces) == in_bytes(backlog(SMALL, first, last))


def test_another_process_tells_the_same_story() -> None:
    """With another hash seed, and asked for a later month first."""
    begins, ends = BEGINS, BEGINS + timedelta(days=20)
    code = (
        "import sys; from datetime import datetime; from events.decode import encode\n"
        "from events.simulator.authority import events; from events.simulator.wexshire import World\n"
        "a, b, c = (datetime.fromisoformat(text) for text in sys.argv[1:]); world = World(1, 30_000)\n"
        "list(events(world, b, c))\n"
        "print(*(encode(event).decode() for event in events(world, a, b)), sep='\\n')"
    )
    later = ends + timedelta(days=60)
    argv = [sys.executable, "-c", code, *(moment.isoformat() for moment in (begins, ends, later))]
    output = subprocess.run(argv, env={**os.environ, "PYTHONHASHSEED": "5"}, capture_output=True, check=True).stdout
    assert output.splitlines() == in_bytes(events(SMALL, begins, ends))


def test_it_is_told_in_the_order_in_which_it_was_recorded() -> None:
    """What the feed reports as complete is complete: nothing recorded by then comes after it."""
    complete = None
    for event, after in pairwise(two_years()):
        assert event.recorded_at <= after.recorded_at
        complete = event.complete_to if isinstance(event, FeedReported) else complete
        assert complete is None or after.recorded_at > complete


def test_live_the_feed_reports_each_minute_of_office_time() -> None:
    """From opening to closing, both included; of times past a few reports a day do; a history has one, at its end."""
    day, next_day = datetime(2017, 12, 15, tzinfo=LONDON), datetime(2017, 12, 16, tzinfo=LONDON)
    opening = datetime(2017, 12, 15, 9, tzinfo=LONDON)
    live = [event.complete_to for event in events(SMALL, day, next_day) if isinstance(event, FeedReported)]
    assert live == [opening + timedelta(minutes=minute) for minute in range(7 * 60 + 1)]
    past = [event.complete_to for event in two_years() if isinstance(event, FeedReported)]
    assert [at for at in past if day < at < next_day] == [opening + timedelta(hours=n) for n in (0, 2, 4, 6, 7)]
    loaded = list(so_far(SMALL, BEGINS, months=1))
    assert [event.complete_to for event in loaded if isinstance(event, FeedReported)] == [BEGINS]
    assert isinstance(loaded[-1], FeedReported)


def test_a_history_is_the_same_child_by_child_and_in_order() -> None:
    """A loader may take it in any order; and live events from its end on go on with it."""
    loaded = list(so_far(SMALL, BEGINS, months=2))
    ordered = [*backlog(SMALL, BEGINS - timedelta(days=3), BEGINS, open_before=False)]
    assert set(in_bytes(e for e in ordered if e.type != "feed.reported")) <= set(in_bytes(loaded))
    later = events(SMALL, BEGINS, BEGINS + timedelta(days=9))
    told_before = {encode(event) for event in loaded}
    assert not told_before & {encode(event) for event in later if event.type != "feed.reported"}
    assert sorted(in_bytes(history(SMALL, BEGINS, 2))) == sorted(in_bytes(loaded))


def test_everything_can_be_read() -> None:
    """Each event comes back from its bytes as it was, and none is a dead letter, at the moment it was recorded."""
    for event in two_years():
        assert encode(decode(encode(event), event.recorded_at)) == encode(event)


def test_nothing_ends_that_never_began() -> None:
    """What was open before has its beginning in the file; but for what is planted, no end hangs in the air."""
    facts = [event for event in standing(two_years()) if "planted" not in event.subject]
    began = {(event.type, event.record) for event in facts}
    soon = standing(backlog(SMALL, AFTER, AFTER + timedelta(days=60), open_before=False))
    began |= {(event.type, event.record) for event in soon}  # a beginning may be told after its end
    pairs = {
        "assessment.authorised": "assessment.started",
        "assessment.cancelled": "assessment.started",
        "section_47.ended": "section_47.started",
        "protection_plan.ended": "protection_plan.started",
        "care.ended": "care.started",
        "episode.closed": "episode.opened",
        "missing.ended": "missing.started",
        "need_plan.ended": "need_plan.started",
        "case.deallocated": "case.allocated",
    }
    hanging = [
        (event.type, event.record)
        for event in facts
        if event.type in pairs and (pairs[event.type], event.record.removesuffix("-X")) not in began
    ]
    assert hanging == []
    for event in map(msgspec.to_builtins, facts):
        if event["type"] in ("enquiry.graded", "enquiry.decided"):
            assert ("enquiry.received", event["enquiry"]) in began
        if event["type"] in ("legal_status.changed", "placement.started"):
            assert ("care.started", event["care"]) in began


def test_outside_its_years_it_says_so() -> None:
    """Nothing is made up for 1999."""
    with pytest.raises(OutsideStory, match="2008 to 2038"):
        list(backlog(SMALL, datetime(1999, 1, 1, tzinfo=UTC), AFTER))


# --- of the published size -----------------------------------------------------------------------------------------


def test_the_referrals_of_each_month_are_those_that_were_published() -> None:
    """Department for Education, Devon, 2017-18: exactly."""
    assert published.by_month() == list(published.REFERRALS)


@pytest.mark.parametrize("number", published.NUMBERS, ids=lambda number: number.what)
def test_the_numbers_are_those_that_were_published(number: published.Number) -> None:
    """As the measures count them, where one does, or else as they were told."""
    assert number.ours() == pytest.approx(number.published, rel=number.within)


def test_the_page_sets_them_side_by_side() -> None:
    """As `python -m tests.promises.published` prints them."""
    assert "\n".join(published.page()) in DOCS.read_text()


def test_little_is_open_for_long() -> None:
    """Nothing published says how much; of some 400 assessments a month."""
    assert 600 < published.value("assessments_open", published.DECEMBER) < 850
    assert 50 < published.value("assessments_overdue", published.DECEMBER) < 150


@pytest.mark.parametrize("children", [1_000, 30_000, 250_000])
def test_other_sizes_are_like_it(children: int) -> None:
    """By the number of children; however small."""
    world = World(seed=2, children=children, authority="X99999907")
    loaded = list(so_far(world, AFTER, months=3))
    quarter = [e for e in standing(loaded) if e.type == "referral.received" and e.day >= date(2018, 1, 1)]
    assert {event.authority for event in loaded} == {"X99999907"}
    assert abs(len(quarter) - (502 + 350 + 458) * children / CHILDREN) < 12


def test_two_authorities_and_two_seeds_have_nothing_in_common() -> None:
    """No id, no child: they may be told to one log."""
    since, until = BEGINS, BEGINS + timedelta(days=9)
    worlds = World(1, 30_000), World(2, 30_000), World(1, 30_000, "X99999902")
    stories = [list(events(world, since, until)) for world in worlds]
    children = [{e.subject for e in story if e.subject and not e.subject.startswith("planted")} for story in stories]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert not children[a] & children[b]
        assert not {e.id for e in stories[a] if e.type != "feed.reported"} & {e.id for e in stories[b]}


# --- as people work --------------------------------------------------------------------------------------------------


def test_most_is_typed_in_while_the_office_is_open() -> None:
    """Only the duty team works at night and on days off; little comes at a weekend, and less in the holidays."""
    tellings = [event for event in two_years() if event.type != "feed.reported" and event.recorded_at.year == 2017]
    closed = sum(not is_open(event.recorded_at) for event in tellings)
    assert 0.005 < closed / len(tellings) < 0.06
    received = [e.day for e in of("enquiry.received")]
    per_weekday = Counter(day.weekday() for day in received)
    assert min(per_weekday[day] for day in range(5)) > 5 * per_weekday[5] > 0
    christmas = [day for day in received if date(2017, 12, 25) <= day <= date(2018, 1, 1)]
    assert len(christmas) < 80  # of some 200 in an ordinary week and a day


def test_the_story_has_the_ordinary_trouble_in_it() -> None:
    """Some is put right, told twice or withdrawn, and some is told days late."""
    no_trouble = ("feed.reported", "worker.recorded")
    tellings = [e for e in two_years() if e.type not in no_trouble and e.recorded_at.year == 2017]
    facts = {(event.subject, event.type, event.record) for event in tellings}
    ids = Counter(event.id for event in tellings)
    withdrawn = sum(event.retracted or False for event in tellings)
    assert 0.007 < (sum(id_.endswith("-2") for id_ in ids) - withdrawn) / len(facts) < 0.02
    assert 0.006 < sum(n > 1 for n in ids.values()) / len(facts) < 0.014
    assert 0.002 < withdrawn / len(facts) < 0.008
    assert 0.05 < sum(event.recorded_at.date() > day_of(event.occurred) for event in tellings) / len(tellings) < 0.3


def test_every_team_of_the_story_is_in_the_authority_s_file() -> None:
    """But for the one that is planted; there are some twenty to sixty."""
    units = {measure.name: measure.unit for measure in MEASURES}
    listed = {fact.team for fact in read_authorities(TOML, units).of(MADE_UP_AUTHORITY).teams}
    assert listed == {team for team, _ in teams()}
    assert 20 <= len(listed) <= 60
    assert {event.team for event in the_year() if event.team} - listed == {UNKNOWN_TEAM}


# --- what is planted -------------------------------------------------------------------------------------------------

QUARTER = 12 * 2017 + 9  # October to December


@lru_cache(maxsize=1)
def cases() -> dict[str, list[Event]]:
    return dict(planted(World(1), QUARTER))


def test_every_awkward_case_is_in_every_quarter_and_on_the_page() -> None:
    """And so in what `up` begins with."""
    children = {event.subject for event in the_year()}
    page = DOCS.read_text()
    for case in CASES:
        name = case_name(case)
        assert f"`{name}`" in page, name
        assert (case.__doc__ or "").strip().split("\n")[0] in page, name
        for quarter in ("2017q2", "2017q3", "2017q4", "2018q1"):
            assert f"planted-{name}-{quarter}" in children


def test_a_small_authority_has_none() -> None:
    """They would be most of what there is."""
    assert planted(World(1, LEAST_CHILDREN - 1), QUARTER) == []


def count(name: str, tellings: Sequence[Event], at: date, window: str = "year") -> tuple[int, int | None]:
    measure = measure_named(name)
    question = Question(measure=measure, at=At(at), window=window if window in measure.windows else None)
    sums = InMemoryStore(RulesByAuthority()).tell(tellings).sums()[MADE_UP_AUTHORITY]
    figure = evaluate(sums, MADE_UP_AUTHORITY, question)[0]
    return figure.numerator, figure.denominator


def test_what_is_planted_is_awkward_in_the_way_it_says() -> None:
    """A few of them, as the measures see them."""
    at = date(2018, 3, 31)
    assert count("assessment_timeliness", cases()["weekend"], at) == (1, 1)
    assert count("assessment_timeliness", cases()["bank-holiday"], at) == (0, 1)
    corrected = cases()["corrected"]
    assert count("assessment_timeliness", corrected, at) == (1, 1)
    first = [event for event in corrected if event.recorded_at < corrected[-1].recorded_at]
    assert count("assessment_timeliness", first, at) == (0, 1)
    assert count("re_referrals", cases()["merge-chain"], at) == (1, 2)
    apart = [event for event in cases()["merge-chain"] if not isinstance(event, ChildMerged)]
    assert count("re_referrals", apart, at) == (0, 2)
    assert count("re_referrals", cases()["merge-retracted"], at) == (0, 2)
    assert count("referrals_received", cases()["duplicate"], at) == (1, None)
    assert count("incidents_received", cases()["siblings"], at) == (1, None)
    assert count("protection_plans_open", cases()["died"], at) == (0, None)
    assert count("enquiry_decision_timeliness", cases()["friday"], at) == (1, 1)
    assert count("enquiry_decision_timeliness", cases()["night"], at) == (0, 1)
    assert len(tell(Case(), cases()["repeated"]).tellings) == 3


# --- the command -----------------------------------------------------------------------------------------------------


def simulate(*arguments: str) -> tuple[int, bytes]:
    done = CliRunner().invoke(main, ["simulate", "--children", "30000", *arguments])
    return done.exit_code, done.stdout_bytes


def test_the_command_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    """To a file or to standard output; and going on from a day, what a longer one would have held from there."""
    file = tmp_path / "out.ndjson"
    span = ("--from", "2017-02-01", "--to", "2017-03-01")
    assert simulate(*span, "--to-file", str(file))[0] == 0
    code, whole = simulate(*span, "--to-file", "-")
    assert (code, whole) == (0, file.read_bytes())
    first = simulate("--from", "2017-02-01", "--to", "2017-02-07T12:00", "--to-file", "-")[1]
    then = simulate("--continued", "--from", "2017-02-07T12:00", "--to", "2017-03-01", "--to-file", "-")[1]
    assert first + then == whole
    assert simulate(*span, "--seed", "2", "--to-file", "-")[1] != whole


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "2017-03-01", "--to", "2017-02-01"),
        ("--from", "1999-03-01", "--to", "2001-02-01", "--to-file", "-"),
        ("--authority", "E10000008", "--to-file", "-"),
        ("--to", "2038-01-01"),
    ],
)
def test_the_command_says_what_it_cannot_do(arguments: tuple[str, ...]) -> None:
    """Backwards, outside its years, in the name of a real authority, or to Kafka what has not happened yet."""
    assert simulate(*arguments)[0] == 2


# The clock


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def after(clock: DemonstrationClock, **stretch: float) -> datetime:
    """What the clock says so long after it was started."""
    return clock.now(clock.started_at + timedelta(**stretch))


def test_it_begins_on_a_thursday_afternoon() -> None:
    """Not at whatever hour somebody happens to look, nor at night."""
    now = after(DemonstrationClock(WALL, speed=60), seconds=0)
    assert now == london("2017-12-14T14:00")
    assert (now.tzinfo, f"{now:%A}") == (LONDON, "Thursday")
    assert is_open(now)


@pytest.mark.parametrize(
    ("began", "stretch", "says"),
    [
        ("2017-12-14T14:00", {"seconds": 1}, "2017-12-14T14:01"),
        ("2017-12-14T14:00", {"minutes": 3, "microseconds": -1}, "2017-12-14T16:59:59.999940"),
        ("2017-12-14T14:00", {"minutes": 3}, "2017-12-15T09:00"),  # Thursday's closing is Friday's opening
        ("2017-12-15T15:59", {"seconds": 1}, "2017-12-18T09:00"),  # Friday closes at four
        ("2017-12-22T15:00", {"minutes": 2}, "2017-12-27T10:00"),  # Christmas and Boxing Day on Monday and Tuesday
        ("2017-12-29T15:00", {"minutes": 2}, "2018-01-02T10:00"),
        ("2017-10-27T15:00", {"minutes": 2}, "2017-10-30T10:00"),  # the clocks go back on that Sunday
        ("2018-03-23T15:00", {"minutes": 2}, "2018-03-26T10:00"),  # and forward on that
        ("2017-12-16T12:00", {"minutes": 1}, "2017-12-18T10:00"),  # begun on a Saturday
        ("2017-12-14T20:00", {"minutes": 1}, "2017-12-15T10:00"),  # or at night
        ("2017-01-03T09:00", {"minutes": 39}, "2017-01-10T09:00"),  # a working week has 39 hours
    ],
)
def test_office_hours_pass_and_the_others_do_not(began: str, stretch: dict[str, float], says: str) -> None:
    """Sixty times as fast as the wall clock while the office is open; at closing it jumps to the next opening."""
    assert after(DemonstrationClock(WALL, london(began), 60), **stretch) == london(says)


@pytest.mark.parametrize("began", ["2017-10-30T09:00", "2018-03-26T09:00"])
def test_a_day_of_either_half_of_the_year_has_eight_hours(began: str) -> None:
    """Opening is at nine by the clock on the wall of the office, winter and summer."""
    opening = london(began)
    assert after(DemonstrationClock(WALL, opening, 60), minutes=7) == opening + timedelta(hours=7)
    assert after(DemonstrationClock(WALL, opening, 60), minutes=8) == opening + timedelta(days=1)


@pytest.mark.parametrize("night", ["2026-10-25T00:30", "2026-03-29T00:30"])
def test_the_wall_clock_s_own_change_is_no_jump(night: str) -> None:
    """A demonstration that runs through the night of the change goes on evenly, in whatever zone it is asked."""
    start, until = london(night), london(night).astimezone(UTC) + timedelta(hours=2)
    clock = DemonstrationClock(start, london("2017-01-03T09:00"), 60)
    assert clock.now(until.astimezone(LONDON)) == clock.now(until) == london("2017-01-24T12:00")


def test_it_jumps_from_closing_to_opening() -> None:
    """No moment between the two is ever shown."""
    clock = DemonstrationClock(WALL, london("2017-12-14T16:59"), 60)
    shown = [after(clock, milliseconds=n) for n in range(0, 2000, 10)]
    assert all(map(is_open, shown))
    assert {now.date() for now in shown} == {date(2017, 12, 14), date(2017, 12, 15)}


def moments(first: int, last: int, zone: tzinfo = UTC) -> st.SearchStrategy[datetime]:
    """Any moment of those years."""
    span = timedelta(days=365 * (last + 1 - first)) // timedelta(microseconds=1)
    begins = datetime(first, 1, 1, tzinfo=UTC)
    return st.integers(0, span).map(lambda n: (begins + timedelta(microseconds=n)).astimezone(zone))


clocks = st.builds(
    DemonstrationClock,
    started_at=moments(2025, 2026),
    began_at=moments(2010, 2027, LONDON),
    speed=st.sampled_from((0.5, 1.0, nextafter(1, 2), 7.3, 60.0, 3600.0)),
)
walls = moments(2024, 2039)


@given(clocks, st.lists(walls, min_size=2).map(sorted))
def test_it_never_goes_back_and_never_runs_ahead(clock: DemonstrationClock, looked: list[datetime]) -> None:
    """For any clock, however long it runs."""
    shown = [clock.now(wall).astimezone(UTC) for wall in looked]
    assert all(one <= other for one, other in pairwise(shown))
    assert all(now <= wall for now, wall in zip(shown, looked, strict=True))


def test_it_becomes_the_wall_clock_when_it_reaches_it() -> None:
    """Nights and weekends included, from then on."""
    clock = DemonstrationClock(WALL, london("2026-11-24T15:00"), 60)
    assert after(clock, minutes=1) == london("2026-11-24T16:00")
    assert [after(clock, minutes=n) for n in (2, 3, 600)] == [WALL + timedelta(minutes=n) for n in (2, 3, 600)]
    assert after(clock, minutes=600).tzinfo == LONDON


@given(clocks, walls)
def test_at_speed_1_it_is_the_wall_clock(clock: DemonstrationClock, wall: datetime) -> None:
    """Real time: nothing is skipped, wherever it was said to begin."""
    real = msgspec.structs.replace(clock, speed=1.0)
    assert real.now(wall) == wall
    assert real.now(wall).tzinfo == LONDON


@given(clocks, walls)
def test_two_processes_that_share_its_file_see_the_same_time(clock: DemonstrationClock, wall: datetime) -> None:
    """JSON and back, to the microsecond."""
    read = DemonstrationClock.decode(clock.encode())
    assert read.encode() == clock.encode()
    assert read.now(wall) == clock.now(wall)


@given(walls, st.sampled_from((1.0, 60.0, 600.0)))
def test_a_resumed_clock_goes_on(wall: datetime, speed: float) -> None:
    """Stopped for a night, it goes on from what it said, and not from the beginning."""
    clock = DemonstrationClock(wall, speed=60)
    at = after(clock, minutes=30)
    resumed = DemonstrationClock.resumed(at, wall + timedelta(hours=12), speed)
    assert after(resumed, seconds=0) == (at if speed > 1 else wall + timedelta(hours=12))
    assert after(resumed, minutes=1) > at


@pytest.mark.parametrize(
    "stored",
    [
        b'{"started_at":"2026-11-24T22:30:00","began_at":"2017-12-14T14:00:00Z","speed":60}',
        b'{"started_at":"2026-11-24T22:30:00Z","began_at":"2017-12-14T14:00:00Z","speed":0}',
        b'{"speed":60}',
        b"",
    ],
)
def test_a_broken_file_is_refused(stored: bytes) -> None:
    """Better no clock than a wrong one."""
    with pytest.raises(msgspec.DecodeError):
        DemonstrationClock.decode(stored)


@pytest.mark.parametrize("speed", [0, -1, inf, float("nan")])
def test_a_clock_goes_forward(speed: float) -> None:
    """At some speed that is a number."""
    with pytest.raises(ValueError, match="speed"):
        DemonstrationClock(WALL, speed=speed)


def test_beyond_the_calendar_it_says_so() -> None:
    """Nobody knows the bank holidays of 2051."""
    office, closing = usual_office(), instant(london("2050-12-30T16:00"))
    with pytest.raises(OutsideCalendar, match="1995 to 2050"):
        office.elapsed(START, instant(london("2051-01-04T10:00")))
    with pytest.raises(OutsideCalendar, match="1995 to 2050"):
        office.after(closing - 5, 5)
    assert office.after(closing - 5, 4) == closing - 1
