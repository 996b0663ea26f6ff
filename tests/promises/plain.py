"""The measures by plain loops over the facts, to check the real thing against.

Slow, and written to be checked by eye beside sections 1 to 3 of docs/contract.md and 1 to 5 of docs/rules.md. It shares
nothing with what it checks: every figure is counted afresh from every event, by asking of each child "what was true at
that moment?". Only what holds whatever the moment (who was in need when, which placements make a stay) is worked out
once and kept.
"""

from calendar import monthrange
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

import holidays

Event = dict[str, Any]
Span = tuple[datetime, datetime | None]  # from, until; None: it goes on

LONDON = ZoneInfo("Europe/London")
A_MICROSECOND = timedelta(microseconds=1)
A_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """Over which days: a flow counts from *since*; both end at *moment*."""

    since: date | None
    moment: datetime

    @property
    def today(self) -> date:
        return local_day(self.moment)

    def covers(self, when: datetime) -> bool:
        assert self.since is not None  # a flow always has a first day
        return self.since <= local_day(when) and when <= self.moment


@dataclass(frozen=True)
class Counted:
    """One thing that is counted, where it belongs, and what the kinds of figure need beyond that."""

    team: str
    breakdowns: dict[str, set[str]]
    in_numerator: bool = True  # of a quotient
    distinct: Hashable = None  # things that share it are one; None: a thing by itself
    since: datetime | None = None  # of an age
    number: int = 0  # of a distribution


# --- what is asked ----------------------------------------------------------------------------------------------


class Look:
    """All that is known of one authority, seen at one moment. What was counted once is kept for the next question."""

    def __init__(
        self,
        events: list[Event],
        at: str,
        *,
        authority: str,
        known_at: str | None = None,
        children: "list[Child] | None" = None,
    ) -> None:
        self.moment = last_moment(at)
        self.authority = authority
        self.children = children_of(events, authority, known_at) if children is None else children
        self._counted: dict[tuple[str, str], list[Counted]] = {}

    def again(self, at: str) -> "Look":
        """The same children, as known then, at another moment."""
        return Look([], at, authority=self.authority, children=self.children)

    def figure(
        self, measure: str, *, window: str | None = None, team: str | None = None, by: dict[str, str] | None = None
    ) -> tuple[int | None, int | None]:
        wanted = dict(by or {})
        if team is not None:
            wanted["team"] = team
        band, statistic = wanted.pop("band", None), wanted.pop("statistic", None)
        things = self.counted(measure, window, wanted)
        kind = KINDS[measure]
        if kind == "quotient":
            return sum(thing.in_numerator for thing in things), len(things)
        if kind == "age":
            earliest = min((thing.since for thing in things if thing.since is not None), default=None)
            return (None if earliest is None else office_time(earliest, self.moment)), None
        if kind == "distribution":
            assert statistic in (None, "mean")
            if band is None:
                return sum(thing.number for thing in things), len(things)
            return sum(band in thing.breakdowns["band"] for thing in things), len(things)
        alone = sum(thing.distinct is None for thing in things)
        return alone + len({thing.distinct for thing in things if thing.distinct is not None}), None

    def values(self, measure: str, dim: str, *, window: str | None = None) -> set[str]:
        members: set[str] = set()
        for thing in self.counted(measure, window, {}):
            members |= values_of(thing, dim)
        return members

    def beside(
        self,
        measure: str,
        *,
        window: str | None = None,
        team: str | None = None,
        by: dict[str, str] | None = None,
    ) -> dict[str, int]:
        wanted = dict(by or {})
        if team is not None:
            wanted["team"] = team
        found = {}
        if measure == "assessment_timeliness" and not by:  # what is open has no outcome
            found = {name: len(self.counted(f"assessments_{name}", None, wanted)) for name in ("open", "overdue")}
        if measure == "enquiries_to_assessment":
            received = self.counted("enquiries_received", window, wanted)
            found["undecided"] = sum("undecided" in thing.breakdowns["outcome"] for thing in received)
        return found | self.lacking(measure, window, wanted)

    def lacking(self, measure: str, window: str | None, wanted: dict[str, str]) -> dict[str, int]:
        """What cannot be in a figure, as something about it was never told; named only where there is any."""
        if measure not in LACKING:
            return {}
        name, counted, dims = LACKING[measure]
        if not {*wanted} <= {"team", *dims.split()}:
            return {}
        asked = Asked(first_day(window or DEFAULT_WINDOWS[measure], local_day(self.moment)), self.moment)
        things = [thing for child in self.children for thing in counted(child, asked)]
        n = sum(all(value in values_of(thing, dim) for dim, value in wanted.items()) for thing in things)
        return {name: n} if n else {}

    def counted(self, measure: str, window: str | None, wanted: dict[str, str]) -> list[Counted]:
        default = DEFAULT_WINDOWS[measure]
        window = "now" if default == "now" else window or default  # of a stock, another window is ignored
        if (measure, window) not in self._counted:
            since = None if window == "now" else first_day(window, local_day(self.moment))
            asked = Asked(since, self.moment)
            self._counted[measure, window] = [
                thing for child in self.children for thing in COUNTED_BY[measure](child, asked)
            ]
        things = self._counted[measure, window]
        return [thing for thing in things if all(value in values_of(thing, dim) for dim, value in wanted.items())]


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
) -> tuple[int | None, int | None]:
    """(numerator, denominator) of a figure (contract 3), the population of a rate left out.

    Of a distribution *by* holds a `band`, or the `statistic` `mean`: the sum, and over how many. Of an age: the
    office time in microseconds, None where nothing waits.
    """
    return Look(events, at, authority=authority, known_at=known_at).figure(measure, window=window, team=team, by=by)


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
    return Look(events, at, authority=authority, known_at=known_at).values(measure, dim, window=window)


def beside(
    events: list[Event],
    measure: str,
    at: str,
    *,
    authority: str,
    window: str | None = None,
    known_at: str | None = None,
    team: str | None = None,
    by: dict[str, str] | None = None,
) -> dict[str, int]:
    """What is not in the figure yet, or cannot be, by name."""
    return Look(events, at, authority=authority, known_at=known_at).beside(measure, window=window, team=team, by=by)


def values_of(thing: Counted, dim: str) -> set[str]:
    return {thing.team} if dim == "team" else thing.breakdowns[dim]


# --- one child --------------------------------------------------------------------------------------------------


class Child:
    """The facts that stand about one child, of all its pseudonyms together, and what they say at any moment."""

    def __init__(self, facts: Iterable[Event]) -> None:
        self._facts: dict[str, dict[str, Event]] = {}
        for fact in sorted(facts, key=began):
            self._facts.setdefault(fact["type"], {})[fact["record"]] = fact

    def all(self, kind: str) -> list[Event]:
        """By when they happened, then by record."""
        return list(self._facts.get(kind, {}).values())

    def one(self, kind: str, record: str | None) -> Event | None:
        return None if record is None else self._facts.get(kind, {}).get(record)

    # The person.

    def recorded_last(self, field: str) -> Any:
        """One field of the person, from the fact recorded last that gives it."""
        giving = [fact for fact in self.all("person.recorded") if fact.get(field) is not None]
        if not giving:
            return None
        return max(giving, key=when_recorded)[field]

    @cached_property
    def death(self) -> datetime | None:
        died_on = self.recorded_last("died_on")
        return None if died_on is None else instant(died_on)

    @cached_property
    def birth_month(self) -> date | None:
        """Its first day."""
        month = self.recorded_last("birth_month")
        return None if month is None else date.fromisoformat(f"{month}-01")

    @cached_property
    def unborn(self) -> bool:
        """As the newest record has it, told or not."""
        records = self.all("person.recorded")
        newest = max(records, key=when_recorded) if records else {}
        return newest.get("unborn") is True

    def birthday(self, n: int) -> date | None:
        """The first of the month after the month of birth, *n* years later."""
        if self.birth_month is None:
            return None
        first = months_after(self.birth_month, 1)
        return first.replace(year=first.year + n)

    @cached_property
    def eighteen(self) -> datetime | None:
        birthday = self.birthday(18)
        return None if birthday is None else instant(birthday.isoformat())

    def age_band(self, day: date) -> str:
        if self.birth_month is None:
            return "unborn" if self.unborn else "unknown"
        born = months_after(self.birth_month, 2) if self.unborn else self.birth_month
        if day < born:
            return "unborn"
        age = 0
        while (birthday := self.birthday(age + 1)) is not None and birthday <= day:
            age += 1
        if age == 0:
            return "0"
        for oldest, band in ((4, "1-4"), (9, "5-9"), (15, "10-15"), (17, "16-17")):
            if age <= oldest:
                return band
        return "18+"

    # Episodes, plans and periods of care: stocks.

    @cached_property
    def episodes(self) -> list[tuple[Event, Span]]:
        return self._records("episode.opened", "episode.closed", self.death)

    @cached_property
    def plans(self) -> list[tuple[Event, Span]]:
        """Those of another authority too."""
        return self._records("protection_plan.started", "protection_plan.ended", self.death, self.eighteen)

    @cached_property
    def periods(self) -> list[tuple[Event, Span]]:
        """Of care; agreed series of short breaks too."""
        return self._records("care.started", "care.ended", self.death, self.eighteen)

    def _records(self, starts: str, ends: str, *at_the_latest: datetime | None) -> list[tuple[Event, Span]]:
        """Each record that is ever there, with from when and until when; those that began last come last."""
        standing = []
        for start in self.all(starts):
            end = self.one(ends, start["record"])
            if end is not None and ends_before_it_starts(start, end):
                continue
            until = earliest(None if end is None else happened(end), *at_the_latest)
            if until is None or until > happened(start):
                standing.append((start, (happened(start), until)))
        return standing

    # Need and allocation.

    @cached_property
    def need(self) -> list[Span]:
        return [span for _, span in (*self.episodes, *self.plans, *self.periods)]

    def in_need(self, moment: datetime) -> bool:
        return any(holds(span, moment) for span in self.need)

    def need_ends(self, moment: datetime) -> datetime | None:
        """The first moment after *moment*, at which the child is in need, when it no longer is."""
        while around := [span for span in self.need if holds(span, moment)]:
            ends = [until for _, until in around]
            if None in ends:
                return None
            moment = max(until for until in ends if until is not None)
        return moment

    @cached_property
    def allocations(self) -> list[tuple[Event, Span]]:
        """Each allocation that ever stands, with from when and until when."""
        standing = []
        in_order = self.all("case.allocated")
        for n, allocated in enumerate(in_order):
            given_up = self.one("case.deallocated", allocated["record"])
            if given_up is not None and ends_before_it_starts(allocated, given_up):
                continue
            begin = happened(allocated)
            if not self.in_need(begin):
                later = [since for since, _ in self.need if since > begin]
                if not later:
                    continue
                begin = min(later)
            next_one = in_order[n + 1] if n + 1 < len(in_order) else None
            until = earliest(
                None if given_up is None else happened(given_up),
                None if next_one is None else happened(next_one),
                self.need_ends(begin),
            )
            if until is None or until > begin:
                standing.append((allocated, (begin, until)))
        return standing

    def allocated_to(self, moment: datetime) -> str | None:
        """The team of the allocation that stands."""
        standing = [allocated for allocated, span in self.allocations if holds(span, moment)]
        assert len(standing) <= 1
        return str(standing[0]["team"]) if standing else None

    def place(self, moment: datetime, team_facts: Iterable[Event]) -> str:
        """Where something open belongs: by the allocation, else the team that the latest of *team_facts* by then gives.

        Of two at one moment and with one record, the one that comes last.
        """
        allocated = self.allocated_to(moment)
        if allocated is not None:
            return allocated
        giving = [fact for fact in team_facts if fact.get("team") is not None and happened(fact) <= moment]
        return str(sorted(giving, key=began)[-1]["team"]) if giving else "unknown"

    # Clocks.

    @cached_property
    def enquiry_clocks(self) -> "list[Clock]":
        """Received until first decided, by the end of the first working day after."""
        clocks = []
        for received in self.all("enquiry.received"):
            decisions = self.decisions(received)
            stop = decisions[0] if decisions else None
            if stop is None or not ends_before_it_starts(received, stop):
                clocks.append(Clock(self, received, due(received, 1), stop, None, (received,)))
        return clocks

    @cached_property
    def assessment_clocks(self) -> "list[Clock]":
        """Started until authorised, else cancelled, by the end of the 45th working day after."""
        clocks = []
        for start in self.all("assessment.started"):
            authorised = self.one("assessment.authorised", start["record"])
            cancelled = self.one("assessment.cancelled", start["record"])
            # Authorised and cancelled: authorised stands, whichever came first. The record has one end.
            end = authorised if authorised is not None else cancelled
            if end is not None and ends_before_it_starts(start, end):
                continue
            team_facts = (start,) if authorised is None or cancelled is None else (start, cancelled)
            given_up = None if authorised is not None else cancelled
            clocks.append(Clock(self, start, due(start, 45), authorised, given_up, team_facts))
        return clocks

    @cached_property
    def conference_clocks(self) -> "list[Clock]":
        """A section 47 enquiry until its first conference, by the end of the 15th working day after."""
        clocks = []
        for start in self.all("section_47.started"):
            ended = self.one("section_47.ended", start["record"])
            held = [conference for conference in self.all("initial_conference.held") if self.is_of(conference, start)]
            stop = held[0] if held else None
            if any(end is not None and ends_before_it_starts(start, end) for end in (ended, stop)):
                continue
            goes_on = ended is not None and ended.get("outcome") == "conference"
            team_facts = (start, ended) if ended is not None and goes_on else (start,)
            clocks.append(
                Clock(self, start, due(start, 15), stop, None if goes_on else ended, team_facts, self.eighteen)
            )
        return clocks

    def decisions(self, received: Event) -> list[Event]:
        return [decided for decided in self.all("enquiry.decided") if decided["enquiry"] == received["record"]]

    def gradings(self, received: Event) -> list[Event]:
        return [graded for graded in self.all("enquiry.graded") if graded["enquiry"] == received["record"]]

    def is_of(self, conference: Event, section_47: Event) -> bool:
        """The one it names, else the last begun by the day, if that had not ended or ended with a conference."""
        if conference.get("section_47") is not None:
            return bool(conference["section_47"] == section_47["record"])
        begun = [start for start in self.all("section_47.started") if day_of(start) <= day_of(conference)]
        if not begun or begun[-1] is not section_47:
            return False
        ended = self.one("section_47.ended", section_47["record"])
        return ended is None or day_of(ended) > day_of(conference) or ended.get("outcome") == "conference"

    # Care.

    def period_of(self, fact: Event) -> str | None:
        """The record of the period that a status or a placement belongs to: the one named, else the one of its date."""
        if fact.get("care") is not None:
            return str(fact["care"])  # known or not: a name is not replaced by the date
        around = [start for start, span in self.periods if meets(fact, span)]
        return str(around[-1]["record"]) if around else None

    def within(self, span: Span, facts: list[Event]) -> list[tuple[datetime, Event]]:
        """Of the facts that belong to a period, those that stand in it, each with the moment from which it does.

        Of several from before the period only the last: it stands from the period's start.
        """
        since, _ = span
        standing: list[tuple[datetime, Event]] = []
        earlier = [fact for fact in facts if is_before(fact, span)]
        for fact in facts:
            if meets(fact, span) or fact in earlier[-1:]:
                standing.append((max(since, happened(fact)), fact))
        return standing

    @cached_property
    def statuses(self) -> dict[str, list[tuple[datetime, Event]]]:
        """By period, the legal statuses in it in order, each with the moment from which it stands."""
        changes = [(self.period_of(status), status) for status in self.all("legal_status.changed")]
        return {
            period["record"]: self.within(span, [status for of, status in changes if of == period["record"]])
            for period, span in self.periods
        }

    def status(self, period: Event, moment: datetime) -> str | None:
        """The legal status of one period of care: the latest of its own that has begun."""
        begun = [status for since, status in self.statuses[period["record"]] if since <= moment]
        return str(begun[-1]["status"]) if begun else None

    def present_period(self, moment: datetime) -> Event | None:
        """Of the open periods that are no short breaks the last begun; None: the child is not looked after."""
        counting = [
            start
            for start, span in self.periods
            if holds(span, moment) and self.status(start, moment) not in ("V3", "V4")
        ]
        return counting[-1] if counting else None

    @cached_property
    def placements(self) -> dict[str, list[tuple[datetime, Event]]]:
        """By period, the placements in it in order, each with the moment from which it counts."""
        by_period: dict[str, list[tuple[datetime, Event]]] = {}
        valid = []
        for placed in self.all("placement.started"):
            end = self.one("placement.ended", placed["record"])
            if end is None or not ends_before_it_starts(placed, end):
                valid.append(placed)
        for period, span in self.periods:
            own = [placed for placed in valid if self.period_of(placed) == period["record"]]
            kept = []
            for since, placed in self.within(span, own):
                end = self.one("placement.ended", placed["record"])
                over = end is not None and is_before(placed, span) and happened(end) <= since
                if not over:
                    kept.append((since, placed))
            by_period[period["record"]] = kept
        return by_period

    def placement(self, period: Event, moment: datetime) -> str:
        """The code of the placement that stands in one period: the last begun, unless it has ended."""
        begun = [placed for begin, placed in self.placements[period["record"]] if begin <= moment]
        if not begun:
            return "unknown"
        end = self.one("placement.ended", begun[-1]["record"])
        return "unknown" if end is not None and happened(end) <= moment else str(begun[-1]["placement"])

    @cached_property
    def stays(self) -> dict[str, list[Span]]:
        """By period, what the Department calls placements."""
        return {
            period["record"]: self._stays(self.placements[period["record"]], until)
            for period, (_, until) in self.periods
        }

    def _stays(self, placements: list[tuple[datetime, Event]], period_ends: datetime | None) -> list[Span]:
        begins: list[datetime] = []
        lasts: list[Event] = []  # of each stay, the last placement
        away = False  # a stay elsewhere since the last placement that was none
        for begin, placed in placements:
            if period_ends is not None and is_dated(placed) and day_of(placed) >= local_day(period_ends):
                continue
            if placed["placement"] in ("T0", "T1", "T2", "T3", "T4"):
                away = True
                continue
            if begins and continues(lasts[-1], placed, away):
                lasts[-1] = placed
            else:
                begins.append(begin)
                lasts.append(placed)
            away = False
        stays = []
        for n, (begin, last) in enumerate(zip(begins, lasts, strict=True)):
            end = self.one("placement.ended", last["record"])
            next_begin = begins[n + 1] if n + 1 < len(begins) else None
            stays.append((begin, earliest(None if end is None else happened(end), next_begin, period_ends)))
        return stays


def continues(before: Event, placed: Event, away: bool) -> bool:
    """Whether a placement goes on with the stay that *before* was the last placement of."""
    if placed.get("same_carer") is True or placed["placement"] in ("A3", "A5"):
        return True
    if placed.get("home") is None or before.get("home") is None:
        same = placed["placement"] == before["placement"] and placed.get("provider") == before.get("provider")
    else:
        same = placed["home"] == before["home"]
    return away and same


@dataclass(frozen=True)
class Clock:
    """One clock of one child, not void: what starts it, what stops it or gives it up, and who told its team."""

    child: Child
    start: Event
    deadline: date
    stop: Event | None
    given_up: Event | None
    team_facts: tuple[Event, ...]  # the facts of its record, without the end that ended it
    at_the_latest: datetime | None = None

    @property
    def late_from(self) -> datetime:
        return instant((self.deadline + A_DAY).isoformat())

    def running(self, moment: datetime) -> bool:
        ends = [happened(end) for end in (self.stop, self.given_up) if end is not None]
        return holds((happened(self.start), earliest(*ends, self.child.death, self.at_the_latest)), moment)

    def overdue(self, moment: datetime) -> bool:
        return self.running(moment) and moment >= self.late_from

    def place(self, moment: datetime) -> str:
        return self.child.place(moment, self.team_facts)

    def settled(self, asked: Asked, breakdowns: dict[str, set[str]]) -> Iterator[Counted]:
        """Counted once: in time when it stopped, else late from the moment it became late."""
        if self.stop is not None and happened(self.stop) < self.late_from:
            if asked.covers(happened(self.stop)):
                yield Counted(told(self.stop, "team"), breakdowns, in_numerator=True)
            return
        if self.stop is None and self.given_up is not None and happened(self.given_up) < self.late_from:
            return
        if self.child.death is not None and self.child.death < self.late_from:
            return
        if asked.covers(self.late_from):
            end_of_day = last_moment((self.deadline + A_DAY).isoformat())
            yield Counted(self.place(end_of_day), breakdowns, in_numerator=False)


def due(start: Event, working_days: int) -> date:
    return nth_working_day(day_of(start), working_days)


# --- the front door ---------------------------------------------------------------------------------------------


def enquiries_received(child: Child, asked: Asked) -> Iterator[Counted]:
    """A flow: `enquiry.received` in the window."""
    for enquiry in flow(child, "enquiry.received", asked):
        decisions = child.decisions(enquiry)  # whenever they were made, so also after `at`
        hour = "unknown"
        if enquiry.get("occurred_at") is not None:
            hour = f"{happened(enquiry).astimezone(LONDON).hour:02}"
        yield Counted(
            told(enquiry, "team"),
            {
                "enquiry_source": {told(enquiry, "enquiry_source")},
                "rag": {newest_grade(child, enquiry)},
                "outcome": told_list(decisions[-1], "outcomes") if decisions else {"undecided"},
                "postcode_sector": {told(enquiry, "postcode_sector")},
                "hour": {hour},
            },
        )


def enquiries_to_assessment(child: Child, asked: Asked) -> Iterator[Counted]:
    for enquiry in flow(child, "enquiry.received", asked):
        decisions = child.decisions(enquiry)
        outcomes = told_list(decisions[-1], "outcomes") if decisions else set()
        yield Counted(
            told(enquiry, "team"),
            {"enquiry_source": {told(enquiry, "enquiry_source")}, "rag": {newest_grade(child, enquiry)}},
            in_numerator=bool(outcomes & {"assessment", "section_47"}),
        )


def enquiries_awaiting_decision(child: Child, asked: Asked) -> Iterator[Counted]:
    for clock in child.enquiry_clocks:
        if clock.running(asked.moment):
            source = {told(clock.start, "enquiry_source")}
            yield Counted(clock.place(asked.moment), {"rag": {grade_at(clock, asked.moment)}, "enquiry_source": source})


def longest_wait(child: Child, asked: Asked) -> Iterator[Counted]:
    for clock in child.enquiry_clocks:
        if clock.running(asked.moment):
            rag = {grade_at(clock, asked.moment)}
            yield Counted(clock.place(asked.moment), {"rag": rag}, since=happened(clock.start))


def enquiry_decision_timeliness(child: Child, asked: Asked) -> Iterator[Counted]:
    for clock in child.enquiry_clocks:
        yield from clock.settled(asked, {"rag": {newest_grade(child, clock.start)}})


def stray_decisions(child: Child, asked: Asked) -> Iterator[Counted]:
    """Decisions, the first of their enquiry, with no receipt that they could stop the clock of."""
    for decision in flow(child, "enquiry.decided", asked):
        enquiry = child.one("enquiry.received", decision["enquiry"])
        first = next(d for d in child.all("enquiry.decided") if d["enquiry"] == decision["enquiry"])
        if first is decision and (enquiry is None or ends_before_it_starts(enquiry, decision)):
            yield Counted(told(decision, "team"), {})


def enquiries_due(child: Child, asked: Asked) -> Iterator[Counted]:
    for clock in child.enquiry_clocks:
        if clock.running(asked.moment) and not clock.overdue(asked.moment):
            rag = {grade_at(clock, asked.moment)}
            yield Counted(clock.place(asked.moment), {"due_on": {clock.deadline.isoformat()}, "rag": rag})


def enquiries_overdue(child: Child, asked: Asked) -> Iterator[Counted]:
    for clock in child.enquiry_clocks:
        if clock.overdue(asked.moment):
            yield Counted(clock.place(asked.moment), {"rag": {grade_at(clock, asked.moment)}})


def incidents_received(child: Child, asked: Asked) -> Iterator[Counted]:
    """Siblings may share one."""
    for enquiry in flow(child, "enquiry.received", asked):
        yield Counted(told(enquiry, "team"), {}, distinct=enquiry.get("incident"))


def newest_grade(child: Child, enquiry: Event) -> str:
    gradings = child.gradings(enquiry)
    return told(gradings[-1] if gradings else enquiry, "rag")


def grade_at(clock: Clock, moment: datetime) -> str:
    gradings = [graded for graded in clock.child.gradings(clock.start) if happened(graded) <= moment]
    return told(gradings[-1] if gradings else clock.start, "rag")


def referrals_received(child: Child, asked: Asked) -> Iterator[Counted]:
    for referral in flow(child, "referral.received", asked):
        dims = ("referral_source", "postcode_sector")
        yield Counted(told(referral, "team"), {dim: {told(referral, dim)} for dim in dims})


def re_referrals(child: Child, asked: Asked) -> Iterator[Counted]:
    for referral in flow(child, "referral.received", asked):
        day = day_of(referral)
        earlier = [other for other in child.all("referral.received") if months_after(day, -12) <= day_of(other) < day]
        source = {told(referral, "referral_source")}
        yield Counted(told(referral, "team"), {"referral_source": source}, in_numerator=bool(earlier))


def referrals_no_further_action(child: Child, asked: Asked) -> Iterator[Counted]:
    for referral in flow(child, "referral.received", asked):
        yield Counted(told(referral, "team"), {}, in_numerator=referral.get("no_further_action") is True)


# --- need -------------------------------------------------------------------------------------------------------


def children_in_need(child: Child, asked: Asked) -> Iterator[Counted]:
    """An open episode, or a plan, or care; short breaks too: each child once."""
    records = (*child.episodes, *child.plans, *child.periods)
    standing = [start for start, span in records if holds(span, asked.moment)]
    if standing:
        episodes = [start for start, span in child.episodes if holds(span, asked.moment)]
        need = told(episodes[-1], "primary_need") if episodes else "unknown"
        breakdowns = {"primary_need": {need}, "age_band": {child.age_band(asked.today)}}
        yield Counted(child.place(asked.moment, standing), breakdowns)


def episodes_opened(child: Child, asked: Asked) -> Iterator[Counted]:
    for opened in flow(child, "episode.opened", asked):
        yield Counted(told(opened, "team"), {"primary_need": {told(opened, "primary_need")}})


def episodes_closed(child: Child, asked: Asked) -> Iterator[Counted]:
    for closed in flow(child, "episode.closed", asked):
        yield Counted(told(closed, "team"), {"closure_reason": {told(closed, "closure_reason")}})


# --- assessments ------------------------------------------------------------------------------------------------


def assessments_started(child: Child, asked: Asked) -> Iterator[Counted]:
    for start in flow(child, "assessment.started", asked):
        yield Counted(told(start, "team"), {})


def assessments_authorised(child: Child, asked: Asked) -> Iterator[Counted]:
    for authorised in flow(child, "assessment.authorised", asked):
        yield Counted(told(authorised, "team"), {"outcome": told_list(authorised, "outcomes")})


def assessments_open(child: Child, asked: Asked) -> Iterator[Counted]:
    """A stock: started, not authorised, not cancelled."""
    for clock in child.assessment_clocks:
        if clock.running(asked.moment):
            yield Counted(clock.place(asked.moment), {})


def assessments_overdue(child: Child, asked: Asked) -> Iterator[Counted]:
    """A stock: open, and the day that it was due by is over."""
    for clock in child.assessment_clocks:
        if clock.overdue(asked.moment):
            yield Counted(clock.place(asked.moment), {})


def assessments_due(child: Child, asked: Asked) -> Iterator[Counted]:
    """A stock: open, not overdue, due by the 5th working day from now."""
    yield from due_soon(child.assessment_clocks, asked)


def due_soon(clocks: list[Clock], asked: Asked) -> Iterator[Counted]:
    for clock in clocks:
        if clock.running(asked.moment) and asked.today <= clock.deadline <= nth_working_day(asked.today, 5):
            yield Counted(clock.place(asked.moment), {"due_on": {clock.deadline.isoformat()}})


def assessment_timeliness(child: Child, asked: Asked) -> Iterator[Counted]:
    """A flow, dated at the authorisation; in the numerator, authorised (or dead) by the 45th working day."""
    for clock in child.assessment_clocks:
        if clock.stop is not None and asked.covers(happened(clock.stop)):
            yield Counted(
                told(clock.stop, "team"),
                {"outcome": told_list(clock.stop, "outcomes")},
                in_numerator=stopped(child, clock.stop) < clock.late_from,
            )


def assessment_timeliness_from_referral(child: Child, asked: Asked) -> Iterator[Counted]:
    """The same, from the referral that the assessment names, if it came by the day of the authorisation."""
    for clock in child.assessment_clocks:
        referral = child.one("referral.received", clock.start.get("referral"))
        if clock.stop is None or referral is None or not asked.covers(happened(clock.stop)):
            continue
        if day_of(referral) <= day_of(clock.stop):
            late_from = instant((due(referral, 45) + A_DAY).isoformat())
            yield Counted(told(clock.stop, "team"), {}, in_numerator=stopped(child, clock.stop) < late_from)


def without_start(child: Child, asked: Asked) -> Iterator[Counted]:
    for authorised in flow(child, "assessment.authorised", asked):
        start = child.one("assessment.started", authorised["record"])
        if start is None or ends_before_it_starts(start, authorised):
            yield Counted(told(authorised, "team"), {"outcome": told_list(authorised, "outcomes")})


def without_referral(child: Child, asked: Asked) -> Iterator[Counted]:
    """Authorised, and in no clock from a referral."""
    with_one = {
        clock.start["record"]
        for clock in child.assessment_clocks
        if (referral := child.one("referral.received", clock.start.get("referral"))) is not None
        and clock.stop is not None
        and day_of(referral) <= day_of(clock.stop)
    }
    for authorised in flow(child, "assessment.authorised", asked):
        if authorised["record"] not in with_one:
            yield Counted(told(authorised, "team"), {})


def stopped(child: Child, stop: Event) -> datetime:
    """When a clock that was stopped really stopped: death stops it too."""
    return happened(stop) if child.death is None else min(happened(stop), child.death)


def assessment_timeliness_settled(child: Child, asked: Asked) -> Iterator[Counted]:
    for clock in child.assessment_clocks:
        yield from clock.settled(asked, {})


def assessment_rate(child: Child, asked: Asked) -> Iterator[Counted]:
    for authorised in flow(child, "assessment.authorised", asked):
        yield Counted(told(authorised, "team"), {})


def assessments_case_closed(child: Child, asked: Asked) -> Iterator[Counted]:
    for authorised in flow(child, "assessment.authorised", asked):
        start = child.one("assessment.started", authorised["record"])
        referral = None if start is None else child.one("referral.received", start.get("referral"))
        source = "unknown" if referral is None else told(referral, "referral_source")
        closed = "case_closed" in told_list(authorised, "outcomes")
        yield Counted(told(authorised, "team"), {"referral_source": {source}}, in_numerator=closed)


def assessments_closed_with_support(child: Child, asked: Asked) -> Iterator[Counted]:
    for authorised in flow(child, "assessment.authorised", asked):
        outcomes = told_list(authorised, "outcomes")
        if "case_closed" in outcomes:
            supported = bool(outcomes & {"early_help", "advice", "signposted", "step_down"})
            yield Counted(told(authorised, "team"), {}, in_numerator=supported)


# --- child protection -------------------------------------------------------------------------------------------


def section_47_started(child: Child, asked: Asked) -> Iterator[Counted]:
    for start in flow(child, "section_47.started", asked):
        yield Counted(told(start, "team"), {})


def conferences_due(child: Child, asked: Asked) -> Iterator[Counted]:
    yield from due_soon(child.conference_clocks, asked)


def conferences_overdue(child: Child, asked: Asked) -> Iterator[Counted]:
    for clock in child.conference_clocks:
        if clock.overdue(asked.moment):
            yield Counted(clock.place(asked.moment), {"due_on": {clock.deadline.isoformat()}})


def protection_plans_open(child: Child, asked: Asked) -> Iterator[Counted]:
    """Each child once; of several plans the one that began last is meant."""
    standing = [
        start for start, span in child.plans if holds(span, asked.moment) and start.get("other_authority") is not True
    ]
    if standing:
        meant = standing[-1]
        breakdowns = {"category": {told(meant, "category")}, "age_band": {child.age_band(asked.today)}}
        yield Counted(child.place(asked.moment, [meant]), breakdowns)


# --- care -------------------------------------------------------------------------------------------------------


def children_looked_after(child: Child, asked: Asked) -> Iterator[Counted]:
    """A stock: each child once, with some open period of care that is not an agreed series of short breaks."""
    present = child.present_period(asked.moment)
    if present is not None:
        yield Counted(
            child.place(asked.moment, [present]),
            {
                "legal_group": {legal_group(child.status(present, asked.moment))},
                "placement": {child.placement(present, asked.moment)},
                "age_band": {child.age_band(asked.today)},
            },
        )


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


def placements_in_year(child: Child, asked: Asked) -> Iterator[Counted]:
    """Stays of any period that stand at the end of the day 12 months ago, or have begun since."""
    present = child.present_period(asked.moment)
    if present is not None:
        a_year_ago = months_after(asked.today, -12)
        number = 0
        for stays in child.stays.values():
            for begin, end in stays:
                number += begin <= asked.moment and (end is None or local_day(end) > a_year_ago)
        yield Counted(child.place(asked.moment, [present]), {"band": {band(number, 3)}}, number=number)


def placements_since_entry(child: Child, asked: Asked) -> Iterator[Counted]:
    """Stays begun in the present period."""
    present = child.present_period(asked.moment)
    if present is not None:
        number = sum(begin <= asked.moment for begin, _ in child.stays[present["record"]])
        breakdowns = {"band": {band(number, 5)}, "time_in_care": {time_in_care(day_of(present), asked.today)}}
        yield Counted(child.place(asked.moment, [present]), breakdowns, number=number)


def band(number: int, last: int) -> str:
    return f"{last}+" if number >= last else str(number)


def time_in_care(since: date, today: date) -> str:
    for months, name in ((24, "2y+"), (12, "1-2y"), (6, "6-12m")):
        if today >= months_after(since, months):
            return name
    return "<6m"


# --- the measures -----------------------------------------------------------------------------------------------

# measure: its kind, its own window, who counts it, its breakdowns beside `team`
TABLE: dict[str, tuple[str, str, Callable[[Child, Asked], Iterator[Counted]], str]] = {
    "enquiries_received": (
        "count",
        "month",
        enquiries_received,
        "enquiry_source rag outcome postcode_sector hour",
    ),
    "enquiries_to_assessment": ("quotient", "month", enquiries_to_assessment, "enquiry_source rag"),
    "enquiries_awaiting_decision": ("count", "now", enquiries_awaiting_decision, "rag enquiry_source"),
    "longest_wait": ("age", "now", longest_wait, "rag"),
    "enquiry_decision_timeliness": ("quotient", "month", enquiry_decision_timeliness, "rag"),
    "enquiries_due": ("count", "now", enquiries_due, "due_on rag"),
    "enquiries_overdue": ("count", "now", enquiries_overdue, "rag"),
    "incidents_received": ("count", "month", incidents_received, ""),
    "referrals_received": ("count", "month", referrals_received, "referral_source postcode_sector"),
    "referral_rate": ("rate", "quarter", referrals_received, ""),
    "re_referrals": ("quotient", "month", re_referrals, "referral_source"),
    "referrals_no_further_action": ("quotient", "month", referrals_no_further_action, ""),
    "children_in_need": ("count", "now", children_in_need, "primary_need age_band"),
    "episodes_opened": ("count", "month", episodes_opened, "primary_need"),
    "episodes_closed": ("count", "month", episodes_closed, "closure_reason"),
    "assessments_started": ("count", "month", assessments_started, ""),
    "assessments_authorised": ("count", "month", assessments_authorised, "outcome"),
    "assessment_timeliness": ("quotient", "year_to_date", assessment_timeliness, "outcome"),
    "assessment_timeliness_from_referral": ("quotient", "year_to_date", assessment_timeliness_from_referral, ""),
    "assessment_timeliness_settled": ("quotient", "year_to_date", assessment_timeliness_settled, ""),
    "assessments_open": ("count", "now", assessments_open, ""),
    "assessments_overdue": ("count", "now", assessments_overdue, ""),
    "assessments_due": ("count", "now", assessments_due, "due_on"),
    "assessment_rate": ("rate", "year_to_date", assessment_rate, ""),
    "assessments_case_closed": ("quotient", "year_to_date", assessments_case_closed, "referral_source"),
    "assessments_closed_with_support": ("quotient", "year_to_date", assessments_closed_with_support, ""),
    "section_47_started": ("count", "month", section_47_started, ""),
    "section_47_rate": ("rate", "year_to_date", section_47_started, ""),
    "conferences_due": ("count", "now", conferences_due, "due_on"),
    "conferences_overdue": ("count", "now", conferences_overdue, "due_on"),
    "protection_plans_open": ("count", "now", protection_plans_open, "category age_band"),
    "protection_plan_rate": ("rate", "now", protection_plans_open, ""),
    "children_looked_after": ("count", "now", children_looked_after, "legal_group placement age_band"),
    "looked_after_rate": ("rate", "now", children_looked_after, ""),
    "placements_in_year": ("distribution", "now", placements_in_year, ""),
    "placements_since_entry": ("distribution", "now", placements_since_entry, "time_in_care"),
}
KINDS = {measure: kind for measure, (kind, _, _, _) in TABLE.items()}
DEFAULT_WINDOWS = {measure: window for measure, (_, window, _, _) in TABLE.items()}
COUNTED_BY = {measure: counted for measure, (_, _, counted, _) in TABLE.items()}
BREAKDOWNS = {measure: tuple(dims.split()) for measure, (_, _, _, dims) in TABLE.items()}
BANDS = {"placements_in_year": ("0", "1", "2", "3+"), "placements_since_entry": ("0", "1", "2", "3", "4", "5+")}
# measure: what stands beside it where there is any, who counts that, its breakdowns beside `team`
LACKING: dict[str, tuple[str, Callable[[Child, Asked], Iterator[Counted]], str]] = {
    "enquiry_decision_timeliness": ("incomplete", stray_decisions, ""),
    "assessment_timeliness": ("incomplete", without_start, "outcome"),
    "assessment_timeliness_from_referral": ("unknown", without_referral, ""),
    "assessment_timeliness_settled": ("incomplete", without_start, ""),
}


# --- starts and ends --------------------------------------------------------------------------------------------


def holds(span: Span, moment: datetime) -> bool:
    """s <= d, and no end or e > d (rules 1.3)."""
    since, until = span
    return since <= moment and (until is None or until > moment)


def earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def ends_before_it_starts(start: Event, end: Event) -> bool:
    """By day; by instant only where both are instants (rules 1.7)."""
    if start.get("occurred_at") is not None and end.get("occurred_at") is not None:
        return happened(end) < happened(start)
    return day_of(end) < day_of(start)


def is_dated(event: Event) -> bool:
    return event.get("occurred_at") is None


def is_before(fact: Event, period: Span) -> bool:
    """Whether it happened before a period of care: what is dated happened at any time of its day (rules 5)."""
    since, _ = period
    return day_of(fact) < local_day(since) if is_dated(fact) else happened(fact) < since


def meets(fact: Event, period: Span) -> bool:
    """Whether it happened in a period of care; dated on its last day it did not, unless that is its first as well."""
    since, until = period
    if is_before(fact, period):
        return False
    if until is None:
        return True
    if is_dated(fact) and day_of(fact) != local_day(since):
        return day_of(fact) < local_day(until)
    return happened(fact) < until


def flow(child: Child, kind: str, asked: Asked) -> list[Event]:
    return [event for event in child.all(kind) if asked.covers(happened(event))]


def began(event: Event) -> tuple[datetime, str]:
    """What orders facts: of two that began at one moment the one with the greater record stands (contract 1)."""
    return happened(event), event["record"]


def when_recorded(event: Event) -> tuple[datetime, str, str]:
    return instant(event["recorded_at"]), event["id"], event["record"]


def told(event: Event, field: str) -> str:
    """A team by its name; any other value if it is a code by its shape, a sector if it is one."""
    value = str(event.get(field) or "")
    if field == "team":
        return value or "unknown"
    if field == "postcode_sector":
        return value if is_sector(value) else "unknown"
    return value if is_code(value) else "unknown"


def told_list(event: Event, field: str) -> set[str]:
    """Once under each distinct value; an empty list tells none."""
    return {value if is_code(value) else "unknown" for value in event.get(field) or [""]}


def is_code(value: str) -> bool:
    """One word, of letters, digits and a few signs."""
    return value != "" and all(letter.isalnum() or letter in "_.:/+&-" for letter in value)


def is_sector(value: str) -> bool:
    """A district and a digit, with or without a blank between; or the district alone."""
    return is_district(value) or (value[-1:] in set("0123456789") and is_district(value[:-1].removesuffix(" ")))


def is_district(text: str) -> bool:
    """EX1, EX39, W1A: one or two letters, a digit, and perhaps one more of either."""
    for letters in (1, 2):
        area, digit, rest = text[:letters], text[letters : letters + 1], text[letters + 1 :]
        begins = area.isalpha() and area.isascii() and digit in set("0123456789")
        if begins and (rest == "" or (len(rest) == 1 and rest.isalnum() and rest.isascii())):
            return True
    return False


# --- which tellings stand, and whose they are -------------------------------------------------------------------


def children_of(events: list[Event], authority: str, known_at: str | None) -> list[Child]:
    """Each child of *authority*, with the facts that stand, of all its pseudonyms together."""
    standing = standing_facts(events, authority, known_at)
    children = []
    for names in pseudonyms(standing):
        facts: dict[tuple[str, str], Event] = {}
        for fact in standing:
            key = fact["type"], fact["record"]
            if fact["child"] in names and (key not in facts or newness(fact) > newness(facts[key])):
                facts[key] = fact
        children.append(Child(facts.values()))
    return children


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


def day_of(event: Event) -> date:
    return local_day(happened(event))


def months_after(day: date, months: int) -> date:
    """Calendar months, clamped to the month's end."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


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
        return months_after(today, -12) + A_DAY
    if window.startswith("last_") and window.endswith("_days"):
        return today - (int(window.removeprefix("last_").removesuffix("_days")) - 1) * A_DAY
    raise ValueError(f"a flow has no window {window!r}")


# --- working days -----------------------------------------------------------------------------------------------

BANK_HOLIDAYS = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(1995, 2051)))


@cache
def is_working_day(day: date) -> bool:
    if not 1995 <= day.year <= 2050:
        raise ValueError(f"{day}: outside the calendar")
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


@cache
def nth_working_day(day_0: date, n: int) -> date:
    """The Nth working day strictly after day 0."""
    day = day_0
    while n > 0:
        day += A_DAY
        if is_working_day(day):
            n -= 1
    return day


# --- office hours -----------------------------------------------------------------------------------------------


@cache
def office_day(day: date) -> tuple[datetime, datetime] | None:
    """When the office opens and closes: Monday to Thursday 9 to 17, Friday 9 to 16, working days only."""
    if not is_working_day(day):
        return None
    hours = (time(9), time(16) if day.weekday() == 4 else time(17))
    opens, closes = (datetime.combine(day, hour, LONDON).astimezone(UTC) for hour in hours)
    return opens, closes


def office_time(since: datetime, until: datetime) -> int:
    """The microseconds of open office between two moments."""
    open_time = timedelta(0)
    day = local_day(since)
    while day <= local_day(until):
        hours = office_day(day)
        if hours is not None:
            opens, closes = hours
            open_time += max(timedelta(0), min(closes, until) - max(opens, since))
        day += A_DAY
    return open_time // A_MICROSECOND
