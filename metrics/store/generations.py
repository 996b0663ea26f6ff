"""How the tallies of a partition are replaced by those of a recount: written beside them, switched to, swept up.

Every step carries the token of the claim that the recount is of. Where another claim holds the partition meanwhile, or
the store was put back, nothing more is written, and nothing is switched to.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from metrics.counting.tally import Tally
from metrics.store.codec import key_of, packed_cells
from metrics.store.connection import STORE_ERRORS, rights_required, script
from metrics.store.position import Moved, Position, new_generation

KEYS_SWEPT_AT_ONCE = 500


class Generations:
    """The generations of tallies of one topic. Every method may raise one of STORE_ERRORS."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic
        self._put, self._point, self._remove = (script(client, name) for name in ("put", "switch", "sweep"))

    async def replace(
        self, partition: int, position: Position, catalogue: str, tallies: Mapping[str, Tally]
    ) -> Position:
        """Put *tallies*, counted by *catalogue*, in the place of those at *position*. Returns the new position.

        Raises Moved where the partition went on meanwhile, another claim holds it, or the store was put back.
        """
        generation = new_generation(catalogue)
        # The last tallies, and those of a recount whose worker was killed: no position ever points to them. They are
        # looked for before the switch: those that are there after it may be of another worker that took over.
        older = await self._keys(partition)
        try:
            with rights_required():
                written = await self._write(partition, position, generation, tallies)
                await self._switch(partition, position, generation, written)
        except BaseException:
            with suppress(*STORE_ERRORS):  # unless the switch was done, and only its answer was lost
                await self._sweep(partition, await self._keys(partition, generation))
            raise
        await self._sweep(partition, older, position.token)
        return msgspec.structs.replace(position, generation=generation, committing=None)

    async def _write(
        self, partition: int, position: Position, generation: str, tallies: Mapping[str, Tally]
    ) -> dict[str, int]:
        """Write *tallies*; return how many cells each key was given. Raises Moved.

        Some cells are written at a time, and the next ones are encoded while those before are on their way.
        """
        place = key_of(self._topic, partition, "position")
        writing: asyncio.Future[Any] | None = None
        written: dict[str, int] = {}
        for authority, tally in tallies.items():
            for part, cells in tally.items():
                key = key_of(self._topic, partition, "tally", generation, authority, part)
                written[key] = len(cells)
                for packed in packed_cells(cells):
                    if writing is not None:
                        _check(await writing)
                    put = self._put(keys=[place, key], args=[position.token, position.offset, packed])
                    writing = asyncio.ensure_future(put)
                    await asyncio.sleep(0)  # lets it reach the wire
        if writing is not None:
            _check(await writing)
        return written

    async def _switch(self, partition: int, position: Position, generation: str, written: Mapping[str, int]) -> None:
        """Point to *generation* if all that was *written* is there, and nothing went on meanwhile. Raises Moved.

        A claim may note a later end of the log meanwhile: what was counted stays as it is.
        """
        keys = [*(key_of(self._topic, partition, name) for name in ("position", "changes")), *written]
        about = [position.token, position.offset, position.generation, generation]
        _check(await self._point(keys=keys, args=[*about, *written.values()]))

    async def _keys(self, partition: int, generation: str = "*") -> list[bytes]:
        """Return the keys of all tallies, or of those of one *generation*."""
        pattern = key_of(self._topic, partition, "tally") + f":{generation}:*"
        return [key async for key in self._client.scan_iter(match=pattern, count=1000)]

    async def _sweep(self, partition: int, keys: Sequence[bytes], token: str = "") -> None:
        """Remove those of *keys* that are not pointed to; where a *token* is given, only while its claim holds."""
        place = key_of(self._topic, partition, "position")
        for first in range(0, len(keys), KEYS_SWEPT_AT_ONCE):
            await self._remove(keys=[place, *keys[first : first + KEYS_SWEPT_AT_ONCE]], args=[token])


def _check(outcome: bytes) -> None:
    """Raise Moved unless a step of a recount was done."""
    if outcome == b"moved":
        raise Moved("the partition went on while it was recounted, or another claim holds it")
    if outcome != b"ok":
        raise Moved("not all that was counted is there: the store was put back meanwhile")
