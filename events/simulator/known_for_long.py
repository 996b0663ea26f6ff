"""Children in need whose case stays open for years: disabled children and others."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.event import Event
from events.need import AssessmentAuthorised, AssessmentStarted
from events.simulator.chance import Odds, name, whole
from events.simulator.chapters import Chapter, chapters
from events.simulator.clerk import REACH_DAYS, Clerk
from events.simulator.days import FIRST_DAY, LAST_DAY, Day, index_of, next_working, working
from events.simulator.spells import NEEDS, SOURCE_ODDS, Spell, assessed, birth, eighteen
from events.simulator.volumes import KNOWN_FOR_LONG, scaled, through_the_door
from events.simulator.wexshire import World, sector

LONG_DAYS: Odds[tuple[int, int]] = Odds(((300, 700), 0.35), ((700, 1500), 0.4), ((1500, 2900), 0.25))
LONG_AGES: Odds[tuple[int, int]] = Odds(((12, 59), 0.3), ((60, 119), 0.4), ((120, 180), 0.3))
DISABLED_SHARE = 0.5
REASSESSED_DAYS = (480, 760)  # between assessments


class Known(NamedTuple):
    """A child whose case stays open for years."""

    spell: Spell


@lru_cache(maxsize=8)
def known_for_long(world: World) -> list[Known]:
    """Return every child who is ever known for long."""
    return [life for place in range(round(scaled(world, KNOWN_FOR_LONG))) for life in _in(world, place)]


def _in(world: World, place: int) -> Iterator[Known]:
    random = Random(f"{world.name}/known/{place}")
    day, number = FIRST_DAY + whole(random, 0, 200), 0
    while day < LAST_DAY - 400:
        spell = _long(world, random, f"K{place:04}-{number:02}", working().days[index_of(day)])
        yield Known(spell)
        day, number = spell.closes + whole(random, 1, 6), number + 1


def _long(world: World, random: Random, key: str, referral: Day) -> Spell:
    born = birth(random, referral, LONG_AGES)
    started, signed_off = assessed(referral, whole(random, 0, 3), random.random())
    disabled = random.random() < DISABLED_SHARE
    least, most = LONG_DAYS.draw(random)
    return Spell(
        key=key,
        child=name(world.name, "child", key),
        born=born,
        referral=referral,
        sector=sector(random),
        source=SOURCE_ODDS.draw(random),
        enquired=random.random() < through_the_door(world, referral),
        need="N2" if disabled else NEEDS.draw(random),
        started=started,
        signed_off=signed_off,
        outcomes=("child_in_need_plan",),
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
    day, number = spell.signed_off + whole(random, *REASSESSED_DAYS), 1
    while day < spell.closes - 150:
        started, signed_off = assessed(next_working(day), 0, random.random())
        again = (world, spell, started, signed_off, number)
        yield Chapter(started, signed_off + REACH_DAYS, signed_off, _tell_again, again)
        day, number = signed_off + whole(random, *REASSESSED_DAYS), number + 1


def _tell_again(world: World, spell: Spell, started: Day, signed_off: Day, number: int) -> list[Event]:
    clerk = Clerk(world, spell.child, f"{spell.key}/again/{number}")
    where, record = spell.team(spell.team_in_need), f"A-{spell.key}-{number}"
    clerk.tell(AssessmentStarted, record, started, team=where)
    clerk.tell(AssessmentAuthorised, record, signed_off, team=where, outcomes=("child_in_need_plan",))
    return clerk.tellings
