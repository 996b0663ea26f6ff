"""Households while a batch is told: which of them an event is about, which a link makes one, and which are full.

Events are told one after another, in the order of the log. So where a household is kept, and what it has no room for,
depend on the log alone, and not on how it was cut into batches.
"""

from collections.abc import Iterator, Mapping

from events.case import Case, GrowingCase
from events.event import Event
from events.person import ChildMerged

CaseKey = tuple[str, str]  # authority, pseudonym
Kept = Case | str  # a household, or the pseudonym under which the household of this one is kept

# A child in care has some hundreds of facts, a family that was wrongly joined some thousands of tellings. Beyond this a
# feed is broken, and each event of it would take the longer the more it has told.
MAX_TELLINGS = 20_000


def names(event: Event) -> tuple[CaseKey, ...]:
    """Return the keys of what is kept that *event* may touch."""
    if isinstance(event, ChildMerged):
        return (event.authority, event.child), (event.authority, event.into)
    return ((event.authority, event.subject),) if event.subject else ()


class Household:
    """A household while it is told, with all that links have joined to it meanwhile."""

    def __init__(self, home: CaseKey, kept: Case | None) -> None:
        self.home = home
        self.kept = kept  # under *home*; None where nothing is
        self.befores = [] if kept is None else [kept]  # the cases that have become this one
        self.growing = GrowingCase(kept or Case())
        self.gained: set[str] = set()  # pseudonyms of the households that were joined to it
        self.into: Household | None = None  # the one that it was joined to

    def tell(self, event: Event) -> bool:
        """Tell *event*; return whether it is kept. A household that is full keeps no more than it has."""
        if self.growing.size >= MAX_TELLINGS and not self.growing.knows(event):
            return False
        self.growing.tell(event)
        return True

    def join(self, other: "Household") -> None:
        """Take *other* in, whose pseudonyms are told of here from now on.

        After a commit that broke off, all that it tells may be told here already: its pointers are still to be written.
        """
        for telling in other.growing.case():
            self.growing.tell(telling)
        self.befores += other.befores
        self.gained |= {other.home[1], *other.gained, *(other.kept.ids if other.kept else ())}
        other.into = self


class Households:
    """The households that the events of a batch are about; *kept* holds each, and where to find it."""

    def __init__(self, kept: Mapping[CaseKey, Kept]) -> None:
        self._kept = kept
        self._by_home: dict[CaseKey, Household] = {}

    def tell(self, event: Event) -> bool:
        """Tell *event* to the household that it is about; return whether it is kept."""
        keys = names(event)
        if not keys:
            return True
        household = self._at(keys[0])
        for other in map(self._at, keys[1:]):
            if other is not household:
                return self._joined(household, other, event)
        return household.tell(event)

    def __iter__(self) -> Iterator[Household]:
        return (household for household in self._by_home.values() if household.into is None)

    def _at(self, key: CaseKey) -> Household:
        kept = self._kept.get(key)
        home = (key[0], kept) if isinstance(kept, str) else key
        household = self._by_home.get(home)
        if household is None:
            case = self._kept.get(home)
            household = self._by_home[home] = Household(home, case if isinstance(case, Case) else None)
        while household.into is not None:
            household = household.into
        return household

    def _joined(self, one: Household, other: Household, link: Event) -> bool:
        """Join two households by a link between them, if there is room; return whether it is kept.

        The larger stays where it is kept, so that no pseudonym is pointed elsewhere more than a few times.
        """
        if one.growing.size + other.growing.size >= MAX_TELLINGS:
            return False
        smaller, larger = sorted((one, other), key=lambda household: (household.growing.size, household.home))
        if smaller.growing.size == larger.growing.size:
            smaller, larger = larger, smaller  # of two alike the first by name stays
        larger.join(smaller)
        return larger.tell(link)
