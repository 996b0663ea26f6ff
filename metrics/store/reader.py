"""The read side: holds every cell in memory, follows the store's changes, and never shows what may be wrong.

A partition is withheld while the store does not say how far it was read, until all that was in the log at its last
claim is read, and, where it went back, until it is past the highest position that was ever shown. So a reader sees the
figures of some prefix of the log, and never those of an earlier prefix after a later one.

Tallies that another version counted are shown as far as their parts mean what they mean to us; measures of the other
parts have no number meanwhile. A partition is of one count at any moment, so no figure is of two.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from metrics.catalogue import MEASURES
from metrics.counting.completeness import Completeness
from metrics.figures.snapshot import AuthoritySnapshot, Snapshot
from metrics.store.commits import CommitStep, PartitionView
from metrics.store.connection import STORE_ERRORS
from metrics.store.loading import load, reached, take
from metrics.store.position import FORMATS, UNCOUNTED, Log, Position
from metrics.store.redis import Store
from metrics.store.worker_sign import WorkerReport, WorkerWatch
from metrics.sums.sums import GrowingSums

FOLLOW_SECONDS = 0.05  # between looks at the store
STORE_SILENT_SECONDS = 5.0  # without an answer, after which a partition is withheld
PARTS = tuple(dict.fromkeys(part.name for measure in MEASURES for part in measure.parts))
STOCKS = frozenset(part.name for measure in MEASURES for part in measure.parts if part.stock)


Withheld = Literal["rebuilding", "not_counting", "other_version", "store_away"]
WHY_WITHHELD: dict[Withheld, str] = {
    "rebuilding": "figures are being rebuilt from the log",
    "not_counting": "figures are to be counted from the log, and no worker is at it",
    "other_version": "figures are kept by another version of casepulse, in a way that this one cannot read: start its "
    "server, or a worker of this version",
    "store_away": "the store does not answer, so nobody knows the figures of now",
}


WORST_FIRST: tuple[Withheld, ...] = ("store_away", "other_version", "not_counting", "rebuilding")


class NotReady(Exception):
    """Figures may not be shown: say *why*, and no number. *read*: the share rebuilt, None where unknown."""

    def __init__(self, read: float | None, why: Withheld = "rebuilding") -> None:
        super().__init__(WHY_WITHHELD[why])
        self.read, self.why = read, why


@dataclass
class ReaderPartition:
    """What is known of one partition."""

    position: Position | None = None
    sums: dict[str, GrowingSums] = field(default_factory=dict)
    authorities: dict[str, Completeness] = field(default_factory=dict)
    offset: int | None = None  # of `sums`
    highest: int = 0  # the highest offset that was shown of this log, or might have been
    log: Log | None = None
    answered_at: float = 0.0  # when the store last answered for it (monotonic seconds)
    worker: WorkerWatch = field(default_factory=WorkerWatch)
    is_claimed: bool = False  # whether a worker ever began it, as far as the store says now
    readable: frozenset[str] = frozenset()  # the parts of `sums`: those that mean to us what they meant when counted
    is_foreign: bool = False  # whether what is kept of it is of a format, or a count, of which we can read nothing

    @property
    def whole(self) -> bool:
        """Whether its figures may be shown: complete, and of a store that answers.

        The rules or our code may have changed since: figures are by the former ones until a recount is done.
        """
        return self.complete and not self.is_silent

    @property
    def is_silent(self) -> bool:
        """Whether the store does not answer for it any more, or never has."""
        return time.monotonic() - self.answered_at > STORE_SILENT_SECONDS

    @property
    def withheld(self) -> Withheld:
        """Why it is not shown, where it is not whole."""
        if self.is_silent:
            return "store_away"
        worker = self.worker.report(time.monotonic()).state
        if self.is_foreign and worker != "recounting":  # else it is about to be of a count that we may know
            return "other_version"
        has_none = worker == "away" or (worker == "unknown" and not self.is_claimed)  # a worker claims at its start
        return "not_counting" if has_none else "rebuilding"

    @property
    def complete(self) -> bool:
        """Whether its figures may be shown as soon as the store answers."""
        if self.position is None or self.offset is None or not self.readable:
            return False
        return self.offset >= max(self.position.head, self.position.offset, self.highest)

    @property
    def read(self) -> tuple[int, int]:
        """How many events were read, and how many there are to read."""
        head = max(self.position.head if self.position else 0, self.highest)
        return min(self.offset or 0, head) if self.position else 0, head


class Reader:
    """Holds the partitions of one topic, or *only* one. `follow()` keeps it up to date; all else is from memory.

    *all_parts*: what another version counted is shown only where every part of it means what it means to us.
    """

    def __init__(self, store: Store, only: int | None = None, all_parts: bool = False) -> None:
        self._store = store
        self._all_parts = all_parts
        self._only = only
        self._partitions: dict[int, ReaderPartition] = {only or 0: ReaderPartition()}
        self.version = 0  # rises with every change
        self.answered_at: float | None = None  # when the store last answered (monotonic seconds)

    async def follow(self) -> None:
        """Follow the store for ever, each partition by itself: none waits for another that is read anew."""
        async with asyncio.TaskGroup() as following:
            followed: set[int] = set()
            while True:
                for number in self._partitions.keys() - followed:
                    following.create_task(self._follow(number))
                followed.update(self._partitions)
                await asyncio.sleep(FOLLOW_SECONDS)

    async def _follow(self, number: int) -> None:
        while True:
            try:
                await self._look(number)
            except STORE_ERRORS:
                await asyncio.sleep(10 * FOLLOW_SECONDS)
            except Exception as exc:  # what cannot be read is not shown; the text may quote a value
                logging.getLogger(__name__).error("the store holds what cannot be read (%s)", type(exc).__name__)
                await asyncio.sleep(20 * FOLLOW_SECONDS)
            await asyncio.sleep(FOLLOW_SECONDS)

    async def turn(self) -> None:
        """Look at the store once and take in what changed. Raises what kept a partition from being read."""
        fault: Exception | None = None
        looked: set[int] = set()
        while waiting := self._partitions.keys() - looked:
            number = min(waiting)
            looked.add(number)
            try:
                await self._look(number)
            except Exception as exc:  # one that cannot be read must not keep us from the others
                fault = exc
        if fault is not None:
            raise fault

    async def _look(self, number: int) -> None:
        partition = self._partitions[number]
        view = await self._store.follow(number, partition.offset)
        if view.position is not None and self._only is None:
            for each in range(view.position.log.partitions):
                self._partitions.setdefault(each, ReaderPartition())
        await self._take(number, partition, view)
        partition.answered_at = self.answered_at = time.monotonic()

    async def _take(self, number: int, partition: ReaderPartition, view: PartitionView) -> None:
        has_moved = _has_moved(partition.position, view.position)
        partition.worker.take(view.sign, view.sign_age, has_moved, time.monotonic())
        partition.is_claimed = view.position is not None
        if view.position is None:
            partition.is_foreign = await self._store.format(number) not in (None, *FORMATS)
            self._note(partition, None)
            return
        if partition.log != view.position.log:
            partition.log, partition.highest, partition.offset = view.position.log, 0, None
        if self._follows(partition, view):
            for step in view.steps:
                self._step(partition, step)
            if view.authorities != partition.authorities:
                partition.authorities, self.version = view.authorities, self.version + 1
            self._note(partition, view.position)
        else:
            await self._load(number, partition, view.position)

    def _follows(self, partition: ReaderPartition, view: PartitionView) -> bool:
        """Return whether the steps of *view* lead from our offset towards the store's."""
        if (
            partition.position is None
            or view.position is None
            or partition.is_foreign  # what it means may be told at any moment
            or partition.position.generation != view.position.generation
        ):
            return False
        at = reached(partition.offset, view.steps)
        return at == view.position.offset or (bool(view.steps) and at is not None and at < view.position.offset)

    def _step(self, partition: ReaderPartition, step: CommitStep) -> None:
        take(partition.sums, step, partition.readable)
        partition.offset = step.end
        self.version += 1

    async def _load(self, number: int, partition: ReaderPartition, position: Position) -> None:
        """Read a partition anew. Until that is done, its former figures are shown."""

        def heard() -> None:
            partition.answered_at = self.answered_at = time.monotonic()

        readable = await self._store.readable(number, position)
        if self._all_parts and len(readable) < len(PARTS):
            readable = frozenset()
        partition.is_foreign = not readable and position.catalogue != UNCOUNTED
        loaded = await load(self._store, number, position, sorted(readable), STOCKS & readable, heard)
        if loaded is not None:
            partition.sums, partition.authorities, partition.offset, partition.readable = (
                loaded.sums,
                loaded.authorities,
                loaded.position.offset,
                readable,
            )
            self.version += 1
            self._note(partition, loaded.position)

    def _note(self, partition: ReaderPartition, position: Position | None) -> None:
        if partition.position is None or position is None or _has_moved(partition.position, position):
            self.version += partition.position != position
        partition.position = position
        # Not only where it is whole: after a silence it becomes whole by the very answer that brought this position.
        if partition.complete and partition.offset is not None:
            partition.highest = max(partition.highest, partition.offset)

    @property
    def whole(self) -> bool:
        """Whether every partition may be shown."""
        return all(partition.whole for partition in self._partitions.values())

    def rebuilding(self) -> NotReady:
        """Return how far the rebuilding has come."""
        done, end = (
            sum(numbers) for numbers in zip(*(partition.read for partition in self._partitions.values()), strict=True)
        )
        read = done / end if done < end else None  # else the reason is another one, and no share tells it
        reasons = {partition.withheld for partition in self._partitions.values() if not partition.whole}
        return NotReady(read, next((why for why in WORST_FIRST if why in reasons), "rebuilding"))

    def worker(self, name: str) -> WorkerReport:
        """Return what is known of the worker that counts an authority."""
        holding = (partition for partition in self._partitions.values() if name in partition.authorities)
        partition = next(holding, None)
        return WorkerReport("unknown") if partition is None else partition.worker.report(time.monotonic())

    def catalogue(self, names: Collection[str] | None = None) -> str:
        """Return the fingerprint that the figures of the authorities *names*, or of all, were counted by.

        While partitions are recounted one after another there may be two: both are returned, with a `+` between.
        """
        catalogues = {
            partition.position.catalogue
            for partition in self._partitions.values()
            if partition.position and (names is None or not partition.authorities.keys().isdisjoint(names))
        }
        return "+".join(sorted(catalogues))

    def snapshot(self, names: Collection[str] | None = None) -> Snapshot:
        """Return the authorities *names*, or all, as they are now. Raises NotReady where one may not be shown."""
        authorities: dict[str, AuthoritySnapshot] = {}
        for name in self.authorities() if names is None else names:
            if (known := self.authority(name)) is not None:
                completeness, sums = known
                authorities[name] = AuthoritySnapshot(completeness, sums.frozen(), self.uncounted(name))
        return Snapshot(authorities, self.catalogue(authorities))

    def authorities(self) -> dict[str, Completeness]:
        """Return every authority that may be shown, by name. Raises NotReady where one may be missing."""
        if not self.whole:
            raise self.rebuilding()
        return dict(sorted(item for partition in self._partitions.values() for item in partition.authorities.items()))

    def authority(self, name: str) -> tuple[Completeness, GrowingSums] | None:
        """Return an authority and its cells; None where there is none. Raises NotReady while it is withheld."""
        for partition in self._partitions.values():
            if name in partition.authorities:
                if not partition.whole:
                    raise self.rebuilding()
                return partition.authorities[name], partition.sums.get(name) or GrowingSums()
        if not self.whole:
            raise self.rebuilding()
        return None

    def uncounted(self, name: str) -> frozenset[str]:
        """Return the parts of an authority of which there are no tallies that we can read."""
        holding = (partition.readable for partition in self._partitions.values() if name in partition.authorities)
        return frozenset(PARTS) - next(holding, frozenset())

    def positions(self) -> Iterator[tuple[int, int | None]]:
        """Yield each partition and the offset that its figures are of."""
        return ((number, partition.offset) for number, partition in self._partitions.items())


def _has_moved(before: Position | None, now: Position | None) -> bool:
    """Return whether a worker told or counted something between two looks; the first look tells nothing."""
    return before is not None and now is not None and msgspec.structs.replace(now, token=before.token) != before
