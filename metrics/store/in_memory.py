"""The reference: a log folded in this process, without Kafka and Redis. The service must give the same figures."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from events.case import Case
from events.event import Event
from events.time import Instant
from metrics.counting.completeness import Completeness
from metrics.counting.fold import CaseKey, Change, Kept, fold
from metrics.counting.tally import Tally, add, of_cases, swept
from metrics.counting.tally_cache import TallyCache
from metrics.figures.snapshot import AuthoritySnapshot, Snapshot
from metrics.rules.rules import RulesByAuthority
from metrics.sums.sums import GrowingSums

EVENTS_AT_ONCE = 1000


class InMemoryStore:
    """All that is kept after some events."""

    def __init__(self, rules: RulesByAuthority) -> None:
        self.rules = rules
        self.kept: dict[CaseKey, Kept] = {}
        self.authorities: dict[str, Completeness] = {}
        self.tallies: dict[str, Tally] = {}
        self.refused = 0  # events that no household had room for
        self._remembered = TallyCache()

    def tell(self, events: Iterable[Event], progress: Callable[[int], None] = lambda n: None) -> "InMemoryStore":
        """Fold *events*, a batch at a time, calling *progress* with the number read; return this store."""
        source = iter(events)
        while batch := list(islice(source, EVENTS_AT_ONCE)):
            self.take(fold(self.kept, self.authorities, batch, self.rules, self._remembered))
            progress(len(batch))
        return self

    def take(self, change: Change) -> None:
        """Keep what a fold changed."""
        self.refused += len(change.refused)
        self.kept.update(change.cases)
        self.authorities.update(change.authorities)
        for authority, total in change.tallies.items():
            add(self.tallies.setdefault(authority, {}), total)

    def households(self) -> Iterator[tuple[str, Case]]:
        """Yield every case with its authority."""
        return ((key[0], case) for key, case in self.kept.items() if isinstance(case, Case))

    def sums(self) -> Mapping[str, GrowingSums]:
        """Return the sums of each authority, by name."""
        return {authority: GrowingSums(self.tallies.get(authority)) for authority in sorted(self.authorities)}

    def snapshot(self, catalogue: str = "") -> Snapshot:
        """Return every authority, ready for questions."""
        sums = self.sums()
        authorities = {name: AuthoritySnapshot(self.authorities[name], sums[name].frozen()) for name in sums}
        return Snapshot(authorities, catalogue)

    def known_at(self, instant: Instant) -> "InMemoryStore":
        """Return the store as it would be had only the events been told that were known at *instant*."""
        known = (telling for _, case in self.households() for telling in case if telling.known <= instant)
        store = InMemoryStore(self.rules).tell(known)
        store.authorities = {**self.authorities}
        return store

    def recounted(self) -> dict[str, Tally]:
        """Return the tallies counted afresh from the cases: they equal the sum of all differences."""
        total: dict[str, Tally] = {}
        of_cases(self.households(), self.rules, total)
        return swept(total)
