"""Faust as its guide has it: an agent, one event at a time, cases and tallies in Redis. The control of our worker.

It is right as long as nothing goes wrong: cases and increments go in one transaction, and the fold is ours. It lacks a
position that is written with them. Start it as

    CASEPULSE_KAFKA=… CASEPULSE_REDIS=… CASEPULSE_TOPIC=… python -m tests.journeys.worker.stock_agent worker -l warn
"""

import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import faust
import msgspec
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from events.case import Case, decode_case, encode_case
from events.decode import DeadLetter, decode
from metrics.counting.fold import CaseKey, Kept, fold, names
from metrics.counting.tally import Tally
from metrics.rules.rules import RulesByAuthority
from metrics.shapes import Value

_where = msgspec.json.Decoder(tuple[str, tuple[str | tuple[str, ...], ...], int])


def case_key(topic: str, authority: str, child: str) -> str:
    """Return the key of a household, or of the pseudonym under which it is kept."""
    return f"stock:{topic}:case:{authority}:{child}"


def tally_key(topic: str, authority: str, part: str) -> str:
    """Return the key of the hash of a part: cell -> how many."""
    return f"stock:{topic}:tally:{authority}:{part}"


def stock_tallies(redis_url: str, topic: str) -> dict[str, Tally]:
    """Return the tallies that the agent has counted, by authority, without cells of 0."""
    tallies: dict[str, Tally] = {}
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        for key in redis.scan_iter(match=tally_key(topic, "*", "*"), count=1000):
            authority, part = key.removeprefix(tally_key(topic, "", "").rstrip(":") + ":").split(":")
            counts: Mapping[str, str] = redis.hgetall(key)
            cells: dict[tuple[str, tuple[Value, ...], int], int] = {
                _where.decode(where): int(n) for where, n in counts.items() if int(n)
            }
            if cells:
                tallies.setdefault(authority, {})[part] = cells
    return tallies


async def read_cases(redis: Any, topic: str, keys: tuple[CaseKey, ...]) -> dict[CaseKey, Kept]:
    """Return what is kept under *keys*, and the households that they point to."""
    kept: dict[CaseKey, Kept] = {}
    values = await redis.mget([case_key(topic, *key) for key in keys])
    for key, value in zip(keys, values, strict=True):
        if value is not None:
            kept[key] = _read(value)
    homes = tuple({(key[0], home) for key, home in kept.items() if isinstance(home, str)} - kept.keys())
    return kept | await read_cases(redis, topic, homes) if homes else kept


def _read(value: bytes) -> Kept:
    return value[1:].decode() if value.startswith(b">") else decode_case(value)


def _written(kept: Kept) -> bytes:
    return encode_case(kept) if isinstance(kept, Case) else b">" + kept.encode()


def create_app(kafka: str, redis_url: str, topic: str) -> Any:
    """Return the Faust app."""
    app = faust.App(
        f"stock-{topic}",
        broker=f"kafka://{kafka}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="stock-faust-"),
        topic_disable_leader=True,
        web_enabled=False,
        broker_session_timeout=6.0,  # both as our worker has them, for a fair comparison
        broker_heartbeat_interval=1.0,
    )
    events = app.topic(topic, key_serializer="raw", value_serializer="raw")
    redis: Any = AsyncRedis.from_url(redis_url)
    rules = RulesByAuthority()

    @app.agent(events)  # type: ignore[untyped-decorator]  # faust has no types
    async def count(stream: Any) -> None:
        async for value in stream:
            try:
                event = decode(value, datetime.now(UTC))
            except DeadLetter:
                continue
            keys = names(event)
            if not keys:
                continue
            change = fold(await read_cases(redis, topic, keys), {}, [event], rules)
            async with redis.pipeline(transaction=True) as pipe:
                for key, kept in change.cases.items():
                    pipe.set(case_key(topic, *key), _written(kept))
                for authority, parts in change.tallies.items():
                    for part, cells in parts.items():
                        for where, n in cells.items():
                            pipe.hincrby(tally_key(topic, authority, part), msgspec.json.encode(where), n)
                await pipe.execute()

    return app


if __name__ == "__main__":
    create_app(os.environ["CASEPULSE_KAFKA"], os.environ["CASEPULSE_REDIS"], os.environ["CASEPULSE_TOPIC"]).main()
