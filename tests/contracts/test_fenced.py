"""A store that is put back while a worker works: whatever the worker does next is of its own claim, or is not done.

The connections stay open, and the older copy may be of the very position at which the store stood.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from metrics.rules.rules import RulesByAuthority
from metrics.store import generations
from metrics.store.connection import connect
from metrics.store.generations import Generations
from metrics.store.position import Moved, Position, Refused
from metrics.store.redis import Store
from streams.worker import case_cache, recount
from streams.worker.consumer import Reseek
from streams.worker.owner import Owner
from tests import conftest
from tests.contracts.test_owner import EVENTS, owning, records
from tests.journeys.machine.test_spine import reference
from tests.journeys.parts import tallies
from tests.journeys.worker.faults import COPY
from tests.promises.test_time_passes_on_read import LOG, PARTITION

NUMBER = PARTITION.partition
Copy = dict[bytes, bytes]


async def copied(client: Any) -> Copy:
    """Return a copy of the store, as of one moment."""
    flat = await client.eval(COPY, 0)
    return dict(zip(flat[::2], flat[1::2], strict=True))


async def put_back(client: Any, copy: Copy) -> None:
    """Load *copy* in the place of what is there, in one step."""
    async with client.pipeline(transaction=True) as pipe:
        pipe.flushall()
        for key, dump in copy.items():
            pipe.restore(key, 0, dump)
        await pipe.execute()


def telling(valkey: conftest.Store, story: Callable[[Any, Store, Owner], Awaitable[None]]) -> None:
    """Run *story* on a store in which an owner has told all events."""

    async def run() -> None:
        client = connect(valkey.url)
        store = Store(client, LOG.topic)
        owner = owning(store)
        await owner.positions([PARTITION])
        await owner.apply(PARTITION, records())
        try:
            await story(client, store, owner)
        finally:
            await store.close()

    asyncio.run(run())


async def standing(store: Store) -> Position:
    position = await store.position(NUMBER)
    assert position is not None
    return position


@pytest.mark.parametrize("when", ["before the claim", "after the claim", "in the middle"])
@pytest.mark.parametrize("at", [1, 4])
def test_a_recount_into_a_store_that_was_put_back_is_not_switched_to(
    store_server: conftest.Store, monkeypatch: pytest.MonkeyPatch, when: str, at: int
) -> None:
    """At whichever step, to a copy of whichever moment: figures are wholly of the one count or of the other."""
    monkeypatch.setattr(generations, "packed_cells", lambda cells: _three_at_a_time(cells))
    copy: Copy = {}

    async def story(client: Any, store: Store, _: Owner) -> None:
        steps = 0
        if when == "before the claim":
            copy.update(await copied(client))
        position = await store.claim(NUMBER, LOG, len(EVENTS))
        if when == "after the claim":
            copy.update(await copied(client))
        put = store._generations._put

        async def putting(**about: Any) -> Any:
            nonlocal steps
            steps += 1
            outcome = await put(**about)
            if steps == 2 and when == "in the middle":
                copy.update(await copied(client))
            if steps == 2 + at:
                await put_back(client, copy)
            return outcome

        monkeypatch.setattr(store._generations, "_put", putting)
        with pytest.raises(Moved):
            await store.replace_tallies(NUMBER, position, reference(EVENTS).tallies)
        assert when != "before the claim" or steps <= 3 + at, "nothing more is written once the claim is another's"
        assert (await standing(store)).generation == position.generation

    telling(store_server, story)
    assert tallies(store_server.url, LOG.topic) == reference(EVENTS).tallies


def _three_at_a_time(cells: Any) -> Any:
    items = list(cells.items())
    for first in range(0, len(items), 3):
        yield from _packed(dict(items[first : first + 3]))


_packed = generations.packed_cells


def test_a_switch_looks_whether_all_that_was_written_is_there(valkey: conftest.Store) -> None:
    """A tally that lost a single cell on the way is not shown as whole."""

    async def story(client: Any, store: Store, _: Owner) -> None:
        position = await store.claim(NUMBER, LOG, len(EVENTS))
        put = store._generations._put

        async def losing(**about: Any) -> Any:
            outcome = await put(**about)
            (field, *_) = await client.hkeys(about["keys"][1])
            await client.hdel(about["keys"][1], field)
            return outcome

        store._generations._put = losing
        with pytest.raises(Moved, match="not all"):
            await store.replace_tallies(NUMBER, position, reference(EVENTS).tallies)

    telling(valkey, story)
    assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies


def test_a_sweep_leaves_what_a_store_that_was_put_back_shows(
    valkey: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the switch and the sweep the store goes back to the tallies that are to be swept."""
    switch = Generations._switch

    async def story(client: Any, store: Store, _: Owner) -> None:
        position = await store.claim(NUMBER, LOG, len(EVENTS))
        copy = await copied(client)

        async def switch_and_go_back(self: Generations, *about: Any) -> None:
            await switch(self, *about)
            await put_back(client, copy)

        monkeypatch.setattr(Generations, "_switch", switch_and_go_back)
        await store.replace_tallies(NUMBER, position, {"X99999901": {"counted": {("a", (), 0): 1}}})
        assert await standing(store) == position

    telling(valkey, story)
    assert tallies(valkey.url, LOG.topic) == reference(EVENTS).tallies


def test_a_commit_is_never_of_cases_read_from_a_later_state(
    store_server: conftest.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker slept while another went on; it reads cases, and then the store goes back to where it fell asleep."""
    monkeypatch.setattr(case_cache, "MAX_REMEMBERED_CASES", 1)
    client, half = connect(store_server.url), len(EVENTS) // 2

    class Sleeper(Store):
        async def commit(self, partition: int, commit: Any) -> None:
            if commit.expected == half:
                await put_back(client, copy)
            await super().commit(partition, commit)

    copy: Copy = {}

    async def story() -> None:
        stores = [kind(connect(store_server.url), LOG.topic) for kind in (Sleeper, Store, Store)]
        sleeper, other, last = map(owning, stores)
        await sleeper.positions([PARTITION])
        await sleeper.apply(PARTITION, records()[:half])
        copy.update(await copied(client))
        await other.positions([PARTITION])
        await other.apply(PARTITION, records()[half:])
        with pytest.raises(Reseek):
            await sleeper.apply(PARTITION, records()[half:])
        await put_back(client, copy)
        assert list((await last.positions([PARTITION])).values()) == [half]
        await last.apply(PARTITION, records()[half:])
        for store in stores:
            await store.close()
        await client.aclose()

    asyncio.run(story())
    assert tallies(store_server.url, LOG.topic) == reference(EVENTS).tallies


def test_whoever_claimed_before_reads_no_case_and_writes_nothing(valkey: conftest.Store) -> None:
    """Neither for a fold nor for a recount, though the store stands at the very same offset."""

    async def story(_: Any, store: Store, owner: Owner) -> None:
        before = await standing(store)
        await owner.stands()
        keys = await store.case_keys(NUMBER)
        assert await store.households_of(NUMBER, before, keys)
        now = await store.claim(NUMBER, LOG, len(EVENTS))
        assert msgspec.structs.replace(now, token=before.token) == before
        for refused in (
            store.households_of(NUMBER, before, keys),
            store.kept(NUMBER, before, [("X99999901", "anybody")]),
            store.authorities_at(NUMBER, before),
            store.replace_tallies(NUMBER, before, {}),
        ):
            with pytest.raises(Moved):
                await refused
        with pytest.raises(Reseek):
            await owner.stands()
        with pytest.raises(Reseek):
            await owner.apply(PARTITION, records([*EVENTS, EVENTS[0]])[-1:])
        assert await standing(store) == now

    telling(valkey, story)


def test_a_claim_that_is_refused_holds_nothing(valkey: conftest.Store) -> None:
    """A worker of another log, started by mistake, does not stop the one that is right."""

    async def story(_: Any, store: Store, owner: Owner) -> None:
        before = await standing(store)
        with pytest.raises(Refused):
            await store.claim(NUMBER, msgspec.structs.replace(LOG, topic_id="another"), 5)
        assert await standing(store) == before
        await owner.apply(PARTITION, records([*EVENTS, EVENTS[0]])[-1:])

    telling(valkey, story)


def test_cases_that_come_while_they_are_counted_are_not_missed(valkey: conftest.Store) -> None:
    """A copy that is loaded key by key may not have all children yet when they are listed."""

    async def story(client: Any, store: Store, _: Owner) -> None:
        position = await standing(store)
        (key, *_) = await store.case_keys(NUMBER)
        dump = await client.dump(key)
        await client.delete(key)
        households_of = store.households_of

        async def reading(*about: Any) -> Any:
            read = await households_of(*about)
            await client.restore(key, 0, dump, replace=True)
            return read

        store.households_of = reading  # type: ignore[method-assign]
        counting = recount.here(store, RulesByAuthority())
        with pytest.raises(Moved, match="came or went"):
            await counting(NUMBER, position, lambda _: None)
        assert await counting(NUMBER, position, lambda _: None) == reference(EVENTS).tallies

    telling(valkey, story)
