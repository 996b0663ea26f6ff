"""How cases, authorities, tallies and commits are written as bytes, and read again. Knows no Redis."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from urllib.parse import quote, unquote

import msgspec

from events.case import ARRAY, Case, decode_case, encode_case, encode_size, encode_tellings
from events.event import Event
from events.time import Instant
from metrics.counting.completeness import Completeness
from metrics.counting.fold import Kept
from metrics.counting.tally import Tally
from metrics.shapes import Value
from metrics.shapes.part import CellKey
from metrics.store.changes import KeptChanges
from metrics.store.commits import Commit, CommitStep, TallyName
from metrics.store.position import FORMATS, MADE_AFRESH, LastRecord, Log, Position, Refused

CELLS_AT_ONCE = 2000
MAX_STRING_BYTES = 512 * 1024 * 1024  # that a server takes where nobody set it otherwise; not every user may ask

# What damaged bytes raise. A length among them may ask for more memory than there is.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, MemoryError)

Fields = Mapping[bytes, bytes]  # a hash, as the store returns it

pack = msgspec.msgpack.Encoder().encode
_authority: msgspec.msgpack.Decoder[Completeness] = msgspec.msgpack.Decoder(Completeness)
_cell: msgspec.json.Decoder[tuple[str, tuple[Value, ...], Instant]] = msgspec.json.Decoder(
    tuple[str, tuple[str | tuple[str, ...], ...], int]
)
_change = msgspec.msgpack.Decoder(dict[str, dict[str, dict[str, int]]])


class TallyPage(msgspec.Struct, frozen=True):
    """Some tallies of a partition as of one moment, and the steps that led there from the page before."""

    position: Position
    authorities: dict[str, Completeness]
    steps: list[CommitStep]
    fields: dict[TallyName, dict[bytes, bytes]]  # as the store returns them

    def cells(self) -> Iterator[tuple[str, str, dict[CellKey, int]]]:
        """Yield authority, part and cells, CELLS_AT_ONCE at most: decoding them keeps nobody waiting."""
        for (authority, part), fields in self.fields.items():
            items = iter(fields.items())
            while cells := {_cell.decode(cell): int(n) for cell, n in islice(items, CELLS_AT_ONCE)}:
                yield authority, part, cells


def key_of(topic: str, partition: int, *names: str) -> str:
    """Return a key of *partition*. The hash tag keeps all of its keys in one slot, for one script to touch."""
    return ":".join((f"{{{topic}:{partition}}}", *map(_quoted, names)))


@lru_cache(maxsize=100_000)
def _quoted(name: str) -> str:
    return quote(name, safe="")


def decode_position(fields: Fields, topic: str) -> Position | None:
    """Return a position; None where there is none, or one of a format that is not known. Before a claim, no token."""
    text = {name.decode(): value.decode() for name, value in fields.items()}
    if text.get("format") not in FORMATS or "offset" not in text:
        return None
    log = Log(topic, text["cluster"], text["topic_id"], int(text["partitions"]))
    committing = int(text["committing"]) if "committing" in text else None
    return Position(
        int(text["offset"]),
        max(int(text["head"]), committing or 0),  # cases may be told up to there: nothing is whole before
        text["generation"],
        log,
        int(text["dead_in_a_row"]),
        text.get("token", ""),
        _decode_last(text.get("last", "")),
        committing,
    )


def encode_last(last: LastRecord | None) -> str:
    """Return how the store keeps the record that was read last."""
    return f"{last.offset} {last.digest}" if last else ""


def _decode_last(text: str) -> LastRecord | None:
    offset, _, digest = text.partition(" ")
    return LastRecord(int(offset), digest) if digest else None


def decode_authorities(fields: Fields) -> dict[str, Completeness]:
    """Return what holds of each authority as a whole. Raises Refused."""
    try:
        return {name.decode(): _authority.decode(value) for name, value in fields.items()}
    except UNREADABLE:
        pass
    raise Refused(f"what is stored of an authority cannot be read: {MADE_AFRESH}")


def decode_kept(value: bytes) -> Kept:
    """Return a household, or the pseudonym that a pointer holds. Raises Refused."""
    try:
        return msgspec.msgpack.decode(value, type=str) if _is_pointer(value) else decode_case(value)
    except UNREADABLE:
        pass  # msgspec's error may quote a value: it must be neither cause nor context
    raise Refused(f"a stored case cannot be read: {MADE_AFRESH}")


def decode_households(keys: Sequence[bytes], values: Sequence[bytes | None]) -> list[tuple[str, Case]]:
    """Return the households among the *values* kept under *keys* of cases, each with its authority. Raises Refused."""
    names = [unquote(key.decode().rsplit(":", 2)[1]) for key in keys]
    kept = [(name, decode_kept(value)) for name, value in zip(names, values, strict=True) if value is not None]
    return [(name, case) for name, case in kept if isinstance(case, Case)]


def has_old_header(value: bytes) -> bool:
    """Whether *value* is a case behind a header of another length than ours, as format 1 wrote it."""
    return not _is_pointer(value) and not value.startswith(ARRAY)


def _is_pointer(value: bytes) -> bool:
    """Whether *value* is a pseudonym and no household: MessagePack tells a string from a list."""
    return value[:1] in (b"\xd9", b"\xda") or b"\xa0" <= value[:1] <= b"\xbf"


def decode_step(fields: Fields) -> CommitStep:
    """Return a commit as readers follow it."""
    change = _change.decode(fields[b"change"])
    tallies = {
        authority: {part: {_cell.decode(cell): n for cell, n in cells.items()} for part, cells in parts.items()}
        for authority, parts in change.items()
    }
    return CommitStep(int(fields[b"from"]), int(fields[b"to"]), tallies)


def packed_cells(cells: Mapping[CellKey, int]) -> Iterator[bytes]:
    """Yield fields and sums in turn, CELLS_AT_ONCE at most, packed: redis-py would encode each by itself."""
    items = iter(cells.items())
    while pieces := [piece for cell, n in islice(items, CELLS_AT_ONCE) for piece in (_field(cell), n)]:
        yield pack(pieces)


def _field(cell: CellKey) -> str:
    return msgspec.json.encode(cell).decode()


def commit_arguments(
    topic: str,
    partition: int,
    commit: Commit,
    old_headers: Collection[str],
    kept: KeptChanges,
) -> tuple[list[str], list[bytes | int]]:
    """Return the keys and arguments of commit.lua. A case whose key is among *old_headers* is written anew."""
    keys = [key_of(topic, partition, name) for name in ("position", "changes", "dead-letters", "authorities")]
    change = {authority: _fields(tally) for authority, tally in commit.change.tallies.items()}
    packed = pack(change)
    values: list[bytes | int] = [b"", kept.with_one_of(len(packed)), packed]  # the first points at the others
    pointers = {
        "token": commit.token,
        "expected": str(commit.expected),
        "position": str(commit.position),
        "generation": commit.generation,
        "cases": _add_cases(topic, partition, commit, old_headers, keys, values),
        "tallies": _add_tallies(topic, partition, commit.generation, change, keys),
        "authorities": _add_authorities(commit, values),
        "dead": commit.dead,
        "dead_in_a_row": str(commit.dead_in_a_row),
        "last": encode_last(commit.last),
        "max_string": str(MAX_STRING_BYTES),
    }
    values[0] = pack(pointers)
    return keys, values


def _fields(tally: Tally) -> dict[str, dict[str, int]]:
    return {part: {_field(cell): n for cell, n in cells.items()} for part, cells in tally.items()}


def _add_cases(
    topic: str, partition: int, commit: Commit, old_headers: Collection[str], keys: list[str], values: list[bytes | int]
) -> list[tuple[int, int, bool]]:
    """Add cases to *keys* and *values*; return the indices of each, and whether it is added to what is kept."""
    cases = []
    for key, kept in commit.change.cases.items():
        keys.append(key_of(topic, partition, "case", *key))
        added = None if keys[-1] in old_headers else commit.change.new.get(key)
        values.append(pack(kept) if isinstance(kept, str) else _encode_case(kept, added))
        cases.append((len(keys), len(values), added is not None))
    return cases


def _encode_case(case: Case, added: Sequence[Event] | None) -> bytes:
    """Return *case*, or what turns the kept case without *added* into it: the old header, the new one, the tellings."""
    if added is None:
        return encode_case(case)
    return encode_size(case.size - len(added)) + encode_size(case.size) + encode_tellings(added)


def _add_authorities(commit: Commit, values: list[bytes | int]) -> dict[str, int]:
    """Add authorities to *values*; return the index of each."""
    authorities = {}
    for name, authority in commit.change.authorities.items():
        values.append(pack(authority))
        authorities[name] = len(values)
    return authorities


def _add_tallies(
    topic: str, partition: int, generation: str, change: dict[str, dict[str, dict[str, int]]], keys: list[str]
) -> list[tuple[int, list[str], list[int]]]:
    """Add tallies to *keys*; return the index of each, its fields, and what is added to them."""
    tallies = []
    for name, parts in change.items():
        for part, fields in parts.items():
            keys.append(key_of(topic, partition, "tally", generation, name, part))
            tallies.append((len(keys), list(fields), list(fields.values())))
    return tallies
