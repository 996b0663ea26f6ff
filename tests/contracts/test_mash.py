"""What a message of the MASH board holds, on stories: the queue, the usual, the strip, the one sentence, the states."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from events.office_hours import Hours
from events.time import LONDON, instant
from events.working_days import calendar
from metrics.exposition.boards import pace
from metrics.exposition.boards.arrivals import Arrivals
from metrics.exposition.boards.lead import SentenceCounts, lead
from metrics.exposition.boards.live import Streams
from metrics.exposition.boards.mash import MASH
from metrics.exposition.boards.opening import opening
from metrics.exposition.boards.pace import Pace
from metrics.exposition.boards.states import Memory
from metrics.exposition.boards.wait import wait
from metrics.rules.rules import Parameters, Rules
from metrics.rules.teams import TeamFact
from tests.boards import TARGETS, Clock, Told, at, table
from tests.story import AUTHORITY

# Thursday 14 December 2017. E1 came on Tuesday and is late, E2 and E3 on Wednesday and are due today, E4 today.
DAY = """
    day                       | event              | record | child | fields
    --------------------------+--------------------+--------+-------+-------------------------------
    2017-11-30T10:00:00+00:00 | enquiry received   | E0     | zoe   | team=Front_door
    2017-11-30T11:00:00+00:00 | enquiry decided    | D0     | zoe   | enquiry=E0 outcomes=assessment
    2017-12-12T10:00:00+00:00 | enquiry received   | E1     | ada   | team=Front_door rag=green
    2017-12-13T09:30:00+00:00 | enquiry received   | E2     | ben   | team=Front_door rag=red
    2017-12-13T16:00:00+00:00 | enquiry received   | E3     | cat   | team=Front_door rag=red
    2017-12-14T11:02:00+00:00 | enquiry received   | E4     | dan   | team=South
    2017-12-14T11:30:00+00:00 | enquiry received   | E5     | eve   | team=South
    2017-12-14T12:30:00+00:00 | enquiry decided    | D5     | eve   | team=South enquiry=E5 outcomes=advice
    2017-10-12                | assessment started | A1     | fay   | team=North
    2017-10-16                | assessment started | A2     | gus   | team=North
    2017-10-09                | assessment started | A3     | hal   | team=North
    2017-12-11                | section_47 started | S1     | ida   | team=North
    2017-11-24                | section_47 started | S2     | jan   | team=North
    2017-11-20                | section_47 started | S3     | kit   | team=North
"""


def test_a_message_is_the_whole_small_truth() -> None:
    """Every key of the envelope, whatever the state; each figure as everywhere (contract 3), under its own name."""
    reader = Told(DAY)
    live, empty = reader.message("2017-12-14T14:32"), reader.message("2017-12-14T14:32", name="E10000008")
    reader.withheld = 0.31
    rebuilding = reader.message("2017-12-14T14:32")
    assert [it["state"] for it in (live, empty, rebuilding)] == ["live", "empty", "rebuilding"]
    assert set(live) == set(empty) == set(rebuilding)
    assert {
        "board",
        "state",
        "authority",
        "name",
        "now",
        "as_of",
        "complete_to",
        "speed",
        "simulated",
        "office",
        "rebuilding",
        "catalogue",
        "figures",
        "queue",
        "arrivals",
        "deadlines",
    } <= set(live)
    for it in (empty, rebuilding):
        assert not any(it[name] for name in ("figures", "queue", "arrivals", "deadlines", "lead")), "never a number"
    assert rebuilding["rebuilding"] == {"read": 0.31, "back_at": None, "counting": True, "why": "rebuilding"}
    numbers = {name: it["numerator"] for name, it in live["figures"].items() if isinstance(it, dict)}
    assert (
        numbers
        | {
            "enquiries_awaiting_decision": 4,
            "enquiries_overdue": 1,
            "received_today": 2,
            "received_month": 5,
            "decided_today": 1,
            "conferences_overdue": 1,
            "section_47_week": 1,
            "assessments_overdue": 1,
            "assessments_open": 3,
        }
        == numbers
    )
    assert {it["by"]["due_on"]: it["numerator"] for it in live["figures"]["enquiries_due"]} == {
        "2017-12-14": 2,
        "2017-12-15": 1,
    }
    assert live["figures"]["decided_today"]["target"] is not None
    assert live["figures"]["longest_wait"]["value"] == 7 + 8 + 5.5 + 1 / 30


def test_one_mark_for_each_who_waits() -> None:
    """At its office hours, with whose day has come: as many late and due as the figures beside it say."""
    queue = Told(DAY).message("2017-12-14T14:32")["queue"]
    assert (queue["waiting"], queue["axis"], queue["bins"]) == (4, 16, None)
    assert [(round(mark["hours"], 2), mark["due"]) for mark in queue["marks"]] == [
        (20.53, "late"),
        (13.03, "today"),
        (6.53, "today"),
        (3.5, "later"),
    ]
    before, after = (Told(DAY).message(moment)["queue"]["marks"] for moment in ("2017-12-14T23:59", "2017-12-15T00:00"))
    assert [mark["due"] for mark in before] == ["late", "today", "today", "later"]
    assert [mark["due"] for mark in after] == ["late", "late", "late", "today"]
    assert [mark["hours"] for mark in before] == [mark["hours"] for mark in after], "nobody waits while it is closed"


@pytest.mark.parametrize(
    ("since", "now", "expected"),
    [
        ("2017-12-12T10:00", "2017-12-12T16:30", (0, 6.5)),
        ("2017-12-12T10:00", "2017-12-13T09:59", (0, 7 + 59 / 60)),
        ("2017-12-12T10:00", "2017-12-13T10:00", (1, 0)),  # eight office hours, and a day
        ("2017-12-12T10:00", "2017-12-14T14:32", (2, 4 + 32 / 60)),
        ("2017-12-12T10:00", "2017-12-14T03:00", (1, 7)),  # nobody waits at night
        ("2017-12-14T16:30", "2017-12-15T15:59", (0, 7 + 29 / 60)),
        ("2017-12-14T16:30", "2017-12-15T16:00", (1, 0)),  # a short Friday is a day too
        ("2017-12-14T16:30", "2017-12-18T09:00", (1, 0)),
        ("2017-12-14T16:30", "2017-12-18T16:30", (2, 0)),
        ("2017-12-16T03:00", "2017-12-18T08:00", (0, 0)),  # it came at the weekend
        ("2017-12-16T03:00", "2017-12-17T08:00", (0, 0)),
        ("2017-12-16T03:00", "2017-12-19T09:00", (1, 0)),
        ("2017-12-22T12:00", "2017-12-28T13:00", (2, 1)),  # over Christmas
        ("2018-03-23T12:00", "2018-03-26T13:00", (1, 1)),  # the clocks go forward
        ("2012-01-03T09:00", "2017-12-14T09:00", (1506, 0)),
    ],
)
def test_the_longest_wait_is_told_in_working_days(since: str, now: str, expected: tuple[int, float]) -> None:
    """Days as deadlines have them, whatever a day's hours, and office hours since the last of them."""
    told = wait(instant(at(since)), instant(at(now)), Rules(calendar()))
    assert told is not None
    assert (told.days, round(told.hours, 6)) == (expected[0], round(expected[1], 6))


def test_a_board_says_how_long_the_first_has_waited() -> None:
    """Of the team that is looked at; where nobody waits, nothing; and where the office never opens, no days."""
    reader = Told(DAY)
    assert reader.message("2017-12-14T14:32")["wait"] == {"days": 2, "hours": 4 + 32 / 60}
    assert reader.message("2017-12-14T14:32", "South")["wait"]["days"] == 0
    assert reader.message("2017-12-14T14:32", "North")["wait"] is None
    never = Rules(calendar(), hours=Hours((None,) * 7))
    assert Told(DAY, never).message("2017-12-14T14:32")["wait"] is None


def test_a_long_queue_is_a_histogram() -> None:
    """Above 40 the marks could not be told apart; nobody is lost, and who waits longer than the axis stands beyond."""
    rows = [(f"2017-12-14T09:{n:02}:00+00:00", "enquiry received", f"E{n}", f"c{n}", "") for n in range(40)]
    marks = Told(table(rows)).message("2017-12-14T10:00")["queue"]
    assert (len(marks["marks"]), marks["bins"]) == (40, None)
    rows.append(("2017-11-14T09:00:00+00:00", "enquiry received", "E", "c", ""))
    queue = Told(table(rows)).message("2017-12-14T10:00")["queue"]
    assert (queue["waiting"], queue["marks"], queue["axis"]) == (41, None, 8)
    counts = [
        (bin["from"], bin["to"], bin["late"], bin["later"]) for bin in queue["bins"] if bin["late"] or bin["later"]
    ]
    assert counts == [(0.0, 0.5, 0, 9), (0.5, 1.0, 0, 30), (1.0, 1.5, 0, 1), (8.0, None, 1, 0)]


@pytest.mark.parametrize(
    ("enquiries", "conferences", "assessments", "far", "says"),
    [
        ((3, 2), (1, 4), (14, 9), True, ("due_today", "3 enquiries must be decided today")),
        ((1, 0), (0, 0), (0, 0), False, ("due_today", "1 enquiry must be decided today")),
        ((0, 0), (1, 4), (14, 9), True, ("due_today", "1 conference is due today")),
        ((0, 0), (0, 4), (14, 9), True, ("due_today", "14 assessments reach day 45 today")),
        ((0, 2), (0, 4), (0, 9), True, ("late", "2 enquiries are late")),
        ((0, 1), (0, 0), (0, 0), False, ("late", "1 enquiry is late")),
        ((0, 0), (0, 4), (0, 9), True, ("arrivals", "16 more enquiries than usual by now")),
        ((0, 0), (0, 4), (0, 9), False, ("late", "4 conferences are late")),
        ((0, 0), (0, 0), (0, 1), False, ("late", "1 assessment is past day 45")),
        ((0, 0), (0, 0), (0, 0), False, ("nothing", "Nothing is due today")),
    ],
)
def test_one_sentence_by_a_fixed_order(
    enquiries: tuple[int, int],
    conferences: tuple[int, int],
    assessments: tuple[int, int],
    far: bool,
    says: tuple[str, str],
) -> None:
    """What can still be saved, what is lost, far more than usual, what else is late; and only what is true."""
    today_and_late = {"enquiries": enquiries, "assessments": assessments, "conferences": conferences}
    counts = SentenceCounts(
        late={f"{name}_overdue": late for name, (_, late) in today_and_late.items()},
        due_today={f"{name}_due": today for name, (today, _) in today_and_late.items()},
        arrivals={"arrivals": _arrivals(far).more_than_usual},
    )
    assert MASH.lead is not None
    sentence = lead(MASH.lead, counts, loaded=True)
    assert (sentence.kind, sentence.text) == says


def _arrivals(far: bool) -> Arrivals:
    return Arrivals(
        day=date(2017, 12, 14),
        begins=480,
        ends=1080,
        now=872,
        received=38,
        today=(),
        usual=None,
        usual_now=22,
        more=16,
        far=far,
        days=26,
        wanted=26,
        without=None,
    )


def thursdays(n: int, counts: tuple[int, ...] = (4,), last: date = date(2017, 12, 7)) -> Iterator[tuple[str, ...]]:
    """Yield the enquiries of the last *n* working Thursdays: so many each, one an hour from ten on."""
    days, day, yielded = calendar(), last, 0
    while yielded < n:
        if days.covers(day):
            for hour in range(counts[yielded % len(counts)]):
                moment = datetime.combine(day, time(10 + hour), LONDON)
                yield moment.isoformat(), "enquiry received", f"E{day}{hour}", f"c{day}{hour}", "team=Front_door"
            yielded += 1
        day -= timedelta(days=7)


def before(day: str = "2017-01-02") -> tuple[str, ...]:
    """Return an enquiry of long ago: the log goes back so far."""
    return f"{day}T10:00:00+00:00", "enquiry received", "E", "c", "team=Front_door"


def test_usual_is_of_this_weekday_and_hour() -> None:
    """The median and the middle 80 % of the last 26 such days, at each half hour; the comparison at this minute."""
    rows = [*thursdays(26, (2, 4, 6)), before()]
    rows += [
        (f"2017-12-14T09:{n:02}:00+00:00", "enquiry received", f"T{n}", f"t{n}", "team=Front_door") for n in range(9)
    ]
    arrivals = Told(table(rows)).message("2017-12-14T14:00")["arrivals"]
    usual = arrivals["usual"]
    by = dict(zip(usual["minutes"], zip(usual["low"], usual["median"], usual["high"], strict=True), strict=True))
    assert (usual["minutes"][0], usual["minutes"][-1], len(by)) == (480, 1080, 21)
    assert by[9 * 60] == (0, 0, 0)
    assert by[10 * 60] == (1, 1, 1), "what comes at the half hour itself is counted"
    assert by[13 * 60] == (2, 4, 4)
    assert by[18 * 60] == (2, 4, 6)
    assert (arrivals["usual_now"], arrivals["received"], arrivals["more"]) == (4, 9, 5)
    assert (arrivals["far"], arrivals["days"], arrivals["without"]) == (True, 26, None)
    assert arrivals["today"][-1] == [9 * 60 + 10, 9]


def test_without_26_such_days_nothing_is_made_up() -> None:
    """No band, and how many there are; a Thursday on which the office was closed is no such day, nor is today."""
    few = Told(table([*thursdays(20), before("2017-07-24")])).message("2017-12-14T14:00")["arrivals"]
    assert (few["usual"], few["more"], few["days"], few["without"], few["far"]) == (None, None, 20, "history", False)
    assert Told(table([*thursdays(26), before("2017-06-14")])).message("2017-12-14T14:00")["arrivals"]["usual"]
    # an authority that was closed on three Thursdays must look back for three more
    closed = frozenset({date(2017, 12, 7), date(2017, 11, 30), date(2017, 11, 23)})
    shut = Told(table([*thursdays(26), before("2017-06-14")]), Rules(calendar(closed)))
    assert shut.message("2017-12-14T14:00")["arrivals"]["days"] == 23


def test_days_of_which_no_hour_was_told_are_no_such_days() -> None:
    """A backload may give dates alone: all of a day's enquiries then stand at midnight, and no morning is like that."""
    dated = [(row[0][:10], *row[1:]) for row in thursdays(6)]
    hours = [row for row in thursdays(26) if row[0][:10] not in {row[0] for row in dated}]
    arrivals = Told(table([*dated, *hours, before()])).message("2017-12-14T14:00")["arrivals"]
    assert (arrivals["usual"], arrivals["days"], arrivals["without"]) == (None, 20, "history")


def test_a_closed_day_has_no_usual() -> None:
    """Christmas Day is a Monday, and not as Mondays are; a Sunday is as Sundays are."""
    reader = Told(table([*thursdays(26), before("2016-01-02")]))
    assert reader.message("2017-12-25T14:00")["arrivals"]["without"] == "closed_day"
    sunday = reader.message("2017-12-17T14:00")["arrivals"]
    assert (sunday["without"], sunday["usual_now"], sunday["far"]) == (None, 0, False)


def test_the_usual_of_a_board_follows_what_is_told_of_the_past() -> None:
    """It is kept for half an hour, but not past a correction or a load."""
    memory, few, many = Memory(), Told(table([before()])), Told(table([*thursdays(26), before()]))
    assert few.message("2017-12-14T14:00", memory=memory)["arrivals"]["usual_now"] == 0
    assert many.message("2017-12-14T14:01", memory=memory)["arrivals"]["usual_now"] == 4


def strip(reader: Told, moment: str) -> list[tuple[str, int]]:
    return [(day["on"][8:], day["n"]) for day in reader.message(moment)["deadlines"]["days"]]


def test_the_strip_is_today_and_the_next_five_working_days() -> None:
    """Days that are none are not drawn, nor is today on one; past day 45 stands apart; all sum to the figure."""
    reader = Told(DAY)
    message = reader.message("2017-12-14T14:32")
    assert strip(reader, "2017-12-14T14:32") == [("14", 1), ("15", 0), ("18", 1), ("19", 0), ("20", 0), ("21", 0)]
    assert (message["deadlines"]["past"], sum(it["numerator"] for it in message["figures"]["assessments_due"])) == (
        1,
        2,
    )
    assert [day for day, _ in strip(reader, "2017-12-17T12:00")] == ["18", "19", "20", "21", "22"]
    assert [day for day, _ in strip(reader, "2017-12-22T12:00")] == ["22", "27", "28", "29", "02", "03"]
    short = Told(DAY, Rules(calendar(), Parameters(assessments_due_within=2)))
    assert [day for day, _ in strip(short, "2017-12-14T14:32")] == ["14", "15", "18"]


def test_what_was_never_sent_is_no_zero() -> None:
    """An authority that sends no enquiries has no queue of none, and no sentence that nothing is due."""
    rows = DAY.splitlines()
    without = Told("\n".join(row for row in rows if "enquiry" not in row)).message("2017-12-13T12:00")
    assert without["loaded"] == {"enquiries": False, "assessments": True, "section_47": True}
    assert (without["queue"], without["arrivals"]) == (None, None)
    only = Told("\n".join(row for row in rows if not any(it in row for it in ("assessment started", "section_47"))))
    assert only.message("2017-12-13T12:00")["loaded"] == {"enquiries": True, "assessments": False, "section_47": False}
    assert only.message("2017-12-13T12:00")["deadlines"] is None
    care = Told("day | event | record | child | fields\n---\n2017-01-01 | care started | P1 | ada |")
    assert care.message("2017-12-13T12:00")["lead"]["text"] == "No enquiries or assessments loaded"


def test_a_board_of_one_team() -> None:
    """Its own enquiries and no others, by every name that it has had; a team that nobody told of is no empty one."""
    reader = Told(DAY)
    south, north = (reader.message("2017-12-14T14:32", team) for team in ("South", "North"))
    assert (south["queue"]["waiting"], south["arrivals"]["received"], south["lead"]["kind"]) == (1, 2, "nothing")
    assert (north["queue"]["waiting"], north["deadlines"]["past"], north["team"]) == (0, 1, "North")
    assert north["figures"]["enquiries_awaiting_decision"]["team"] == "North"
    wrong = reader.message("2017-12-14T14:32", "Nroth")
    assert (wrong["state"], wrong["figures"], wrong["teams"]) == (
        "unknown_team",
        None,
        ["Front_door", "North", "South", "unknown"],
    )
    named = Told(DAY, Rules(calendar(), teams=(TeamFact("South", "Southern", name="Southside"),)))
    assert named.message("2017-12-14T14:32", "Southside")["queue"]["waiting"] == 1


def test_a_board_says_how_far_its_authority_looks() -> None:
    """In every state: the title over the conferences is there before any number is."""
    reader = Told(DAY, Rules(calendar(), parameters=Parameters(conferences_due_within=10)))
    assert reader.message("2017-12-14T14:32")["conferences_due_within"] == 10
    reader.withheld = 0.5
    assert reader.message("2017-12-14T14:32")["conferences_due_within"] == 10


def test_a_late_feed_stops_the_clocks() -> None:
    """All is as of what was complete: what came due since is not late, since it may have been done."""
    report = "2017-12-13T16:30:00+00:00 | feed reported | eclipse | | complete_to=2017-12-13T16:30:00Z\n"
    message = Told(DAY.rstrip() + "\n" + report).message("2017-12-14T09:10")
    assert (message["state"], message["as_of"]) == ("delayed", "2017-12-13T16:30:00+00:00")
    assert (message["figures"]["enquiries_overdue"]["numerator"], message["arrivals"]["day"]) == (0, "2017-12-13")
    assert [mark["due"] for mark in message["queue"]["marks"]] == ["today", "later", "later"]
    assert Told(DAY.rstrip() + "\n" + report).message("2017-12-13T22:00")["state"] == "delayed"
    closing = report.replace("16:30", "17:00")
    for moment in ("2017-12-13T22:00", "2017-12-14T09:01"):  # a quiet night is no broken feed
        assert Told(DAY.rstrip() + "\n" + closing).message(moment)["state"] == "live"


def test_a_feed_is_complete_to_no_later_than_it_says_so() -> None:
    """One that promises 2030 and falls silent is late; one that has never looked does not take a board down."""
    row = "2017-12-13T16:30:00+00:00 | feed reported | eclipse | | complete_to={}T16:30:00Z {}\n"
    recorded = "recorded_at=2017-12-13T16:30:00Z"
    promised, never = (Told(DAY.rstrip() + "\n" + row.format(day, recorded)) for day in ("2030-01-01", "1970-01-01"))
    message = promised.message("2017-12-14T09:10")
    assert (message["state"], message["as_of"]) == ("delayed", "2017-12-13T16:30:00+00:00")
    assert (never.message("2017-12-14T09:10")["state"]) == "delayed"


CLOSED = frozenset({date(2017, 12, 27)})
LATE_FRIDAY = Hours((None, None, None, None, (time(10), time(19)), None, None))


@pytest.mark.parametrize(
    ("rules", "moment", "closes", "closed", "opens", "why"),
    [
        (Rules(calendar()), "2017-12-14T16:59:59", "2017-12-14T17:00", None, None, None),
        (Rules(calendar()), "2017-12-14T17:00", None, "2017-12-14T17:00", "2017-12-15T09:00", None),
        (Rules(calendar()), "2017-12-15T16:00", None, "2017-12-15T16:00", "2017-12-18T09:00", None),
        (Rules(calendar()), "2017-12-25T12:00", None, "2017-12-22T16:00", "2017-12-27T09:00", "bank_holiday"),
        (Rules(calendar(CLOSED)), "2017-12-27T12:00", None, "2017-12-22T16:00", "2017-12-28T09:00", "closure_day"),
        (Rules(calendar(), hours=LATE_FRIDAY), "2017-12-15T18:59", "2017-12-15T19:00", None, None, None),
        (Rules(calendar(), hours=LATE_FRIDAY), "2017-12-14T12:00", None, "2017-12-08T19:00", "2017-12-15T10:00", None),
        (Rules(calendar(), hours=Hours((None,) * 7)), "2017-12-14T12:00", None, None, None, None),
        # the clocks go forward on Sunday 25 March 2018, and back on 28 October
        (Rules(calendar()), "2018-03-25T03:00", None, "2018-03-23T16:00", "2018-03-26T09:00+01:00", None),
        (Rules(calendar()), "2018-10-28T01:30", None, "2018-10-26T16:00+01:00", "2018-10-29T09:00+00:00", None),
    ],
)
def test_the_office_is_the_authority_s_own(
    rules: Rules, moment: str, closes: str | None, closed: str | None, opens: str | None, why: str | None
) -> None:
    """Its hours, its closure days, its bank holidays; at the moment of closing it is closed."""
    office = opening(rules, at(moment))
    assert office.open == (closes is not None)
    assert (office.closes_at, office.closed_at, office.opens_at) == tuple(
        it and at(it) for it in (closes, closed, opens)
    )
    assert office.closed_for == why


def test_when_a_rebuild_may_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """From how fast it goes, by the board's own clock; not before there is anything to go by."""
    watch = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: watch[0])
    rebuild, now = Pace(), at("2017-12-14T14:32")
    assert rebuild.done_at(0.2, now, 1.0) is None
    watch[0] += 10
    assert rebuild.done_at(0.2, now, 1.0) is None
    assert rebuild.done_at(0.4, now, 1.0) == now + timedelta(seconds=30)
    assert rebuild.done_at(0.4, now, 60.0) == now + timedelta(minutes=30)
    assert rebuild.done_at(None, now, 1.0) is None
    assert rebuild.done_at(0.5, now, 1.0) is None, "another one"


def streams() -> Streams:
    return Streams(Told(DAY), Clock().clocks(Rules(calendar(), targets=TARGETS)))


def test_boards_that_nobody_watches_are_not_kept() -> None:
    """Whoever asks for boards of teams that there are not does not fill the memory."""
    kept = streams()
    for n in range(1000):
        kept.of(MASH, AUTHORITY, f"team {n}")
    assert len(kept._streams) == 0


def test_those_who_come_together_share_a_board() -> None:
    """A hundred screens come back at once, each asking before any of them watches: one board is built for all."""

    async def story() -> None:
        shared = streams()
        watching = [shared.of(MASH, AUTHORITY).watch() for _ in range(100)]
        first = await asyncio.gather(*(anext(each) for each in watching))
        assert len({event.partition(b"\n\n")[2] for event in first}) == 1
        assert len({event.partition(b"\n\n")[0] for event in first}) > 1, "not all are to come again at once"
        assert len(asyncio.all_tasks()) == 2  # this one, and that of the board
        for each in watching:
            await each.aclose()  # type: ignore[attr-defined]

    asyncio.run(story())
