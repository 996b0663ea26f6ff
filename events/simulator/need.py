"""Children in need: those who are referred, assessed and mostly not seen again, and those who are known for long."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.event import Event
from events.need import AssessmentAuthorised, AssessmentStarted
from events.simulator.care import stays
from events.simulator.chance import Odds, dealt, name, whole
from events.simulator.clerk import REACH, Clerk
from events.simulator.days import (
    FIRST,
    LAST,
    Day,
    Month,
    first_day,
    index_of,
    month_of,
    next_working,
    nth_after,
    spread,
    working,
)
from events.simulator.planted import planted_referrals
from events.simulator.protection import plans
from events.simulator.spells import (
    CLOSED_WITH,
    KEPT_WITH,
    NEEDS,
    NOT_LED_ON,
    SOURCE_ODDS,
    STARTS_AFTER,
    Chapter,
    Spell,
    assessed,
    birth,
    chapters,
    conference_days,
    eighteen,
)
from events.simulator.volumes import (
    CANCELLED,
    CLOSED,
    KNOWN_FOR_LONG,
    NO_FURTHER_ACTION,
    SECTION_47,
    enquiries_to_assessment,
    re_referrals,
    referrals,
    scaled,
    through_the_door,
)
from events.simulator.wexshire import World, sector, team

SIBLINGS = Odds((1, 0.68), (2, 0.2), (3, 0.08), (4, 0.04))  # children that one report is about
KEPT_DAYS = (2.2, 262.0)  # how long a case stays open after the assessment: a gamma, 430 days on average
LONGEST = 1000  # days of it at most
COME_BACK = 11  # months within which those who come back do
BACK = 38  # months after which nobody of a month's referrals is still open

LONG_DAYS: Odds[tuple[int, int]] = Odds(((300, 700), 0.35), ((700, 1500), 0.4), ((1500, 2900), 0.25))
LONG_AGES: Odds[tuple[int, int]] = Odds(((12, 59), 0.3), ((60, 119), 0.4), ((120, 180), 0.3))
DISABLED = 0.5
REASSESSED = (480, 760)  # days between assessments


class _Group(NamedTuple):
    """Brothers and sisters whom one referral was about."""

    day: Day
    sector: int
    source: str
    incident: str


# --- those who are referred ------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _elsewhere(world: World, month: Month) -> tuple[int, int]:
    """Return how many of a month's referrals are of other lives, and how many of them came through the front door."""
    return _by_month(world).get(month, (0, 0))


@lru_cache(maxsize=8)
def _by_month(world: World) -> dict[Month, tuple[int, int]]:
    found: dict[Month, tuple[int, int]] = {}
    of_lives = (life.spell for lives in (plans(world), stays(world), known_for_long(world)) for life in lives)
    for spell in of_lives:
        month = month_of(spell.referral)
        all_of, enquired = found.get(month, (0, 0))
        found[month] = all_of + 1, enquired + spell.enquired
    return found


@lru_cache(maxsize=160)
def founders(world: World, month: Month) -> list[Spell]:
    """Return the children referred for the first time in a month, but those of other lives."""
    return _spells(world, month)[0]


@lru_cache(maxsize=160)
def returning(world: World, month: Month) -> list[Spell]:
    """Return the re-referrals of a month: children of the 11 months before whose case had closed."""
    wanted, _ = _wanted(world, month)
    random = Random(f"{world.name}/back/{month}")
    pool = [(spell, due) for n in range(COME_BACK, 0, -1) for spell, due in _back(world, month - n) if due == month]
    random.shuffle(pool)
    chosen = [spell for spell, _ in pool[:wanted]]
    return [
        _again(world, before, plan) if before else plan
        for before, plan in zip((*chosen, *[None] * (wanted - len(chosen))), _spells(world, month)[1], strict=True)
    ]


def _wanted(world: World, month: Month) -> tuple[int, int]:
    """Return how many re-referrals a month has, and how many referrals besides those of other lives."""
    planted, again, _ = planted_referrals(world, month)
    size = max(0, referrals(world, month) - _elsewhere(world, month)[0] - planted)
    return min(max(re_referrals(world, month) - again, 0), size), size


@lru_cache(maxsize=160)
def _spells(world: World, month: Month) -> tuple[list[Spell], list[Spell]]:
    """Return the spells of a month: those of new children, and as many as come back."""
    again, size = _wanted(world, month)
    random = Random(f"{world.name}/referred/{month}")
    groups = _groups(random, world, month, size)
    shares = [dealt(random, size) for _ in range(5)]
    ended = max(0, NO_FURTHER_ACTION * referrals(world, month) - planted_referrals(world, month)[2]) / max(1, size)
    doors = enquiries_to_assessment(world, month) - _elsewhere(world, month)[1]
    # A report on brothers and sisters comes through the front door for all of them.
    spells = [
        _spell(world, random, month, n, group, tuple(share[n] for share in shares), ended, _door(n, doors, size))
        for n, group in enumerate(groups)
    ]
    return spells[: size - again], spells[size - again :]


def _door(n: int, doors: int, size: int) -> bool:
    return n * doors // size != (n + 1) * doors // size if size and doors > 0 else False


def _groups(random: Random, world: World, month: Month, size: int) -> list[_Group]:
    """Return, for each child, the referral that it came with."""
    sizes: list[int] = []
    while sum(sizes) < size:
        sizes.append(min(SIBLINGS.draw(random), size - sum(sizes)))
    found = []
    for number, (children, day) in enumerate(zip(sizes, spread(random, month, len(sizes)), strict=True)):
        incident = f"I-{month}-{number:03}" if children > 1 else ""
        found += [_Group(day, sector(random), SOURCE_ODDS.draw(random), incident)] * children
    return found


def _spell(
    world: World,
    random: Random,
    month: Month,
    n: int,
    group: _Group,
    shares: tuple[float, ...],
    ended: float,
    enquired: bool,
) -> Spell:
    key = f"{month // 12}{month % 12 + 1:02}-{n:03}"
    path, lasts, outcome, danger, led = shares
    born = birth(random, group.day)
    ended_at_once = path < ended
    kept = (path - ended) / (1 - ended) > CLOSED
    started, signed_off = assessed(group.day, STARTS_AFTER.draw(random), lasts)
    section_47 = section_47_ended = conference = 0
    led_on = ""
    if not ended_at_once and danger < SECTION_47[kept]:
        section_47 = nth_after(next_working(started), whole(random, 0, 8))
        section_47_ended, led_on = nth_after(section_47, whole(random, 2, 13)), NOT_LED_ON.at(led)
        conference = nth_after(section_47, conference_days(random.random())) if led_on == "conference" else 0
    return Spell(
        key=key,
        child=name(world.name, "child", key),
        born=born,
        known=False,
        referral=group.day,
        sector=group.sector,
        source=group.source,
        incident=group.incident,
        enquired=enquired,
        no_further_action=ended_at_once,
        need=NEEDS.draw(random),
        started=started,
        signed_off=group.day if ended_at_once else signed_off,
        cancelled=random.random() < CANCELLED,
        outcomes=(KEPT_WITH if kept else CLOSED_WITH).at(outcome),
        section_47=section_47,
        section_47_ended=section_47_ended,
        led_on=led_on,
        conference=conference,
        closes=_closes(random, group.day, signed_off, kept, ended_at_once, born, max(section_47_ended, conference)),
        planned=kept,
        share=random.random(),
    )


def _closes(
    random: Random, day: Day, signed_off: Day, kept: bool, ended_at_once: bool, born: Month, earliest: Day
) -> Day:
    if ended_at_once:
        return day
    if kept:
        lasts = min(25 + int(random.gammavariate(KEPT_DAYS[0], KEPT_DAYS[1])), LONGEST)
        return max(min(next_working(signed_off + lasts), eighteen(born)), signed_off, earliest)
    return max(nth_after(signed_off, whole(random, 0, 4)), earliest)


@lru_cache(maxsize=160)
def _back(world: World, month: Month) -> list[tuple[Spell, Month]]:
    """Return the children of a month who may come back, each in a month after the case has closed."""
    random = Random(f"{world.name}/due back/{month}")
    found = []
    for spell, share in zip(spells := founders(world, month), dealt(random, len(spells)), strict=True):
        earliest = max(month_of(spell.closes), month) + 1
        if earliest <= month + COME_BACK and eighteen(spell.born) > first_day(month + 14):
            found.append((spell, earliest + int(share * (month + COME_BACK + 1 - earliest))))
    return found


def _again(world: World, before: Spell, plan: Spell) -> Spell:
    """Return the spell *plan* as one of the child of the spell *before*."""
    closes = min(plan.closes, max(eighteen(before.born), plan.signed_off))
    return plan._replace(
        key=f"{plan.key}b",
        child=before.child,
        born=before.born,
        known=True,
        sector=before.sector,
        closes=closes,
        incident="",
    )


# --- those who are known for long -----------------------------------------------------------------------------------


class Known(NamedTuple):
    """A child whose case stays open for years."""

    spell: Spell


@lru_cache(maxsize=8)
def known_for_long(world: World) -> list[Known]:
    """Return all who are ever known for long."""
    return [life for place in range(round(scaled(world, KNOWN_FOR_LONG))) for life in _in(world, place)]


def _in(world: World, place: int) -> Iterator[Known]:
    random = Random(f"{world.name}/known/{place}")
    day, number = FIRST + whole(random, 0, 200), 0
    while day < LAST - 400:
        spell = _long(world, random, f"K{place:04}-{number:02}", working().days[index_of(day)])
        yield Known(spell)
        day, number = spell.closes + whole(random, 1, 6), number + 1


def _long(world: World, random: Random, key: str, referral: Day) -> Spell:
    born = birth(random, referral, LONG_AGES)
    started, signed_off = assessed(referral, whole(random, 0, 3), random.random())
    disabled = random.random() < DISABLED
    least, most = LONG_DAYS.draw(random)
    return Spell(
        key=key,
        child=name(world.name, "child", key),
        born=born,
        known=False,
        referral=referral,
        sector=sector(random),
        source=SOURCE_ODDS.draw(random),
        incident="",
        enquired=random.random() < through_the_door(world, referral),
        no_further_action=False,
        need="N2" if disabled else NEEDS.draw(random),
        started=started,
        signed_off=signed_off,
        cancelled=False,
        outcomes=("child_in_need_plan",),
        section_47=0,
        section_47_ended=0,
        led_on="",
        conference=0,
        closes=max(min(referral + whole(random, least, most), eighteen(born)), signed_off + 30),
        planned=True,
        share=random.random(),
        disabled=disabled,
    )


def known_chapters(world: World, life: Known) -> Iterator[Chapter]:
    """Yield what is told of a child known for long: a new assessment each year or so, besides."""
    spell = life.spell
    yield from chapters(world, spell)
    random = Random(f"{world.name}/{spell.key}/reassessed")
    day, number = spell.signed_off + whole(random, *REASSESSED), 1
    while day < spell.closes - 150:
        started, signed_off = assessed(next_working(day), 0, random.random())
        yield started, signed_off + REACH, signed_off, _tell_again, (world, spell, started, signed_off, number)
        day, number = signed_off + whole(random, *REASSESSED), number + 1


def _tell_again(world: World, spell: Spell, started: Day, signed_off: Day, number: int) -> list[Event]:
    clerk = Clerk(world, spell.child, f"{spell.key}/again/{number}")
    where, record = (
        team("disabled children" if spell.disabled else "safeguarding", spell.sector),
        f"A-{spell.key}-{number}",
    )
    clerk.tell(AssessmentStarted, record, started, team=where)
    clerk.tell(AssessmentAuthorised, record, signed_off, team=where, outcomes=("child_in_need_plan",))
    return clerk.told
