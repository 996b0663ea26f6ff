"""What belongs to a period of care: its legal statuses, its placements, and the stays that placements make."""

from collections.abc import Iterator
from datetime import date
from itertools import accumulate, zip_longest
from typing import Any, NamedTuple, TypeVar

from events.care import LegalStatusChanged, PlacementEnded, PlacementStarted
from events.time import Instant, add_months, day_of, midnight
from metrics.lives.life import Life
from metrics.lives.terms import PERIODS, ends_before, when
from metrics.lives.timeline import EVER, Stretch, Timeline, constant, earliest, newest

F = TypeVar("F", LegalStatusChanged, PlacementStarted)  # the facts that may name their period of care
Begun = tuple[Instant, F]  # from when on a fact stands in its period, and the fact

TEMPORARY = ("T0", "T1", "T2", "T3", "T4")  # hospital, a carer's holiday, …: the child's own place is kept
TIMES_IN_CARE = ("<6m", "6-12m", "1-2y", "2y+")
ADOPTED_IN_PLACE = ("A3", "A5")  # placed for adoption with the carer the child already lives with


class Stay(NamedTuple):
    """What the Department calls a placement (rules 5): from *start* up to *end*, through all that continues it."""

    start: Instant
    end: Instant | None


def _of_periods(life: Life, kind: type[F]) -> dict[str, list[F]]:
    """Return the facts of one type by the record of the period that each belongs to, in order."""

    def by_period() -> dict[str, list[F]]:
        by: dict[str, list[F]] = {}
        for fact in life.facts(kind):
            if (period := _period_of(fact, life)) is not None:
                by.setdefault(period, []).append(fact)
        return by

    return life.once(("of periods", kind), by_period)


def _period_of(fact: LegalStatusChanged | PlacementStarted, life: Life) -> str | None:
    """Return the record of the period that *fact* names, known or not; else of the last begun it falls in.

    A name that is not known yet is not replaced by the date (contract 2).
    """
    if fact.care is not None:
        return fact.care
    for period in reversed(life.stretches(PERIODS)):  # the last begun first
        if not _is_before(fact, period) and not _is_after(fact, period):
            return str(period.value.record)
    return None


def _is_before(fact: LegalStatusChanged | PlacementStarted, period: Stretch[Any]) -> bool:
    """Return whether *fact* lies before *period*: by day where it is dated, as all of its day is meant (rules 5)."""
    if fact.occurred >= period.start:
        return False
    return fact.occurred_on is None or fact.occurred_on < day_of(period.start)


def _is_after(fact: LegalStatusChanged | PlacementStarted, period: Stretch[Any]) -> bool:
    """Return whether *fact* lies at or after the end of *period*: by day where it is dated.

    Dated on the one day of a period of hours, it is of that period.
    """
    if period.end is None or fact.occurred >= period.end:
        return period.end is not None
    return _is_dated_at_the_end(fact, period) and fact.occurred > period.start


def _is_dated_at_the_end(fact: LegalStatusChanged | PlacementStarted, period: Stretch[Any]) -> bool:
    """Return whether *fact* is dated on or after the day on which *period* ended."""
    return fact.occurred_on is not None and period.end is not None and fact.occurred_on >= day_of(period.end)


def _begun(facts: list[F], period: Stretch[Any]) -> Iterator[Begun[F]]:
    """Yield the facts that stand within *period*, and from when: the last one before it stands from its start."""
    last_before = next((fact for fact in reversed(facts) if _is_before(fact, period)), None)
    for fact in facts:
        if (fact is last_before or not _is_before(fact, period)) and not _is_after(fact, period):
            yield max(fact.occurred, period.start), fact


def _period(start: Any, life: Life) -> Stretch[Any]:
    return life.once("periods", lambda: {spell.value.record: spell for spell in life.stretches(PERIODS)})[start.record]


# --- legal statuses -----------------------------------------------------------------------------------------------


def statuses(start: Any, life: Life) -> Timeline[str | None]:
    """Return the legal status over time in the period of care that *start* began; None before the first."""

    def over_time() -> Timeline[str | None]:
        facts = _of_periods(life, LegalStatusChanged).get(start.record, [])
        return newest((at, fact.status) for at, fact in _begun(facts, _period(start, life)))

    return life.once(("statuses", start.record), over_time)


# --- placements ---------------------------------------------------------------------------------------------------


def _placements(life: Life) -> dict[str, list[Begun[PlacementStarted]]]:
    """Return the placements of each period of care, but those that end before they start."""

    def by_period() -> dict[str, list[Begun[PlacementStarted]]]:
        if not life.facts(PlacementStarted):
            return {}
        of_periods = _of_periods(life, PlacementStarted)
        return {
            period.value.record: list(_placed(of_periods.get(period.value.record, []), period, life))
            for period in life.stretches(PERIODS)
        }

    return life.once("placements", by_period)


def _placed(facts: list[PlacementStarted], period: Stretch[Any], life: Life) -> Iterator[Begun[PlacementStarted]]:
    """Yield the placements that stand within *period*; one that ended before it began is none of it."""
    ends = life.by_record(PlacementEnded)
    sound = [fact for fact in facts if (end := ends.get(fact.record)) is None or not ends_before(fact, end)]
    for at, fact in _begun(sound, period):
        if not _is_before(fact, period) or (end := ends.get(fact.record)) is None or end.occurred > at:
            yield at, fact


def placements(start: Any, life: Life) -> Timeline[str]:
    """Return the placement over time in a period of care: each stands until the next, or until its own end."""
    begun = _placements(life).get(start.record)
    if not begun:
        return ()
    ends = life.by_record(PlacementEnded)
    steps: list[tuple[Instant, str | None]] = []
    for (at, fact), after in zip_longest(begun, begun[1:]):
        steps.append((at, fact.placement))
        end = ends.get(fact.record)
        if end is not None and (after is None or end.occurred < after[0]):
            steps.append((max(at, end.occurred), None))
    return newest(steps)


def stays(life: Life) -> dict[str, list[Stay]]:
    """Return the stays of each period of care (rules 5), by the period's record."""
    return life.once("stays", lambda: {p.value.record: list(_stays(p, life)) for p in life.stretches(PERIODS)})


def _stays(period: Stretch[Any], life: Life) -> Iterator[Stay]:
    begun: list[tuple[Instant, PlacementStarted]] = []  # when each stay began, and its last placement
    away = False  # on a temporary stay since that placement
    for at, fact in _placements(life).get(period.value.record, ()):
        if _is_dated_at_the_end(fact, period):
            continue
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
    return (away and _is_same_place(fact, last)) or fact.placement in ADOPTED_IN_PLACE


def _is_same_place(fact: PlacementStarted, last: PlacementStarted) -> bool:
    """Return whether two placements are in one place: by `home` where both tell it, else by code and provider."""
    if fact.home is not None and last.home is not None:
        return fact.home == last.home
    return (fact.placement, fact.provider) == (last.placement, last.provider)


def stays_in_year(life: Life) -> Timeline[int]:
    """Return, over time, how many stays stood 12 months earlier or began since, in any period."""

    def over_time() -> Timeline[int]:
        if not life.facts(PlacementStarted):
            return constant(0)
        changes: dict[Instant, int] = {}
        for stay in (stay for of_period in stays(life).values() for stay in of_period):
            changes[stay.start] = changes.get(stay.start, 0) + 1
            if stay.end is not None:
                gone = midnight(_leaves_year(stay.end))
                changes[gone] = changes.get(gone, 0) - 1
        instants = sorted(changes)
        return ((EVER, 0), *zip(instants, accumulate(changes[at] for at in instants), strict=True))

    return life.once("stays in year", over_time)


def _leaves_year(end: Instant) -> date:
    """Return the first day whose day 12 months earlier is no longer before the day of *end*."""
    day = day_of(end)
    later = add_months(day, 12)
    return later if add_months(later, -12) >= day else add_months(later.replace(day=1), 1)


def stays_since_entry(start: Any, life: Life) -> Timeline[int]:
    """Return, over time, how many stays have begun in the period of care that *start* began."""
    begun = stays(life)[start.record] if life.facts(PlacementStarted) else ()
    return ((EVER, 0), *newest((stay.start, n) for n, stay in enumerate(begun, 1)))


def time_in_care(start: Any, life: Life) -> Timeline[str]:
    """Return, over time, the band of how long the period of care has lasted: the lower bound is included."""
    shortest, *longer = TIMES_IN_CARE
    since = zip((6, 12, 24), longer, strict=True)
    return ((EVER, shortest), *((midnight(add_months(start.day, months)), band) for months, band in since))
