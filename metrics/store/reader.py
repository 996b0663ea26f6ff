"""The read side: holds every cell in memory, follows the store's changes, and never shows what may be wrong.

A partition is withheld while nothing says how far it was read, while what was in the log at its last claim has not
all been read, and, where it went back, until it is past the highest position that was ever shown. So a reader sees
the figures of some prefix of the log, and none before one it has seen.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from metrics.catalogue import MEASURES
from metrics.counting.completeness import Completeness
from metrics.counting.fingerprint import code
from metrics.figures.snapshot import AuthoritySnapshot, Snapshot
from metrics.store.loading import load, reached, take
from metrics.store.redis import STORE_ERRORS, CommitStep, Log, Position, Store, View
from metrics.sums.sums import GrowingSums

EVERY = 0.05  # seconds between looks at the store
SILENT = 5.0  # seconds without an answer after which a partition is withheld
PARTS = tuple(dict.fromkeys(part.name for measure in MEASURES for part in measure.parts))
STOCKS = frozenset(part.name for measure in MEASURES for part in measure.parts if part.stock)


class NotReady(Exception):
    """Figures are being rebuilt: say so, and no number. *read* is the share done, None where unknown."""

    def __init__(self, read: float | None) -> None:
        super().__init__("figures are being rebuilt from the log")
        self.read = read


@dataclass
class ReaderPartition:
    """What is known of one partition."""

    position: Position | None = None
    sums: dict[str, GrowingSums] = field(default_factory=dict)
    authorities: dict[str, Completeness] = field(default_factory=dict)
    offset: int | None = None  # that `sums` are of
    highest: int = 0  # ever shown of this log
    log: Log | None = None
    answered_at: float = 0.0  # when the store last answered for it (monotonic seconds)

    @property
    def whole(self) -> bool:
        """Whether its figures may be shown: all there, counted as our code counts, and of a store that answers.

        What an authority sets may have changed since: its figures are by the former rules until a recount is done.
        """
        if self.position is None or self.offset is None or self.position.catalogue.partition("-")[0] != code():
            return False
        if time.monotonic() - self.answered_at > SILENT:
            return False
        return self.offset >= max(self.position.head, self.position.offset, self.highest)

    @property
    def read(self) -> tuple[int, int]:
        """How many events were read, and of how many."""
        head = max(self.position.head if self.position else 0, self.highest)
        return min(self.offset or 0, head) if self.position else 0, head


class Reader:
    """Holds the partitions of one topic, or *only* one. `follow()` keeps it up to date; all else is from memory."""

    def __init__(self, store: Store, only: int | None = None) -> None:
        self._store = store
        self._only = only
        self._held: dict[int, ReaderPartition] = {only or 0: ReaderPartition()}
        self.version = 0  # rises with every change
        self.answered_at: float | None = None  # when the store last answered (monotonic seconds)

    async def follow(self) -> None:
        """Follow the store for ever, each partition by itself: none waits for another that is read anew."""
        async with asyncio.TaskGroup() as following:
            followed: set[int] = set()
            while True:
                for partition in self._held.keys() - followed:
                    following.create_task(self._follow(partition))
                followed.update(self._held)
                await asyncio.sleep(EVERY)

    async def _follow(self, partition: int) -> None:
        while True:
            try:
                await self._look(partition)
            except STORE_ERRORS:
                await asyncio.sleep(10 * EVERY)
            except Exception as exc:  # nothing is shown of what cannot be read; its text may quote a value
                logging.getLogger(__name__).error("the store holds what cannot be read (%s)", type(exc).__name__)
                await asyncio.sleep(20 * EVERY)
            await asyncio.sleep(EVERY)

    async def turn(self) -> None:
        """Look at the store once and take in what changed. Raises what kept a partition from being read."""
        fault: Exception | None = None
        looked: set[int] = set()
        while waiting := self._held.keys() - looked:
            partition = min(waiting)
            looked.add(partition)
            try:
                await self._look(partition)
            except Exception as exc:  # one that cannot be read must not keep us from the others
                fault = exc
        if fault is not None:
            raise fault

    async def _look(self, partition: int) -> None:
        held = self._held[partition]
        view = await self._store.follow(partition, held.offset)
        if view.position is not None and self._only is None:
            for other in range(view.position.log.partitions):
                self._held.setdefault(other, ReaderPartition())
        await self._take(partition, held, view)
        held.answered_at = self.answered_at = time.monotonic()

    async def _take(self, partition: int, held: ReaderPartition, view: View) -> None:
        if view.position is None:
            self._note(held, None)
            return
        if held.log != view.position.log:
            held.log, held.highest, held.offset = view.position.log, 0, None
        if self._follows(held, view):
            for step in view.steps:
                self._step(held, step)
            if view.authorities != held.authorities:
                held.authorities, self.version = view.authorities, self.version + 1
            self._note(held, view.position)
        else:
            await self._load(partition, held, view.position)

    def _follows(self, held: ReaderPartition, view: View) -> bool:
        """Return whether the steps of *view* lead from what is held towards where the store stands."""
        if held.position is None or view.position is None or held.position.generation != view.position.generation:
            return False
        at = reached(held.offset, view.steps)
        return at == view.position.offset or (bool(view.steps) and at is not None and at < view.position.offset)

    def _step(self, held: ReaderPartition, step: CommitStep) -> None:
        take(held.sums, step)
        held.offset = step.end
        self.version += 1

    async def _load(self, partition: int, held: ReaderPartition, position: Position) -> None:
        """Read *partition* anew. It takes a while, in which what was held before is what is shown."""

        def heard() -> None:
            held.answered_at = self.answered_at = time.monotonic()

        loaded = await load(self._store, partition, position, PARTS, STOCKS, heard)
        if loaded is not None:
            held.sums, held.authorities, held.offset = loaded.sums, loaded.authorities, loaded.position.offset
            self.version += 1
            self._note(held, loaded.position)

    def _note(self, held: ReaderPartition, position: Position | None) -> None:
        if held.position != position:
            self.version += 1
        held.position = position
        if held.whole and held.offset is not None:
            held.highest = max(held.highest, held.offset)

    @property
    def whole(self) -> bool:
        """Whether every partition may be shown."""
        return all(held.whole for held in self._held.values())

    def rebuilding(self) -> NotReady:
        """Return how far the rebuilding has come."""
        done, end = (sum(numbers) for numbers in zip(*(held.read for held in self._held.values()), strict=True))
        return NotReady(done / end if done < end else None)  # else it is for another reason, and no share says it

    def catalogue(self, names: Collection[str] | None = None) -> str:
        """Return the fingerprint that the figures of the authorities *names*, or of all, were counted by.

        While partitions are recounted one after another there may be two: they are told both, with a `+` between.
        """
        found = {
            held.position.catalogue
            for held in self._held.values()
            if held.position and (names is None or not held.authorities.keys().isdisjoint(names))
        }
        return "+".join(sorted(found))

    def snapshot(self, names: Collection[str] | None = None) -> Snapshot:
        """Return the authorities *names*, or all, as they are now. Raises NotReady where one may not be shown."""
        authorities: dict[str, AuthoritySnapshot] = {}
        for name in self.authorities() if names is None else names:
            if (found := self.authority(name)) is not None:
                completeness, sums = found
                authorities[name] = AuthoritySnapshot(completeness, sums.frozen())
        return Snapshot(authorities, self.catalogue(authorities))

    def authorities(self) -> dict[str, Completeness]:
        """Return every authority that may be shown, by name. Raises NotReady where one may be missing."""
        if not self.whole:
            raise self.rebuilding()
        return dict(sorted(item for held in self._held.values() for item in held.authorities.items()))

    def authority(self, name: str) -> tuple[Completeness, GrowingSums] | None:
        """Return an authority and its cells; None where there is none. Raises NotReady while it is withheld."""
        for held in self._held.values():
            if name in held.authorities:
                if not held.whole:
                    raise self.rebuilding()
                return held.authorities[name], held.sums.get(name) or GrowingSums()
        if not self.whole:
            raise self.rebuilding()
        return None

    def positions(self) -> Iterator[tuple[int, int | None]]:
        """Yield each partition and the offset that its figures are of."""
        return ((partition, held.offset) for partition, held in self._held.items())
