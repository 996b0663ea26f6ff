"""One person as the measures see them: the facts that stand, and what holds from which moment on.

Everything that several measures ask of a person is worked out once here, from the facts and the authority's rules:
death and birthdays, need and the allocation that it carries, and what belongs to a period of care.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import zip_longest
from typing import Any, TypeVar

from events.care import CareEnded, CareStarted
from events.case import Person
from events.event import Event
from events.need import EpisodeClosed, EpisodeOpened
from events.person import PersonRecorded
from events.protection import ProtectionPlanEnded, ProtectionPlanStarted
from events.time import Instant, add_months, midnight
from events.workforce import CaseAllocated, CaseDeallocated
from metrics.lives.timeline import EVER, Stretch, Timeline, earliest, newest
from metrics.rules.rules import Rules
from metrics.rules.teams import UNKNOWN

E = TypeVar("E", bound=Event)
R = TypeVar("R")

AGE_BANDS = ((0, "0"), (1, "1-4"), (5, "5-9"), (10, "10-15"), (16, "16-17"), (18, "18+"))  # from that birthday on


def when(fact: Event | None) -> Instant | None:
    """Return when *fact* happened; None is never."""
    return None if fact is None else fact.occurred


def ends_before(start: Event, end: Event) -> bool:
    """Return whether *end* lies before *start*: by day, and by instant only where both are instants (MEASURES 1.7)."""
    if start.occurred_at is not None and end.occurred_at is not None:
        return end.occurred < start.occurred
    return end.day < start.day


@dataclass(frozen=True, eq=False)
class Term:
    """Records that stand from a start to an end; those of childhood end on the 18th birthday at the latest."""

    starts: type[Event]
    ends: type[Event]
    of_childhood: bool = False


EPISODES = Term(EpisodeOpened, EpisodeClosed)
PLANS = Term(ProtectionPlanStarted, ProtectionPlanEnded, of_childhood=True)
PERIODS = Term(CareStarted, CareEnded, of_childhood=True)
NEED = (EPISODES, PLANS, PERIODS)  # what a child is in need by; short breaks and other authorities' plans too

# What places a stock: the allocation, and need, with which every allocation ends.
PLACING: frozenset[type[Event]] = frozenset(
    (CaseAllocated, CaseDeallocated, PersonRecorded, *(kind for term in NEED for kind in (term.starts, term.ends)))
)


class Life:
    """A person under the rules of their authority."""

    def __init__(self, person: Person, rules: Rules) -> None:
        self.facts = person.facts
        self.kinds = person.kinds
        self.rules = rules
        self.known: dict[Hashable, Any] = {}
        self._by_record: dict[type[Event], dict[str, Any]] = {}
        self._naming: dict[tuple[type[Event], str], dict[str, list[Any]]] = {}

    def once(self, key: Hashable, work: Callable[[], R]) -> R:
        """Return what *work* returns, and do it once for each *key*."""
        if key not in self.known:
            self.known[key] = work()
        found: R = self.known[key]
        return found

    def by_record(self, kind: type[E]) -> dict[str, E]:
        """Return the standing facts of one type by their record."""
        found: dict[str, E] | None = self._by_record.get(kind)
        if found is None:
            found = self._by_record[kind] = {fact.record: fact for fact in self.facts(kind)}
        return found

    def naming(self, kind: type[E], field: str) -> dict[str, list[E]]:
        """Return the facts of one type by the record that they name in *field*, in order."""
        found: dict[str, list[E]] | None = self._naming.get((kind, field))
        if found is None:
            found = self._naming[kind, field] = {}
            for fact in self.facts(kind):
                found.setdefault(getattr(fact, field), []).append(fact)
        return found

    # --- the person ---------------------------------------------------------------------------------------------

    def _told(self, field: str) -> Any:
        """Return what was recorded last in a field of the person, of any date: such facts hold always."""
        facts = sorted(self.facts(PersonRecorded), key=lambda fact: (fact.recorded_at, fact.id))
        return next((value for fact in reversed(facts) if (value := getattr(fact, field)) is not None), None)

    @cached_property
    def dies_at(self) -> Instant | None:
        """The first moment of the day of death: every clock stops and every stock ends there."""
        died_on: date | None = self._told("died_on") if self.facts(PersonRecorded) else None
        return None if died_on is None else midnight(died_on)

    @cached_property
    def _birthday(self) -> date | None:
        """The day that stands for the birth: the first of the month after it, as no full date of birth is held."""
        born: str | None = self._told("birth_month") if self.facts(PersonRecorded) else None
        return None if born is None else add_months(date.fromisoformat(f"{born}-01"), 1)

    @cached_property
    def of_age_at(self) -> Instant | None:
        """The first moment of the 18th birthday, where the month of birth is known."""
        return None if self._birthday is None else midnight(add_months(self._birthday, 18 * 12))

    @cached_property
    def age_bands(self) -> Timeline[str]:
        """The age band from which moment on; before the month of birth, and while it is said so, `unborn`."""
        if self.facts(PersonRecorded) and self._told("unborn"):
            return ((EVER, "unborn"),)
        if self._birthday is None:
            return ((EVER, UNKNOWN),)
        born = midnight(add_months(self._birthday, -1))
        bands = [(midnight(add_months(self._birthday, 12 * age)), band) for age, band in AGE_BANDS[1:]]
        return ((EVER, "unborn"), (born, AGE_BANDS[0][1]), *bands)

    # --- records that stand -------------------------------------------------------------------------------------

    def stretches(self, term: Term) -> list[Stretch[Any]]:
        """Return a stretch for each start of *term*: none whose end lies before it, or at the same moment."""
        found: list[Stretch[Any]] | None = self.known.get(term)
        if found is None:
            found = self.known[term] = list(self._stretches(term))
        return found

    def _stretches(self, term: Term) -> Iterator[Stretch[Any]]:
        ends = self.by_record(term.ends)
        limit = self.limit(term.of_childhood)
        for start in self.facts(term.starts):
            until = earliest(when(ends.get(start.record)), limit)
            since = start.occurred
            if until is None or since < until:
                yield Stretch(since, until, (since, start.record), start)

    def limit(self, of_childhood: bool) -> Instant | None:
        """Return when all that stands ends at the latest: at death, what is *of_childhood* on the 18th birthday."""
        return earliest(self.dies_at, self.of_age_at if of_childhood else None)

    # --- need, and the allocation that it carries ---------------------------------------------------------------

    def _need(self) -> list[tuple[Instant, Instant | None]]:
        """Return the stretches of need, rising and apart."""
        spells = [(spell.start, spell.end) for term in NEED for spell in self.stretches(term)]
        joined: list[tuple[Instant, Instant | None]] = []
        for start, end in sorted(spells, key=lambda spell: spell[0]):
            last = joined[-1][1] if joined else EVER
            if last is not None and start > last:
                joined.append((start, end))
            elif last is not None and (end is None or end > last):
                joined[-1] = joined[-1][0], end
        return joined

    @cached_property
    def allocated(self) -> Timeline[str]:
        """The team that the case is allocated to; None while to nobody.

        An allocation stands until it is given up, until the next of the same child whatever became of that, or until
        the child is no longer in need; one made before need begins stands from where it begins (MEASURES 6).
        """
        made = self.facts(CaseAllocated)
        if not made:
            return ()
        steps: list[tuple[Instant, str | None]] = []
        need, given_up = self._need(), self.by_record(CaseDeallocated)
        for one, after in zip_longest(made, made[1:]):
            end = given_up.get(one.record)
            spell = next((spell for spell in need if spell[1] is None or spell[1] > one.occurred), None)
            if spell is None or (end is not None and ends_before(one, end)):
                continue
            since = max(one.occurred, spell[0])
            until = earliest(when(end), when(after), spell[1])
            if until is None or since < until:
                steps.append((since, one.team))
                if until is not None:
                    steps.append((until, None))
        return newest(steps)
