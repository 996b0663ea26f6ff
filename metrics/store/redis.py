"""The store: what is kept of each partition in Redis, and the commit that keeps it true.

All keys of a partition carry it as their hash tag, so one script touches one slot:

    {case-events:3}:position           hash: offset, head, generation, the log that they are of, the record read last
    {case-events:3}:case:<authority>:<pseudonym>    a household, or the pseudonym under which it is kept
    {case-events:3}:tally:<generation>:<authority>:<part>    hash: cell -> how many
    {case-events:3}:authorities        hash: authority -> what holds of it as a whole
    {case-events:3}:dead-letters       sorted set by offset: "offset reason place"
    {case-events:3}:definitions:<code>  hash: part -> what a version that worked here declares it as
    {case-events:3}:changes            stream: the last commits, each with (from, to), that readers follow
    {case-events:3}:worker             hash: the sign of life of its worker; nothing is counted from it

The position goes with the state: lose it, roll it back, fail it over, and replay from that position repairs it.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from events.case import Case
from metrics.counting.completeness import Completeness
from metrics.counting.definitions import definitions
from metrics.counting.fingerprint import code
from metrics.counting.fold import CaseKey, Kept
from metrics.counting.tally import Tally
from metrics.store.changes import KeptChanges
from metrics.store.codec import (
    TallyPage,
    commit_arguments,
    decode_authorities,
    decode_households,
    decode_kept,
    decode_position,
    decode_step,
    has_old_header,
    key_of,
    pack,
)
from metrics.store.commits import Commit, PartitionView, TallyName
from metrics.store.connection import TOO_LONG, rights_required, script
from metrics.store.generations import Generations
from metrics.store.position import (
    FORMAT,
    FORMATS_BEFORE,
    LONG_SECONDS,
    MADE_AFRESH,
    UNCOUNTED,
    Log,
    Moved,
    Position,
    Refused,
    check_claimed,
    check_held,
    first_generation,
    new_token,
)
from metrics.store.worker_sign import MAX_CLOCK_DIFFERENCE_SECONDS, WorkerSign, decode_sign

MAX_STEPS_READ = 500
CASES_AT_ONCE = 500


class Store:
    """What is kept of the partitions of one topic. Every method may raise one of STORE_ERRORS."""

    def __init__(self, client: Redis, topic: str, catalogue: str = "") -> None:
        self._client: Any = client  # redis-py's types differ between its two protocols
        self._topic = topic
        self._catalogue = catalogue or code()  # counts this store's tallies, where we count
        self._kept_changes: dict[int, KeptChanges] = {}  # by partition, since our claim
        self._old_headers: set[str] = set()  # keys of cases behind a header of another length, as format 1 wrote them
        self._commit, self._claim = script(client, "commit"), script(client, "claim")
        self._generations = Generations(client, topic)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _key(self, partition: int, *names: str) -> str:
        return key_of(self._topic, partition, *names)

    async def check(self, now: float) -> None:
        """Refuse a server that may forget, or whose clock is not ours. *now*: seconds since 1970. Raises Refused."""
        memory = await self._client.info("memory")
        if memory["maxmemory_policy"] != "noeviction":
            raise Refused(
                f"the store may evict keys (maxmemory-policy is {memory['maxmemory_policy']}), and with them children: "
                "set maxmemory-policy to noeviction"
            )
        difference = abs(await self._clock() - now)
        if difference > MAX_CLOCK_DIFFERENCE_SECONDS:
            raise Refused(f"the store's clock and ours are {difference:.0f} s apart: set them right")

    async def _clock(self) -> float:
        seconds, microseconds = await self._client.time()
        return float(seconds + microseconds / 1e6)

    async def server(self) -> tuple[Mapping[str, Any], float]:
        """Return what the server says of itself, and its clock in seconds since 1970."""
        clock = await self._clock()
        return await self._client.info(), clock

    async def format(self, partition: int) -> str | None:
        """Return the format that *partition* is kept in, known to us or not; None where nothing is kept."""
        fields = await self._client.hgetall(self._key(partition, "position"))
        return fields.get(b"format", b"").decode() if fields else None

    async def position(self, partition: int) -> Position | None:
        """Return where *partition* stands; None where nothing is kept of it."""
        return decode_position(await self._client.hgetall(self._key(partition, "position")), self._topic)

    async def claim(self, partition: int, log: Log, end: int) -> Position:
        """Note the log's *end*, from which on figures are whole, and return where to read on.

        Where one worker follows another it is not noted: what was whole stays shown while the rest is read.

        A long log that is read from its beginning is not counted on the way, but once, when all of it is told.
        Raises Refused where what is kept is of another log, or of a format that this code does not know.
        """
        fields = await self._claimed(partition, log, end)
        self._kept_changes.pop(partition, None)  # others may have written since
        if (kept_format := fields.get(b"format", b"").decode()) != FORMAT:
            raise Refused(
                f"the store's format is {kept_format or 'unknown'}, not {FORMAT}: use the version that wrote it"
            )
        position = decode_position(fields, self._topic)
        if position is None:
            raise Refused(f"the store's position of partition {partition} is damaged: {MADE_AFRESH}")
        check_claimed(position, partition, log, end)
        with rights_required():
            await self._client.hset(self._key(partition, "definitions", code()), mapping=definitions())
        return position

    async def _claimed(self, partition: int, log: Log, end: int) -> dict[bytes, bytes]:
        of_log = {name: str(value) for name, value in msgspec.structs.asdict(log).items()}
        fresh = {
            "format": FORMAT,
            "offset": 0,
            "generation": first_generation(self._catalogue, end),
            "dead_in_a_row": 0,
            "head": end,
            **of_log,
        }
        claim = {
            "pattern": self._key(partition) + ":*",
            "log": of_log,
            "head": str(end),
            "format": FORMAT,
            "before": dict.fromkeys(FORMATS_BEFORE, True),
            "token": new_token(),
            "catalogue": self._catalogue,
            "long": str(LONG_SECONDS),
        }
        keys = [self._key(partition, "position"), self._key(partition, "rights")]
        with rights_required():
            flat = await self._claim(keys=keys, args=[pack(claim), *(item for pair in fresh.items() for item in pair)])
        return dict(zip(flat[::2], flat[1::2], strict=True))

    async def forget(self, partition: int) -> None:
        """Have the next claim clear all that is kept of *partition*, and begin afresh. From now on no commit lands.

        Only the position goes: a worker may claim the partition at once, and what else we removed would be its own.
        """
        await self._client.unlink(self._key(partition, "position"))

    async def readable(self, partition: int, position: Position) -> frozenset[str]:
        """Return the parts of the tallies at *position* that mean what they mean to our code."""
        if (theirs := position.catalogue.partition("-")[0]) == code():
            return frozenset(definitions())
        declared = await self._client.hgetall(self._key(partition, "definitions", theirs))
        return frozenset(name for name, ours in definitions().items() if declared.get(name.encode()) == ours.encode())

    async def dead_since(self, partition: int, offset: int) -> int:
        """Return how many dead letters there are at or after *offset*."""
        return int(await self._client.zcount(self._key(partition, "dead-letters"), offset, "+inf"))

    async def dead_letters(self, partition: int) -> list[tuple[int, str, str]]:
        """Return every dead letter's offset, reason and place."""
        members = await self._client.zrange(self._key(partition, "dead-letters"), 0, -1)
        return [(int(offset), reason, place) for offset, reason, place in (m.decode().split(" ", 2) for m in members)]

    async def kept(self, partition: int, position: Position, keys: Iterable[CaseKey]) -> dict[CaseKey, Kept]:
        """Return what is kept under *keys*, and the households that they point to. Raises Moved.

        *position*: of our claim; what is read is of it, or of a commit of ours that followed.
        """
        kept: dict[CaseKey, Kept] = {}
        wanted = set(keys)
        while wanted:
            asked = sorted(wanted)
            names = [self._key(partition, "case", *key) for key in asked]
            values = await self._held(partition, position, names)
            self._old_headers.update(
                name for name, value in zip(names, values, strict=True) if value and has_old_header(value)
            )
            kept.update(
                (key, decode_kept(value)) for key, value in zip(asked, values, strict=True) if value is not None
            )
            pointed = {(key[0], home) for key in asked if isinstance(home := kept.get(key), str)}
            wanted = pointed - kept.keys()
        return kept

    async def _held(self, partition: int, position: Position, names: Sequence[str | bytes]) -> list[bytes | None]:
        """Return the values under *names*, if our claim at *position* still holds the partition. Raises Moved."""
        return list(await self._of_our_claim(partition, position, lambda pipe: pipe.mget(names)))

    async def authorities_at(self, partition: int, position: Position) -> dict[str, Completeness]:
        """Return what holds of each authority, if our claim at *position* still holds the partition. Raises Moved."""
        key = self._key(partition, "authorities")
        return decode_authorities(await self._of_our_claim(partition, position, lambda pipe: pipe.hgetall(key)))

    async def _of_our_claim(self, partition: int, position: Position, ask: Callable[[Any], Any]) -> Any:
        """Return the one answer that *ask* asks a pipe for, if our claim at *position* holds as of it. Raises Moved."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(self._key(partition, "position"), "token", "offset")
            ask(pipe)
            about, answer = await pipe.execute()
        check_held(position, *about)
        return answer

    async def authorities(self, partition: int) -> dict[str, Completeness]:
        """Return what holds of each authority of *partition* as a whole."""
        return decode_authorities(await self._client.hgetall(self._key(partition, "authorities")))

    async def commit(self, partition: int, commit: Commit) -> None:
        """Write all of *commit*, if the store still stands at the expected offset. Raises Moved, Refused."""
        kept = self._kept_changes.setdefault(partition, KeptChanges())
        keys, values = commit_arguments(self._topic, partition, commit, self._old_headers, kept)
        with rights_required():
            outcome, *about = await self._commit(keys=keys, args=values)
        if outcome == b"moved":
            raise Moved(f"expected {commit.expected}, found {about[0].decode() or 'nothing'}")
        if outcome == b"too_long":
            raise Refused(TOO_LONG)
        if outcome != b"ok":
            raise Refused(f"a key of the store is not what it should be: {MADE_AFRESH}")
        if self._old_headers:
            self._old_headers.difference_update(keys)

    async def sizes(self, partition: int, generation: str, parts: Iterable[str]) -> dict[TallyName, int]:
        """Return every tally that there may be, and how many cells each has."""
        names = [(authority, part) for authority in await self.authorities(partition) for part in parts]
        async with self._client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hlen(self._key(partition, "tally", generation, *name))
            return dict(zip(names, await pipe.execute(), strict=True))

    async def page(self, partition: int, generation: str, after: int, names: Sequence[TallyName]) -> TallyPage | None:
        """Return tallies, and what was committed after the offset *after*, all as of one moment.

        None where *partition* is of another *generation* by now.
        """
        async with self._client.pipeline(transaction=True) as pipe:
            self._ask_state(pipe, partition, after=str(after + 1))
            for name in names:
                pipe.hgetall(self._key(partition, "tally", generation, *name))
            state, authorities, entries, *tallies = await pipe.execute()
        position = decode_position(state, self._topic)
        if position is None or position.generation != generation:
            return None
        steps = [decode_step(entry) for _, entry in entries]
        return TallyPage(position, decode_authorities(authorities), steps, dict(zip(names, tallies, strict=True)))

    async def follow(self, partition: int, offset: int | None) -> PartitionView:
        """Return where *partition* stands, and what was committed after *offset*, all as of one moment."""
        async with self._client.pipeline(transaction=True) as pipe:
            self._ask_state(pipe, partition, "+" if offset is None else str(offset + 1), MAX_STEPS_READ)
            pipe.hgetall(self._key(partition, "worker"))
            pipe.time()
            answers = await pipe.execute(raise_on_error=False)  # a sign that cannot be read keeps no figure back
        if fault := next((answer for answer in answers[:3] if isinstance(answer, Exception)), None):
            raise fault
        state, authorities, entries, left, (now, _) = answers
        steps = [decode_step(entry) for _, entry in entries] if offset is not None else []
        position = decode_position(state, self._topic)
        sign = None if isinstance(left, Exception) else decode_sign(left)
        return PartitionView(position, decode_authorities(authorities), steps, sign, now - sign.given_at if sign else 0)

    async def sign(self, signs: Mapping[int, WorkerSign]) -> None:
        """Leave the sign of life of the worker of each partition."""
        async with self._client.pipeline(transaction=False) as pipe:
            for number, sign in signs.items():
                pipe.hset(self._key(number, "worker"), mapping=sign.fields())
            await pipe.execute()

    def _ask_state(self, pipe: Any, partition: int, after: str, count: int | None = None) -> None:
        """Have *pipe* ask for the position, the authorities, and the changes from *after* on."""
        pipe.hgetall(self._key(partition, "position"))
        pipe.hgetall(self._key(partition, "authorities"))
        pipe.xrange(self._key(partition, "changes"), min=after, count=count)

    async def case_keys(self, partition: int) -> list[bytes]:
        """Return the keys of all cases of *partition*, each once: SCAN may return a key twice."""
        prefix = self._key(partition, "case") + ":"
        return sorted({key async for key in self._client.scan_iter(match=prefix + "*", count=1000)})

    async def cases(self, partition: int) -> AsyncIterator[tuple[str, Case]]:
        """Yield every household of *partition* with its authority."""
        keys = await self.case_keys(partition)
        for first in range(0, len(keys), CASES_AT_ONCE):
            page = keys[first : first + CASES_AT_ONCE]
            for household in decode_households(page, await self._client.mget(page)):
                yield household

    async def households_of(self, partition: int, position: Position, keys: Sequence[bytes]) -> list[tuple[str, Case]]:
        """Return every household under some *keys* of cases, with its authority, as of *position*. Raises Moved."""
        return decode_households(keys, await self._held(partition, position, keys))

    async def households(self, partition: int) -> list[tuple[str, Case]]:
        """Return every household of *partition* with its authority, as of one moment. Raises Moved."""
        for _ in range(10):
            keys = await self.case_keys(partition)
            async with self._client.pipeline(transaction=True) as pipe:
                for first in range(0, len(keys), CASES_AT_ONCE):
                    pipe.mget(keys[first : first + CASES_AT_ONCE])
                values = [value for page in await pipe.execute() for value in page]
            if keys == await self.case_keys(partition):  # keys are only ever added: none was, so none was missed
                return decode_households(keys, values)
        raise Moved("new children come faster than all can be read: try again, or ask a file with --from")

    async def replace_tallies(self, partition: int, position: Position, tallies: Mapping[str, Tally]) -> Position:
        """Put *tallies* in the place of those counted by an older catalogue, in one switch.

        Returns the new position. Raises Moved where the partition went on meanwhile, or another claim holds it.
        """
        return await self._generations.replace(partition, position, self._catalogue, tallies)

    async def begin_counting_later(self, partition: int, position: Position) -> Position:
        """Forget that a commit broke off, where nothing is counted yet: all is told once more. Raises Moved."""
        return await self._generations.replace(partition, position, UNCOUNTED, {})
