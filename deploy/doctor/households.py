"""Households that a feed has told too much of: what is refused of them, and which come near to that."""

from collections import Counter
from collections.abc import Iterator, Mapping

from deploy.doctor.finding import Finding, several, some, worth_knowing, wrong
from events.case import Case
from events.decode import Reason
from metrics.counting.households import MAX_TELLINGS

NEAR = 0.5  # of all that a household may hold

REMEDY = (
    "see which feed tells the same again and again, under new ids or records, or links children that are not one; "
    "then load the log afresh without it"
)


def full(reasons: Mapping[str, int]) -> Iterator[Finding]:
    """Yield what was refused because a household was full."""
    if refused := reasons.get(str(Reason.HOUSEHOLD_FULL)):
        yield wrong(
            f"{several(refused, 'event')} of children told of {MAX_TELLINGS:,} times were refused, so that what is "
            "shown of these children stands still",
            REMEDY,
        )


class NearlyFull:
    """Counts, by authority and source, the households that come near to the limit."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()

    def note(self, authority: str, case: Case) -> None:
        """Note a household."""
        if case.size > NEAR * MAX_TELLINGS:
            source, _ = Counter(telling.source for telling in case).most_common(1)[0]
            self._counted[f"{authority} {source}"] += 1

    def findings(self) -> Iterator[Finding]:
        """Yield what was found."""
        if n := self._counted.total():
            yield worth_knowing(
                f"{several(n, 'child has', 'children have')} been told of over {NEAR * MAX_TELLINGS:,.0f} times "
                f"({some(self._counted)}); from {MAX_TELLINGS:,} on their events are refused",
                REMEDY,
            )
