"""The least that could do the work: aiokafka, the same fold, the same commit. No Faust, and none of the care.

It handles no rebalance, no dead letter, no second worker, and its memory has no bound. Run as a process of its own.
"""

import asyncio
import os
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from events.decode import decode
from metrics.counting.completeness import Completeness
from metrics.counting.fold import CaseKey, Kept, fold, names
from metrics.rules.rules import RulesByAuthority
from metrics.store.commits import Commit
from metrics.store.connection import connect
from metrics.store.redis import Store
from streams.broker.topics import describe
from streams.worker.app import MAX_FETCH_BYTES
from streams.worker.consumer import FETCH_WAIT_MS
from streams.worker.processor import appended

MAX_COMMIT_RECORDS = 1000


async def main(kafka: str, redis: str, topic: str) -> None:
    log, store, rules = describe(kafka, topic), Store(connect(redis), topic), RulesByAuthority()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        enable_auto_commit=False,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=MAX_FETCH_BYTES,
    )
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(log.partitions)]
    consumer.assign(partitions)
    positions = {}
    for tp, end in (await consumer.end_offsets(partitions)).items():
        positions[tp] = await store.claim(tp.partition, log, end)
        consumer.seek(tp, positions[tp].offset)
    offsets = {tp: position.offset for tp, position in positions.items()}
    cases: dict[CaseKey, Kept | None] = {}
    authorities: dict[str, Completeness] = {}

    async def apply(tp: TopicPartition, records: list[Any]) -> None:
        for first in range(0, len(records), MAX_COMMIT_RECORDS):
            chunk = records[first : first + MAX_COMMIT_RECORDS]
            events = [decode(record.value, appended(record.timestamp)) for record in chunk]
            touched = {key for event in events for key in names(event)}
            if unknown := touched - cases.keys():
                cases.update({**dict.fromkeys(unknown), **await store.kept(tp.partition, positions[tp], unknown)})
            touched |= {(key[0], home) for key in touched if isinstance(home := cases[key], str)}
            kept = {key: case for key in touched if (case := cases.get(key)) is not None}
            change = fold(kept, authorities, events, rules)
            expected, offsets[tp] = offsets[tp], chunk[-1].offset + 1
            token, generation = positions[tp].token, positions[tp].generation
            commit = Commit(token=token, expected=expected, position=offsets[tp], generation=generation, change=change)
            await store.commit(tp.partition, commit)
            cases.update(change.cases)
            authorities.update(change.authorities)

    while True:
        batches = await consumer.getmany(timeout_ms=1000)
        await asyncio.gather(*(apply(tp, records) for tp, records in batches.items()))


if __name__ == "__main__":
    asyncio.run(main(os.environ["CASEPULSE_KAFKA"], os.environ["CASEPULSE_REDIS"], os.environ["CASEPULSE_TOPIC"]))
