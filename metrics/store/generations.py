"""How the tallies of a partition are replaced by those of a recount: written beside them, switched to, swept up."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from metrics.counting.tally import Tally
from metrics.store.codec import decode_position, key_of, packed_cells
from metrics.store.connection import STORE_ERRORS, script
from metrics.store.position import Moved, Position, new_generation


class Generations:
    """The generations of tallies of one topic. Every method may raise one of STORE_ERRORS."""

    def __init__(self, client: Any, topic: str) -> None:
        self._client = client
        self._topic = topic
        self._put = script(client, "put")

    async def replace(
        self, partition: int, position: Position, catalogue: str, tallies: Mapping[str, Tally]
    ) -> Position:
        """Put *tallies*, counted by *catalogue*, in the place of those at *position*. Returns the new position.

        Raises Moved where the partition went on meanwhile.
        """
        generation = new_generation(catalogue)
        # The last tallies, and those of a recount whose worker was killed: no position ever points to them. They are
        # looked for before the switch: those that are there after it may be of another worker that took over.
        older = await self._keys(partition)
        try:
            await self._write(partition, generation, tallies)
            await self._switch(partition, position, generation)
        except BaseException:
            with suppress(*STORE_ERRORS):
                await self._sweep_unless_switched(partition, generation)
            raise
        await self._sweep(older)
        return msgspec.structs.replace(position, generation=generation)

    async def _write(self, partition: int, generation: str, tallies: Mapping[str, Tally]) -> None:
        """Write *tallies* some cells at a time, encoding the next ones while those before are on their way."""
        writing: asyncio.Future[Any] | None = None
        for authority, tally in tallies.items():
            for part, cells in tally.items():
                key = key_of(self._topic, partition, "tally", generation, authority, part)
                for packed in packed_cells(cells):
                    if writing is not None:
                        await writing
                    writing = asyncio.ensure_future(self._put(keys=[key], args=[packed]))
                    await asyncio.sleep(0)  # lets it reach the wire
        if writing is not None:
            await writing

    async def _switch(self, partition: int, position: Position, generation: str) -> None:
        """Point to *generation* if the partition still is where it was. Raises Moved.

        A claim may note a later end of the log meanwhile, as often as it likes: what was counted stays as it is.
        """
        key = key_of(self._topic, partition, "position")

        async def point(pipe: Any) -> None:
            now = decode_position(await pipe.hgetall(key), self._topic)
            if now is None or now.at != position.at:
                raise Moved("the partition went on while it was recounted")
            pipe.multi()
            pipe.hset(key, "generation", generation)

        await self._client.transaction(point, key)  # begins again whenever the key is written meanwhile

    async def _sweep_unless_switched(self, partition: int, generation: str) -> None:
        """Remove the tallies of *generation*, unless the switch was done and only its answer was lost."""
        fields = await self._client.hgetall(key_of(self._topic, partition, "position"))
        position = decode_position(fields, self._topic)
        if position is None or position.generation != generation:
            await self._sweep(await self._keys(partition, generation))

    async def _keys(self, partition: int, generation: str = "*") -> list[bytes]:
        """Return the keys of all tallies, or of those of one *generation*."""
        pattern = key_of(self._topic, partition, "tally") + f":{generation}:*"
        return [key async for key in self._client.scan_iter(match=pattern, count=1000)]

    async def _sweep(self, keys: Sequence[bytes]) -> None:
        for key in keys:
            await self._client.unlink(key)
