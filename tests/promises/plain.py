"""Five measures by plain loops over the facts, to check the real thing against.

Slow, and written to be checked by eye beside CONTRACT 1-3 and MEASURES 1-3 and 5. It shares nothing with what it
checks: every figure is counted afresh from every event, by asking of each child "what was true at that moment?".

Not yet considered, each at the place where it belongs: `case.allocated`, death, the 18th birthday.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

Event = dict[str, Any]
Facts = dict[tuple[str, str], Event]  # of one child: (type, record) -> the telling that stands

LONDON = ZoneInfo("Europe/London")
A_MICROSECOND = timedelta(microseconds=1)
A_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DEFAULT_WINDOWS = {
    "enquiries_received": "month",
    "assessments_open": "now",
    "assessments_overdue": "now",
    "assessment_timeliness": "year_to_date",
    "children_looked_after": "now",
}
QUOTIENTS = ("assessment_timeliness",)


@dataclass(frozen=True)
class Counted:
    """One thing that is counted, where it belongs, and (of a quotient) whether the numerator has it too."""

    team: str
    breakdowns: dict[str, set[str]]
    in_numerator: bool = True


# --- what is asked ----------------------------------------------------------------------------------------------


def figure(
    events: list[Event],
    measure: str,
    at: str,
    *,
    authority: str,
    window: str | None = None,
    known_at: str | None = None,
    team: str | None = None,
    by: dict[str, str] | None = None,
) -> tuple[int, int | None]:
    """(numerator, denominator) as CONTRACT 3 has them; the denominator of a count is None."""
    wanted = dict(by or {})
    if team is not None:
        wanted["team"] = team
    numerator = denominator = 0
    for thing in everything_counted(events, measure, at, authority, window, known_at):
        if all(value in values_of(thing, dim) for dim, value in wanted.items()):
            denominator += 1
            numerator += thing.in_numerator
    return numerator, (denominator if measure in QUOTIENTS else None)


def values(
    events: list[Event],
    measure: str,
    at: str,
    dim: str,
    *,
    authority: str,
    window: str | None = None,
    known_at: str | None = None,
) -> set[str]:
    """The values of one breakdown (or `team`) under which anything at all is counted."""
    found: set[str] = set()
    for thing in everything_counted(events, measure, at, authority, window, known_at):
        found |= values_of(thing, dim)
    return found


def values_of(thing: Counted, dim: str) -> set[str]:
    return {thing.team} if dim == "team" else thing.breakdowns[dim]


def everything_counted(
    events: list[Event], measure: str, at: str, authority: str, window: str | None, known_at: str | None
) -> Iterator[Counted]:
    moment = last_moment(at)
    since = None
    if DEFAULT_WINDOWS[measure] != "now":  # of a stock, another window is ignored
        since = first_day(window or DEFAULT_WINDOWS[measure], local_day(moment))
    for facts in children(events, authority, known_at):
        if measure == "enquiries_received":
            yield from enquiries_received(facts, since, moment)
        elif measure == "assessments_open":
            yield from assessments_open(facts, moment)
        elif measure == "assessments_overdue":
            yield from assessments_overdue(facts, moment)
        elif measure == "assessment_timeliness":
            yield from assessment_timeliness(facts, since, moment)
        elif measure == "children_looked_after":
            yield from children_looked_after(facts, moment)


# --- the measures -----------------------------------------------------------------------------------------------


def enquiries_received(facts: Facts, since: date | None, moment: datetime) -> Iterator[Counted]:
    """A flow: `enquiry.received` in the window."""
    for enquiry in of_type(facts, "enquiry.received"):
        if not in_window(enquiry, since, moment):
            continue
        # Grades and decisions count whenever they were made, so also after `at`.
        grades = [g for g in of_type(facts, "enquiry.graded") if g["enquiry"] == enquiry["record"]]
        decisions = [d for d in of_type(facts, "enquiry.decided") if d["enquiry"] == enquiry["record"]]
        hour = "unknown"
        if enquiry.get("occurred_at") is not None:
            hour = f"{happened(enquiry).astimezone(LONDON).hour:02}"
        yield Counted(
            told(enquiry, "team"),
            {
                "enquiry_source": {told(enquiry, "enquiry_source")},
                "rag": {told(latest(grades) if grades else enquiry, "rag")},
                "outcome": told_list(latest(decisions), "outcomes") if decisions else {"undecided"},
                "postcode_sector": {told(enquiry, "postcode_sector")},
                "hour": {hour},
            },
        )


def assessments_open(facts: Facts, moment: datetime) -> Iterator[Counted]:
    """A stock: started, not authorised, not cancelled."""
    for start in open_assessments(facts, moment):
        # `case.allocated` is not yet considered: it goes before the team that the start tells.
        yield Counted(told(start, "team"), {})


def assessments_overdue(facts: Facts, moment: datetime) -> Iterator[Counted]:
    """A stock: open, and the day that it was due by is over."""
    for start in open_assessments(facts, moment):
        if local_day(moment) > assessment_due(start):
            # `case.allocated` is not yet considered, as above.
            yield Counted(told(start, "team"), {})


def assessment_timeliness(facts: Facts, since: date | None, moment: datetime) -> Iterator[Counted]:
    """A flow, dated at the authorisation; in the numerator, authorised by the 45th working day."""
    for authorised in of_type(facts, "assessment.authorised"):
        start = facts.get(("assessment.started", authorised["record"]))
        if not in_window(authorised, since, moment):
            continue
        if start is None or ends_before_it_starts(start, authorised):
            continue
        # Death is not yet considered: it stops the clock.
        yield Counted(
            told(authorised, "team"),
            {"outcome": told_list(authorised, "outcomes")},
            in_numerator=local_day(happened(authorised)) <= assessment_due(start),
        )


def children_looked_after(facts: Facts, moment: datetime) -> Iterator[Counted]:
    """A stock: each child once, with some open period of care that is not an agreed series of short breaks."""
    found: list[tuple[Event, str | None]] = []
    for start in periods_of_care(facts):
        end = facts.get(("care.ended", start["record"]))
        status = standing_status(facts, start, moment)
        # Death and the 18th birthday are not yet considered: each ends a period of care.
        if open_at(start, end, moment) and status not in ("V3", "V4"):
            found.append((start, status))
    if found:
        present, status = max(found, key=lambda pair: began(pair[0]))
        # `case.allocated` is not yet considered: it goes before the team that the start tells.
        yield Counted(told(present, "team"), {"legal_group": {legal_group(status)}})


# --- assessments ------------------------------------------------------------------------------------------------


def open_assessments(facts: Facts, moment: datetime) -> Iterator[Event]:
    """The starts of the assessments that are open at *moment*."""
    for start in of_type(facts, "assessment.started"):
        authorised = facts.get(("assessment.authorised", start["record"]))
        cancelled = facts.get(("assessment.cancelled", start["record"]))
        # Authorised and cancelled: authorised stands, whichever came first. The record has one end.
        end = authorised if authorised is not None else cancelled
        # Death is not yet considered: it ends every stock.
        if open_at(start, end, moment):
            yield start


def assessment_due(start: Event) -> date:
    return nth_working_day(local_day(happened(start)), 45)


# --- care -------------------------------------------------------------------------------------------------------


def periods_of_care(facts: Facts) -> Iterator[Event]:
    """The starts of the periods of care that may hold anything: not those that end before they start."""
    for start in of_type(facts, "care.started"):
        end = facts.get(("care.ended", start["record"]))
        if end is None or not ends_before_it_starts(start, end):
            yield start


def standing_status(facts: Facts, period: Event, moment: datetime) -> str | None:
    """The legal status of one period of care at *moment*: the latest of its own that has begun."""
    begun = []
    for status in of_type(facts, "legal_status.changed"):
        if happened(status) <= moment and period_of(facts, status) == period["record"]:
            begun.append(status)
    return latest(begun)["status"] if begun else None


def period_of(facts: Facts, status: Event) -> str | None:
    """The record of the period that a status belongs to: the one it names, else the one its date falls in."""
    if status.get("care") is not None:
        return str(status["care"])  # known or not: a name is not replaced by the date
    around = []
    for start in periods_of_care(facts):
        end = facts.get(("care.ended", start["record"]))
        if happened(start) <= happened(status) and (end is None or happened(status) < happened(end)):
            around.append(start)
    return str(latest(around)["record"]) if around else None


def legal_group(status: str | None) -> str:
    groups = {
        "C1": "interim_care_order",
        "C2": "full_care_order",
        "D1": "freeing_order",
        "E1": "placement_order",
        "V2": "section_20",
    }
    if status is None:
        return "unknown"
    if status.startswith("L"):
        return "protection"
    if status.startswith("J"):
        return "justice"
    return groups.get(status, "unknown")


# --- starts and ends --------------------------------------------------------------------------------------------


def open_at(start: Event, end: Event | None, moment: datetime) -> bool:
    """MEASURES 1.3: s <= d and (no end or e > d); and 1.7: never, where the end is before the start."""
    if happened(start) > moment:
        return False
    if end is None:
        return True
    return happened(end) > moment and not ends_before_it_starts(start, end)


def ends_before_it_starts(start: Event, end: Event) -> bool:
    """MEASURES 1.7: by day; by instant only where both are instants."""
    if start.get("occurred_at") is not None and end.get("occurred_at") is not None:
        return happened(end) < happened(start)
    return local_day(happened(end)) < local_day(happened(start))


def in_window(event: Event, since: date | None, moment: datetime) -> bool:
    assert since is not None  # a flow always has a first day
    return since <= local_day(happened(event)) and happened(event) <= moment


def began(event: Event) -> tuple[datetime, str]:
    """CONTRACT 1: of two that began at the same moment, the one with the greater record stands."""
    return happened(event), event["record"]


def latest(events: list[Event]) -> Event:
    return max(events, key=began)


def told(event: Event, field: str) -> str:
    value = event.get(field)
    return "unknown" if value is None else str(value)


def told_list(event: Event, field: str) -> set[str]:
    """Once under each distinct value; an empty list tells none."""
    return set(event.get(field) or ["unknown"])


def of_type(facts: Facts, kind: str) -> list[Event]:
    return [event for (type_, _), event in facts.items() if type_ == kind]


# --- which tellings stand, and whose they are -------------------------------------------------------------------


def children(events: list[Event], authority: str, known_at: str | None) -> Iterator[Facts]:
    """For each child of *authority*, the facts that stand, of all its pseudonyms together."""
    standing = standing_facts(events, authority, known_at)
    for names in pseudonyms(standing):
        facts: Facts = {}
        for fact in standing:
            key = fact["type"], fact["record"]
            if fact["child"] in names and (key not in facts or newness(fact) > newness(facts[key])):
                facts[key] = fact
        yield facts


def standing_facts(events: list[Event], authority: str, known_at: str | None) -> list[Event]:
    """Under each pseudonym, the newest known telling of each fact, unless that retracts it."""
    newest: dict[tuple[str, str, str], Event] = {}
    for event in events:
        if event["authority"] != authority or event.get("child") is None:
            continue
        if known_at is not None and known_from(event) > last_moment(known_at):
            continue
        key = event["child"], event["type"], event["record"]
        if key not in newest or newness(event) > newness(newest[key]):
            newest[key] = event
    return [event for event in newest.values() if not event.get("retracted")]


def newness(event: Event) -> tuple[int, datetime, str]:
    recorded = instant(event["recorded_at"])
    revision = event.get("revision")
    if revision is None:
        revision = (recorded - EPOCH) // timedelta(milliseconds=1)
    return revision, recorded, event["id"]


def pseudonyms(standing: list[Event]) -> list[set[str]]:
    """The names of each child: joined by every link that stands, whatever its date or direction."""
    groups = [{name} for name in {fact["child"] for fact in standing}]
    for link in standing:
        if link["type"] == "child.merged":
            ends = {link["child"], link["into"]}
            apart = [group for group in groups if not group & ends]
            joined = [group for group in groups if group & ends]
            groups = [*apart, ends.union(*joined)]
    return groups


# --- time -------------------------------------------------------------------------------------------------------


@cache
def instant(text: str) -> datetime:
    """An RFC 3339 instant; of a date, its first moment, 00:00 in Europe/London."""
    if len(text) == len("2017-12-31"):
        return datetime.combine(date.fromisoformat(text), time(), LONDON).astimezone(UTC)
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


@cache
def last_moment(text: str) -> datetime:
    """The moment that `at` (or `known_at`) means: of a date, the last of that day."""
    if len(text) == len("2017-12-31"):
        return instant((date.fromisoformat(text) + A_DAY).isoformat()) - A_MICROSECOND
    return instant(text)


@cache
def local_day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def happened(event: Event) -> datetime:
    at = event.get("occurred_at")
    return instant(event["occurred_on"] if at is None else at)


def known_from(event: Event) -> datetime:
    received = event.get("received_at")
    return instant(event["recorded_at"] if received is None else received)


def first_day(window: str, today: date) -> date:
    """The first day that is counted in a window that ends today."""
    if window == "day":
        return today
    if window == "week":
        return today - today.weekday() * A_DAY
    if window == "month":
        return today.replace(day=1)
    if window == "quarter":
        return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    if window == "year_to_date":
        return date(today.year if today.month >= 4 else today.year - 1, 4, 1)
    if window == "year":
        return twelve_months_before(today) + A_DAY
    if window.startswith("last_") and window.endswith("_days"):
        return today - (int(window.removeprefix("last_").removesuffix("_days")) - 1) * A_DAY
    raise ValueError(f"a flow has no window {window!r}")


def twelve_months_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


# --- working days -----------------------------------------------------------------------------------------------

BANK_HOLIDAYS = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(1995, 2051)))


def is_working_day(day: date) -> bool:
    if not 1995 <= day.year <= 2050:
        raise ValueError(f"{day}: outside the calendar")
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def nth_working_day(day_0: date, n: int) -> date:
    """The Nth working day strictly after day 0."""
    day = day_0
    while n > 0:
        day += A_DAY
        if is_working_day(day):
            n -= 1
    return day
