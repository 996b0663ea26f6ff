"""The changes that readers follow are kept by number and by bytes: a feed of large commits does not fill the store."""

import asyncio

import pytest

from metrics.store import changes
from metrics.store.changes import KeptChanges
from metrics.store.connection import connect
from metrics.store.redis import Store
from tests import conftest
from tests.contracts.test_owner import EVENTS, owning, records
from tests.promises.test_time_passes_on_read import LOG, PARTITION

NODE_BYTES = 4096  # Redis takes whole nodes off a stream


def test_the_last_changes_are_kept_up_to_so_many_and_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones by number; of large ones those that fit, and always the last."""
    monkeypatch.setattr(changes, "MAX_CHANGE_BYTES", 1000)
    monkeypatch.setattr(changes, "MAX_CHANGES", 20)
    monkeypatch.setattr(changes, "TRUSTED_CHANGES", 5)
    small = KeptChanges()
    assert [small.with_one_of(1) for _ in range(30)] == [*range(6, 20), *[20] * 16]
    large = KeptChanges()
    assert [large.with_one_of(size) for size in (400, 400, 400, 10, 3000, 10, 990)] == [6, 7, 2, 3, 1, 1, 2]


def test_a_stream_of_large_changes_stays_small(store_server: conftest.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are committed, by however many workers in turn."""
    monkeypatch.setattr(changes, "MAX_CHANGE_BYTES", 50_000)
    monkeypatch.setattr(changes, "TRUSTED_CHANGES", 3)

    async def story() -> list[int]:
        client = connect(store_server.url)
        store = Store(client, LOG.topic)
        log = records()
        for first in range(0, len(EVENTS), 60):  # each by a worker of its own
            owner = owning(Store(client, LOG.topic))
            await owner.positions([PARTITION])
            for record in range(first, min(first + 60, len(EVENTS)), 2):
                await owner.apply(PARTITION, log[record : min(record + 2, first + 60)])
        entries = await client.xrange(f"{{{LOG.topic}:{PARTITION.partition}}}:changes")
        await store.close()
        return [len(fields[b"change"]) for _, fields in entries]

    sizes = asyncio.run(story())
    assert sum(sizes) <= 50_000 + 3 * max(sizes) + 2 * NODE_BYTES
    assert sum(sizes[-3:]) > 0
