"""What belongs to a period of care: its legal statuses, its placements, and the runs that placements make."""

from collections.abc import Iterator
from itertools import accumulate, zip_longest
from typing import Any, NamedTuple, TypeVar

from events.care import LegalStatusChanged, PlacementEnded, PlacementStarted
from events.event import ChildEvent
from events.time import Instant, add_months, day_of, midnight
from metrics.lives.life import Life
from metrics.lives.terms import PERIODS, ends_before, when
from metrics.lives.timeline import EVER, Stretch, Timeline, constant, earliest, newest

E = TypeVar("E", bound=ChildEvent)
Begun = tuple[Instant, E]  # a fact, and from when on it stands in its period

TEMPORARY = ("T0", "T1", "T2", "T3", "T4")  # hospital, a carer's holiday, …: the child's own place is kept
ADOPTED_IN_PLACE = ("A3", "A5")  # placed for adoption with the carer the child already lives with


class Stay(NamedTuple):
    """What the Department calls a placement: from its *start* up to its *end*, through every stay that continues it."""

    start: Instant
    end: Instant | None


def _of_periods(life: Life, kind: type[E]) -> dict[str, list[E]]:
    """Return the facts of one type by the record of the period that each belongs to, in order.

    That is the one it names, known or not; else, of those that its moment falls in, the last begun (CONTRACT 2).
    """

    def found() -> dict[str, list[E]]:
        by: dict[str, list[E]] = {}
        for fact in life.facts(kind):
            period: str | None = fact.care  # type: ignore[attr-defined]  # both kinds that are asked for have one
            if period is None:
                covering = [spell for spell in life.stretches(PERIODS) if spell.covers(fact.occurred)]
                if not covering:
                    continue
                period = max(covering, key=lambda spell: spell.rank).value.record
            by.setdefault(period, []).append(fact)
        return by

    return life.once(("of periods", kind), found)


def _begun(facts: list[E], period: Stretch[Any]) -> Iterator[Begun[E]]:
    """Yield what stands within *period*, and from when: what began before it, the last of it alone, from its start."""
    before = [fact for fact in facts if fact.occurred < period.start]
    if before:
        yield period.start, before[-1]
    for fact in facts[len(before) :]:
        if period.end is None or fact.occurred < period.end:
            yield fact.occurred, fact


def _period(start: Any, life: Life) -> Stretch[Any]:
    return next(spell for spell in life.stretches(PERIODS) if spell.value is start)


# --- legal statuses -----------------------------------------------------------------------------------------------


def statuses(start: Any, life: Life) -> Timeline[str | None]:
    """Return the legal status from when on in the period of care that *start* began; before the first, None."""

    def found() -> Timeline[str | None]:
        facts = _of_periods(life, LegalStatusChanged).get(start.record, [])
        return newest((at, fact.status) for at, fact in _begun(facts, _period(start, life)))

    return life.once(("statuses", start.record), found)


# --- placements ---------------------------------------------------------------------------------------------------


def _placements(life: Life) -> dict[str, list[Begun[PlacementStarted]]]:
    """Return the placements of each period of care, but those that end before they start."""

    def found() -> dict[str, list[Begun[PlacementStarted]]]:
        by: dict[str, list[Begun[PlacementStarted]]] = {}
        if not life.facts(PlacementStarted):
            return by
        ends, of_periods = life.by_record(PlacementEnded), _of_periods(life, PlacementStarted)
        for period in life.stretches(PERIODS):
            facts = [
                fact
                for fact in of_periods.get(period.value.record, [])
                if (end := ends.get(fact.record)) is None or not ends_before(fact, end)
            ]
            by[period.value.record] = [
                (at, fact)
                for at, fact in _begun(facts, period)
                if fact.occurred >= period.start or (end := ends.get(fact.record)) is None or end.occurred > at
            ]
        return by

    return life.once("placements", found)


def placements(start: Any, life: Life) -> Timeline[str]:
    """Return the placement that stands from when on in a period of care: until the next, or its own end."""
    found = _placements(life).get(start.record)
    if not found:
        return ()
    ends = life.by_record(PlacementEnded)
    steps: list[tuple[Instant, str | None]] = []
    for (at, fact), after in zip_longest(found, found[1:]):
        steps.append((at, fact.placement))
        end = ends.get(fact.record)
        if end is not None and (after is None or end.occurred < after[0]):
            steps.append((max(at, end.occurred), None))
    return newest(steps)


def stays(life: Life) -> dict[str, list[Stay]]:
    """Return the runs of each period of care (MEASURES 5), by the period's record."""
    return life.once("stays", lambda: {p.value.record: list(_stays(p, life)) for p in life.stretches(PERIODS)})


def _stays(period: Stretch[Any], life: Life) -> Iterator[Stay]:
    begun: list[tuple[Instant, PlacementStarted]] = []  # of each run, when it began and its last placement
    away = False  # on a temporary stay since that placement
    for at, fact in _placements(life).get(period.value.record, ()):
        if fact.placement in TEMPORARY:
            away = True
            continue
        if begun and _continues(fact, begun[-1][1], away, life):
            begun[-1] = begun[-1][0], fact
        else:
            begun.append((at, fact))
        away = False
    ends = life.by_record(PlacementEnded)
    for (start, last), after in zip_longest(begun, begun[1:]):
        yield Stay(start, earliest(after and after[0], when(ends.get(last.record)), period.end))


def _continues(fact: PlacementStarted, last: PlacementStarted, away: bool, life: Life) -> bool:
    if fact.same_carer and not life.rules.parameters.same_carer_counts:
        return True
    came_back = away and (fact.placement, fact.provider) == (last.placement, last.provider)
    return came_back or fact.placement in ADOPTED_IN_PLACE


def stays_in_year(life: Life) -> Timeline[int]:
    """Return how many runs stand at the start of the 12 months up to each moment or begin in them, in any period."""

    def found() -> Timeline[int]:
        if not life.facts(PlacementStarted):
            return constant(0)
        changes: dict[Instant, int] = {}
        for run in (run for period in stays(life).values() for run in period):
            changes[run.start] = changes.get(run.start, 0) + 1
            if run.end is not None:
                gone = midnight(_leaves_year(run.end))
                changes[gone] = changes.get(gone, 0) - 1
        moments = sorted(changes)
        return ((EVER, 0), *zip(moments, accumulate(changes[at] for at in moments), strict=True))

    return life.once("stays in year", found)


def _leaves_year(end: Instant) -> Any:
    """Return the first day d on which d - 12 months is no longer before the day of *end*."""
    day = day_of(end)
    later = add_months(day, 12)
    return later if add_months(later, -12) >= day else add_months(later.replace(day=1), 1)


def stays_since_entry(start: Any, life: Life) -> Timeline[int]:
    """Return how many runs have begun in the period of care that *start* began."""
    found = stays(life)[start.record] if life.facts(PlacementStarted) else ()
    return ((EVER, 0), *newest((run.start, n) for n, run in enumerate(found, 1)))


def time_in_care(start: Any, life: Life) -> Timeline[str]:
    """Return the band of how long the period of care has lasted: calendar months, the lower bound included."""
    bands = ((6, "6-12m"), (12, "1-2y"), (24, "2y+"))
    return ((EVER, "<6m"), *((midnight(add_months(start.day, months)), band) for months, band in bands))
