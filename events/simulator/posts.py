"""The office: posts in teams, who holds each, and so who holds a child's case.

A post is there for good; workers come, stay away and leave. When a post changes hands, so do all its cases.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import NamedTuple

from events.event import Event
from events.simulator.chance import evenly, name, whole
from events.simulator.days import FIRST_DAY, LAST_DAY, Day, as_date, in_office, on_or_after
from events.simulator.volumes import scaled
from events.simulator.wexshire import (
    ADOPTION,
    DUTY,
    FRONT_DOOR,
    LOCALITIES,
    SECTORS_PER_LOCALITY,
    SOURCE,
    TEAMS_PER_LOCALITY,
    World,
    team,
)
from events.workforce import WorkerRecorded

# Full-time equivalents at 30 September 2017 (Workforce), and how many came that autumn (Report 1.3, and Workforce at
# 30 September 2018: 316.7 in post).
IN_POST_FTE, AGENCY_FTE, COVERING_FTE, RECRUITED_FTE = 294.1, 46.7, 42.7, 29.0
NOT_HOLDING_FTE = 73.0  # managers, senior practitioners and the front door: in the 294.1, and without cases
RECRUITMENT_FIRST_DAY, RECRUITMENT_DAYS = date(2017, 10, 9).toordinal(), 60
PART_TIMES = (1.0, 1.0, 0.8, 1.0, 0.6, 1.0, 1.0, 0.5, 1.0, 1.0)
POST_DAYS, AGENCY_DAYS = (200, 2400), (90, 500)
ABSENT_SHARE = 0.07  # of those in post: a long absence once in their time
ABSENT_DAYS = (45, 200)
NEWLY_QUALIFIED_SHARE = 0.12

# Cases that each kind of team holds, so that there are posts for them.
CASES_BY_KIND = {"assessment": 0.13, "safeguarding": 0.59, "permanence": 0.135, "disabled children": 0.145}
UNEVEN_SHARE = 0.12  # by which a team may have less or more than its share


class Job(NamedTuple):
    """How much of a full-time job a post is, and what for."""

    fte: float
    holding: bool  # of cases
    agency: bool = False
    covering: bool = False
    since: Day = FIRST_DAY


class Post(NamedTuple):
    """A job in a team."""

    key: str
    team: str
    job: Job


class Tenure(NamedTuple):
    """Who stands in for a post from a day on."""

    since: Day
    worker: str
    away: bool = False  # the worker is absent, and another post has the cases


@lru_cache(maxsize=16)
def posts(world: World) -> tuple[Post, ...]:
    """Return every post there ever is. The next one that holds cases goes to the team with most cases a post."""
    random = Random(f"{world.name}/posts")
    places = _places(random)
    held = dict.fromkeys(places, 0.0)
    every = []
    for number, job in enumerate(list(_all_jobs(world, random))):
        where = min(places, key=lambda place: held[place] / places[place]) if job.holding else _desk(number)
        if job.holding:
            held[where] += job.fte
        every.append(Post(f"post-{number:03}", where, job))
    return tuple(every)


def _all_jobs(world: World, random: Random) -> Iterator[Job]:
    yield from (Job(fte, holding=False) for fte in _jobs(scaled(world, NOT_HOLDING_FTE)))
    yield from (Job(fte, holding=True) for fte in _jobs(scaled(world, IN_POST_FTE - NOT_HOLDING_FTE)))
    yield from (Job(fte, True, agency=True, covering=True) for fte in _full(scaled(world, COVERING_FTE)))
    yield from (Job(fte, True, agency=True) for fte in _full(scaled(world, AGENCY_FTE - COVERING_FTE)))
    for fte in _full(scaled(world, RECRUITED_FTE)):
        yield Job(fte, True, since=RECRUITMENT_FIRST_DAY + random.randrange(RECRUITMENT_DAYS))


def _places(random: Random) -> dict[str, float]:
    """Return each team that holds cases, and its share of them."""
    places = {}
    for index, locality in enumerate(LOCALITIES):
        for kind, cases in CASES_BY_KIND.items():
            for n in range(TEAMS_PER_LOCALITY[kind]):
                where = team(kind, index * SECTORS_PER_LOCALITY + n)
                uneven = random.uniform(1 - UNEVEN_SHARE, 1 + UNEVEN_SHARE)
                places[where] = cases * locality.share / TEAMS_PER_LOCALITY[kind] * uneven
    return places


def _desk(number: int) -> str:
    """Return the team of a post that holds no cases."""
    return (FRONT_DOOR, FRONT_DOOR, DUTY, ADOPTION)[number % 4]


def _jobs(fte: float) -> Iterator[float]:
    """Yield jobs, full-time and part-time, that add up to *fte* full-time equivalents."""
    left, number = round(fte, 1), 0
    while left > 0:
        job = min(PART_TIMES[number % len(PART_TIMES)], left)
        yield job
        left, number = round(left - job, 1), number + 1


def _full(fte: float) -> Iterator[float]:
    """Yield full-time jobs, and a part of one, that add up to *fte*."""
    left = round(fte, 1)
    while left > 0:
        yield min(1.0, left)
        left = round(left - min(1.0, left), 1)


@lru_cache(maxsize=16)
def _tenures(world: World) -> dict[str, list[Tenure]]:
    """Return who stands in for each post, from when on."""
    return {post.key: list(_chain(world, post)) for post in posts(world)}


def _chain(world: World, post: Post) -> Iterator[Tenure]:
    random = Random(f"{world.name}/{post.key}")
    day, number = post.job.since, 0
    if day == FIRST_DAY:
        day -= whole(random, 0, POST_DAYS[0])
    while day < LAST_DAY:
        worker = f"w-{name(world.name, post.key, number)}"
        days = whole(random, *(AGENCY_DAYS if post.job.agency else POST_DAYS))
        yield Tenure(day, worker)
        if not post.job.agency and days > 400 and random.random() < ABSENT_SHARE:
            gone = day + whole(random, 120, days - ABSENT_DAYS[1] - 1)
            yield Tenure(gone, worker, away=True)
            yield Tenure(gone + whole(random, *ABSENT_DAYS), worker)
        day, number = on_working_day(day + days), number + 1


def on_working_day(day: Day) -> Day:
    """Return the first working day on or after *day*; before the calendar, *day*."""
    return day if day < FIRST_DAY else in_office(on_or_after(day), Random(0)).toordinal()


@lru_cache(maxsize=64)
def _of_team(world: World, where: str) -> tuple[list[Post], list[float]]:
    """Return the posts of a team that hold cases, and the running sums of their jobs."""
    members = [post for post in posts(world) if post.team == where and post.job.holding]
    return members, list(accumulate(post.job.fte for post in members))


def holders(world: World, where: str, share: float, since: Day, until: Day) -> Iterator[tuple[Day, str]]:
    """Yield who holds a case of a team from *since* to *until*, and from when on.

    *share* says which post it is, by how much of a full one each is.
    """
    members, sums = _of_team(world, where)
    if not members:
        return
    chosen = bisect_right(sums, share * sums[-1])
    if members[chosen].job.since > since:  # not there yet
        there = [post for post in members if post.job.since <= since] or members
        chosen = members.index(there[int(share * 997) % len(there)])
    day, last = since, ""
    while day < until:
        worker, ends = _at(world, members, chosen, day)
        if worker != last:
            yield day, worker
        day, last = ends, worker


def _at(world: World, members: list[Post], chosen: int, day: Day) -> tuple[str, Day]:
    """Return who has the cases of a post on *day*, and until when: while its worker is away, the next post's."""
    ends = LAST_DAY
    for n in range(len(members)):
        post = members[(chosen + n) % len(members)]
        tenures = _tenures(world)[post.key]
        index = bisect_right(tenures, day, key=lambda tenure: tenure.since) - 1
        if index < 0:
            continue
        ends = min(ends, tenures[index + 1].since if index + 1 < len(tenures) else LAST_DAY)
        if not tenures[index].away:
            return tenures[index].worker, ends
    return _tenures(world)[members[chosen].key][0].worker, ends


def office_told(world: World, since: Day, until: Day) -> Iterator[Event]:
    """Yield what is told of workers who came, were away or left in [since, until)."""
    for number, post in enumerate(posts(world)):
        tenures = _tenures(world)[post.key]
        for index, tenure in enumerate(tenures):
            if since <= tenure.since < until:
                before = tenures[index - 1] if index else None
                if before is not None and before.worker != tenure.worker:
                    yield _worker(world, post, number, before, tenure.since, left=True)
                yield _worker(world, post, number, tenure, tenure.since)


def office_at(world: World, day: Day) -> Iterator[Event]:
    """Yield what stands of every worker before *day*."""
    for number, post in enumerate(posts(world)):
        tenures = _tenures(world)[post.key]
        index = bisect_right(tenures, day - 1, key=lambda tenure: tenure.since) - 1
        if index >= 0:
            yield _worker(world, post, number, tenures[index], tenures[index].since)


def _worker(world: World, post: Post, number: int, tenure: Tenure, day: Day, left: bool = False) -> WorkerRecorded:
    """Return what holds of a worker from *day*; *number* is the post's."""
    record = f"{tenure.worker}-{day}{'-left' if left else ''}"
    random = Random(f"{world.name}/{record}")
    job = post.job
    new = not job.agency and evenly(number) < NEWLY_QUALIFIED_SHARE and job.holding
    return WorkerRecorded(
        id=name(world.name, "worker", record),
        record=record,
        authority=world.authority,
        source=SOURCE,
        recorded_at=in_office(on_or_after(max(day, FIRST_DAY)), random),
        occurred_on=as_date(day),
        origin="simulation",
        worker=tenure.worker,
        team=post.team,
        fte=job.fte,
        case_holder=job.holding,
        newly_qualified=new or None,
        agency=job.agency or None,
        covering_vacancy=job.covering or None,
        absent=tenure.away or None,
        left=left or None,
    )
