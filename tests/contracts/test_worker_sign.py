"""Who has figures wait: the case system, or us. What the sign says that a worker leaves, and what is made of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from events.working_days import calendar
from metrics.counting.fingerprint import fingerprint
from metrics.exposition.delay import Delay, delay_of
from metrics.rules.rules import Parameters, Rules, RulesByAuthority
from metrics.store.reader import NotReady, Reader
from metrics.store.redis import Store
from metrics.store.worker_sign import AWAY_SECONDS, WorkerReport, WorkerSign, WorkerWatch
from streams.worker.consumer import Reseek
from streams.worker.dead_letters import Limit
from streams.worker.health import Counters, Health
from streams.worker.owner import Owner
from streams.worker.signs import Behind
from tests import conftest
from tests.boards import DECEMBER, Told, at
from tests.contracts.test_mash import DAY
from tests.contracts.test_reader import reading
from tests.promises.test_time_passes_on_read import LOG, PARTITION, TABLE, Kafka, records
from tests.story import AUTHORITY

KEY = "{case-events:0}:worker"


class Log(Kafka):
    """A Kafka that grows, and can be away."""

    away = False

    async def bounds(self, partitions: list[Any]) -> Mapping[Any, tuple[int, int]]:
        if self.away:
            raise KafkaConnectionError
        return await super().bounds(partitions)


def worked(valkey: conftest.Store, look: Callable[[Reader, Owner, Log, Any], Awaitable[None]]) -> None:
    """Run *look* with a worker's owner that holds the partition and has read all of the log."""

    async def run(store: Store, reader: Reader, client: Any) -> None:
        log = Log(len(records(TABLE)))
        owner = Owner(store, LOG, RulesByAuthority(), log, Limit(), Counters(), Health())
        await owner.positions([PARTITION])
        await look(reader, owner, log, client)

    reading(valkey, run)


def later(reader: Reader, seconds: float) -> None:
    """Let so many seconds pass with nothing from the worker."""
    watch = reader._partitions[0].worker
    watch._heard_at -= seconds
    watch._moved_at -= seconds


async def signed(reader: Reader, owner: Owner, log_answers: bool = True) -> WorkerReport:
    """Have the worker leave a sign, and return what a reader makes of it."""
    if log_answers:
        await owner.look()
    await owner.sign(log_answers)
    await reader.turn()
    return reader.worker(AUTHORITY)


def test_a_reader_knows_whether_the_worker_reads_or_is_behind_or_away(valkey: conftest.Store) -> None:
    """Each by the sign that it leaves in the store every two seconds; and how many records wait."""

    async def look(reader: Reader, owner: Owner, log: Log, _: Any) -> None:
        assert (await signed(reader, owner)).state == "reading"
        log.end += 40
        behind = await signed(reader, owner)
        assert (behind.state, behind.waiting) == ("behind", 40)
        later(reader, AWAY_SECONDS + 1)
        away = reader.worker(AUTHORITY)
        assert (away.state, away.waiting) == ("away", 40)
        assert away.seconds > AWAY_SECONDS
        log.end -= 40
        assert (await signed(reader, owner)).state == "reading"

    worked(valkey, look)


def test_a_worker_that_recounts_says_so_and_what_waits(valkey: conftest.Store) -> None:
    """Else the case system would be said to be silent, while its events wait for us."""

    async def look(reader: Reader, _: Owner, log: Log, client: Any) -> None:
        log.end += 40
        counted = asyncio.Event()

        async def recount(*about: Any) -> dict[str, Any]:
            await counted.wait()
            return {}

        rules = RulesByAuthority(((AUTHORITY, Rules(calendar(), Parameters(roll_start_forward=True))),))
        store = Store(client, LOG.topic, fingerprint(rules))
        other = Owner(store, LOG, rules, log, Limit(), Counters(), Health(), recount)
        for _begun in range(2):  # the first begins it, and the second finds it under way
            with pytest.raises(Reseek):
                await other.positions([PARTITION])
        recounting = await signed(reader, other)
        assert (recounting.state, recounting.waiting) == ("recounting", 40)
        counted.set()
        with suppress(Reseek):
            await other.positions([PARTITION])
        await other.positions([PARTITION])
        assert (await signed(reader, other)).state == "behind"

    worked(valkey, look)


def test_a_worker_that_does_not_reach_kafka_is_not_away(valkey: conftest.Store) -> None:
    """It lives, and nobody knows how much waits."""

    async def look(reader: Reader, owner: Owner, log: Log, _: Any) -> None:
        log.away = True
        assert (await signed(reader, owner, log_answers=False)).state == "no_log"

    worked(valkey, look)


def test_how_far_behind_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy log always has something that waits: a worker that follows it closely is not behind for ever."""
    watch = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: watch[0])
    busy, stuck = Behind(), Behind()
    for n in range(1, 1000):
        watch[0] += 2
        assert busy.look(offset=100 * n - 100, end=100 * n) <= 2
        assert stuck.look(offset=0, end=100 * n) == 2 * n


def test_nothing_is_claimed_of_a_worker_that_leaves_no_signs(valkey: conftest.Store) -> None:
    """A worker of the version before, from the start or after one of ours: it counts, so it is not away."""

    async def look(reader: Reader, owner: Owner, _: Log, client: Any) -> None:
        assert reader.worker(AUTHORITY).state == "unknown"
        await signed(reader, owner)
        later(reader, 2 * AWAY_SECONDS)
        assert reader.worker(AUTHORITY).state == "away"
        await client.hincrby("{case-events:0}:position", "dead_in_a_row", 1)  # as any commit would
        await reader.turn()
        assert reader.worker(AUTHORITY).state == "unknown"

    worked(valkey, look)


def test_a_server_that_starts_after_the_worker_has_stopped_says_so(valkey: conftest.Store) -> None:
    """The sign is of an hour ago by the store's clock, and is not taken for one of now."""

    async def look(reader: Reader, owner: Owner, _: Log, client: Any) -> None:
        await signed(reader, owner)
        left = WorkerSign(given_at=time.time() - 3600, waiting=0, behind_seconds=0.0)
        await client.hset(KEY, mapping=left.fields())
        reader._partitions[0].worker = WorkerWatch()
        await reader.turn()
        report = reader.worker(AUTHORITY)
        assert (report.state, report.seconds > 3500) == ("away", True)
        await client.hset(KEY, "given_at", "yesterday")
        reader._partitions[0].worker = WorkerWatch()
        await reader.turn()
        assert reader.worker(AUTHORITY).state == "unknown", "a sign that cannot be read is none"
        await client.set(KEY, "no hash")
        await reader.turn()
        assert (reader.worker(AUTHORITY).state, reader.whole) == ("unknown", True), "and keeps no figure back"

    worked(valkey, look)


def withheld(reader: Reader) -> NotReady:
    with pytest.raises(NotReady) as raised:
        reader.authority(AUTHORITY)
    return raised.value


def test_why_figures_are_withheld_is_said(valkey: conftest.Store) -> None:
    """A store that is away is not being rebuilt; and where no worker is at it, nothing is."""

    async def look(reader: Reader, owner: Owner, _: Log, client: Any) -> None:
        await signed(reader, owner)
        reader._partitions[0] = replace(reader._partitions[0], answered_at=0.0)  # as after five silent seconds
        assert (withheld(reader).why, str(withheld(reader))[:26]) == ("store_away", "the store does not answer,")
        await client.flushall()
        await reader.turn()
        assert withheld(reader).why == "rebuilding"
        later(reader, AWAY_SECONDS + 1)
        assert (withheld(reader).why, "no worker" in str(withheld(reader))) == ("not_counting", True)
        new = Reader(reader._store)
        await new.turn()
        assert withheld(new).why == "not_counting", "nobody ever began"

    worked(valkey, look)


def test_the_sign_is_counted_by_nobody(valkey: conftest.Store) -> None:
    """It is no part of the state: a flush takes it along, and no figure comes of it."""

    async def look(reader: Reader, owner: Owner, _: Log, client: Any) -> None:
        await reader.turn()
        before, version = reader.catalogue(), reader.version
        await signed(reader, owner)
        assert (reader.catalogue(), reader.version) == (before, version)
        assert await client.hgetall(KEY)

    worked(valkey, look)


FEED_LATE = DECEMBER - timedelta(minutes=22)


@pytest.mark.parametrize(
    ("late_since", "worker", "speed", "expected"),
    [
        (None, WorkerReport("reading"), 1.0, None),
        (None, WorkerReport("unknown"), 1.0, None),
        (FEED_LATE, WorkerReport("reading"), 1.0, Delay("case_system", FEED_LATE)),
        (FEED_LATE, WorkerReport("unknown"), 1.0, Delay("case_system", FEED_LATE)),
        # its reports lie unread: nobody knows that the case system is late, and we are
        (FEED_LATE, WorkerReport("away", 1300.0, 7), 1.0, Delay("worker_away", FEED_LATE, 7)),
        (FEED_LATE, WorkerReport("behind", 9.0, 7), 1.0, Delay("worker_behind", FEED_LATE, 7)),
        (FEED_LATE, WorkerReport("no_log", 9.0), 1.0, Delay("log_away", FEED_LATE)),
        # no feed says that it is late: an authority whose feeds never report, or a closed office
        (None, WorkerReport("away", 10.0), 1.0, None),
        (None, WorkerReport("behind", 10.0, 5), 1.0, None),
        (FEED_LATE, WorkerReport("recounting", 9.0, 7), 1.0, Delay("recounting", FEED_LATE, 7)),
        (None, WorkerReport("recounting", 10.0, 5), 1.0, None),
        (None, WorkerReport("away", 60.0, 5), 1.0, Delay("worker_away", DECEMBER - timedelta(minutes=1), 5)),
        (None, WorkerReport("behind", 60.0, 5), 1.0, Delay("worker_behind", DECEMBER - timedelta(minutes=1), 5)),
        (None, WorkerReport("no_log", 60.0), 60.0, Delay("log_away", DECEMBER - timedelta(hours=1))),
    ],
)
def test_a_board_is_delayed_by_the_case_system_or_by_us(
    late_since: Any, worker: WorkerReport, speed: float, expected: Delay | None
) -> None:
    """And says by which: the one that has to be seen to."""
    assert delay_of(late_since, worker, DECEMBER, speed) == expected


def test_figures_that_our_worker_has_stopped_counting_are_of_when_it_stopped() -> None:
    """Without a single report of a feed, too: nothing looks overdue that was perhaps decided since."""
    reader = Told(DAY)
    reader.worker_report = WorkerReport("away", 24 * 3600.0, 3)
    message = reader.message("2017-12-14T14:32", speed=1.0)
    assert (message["state"], message["delay"]["by"]) == ("delayed", "worker_away")
    assert (message["as_of"], message["complete_to"]) == ("2017-12-13T14:32:00+00:00", None)
    assert message["figures"]["enquiries_overdue"]["numerator"] == 0


def test_a_store_that_is_away_is_not_being_rebuilt() -> None:
    """The board says so, and since when, by the authority's clock; or that it never answered."""
    reader = Told(DAY)
    reader.withheld, reader.why, reader.answered_at = 0.0, "store_away", time.monotonic() - 60
    message = reader.message("2017-12-14T14:32", speed=60.0)
    assert (message["state"], message["rebuilding"], message["figures"]) == ("store_away", None, None)
    assert abs(at(message["store_answered_at"]) - at("2017-12-14T13:32")) < timedelta(minutes=5)
    reader.answered_at = None
    assert reader.message("2017-12-14T14:32")["store_answered_at"] is None


def test_a_rebuild_that_nobody_is_at_stands_still() -> None:
    """No time is guessed at which it may be done."""
    reader = Told(DAY)
    reader.withheld, reader.why = 0.31, "not_counting"
    message = reader.message("2017-12-14T14:32")
    assert (message["state"], message["rebuilding"]) == (
        "rebuilding",
        {"read": 0.31, "back_at": None, "counting": False, "why": "not_counting"},
    )
