"""Children looked after. There are so many places; when a child leaves one, another soon comes."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.simulator.chance import SILVER, Odds, evenly, name, whole
from events.simulator.days import (
    FIRST,
    LAST,
    Day,
    as_date,
    index_of,
    nth_after,
    working,
)
from events.simulator.spells import NEEDS, SOURCE_ODDS, Spell, assessed, birth, eighteen
from events.simulator.volumes import (
    ADOPTION,
    LOOKED_AFTER,
    PLANTED_IN_CARE,
    REMAND,
    SHORT_BREAKS,
    VOLUNTARY,
    scaled,
    through_the_door,
)
from events.simulator.wexshire import World, sector
from events.time import add_months

BETWEEN = (1, 4)  # days that a place waits for the next child
WAITING = 0.004  # so many of the places are free
AGES: Odds[tuple[int, int]] = Odds(
    ((0, 11), 0.17), ((12, 59), 0.18), ((60, 119), 0.22), ((120, 191), 0.36), ((192, 209), 0.07)
)
YOUNG: Odds[tuple[int, int]] = Odds(((0, 11), 0.6), ((12, 47), 0.4))
OLD: Odds[tuple[int, int]] = Odds(((170, 209), 1.0))
STAYS: dict[str, Odds[tuple[int, int]]] = {  # days in care
    "order": Odds(((20, 150), 0.18), ((150, 540), 0.22), ((540, 1460), 0.28), ((1460, 5500), 0.32)),
    "voluntary": Odds(((3, 120), 0.3), ((120, 400), 0.3), ((400, 1460), 0.3), ((1460, 3600), 0.1)),
    "adoption": Odds(((480, 800), 1.0)),
    "remand": Odds(((20, 100), 1.0)),
    "breaks": Odds(((300, 1500), 1.0)),
}
ENDS = Odds(("E4A", 0.42), ("E45", 0.14), ("E8", 0.32), ("E3", 0.02), ("E41", 0.02), ("E5", 0.08))
GROWN = Odds(("E17", 0.4), ("E15", 0.4), ("E7", 0.2))  # at 18
PROTECTED = 0.08  # of the children under orders came in by police protection, for two days
PROCEEDINGS = (150, 270)  # days to the full order
PLACED_FOR = (150, 330)  # days that a child lives with its adopters before the order

# Where the present home is, and how often it changes: three habits, by place.
QUIET, MOVING = 0.718, 0.175  # the others move again and again
QUIET_DAYS, MOVING_DAYS, RESTLESS_DAYS = 3300, (240, 420), (50, 150)
BRIDGED = 0.16  # of the stays begin in a home for some weeks
AWAY_DAYS = 3600  # between temporary stays: a hospital, a carer's holiday
CONFIRMED = 0.1  # of the homes become lasting ones with the same carer
HOMES: dict[str, Odds[str]] = {
    "order": Odds(("U4", 0.36), ("U6", 0.2), ("U1", 0.16), ("U3", 0.08), ("K2", 0.1), ("P1", 0.06), ("H5", 0.04)),
    "voluntary": Odds(("U6", 0.42), ("U1", 0.14), ("K2", 0.2), ("H5", 0.16), ("P2", 0.08)),
    "adoption": Odds(("U6", 0.8), ("U1", 0.2)),
    "remand": Odds(("K1", 0.5), ("R5", 0.5)),
    "breaks": Odds(("U6", 0.5), ("K2", 0.5)),
}
PROVIDERS = Odds(("PR1", 0.55), ("PR4", 0.42), ("PR2", 0.03))
DISTANT = 0.24  # of the homes, and how many of these lie outside the county
OUTSIDE = 0.6

REVIEWED_LATE = 0.012
VISITED_LATE = 0.16  # of the visits
VISIT_DAYS, LATE_DAYS = (27, 41), (43, 70)  # after the one before
FIRST_VISIT, FIRST_LATE = (1, 6), (9, 20)  # after the move


class Home(NamedTuple):
    """A placement from a day on."""

    since: Day
    code: str
    provider: str
    same_carer: bool
    miles: float
    outside: bool
    until: Day = 0  # told as ended, where it does not last until the next


class Stay(NamedTuple):
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
def stays(world: World) -> list[Stay]:
    """Return every stay there ever is."""
    places = round(scaled(world, LOOKED_AFTER - PLANTED_IN_CARE) * (1 + WAITING))
    breaks = round(scaled(world, SHORT_BREAKS))
    tracks = [*(_track(evenly(place)) for place in range(places)), *["breaks"] * breaks]
    return [stay for place, track in enumerate(tracks) for stay in _in(world, place, track)]


def _track(share: float) -> str:
    for track, number in (("adoption", ADOPTION), ("voluntary", VOLUNTARY), ("remand", REMAND)):
        if share < number / LOOKED_AFTER:
            return track
        share -= number / LOOKED_AFTER
    return "order"


def _in(world: World, place: int, track: str) -> Iterator[Stay]:
    random = Random(f"{world.name}/care/{place}")
    day, number = FIRST + whole(random, 0, 60), 0
    while day < LAST - 400:
        stay = _stay(world, random, place, number, track, day)
        yield stay
        day, number = stay.left + whole(random, *BETWEEN), number + 1


def _stay(world: World, random: Random, place: int, number: int, track: str, entered: Day) -> Stay:
    key = f"L{place:03}-{number:02}"
    waited = whole(random, 0, 5) if random.random() < 0.35 else whole(random, 6, 300)
    referral = working().days[index_of(entered - waited)]
    ages = {"adoption": YOUNG, "remand": OLD}.get(track, AGES)
    born = birth(random, referral, ages)
    least, most = STAYS[track].draw(random)
    grown = eighteen(born)
    left = max(min(entered + whole(random, least, most), grown), entered + 2)
    reason = _reason(random, track, left >= grown)
    statuses = tuple(_statuses(random, track, entered, left))
    homes = tuple(_homes(random, place, track, entered, left))
    spell = _spell(world, random, key, referral, born, entered, left, grown)
    return Stay(spell, place, track, entered, left, reason, statuses, homes)


def _reason(random: Random, track: str, grown: bool) -> str:
    if grown:
        return GROWN.draw(random)
    if track == "adoption":
        return random.choice(("E11", "E12"))
    return "E9" if track == "remand" else ENDS.draw(random)


def _spell(
    world: World, random: Random, key: str, referral: Day, born: int, entered: Day, left: Day, grown: Day
) -> Spell:
    started, signed_off = assessed(referral, whole(random, 0, 2), random.random())
    section_47 = nth_after(referral, whole(random, 0, 3)) if random.random() < 0.45 else 0
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
        need="N1" if random.random() < 0.7 else NEEDS.draw(random),
        started=started,
        signed_off=signed_off,
        cancelled=False,
        outcomes=("child_in_need_plan", "care") if signed_off < entered else ("care",),
        section_47=section_47,
        section_47_ended=section_47 and nth_after(section_47, whole(random, 3, 12)),
        led_on="no_conference",
        conference=0,
        closes=max(left if left >= grown else left + whole(random, 0, 90), signed_off),
        planned=False,
        share=random.random(),
    )


def _statuses(random: Random, track: str, entered: Day, left: Day) -> Iterator[tuple[Day, str]]:
    """Yield the legal statuses of a stay, each from its day on."""
    if track in ("voluntary", "remand", "breaks"):
        yield entered, {"voluntary": "V2", "remand": "J1"}.get(track) or random.choice(("V3", "V4"))
        return
    if random.random() < PROTECTED:
        yield entered, "L1"
        entered += 2
    yield entered, "C1"
    full = entered + whole(random, *PROCEEDINGS)
    if full < left:
        yield full, "E1" if track == "adoption" else "C2"


# --- homes -----------------------------------------------------------------------------------------------------------


def _homes(random: Random, place: int, track: str, entered: Day, left: Day) -> Iterator[Home]:
    """Yield the placements of a stay."""
    habit = evenly(place, SILVER)
    placed = left - whole(random, *PLACED_FOR) if track == "adoption" else left
    home = _home(random, track, entered)
    yield home
    leaves = entered + (whole(random, 10, 90) if random.random() < BRIDGED else _days_until_move(random, habit))
    while leaves < placed:
        home = _home(random, track, leaves)
        yield from _kept(random, home, min(leaves + 2000, placed))
        leaves += _days_until_move(random, habit)
    if placed < left:
        yield home._replace(since=placed, code="A4", provider="PR1", same_carer=False, miles=18.0, outside=False)


def _days_until_move(random: Random, habit: float) -> int:
    if habit < QUIET:
        return 20 + int(random.expovariate(1 / QUIET_DAYS))
    return whole(random, *(MOVING_DAYS if habit < QUIET + MOVING else RESTLESS_DAYS))


def _kept(random: Random, home: Home, until: Day) -> Iterator[Home]:
    """Yield a home, and what interrupts or confirms it."""
    yield home
    away = home.since + 30 + int(random.expovariate(1 / AWAY_DAYS))
    back = away + whole(random, 3, 20)
    if back < until:
        yield home._replace(since=away, code=random.choice(("T0", "T3", "T4")), provider="PR1", until=back)
        yield home._replace(since=back)
    elif random.random() < CONFIRMED and home.since + 120 < until and home.code == "U6":
        yield home._replace(since=home.since + 120, code="U4", same_carer=True)


def _home(random: Random, track: str, since: Day) -> Home:
    distant = random.random() < DISTANT
    miles = round(random.uniform(20.5, 140) if distant else random.triangular(0.5, 20, 6), 1)
    outside = distant and random.random() < OUTSIDE
    return Home(since, HOMES[track].draw(random), PROVIDERS.draw(random), False, miles, outside)


# --- what is due ---------------------------------------------------------------------------------------------------


def reviews(random: Random, entered: Day, left: Day) -> Iterator[Day]:
    """Yield the days of the reviews: by 20 working days, 3 months later, then by every 6 months."""
    due, number = nth_after(entered, 20), 0
    while True:
        late = random.random() < REVIEWED_LATE
        day = nth_after(due, whole(random, 1, 12)) if late else working().days[index_of(due - whole(random, 0, 9))]
        day = max(day, nth_after(entered, 1))
        if day >= left:
            return
        yield day
        number += 1
        due = add_months(as_date(day), 3 if number == 1 else 6).toordinal()


def visits(random: Random, stay: Stay) -> list[Day]:
    """Return the days of the visits of a stay: within a week of each move, then every six weeks."""
    found = []
    for home, after in zip(stay.homes, (*stay.homes[1:], None), strict=True):
        late = random.random() < VISITED_LATE
        day = home.since + whole(random, *(FIRST_LATE if late else FIRST_VISIT))
        until = after.since if after else stay.left
        while day < until:
            found.append(min(day if late else working().days[index_of(day)], day))
            late = random.random() < VISITED_LATE
            day += whole(random, *(LATE_DAYS if late else VISIT_DAYS))
    return found
