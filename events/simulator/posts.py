"""The office: posts in teams, who holds each, and so who holds a child's case.

A post is there for good; workers come, stay away and leave. When a post changes hands, so do all its cases.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from random import Random
from typing import NamedTuple

from events.event import Event
from events.simulator.chance import evenly, name, whole
from events.simulator.days import FIRST, LAST, Day, as_date, in_office, on_or_after
from events.simulator.volumes import scaled
from events.simulator.wexshire import ADOPTION, DUTY, FRONT_DOOR, KINDS, LOCALITIES, SECTORS, SOURCE, World, team
from events.workforce import WorkerRecorded

# Full-time equivalents at 30 September 2017 (Workforce), and how many came that autumn (Report 1.3, and Workforce at
# 30 September 2018: 316.7 in post).
IN_POST, AGENCY, COVERING, RECRUITED = 294.1, 46.7, 42.7, 29.0
NOT_HOLDING = 73.0  # managers, senior practitioners and the front door: in the 294.1, and without cases
RECRUITMENT = (date(2017, 10, 9).toordinal(), 60)  # the first day, and over how many they came
PART_TIMES = (1.0, 1.0, 0.8, 1.0, 0.6, 1.0, 1.0, 0.5, 1.0, 1.0)
DAYS_IN_POST, DAYS_OF_AGENCY = (200, 2400), (90, 500)
AWAY = 0.07  # of those in post: a long absence once in their time
DAYS_AWAY = (45, 200)
NEWLY_QUALIFIED = 0.12

# Cases that each kind of team holds, so that there are posts for them.
LOAD = {"assessment": 0.13, "safeguarding": 0.59, "permanence": 0.135, "disabled children": 0.145}
UNEVEN = 0.12  # a team may have so much less or more than its share


class Post(NamedTuple):
    """A job in a team, and its share of a full one."""

    key: str
    team: str
    fte: float
    agency: bool
    covering: bool
    holding: bool  # of cases
    since: Day


class Spell(NamedTuple):
    """Who stands in for a post from a day on."""

    since: Day
    worker: str
    away: bool = False  # the worker is absent, and another post has the cases


@lru_cache(maxsize=16)
def posts(world: World) -> tuple[Post, ...]:
    """Return every post there ever is."""
    random = Random(f"{world.name}/posts")
    places = _places(random)
    jobs = [
        *((fte, False, False, False, FIRST) for fte in _jobs(scaled(world, NOT_HOLDING))),
        *((fte, False, False, True, FIRST) for fte in _jobs(scaled(world, IN_POST - NOT_HOLDING))),
        *((fte, True, True, True, FIRST) for fte in _full(scaled(world, COVERING))),
        *((fte, True, False, True, FIRST) for fte in _full(scaled(world, AGENCY - COVERING))),
        *(
            (fte, False, False, True, RECRUITMENT[0] + random.randrange(RECRUITMENT[1]))
            for fte in _full(scaled(world, RECRUITED))
        ),
    ]
    held = dict.fromkeys(places, 0.0)
    found = []
    for number, (fte, agency, covering, holding, since) in enumerate(jobs):
        where = min(places, key=lambda place: held[place] / places[place]) if holding else _desk(number)
        if holding:
            held[where] += fte
        found.append(Post(f"post-{number:03}", where, fte, agency, covering, holding, since))
    return tuple(found)


def _places(random: Random) -> dict[str, float]:
    """Return each team that holds cases, and its share of them."""
    found = {}
    for index, locality in enumerate(LOCALITIES):
        for kind, load in LOAD.items():
            for n in range(KINDS[kind]):
                share = load * locality.share / KINDS[kind]
                found[team(kind, index * SECTORS + n)] = share * random.uniform(1 - UNEVEN, 1 + UNEVEN)
    return found


def _desk(number: int) -> str:
    """Return the team of a post that holds no cases."""
    return (FRONT_DOOR, FRONT_DOOR, DUTY, ADOPTION)[number % 4]


def _jobs(fte: float) -> Iterator[float]:
    """Yield the jobs that so many full-time equivalents are made of."""
    left, number = round(fte, 1), 0
    while left > 0:
        job = min(PART_TIMES[number % len(PART_TIMES)], left)
        yield job
        left, number = round(left - job, 1), number + 1


def _full(fte: float) -> Iterator[float]:
    left = round(fte, 1)
    while left > 0:
        yield min(1.0, left)
        left = round(left - min(1.0, left), 1)


@lru_cache(maxsize=16)
def _spells(world: World) -> dict[str, list[Spell]]:
    """Return who stands in for each post, from when on."""
    return {post.key: list(_chain(world, post)) for post in posts(world)}


def _chain(world: World, post: Post) -> Iterator[Spell]:
    random = Random(f"{world.name}/{post.key}")
    day, number = post.since, 0
    if day == FIRST:
        day -= whole(random, 0, DAYS_IN_POST[0])
    while day < LAST:
        worker = f"w-{name(world.name, post.key, number)}"
        days = whole(random, *(DAYS_OF_AGENCY if post.agency else DAYS_IN_POST))
        yield Spell(day, worker)
        if not post.agency and days > 400 and random.random() < AWAY:
            gone = day + whole(random, 120, days - DAYS_AWAY[1] - 1)
            yield Spell(gone, worker, away=True)
            yield Spell(gone + whole(random, *DAYS_AWAY), worker)
        day, number = on_working_day(day + days), number + 1


def on_working_day(day: Day) -> Day:
    """Return the first working day on or after *day*; before the calendar, *day*."""
    return day if day < FIRST else in_office(on_or_after(day), Random(0)).toordinal()


@lru_cache(maxsize=64)
def _of_team(world: World, where: str) -> tuple[list[Post], list[float]]:
    found = [post for post in posts(world) if post.team == where and post.holding]
    sums, total = [], 0.0
    for post in found:
        total += post.fte
        sums.append(total)
    return found, sums


def holders(world: World, where: str, share: float, since: Day, until: Day) -> Iterator[tuple[Day, str]]:
    """Yield who holds a case of a team from *since* to *until*, and from when on.

    *share* says which post it is, by how much of a full one each is.
    """
    members, sums = _of_team(world, where)
    if not members:
        return
    chosen = bisect_right(sums, share * sums[-1])
    if members[chosen].since > since:  # not there yet
        there = [post for post in members if post.since <= since] or members
        chosen = members.index(there[int(share * 997) % len(there)])
    day, last = since, ""
    while day < until:
        worker, ends = _at(world, members, chosen, day)
        if worker != last:
            yield day, worker
        day, last = ends, worker


def _at(world: World, members: list[Post], chosen: int, day: Day) -> tuple[str, Day]:
    """Return who has the cases of a post on *day*, and until when: while its worker is away, the next post's."""
    ends = LAST
    for n in range(len(members)):
        post = members[(chosen + n) % len(members)]
        spells = _spells(world)[post.key]
        index = bisect_right(spells, day, key=lambda spell: spell.since) - 1
        if index < 0:
            continue
        ends = min(ends, spells[index + 1].since if index + 1 < len(spells) else LAST)
        if not spells[index].away:
            return spells[index].worker, ends
    return _spells(world)[members[chosen].key][0].worker, ends


def office_told(world: World, since: Day, until: Day) -> Iterator[Event]:
    """Yield what is told of workers who came, were away or left in [since, until)."""
    for number, post in enumerate(posts(world)):
        spells = _spells(world)[post.key]
        for index, spell in enumerate(spells):
            if since <= spell.since < until:
                before = spells[index - 1] if index else None
                if before is not None and before.worker != spell.worker:
                    yield _worker(world, post, number, before, spell.since, left=True)
                yield _worker(world, post, number, spell, spell.since)


def office_at(world: World, day: Day) -> Iterator[Event]:
    """Yield what stands of every worker before *day*."""
    for number, post in enumerate(posts(world)):
        spells = _spells(world)[post.key]
        index = bisect_right(spells, day - 1, key=lambda spell: spell.since) - 1
        if index >= 0:
            yield _worker(world, post, number, spells[index], spells[index].since)


def _worker(world: World, post: Post, number: int, spell: Spell, day: Day, left: bool = False) -> WorkerRecorded:
    record = f"{spell.worker}-{day}{'-left' if left else ''}"
    random = Random(f"{world.name}/{record}")
    new = not post.agency and evenly(number) < NEWLY_QUALIFIED and post.holding
    return WorkerRecorded(
        id=name(world.name, "worker", record),
        record=record,
        authority=world.authority,
        source=SOURCE,
        recorded_at=in_office(on_or_after(max(day, FIRST)), random),
        occurred_on=as_date(day),
        origin="simulation",
        worker=spell.worker,
        team=post.team,
        fte=post.fte,
        case_holder=post.holding,
        newly_qualified=new or None,
        agency=post.agency or None,
        covering_vacancy=post.covering or None,
        absent=spell.away or None,
        left=left or None,
    )
