"""The least that could do the work: aiokafka, the same fold, the same commit. Neither Faust nor any of the care.

It knows no rebalance, no dead letter, no second worker and no bound on its memory. Run as a process of its own.
"""

import asyncio
import os
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from events.decode import decode
from metrics.counting.completeness import Completeness
from metrics.counting.fold import CaseKey, Kept, fold, names
from metrics.rules.rules import RulesByAuthority
from metrics.store.redis import Commit, Store, connect
from streams.broker.topics import describe
from streams.worker.app import HELPING
from streams.worker.consumer import FETCH_WAIT
from streams.worker.processor import appended

CHUNK = 1000


async def main(kafka: str, redis: str, topic: str) -> None:
    log, store, rules = describe(kafka, topic), Store(connect(redis), topic), RulesByAuthority()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        enable_auto_commit=False,
        fetch_max_wait_ms=FETCH_WAIT,
        max_partition_fetch_bytes=HELPING,
    )
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(log.partitions)]
    consumer.assign(partitions)
    at = {}
    for tp, end in (await consumer.end_offsets(partitions)).items():
        at[tp] = await store.claim(tp.partition, log, end)
        consumer.seek(tp, at[tp].offset)
    offsets = {tp: position.offset for tp, position in at.items()}
    cases: dict[CaseKey, Kept | None] = {}
    authorities: dict[str, Completeness] = {}

    async def apply(tp: TopicPartition, records: list[Any]) -> None:
        for first in range(0, len(records), CHUNK):
            part = records[first : first + CHUNK]
            events = [decode(record.value, appended(record.timestamp)) for record in part]
            touched = {key for event in events for key in names(event)}
            if unknown := touched - cases.keys():
                cases.update({**dict.fromkeys(unknown), **await store.kept(tp.partition, unknown)})
            touched |= {(key[0], home) for key in touched if isinstance(home := cases[key], str)}
            kept = {key: case for key in touched if (case := cases.get(key)) is not None}
            change = fold(kept, authorities, events, rules)
            expected, offsets[tp] = offsets[tp], part[-1].offset + 1
            done = Commit(expected=expected, position=offsets[tp], generation=at[tp].generation, change=change)
            await store.commit(tp.partition, done)
            cases.update(change.cases)
            authorities.update(change.authorities)

    while True:
        batches = await consumer.getmany(timeout_ms=1000)
        await asyncio.gather(*(apply(tp, records) for tp, records in batches.items()))


if __name__ == "__main__":
    asyncio.run(main(os.environ["CASEPULSE_KAFKA"], os.environ["CASEPULSE_REDIS"], os.environ["CASEPULSE_TOPIC"]))
