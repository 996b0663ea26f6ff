"""The demonstration: the same story however it is cut, on a clock that skips the hours when nobody works."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from math import inf, nextafter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.decode import decode
from events.event import Event
from events.feed import FeedReported
from events.front_door import EnquiryDecided, EnquiryReceived
from events.need import AssessmentAuthorised
from events.office import Office, OutsideOfficeCalendar, office
from events.simulator.authority import _begun, events, history
from events.simulator.clock import BEGINS, DemonstrationClock
from events.simulator.wexshire import AUTHORITY
from events.time import LONDON, day_of
from metrics.book import Book
from metrics.catalogue import measure_named
from metrics.figures import Question, figures
from metrics.rules import Authorities
from metrics.windows import At
from metrics.working_days import calendar

WALL = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
SEEDS = (1, 2, 3)
A_MONTH = timedelta(days=30)
SIX_DAYS = 6 * 24 * 3600  # in seconds


@lru_cache
def story(seed: int) -> tuple[Event, ...]:
    """The history of a demonstration and the month after it."""
    return (*history(seed, BEGINS), *events(seed, BEGINS, BEGINS + A_MONTH))


def in_bytes(told: Iterable[Event]) -> list[bytes]:
    return [msgspec.json.encode(event) for event in told]


def standing(told: Iterable[Event]) -> Iterable[Event]:
    """The newest telling of each fact, unless that retracts it."""
    newest: dict[tuple[str, str, str], Event] = {}
    for event in told:
        key = event.subject, event.type, event.record
        newest[key] = max(newest.get(key, event), event, key=lambda one: one.rank)
    return [event for event in newest.values() if not event.retracted]


# The authority


@settings(deadline=None, max_examples=50)  # the first asks for what the others find kept
@given(st.lists(st.integers(0, SIX_DAYS), max_size=6))
def test_a_stretch_cut_anywhere_is_the_same_to_the_byte(cuts: list[int]) -> None:
    """A sender that stops and goes on, however often, sends just what it would have sent."""
    edges = [BEGINS + timedelta(seconds=second) for second in (0, *sorted(cuts), SIX_DAYS)]
    pieces = [event for since, until in pairwise(edges) for event in events(1, since, until)]
    assert in_bytes(pieces) == in_bytes(events(1, edges[0], edges[-1]))


def test_a_cut_in_the_same_instant_as_an_event_loses_and_repeats_nothing() -> None:
    """The stretch is open at its beginning and closed at its end."""
    day = list(events(1, BEGINS, BEGINS + timedelta(hours=1)))
    for event in day:
        at = event.recorded_at
        assert in_bytes([*events(1, BEGINS, at), *events(1, at, BEGINS + timedelta(hours=1))]) == in_bytes(day)


def test_another_process_tells_the_same_story() -> None:
    """Neither the process nor what it was asked before has a part in what is told."""
    program = (
        "import hashlib, msgspec; from datetime import timedelta\n"
        "from events.simulator.authority import events, history; from events.simulator.clock import BEGINS\n"
        "told = [*history(1, BEGINS), *events(1, BEGINS, BEGINS + timedelta(days=30))]\n"
        "print(hashlib.sha256(b''.join(map(msgspec.json.encode, told))).hexdigest())\n"
    )
    run = [sys.executable, "-c", program]
    said = {subprocess.check_output(run, env={**os.environ, "PYTHONHASHSEED": str(seed)}) for seed in (1, 2)}
    assert len(said) == 1


def test_seeds_tell_different_stories() -> None:
    """Another seed: other children, and no telling that could be taken for one of the first."""
    one, other = ({event.id for event in story(seed) if not isinstance(event, FeedReported)} for seed in SEEDS[:2])
    assert not one & other
    assert not {event.subject for event in story(1)} & {event.subject for event in story(2)} - {""}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_event_can_be_read_when_it_is_sent(seed: int) -> None:
    """Each is what decode would have it, at the moment it was recorded; none has happened after that."""
    for event in story(seed):
        assert decode(msgspec.json.encode(event), event.recorded_at) == event
        assert (event.authority, event.source, event.origin) == (AUTHORITY, "simulator", "simulation")
        assert day_of(event.occurred) <= event.recorded_at.date() if event.occurred_on else True
        assert event.occurred_at is None or event.occurred_at <= event.recorded_at


def test_the_story_is_told_in_order() -> None:
    """What the feed reports as complete is complete: nothing recorded by then comes after it."""
    told = story(1)
    assert all(one.recorded_at <= other.recorded_at for one, other in pairwise(told))
    complete = None
    for event in told:
        assert complete is None or event.recorded_at > complete
        complete = event.complete_to if isinstance(event, FeedReported) else complete


def test_the_feed_reports_each_minute_of_office_time() -> None:
    """From opening to closing, both included; a history has one report, at its end."""
    a_day = events(1, datetime(2017, 12, 15, tzinfo=LONDON), datetime(2017, 12, 16, tzinfo=LONDON))
    reports = [event.complete_to for event in a_day if isinstance(event, FeedReported)]
    opening = datetime(2017, 12, 15, 9, tzinfo=LONDON)
    assert reports == [opening + timedelta(minutes=minute) for minute in range(7 * 60 + 1)]
    told = list(history(1, BEGINS))
    assert [event.complete_to for event in told if isinstance(event, FeedReported)] == [BEGINS]
    assert isinstance(told[-1], FeedReported)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_ends_that_never_began(seed: int) -> None:
    """History begins with all that was open, so no end, decision or grading in it or after it hangs in the air."""
    told = story(seed)
    soon = events(seed, told[-1].recorded_at, told[-1].recorded_at + A_MONTH)  # a beginning may be told after its end
    began = {(event.type, event.record) for event in (*standing(told), *soon)}
    for event in map(msgspec.to_builtins, standing(told)):
        record = event["record"].removesuffix("-X")
        match event["type"]:
            case "assessment.authorised" | "assessment.cancelled":
                assert ("assessment.started", record) in began
            case "enquiry.graded" | "enquiry.decided":
                assert ("enquiry.received", event["enquiry"]) in began
            case "care.ended":
                assert ("care.started", record) in began
            case "legal_status.changed":
                assert ("care.started", event["care"]) in began


def test_nothing_is_told_later_than_we_look_back() -> None:
    """A day's consequences end within the reach that a stretch is gathered from."""
    for n in range(0, 400, 3):
        day = date(2017, 1, 1) + timedelta(days=n)
        assert all(event.recorded_at.date() - day < timedelta(days=200) for event in _begun(1, day))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_front_door_is_as_busy_as_the_report_says(seed: int) -> None:
    """About thirty enquiries a working day, four in ten to assessment, and nearly all decided in time."""
    told = list(standing(story(seed)))
    received = [event for event in told if isinstance(event, EnquiryReceived)]
    per_day = Counter(day_of(event.occurred) for event in received)
    assert all(calendar().covers(day) for day in per_day)
    assert 29 < sum(per_day.values()) / len(per_day) < 35
    decided = {event.enquiry: event for event in told if isinstance(event, EnquiryDecided)}
    due = {event.record: calendar().nth_after(day_of(event.occurred), 1) for event in received}
    past = {record for record, day in due.items() if day < (BEGINS + A_MONTH).date()}
    in_time = {record for record in past & decided.keys() if day_of(decided[record].occurred) <= due[record]}
    assert 0.92 < len(in_time) / len(past) < 0.96
    assert 0.37 < sum("assessment" in event.outcomes for event in decided.values()) / len(decided) < 0.43
    closed = [event for event in told if isinstance(event, AssessmentAuthorised)]
    assert 0.38 < sum("case_closed" in event.outcomes for event in closed) / len(closed) < 0.45


def test_the_story_has_the_ordinary_trouble_in_it() -> None:
    """Some is put right, told twice or withdrawn, and some is told days late."""
    told = [event for event in story(1) if event.type != "feed.reported"]
    facts = {(event.subject, event.type, event.record) for event in told}
    ids = Counter(event.id for event in told)
    put_right = sum(one.endswith("-2") for one in ids) - sum(event.retracted or False for event in told)
    assert 0.015 < put_right / len(facts) < 0.025
    assert 0.007 < sum(n == 2 for n in ids.values()) / len(facts) < 0.013
    assert 0.003 < sum(event.retracted or False for event in told) / len(facts) < 0.007
    assert 0.05 < sum(event.recorded_at.date() > day_of(event.occurred) for event in told) / len(told) < 0.15


@pytest.mark.parametrize("seed", SEEDS)
def test_the_boards_open_on_figures_like_the_report_s(seed: int) -> None:
    """On the afternoon that the demonstration begins; and a history is small enough to load while one waits."""
    told = list(history(seed, BEGINS))
    assert len(told) < 15_500
    sums = Book(Authorities()).tell(told).sums()[AUTHORITY]

    def value(name: str) -> float:
        figure = figures(sums, AUTHORITY, Question(measure=measure_named(name), at=At(BEGINS)))[0]
        assert figure.value is not None
        return figure.value

    assert 0.74 < value("assessment_timeliness") < 0.8
    assert 600 < value("assessments_open") < 800
    assert 60 < value("assessments_overdue") < 130
    assert 700 < value("children_looked_after") < 725
    assert 260 < value("enquiries_received") < 350


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
    assert office(now) == Office(open=True, closes_at=london("2017-12-14T17:00"))


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
    assert all(office(now).open for now in shown)
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


def closed(since: str, until: str) -> Office:
    return Office(open=False, closed_at=london(since), opens_at=london(until))


@pytest.mark.parametrize(
    ("now", "stands"),
    [
        ("2017-12-14T08:59:59", closed(since="2017-12-13T17:00", until="2017-12-14T09:00")),
        ("2017-12-14T09:00", Office(open=True, closes_at=london("2017-12-14T17:00"))),
        ("2017-12-15T15:59:59", Office(open=True, closes_at=london("2017-12-15T16:00"))),
        ("2017-12-15T16:00", closed(since="2017-12-15T16:00", until="2017-12-18T09:00")),
        ("2017-12-25T11:00", closed(since="2017-12-22T16:00", until="2017-12-27T09:00")),
        ("2018-03-30T11:00", closed(since="2018-03-29T17:00", until="2018-04-03T09:00")),  # Good Friday
    ],
)
def test_when_the_office_closes_and_opens(now: str, stands: Office) -> None:
    """For the countdown of a board."""
    assert office(london(now)) == stands


def test_beyond_the_calendar_it_says_so() -> None:
    """Nobody knows the bank holidays of 2051."""
    with pytest.raises(OutsideOfficeCalendar, match="1995 to 2050"):
        office(london("2051-01-04T10:00"))
