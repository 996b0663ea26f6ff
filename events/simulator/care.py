"""Which children are looked after. The number of places is fixed; when a child leaves one, another soon comes."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.simulator.chance import SILVER, Odds, evenly, name, whole
from events.simulator.days import (
    FIRST_DAY,
    LAST_DAY,
    Day,
    Month,
    as_date,
    index_of,
    nth_after,
    working,
)
from events.simulator.spells import NEEDS, SOURCE_ODDS, Spell, assessed, birth, eighteen
from events.simulator.volumes import (
    ADOPTION_CHILDREN,
    LOOKED_AFTER_TOTAL,
    PLANTED_IN_CARE,
    REMANDED_CHILDREN,
    SHORT_BREAK_SERIES,
    VOLUNTARY_CHILDREN,
    scaled,
    through_the_door,
)
from events.simulator.wexshire import World, sector
from events.time import add_months

PLACE_GAP_DAYS = (1, 4)  # for which a place waits for the next child
FREE_PLACES_SHARE = 0.004
STAY_AGES: Odds[tuple[int, int]] = Odds(
    ((0, 11), 0.17), ((12, 59), 0.18), ((60, 119), 0.22), ((120, 191), 0.36), ((192, 209), 0.07)
)
YOUNG: Odds[tuple[int, int]] = Odds(((0, 11), 0.6), ((12, 47), 0.4))
OLD: Odds[tuple[int, int]] = Odds(((170, 209), 1.0))
STAY_DAYS: dict[str, Odds[tuple[int, int]]] = {  # days in care
    "order": Odds(((20, 150), 0.18), ((150, 540), 0.22), ((540, 1460), 0.28), ((1460, 5500), 0.32)),
    "voluntary": Odds(((3, 120), 0.3), ((120, 400), 0.3), ((400, 1460), 0.3), ((1460, 3600), 0.1)),
    "adoption": Odds(((480, 800), 1.0)),
    "remand": Odds(((20, 100), 1.0)),
    "breaks": Odds(((300, 1500), 1.0)),
}
END_REASONS = Odds(("E4A", 0.42), ("E45", 0.14), ("E8", 0.32), ("E3", 0.02), ("E41", 0.02), ("E5", 0.08))
END_REASONS_AT_18 = Odds(("E17", 0.4), ("E15", 0.4), ("E7", 0.2))
POLICE_PROTECTION_SHARE = 0.08  # of the children under orders: they came in by police protection, for two days
PROCEEDINGS_DAYS = (150, 270)  # to the full order
ADOPTIVE_PLACEMENT_DAYS = (150, 330)  # for which a child lives with its adopters before the order

# How often a child moves is a habit of the place: quiet, moving or restless.
QUIET_SHARE, MOVING_SHARE = 0.718, 0.175  # the others move again and again
QUIET_DAYS, MOVING_DAYS, RESTLESS_DAYS = 3300, (240, 420), (50, 150)
BRIDGED_SHARE = 0.16  # of the periods: they begin with some weeks in another home
TEMPORARY_STAY_DAYS = 3600  # between temporary stays: a hospital, a carer's holiday
CONFIRMED_SHARE = 0.1  # of the homes: they become lasting ones with the same carer
HOMES: dict[str, Odds[str]] = {
    "order": Odds(("U4", 0.36), ("U6", 0.2), ("U1", 0.16), ("U3", 0.08), ("K2", 0.1), ("P1", 0.06), ("H5", 0.04)),
    "voluntary": Odds(("U6", 0.42), ("U1", 0.14), ("K2", 0.2), ("H5", 0.16), ("P2", 0.08)),
    "adoption": Odds(("U6", 0.8), ("U1", 0.2)),
    "remand": Odds(("K1", 0.5), ("R5", 0.5)),
    "breaks": Odds(("U6", 0.5), ("K2", 0.5)),
}
PROVIDERS = Odds(("PR1", 0.55), ("PR4", 0.42), ("PR2", 0.03))
DISTANT_SHARE = 0.24  # of the homes, and how many of these lie outside the county
OUTSIDE_SHARE = 0.6

REVIEWED_LATE_SHARE = 0.012
STAY_VISITED_LATE_SHARE = 0.16  # of the visits
VISIT_DAYS, LATE_VISIT_DAYS = (27, 41), (43, 70)  # after the one before
FIRST_VISIT_DAYS, FIRST_VISIT_LATE_DAYS = (1, 6), (9, 20)  # after the move


class Home(NamedTuple):
    """A placement from a day on."""

    since: Day
    code: str
    provider: str
    same_carer: bool
    miles: float
    outside: bool
    until: Day = 0  # told as ended, where it does not last until the next


class CareStay(NamedTuple):
    """One child's period of care."""

    spell: Spell
    place: int
    track: str
    entered: Day
    left: Day
    reason: str
    statuses: tuple[tuple[Day, str], ...]
    homes: tuple[Home, ...]


@lru_cache(maxsize=8)
def stays(world: World) -> list[CareStay]:
    """Return every period of care there ever is."""
    places = round(scaled(world, LOOKED_AFTER_TOTAL - PLANTED_IN_CARE) * (1 + FREE_PLACES_SHARE))
    breaks = round(scaled(world, SHORT_BREAK_SERIES))
    tracks = [*(_track(evenly(place)) for place in range(places)), *["breaks"] * breaks]
    return [stay for place, track in enumerate(tracks) for stay in _in(world, place, track)]


def _track(share: float) -> str:
    for track, number in (
        ("adoption", ADOPTION_CHILDREN),
        ("voluntary", VOLUNTARY_CHILDREN),
        ("remand", REMANDED_CHILDREN),
    ):
        if share < number / LOOKED_AFTER_TOTAL:
            return track
        share -= number / LOOKED_AFTER_TOTAL
    return "order"


def _in(world: World, place: int, track: str) -> Iterator[CareStay]:
    random = Random(f"{world.name}/care/{place}")
    day, number = FIRST_DAY + whole(random, 0, 60), 0
    while day < LAST_DAY - 400:
        stay = _stay(world, random, place, number, track, day)
        yield stay
        day, number = stay.left + whole(random, *PLACE_GAP_DAYS), number + 1


def _stay(world: World, random: Random, place: int, number: int, track: str, entered: Day) -> CareStay:
    key = f"L{place:03}-{number:02}"
    waited = whole(random, 0, 5) if random.random() < 0.35 else whole(random, 6, 300)
    referral = working().days[index_of(entered - waited)]
    ages = {"adoption": YOUNG, "remand": OLD}.get(track, STAY_AGES)
    born = birth(random, referral, ages)
    least, most = STAY_DAYS[track].draw(random)
    grown = eighteen(born)
    left = max(min(entered + whole(random, least, most), grown), entered + 2)
    reason = _reason(random, track, left >= grown)
    statuses = tuple(_statuses(random, track, entered, left))
    homes = tuple(_homes(random, place, track, entered, left))
    spell = _spell(world, random, key, born, referral, (entered, left))
    return CareStay(spell, place, track, entered, left, reason, statuses, homes)


def _reason(random: Random, track: str, grown: bool) -> str:
    if grown:
        return END_REASONS_AT_18.draw(random)
    if track == "adoption":
        return random.choice(("E11", "E12"))
    return "E9" if track == "remand" else END_REASONS.draw(random)


def _spell(world: World, random: Random, key: str, born: Month, referral: Day, stretch: tuple[Day, Day]) -> Spell:
    """Return the spell around a *stretch* in care, from its first day to its last."""
    entered, left = stretch
    started, signed_off = assessed(referral, whole(random, 0, 2), random.random())
    section_47 = nth_after(referral, whole(random, 0, 3)) if random.random() < 0.45 else 0
    return Spell(
        key=key,
        child=name(world.name, "child", key),
        born=born,
        referral=referral,
        sector=sector(random),
        source=SOURCE_ODDS.draw(random),
        enquired=random.random() < through_the_door(world, referral),
        need="N1" if random.random() < 0.7 else NEEDS.draw(random),
        started=started,
        signed_off=signed_off,
        outcomes=("child_in_need_plan", "care") if signed_off < entered else ("care",),
        section_47=section_47,
        section_47_ended=section_47 and nth_after(section_47, whole(random, 3, 12)),
        led_on="no_conference",
        closes=max(left if left >= eighteen(born) else left + whole(random, 0, 90), signed_off),
        planned=False,
        share=random.random(),
    )


def _statuses(random: Random, track: str, entered: Day, left: Day) -> Iterator[tuple[Day, str]]:
    """Yield the legal statuses of a stay, each from its day on."""
    if track in ("voluntary", "remand", "breaks"):
        yield entered, {"voluntary": "V2", "remand": "J1"}.get(track) or random.choice(("V3", "V4"))
        return
    if random.random() < POLICE_PROTECTION_SHARE:
        yield entered, "L1"
        entered += 2
    yield entered, "C1"
    full = entered + whole(random, *PROCEEDINGS_DAYS)
    if full < left:
        yield full, "E1" if track == "adoption" else "C2"


# --- homes -----------------------------------------------------------------------------------------------------------


def _homes(random: Random, place: int, track: str, entered: Day, left: Day) -> Iterator[Home]:
    """Yield the placements of a stay."""
    habit = evenly(place, SILVER)
    placed = left - whole(random, *ADOPTIVE_PLACEMENT_DAYS) if track == "adoption" else left
    home = _home(random, track, entered)
    yield home
    leaves = entered + (whole(random, 10, 90) if random.random() < BRIDGED_SHARE else _days_until_move(random, habit))
    while leaves < placed:
        home = _home(random, track, leaves)
        yield from _kept(random, home, min(leaves + 2000, placed))
        leaves += _days_until_move(random, habit)
    if placed < left:
        yield home._replace(since=placed, code="A4", provider="PR1", same_carer=False, miles=18.0, outside=False)


def _days_until_move(random: Random, habit: float) -> int:
    if habit < QUIET_SHARE:
        return 20 + int(random.expovariate(1 / QUIET_DAYS))
    return whole(random, *(MOVING_DAYS if habit < QUIET_SHARE + MOVING_SHARE else RESTLESS_DAYS))


def _kept(random: Random, home: Home, until: Day) -> Iterator[Home]:
    """Yield a home, and what interrupts or confirms it."""
    yield home
    away = home.since + 30 + int(random.expovariate(1 / TEMPORARY_STAY_DAYS))
    back = away + whole(random, 3, 20)
    if back < until:
        yield home._replace(since=away, code=random.choice(("T0", "T3", "T4")), provider="PR1", until=back)
        yield home._replace(since=back)
    elif random.random() < CONFIRMED_SHARE and home.since + 120 < until and home.code == "U6":
        yield home._replace(since=home.since + 120, code="U4", same_carer=True)


def _home(random: Random, track: str, since: Day) -> Home:
    distant = random.random() < DISTANT_SHARE
    miles = round(random.uniform(20.5, 140) if distant else random.triangular(0.5, 20, 6), 1)
    outside = distant and random.random() < OUTSIDE_SHARE
    return Home(since, HOMES[track].draw(random), PROVIDERS.draw(random), False, miles, outside)


# --- what is due ---------------------------------------------------------------------------------------------------


def reviews(random: Random, entered: Day, left: Day) -> Iterator[Day]:
    """Yield the days of the reviews: within 20 working days, then within 3 months, then within every 6 months."""
    due, number = nth_after(entered, 20), 0
    while True:
        late = random.random() < REVIEWED_LATE_SHARE
        day = nth_after(due, whole(random, 1, 12)) if late else working().days[index_of(due - whole(random, 0, 9))]
        day = max(day, nth_after(entered, 1))
        if day >= left:
            return
        yield day
        number += 1
        due = add_months(as_date(day), 3 if number == 1 else 6).toordinal()


def visits(random: Random, stay: CareStay) -> list[Day]:
    """Return the days of the visits of a stay: within a week of each move, then every six weeks."""
    days = []
    for home, after in zip(stay.homes, (*stay.homes[1:], None), strict=True):
        late = random.random() < STAY_VISITED_LATE_SHARE
        day = home.since + whole(random, *(FIRST_VISIT_LATE_DAYS if late else FIRST_VISIT_DAYS))
        until = after.since if after else stay.left
        while day < until:
            days.append(day if late else working().days[index_of(day)])
            late = random.random() < STAY_VISITED_LATE_SHARE
            day += whole(random, *(LATE_VISIT_DAYS if late else VISIT_DAYS))
    return days
