"""What the tallies of cases last were, so that a change need not be counted from both its ends."""

from collections import OrderedDict

from events.case import Case
from metrics.counting.tally import Tally, tally
from metrics.rules.rules import Rules
from metrics.shapes.part import Part

MAX_CASES = 20_000


class TallyCache:
    """The tallies of the newest cases. It may be dropped at any moment: a case that it lacks is counted."""

    def __init__(self, cases: int = MAX_CASES) -> None:
        self._cases = cases
        self._tallies: OrderedDict[int, tuple[Case, Tally]] = OrderedDict()  # by identity, which the kept case holds

    def tally(self, case: Case, rules: Rules, parts: tuple[Part, ...]) -> Tally:
        """Return what `tally` returns."""
        known = self._tallies.get(id(case))
        missing = parts if known is None else tuple(part for part in parts if part.name not in known[1])
        counted = tally(case, rules, missing) if missing else {}
        return counted if known is None else {p.name: known[1].get(p.name) or counted.get(p.name, {}) for p in parts}

    def follow(self, before: Case | None, after: Case, counted: Tally, parts: tuple[Part, ...]) -> None:
        """Remember *counted*, the tally of *after* for *parts*, and that all others are as they were *before*.

        A part that *counted* lacks has no cell now: a case of which nothing stands is not even a person.
        """
        earlier = self._tallies.pop(id(before), None) if before is not None else None
        self._tallies[id(after)] = (
            after,
            {**(earlier[1] if earlier else {}), **{part.name: counted.get(part.name, {}) for part in parts}},
        )
        if len(self._tallies) > self._cases:
            self._tallies.popitem(last=False)
