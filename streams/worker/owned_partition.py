"""A partition that a worker owns, and what it remembers of it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from events.event import Event
from metrics.counting.completeness import Completeness
from metrics.counting.fold import CaseKey, Change, fold, names
from metrics.counting.tally_cache import TallyCache
from metrics.rules.rules import RulesByAuthority
from metrics.store.position import UNCOUNTED, Position
from metrics.store.redis import Store
from streams.broker.partitions import TopicPartition
from streams.worker.case_cache import CaseCache


def landed() -> "asyncio.Future[None]":
    """Return a commit that is not on its way any more."""
    commit: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    commit.set_result(None)
    return commit


@dataclass
class OwnedPartition:
    """A partition that this worker owns, and what it remembers of it. Dropped on any conflict.

    What it remembers may be ahead of its position, which is the store's, by the commits that are still to land.
    """

    tp: TopicPartition
    position: Position
    authorities: dict[str, Completeness]
    folded: int  # the offset up to which what is remembered is told
    cases: CaseCache = field(default_factory=CaseCache)
    tallies: TallyCache = field(default_factory=TallyCache)
    landing: "asyncio.Future[None]" = field(default_factory=landed)  # the commit that is on its way

    @property
    def number(self) -> int:
        return self.tp.partition

    @property
    def is_uncounted(self) -> bool:
        """Whether the log is not counted on the way, but once all of it is told."""
        return self.position.catalogue == UNCOUNTED

    @property
    def is_folded_uncounted(self) -> bool:
        """Whether all of a log is folded that is not counted on the way; its commits may still be to land."""
        return self.is_uncounted and self.folded >= self.position.head

    @property
    def is_to_be_counted(self) -> bool:
        """Whether all of a log is committed that was not counted on the way."""
        return self.is_uncounted and not self.position.rebuilding

    def take_over(self, earlier: "OwnedPartition") -> None:
        """Remember what *earlier* did, as far as it still holds."""
        if (earlier.position.offset, earlier.position.log) != (self.position.offset, self.position.log):
            return
        self.cases = earlier.cases  # cases depend on the log and the offset, not on how they were counted
        if earlier.position.generation == self.position.generation:
            self.tallies = earlier.tallies

    async def fold(self, store: Store, rules: RulesByAuthority, events: Sequence[Event]) -> Change:
        """Return what *events* change, reading from *store* what is not remembered. Nothing is remembered by it."""
        touched = {key for event in events for key in names(event)}
        await self._read(store, touched)
        homes = {(key[0], home) for key in touched if isinstance(home := self.cases[key], str)}
        await self._read(store, homes)
        kept = {key: case for key in touched | homes if (case := self.cases.get(key)) is not None}
        return fold(kept, self.authorities, events, None if self.is_uncounted else rules, self.tallies)

    async def _read(self, store: Store, wanted: Iterable[CaseKey]) -> None:
        """Read what is kept under those of the *wanted* keys that are not remembered, and remember it.

        With a pointer comes the household that it points to. One that is remembered already may be ahead of the store.
        """
        unknown = [key for key in wanted if key not in self.cases]  # no set of all that is remembered: it is large
        if unknown:
            kept = await store.kept(self.number, self.position, unknown)  # where it fails, nothing is remembered as new
            fresh = {key: case for key, case in kept.items() if key not in self.cases}
            self.cases.remember({**dict.fromkeys(unknown), **fresh})

    def remember(self, change: Change) -> None:
        """Remember what a fold changed, ahead of its commit."""
        self.cases.remember(change.cases)
        self.authorities.update(change.authorities)
