"""One person as the measures see them: the facts that stand, and what holds from which instant on.

What several measures ask of a person is worked out once here, from the facts and the authority's rules: death and
birthdays, need, and the allocation that need carries.
"""

from collections.abc import Callable, Hashable, Iterator
from datetime import date
from functools import cached_property
from itertools import zip_longest
from typing import Any, TypeVar

from events.case import Person
from events.event import Event
from events.person import PersonRecorded
from events.time import Instant, add_months, midnight
from events.workforce import CaseAllocated, CaseDeallocated
from metrics.lives.terms import NEED, Term, ends_before, when
from metrics.lives.timeline import EVER, Stretch, Timeline, earliest, newest
from metrics.rules.rules import Rules
from metrics.rules.teams import UNKNOWN

E = TypeVar("E", bound=Event)
R = TypeVar("R")

AGE_BANDS = ((0, "0"), (1, "1-4"), (5, "5-9"), (10, "10-15"), (16, "16-17"), (18, "18+"))  # from that birthday on


class Life:
    """A person under the rules of their authority."""

    def __init__(self, person: Person, rules: Rules) -> None:
        self.facts = person.facts
        self.kinds = person.kinds
        self.rules = rules
        self._known: dict[Hashable, Any] = {}
        self._by_record: dict[type[Event], dict[str, Any]] = {}
        self._naming: dict[tuple[type[Event], Callable[..., str]], dict[str, list[Any]]] = {}

    def once(self, key: Hashable, work: Callable[[], R]) -> R:
        """Return what *work* returns; it is done once for each *key*."""
        try:
            result: R = self._known[key]
        except KeyError:
            result = self._known[key] = work()
        return result

    def by_record(self, kind: type[E]) -> dict[str, E]:
        """Return the standing facts of one type by their record."""
        facts: dict[str, E] | None = self._by_record.get(kind)
        if facts is None:
            facts = self._by_record[kind] = {fact.record: fact for fact in self.facts(kind)}
        return facts

    def naming(self, kind: type[E], named: Callable[[E], str]) -> dict[str, list[E]]:
        """Return the facts of one type by the record that *named* says they name, in order."""
        facts: dict[str, list[E]] | None = self._naming.get((kind, named))
        if facts is None:
            facts = self._naming[kind, named] = {}
            for fact in self.facts(kind):
                facts.setdefault(named(fact), []).append(fact)
        return facts

    # --- the person ---------------------------------------------------------------------------------------------

    @cached_property
    def _recorded(self) -> list[PersonRecorded]:
        """What was recorded of the person, the newest first; it holds at every date."""
        facts = self.facts(PersonRecorded)
        return sorted(facts, key=lambda fact: (fact.recorded_at, fact.id, fact.record), reverse=True)

    def _newest(self, field: Callable[[PersonRecorded], R | None]) -> R | None:
        """Return the value of a *field* of the person that was recorded last."""
        return next((value for fact in self._recorded if (value := field(fact)) is not None), None)

    @cached_property
    def dies_at(self) -> Instant | None:
        """The first moment of the day of death: every clock stops and every stock ends there."""
        died_on = self._newest(lambda fact: fact.died_on) if self.facts(PersonRecorded) else None
        return None if died_on is None else midnight(died_on)

    @cached_property
    def _birthday(self) -> date | None:
        """The day that stands for the birth: the first of the month after it, as no full date of birth is held."""
        born = self._newest(lambda fact: fact.birth_month) if self.facts(PersonRecorded) else None
        return None if born is None else add_months(date.fromisoformat(f"{born}-01"), 1)

    @cached_property
    def of_age_at(self) -> Instant | None:
        """The first moment of the 18th birthday, where the month of birth is known."""
        return None if self._birthday is None else midnight(add_months(self._birthday, 18 * 12))

    @cached_property
    def age_bands(self) -> Timeline[str]:
        """The age band over time; `unborn` before the birth."""
        first, born = self._birthday, self._born
        if first is None:
            return ((EVER, "unborn" if self._is_unborn else UNKNOWN),)
        assert born is not None, "who has a birthday has a month of birth"
        bands = [(midnight(add_months(first, 12 * age)), band) for age, band in AGE_BANDS[1:]]
        return ((EVER, "unborn"), (midnight(born), AGE_BANDS[0][1]), *bands)

    @property
    def _is_unborn(self) -> bool:
        """Whether the newest record says so. One that leaves it out says no: it was made at the birth or after it."""
        return bool(self._recorded) and self._recorded[0].unborn is True

    @property
    def _born(self) -> date | None:
        """The day from which the child counts as born: the first of the month of birth.

        Who is still recorded as unborn counts as born from the second month after the expected one: no child is
        expected for longer, and nobody has said so yet.
        """
        return self._birthday and add_months(self._birthday, 1 if self._is_unborn else -1)

    # --- records that stand -------------------------------------------------------------------------------------

    def stretches(self, term: Term) -> list[Stretch[Any]]:
        """Return a stretch for each start of *term*, but for those that end before or as they start."""
        return self.once(term, lambda: list(self._stretches(term)))

    def _stretches(self, term: Term) -> Iterator[Stretch[Any]]:
        ends = self.by_record(term.ends)
        limit = self.limit(term.of_childhood)
        for start in self.facts(term.starts):
            until = earliest(when(ends.get(start.record)), limit)
            since = start.occurred
            if until is None or since < until:
                yield Stretch(since, until, (since, start.record), start)

    def limit(self, of_childhood: bool) -> Instant | None:
        """Return when everything ends at the latest: at death, and on the 18th birthday what is *of_childhood*."""
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
        """The team that the case is allocated to over time; None while it is allocated to nobody."""
        return newest(self._allocations()) if self.facts(CaseAllocated) else ()

    def _allocations(self) -> Iterator[tuple[Instant, str | None]]:
        """Yield from when on the case is with which team.

        An allocation stands until it is given up, until the next allocation of the child whatever became of that, or
        until the child is no longer in need; one made before need begins stands from there (rules 6).
        """
        allocations = self.facts(CaseAllocated)
        need, given_up = self._need(), self.by_record(CaseDeallocated)
        for allocation, after in zip_longest(allocations, allocations[1:]):
            end = given_up.get(allocation.record)
            while need and need[0][1] is not None and need[0][1] <= allocation.occurred:
                need.pop(0)
            spell = need[0] if need else None
            if spell is None or (end is not None and ends_before(allocation, end)):
                continue
            since = max(allocation.occurred, spell[0])
            until = earliest(when(end), when(after), spell[1])
            if until is None or since < until:
                yield since, allocation.team
                if until is not None:
                    yield until, None
