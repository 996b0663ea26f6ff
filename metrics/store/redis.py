"""The one door to Redis: what is kept of each partition, and the commit that keeps it true.

All keys of a partition carry it as their hash tag, so one script touches one slot:

    {case-events:3}:position           hash: offset, head, generation, and what they are the offsets of
    {case-events:3}:case:<authority>:<pseudonym>    a household, or the pseudonym under which it is kept
    {case-events:3}:tally:<generation>:<authority>:<part>    hash: where -> how many
    {case-events:3}:authorities        hash: authority -> what holds of it as a whole
    {case-events:3}:dead-letters       sorted set by offset: "offset reason place"
    {case-events:3}:changes            stream: the last commits, each with (from, to), that readers follow

The position goes with the state: lose it, roll it back, fail it over, and replay from that position repairs it.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError, WatchError

from events.case import ARRAY, Case, decode_case, encode_case, encode_size, encode_tellings
from events.event import Event
from events.time import Instant
from metrics.counting.completeness import Completeness
from metrics.counting.fingerprint import code
from metrics.counting.fold import CaseKey, Change, Kept
from metrics.counting.tally import Tally
from metrics.shapes import Value
from metrics.shapes.part import CellKey
from metrics.store.address import RedisSettings, Unusable, secret

FORMAT = "2"
FORMAT_BEFORE = "1"  # what it wrote is read as it is, and a claim carries it on
CHANGES_KEPT = 2000  # commits that a reader may be behind before it reads a partition anew
STEPS_READ = 500
UNCOUNTED = "uncounted"  # the catalogue of a generation that holds no tallies yet
LONG = 20_000  # events; a log this long is counted when all of it is told, once a case instead of at every change
CELLS_AT_ONCE = 2000
CLOCK_TOLERANCE = 60  # seconds between the store's clock and ours

STORE_ERRORS = (RedisError, ConnectionError, TimeoutError)


class Refused(Exception):
    """It is not safe to go on; the message says why, and what to do."""


class PastEnd(Refused):
    """The store has read further than the log goes."""


class Moved(Exception):
    """The store is not where it was thought to be: ask it where it is, and read on from there."""


class Log(msgspec.Struct, frozen=True):
    """Which log the offsets belong to."""

    topic: str
    cluster: str
    topic_id: str
    partitions: int


class Position(msgspec.Struct, frozen=True):
    """Where a partition stands: the next offset to read, and the log's end when a worker last claimed it."""

    offset: int
    head: int
    generation: str
    log: Log
    dead_in_a_row: int

    @property
    def catalogue(self) -> str:
        """The fingerprint of the catalogue by which the tallies were counted; UNCOUNTED where they are not yet."""
        return self.generation.partition(".")[0]

    @property
    def at(self) -> tuple[int, str, Log]:
        """What the state is a pure function of: the same here, the same in all that is kept."""
        return self.offset, self.generation, self.log

    @property
    def telling(self) -> bool:
        """Whether so much is left of a log that it is told on before anything is counted.

        What little came meanwhile is counted as it comes: where something always comes, all is never told.
        """
        return self.catalogue == UNCOUNTED and self.head - self.offset >= LONG

    @property
    def rebuilding(self) -> bool:
        """Whether what was in the log at the last claim has not all been read yet."""
        return self.offset < self.head


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch writes. *expected* is the offset that the store must still stand at."""

    expected: int
    position: int
    generation: str
    change: Change
    dead: list[tuple[int, str]] = []
    dead_in_a_row: int = 0


class CommitStep(msgspec.Struct, frozen=True):
    """What one commit added to the tallies, from one offset to the next."""

    start: int
    end: int
    tallies: dict[str, Tally]


class View(msgspec.Struct, frozen=True):
    """What a reader that follows sees: where a partition stands, and the steps that took it there."""

    position: Position | None
    authorities: dict[str, Completeness]
    steps: list[CommitStep]


Named = tuple[str, str]  # a tally: authority, part


class TallyPage(msgspec.Struct, frozen=True):
    """Some of the tallies of a partition as of one moment, and the steps that led there from the page before."""

    position: Position
    authorities: dict[str, Completeness]
    steps: list[CommitStep]
    fields: dict[Named, dict[bytes, bytes]]  # as the store has them

    def cells(self) -> Iterator[tuple[str, str, dict[CellKey, int]]]:
        """Yield them as cells, of each part so many at a time as take no time to speak of."""
        for (authority, part), fields in self.fields.items():
            items = iter(fields.items())
            while some := {_where.decode(where): int(n) for where, n in islice(items, CELLS_AT_ONCE)}:
                yield authority, part, some


_pack = msgspec.msgpack.Encoder().encode
_authority: msgspec.msgpack.Decoder[Completeness] = msgspec.msgpack.Decoder(Completeness)
_where: msgspec.json.Decoder[tuple[str, tuple[Value, ...], Instant]] = msgspec.json.Decoder(
    tuple[str, tuple[str | tuple[str, ...], ...], int]
)
_change = msgspec.msgpack.Decoder(dict[str, dict[str, dict[str, int]]])


def connect(where: RedisSettings | str, timeout: float = 5.0) -> Redis:
    """Return a client that never sends a command twice by itself: its caller knows whether that is safe.

    A URL alone is a server that asks for nothing else.
    """
    found = RedisSettings(where) if isinstance(where, str) else where
    options: dict[str, Any] = {"ssl_ca_certs": str(found.ca_file)} if found.ca_file else {}
    if found.password_file:
        options["credential_provider"] = _FromFile(found.user, found.password_file)
    return Redis.from_url(
        found.url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0), **options
    )


class _FromFile(CredentialProvider):
    """The password is read for each connection, so that it can be changed without a restart."""

    def __init__(self, user: str | None, file: Path) -> None:
        self._user, self._file = user, file

    def get_credentials(self) -> tuple[str, str] | tuple[str]:
        try:
            password = secret(self._file)
        except Unusable as exc:
            raise AuthenticationError(str(exc)) from exc
        return (self._user, password) if self._user else (password,)

    async def get_credentials_async(self) -> tuple[str, str] | tuple[str]:
        return self.get_credentials()


class Store:
    """What is kept of the partitions of one topic. Every method may raise one of STORE_ERRORS."""

    def __init__(self, client: Redis, topic: str, catalogue: str = "") -> None:
        self._client: Any = client  # redis-py's types differ between its two protocols
        self._topic = topic
        self._catalogue = catalogue or code()  # by which this store's tallies are counted, where we count
        self._others: set[str] = set()  # cases behind a header of another length, as format 1 wrote them
        self._commit, self._claim, self._put = (
            self._client.register_script(files("metrics.store").joinpath(f"{name}.lua").read_text())
            for name in ("commit", "claim", "put")
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _key(self, partition: int, *names: str) -> str:
        return ":".join((f"{{{self._topic}:{partition}}}", *map(_quoted, names)))

    async def check(self, now: float) -> None:
        """Refuse a server that may forget, or whose clock is not ours. *now*: seconds since 1970. Raises Refused."""
        memory = await self._client.info("memory")
        if memory["maxmemory_policy"] != "noeviction":
            raise Refused(
                f"the store may evict keys (maxmemory-policy is {memory['maxmemory_policy']}), and with them children: "
                "set maxmemory-policy to noeviction"
            )
        seconds, microseconds = await self._client.time()
        apart = abs(seconds + microseconds / 1e6 - now)
        if apart > CLOCK_TOLERANCE:
            raise Refused(f"the store's clock and ours are {apart:.0f} s apart: set them right")

    async def server(self) -> tuple[Mapping[str, Any], float]:
        """Return what the server says of itself, and its clock in seconds since 1970."""
        seconds, microseconds = await self._client.time()
        return await self._client.info(), seconds + microseconds / 1e6

    async def format(self, partition: int) -> str | None:
        """Return in which format *partition* is kept, known to us or not; None where nothing is."""
        found = await self._client.hgetall(self._key(partition, "position"))
        return found.get(b"format", b"").decode() if found else None

    async def position(self, partition: int) -> Position | None:
        """Return where *partition* stands; None where nothing is kept of it."""
        return _position(await self._client.hgetall(self._key(partition, "position")), self._topic)

    async def claim(self, partition: int, log: Log, end: int) -> Position:
        """Note the log's *end*, from which on figures are whole, and return where to read on.

        Where all of a long log is to be read it is not counted on the way, but once, when all of it has been told.
        Raises Refused where what is kept is of another log, or of a format that this code does not know.
        """
        key = self._key(partition, "position")
        generation = self._new_generation(UNCOUNTED if end >= LONG else self._catalogue)
        fresh = {"format": FORMAT, "offset": 0, "generation": generation, "dead_in_a_row": 0, "head": end}
        fields = [item for pair in {**fresh, **msgspec.structs.asdict(log)}.items() for item in pair]
        keys = [key, self._key(partition, "rights")]
        with _rights():
            args = [self._key(partition) + ":*", log.topic_id, end, FORMAT_BEFORE, FORMAT, *fields]
            flat = await self._claim(keys=keys, args=args)
        found = dict(zip(flat[::2], flat[1::2], strict=True))
        if (kind := found.get(b"format", b"").decode()) != FORMAT:
            raise Refused(f"the store's format is {kind or 'unknown'}, not {FORMAT}: use the version that wrote it")
        position = _position(found, self._topic)
        if position is None:
            raise Refused(f"the store's position of partition {partition} is damaged: flush the store, it is rebuilt")
        if position.log != log:
            raise Refused(_another_log(position.log, log))
        if position.offset > end:
            raise PastEnd(
                f"the store has read to {position.offset} of partition {partition} and the log ends at {end}: it was "
                "cut back or is another; restore the log, or flush the store and let it be rebuilt"
            )
        return position

    async def dead_since(self, partition: int, offset: int) -> int:
        """Return how many dead letters there are at or after *offset*."""
        return int(await self._client.zcount(self._key(partition, "dead-letters"), offset, "+inf"))

    async def dead_letters(self, partition: int) -> list[tuple[int, str, str]]:
        """Return every dead letter's offset, reason and place."""
        members = await self._client.zrange(self._key(partition, "dead-letters"), 0, -1)
        return [(int(offset), reason, place) for offset, reason, place in (m.decode().split(" ", 2) for m in members)]

    async def kept(self, partition: int, keys: Iterable[CaseKey]) -> dict[CaseKey, Kept]:
        """Return what is kept under *keys*, and the households that they point to."""
        found: dict[CaseKey, Kept] = {}
        wanted = set(keys)
        while wanted:
            asked = sorted(wanted)
            names = [self._key(partition, "case", *key) for key in asked]
            values = await self._client.mget(names)
            self._others.update(name for name, value in zip(names, values, strict=True) if value and _is_other(value))
            found.update((key, _kept(value)) for key, value in zip(asked, values, strict=True) if value is not None)
            pointed = {(key[0], home) for key in asked if isinstance(home := found.get(key), str)}
            wanted = pointed - found.keys()
        return found

    async def authorities(self, partition: int) -> dict[str, Completeness]:
        """Return what holds of each authority of *partition* as a whole."""
        return _authorities(await self._client.hgetall(self._key(partition, "authorities")))

    async def commit(self, partition: int, commit: Commit) -> None:
        """Write it all, if the store still stands at the expected offset. Raises Moved, Refused."""
        keys = [self._key(partition, name) for name in ("position", "changes", "dead-letters", "authorities")]
        change = {authority: _fields(tally) for authority, tally in commit.change.tallies.items()}
        values: list[Any] = [b"", CHANGES_KEPT, _pack(change)]  # the first is what points at the others
        cases, tallies, authorities = [], [], {}
        for key, kept in commit.change.cases.items():
            keys.append(self._key(partition, "case", *key))
            added = None if keys[-1] in self._others else commit.change.new.get(key)
            values.append(_pack(kept) if isinstance(kept, str) else _case(kept, added))
            cases.append((len(keys), len(values), added is not None))
        for name, authority in commit.change.authorities.items():
            values.append(_pack(authority))
            authorities[name] = len(values)
        for name, parts in change.items():
            for part, fields in parts.items():
                keys.append(self._key(partition, "tally", commit.generation, name, part))
                tallies.append((len(keys), list(fields), list(fields.values())))
        values[0] = _pack(
            {
                "expected": str(commit.expected),
                "position": str(commit.position),
                "generation": commit.generation,
                "cases": cases,
                "tallies": tallies,
                "authorities": authorities,
                "dead": commit.dead,
                "dead_in_a_row": str(commit.dead_in_a_row),
            }
        )
        with _rights():
            said, *about = await self._commit(keys=keys, args=values)
        if said == b"moved":
            raise Moved(f"expected {commit.expected}, found {about[0].decode() or 'nothing'}")
        if said != b"ok":
            raise Refused("a key of the store is not what it should be: flush the store and let it be rebuilt")
        if self._others:
            self._others.difference_update(keys)

    async def sizes(self, partition: int, generation: str, parts: Iterable[str]) -> dict[Named, int]:
        """Return every tally that there may be, and of how many cells each is."""
        names = [(authority, part) for authority in await self.authorities(partition) for part in parts]
        async with self._client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hlen(self._key(partition, "tally", generation, *name))
            return dict(zip(names, await pipe.execute(), strict=True))

    async def page(self, partition: int, generation: str, after: int, names: Sequence[Named]) -> TallyPage | None:
        """Return tallies, and what was committed after the offset *after*, all of one moment.

        None where *partition* is of another *generation* by now.
        """
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hgetall(self._key(partition, "position"))
            pipe.hgetall(self._key(partition, "authorities"))
            pipe.xrange(self._key(partition, "changes"), min=str(after + 1))
            for name in names:
                pipe.hgetall(self._key(partition, "tally", generation, *name))
            found, authorities, entries, *fields = await pipe.execute()
        position = _position(found, self._topic)
        if position is None or position.generation != generation:
            return None
        steps = [_step(entry) for _, entry in entries]
        return TallyPage(position, _authorities(authorities), steps, dict(zip(names, fields, strict=True)))

    async def follow(self, partition: int, offset: int | None) -> "View":
        """Return where *partition* stands, and what was committed after *offset*, all of one moment."""
        after = "+" if offset is None else str(offset + 1)
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hgetall(self._key(partition, "position"))
            pipe.hgetall(self._key(partition, "authorities"))
            pipe.xrange(self._key(partition, "changes"), min=after, count=STEPS_READ)
            position, authorities, entries = await pipe.execute()
        steps = [_step(fields) for _, fields in entries] if offset is not None else []
        return View(_position(position, self._topic), _authorities(authorities), steps)

    async def case_keys(self, partition: int) -> list[bytes]:
        """Return the keys of all cases of *partition*, each once: SCAN may say one twice, and none must count twice."""
        prefix = self._key(partition, "case") + ":"
        return sorted({key async for key in self._client.scan_iter(match=prefix + "*", count=1000)})

    async def cases(self, partition: int) -> AsyncIterator[tuple[str, Case]]:
        """Yield every household of *partition* with its authority."""
        keys = await self.case_keys(partition)
        for first in range(0, len(keys), 500):
            for household in await self.households_of(keys[first : first + 500]):
                yield household

    async def households_of(self, keys: Sequence[bytes]) -> list[tuple[str, Case]]:
        """Return every household that is kept under some *keys* of cases, with its authority."""
        return _households(keys, await self._client.mget(keys) if keys else [])

    async def households(self, partition: int) -> list[tuple[str, Case]]:
        """Return every household of *partition* with its authority, as of one moment. Raises Moved."""
        for _ in range(10):
            keys = await self.case_keys(partition)
            async with self._client.pipeline(transaction=True) as pipe:
                for first in range(0, len(keys), 500):
                    pipe.mget(keys[first : first + 500])
                values = [value for page in await pipe.execute() for value in page]
            if keys == await self.case_keys(partition):  # keys only ever come: none came, so none was missed
                return _households(keys, values)
        raise Moved("new children come faster than all can be read: try again, or ask a file with --from")

    async def recounted(self, partition: int, position: Position, tallies: Mapping[str, Tally]) -> Position:
        """Put *tallies* in the place of those counted by an older catalogue, in one switch.

        Returns the new position. Raises Moved where the partition went on meanwhile.
        """
        generation = self._new_generation(self._catalogue)
        # The last ones, and what was written for a recount whose worker was killed: no position ever points to it. They
        # are looked for before the switch: what is there after it may be of whoever has taken the partition over.
        older = await self._tallies(partition)
        try:
            await self._write(partition, generation, tallies)
            await self._switch(partition, position, generation)
        except BaseException:
            with suppress(*STORE_ERRORS):
                found = await self.position(partition)  # it may have switched, and the answer was lost
                if found is None or found.generation != generation:
                    await self._forget(await self._tallies(partition, generation))
            raise
        await self._forget(older)
        return msgspec.structs.replace(position, generation=generation)

    async def _write(self, partition: int, generation: str, tallies: Mapping[str, Tally]) -> None:
        """Write *tallies* some cells at a time, the next being encoded while those before are on their way."""
        writing: asyncio.Future[Any] | None = None
        for authority, tally in tallies.items():
            for part, cells in tally.items():
                key, left = self._key(partition, "tally", generation, authority, part), iter(cells.items())
                while some := [piece for where, n in islice(left, CELLS_AT_ONCE) for piece in (_field(where), n)]:
                    packed = _pack(some)  # redis-py would take each by itself
                    if writing is not None:
                        await writing
                    writing = asyncio.ensure_future(self._put(keys=[key], args=[packed]))
                    await asyncio.sleep(0)  # it goes as far as to the wire
        if writing is not None:
            await writing

    async def _switch(self, partition: int, position: Position, generation: str) -> None:
        """Point to *generation* if the partition still is where it was. Raises Moved.

        A claim may note a later end of the log meanwhile, as often as it likes: what was counted stays what it was.
        """
        key = self._key(partition, "position")
        async with self._client.pipeline(transaction=True) as pipe:
            while True:
                await pipe.watch(key)
                found = _position(await pipe.hgetall(key), self._topic)
                if found is None or found.at != position.at:
                    raise Moved("the partition went on while it was recounted")
                pipe.multi()
                pipe.hset(key, "generation", generation)
                with suppress(WatchError):
                    await pipe.execute()
                    return

    def _new_generation(self, catalogue: str) -> str:
        """Return a name for tallies counted by *catalogue*: no two counts ever write to the same keys."""
        return f"{catalogue}.{secrets.token_hex(4)}"

    async def _tallies(self, partition: int, generation: str = "*") -> list[bytes]:
        """Return the keys of all tallies, or of those of one *generation*."""
        pattern = self._key(partition, "tally") + f":{generation}:*"
        return [key async for key in self._client.scan_iter(match=pattern, count=1000)]

    async def _forget(self, keys: Sequence[bytes]) -> None:
        for key in keys:
            await self._client.unlink(key)


@lru_cache(maxsize=100_000)
def _quoted(name: str) -> str:
    return quote(name, safe="")


def _households(keys: Sequence[bytes], values: Sequence[bytes | None]) -> list[tuple[str, Case]]:
    names = [unquote(key.decode().rsplit(":", 2)[1]) for key in keys]
    found = [(name, _kept(value)) for name, value in zip(names, values, strict=True) if value]
    return [(name, kept) for name, kept in found if isinstance(kept, Case)]


def _another_log(kept: Log, log: Log) -> str:
    if kept.cluster != log.cluster:
        return "the store was filled from another Kafka cluster: use that one, or flush the store and let it be rebuilt"
    if kept.topic_id != log.topic_id:
        return "the topic was deleted and made again since the store was filled: flush the store and let it be rebuilt"
    return (
        f"the topic had {kept.partitions} partitions and now has {log.partitions}: an authority may stand in two of "
        "them; make the topic anew with as many as before and load it again"
    )


def _position(found: Mapping[bytes, bytes], topic: str) -> Position | None:
    text = {name.decode(): value.decode() for name, value in found.items()}
    if text.get("format") != FORMAT or "offset" not in text:
        return None
    log = Log(topic, text["cluster"], text["topic_id"], int(text["partitions"]))
    return Position(int(text["offset"]), int(text["head"]), text["generation"], log, int(text["dead_in_a_row"]))


@contextmanager
def _rights() -> Iterator[None]:
    """Turn what a user may not do into a Refused: to ask again would not help."""
    try:
        yield
    except ResponseError as exc:
        inside = ("can't run this command", "has no permissions")  # of a script, as Redis says it, and Valkey
        if not isinstance(exc, NoPermissionError) and not any(words in str(exc) for words in inside):
            raise
        raise Refused("the store does not let us do all that a worker must: docs/operations.md has the rights") from exc


def _is_other(value: bytes) -> bool:
    """Whether a case, not a pointer, stands behind another header than we write."""
    return not _is_pointer(value) and not value.startswith(ARRAY)


def _is_pointer(value: bytes) -> bool:
    """Whether it is a pseudonym, and no household: MessagePack tells a string from a list."""
    return value[0] & 0xE0 == 0xA0 or value[0] in (0xD9, 0xDA)


def _case(case: Case, added: Sequence[Event] | None) -> bytes:
    """Return *case*, or what makes it of the case without what was *added*: its header, the new one, and that."""
    if added is None:
        return encode_case(case)
    return encode_size(case.size - len(added)) + encode_size(case.size) + encode_tellings(added)


def _kept(value: bytes) -> Kept:
    """Return a household, or the pseudonym that a pointer holds. Raises Refused."""
    try:
        return msgspec.msgpack.decode(value, type=str) if _is_pointer(value) else decode_case(value)
    except msgspec.DecodeError:
        pass  # msgspec's error may quote a value: it must be neither cause nor context
    raise Refused("a stored case cannot be read: flush the store and let it be rebuilt")


def _authorities(found: Mapping[bytes, bytes]) -> dict[str, Completeness]:
    return {name.decode(): _authority.decode(value) for name, value in found.items()}


def _fields(tally: Tally) -> dict[str, dict[str, int]]:
    return {part: {_field(where): n for where, n in cells.items()} for part, cells in tally.items()}


def _field(where: CellKey) -> str:
    return msgspec.json.encode(where).decode()


def _step(fields: Mapping[bytes, bytes]) -> CommitStep:
    change = _change.decode(fields[b"change"])
    tallies = {
        authority: {part: {_where.decode(where): n for where, n in cells.items()} for part, cells in parts.items()}
        for authority, parts in change.items()
    }
    return CommitStep(int(fields[b"from"]), int(fields[b"to"]), tallies)
