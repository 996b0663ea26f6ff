"""Made-up histories that go looking for trouble: seeded, valid by CONTRACT 1, and aimed at every boundary we know.

A history is a handful of stories (an assessment authorised on working day 45, two periods of care that touch, a
link between two pseudonyms) told of a few children in one season, so that they meet in the same windows. Then come
second tellings: corrections, repeats, retractions, revivals. A different seed picks other stories; the same seed is
always the same history.

Left out until the plain count considers them: `case.allocated`, `died_on`, anybody near eighteen.
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import holidays

Event = dict[str, Any]
When = date | datetime
Thing = TypeVar("Thing")

LONDON = ZoneInfo("Europe/London")
A_DAY = timedelta(days=1)
A_MICROSECOND = timedelta(microseconds=1)
NEWEST_RECORDED = datetime(2026, 10, 31, 12, tzinfo=UTC)
BANK_HOLIDAYS = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(1995, 2051)))

# Each season: days worth beginning on (Fridays, weekends, bank holidays, ends of months, quarters and years), and
# the night on which its clocks change.
SEASONS = (
    ("2017-10-29", "2017-09-29 2017-09-30 2017-10-01 2017-10-26 2017-10-27 2017-10-28 2017-10-29 2017-10-31 2017-11-24"
                   " 2017-12-22 2017-12-24 2017-12-25 2017-12-26 2017-12-31 2018-01-01"),
    ("2018-03-25", "2018-01-26 2018-02-28 2018-03-01 2018-03-23 2018-03-24 2018-03-25 2018-03-29 2018-03-30 2018-03-31"
                   " 2018-04-01 2018-04-02 2018-05-07 2018-05-25 2018-05-28"),
    ("2020-03-29", "2020-01-31 2020-02-28 2020-02-29 2020-03-01 2020-03-27 2020-03-29 2020-03-31 2020-04-01 2020-04-09"
                   " 2020-04-10 2020-04-13 2020-05-04 2020-05-08"),
    ("2022-10-30", "2022-08-26 2022-08-29 2022-09-16 2022-09-19 2022-09-30 2022-10-01 2022-10-28 2022-10-30 2022-12-23"
                   " 2022-12-25 2022-12-26 2022-12-27 2022-12-31"),
    ("2023-03-26", "2023-02-28 2023-03-24 2023-03-26 2023-03-31 2023-04-01 2023-04-06 2023-04-07 2023-04-10 2023-05-01"
                   " 2023-05-05 2023-05-08 2023-05-29"),
    ("2025-10-26", "2025-08-25 2025-09-30 2025-10-01 2025-10-24 2025-10-25 2025-10-26 2025-10-31 2025-12-24 2025-12-25"
                   " 2025-12-26 2025-12-28 2025-12-31 2026-01-01"),
    ("2026-03-29", "2026-01-30 2026-02-28 2026-03-01 2026-03-27 2026-03-29 2026-03-31 2026-04-01 2026-04-02 2026-04-03"
                   " 2026-04-06 2026-05-04 2026-05-25"),
    ("1995-03-26", "1995-02-28 1995-03-24 1995-03-26 1995-03-31 1995-04-01 1995-04-14 1995-04-17"
                   " 1995-05-01 1995-05-08"),
    ("1999-10-31", "1999-09-30 1999-10-01 1999-10-29 1999-10-31 1999-12-24 1999-12-25 1999-12-27 1999-12-28 1999-12-31"
                   " 2000-01-03"),
)  # fmt: skip
OFFSETS = ("Z", "+00:00", "+01:00", "+05:30", "-03:00", "local")
TEAMS = ("North", "South", "east", None)
ASSESSMENT_OUTCOMES = ("case_closed", "child_in_need_plan", "section_47", "early_help", "advice", "care")
ENQUIRY_OUTCOMES = ("assessment", "existing_case", "section_47", "early_help", "advice", "no_further_action")
STATUSES = ("C1", "C2", "D1", "E1", "V2", "V3", "V4", "V3", "V4", "L1", "L3", "J2")


def history(seed: int, *, authority: str = "X99999901", children: int = 4, events: int = 60) -> list[Event]:
    """*events* valid events about *children* pseudonyms of one authority, in the order in which they were told."""
    scribe = Scribe(seed, authority, children)
    first_tellings = max(1, events * 7 // 10)
    stories: list[Story] = []
    while len(scribe.events) < first_tellings:
        if not stories:  # every story once, before any is told again
            stories = scribe.rng.sample(STORIES, len(STORIES))
        stories.pop()(scribe)
    del scribe.events[first_tellings:]
    while len(scribe.events) < events:
        scribe.rng.choice(SECOND_TELLINGS)(scribe)
    del scribe.events[events:]
    for event in scribe.events:
        check(event)
    return scribe.events


def shuffled(seed: int, events: list[Event]) -> list[Event]:
    """The same log in another order, with a fifth of it told twice."""
    rng = random.Random(f"shuffled {seed}")
    log = [*events, *rng.sample(events, min(len(events), len(events) // 5 + 1))]
    rng.shuffle(log)
    return [dict(event) for event in log]


def moments(seed: int, events: list[Event]) -> list[str]:
    """About twelve values of `at`: at events and a microsecond either side, at deadlines, at the ends of things."""
    rng = random.Random(f"moments {seed}")
    found: list[str] = []
    # At the moment of an event (of a dated one, its first), or a microsecond beside it.
    timed = [moment_of(event) for event in events if event.get("occurred_at")] or [moment_of(events[0])]
    for moment in (*some(rng, timed, 2), moment_of(rng.choice(events))):
        found.append(written(rng, moment + rng.choice((-1, 0, 0, 1)) * A_MICROSECOND))
    # The day of an event, the day before, and a year and a day later.
    day = local_day(rng.choice(events))
    for later in (rng.choice((0, -1)), rng.choice((364, 365, 366))):
        found.append((day + later * A_DAY).isoformat())
    # The last day in time and the first day late of an assessment; and the moment between them.
    starts = [event for event in events if event["type"] == "assessment.started"] or events[:1]
    for start in some(rng, starts, 2):
        due = working_days_after(local_day(start), 45)
        midnight = datetime.combine(due + A_DAY, time(), LONDON).astimezone(UTC)
        found.append(rng.choice((due.isoformat(), (due + A_DAY).isoformat())))
        found.append(written(rng, midnight - rng.choice((0, 1)) * A_MICROSECOND))
    # The ends of a month, of a quarter and of a financial year, or the day after; a Sunday or the Monday after it.
    year = day.year if day.month > 3 else day.year - 1
    month_end = (day.replace(day=1) + 31 * A_DAY).replace(day=1) - A_DAY
    quarter_end = (date(day.year, (day.month - 1) // 3 * 3 + 3, 1) + 31 * A_DAY).replace(day=1) - A_DAY
    for end in (month_end, quarter_end, date(year + 1, 3, 31), day + (6 - day.weekday()) * A_DAY):
        found.append((end + rng.choice((0, 0, 1)) * A_DAY).isoformat())
    # The night on which the clocks changed, and after everything.
    found.append(written(rng, rng.choice(clock_change(nearest_season(day)))))
    found.append((max(local_day(event) for event in events) + A_DAY).isoformat())
    rng.shuffle(found)
    return list(dict.fromkeys(found))[:14]


def knowns(seed: int, events: list[Event]) -> list[str]:
    """Four values of `known_at`: as a telling became known, a microsecond either side, and one date."""
    rng = random.Random(f"knowns {seed}")
    told = [datetime.fromisoformat(event.get("received_at") or event["recorded_at"]) for event in events]
    instants = [moment + n * A_MICROSECOND for moment, n in zip(some(rng, told, 3), (0, -1, 1), strict=False)]
    return [*(written(rng, moment) for moment in instants), rng.choice(told).astimezone(LONDON).date().isoformat()]


# --- the teller -------------------------------------------------------------------------------------------------


class Scribe:
    """Writes events down: who, when, in which clothes. All chance comes from one seeded source."""

    def __init__(self, seed: int, authority: str, children: int) -> None:
        self.rng = random.Random(f"history {seed}")
        self.authority = authority
        self.children = [f"child-{n}" for n in range(1, children + 1)]
        self.night, days = self.rng.choice(SEASONS)
        self.days = [date.fromisoformat(day) for day in days.split()]
        self.events: list[Event] = []
        self.seed = seed
        self.records = 7  # so that A9 and A10 meet: as strings, A9 is the greater
        self.tellings = 7

    def child(self) -> str:
        return self.rng.choice(self.children)

    def other(self, child: str) -> str:
        return self.rng.choice([name for name in self.children if name != child] or [child])

    def record(self, letter: str) -> str:
        self.records += 1
        return f"{letter}{self.records}"

    def identity(self) -> str:
        self.tellings += 1
        return f"t{self.tellings}-{self.seed}"

    def day(self) -> date:
        return self.rng.choice(self.days)

    def moment(self, day: date) -> When:
        """A day, or an instant of it where a day can go wrong."""
        midnight = datetime.combine(day, time(), LONDON).astimezone(UTC)
        next_midnight = datetime.combine(day + A_DAY, time(), LONDON).astimezone(UTC)
        choices: list[When] = [day, day, midnight, next_midnight - A_MICROSECOND, midnight + timedelta(hours=13)]
        choices.append(next_midnight - timedelta(minutes=self.rng.choice((15, 30, 59))))
        if day.isoformat() == self.night:
            choices += [moment for moment in clock_change(self.night) if moment.astimezone(LONDON).date() == day] * 2
        return self.rng.choice(choices)

    def tell(self, kind: str, child: str, record: str, when: When, /, **fields: Any) -> Event:
        """Write down the first telling of a fact."""
        rng = self.rng
        event: Event = {"type": kind, "id": self.identity(), "authority": self.authority, "child": child}
        event |= {"record": record, "source": rng.choice(("eclipse", "carefirst"))}
        self.date(event, when)
        self.store(event, moment_of(event) + rng.choice(DELAYS))
        earlier = [other for other in self.events if fact(other) == fact(event)]
        if "revision" in earlier[0] if earlier else rng.random() < 0.3:  # on all tellings of a fact or on none
            event["revision"] = rng.choice((0, 1, 5))
        team = rng.choice(TEAMS)
        if team is not None:
            event["team"] = team
        if rng.random() < 0.3:
            event["origin"] = rng.choice(("live", "backload", "migration", "simulation"))
        if rng.random() < 0.1:
            event |= rng.choice(({"team": None}, {"retracted": False}, {"received_at": None}, {"moon": "full"}))
        event |= fields
        self.events.append(event)
        return event

    def date(self, event: Event, when: When) -> None:
        event.pop("occurred_on", None)
        event.pop("occurred_at", None)
        if isinstance(when, datetime):
            event["occurred_at"] = written(self.rng, when)
        else:
            event["occurred_on"] = when.isoformat()

    def store(self, event: Event, moment: datetime) -> None:
        """Set `recorded_at`, no earlier than a day before the event and never in the future; at times `received_at`."""
        moment = min(max(moment, moment_of(event) - A_DAY), NEWEST_RECORDED)
        event["recorded_at"] = written(self.rng, moment)
        event.pop("received_at", None)
        if self.rng.random() < 0.3:
            late = self.rng.choice((timedelta(0), A_MICROSECOND, timedelta(seconds=2), 3 * A_DAY, timedelta(hours=-1)))
            event["received_at"] = written(self.rng, min(moment + late, NEWEST_RECORDED))

    def tell_again(self, event: Event, /, *, late: bool = False, **changes: Any) -> Event:
        """Write down a newer telling of a fact (or, *late*, one that was already old when it came)."""
        tellings = [other for other in self.events if fact(other) == fact(event)]
        newest = max(tellings, key=newness)
        event = {name: value for name, value in event.items() if name not in ("id", "retracted")}
        event |= {"id": self.identity()} | changes
        recorded = datetime.fromisoformat(newest["recorded_at"])
        if late:
            recorded -= self.rng.choice((timedelta(milliseconds=1), A_MICROSECOND, timedelta(hours=1)))
        else:
            recorded += self.rng.choice((timedelta(0), A_MICROSECOND, timedelta(milliseconds=1), A_DAY, 40 * A_DAY))
        if "revision" in newest:  # then the order of recording means little
            event["revision"] = max(0, newest["revision"] + (-1 if late else self.rng.choice((0, 1, 1, 10))))
            recorded += self.rng.choice((timedelta(0), timedelta(minutes=-5)))
        self.store(event, recorded)
        self.events.append(event)
        return event


DELAYS = (
    -A_DAY, -A_MICROSECOND, timedelta(0), timedelta(minutes=7), timedelta(minutes=7, microseconds=123456),
    A_DAY, 3 * A_DAY, 60 * A_DAY,
)  # fmt: skip
Story = Callable[[Scribe], None]


# --- stories: assessments ---------------------------------------------------------------------------------------


def authorised_around_day_45(scribe: Scribe) -> None:
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("A"), scribe.day()
    end = working_days_after(day, rng.choice((44, 45, 45, 46, 46)))
    if rng.random() < 0.2:
        end -= A_DAY  # perhaps not a working day
    scribe.tell("assessment.started", child, record, scribe.moment(day))
    outcomes = outcome_list(rng, ASSESSMENT_OUTCOMES)
    scribe.tell("assessment.authorised", child, record, scribe.moment(end), outcomes=outcomes)


def started_and_authorised_on_one_day(scribe: Scribe) -> None:
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("A"), scribe.day()
    noon = datetime.combine(day, time(12), LONDON).astimezone(UTC)
    pairs: list[tuple[When, When]] = [(day, day), (day, noon), (noon, day), (noon, noon)]
    pairs += [(noon, noon - A_MICROSECOND), (noon, noon + A_MICROSECOND), (noon, noon - timedelta(hours=11))]
    start, end = rng.choice(pairs)
    outcomes = outcome_list(rng, ASSESSMENT_OUTCOMES)
    scribe.tell("assessment.authorised", child, record, end, outcomes=outcomes)
    scribe.tell("assessment.started", child, record, start)


def authorised_before_it_started(scribe: Scribe) -> None:
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("A"), scribe.day()
    scribe.tell("assessment.started", child, record, scribe.moment(day))
    kind = rng.choice(("assessment.authorised", "assessment.authorised", "assessment.cancelled"))
    fields = {"outcomes": outcome_list(rng, ASSESSMENT_OUTCOMES)} if kind == "assessment.authorised" else {}
    scribe.tell(kind, child, record, scribe.moment(day - rng.choice((1, 1, 5)) * A_DAY), **fields)


def authorised_without_a_start(scribe: Scribe) -> None:
    child, record, when = scribe.child(), scribe.record("A"), scribe.moment(scribe.day())
    outcomes = outcome_list(scribe.rng, ASSESSMENT_OUTCOMES)
    scribe.tell("assessment.authorised", child, record, when, outcomes=outcomes)


def cancelled_and_authorised(scribe: Scribe) -> None:
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("A"), scribe.day()
    scribe.tell("assessment.started", child, record, scribe.moment(day))
    authorised = working_days_after(day, rng.choice((10, 45, 46)))
    cancelled = authorised + rng.choice((-60, -1, 0, 0, 1, 9)) * A_DAY
    scribe.tell("assessment.cancelled", child, record, scribe.moment(cancelled))
    outcomes = outcome_list(rng, ASSESSMENT_OUTCOMES)
    scribe.tell("assessment.authorised", child, record, scribe.moment(authorised), outcomes=outcomes)


def cancelled(scribe: Scribe) -> None:
    child, record, day = scribe.child(), scribe.record("A"), scribe.day()
    scribe.tell("assessment.started", child, record, scribe.moment(day))
    end = working_days_after(day, scribe.rng.choice((0, 1, 44, 45, 46)))
    scribe.tell("assessment.cancelled", child, record, scribe.moment(end))


def never_finished(scribe: Scribe) -> None:
    child = scribe.child()
    for _ in range(scribe.rng.choice((1, 2))):
        scribe.tell("assessment.started", child, scribe.record("A"), scribe.moment(scribe.day()), team="North")


# --- stories: the front door ------------------------------------------------------------------------------------


def received(scribe: Scribe, child: str, day: date) -> str:
    rng, record = scribe.rng, scribe.record("E")
    fields = {
        "enquiry_source": rng.choice(("police", "school", "health")),
        "rag": rng.choice(("red", "amber", "green")),
        "postcode_sector": rng.choice(("EX1 1", "EX39 4")),
        "incident": rng.choice(("I1", "I2")),
    }
    kept = {name: value for name, value in fields.items() if rng.random() < 0.7}
    scribe.tell("enquiry.received", child, record, scribe.moment(day), **kept)
    return record


def enquiry_graded_again(scribe: Scribe) -> None:
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    enquiry = received(scribe, child, day)
    when = scribe.moment(day + rng.choice((0, 1, 40)) * A_DAY)
    for later in (timedelta(0), rng.choice((timedelta(0), A_DAY))):  # often at one moment: the greater record stands
        scribe.tell("enquiry.graded", child, scribe.record("G"), when + later, enquiry=enquiry, rag=grade(rng))


def enquiry_decided_again(scribe: Scribe) -> None:
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    enquiry = received(scribe, child, day)
    when = scribe.moment(day + rng.choice((0, 1, 3, 40)) * A_DAY)
    for later in (timedelta(0), rng.choice((timedelta(0), A_DAY, 35 * A_DAY)))[: rng.choice((1, 2, 2))]:
        outcomes = outcome_list(rng, ENQUIRY_OUTCOMES)
        scribe.tell("enquiry.decided", child, scribe.record("D"), when + later, enquiry=enquiry, outcomes=outcomes)


def enquiries_at_midnight(scribe: Scribe) -> None:
    day = scribe.day()
    midnight = datetime.combine(day, time(), LONDON).astimezone(UTC)
    for moment in (midnight - A_MICROSECOND, midnight, datetime.combine(day, time(), UTC) - timedelta(minutes=30)):
        scribe.tell("enquiry.received", scribe.child(), scribe.record("E"), moment, rag=grade(scribe.rng))


def enquiries_as_the_clocks_change(scribe: Scribe) -> None:
    child = scribe.child()
    for moment in scribe.rng.sample(clock_change(scribe.night), 3):
        scribe.tell("enquiry.received", child, scribe.record("E"), moment, enquiry_source="police")


def decision_and_grade_of_no_enquiry(scribe: Scribe) -> None:
    """Of nothing, or of an enquiry about another child."""
    rng, child = scribe.rng, scribe.child()
    enquiry = received(scribe, scribe.other(child), scribe.day()) if rng.random() < 0.7 else scribe.record("E")
    when = scribe.moment(scribe.day())
    scribe.tell("enquiry.decided", child, scribe.record("D"), when, enquiry=enquiry, outcomes=["assessment"])
    scribe.tell("enquiry.graded", child, scribe.record("G"), when, enquiry=enquiry, rag=grade(rng))


# --- stories: care ----------------------------------------------------------------------------------------------


def changed(scribe: Scribe, child: str, when: When, care: str | None, status: str | None = None) -> None:
    fields = {"status": status or scribe.rng.choice(STATUSES)} | ({"care": care} if care else {})
    scribe.tell("legal_status.changed", child, scribe.record("L"), when, **fields)


def periods_that_touch(scribe: Scribe) -> None:
    """One ends on the day on which the next begins, and a status dated that day belongs to the next unless it says."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    first, second = scribe.record("P"), scribe.record("P")
    scribe.tell("care.started", child, first, day - 30 * A_DAY)
    boundary = scribe.moment(day)
    scribe.tell("care.ended", child, first, boundary, reason="E4")
    scribe.tell("care.started", child, second, rng.choice((boundary, day)))
    changed(scribe, child, rng.choice((boundary, day)), rng.choice((None, None, first, second)))
    if rng.random() < 0.5:
        changed(scribe, child, day - A_DAY, None, "V4")


def periods_that_overlap(scribe: Scribe) -> None:
    """The later one turns to short breaks and back, so that the earlier is the present one for a while."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    first, second = scribe.record("P"), scribe.record("P")
    scribe.tell("care.started", child, first, scribe.moment(day), team="North")
    scribe.tell("care.started", child, second, scribe.moment(day + rng.choice((0, 5)) * A_DAY), team="South")
    changed(scribe, child, scribe.moment(day), first, rng.choice(("V2", "C1")))
    changed(scribe, child, scribe.moment(day + 6 * A_DAY), rng.choice((second, None)), rng.choice(("V3", "V4")))
    changed(scribe, child, scribe.moment(day + 9 * A_DAY), rng.choice((second, None)))
    if rng.random() < 0.7:
        end = scribe.moment(day + 12 * A_DAY)
        scribe.tell("care.ended", child, rng.choice((first, second)), end)
        changed(scribe, child, end, None)  # on the moment of the end: of the period that goes on


def period_of_no_length(scribe: Scribe) -> None:
    """Ended on the day it began, or before, or never begun."""
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("P"), scribe.day()
    end = rng.choice((day, day - A_DAY, scribe.moment(day)))
    if rng.random() < 0.8:
        scribe.tell("care.started", child, record, rng.choice((day, scribe.moment(day))))
    scribe.tell("care.ended", child, record, end, reason="E13")
    changed(scribe, child, scribe.moment(day), rng.choice((None, record)))


def statuses_at_one_moment(scribe: Scribe) -> None:
    """Some named, some for an unknown period, some before the period began; often at the same moment."""
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("P"), scribe.day()
    scribe.tell("care.started", child, record, day, need="N1")
    when = rng.choice((day, day + 3 * A_DAY))
    for _ in range(2):
        changed(scribe, child, when, rng.choice((record, None)))
    changed(scribe, child, rng.choice((when, day - A_DAY)), rng.choice(("P999", record, None)))


def short_breaks_on_and_off(scribe: Scribe) -> None:
    child, record, day = scribe.child(), scribe.record("P"), scribe.day()
    scribe.tell("care.started", child, record, scribe.moment(day))
    for days, status in ((0, "V3"), (4, scribe.rng.choice(("C2", "L1", "J1"))), (8, "V4")):
        changed(scribe, child, scribe.moment(day + days * A_DAY), scribe.rng.choice((record, None)), status)


# --- stories: one child, several names --------------------------------------------------------------------------


def linked(scribe: Scribe, child: str, into: str) -> Event:
    return scribe.tell("child.merged", child, scribe.record("M"), scribe.moment(scribe.day()), into=into)


def two_are_one(scribe: Scribe) -> None:
    """Linked, at times both ways, at times by two links of which one is taken back."""
    rng, child = scribe.rng, scribe.child()
    other = scribe.other(child)
    link = linked(scribe, child, other)
    if rng.random() < 0.5:
        linked(scribe, *rng.choice(((other, child), (child, other))))
    if rng.random() < 0.5:
        scribe.tell_again(link, retracted=True)


def a_chain_of_names(scribe: Scribe) -> None:
    """a to b, b to c: told from the middle, at times through a name that nothing else is told of."""
    rng = scribe.rng
    names = rng.sample(scribe.children, min(3, len(scribe.children)))
    if rng.random() < 0.3:
        names.insert(1, "child-nothing-told")
    for one, two in pairwise(names):
        linked(scribe, *rng.choice(((one, two), (two, one))))


def one_fact_under_two_names(scribe: Scribe) -> None:
    """The same (type, record) under both pseudonyms, told differently; one of them perhaps taken back."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    other = scribe.other(child)
    kind, letter = rng.choice((("assessment.started", "A"), ("care.started", "P"), ("enquiry.received", "E")))
    record = scribe.record(letter)
    scribe.tell(kind, child, record, scribe.moment(day))
    twin = scribe.tell(kind, other, record, scribe.moment(day + rng.choice((0, 1, 50)) * A_DAY))
    if rng.random() < 0.4:
        scribe.tell_again(twin, retracted=True)
    if rng.random() < 0.7:
        linked(scribe, child, other)


def start_and_stop_under_two_names(scribe: Scribe) -> None:
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("A"), scribe.day()
    other = scribe.other(child)
    scribe.tell("assessment.started", child, record, scribe.moment(day))
    end = working_days_after(day, rng.choice((45, 46)))
    outcomes = outcome_list(rng, ASSESSMENT_OUTCOMES)
    scribe.tell("assessment.authorised", other, record, scribe.moment(end), outcomes=outcomes)
    if rng.random() < 0.8:
        linked(scribe, other, child)


# --- stories: what the measures do not look at ------------------------------------------------------------------


def other_things(scribe: Scribe) -> None:
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    others: list[tuple[str, str, dict[str, Any]]] = [
        ("person.recorded", child, {"birth_month": f"{day.year - rng.choice((0, 3, 9))}-0{rng.randint(1, 9)}"}),
        ("person.recorded", child, {"unborn": True, "disabled": False}),
        ("referral.received", scribe.record("R"), {"referral_source": "1A"}),
        ("episode.opened", scribe.record("N"), {"primary_need": "N1"}),
        ("visit.made", scribe.record("V"), {"kind": "looked_after", "seen": True}),
        ("section_47.started", scribe.record("S"), {}),
        ("protection_plan.started", scribe.record("C"), {"category": "NEG", "previous_plans": 0}),
        ("need_plan.ended", scribe.record("N"), {}),
        ("care_review.held", scribe.record("W"), {}),
        ("placement.started", scribe.record("U"), {"placement": "U1", "distance_miles": 20.5}),
        ("missing.started", scribe.record("Q"), {"kind": "missing"}),
        ("enquiry.decided", scribe.record("D"), {"enquiry": scribe.record("E"), "outcomes": []}),
    ]
    for kind, record, fields in rng.sample(others, 2):
        scribe.tell(kind, child, record, scribe.moment(day), **fields)


def things_of_no_child(scribe: Scribe) -> None:
    day = scribe.day()
    worker = scribe.tell("worker.recorded", "none", scribe.record("K"), day, team="North", fte=0.6, case_holder=True)
    del worker["child"]
    worker["worker"] = "worker-1"
    feed = scribe.tell("feed.reported", "none", "eclipse", scribe.moment(day))
    del feed["child"]
    feed["complete_to"] = feed["recorded_at"]


STORIES: tuple[Story, ...] = (
    authorised_around_day_45, authorised_around_day_45, started_and_authorised_on_one_day,
    authorised_before_it_started, authorised_without_a_start, cancelled_and_authorised, cancelled, never_finished,
    enquiry_graded_again, enquiry_decided_again, enquiries_at_midnight, enquiries_as_the_clocks_change,
    decision_and_grade_of_no_enquiry, periods_that_touch, periods_that_overlap, period_of_no_length,
    statuses_at_one_moment, short_breaks_on_and_off, two_are_one, two_are_one, a_chain_of_names,
    one_fact_under_two_names, one_fact_under_two_names, start_and_stop_under_two_names, other_things,
    things_of_no_child,
)  # fmt: skip


# --- second tellings --------------------------------------------------------------------------------------------


def corrected(scribe: Scribe) -> None:
    """Another date, team, or field; at times one that was already old when it came."""
    rng, event = scribe.rng, told_before(scribe)
    event = {name: value for name, value in event.items() if name != "team" or rng.random() < 0.6}
    scribe.date(event, scribe.moment(local_day(event) + rng.choice((-1, 0, 0, 1, 7)) * A_DAY))
    for name, value in (
        ("team", rng.choice(("North", "South", "west"))),
        ("outcomes", outcome_list(rng, ASSESSMENT_OUTCOMES[2:5])),
        ("status", rng.choice(STATUSES)),
        ("rag", grade(rng)),
        ("care", rng.choice(("P999", *(e["record"] for e in scribe.events if e["type"] == "care.started")))),
        ("enquiry", rng.choice([e["record"] for e in scribe.events if e["type"] == "enquiry.received"] or ["E999"])),
        ("into", scribe.child()),
    ):
        if name in event and rng.random() < 0.5:
            event[name] = value
    scribe.tell_again(event, late=rng.random() < 0.3)


def repeated(scribe: Scribe) -> None:
    scribe.events.append(dict(scribe.rng.choice(scribe.events)))


def retracted(scribe: Scribe) -> None:
    scribe.tell_again(envelope(scribe, told_before(scribe)), retracted=True, late=scribe.rng.random() < 0.2)


def retracted_and_revived(scribe: Scribe) -> None:
    event = told_before(scribe)
    scribe.tell_again(envelope(scribe, event), retracted=True)
    scribe.tell_again(event)


def retold_by_the_same_id(scribe: Scribe) -> None:
    """An id seen again with other content is one more telling. Nothing orders two that are level: none are told."""
    event = told_before(scribe)
    again = scribe.tell_again(event, team="west")
    renamed = again | {"id": event["id"]}
    if newness(renamed) not in [newness(other) for other in scribe.events if fact(other) == fact(event)]:
        again["id"] = event["id"]


SECOND_TELLINGS: tuple[Story, ...] = (
    corrected, corrected, corrected, repeated, retracted, retracted_and_revived, retold_by_the_same_id,
)  # fmt: skip


def told_before(scribe: Scribe) -> Event:
    """A fact to tell again: rather one that a measure looks at, and now and then a link."""
    facts = [event for event in scribe.events if "child" in event and not event.get("retracted")]
    links = [event for event in facts if event["type"] == "child.merged"]
    if links and scribe.rng.random() < 0.15:
        facts = links
    return dict(scribe.rng.choice(facts))


def envelope(scribe: Scribe, event: Event) -> Event:
    """A retraction needs only the envelope, but may carry the rest."""
    if scribe.rng.random() < 0.5:
        return event
    fields = ("type", "authority", "child", "record", "occurred_on", "occurred_at", "recorded_at", "revision", "source")
    return {name: event[name] for name in fields if name in event}


# --- small things -----------------------------------------------------------------------------------------------


def fact(event: Event) -> tuple[str, ...]:
    return event["authority"], event.get("child") or event.get("worker", ""), event["type"], event["record"]


def newness(event: Event) -> tuple[int, datetime, str]:
    recorded = datetime.fromisoformat(event["recorded_at"])
    return event.get("revision", 0), recorded, event["id"]  # within one fact, all tellings have a revision or none


def grade(rng: random.Random) -> str:
    return rng.choice(("red", "amber", "green"))


def outcome_list(rng: random.Random, outcomes: tuple[str, ...]) -> list[str]:
    """None, one, several, or the same one twice."""
    found = rng.sample(outcomes, rng.choice((0, 1, 1, 2, 3)))
    return [*found, found[0]] if found and rng.random() < 0.3 else found


def some(rng: random.Random, things: list[Thing], most: int) -> list[Thing]:
    return rng.sample(things, min(most, len(things)))


def moment_of(event: Event) -> datetime:
    if event.get("occurred_at"):
        return datetime.fromisoformat(event["occurred_at"]).astimezone(UTC)
    return datetime.combine(date.fromisoformat(event["occurred_on"]), time(), LONDON).astimezone(UTC)


def local_day(event: Event) -> date:
    return moment_of(event).astimezone(LONDON).date()


def written(rng: random.Random, moment: datetime) -> str:
    """An instant as text, at one of many offsets."""
    offset = rng.choice(OFFSETS)
    if offset == "Z":
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if offset == "local":
        return moment.astimezone(LONDON).isoformat()
    hours, minutes = int(offset[:3]), int(offset[4:])
    return moment.astimezone(timezone(timedelta(hours=hours, minutes=minutes))).isoformat()


def clock_change(night: str) -> list[datetime]:
    """Around 01:00 UTC, when the clocks go: the hour that comes twice, or the one that is lost; and the midnights."""
    change = datetime.combine(date.fromisoformat(night), time(1), UTC)
    beside = [change + timedelta(minutes=minutes) for minutes in (-90, -60, -30, 0, 30, 60)]
    days = (date.fromisoformat(night), date.fromisoformat(night) + A_DAY)
    midnights = [datetime.combine(day, time(), LONDON).astimezone(UTC) for day in days]
    return [*beside, change - A_MICROSECOND, *midnights, midnights[1] - A_MICROSECOND]


def nearest_season(day: date) -> str:
    return min((night for night, _ in SEASONS), key=lambda night: abs(date.fromisoformat(night) - day))


def working_days_after(day: date, n: int) -> date:
    while n > 0:
        day += A_DAY
        n -= day.weekday() < 5 and day not in BANK_HOLIDAYS
    return day


def check(event: Event) -> None:
    """What CONTRACT 1 asks of an event, as far as a generator can get it wrong."""
    recorded = datetime.fromisoformat(event["recorded_at"])
    assert moment_of(event) <= recorded + A_DAY
    assert recorded <= NEWEST_RECORDED
    assert datetime(1995, 1, 1, tzinfo=UTC) <= moment_of(event)
    assert ("occurred_on" in event) != ("occurred_at" in event)
    assert all(len(event.get(name) or "") <= 64 for name in ("id", "child", "record", "team", "source"))
