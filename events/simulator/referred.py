"""Children in need who are referred and assessed; most are not seen again."""

from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.simulator.care import stays
from events.simulator.chance import Odds, dealt, name, whole
from events.simulator.days import Day, Month, first_day, month_of, next_working, nth_after, spread
from events.simulator.known_for_long import known_for_long
from events.simulator.plans import plans
from events.simulator.planted import planted_referrals
from events.simulator.spells import (
    CLOSED_WITH,
    KEPT_WITH,
    NEEDS,
    NOT_LED_ON,
    SOURCE_ODDS,
    STARTS_AFTER,
    Spell,
    assessed,
    birth,
    conference_days,
    eighteen,
)
from events.simulator.volumes import (
    CANCELLED_SHARE,
    CLOSED_SHARE,
    NO_FURTHER_ACTION_SHARE,
    SECTION_47_SHARES,
    enquiries_to_assessment,
    re_referrals,
    referrals,
)
from events.simulator.wexshire import World, sector

SIBLINGS = Odds((1, 0.68), (2, 0.2), (3, 0.08), (4, 0.04))  # children that one report is about
# How many days a case stays open after the assessment: a gamma distribution, 430 days on average.
KEPT_DAYS_SHAPE, KEPT_DAYS_SCALE = 2.2, 262.0
KEPT_MAX_DAYS = 1000
COME_BACK_MONTHS = 11  # within which children who come back do so
OPEN_MONTHS = 38  # after which no referral of a month is still open


class SiblingReferral(NamedTuple):
    """One referral, of a child or of brothers and sisters."""

    day: Day
    sector: int
    source: str
    incident: str


class ReferralShares(NamedTuple):
    """Where a child stands, from 0 to 1, among all of the month in each respect that is dealt."""

    path: float
    lasts: float  # the assessment
    outcome: float
    danger: float
    led_on: float


@lru_cache(maxsize=4096)
def _elsewhere(world: World, month: Month) -> tuple[int, int]:
    """Return the referrals of a month that belong to other lives: their number, and how many came as an enquiry."""
    return _by_month(world).get(month, (0, 0))


@lru_cache(maxsize=8)
def _by_month(world: World) -> dict[Month, tuple[int, int]]:
    by_month: dict[Month, tuple[int, int]] = {}
    of_lives = (life.spell for lives in (plans(world), stays(world), known_for_long(world)) for life in lives)
    for spell in of_lives:
        month = month_of(spell.referral)
        number, enquired = by_month.get(month, (0, 0))
        by_month[month] = number + 1, enquired + spell.enquired
    return by_month


@lru_cache(maxsize=160)
def founders(world: World, month: Month) -> list[Spell]:
    """Return the spells of children referred for the first time in a month, except those of other lives."""
    return _spells(world, month)[0]


@lru_cache(maxsize=160)
def returning(world: World, month: Month) -> list[Spell]:
    """Return the re-referrals of a month: children of the 11 months before whose case had closed."""
    wanted, _ = _wanted(world, month)
    random = Random(f"{world.name}/back/{month}")
    before = [spell for n in range(COME_BACK_MONTHS, 0, -1) for spell, due in _back(world, month - n) if due == month]
    random.shuffle(before)
    chosen = (*before[:wanted], *[None] * (wanted - len(before)))
    return [
        _again(first, spell) if first else spell for first, spell in zip(chosen, _spells(world, month)[1], strict=True)
    ]


def _wanted(world: World, month: Month) -> tuple[int, int]:
    """Return the number of a month's re-referrals, and of all its referrals except those of other lives."""
    planted, again, _ = planted_referrals(world, month)
    size = max(0, referrals(world, month) - _elsewhere(world, month)[0] - planted)
    return min(max(re_referrals(world, month) - again, 0), size), size


@lru_cache(maxsize=160)
def _spells(world: World, month: Month) -> tuple[list[Spell], list[Spell]]:
    """Return the spells of a month: those of new children, and those for children who come back."""
    again, size = _wanted(world, month)
    random = Random(f"{world.name}/referred/{month}")
    of_children = _referrals_of_children(random, month, size)
    shares = [ReferralShares(*share) for share in zip(*(dealt(random, size) for _ in range(5)), strict=True)]
    ended = _ended_share(world, month, size)
    doors = enquiries_to_assessment(world, month) - _elsewhere(world, month)[1]
    spells = [
        _spell(world, random, (month, n), referral, shares[n], ended, _through_door(n, doors, size))
        for n, referral in enumerate(of_children)
    ]
    return spells[: size - again], spells[size - again :]


def _ended_share(world: World, month: Month, size: int) -> float:
    """Return the share of the month's *size* new referrals that lead to nothing."""
    ended = NO_FURTHER_ACTION_SHARE * referrals(world, month) - planted_referrals(world, month)[2]
    return max(0, ended) / max(1, size)


def _through_door(n: int, doors: int, size: int) -> bool:
    """Return whether the *n*-th of *size* referrals came through the front door: *doors* of them do, evenly spaced."""
    return n * doors // size != (n + 1) * doors // size if size and doors > 0 else False


def _referrals_of_children(random: Random, month: Month, size: int) -> list[SiblingReferral]:
    """Return, for each child, the referral that it came with."""
    sizes: list[int] = []
    while sum(sizes) < size:
        sizes.append(min(SIBLINGS.draw(random), size - sum(sizes)))
    of_children = []
    for number, (children, day) in enumerate(zip(sizes, spread(random, month, len(sizes)), strict=True)):
        incident = f"I-{month}-{number:03}" if children > 1 else ""
        of_children += [SiblingReferral(day, sector(random), SOURCE_ODDS.draw(random), incident)] * children
    return of_children


def _spell(
    world: World,
    random: Random,
    place: tuple[Month, int],
    referral: SiblingReferral,
    shares: ReferralShares,
    ended: float,
    enquired: bool,
) -> Spell:
    """Return the spell of the n-th child of a month, *place*. *ended*: the share of referrals that lead to nothing."""
    month, n = place
    key = f"{month // 12}{month % 12 + 1:02}-{n:03}"
    born = birth(random, referral.day)
    ended_at_once = shares.path < ended
    kept = (shares.path - ended) / (1 - ended) > CLOSED_SHARE
    started, signed_off = assessed(referral.day, STARTS_AFTER.draw(random), shares.lasts)
    enquiry = _Section47()
    if not ended_at_once and shares.danger < SECTION_47_SHARES[kept]:
        enquiry = _section_47(random, started, shares.led_on)
    return Spell(
        key=key,
        child=name(world.name, "child", key),
        born=born,
        referral=referral.day,
        sector=referral.sector,
        source=referral.source,
        incident=referral.incident,
        enquired=enquired,
        no_further_action=ended_at_once,
        need=NEEDS.draw(random),
        started=started,
        signed_off=referral.day if ended_at_once else signed_off,
        cancelled=random.random() < CANCELLED_SHARE,
        outcomes=(KEPT_WITH if kept else CLOSED_WITH).at(shares.outcome),
        section_47=enquiry.started,
        section_47_ended=enquiry.ended,
        led_on=enquiry.led_on,
        conference=enquiry.conference,
        closes=referral.day if ended_at_once else _closes(random, signed_off, kept, born, enquiry),
        planned=kept,
        share=random.random(),
    )


class _Section47(NamedTuple):
    """A section 47 enquiry; a day that never comes is 0."""

    started: Day = 0
    ended: Day = 0
    led_on: str = ""
    conference: Day = 0


def _section_47(random: Random, assessment: Day, share: float) -> _Section47:
    started = nth_after(next_working(assessment), whole(random, 0, 8))
    ended, led_on = nth_after(started, whole(random, 2, 13)), NOT_LED_ON.at(share)
    conference = nth_after(started, conference_days(random.random())) if led_on == "conference" else 0
    return _Section47(started, ended, led_on, conference)


def _closes(random: Random, signed_off: Day, kept: bool, born: Month, enquiry: _Section47) -> Day:
    earliest = max(enquiry.ended, enquiry.conference)
    if kept:
        lasts = min(25 + int(random.gammavariate(KEPT_DAYS_SHAPE, KEPT_DAYS_SCALE)), KEPT_MAX_DAYS)
        return max(min(next_working(signed_off + lasts), eighteen(born)), signed_off, earliest)
    return max(nth_after(signed_off, whole(random, 0, 4)), earliest)


@lru_cache(maxsize=160)
def _back(world: World, month: Month) -> list[tuple[Spell, Month]]:
    """Return the spells of a month whose child may come back, each with a month after its case has closed."""
    random = Random(f"{world.name}/due back/{month}")
    due = []
    for spell, share in zip(spells := founders(world, month), dealt(random, len(spells)), strict=True):
        earliest = max(month_of(spell.closes), month) + 1
        if earliest <= month + COME_BACK_MONTHS and eighteen(spell.born) > first_day(month + 14):
            due.append((spell, earliest + int(share * (month + COME_BACK_MONTHS + 1 - earliest))))
    return due


def _again(before: Spell, spell: Spell) -> Spell:
    """Return *spell* as one of the child of the spell *before*."""
    return spell._replace(
        key=f"{spell.key}b",
        child=before.child,
        born=before.born,
        known=True,
        sector=before.sector,
        closes=min(spell.closes, max(eighteen(before.born), spell.signed_off)),
        incident="",
    )
