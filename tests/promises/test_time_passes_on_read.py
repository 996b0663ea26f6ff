"""Nothing happens, and the figures are right all the same: over midnight, holidays, and both clock changes.

On a real store, filled by the real owner of a partition; then no event, no write and no timer, only readers.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx

from metrics.catalogue import MEASURES
from metrics.catalogue.assessments import ASSESSMENT_TIMELINESS, ASSESSMENTS_OPEN, ASSESSMENTS_OVERDUE
from metrics.catalogue.front_door import ENQUIRIES_RECEIVED
from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.http.app import create_app
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.measure import Measure
from metrics.rules.rules import RulesByAuthority
from metrics.store.connection import connect
from metrics.store.position import Log
from metrics.store.reader import Reader
from metrics.store.redis import Store
from metrics.windows import parse_at
from streams.worker.dead_letters import Limit
from streams.worker.health import Counters, Health
from streams.worker.owner import Owner
from streams.worker.processor import Rejected
from tests import conftest
from tests.story import AUTHORITY, NOW, rows, told, usual

RULES = RulesByAuthority()
LOG = Log("case-events", "a-cluster", "a-topic", 1)


class Partition(NamedTuple):
    """What the owner knows a partition by."""

    topic: str
    partition: int


PARTITION = Partition(LOG.topic, 0)

# Day 45 is, of A1, Thursday 8 May 2025; of A2, Tuesday 22 April, the first day after Easter; of A3, Friday 28 March,
# two days before the clocks go forward; of A4, Friday 24 October, two days before they go back; of A5, Thursday 17
# April, the last day before Easter.
TABLE = """
    day                              | event                | record | child | fields
    ---------------------------------+----------------------+--------+-------+---------------------------
    2025-03-03                       | assessment started   | A1     | ada   | team=North
    2025-02-14                       | assessment started   | A2     | ben   | team=North
    2025-02-13                       | assessment started   | A5     | eve   | team=North
    2025-01-24                       | assessment started   | A3     | cat   | team=South
    2025-08-21                       | assessment started   | A4     | dan   | team=South
    2025-03-29T23:30:00+00:00        | enquiry received     | E1     | ada   | rag=red
    2025-03-30T00:30:00+00:00        | enquiry received     | E2     | ada   | rag=red
    2025-10-26T01:30:00+01:00        | enquiry received     | E3     | ben   | rag=amber
    2025-10-26T01:30:00+00:00        | enquiry received     | E4     | ben   | rag=amber
    2025-03-03                       | care started         | P1     | cat   |
    2025-03-03                       | legal status changed | L1     | cat   | status=C2
"""


@dataclass
class Kafka:
    """As much of Kafka as the owner asks: where the log begins and ends."""

    end: int
    rejected: list[Rejected] = field(default_factory=list)

    async def bounds(self, partitions: list[Any]) -> Mapping[Any, tuple[int, int]]:
        return dict.fromkeys(partitions, (0, self.end))

    async def check_unchanged(self, positions: Any, bounds: Any) -> None:
        """Nothing is ever lost here."""

    async def reject(self, partition: int, rejected: list[Rejected]) -> None:
        self.rejected += rejected


def records(table: str) -> list[Any]:
    """Return *table* as what the consumer hands over."""
    stamp = int(NOW.timestamp() * 1000)
    return [
        SimpleNamespace(offset=n, timestamp=stamp, key=AUTHORITY.encode(), value=json.dumps(row).encode(), headers=[])
        for n, row in enumerate(rows(table))
    ]


async def commit(store: Store, table: str) -> None:
    """Have *table* read and committed by the owner of its partition, in two batches."""
    log = records(table)
    owner = Owner(store, LOG, RULES, Kafka(len(log)), Limit(), Counters(), Health())
    await owner.positions([PARTITION])
    await owner.apply(PARTITION, log[:3])
    await owner.apply(PARTITION, log[3:])
    assert owner.refused is None


async def written(client: Any) -> dict[str, Any]:
    """Return what would change if anything were written: how many keys, how long the file is, and what is in each."""
    digest = hashlib.sha256()
    keys = sorted([key async for key in client.scan_iter()])
    for key in keys:
        kind = (await client.type(key)).decode()
        match kind:
            case "hash":
                content: Any = sorted((await client.hgetall(key)).items())
            case "string":
                content = await client.get(key)
            case "stream":
                content = await client.xrange(key), (await client.xinfo_stream(key))["last-generated-id"]
            case "zset":
                content = await client.zrange(key, 0, -1, withscores=True)
            case _:
                raise AssertionError(f"a key of type {kind} that this test does not know")
        digest.update(repr((key, kind, content, await client.pttl(key))).encode())
    return {
        "keys": await client.dbsize(),
        "file": (await client.info("persistence"))["aof_current_size"],
        "since saved": (await client.info("persistence"))["rdb_changes_since_last_save"],
        "digest": digest.hexdigest(),
    }


@asynccontextmanager
async def filled(valkey: conftest.Store) -> AsyncIterator[tuple[Store, Any]]:
    """Open a store that holds the table, and a client to look with."""
    client = connect(valkey.url)
    store = Store(connect(valkey.url), LOG.topic)
    try:
        await commit(store, TABLE)
        yield store, client
    finally:
        await client.aclose()
        await store.close()


def with_store(valkey: conftest.Store, what: Callable[[Store, Reader, Any], Awaitable[None]]) -> None:
    """Run *what* with a store that holds the table, a reader that has read it, and a client to look with."""

    async def run() -> None:
        async with filled(valkey) as (store, client):
            reader = Reader(store)
            await reader.turn()
            before = await written(client)
            assert before["keys"] > 4
            await what(store, reader, client)
            assert await written(client) == before

    asyncio.run(run())


def asked(reader: Reader, measure: Measure, at: str, **options: Any) -> Figure:
    """Return the one figure that a measure has there."""
    (figure,) = all_asked(reader, measure, at, **options)
    return figure


def all_asked(reader: Reader, measure: Measure, at: str, **options: Any) -> list[Figure]:
    found = reader.authority(AUTHORITY)
    assert found is not None
    return evaluate(found[1], AUTHORITY, Question(measure=measure, at=parse_at(at), **options))


OVERDUE = (
    # the night in which A1's last day in time ends
    ("2025-05-08T23:59:59.999999+01:00", 3),
    ("2025-05-09T00:00:00+01:00", 4),
    # A5 is late from the first moment of Good Friday, A2 not until Easter is over and its last day too
    ("2025-04-17T23:59:59.999999+01:00", 1),
    ("2025-04-18T00:00:00+01:00", 2),
    ("2025-04-22T00:00:00+01:00", 2),
    ("2025-04-22T23:59:59.999999+01:00", 2),
    ("2025-04-23T00:00:00+01:00", 3),
    # A3: the Saturday before the clocks go forward, and the short night after it
    ("2025-03-28T23:59:59.999999+00:00", 0),
    ("2025-03-29T00:00:00+00:00", 1),
    ("2025-03-30T00:59:59+00:00", 1),
    ("2025-03-30T02:00:00+01:00", 1),
    # A4: the Saturday before the clocks go back, and the long night
    ("2025-10-24T23:59:59.999999+01:00", 4),
    ("2025-10-25T00:00:00+01:00", 5),
    ("2025-10-26T01:30:00+00:00", 5),
)

ENQUIRIES_OF_THE_DAY = (
    # the day before the clocks go forward, its midnight, and the day of 23 hours
    ("2025-03-29T23:29:59.999999+00:00", 0),
    ("2025-03-29T23:30:00+00:00", 1),
    ("2025-03-29T23:59:59.999999+00:00", 1),
    ("2025-03-30T00:00:00+00:00", 0),
    ("2025-03-30T00:30:00+00:00", 1),
    ("2025-03-30T23:59:59.999999+01:00", 1),
    ("2025-03-31T00:00:00+01:00", 0),
    # the day of 25 hours, on which 01:30 comes twice
    ("2025-10-26T01:29:59+01:00", 0),
    ("2025-10-26T01:30:00+01:00", 1),
    ("2025-10-26T01:29:59+00:00", 1),
    ("2025-10-26T01:30:00+00:00", 2),
    ("2025-10-26T23:59:59.999999+00:00", 2),
    ("2025-10-27T00:00:00+00:00", 0),
)


def test_deadlines_pass_and_days_begin_with_nothing_written(valkey: conftest.Store) -> None:
    """One reader, asked at one moment after another: the figures change as they should, and the store not at all."""

    async def look(store: Store, reader: Reader, client: Any) -> None:
        version = reader.version
        for at, overdue in OVERDUE:
            await reader.turn()
            assert asked(reader, ASSESSMENTS_OVERDUE, at).numerator == overdue, at
        for at, received in ENQUIRIES_OF_THE_DAY:
            await reader.turn()
            assert asked(reader, ENQUIRIES_RECEIVED, at, window="day").numerator == received, at
        assert reader.version == version, "nothing was told, and yet something changed in the reader"

    with_store(valkey, look)


def test_the_figures_shown_now_move_with_now(valkey: conftest.Store) -> None:
    """Over HTTP, where nobody says which moment: all that differs between two answers is what time it is."""
    wall = ["2025-01-01T00:00:00+00:00"]
    clocks = AuthorityDirectory(
        now=lambda _: datetime.fromisoformat(wall[0]), speed=lambda _: 1.0, name=lambda name: name
    )

    async def look(store: Store, reader: Reader, client: Any) -> None:
        web = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(reader, clocks)), base_url="http://127.0.0.1")
        for text, of_day, overdue in (
            ("2025-03-29T23:59:59.999999+00:00", 1, 1),
            ("2025-03-30T00:00:00+00:00", 0, 1),
            ("2025-05-08T22:59:59.999999+00:00", 0, 3),
            ("2025-05-08T23:00:00+00:00", 0, 4),
        ):
            wall[0] = text
            asked_for = {"measure": ["enquiries_received", "assessments_overdue"], "window": "day"}
            seen = (await web.get("/v1/figures", params=asked_for)).raise_for_status().json()
            assert [figure["value"] for figure in seen["figures"]] == [of_day, overdue], text
            assert datetime.fromisoformat(seen["as_of"]) == datetime.fromisoformat(text)
        await web.aclose()

    with_store(valkey, look)


def test_a_reader_that_starts_in_the_night_sees_the_same(valkey: conftest.Store) -> None:
    """A process begun after midnight reads the store once and shows what the one that was up all night shows."""

    async def look(store: Store, reader: Reader, client: Any) -> None:
        for at, _ in (*OVERDUE, *ENQUIRIES_OF_THE_DAY):
            fresh = Reader(store)
            await fresh.turn()
            for measure in MEASURES:
                assert all_asked(fresh, measure, at) == all_asked(reader, measure, at), (measure.name, at)

    with_store(valkey, look)


def test_what_is_read_is_what_the_reference_counts(valkey: conftest.Store) -> None:
    """Through the owner, the store and the reader, or folded in this process: every figure at every such moment."""

    async def look(store: Store, reader: Reader, client: Any) -> None:
        story = usual()
        for at in dict(OVERDUE) | dict(ENQUIRIES_OF_THE_DAY):
            await reader.turn()
            for measure in (ASSESSMENTS_OPEN, ASSESSMENTS_OVERDUE, CHILDREN_LOOKED_AFTER, ENQUIRIES_RECEIVED):
                seen = asked(reader, measure, at)
                assert [seen] == story(TABLE, on=at, expect={measure: seen.numerator})
            seen = asked(reader, ASSESSMENT_TIMELINESS, at)
            assert [seen] == story(TABLE, on=at, expect={ASSESSMENT_TIMELINESS: (0, 0)})
        assert len(told(TABLE)) == next(reader.positions())[1]

    with_store(valkey, look)


def test_this_test_would_see_a_write(valkey: conftest.Store) -> None:
    """A promise that nothing is written is worth what would be noticed: one field, one time to live, one event."""

    async def run() -> None:
        async with filled(valkey) as (_, client):
            (tally, *_) = sorted([key async for key in client.scan_iter(match="*:tally:*")])
            for write in _writes(client, tally):
                before = await written(client)
                await write
                after = await written(client)
                assert after["digest"] != before["digest"]
                assert after["file"] > before["file"]

    asyncio.run(run())


def _writes(client: Any, tally: bytes) -> Iterator[Awaitable[Any]]:
    yield client.hincrby(tally, "field", 1)
    yield client.expire(tally, 10_000)
    yield client.xadd("{case-events:0}:changes", {"from": 0})
    yield client.set("anything", 1)
