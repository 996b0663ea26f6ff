"""The published numbers of the county that Wexshire is modelled on, and Wexshire's own beside them.

.venv/bin/python -m tests.promises.published     # the tables of docs/simulator.md

"Census": Department for Education, children in need, Devon, 2017-18. "Workforce": the Department's return at 30
September 2017. "Report": Devon County Council, report to children's scrutiny, to 31 December 2017. Read 2026-11-23.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from deploy.configuration.authorities import read_authorities
from events.case import Person
from events.event import Event
from events.front_door import ReferralReceived
from events.need import AssessmentAuthorised, AssessmentStarted
from events.protection import ProtectionPlanEnded, ProtectionPlanReviewed, ProtectionPlanStarted
from events.simulator.authority import so_far
from events.simulator.wexshire import CHILDREN, MADE_UP_AUTHORITY, World
from events.time import LONDON, add_months, end_of
from events.workforce import CaseAllocated, WorkerRecorded
from events.working_days import calendar
from metrics.catalogue import MEASURES, measure_named
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.lives.life import Life
from metrics.lives.timeline import value_at
from metrics.rules.rules import Rules, RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.sums.sums import Sums
from metrics.windows import At

TOML = Path(__file__).parents[2] / "deploy" / "wexshire.toml"
BEGAN, ENDED = date(2017, 4, 1), date(2018, 3, 31)
AFTER = datetime(2018, 4, 1, tzinfo=LONDON)
AUTUMN, DECEMBER = date(2017, 9, 30), date(2017, 12, 31)
REFERRALS = (292, 528, 466, 463, 438, 498, 562, 484, 300, 502, 350, 458)  # census c6, April to March
ASSESSED = 4916  # census c2: assessments of the year, and below by working days: 0, 1-10, 11-20, 21-30, 31-40, 41-45
BINS = (25, 490, 624, 767, 978, 915)


def standing(events: Iterable[Event]) -> list[Event]:
    """Return the newest telling of each fact, unless that retracts it."""
    newest: dict[tuple[str, str, str], Event] = {}
    for event in events:
        key = event.subject, event.type, event.record
        newest[key] = max(newest.get(key, event), event, key=lambda telling: telling.rank)
    return [event for event in newest.values() if not event.retracted]


@lru_cache(maxsize=1)
def the_year(seed: int = 1) -> tuple[Event, ...]:
    """Return all events of Wexshire in the published year, and what was open before it."""
    return tuple(so_far(World(seed), AFTER, months=12))


@cache
def facts() -> list[Event]:
    return standing(the_year())


def of(kind: str, first: date = BEGAN, last: date = ENDED) -> list[Event]:
    """Return the standing facts of a type from the day *first* to *last*."""
    return [event for event in facts() if event.type == kind and first <= event.day <= last]


# --- as the measures count them: the tally, and not the simulator, says so -------------------------------------------


@cache
def _counted() -> tuple[Sums, RulesByAuthority]:
    rules = read_authorities(TOML, {measure.name: measure.unit for measure in MEASURES})
    return InMemoryStore(rules).tell(the_year()).sums()[MADE_UP_AUTHORITY], rules


def figure(name: str, at: date, window: str | None = None) -> Figure:
    sums, rules = _counted()
    question = Question(measure=measure_named(name), at=At(at), window=window)
    return evaluate(sums, MADE_UP_AUTHORITY, question, rules.of(MADE_UP_AUTHORITY))[0]


def value(name: str, at: date, window: str | None = None) -> float:
    number = figure(name, at, window).value
    assert number is not None
    return number


def per_10_000(name: str, at: date) -> float:
    return 10_000 * figure(name, at).numerator / CHILDREN


# --- straight from what was told -----------------------------------------------------------------------------------


def by_month() -> list[int]:
    """Return the referrals of each month of the year, April first."""
    counted = Counter((event.day.year, event.day.month) for event in of("referral.received"))
    return [counted[month] for month in sorted(counted)]


def authorised() -> list[AssessmentAuthorised]:
    return [event for event in of("assessment.authorised") if isinstance(event, AssessmentAuthorised)]


def assessed_within(days: int, longer_than: int) -> int:
    """Return how many of the year's assessments took at most *days* working days and more than *longer_than*."""
    started = {e.record: e.day for e in facts() if isinstance(e, AssessmentStarted)}
    return sum(
        (longer_than < 0 or event.day > calendar().nth_after(started[event.record], longer_than))
        and event.day <= calendar().nth_after(started[event.record], days)
        for event in authorised()
        if event.record in started
    )


def _share_of(longer_than: int, days: int) -> Callable[[], float]:
    return lambda: assessed_within(days, longer_than) / len(authorised())


def came_back() -> float:
    """Return the share of referrals of a child who had one in the 12 months before."""
    days: defaultdict[str, list[date]] = defaultdict(list)
    referrals = [event for event in of("referral.received", date(2016, 1, 1)) if isinstance(event, ReferralReceived)]
    for event in referrals:
        days[event.child].append(event.day)
    year = [event for event in referrals if event.day >= BEGAN]
    return sum(any(add_months(e.day, -12) <= day < e.day for day in days[e.child]) for e in year) / len(year)


def led_nowhere() -> float:
    year = [event for event in of("referral.received") if isinstance(event, ReferralReceived)]
    return sum(event.no_further_action is True for event in year) / len(year)


def case_closed() -> float:
    return sum("case_closed" in event.outcomes for event in authorised()) / len(authorised())


def plans() -> list[ProtectionPlanStarted]:
    """Return the plans that began, without the planted cases."""
    begun = [event for event in of("protection_plan.started") if isinstance(event, ProtectionPlanStarted)]
    return [event for event in begun if not event.child.startswith("planted")]


def reviewed_in_time() -> float:
    """Return the share of plans open for three months and more whose every review was held in time."""
    ended = {event.record: event.day for event in facts() if isinstance(event, ProtectionPlanEnded)}
    held: defaultdict[str, list[date]] = defaultdict(list)
    for event in facts():
        if isinstance(event, ProtectionPlanReviewed) and event.day <= ENDED:
            held[event.plan].append(event.day)
    in_time = [
        _in_time(event.day, sorted(held[event.record]))
        for event in facts()
        if isinstance(event, ProtectionPlanStarted)
        and add_months(event.day, 3) <= ENDED < ended.get(event.record, date.max)
    ]
    return sum(in_time) / len(in_time)


def _in_time(began: date, held: list[date]) -> bool:
    """Whether the first review came within three months, and each later one within six: Working Together 2015."""
    due = add_months(began, 3)
    for day in held:
        if day > due:
            return False
        due = add_months(day, 6)
    return due >= ENDED


def repeated() -> float:
    return sum((event.previous_plans or 0) > 0 for event in plans()) / len(plans())


@cache
def workers() -> list[WorkerRecorded]:
    """Return who worked there on the day of the workforce return."""
    newest: dict[str, WorkerRecorded] = {}
    for event in sorted(facts(), key=lambda fact: fact.occurred):
        if isinstance(event, WorkerRecorded) and event.day <= AUTUMN:
            newest[event.worker] = event
    return [worker for worker in newest.values() if not worker.left]


def fte(agency: bool | None = None, covering: bool | None = None) -> float:
    """Return full-time equivalents, to a tenth as they are published."""
    chosen = (w for w in workers() if agency in (None, w.agency) and covering in (None, w.covering_vacancy))
    return round(sum(worker.fte for worker in chosen), 1)


def caseload() -> float:
    """Return the open cases for each full-time equivalent of the workers who hold any and are not absent."""
    there = {worker.worker: worker.fte for worker in workers() if not worker.absent}
    held = Counter(holder for holder in map(_holder, lives()) if holder in there)
    return held.total() / sum(there[worker] for worker in held)


def _holder(life: Life) -> str | None:
    """Return who held a child's case on the day of the workforce return. An allocation ends with the need."""
    at = end_of(AUTUMN)
    made = [fact for fact in life.facts(CaseAllocated) if fact.occurred <= at]
    return made[-1].worker if made and value_at(life.allocated, at) else None


def lives() -> Iterator[Life]:
    rules, cases = Rules(calendar()), defaultdict[str, list[Event]](list)
    for fact in facts():
        cases[fact.subject].append(fact)
    return (Life(Person(of_child), rules) for of_child in cases.values())


# --- side by side --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """A published number, how to find Wexshire's, and how near it has to be. *form* is the format of both."""

    what: str
    source: str
    published: float
    ours: Callable[[], float]
    within: float = 0.02
    form: str = ",.0f"


NUMBERS = (
    Number("referrals in the year", "census", 5341, lambda: sum(by_month()), 0),
    Number("… per 10,000 children", "census", 372.1, lambda: value("referral_rate", ENDED, "year"), 0.001, ".1f"),
    Number("… that come back within 12 months", "census", 1002 / 5341, came_back, form=".1%"),
    Number("… by the measure", "census", 1002 / 5341, lambda: value("re_referrals", ENDED, "year"), form=".1%"),
    Number("… that lead to nothing", "census", 728 / 5341, led_nowhere, form=".1%"),
    Number("enquiries in December", "report", 644, lambda: figure("enquiries_received", DECEMBER).numerator, 0.006),
    Number(
        "… passed on for assessment",
        "report",
        258 / 644,
        lambda: value("enquiries_to_assessment", DECEMBER),
        form=".1%",
    ),
    Number("children in need at 31 December", "report", 5122, lambda: value("children_in_need", DECEMBER)),
    Number("assessments authorised in the year", "census", ASSESSED, lambda: len(authorised())),
    *(
        Number(
            f"… on working day {low + 1} to {high}" if high else "… on the day of the start",
            "census",
            published / ASSESSED,
            _share_of(low, high),
            0.05 if high else 0.1,
            ".1%",
        )
        for (low, high), published in zip(pairwise((-1, 0, 10, 20, 30, 40, 45)), BINS, strict=True)
    ),
    Number("… within 45 working days", "census", sum(BINS) / ASSESSED, _share_of(-1, 45), form=".1%"),
    Number(
        "… by the measure",
        "census",
        sum(BINS) / ASSESSED,
        lambda: value("assessment_timeliness", ENDED, "year"),
        form=".1%",
    ),
    Number("… with the case closed", "report", 0.414, case_closed, form=".1%"),
    Number("section 47 enquiries in the year", "census", 2058, lambda: len(of("section_47.started")), 0.03),
    Number("on protection plans at 31 December", "report", 433, lambda: value("protection_plans_open", DECEMBER)),
    Number("… per 10,000 children", "report", 30.2, lambda: per_10_000("protection_plans_open", DECEMBER), form=".1f"),
    Number("on protection plans at 31 March", "census", 483, lambda: value("protection_plans_open", ENDED)),
    Number("… per 10,000 children", "census", 33.7, lambda: per_10_000("protection_plans_open", ENDED), form=".1f"),
    Number("… reviewed in time", "census", 278 / 322, reviewed_in_time, form=".1%"),
    Number("plans begun in the year", "census", 643, lambda: len(plans()), 0.04),
    Number("… that are not the child's first", "census", 170 / 643, repeated, form=".1%"),
    Number("looked after at 31 December", "report", 712, lambda: value("children_looked_after", DECEMBER)),
    Number("… per 10,000 children", "report", 49.6, lambda: per_10_000("children_looked_after", DECEMBER), form=".1f"),
    Number("social workers, full-time equivalents", "workforce", 340.8, fte, 0, ".1f"),
    Number("… of them agency", "workforce", 46.7 / 340.8, lambda: fte(agency=True) / fte(), 0.001, ".1%"),
    Number(
        "… of these for a vacancy",
        "workforce",
        42.7 / 46.7,
        lambda: fte(agency=True, covering=True) / fte(agency=True),
        0.001,
        ".1%",
    ),
    Number("cases of each full-time equivalent", "workforce", 4679 / 243.0, caseload, form=".1f"),
)


def page() -> Iterator[str]:
    """Yield the lines of both tables."""
    yield "| referrals of | Apr | May | Jun | Jul | Aug | Sep | Oct | Nov | Dec | Jan | Feb | Mar |"
    yield "|---" + "|--:" * 12 + "|"
    yield f"| published | {' | '.join(map(str, REFERRALS))} |"
    yield f"| Wexshire | {' | '.join(map(str, by_month()))} |"
    yield ""
    yield "| | source | published | Wexshire |"
    yield "|---|---|--:|--:|"
    for number in NUMBERS:
        yield f"| {number.what} | {number.source} | {number.published:{number.form}} | {number.ours():{number.form}} |"


if __name__ == "__main__":
    print("\n".join(page()))
