"""Made-up histories that go looking for trouble: seeded, valid (contract 1), and aimed at every boundary we know.

A history is a handful of stories (an assessment authorised on working day 45, two periods of care that touch) of
one or two themes, told of a few children in one season, so that they meet in the same windows. Then come stories that
aim at what was told: an allocation on the day a clock becomes late, a birthday inside a plan, a death, a link between
two pseudonyms. Then second tellings: corrections, repeats, retractions, revivals. A different seed picks other
stories; the same seed is always the same history.
"""

import random
from calendar import monthrange
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
FIRST_DAY, LAST_DAY = date(1995, 1, 4), date(2026, 10, 30)  # of what happens, save for a planned allocation
BANK_HOLIDAYS = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(1995, 2051)))

# Each season: days worth beginning on (Fridays, weekends, bank holidays, ends of months, quarters and years), and
# the night on which its clocks change.
SEASONS = (
    (
        "2017-10-29",
        "2017-09-29 2017-09-30 2017-10-01 2017-10-26 2017-10-27 2017-10-28 2017-10-29 2017-10-31 2017-11-24"
        " 2017-12-22 2017-12-24 2017-12-25 2017-12-26 2017-12-31 2018-01-01",
    ),
    (
        "2018-03-25",
        "2018-01-26 2018-02-28 2018-03-01 2018-03-23 2018-03-24 2018-03-25 2018-03-29 2018-03-30 2018-03-31"
        " 2018-04-01 2018-04-02 2018-05-07 2018-05-25 2018-05-28",
    ),
    (
        "2020-03-29",
        "2020-01-31 2020-02-28 2020-02-29 2020-03-01 2020-03-27 2020-03-29 2020-03-31 2020-04-01 2020-04-09"
        " 2020-04-10 2020-04-13 2020-05-04 2020-05-08",
    ),
    (
        "2022-10-30",
        "2022-08-26 2022-08-29 2022-09-16 2022-09-19 2022-09-30 2022-10-01 2022-10-28 2022-10-30 2022-12-23"
        " 2022-12-25 2022-12-26 2022-12-27 2022-12-31",
    ),
    (
        "2023-03-26",
        "2023-02-28 2023-03-24 2023-03-26 2023-03-31 2023-04-01 2023-04-06 2023-04-07 2023-04-10 2023-05-01"
        " 2023-05-05 2023-05-08 2023-05-29",
    ),
    (
        "2025-10-26",
        "2025-08-25 2025-09-30 2025-10-01 2025-10-24 2025-10-25 2025-10-26 2025-10-31 2025-12-24 2025-12-25"
        " 2025-12-26 2025-12-28 2025-12-31 2026-01-01",
    ),
    (
        "2026-03-29",
        "2026-01-30 2026-02-28 2026-03-01 2026-03-27 2026-03-29 2026-03-31 2026-04-01 2026-04-02 2026-04-03"
        " 2026-04-06 2026-05-04 2026-05-25",
    ),
    (
        "1995-03-26",
        "1995-02-28 1995-03-24 1995-03-26 1995-03-31 1995-04-01 1995-04-14 1995-04-17 1995-05-01 1995-05-08",
    ),
    (
        "1999-10-31",
        "1999-09-30 1999-10-01 1999-10-29 1999-10-31 1999-12-24 1999-12-25 1999-12-27 1999-12-28 1999-12-31 2000-01-03",
    ),
)
OFFSETS = ("Z", "+00:00", "+01:00", "+05:30", "-03:00", "local")
TEAMS = ("North", "South", "east", None)
ASSESSMENT_OUTCOMES = (
    "case_closed",
    "case_closed",
    "child_in_need_plan",
    "section_47",
    "early_help",
    "advice",
    "care",
    "step_down",
    "signposted",
    "see the notes",
)
ENQUIRY_OUTCOMES = ("assessment", "existing_case", "section_47", "early_help", "advice", "no_further_action")
SECTION_47_OUTCOMES = ("conference", "conference", "no_conference", "no_further_action", None)
CLOCKS = {"enquiry.received": 1, "assessment.started": 45, "section_47.started": 15, "referral.received": 45}
NEEDS = ("episode.opened", "protection_plan.started", "care.started")
PLACEMENTS = ("U1", "U1", "U3", "K2", "P1", "A3", "A5", "A4", "T0", "T1", "T4", "R1", "Z1")
STATUSES = ("C1", "C2", "D1", "E1", "V2", "V3", "V4", "V3", "V4", "L1", "L3", "J2")


def history(seed: int, *, authority: str = "X99999901", children: int = 4, events: int = 80) -> list[Event]:
    """*events* valid events about *children* pseudonyms of one authority, in the order in which they were told."""
    scribe = Scribe(seed, authority, children)
    tell_stories(scribe, themes(scribe.rng), max(1, events * 9 // 20))
    tell_stories(scribe, AIMED, max(1, events * 15 // 20))
    while len(scribe.events) < events:
        scribe.rng.choice(SECOND_TELLINGS)(scribe)
    del scribe.events[events:]
    for event in scribe.events:
        check(event)
    return scribe.events


def themes(rng: random.Random) -> "tuple[Story, ...]":
    """The stories of two themes, so that they meet; now and then a few of all."""
    if rng.random() < 0.15:
        return tuple(story for theme in THEMES for story in theme)
    return tuple(story for theme in rng.sample(THEMES, 2) for story in theme)


def tell_stories(scribe: "Scribe", stories: "tuple[Story, ...]", events: int) -> None:
    left: list[Story] = []
    while len(scribe.events) < events:
        if not left:  # every story once, before any is told again
            left = scribe.rng.sample(stories, len(stories))
        left.pop()(scribe)
    del scribe.events[events:]


def shuffled(seed: int, events: list[Event]) -> list[Event]:
    """The same log in another order, with a fifth of it told twice."""
    rng = random.Random(f"shuffled {seed}")
    log = [*events, *rng.sample(events, min(len(events), len(events) // 5 + 1))]
    rng.shuffle(log)
    return [dict(event) for event in log]


def moments(seed: int, events: list[Event]) -> list[str]:
    """About thirteen values of `at`: at events and a microsecond either side, at deadlines, at the ends of things."""
    rng = random.Random(f"moments {seed}")
    ats: list[str] = []
    # At the moment of an event (of a dated one, its first), or a microsecond beside it.
    timed = [moment_of(event) for event in events if event.get("occurred_at")] or [moment_of(events[0])]
    for moment in (*up_to(rng, timed, 1), moment_of(rng.choice(events))):
        ats.append(written(rng, moment + rng.choice((-1, 0, 0, 1)) * A_MICROSECOND))
    # The day of an event or the day before.
    day = local_day(rng.choice(events))
    ats.append((day + rng.choice((0, -1)) * A_DAY).isoformat())
    # Where something that was told makes a difference later, with no event: the day, the one before, the midnight.
    for turning in up_to(rng, turning_days(events), 8):
        turned = rng.choice(turning)
        midnight = datetime.combine(turned, time(), LONDON).astimezone(UTC)
        instants = [written(rng, midnight - n * A_MICROSECOND) for n in (0, 1)]
        ats.append(rng.choice((turned.isoformat(), (turned - A_DAY).isoformat(), *instants)))
    # The ends of a month, of a quarter and of a financial year, or the day after; a Sunday or the Monday after it.
    year = day.year if day.month > 3 else day.year - 1
    month_end = (day.replace(day=1) + 31 * A_DAY).replace(day=1) - A_DAY
    quarter_end = (date(day.year, (day.month - 1) // 3 * 3 + 3, 1) + 31 * A_DAY).replace(day=1) - A_DAY
    for end in up_to(rng, [month_end, quarter_end, date(year + 1, 3, 31), day + (6 - day.weekday()) * A_DAY], 2):
        ats.append((end + rng.choice((0, 0, 1)) * A_DAY).isoformat())
    # The night on which the clocks changed, and after everything.
    ats.append(written(rng, rng.choice(clock_change(nearest_season(day)))))
    ats.append((max(local_day(event) for event in events) + A_DAY).isoformat())
    rng.shuffle(ats)
    kept = [at for at in dict.fromkeys(ats) if "1995-01-03" < at < "2029"]
    return kept[:14]


def turning_days(events: list[Event]) -> list[list[date]]:
    """For each clock, placement, period and person: the days from which a figure changes though nothing happens."""
    turning: list[list[date]] = []
    season = sorted(local_day(event) for event in events)
    middle = season[len(season) // 2]
    for event in events:
        day = local_day(event)
        if event["type"] in CLOCKS:
            deadline = working_days_after(day, CLOCKS[event["type"]])
            due_soon = next(d for n in range(20) if working_days_after(d := deadline - (20 - n) * A_DAY, 5) >= deadline)
            turning.append([deadline + A_DAY, deadline + A_DAY, due_soon, deadline])
        elif event["type"] in ("placement.started", "placement.ended", "care.ended"):
            turns = months_after(day, 12)  # for how long it is in the last 12 months
            turning.append([turns - A_DAY, turns, turns + A_DAY, day])
        elif event["type"] == "care.started":
            turning.append([months_after(day, n) for n in (6, 12, 12, 24)])
        elif event["type"] in ("case.allocated", "case.deallocated"):
            turning.append([day, day + A_DAY])
        elif event.get("birth_month"):
            month = date.fromisoformat(f"{event['birth_month']}-01")
            birthdays = [months_after(month, 1 + 12 * n) for n in (0, 1, 5, 10, 16, 18)]
            birthdays.append(months_after(month, 2))  # from when on nobody is unborn any more
            turning.append([min([month, *birthdays], key=lambda birthday: abs(birthday - middle))])
        if event.get("died_on"):
            turning.append([date.fromisoformat(event["died_on"])])
    return turning


def knowns(seed: int, events: list[Event]) -> list[str]:
    """Four values of `known_at`: as a telling became known, a microsecond either side, and one date."""
    rng = random.Random(f"knowns {seed}")
    known = [datetime.fromisoformat(event.get("received_at") or event["recorded_at"]) for event in events]
    instants = [moment + n * A_MICROSECOND for moment, n in zip(up_to(rng, known, 3), (0, -1, 1), strict=False)]
    return [*(written(rng, moment) for moment in instants), rng.choice(known).astimezone(LONDON).date().isoformat()]


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
        """One of them more often than the others, so that much of it meets."""
        return self.rng.choice((*self.children, *self.children[:1] * 2))

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
        self.store(event, moment_of(event) + rng.choice(PLANNED if kind == "case.allocated" else DELAYS))
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
        last = date(2050, 12, 30) if event["type"] == "case.allocated" else LAST_DAY
        if isinstance(when, datetime):
            noons = [datetime.combine(day, time(12), UTC) for day in (FIRST_DAY, last)]
            event["occurred_at"] = written(self.rng, min(max(when, noons[0]), noons[1]))
        else:
            event["occurred_on"] = min(max(when, FIRST_DAY), last).isoformat()

    def store(self, event: Event, moment: datetime) -> None:
        """Set `recorded_at`, no earlier than a day before the event and never in the future; at times `received_at`."""
        if event["type"] != "case.allocated":  # which may be planned
            moment = max(moment, moment_of(event) - A_DAY)
        moment = min(moment, NEWEST_RECORDED)
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
    -A_DAY,
    -A_MICROSECOND,
    timedelta(0),
    timedelta(minutes=7),
    timedelta(minutes=7, microseconds=123456),
    A_DAY,
    3 * A_DAY,
    60 * A_DAY,
)
PLANNED = (*DELAYS, -40 * A_DAY)
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


def received(scribe: Scribe, child: str, day: date, when: When | None = None) -> str:
    rng, record = scribe.rng, scribe.record("E")
    fields = {
        "enquiry_source": rng.choice(("police", "school", "health", "a neighbour", "")),
        "rag": rng.choice(("red", "amber", "green")),
        "postcode_sector": rng.choice(("EX1 1", "EX39 4", "EX1 1AA", "W1A")),
        "incident": rng.choice(("I1", "I2")),
    }
    kept = {name: value for name, value in fields.items() if rng.random() < 0.7}
    scribe.tell("enquiry.received", child, record, when or scribe.moment(day), **kept)
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


def at_clock(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


def decided(scribe: Scribe, child: str, enquiry: str, when: When) -> None:
    outcomes = outcome_list(scribe.rng, ENQUIRY_OUTCOMES)
    scribe.tell("enquiry.decided", child, scribe.record("D"), when, enquiry=enquiry, outcomes=outcomes)


def decided_around_the_deadline(scribe: Scribe) -> None:
    """Received on Friday at 16:30, at a weekend, on a bank holiday; decided in time, just too late, or never."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    if rng.random() < 0.3:
        day += (4 - day.weekday()) * A_DAY
    enquiry = received(scribe, child, day, at_clock(day, 16, 30) if rng.random() < 0.3 else None)
    deadline = working_days_after(day, 1)
    if rng.random() < 0.5:
        when = scribe.moment(rng.choice((day, deadline, deadline + A_DAY)))
        scribe.tell("enquiry.graded", child, scribe.record("G"), when, enquiry=enquiry, rag=grade(rng))
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        late = at_clock(deadline + A_DAY, 0)
        choices = (scribe.moment(deadline), scribe.moment(deadline + A_DAY), late, late - A_MICROSECOND)
        decided(scribe, child, enquiry, rng.choice(choices))


def decided_before_it_was_received(scribe: Scribe) -> None:
    """By a day, or on the day itself by an instant; at times once more afterwards."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    enquiry = scribe.record("E")
    noon = at_clock(day, 12)
    pairs: list[tuple[When, When]] = [(day, day - A_DAY), (noon, noon - A_MICROSECOND), (noon, day), (day, day)]
    pairs += [(noon, noon), (day, noon)]
    start, stop = rng.choice(pairs)
    scribe.tell("enquiry.received", child, enquiry, start, rag=grade(rng))
    decided(scribe, child, enquiry, stop)
    if rng.random() < 0.4:
        decided(scribe, child, enquiry, scribe.moment(day + 5 * A_DAY))


def one_incident_of_siblings(scribe: Scribe) -> None:
    rng, day, incident = scribe.rng, scribe.day(), scribe.rng.choice(("I1", "I7"))
    for child in rng.sample(scribe.children, min(3, len(scribe.children))):
        when = scribe.moment(day + rng.choice((0, 0, 1, 31)) * A_DAY)
        scribe.tell("enquiry.received", child, scribe.record("E"), when, incident=incident, enquiry_source="police")


def referred(scribe: Scribe, child: str, when: When) -> str:
    rng, record = scribe.rng, scribe.record("R")
    fields = {
        "referral_source": rng.choice(("1A", "2B", "1A\n")),
        "postcode_sector": rng.choice(("EX1 1", "EX39 4", "EX114", "EX11AA")),
        "no_further_action": rng.random() < 0.5,
    }
    kept = {name: value for name, value in fields.items() if rng.random() < 0.7}
    scribe.tell("referral.received", child, record, when, **kept)
    return record


def referred_again(scribe: Scribe) -> None:
    """On the same day, the day after, 12 months later to the day, and a day beside that."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    referred(scribe, child, scribe.moment(day))
    for _ in range(rng.choice((1, 2))):
        a_year = months_after(day, rng.choice((-12, -12, 12)))
        other = rng.choice((day, day - A_DAY, a_year, a_year - A_DAY, a_year + A_DAY))
        referred(scribe, child, scribe.moment(other))


# --- stories: need ----------------------------------------------------------------------------------------------


def opened(scribe: Scribe, child: str, when: When) -> str:
    record = scribe.record("N")
    fields = {"primary_need": scribe.rng.choice(("N1", "N2", "N4"))} if scribe.rng.random() < 0.8 else {}
    scribe.tell("episode.opened", child, record, when, **fields)
    return record


def closed(scribe: Scribe, child: str, record: str, when: When) -> None:
    fields = {"closure_reason": scribe.rng.choice(("RC1", "RC8"))} if scribe.rng.random() < 0.8 else {}
    scribe.tell("episode.closed", child, record, when, **fields)


def episodes_in_a_row(scribe: Scribe) -> None:
    """The second begins before the first is closed, as it is closed, or a little later; the worker is the first's."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    first = opened(scribe, child, scribe.moment(day - 20 * A_DAY))
    boundary = scribe.moment(day)
    closed(scribe, child, first, boundary)
    second = opened(scribe, child, rng.choice((boundary, day, scribe.moment(day + rng.choice((-3, 0, 1, 4)) * A_DAY))))
    if rng.random() < 0.4:
        closed(scribe, child, second, scribe.moment(day + rng.choice((0, 1, 9, 40)) * A_DAY))
    if rng.random() < 0.6:
        allocated(scribe, child, scribe.moment(day - rng.choice((25, 20, 20, 10, 0)) * A_DAY))
    if rng.random() < 0.3:
        allocated(scribe, child, rng.choice((boundary, scribe.moment(day + A_DAY))))


def episode_of_no_length(scribe: Scribe) -> None:
    """Closed on the day it was opened, or before, or never opened."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("N")
    if rng.random() < 0.8:
        scribe.tell("episode.opened", child, record, rng.choice((day, scribe.moment(day))), primary_need="N5")
    closed(scribe, child, record, rng.choice((day, day - A_DAY, scribe.moment(day))))


def assessed_after_a_referral(scribe: Scribe) -> None:
    """Authorised around the 45th day after the referral that it names: known, unknown, another child's, or later."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    end = working_days_after(day, rng.choice((44, 45, 45, 46)))
    came = rng.choice((day, day, day, end, end + A_DAY))
    referral = rng.choice((referred(scribe, child, scribe.moment(came)), "R999"))
    if rng.random() < 0.15:
        referral = referred(scribe, scribe.other(child), scribe.moment(day))
    record = scribe.record("A")
    start = scribe.moment(day + rng.choice((0, 1, 1, 3)) * A_DAY)
    scribe.tell("assessment.started", child, record, start, referral=referral)
    outcomes = outcome_list(rng, ASSESSMENT_OUTCOMES)
    scribe.tell("assessment.authorised", child, record, scribe.moment(end), outcomes=outcomes)


# --- stories: child protection ----------------------------------------------------------------------------------


def held(scribe: Scribe, child: str, when: When, section_47: str | None) -> None:
    rng = scribe.rng
    fields: dict[str, Any] = {"section_47": section_47} if section_47 else {}
    if rng.random() < 0.2:
        fields["transfer_in"] = True
    if rng.random() < 0.5:
        fields["plan_made"] = rng.random() < 0.7
    scribe.tell("initial_conference.held", child, scribe.record("C"), when, **fields)


def ended(scribe: Scribe, child: str, record: str, when: When) -> None:
    outcome = scribe.rng.choice(SECTION_47_OUTCOMES)
    scribe.tell("section_47.ended", child, record, when, **({"outcome": outcome} if outcome else {}))


def section_47_and_conference(scribe: Scribe) -> None:
    """Held around the 15th day, or never; ended before, on the day, or after, with or without a conference to come."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("S")
    scribe.tell("section_47.started", child, record, scribe.moment(day))
    conference = working_days_after(day, rng.choice((0, 5, 14, 15, 15, 16)))
    if rng.random() < 0.7:
        held(scribe, child, scribe.moment(conference), rng.choice((record, record, None, None, "S999")))
    if rng.random() < 0.6:
        ended(scribe, child, record, scribe.moment(conference + rng.choice((-4, -1, 0, 0, 1, 20)) * A_DAY))


def two_section_47s_and_a_conference(scribe: Scribe) -> None:
    """The conference names neither, or one; the later may have come to nothing by then, or begin on the day itself."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    first, second = scribe.record("S"), scribe.record("S")
    scribe.tell("section_47.started", child, first, scribe.moment(day))
    scribe.tell("section_47.started", child, second, scribe.moment(day + rng.choice((0, 3, 10)) * A_DAY))
    conference = day + 10 * A_DAY
    for record in up_to(rng, [first, second], rng.choice((1, 1, 2))):
        ended(scribe, child, record, scribe.moment(conference + rng.choice((-1, 0, 1)) * A_DAY))
    held(scribe, child, scribe.moment(conference), rng.choice((None, None, None, first, second)))
    if rng.random() < 0.3:
        held(scribe, child, scribe.moment(conference + rng.choice((-1, 0, 2)) * A_DAY), None)


def conference_before_the_section_47(scribe: Scribe) -> None:
    """By a day or an instant, named or not; and an enquiry that ended before it began."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("S")
    noon = at_clock(day, 12)
    start, end = rng.choice(((day, day - A_DAY), (noon, noon - A_MICROSECOND), (noon, day), (day, day), (noon, noon)))
    scribe.tell("section_47.started", child, record, start)
    if rng.random() < 0.6:
        held(scribe, child, end, rng.choice((record, record, None)))
    else:
        ended(scribe, child, record, end)


def section_47_without_end(scribe: Scribe) -> None:
    rng, child = scribe.rng, scribe.child()
    scribe.tell("section_47.started", child, scribe.record("S"), scribe.moment(scribe.day()))
    if rng.random() < 0.2:
        held(scribe, child, scribe.moment(scribe.day()), None)


def planned(scribe: Scribe, child: str, when: When) -> str:
    rng, record = scribe.rng, scribe.record("C")
    fields: dict[str, Any] = {}
    if rng.random() < 0.8:
        fields["category"] = rng.choice(("NEG", "PHY", "EMO"))
    if rng.random() < 0.25:
        fields["other_authority"] = rng.random() < 0.7
    scribe.tell("protection_plan.started", child, record, when, **fields)
    return record


def plans_in_a_row(scribe: Scribe) -> None:
    """They overlap, touch, or leave a gap; at times the later one, which is meant, is of another authority."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    first = planned(scribe, child, scribe.moment(day - 30 * A_DAY))
    boundary = scribe.moment(day)
    second = planned(scribe, child, rng.choice((boundary, scribe.moment(day + rng.choice((-5, 0, 3)) * A_DAY))))
    if rng.random() < 0.8:
        scribe.tell("protection_plan.ended", child, first, boundary)
    if rng.random() < 0.5:
        when = scribe.moment(day + rng.choice((-6, 0, 10)) * A_DAY)
        scribe.tell("protection_plan.ended", child, second, when)


def plan_without_end(scribe: Scribe) -> None:
    child = scribe.child()
    planned(scribe, child, scribe.moment(scribe.day() - scribe.rng.choice((0, 100)) * A_DAY))


# --- stories: care ----------------------------------------------------------------------------------------------


def placed(scribe: Scribe, child: str, when: When, care: str | None = None, /, **fields: Any) -> str:
    rng, record = scribe.rng, scribe.record("U")
    fields = {"placement": rng.choice(PLACEMENTS), "provider": rng.choice(("PR1", "PR4", None))} | fields
    if rng.random() < 0.15:
        fields.setdefault("same_carer", rng.random() < 0.7)
    if rng.random() < 0.4:
        fields.setdefault("home", rng.choice(("H1", "H2")))
    if care:
        fields["care"] = care
    kept = {name: value for name, value in fields.items() if value is not None}
    scribe.tell("placement.started", child, record, when, **kept)
    return record


def left(scribe: Scribe, child: str, placement: str, when: When) -> None:
    scribe.tell("placement.ended", child, placement, when)


def period_with_placements(scribe: Scribe) -> None:
    """One after another over more than a year, some with an end of their own, at times on the same day."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("P")
    begun = day - rng.choice((150, 364, 365, 400, 740)) * A_DAY
    scribe.tell("care.started", child, record, scribe.moment(begun))
    for _ in range(rng.choice((2, 4, 5))):
        placement = placed(scribe, child, scribe.moment(begun), rng.choice((record, None, None)))
        gap = rng.choice((0, 0, 1, 8))
        begun += rng.choice((0, 1, 20, 60, 120)) * A_DAY
        if rng.random() < 0.5:
            left(scribe, child, placement, scribe.moment(begun))
            begun += gap * A_DAY
    if rng.random() < 0.3:
        scribe.tell("care.ended", child, record, scribe.moment(max(begun, day)))


def stays_elsewhere(scribe: Scribe) -> None:
    """A placement, one or two stays, and back: to the same, or nearly. It ended of itself in between, or did not."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("P")
    begun = rng.choice((day - 2 * A_DAY, months_after(day, -12), months_after(day, -12) - 5 * A_DAY))
    scribe.tell("care.started", child, record, scribe.moment(begun))
    home = {"placement": "U1", "provider": rng.choice(("PR1", None))} | rng.choice(({}, {"home": "H1"}))
    first = placed(scribe, child, scribe.moment(begun), record, **home)
    if rng.random() < 0.5:
        left(scribe, child, first, scribe.moment(begun + 2 * A_DAY))
    for n in range(rng.choice((0, 1, 1, 2))):
        stay = placed(scribe, child, begun + (2 + n) * A_DAY, record, placement=rng.choice(("T0", "T1", "T3")))
        if rng.random() < 0.4:
            left(scribe, child, stay, begun + (3 + n) * A_DAY)
    back = home | rng.choice(({}, {}, {"provider": "PR4"}, {"provider": None}, {"placement": "U3"}, {"home": "H1"}))
    last = placed(scribe, child, scribe.moment(begun + 5 * A_DAY), record, **back)
    if rng.random() < 0.4:
        left(scribe, child, last, scribe.moment(begun + rng.choice((5, 6, 30)) * A_DAY))


def runs_that_leave_the_year(scribe: Scribe) -> None:
    """They begin and end twelve months before a day of the season, or a day beside that."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("P")
    a_year_ago = months_after(day, -12)
    scribe.tell("care.started", child, record, a_year_ago - 60 * A_DAY)
    first = placed(scribe, child, a_year_ago - rng.choice((60, 50)) * A_DAY, record, placement="U1")
    turn = a_year_ago + rng.choice((-1, 0, 0, 1)) * A_DAY
    if rng.random() < 0.5:
        left(scribe, child, first, scribe.moment(turn))
    second = placed(scribe, child, scribe.moment(turn + rng.choice((0, 0, 1, 9)) * A_DAY), record, placement="U3")
    if rng.random() < 0.5:
        left(scribe, child, second, scribe.moment(day + rng.choice((-300, -1, 0)) * A_DAY))
    if rng.random() < 0.4:
        placed(scribe, child, scribe.moment(day), record)


def placements_before_the_period(scribe: Scribe) -> None:
    """One or two that name it; the last of them over by then, as it begins, or later. And one without a name."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("P")
    for days in rng.choice(((3,), (9, 3), (3, 3))):
        placement = placed(scribe, child, day - days * A_DAY, record)
        if rng.random() < 0.5:
            left(scribe, child, placement, scribe.moment(day + rng.choice((-1, 0, 0, 2)) * A_DAY))
    scribe.tell("care.started", child, record, scribe.moment(day))
    if rng.random() < 0.5:
        placed(scribe, child, rng.choice((day, scribe.moment(day), day - A_DAY)), rng.choice((record, None)))


def placements_after_the_period(scribe: Scribe) -> None:
    """On the moment of its end, or later, named or not; and of a period that nobody knows."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("P")
    scribe.tell("care.started", child, record, scribe.moment(day - rng.choice((10, 370)) * A_DAY))
    placed(scribe, child, day - 10 * A_DAY, rng.choice((record, None, "P999")))
    end = scribe.moment(day)
    scribe.tell("care.ended", child, record, end, reason="E4")
    placed(scribe, child, rng.choice((end, day, day - A_DAY, day + A_DAY)), rng.choice((record, record, None)))


def placements_of_one_moment(scribe: Scribe) -> None:
    """Two on one day, often at one moment; one of them perhaps ended on it, or before it began."""
    rng, child, day, record = scribe.rng, scribe.child(), scribe.day(), scribe.record("P")
    scribe.tell("care.started", child, record, day)
    when = scribe.moment(day + rng.choice((0, 2)) * A_DAY)
    for _ in range(2):
        placement = placed(scribe, child, when, rng.choice((record, None)))
        if rng.random() < 0.4:
            left(scribe, child, placement, rng.choice((when, when - A_DAY, scribe.moment(day + 2 * A_DAY))))
    if rng.random() < 0.5:
        placed(scribe, child, scribe.moment(day + 4 * A_DAY), record, placement=rng.choice(("A3", "A5", "T2", "U1")))


def in_care_again(scribe: Scribe) -> None:
    """Two periods within a year, each with its placements; in short breaks for a while."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    first, second = scribe.record("P"), scribe.record("P")
    begun = months_after(day, -rng.choice((11, 12, 13)))
    scribe.tell("care.started", child, first, scribe.moment(begun))
    placed(scribe, child, begun, None)
    back = rng.choice((begun + 10 * A_DAY, months_after(day, -6), months_after(day, -12), day - A_DAY))
    scribe.tell("care.ended", child, first, scribe.moment(max(begun, back - rng.choice((0, 1, 5)) * A_DAY)))
    scribe.tell("care.started", child, second, scribe.moment(back))
    for _ in range(rng.choice((1, 2))):
        placed(scribe, child, scribe.moment(back + rng.choice((0, 0, 3)) * A_DAY), None)
    if rng.random() < 0.4:
        changed(scribe, child, scribe.moment(back), second, rng.choice(("V3", "V4", "C2")))


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


# --- stories that aim at what was told --------------------------------------------------------------------------


def told_of(scribe: Scribe, *kinds: str) -> Event | None:
    """Something that was told, rather of one of *kinds*."""
    facts = [event for event in scribe.events if "child" in event]
    return scribe.rng.choice([event for event in facts if event["type"] in kinds] or facts or [None])


def allocated(scribe: Scribe, child: str, when: When) -> str:
    rng, record = scribe.rng, scribe.record("W")
    team = rng.choice(("North", "South", "east", "west"))
    scribe.tell("case.allocated", child, record, when, worker=rng.choice(("w-1", "w-2")), team=team)
    return record


def allocated_at_a_clock(scribe: Scribe) -> None:
    """While it runs: as it starts, the day before it is late, as it becomes late, later that day, the day after."""
    rng, start = scribe.rng, told_of(scribe, *CLOCKS)
    if start is None:
        return
    late = working_days_after(local_day(start), CLOCKS.get(start["type"], 15)) + A_DAY
    choices = [local_day(start), late - A_DAY, late, at_clock(late, 0), at_clock(late, 13), late + A_DAY]
    for when in up_to(rng, choices, rng.choice((1, 1, 2))):
        record = allocated(scribe, start["child"], when)
        if rng.random() < 0.3:
            given_up = rng.choice((late, at_clock(late, 15), late + A_DAY))
            scribe.tell("case.deallocated", start["child"], record, given_up)


def allocated_in_need(scribe: Scribe) -> None:
    """Before the need begins, as it begins, or during it; given up before, at once, or later; perhaps passed on."""
    rng, start = scribe.rng, told_of(scribe, *NEEDS)
    if start is None:
        return
    child, day = start["child"], local_day(start)
    when = scribe.moment(day + rng.choice((-30, -1, 0, 0, 2)) * A_DAY)
    record = allocated(scribe, child, when)
    if rng.random() < 0.5:
        given_up = rng.choice((when, scribe.moment(day + rng.choice((-31, -10, 0, 1, 6)) * A_DAY)))
        scribe.tell("case.deallocated", child, record, given_up)
    if rng.random() < 0.5:
        allocated(scribe, child, rng.choice((when, scribe.moment(day + rng.choice((-5, 0, 1, 4, 400)) * A_DAY))))


def allocated_as_need_ends(scribe: Scribe) -> None:
    rng, end = scribe.rng, told_of(scribe, "episode.closed", "protection_plan.ended", "care.ended")
    if end is None:
        return
    day = local_day(end)
    when = rng.choice((moment_of(end), scribe.moment(day + rng.choice((-40, -1, 0, 0, 1)) * A_DAY)))
    allocated(scribe, end["child"], when)


def allocated_without_need(scribe: Scribe) -> None:
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    record = allocated(scribe, child, scribe.moment(day))
    if rng.random() < 0.5:
        scribe.tell("case.deallocated", child, rng.choice((record, record, "W999")), scribe.moment(day + 3 * A_DAY))


def born(scribe: Scribe, child: str, birthday: date, years: int, /, **fields: Any) -> None:
    """So that the birthday number *years* is the first of the month after *birthday*."""
    month = months_after(birthday.replace(day=1), -12 * years)
    record = scribe.record("H")
    scribe.tell("person.recorded", child, record, scribe.moment(birthday), birth_month=f"{month:%Y-%m}", **fields)


def eighteen_inside(scribe: Scribe) -> None:
    """Inside care, a plan, or the wait for a conference: the month after it began, or up to a year later."""
    rng = scribe.rng
    start = told_of(scribe, "care.started", "protection_plan.started", "section_47.started", "initial_conference.held")
    if start is not None and rng.random() < 0.7:
        born(scribe, start["child"], local_day(start) + rng.choice((0, 0, 20, 40, 300)) * A_DAY, 18)


def another_age(scribe: Scribe) -> None:
    """An age band ends in the season; of the unborn, the month in which they are expected."""
    rng, day = scribe.rng, scribe.day()
    unborn = {"unborn": True} if rng.random() < 0.3 else {}
    years = rng.choice((0, 0, -1)) if unborn else rng.choice((-1, 0, 0, 1, 5, 10, 16))
    born(scribe, scribe.child(), day + rng.choice((-40, 0, 0)) * A_DAY, years, **unborn)


def told_in_parts(scribe: Scribe) -> None:
    """Each part in a telling of its own; of two that differ, the one recorded last stands."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    parts: list[dict[str, Any]] = [
        {"unborn": rng.random() < 0.4},
        {"disabled": True, "unborn": False},
        {},
        {"birth_month": f"{day.year - rng.choice((0, 1, 5, 18))}-{rng.randint(1, 12):02}", "unborn": None},
    ]
    for part in rng.sample(parts, 2):
        scribe.tell("person.recorded", child, scribe.record("H"), scribe.moment(day), **part)


def died(scribe: Scribe) -> None:
    """On the last day in time, the day before or after, or as something else happened to the child."""
    rng, event = scribe.rng, told_of(scribe, *CLOCKS, *NEEDS)
    if event is None or rng.random() < 0.4:
        return
    day = local_day(event)
    if event["type"] in CLOCKS and rng.random() < 0.7:
        day = working_days_after(day, CLOCKS[event["type"]])
    died_on = day + rng.choice((-1, 0, 1, 2, 30)) * A_DAY
    day_told = scribe.moment(min(died_on, LAST_DAY))
    scribe.tell("person.recorded", event["child"], scribe.record("H"), day_told, died_on=died_on.isoformat())


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


def names_of_one_child(scribe: Scribe) -> None:
    scribe.rng.choice(LINKS)(scribe)


def one_fact_under_two_names(scribe: Scribe) -> None:
    """The same (type, record) under both pseudonyms, told differently; one of them perhaps taken back."""
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    if rng.random() < 0.35:
        return
    other = scribe.other(child)
    kinds = (("assessment.started", "A"), ("care.started", "P"), ("enquiry.received", "E"), ("episode.opened", "N"))
    kind, letter = rng.choice((*kinds, ("section_47.started", "S"), ("protection_plan.started", "C")))
    record = scribe.record(letter)
    scribe.tell(kind, child, record, scribe.moment(day))
    twin = scribe.tell(kind, other, record, scribe.moment(day + rng.choice((0, 1, 50)) * A_DAY))
    if rng.random() < 0.4:
        scribe.tell_again(twin, retracted=True)
    if rng.random() < 0.6:
        linked(scribe, child, other)


def start_and_stop_under_two_names(scribe: Scribe) -> None:
    rng, child, record, day = scribe.rng, scribe.child(), scribe.record("A"), scribe.day()
    other = scribe.other(child)
    scribe.tell("assessment.started", child, record, scribe.moment(day))
    end = working_days_after(day, rng.choice((45, 46)))
    outcomes = outcome_list(rng, ASSESSMENT_OUTCOMES)
    scribe.tell("assessment.authorised", other, record, scribe.moment(end), outcomes=outcomes)
    if rng.random() < 0.6:
        linked(scribe, other, child)


# --- stories: what the measures do not look at ------------------------------------------------------------------


def other_things(scribe: Scribe) -> None:
    rng, child, day = scribe.rng, scribe.child(), scribe.day()
    others: list[tuple[str, str, dict[str, Any]]] = [
        ("person.recorded", child, {"birth_month": f"{day.year - rng.choice((0, 3, 9))}-0{rng.randint(1, 9)}"}),
        ("person.recorded", child, {"unborn": False, "disabled": False}),
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
    feed.pop("revision", None)  # the source may have been told of before: on all tellings or on none
    feed["complete_to"] = feed["recorded_at"]


FRONT_DOOR: tuple[Story, ...] = (
    enquiry_graded_again,
    enquiry_decided_again,
    enquiries_at_midnight,
    enquiries_as_the_clocks_change,
    decision_and_grade_of_no_enquiry,
    decided_around_the_deadline,
    decided_around_the_deadline,
    decided_before_it_was_received,
    one_incident_of_siblings,
    referred_again,
    referred_again,
)
NEED: tuple[Story, ...] = (
    authorised_around_day_45,
    authorised_around_day_45,
    started_and_authorised_on_one_day,
    authorised_before_it_started,
    authorised_without_a_start,
    cancelled_and_authorised,
    cancelled,
    never_finished,
    assessed_after_a_referral,
    assessed_after_a_referral,
    episodes_in_a_row,
    episodes_in_a_row,
    episode_of_no_length,
)
PROTECTION: tuple[Story, ...] = (
    section_47_and_conference,
    section_47_and_conference,
    section_47_and_conference,
    two_section_47s_and_a_conference,
    two_section_47s_and_a_conference,
    conference_before_the_section_47,
    section_47_without_end,
    plans_in_a_row,
    plans_in_a_row,
    plan_without_end,
    episodes_in_a_row,
)
CARE: tuple[Story, ...] = (
    periods_that_touch,
    periods_that_overlap,
    period_of_no_length,
    statuses_at_one_moment,
    short_breaks_on_and_off,
    period_with_placements,
    period_with_placements,
    stays_elsewhere,
    stays_elsewhere,
    runs_that_leave_the_year,
    placements_before_the_period,
    placements_after_the_period,
    placements_of_one_moment,
    in_care_again,
)
THEMES = (FRONT_DOOR, NEED, PROTECTION, CARE)
LINKS: tuple[Story, ...] = (two_are_one, two_are_one, two_are_one, a_chain_of_names)
AIMED: tuple[Story, ...] = (
    allocated_at_a_clock,
    allocated_at_a_clock,
    allocated_in_need,
    allocated_in_need,
    allocated_as_need_ends,
    allocated_without_need,
    eighteen_inside,
    another_age,
    told_in_parts,
    died,
    names_of_one_child,
    one_fact_under_two_names,
    start_and_stop_under_two_names,
    other_things,
    things_of_no_child,
)


# --- second tellings --------------------------------------------------------------------------------------------


def corrected(scribe: Scribe) -> None:
    """Another date, team, or field; at times one that was already old when it came."""
    rng, event = scribe.rng, told_before(scribe)
    if event["type"] != "case.allocated":  # which tells a team always
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
        ("placement", rng.choice(PLACEMENTS)),
        ("provider", rng.choice(("PR1", "PR4"))),
        ("home", rng.choice(("H1", "H2"))),
        ("same_carer", rng.random() < 0.5),
        ("other_authority", rng.random() < 0.5),
        ("category", rng.choice(("NEG", "SAB"))),
        ("outcome", rng.choice(SECTION_47_OUTCOMES[:3])),
        ("no_further_action", rng.random() < 0.5),
        ("incident", rng.choice(("I1", "I7"))),
        ("primary_need", rng.choice(("N1", "N8"))),
        ("referral", record_of(scribe, "referral.received")),
        ("section_47", record_of(scribe, "section_47.started")),
        ("died_on", (local_day(event) + rng.choice((0, 1, 60)) * A_DAY).isoformat()),
    ):
        if name in event and rng.random() < 0.5:
            event[name] = value
    scribe.tell_again(event, late=rng.random() < 0.3)


def record_of(scribe: Scribe, kind: str) -> str:
    known = [str(event["record"]) for event in scribe.events if event["type"] == kind]
    return scribe.rng.choice(known or ["X999"])


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
    corrected,
    corrected,
    corrected,
    repeated,
    retracted,
    retracted_and_revived,
    retold_by_the_same_id,
)


def told_before(scribe: Scribe) -> Event:
    """A fact to tell again: rather one that a measure looks at, and now and then a link."""
    facts = [event for event in scribe.events if "child" in event and not event.get("retracted")]
    links = [event for event in facts if event["type"] == "child.merged"]
    if links and scribe.rng.random() < 0.1:
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
    drawn = rng.sample(outcomes, rng.choice((0, 1, 1, 2, 3)))
    return [*drawn, drawn[0]] if drawn and rng.random() < 0.3 else drawn


def up_to(rng: random.Random, things: list[Thing], most: int) -> list[Thing]:
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


def months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def working_days_after(day: date, n: int) -> date:
    while n > 0:
        day += A_DAY
        n -= day.weekday() < 5 and day not in BANK_HOLIDAYS
    return day


def check(event: Event) -> None:
    """What is asked of an event (contract 1), as far as a generator can get it wrong."""
    recorded = datetime.fromisoformat(event["recorded_at"])
    assert moment_of(event) <= recorded + A_DAY or event["type"] == "case.allocated"
    assert recorded <= NEWEST_RECORDED
    assert datetime(1995, 1, 1, tzinfo=UTC) <= moment_of(event)
    assert ("occurred_on" in event) != ("occurred_at" in event)
    assert all(len(event.get(name) or "") <= 64 for name in ("id", "child", "record", "team", "source"))
