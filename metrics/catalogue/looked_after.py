"""Children looked after, and how often they move."""

from typing import Any

from events.care import LegalStatusChanged, PlacementEnded, PlacementStarted
from metrics.catalogue.need import AGE_BAND
from metrics.catalogue.sources import LEGAL_STATUSES, STABILITY, WHOLE_CARE
from metrics.lives.care import (
    TIMES_IN_CARE,
    placements,
    statuses,
    stays_in_year,
    stays_since_entry,
    time_in_care,
)
from metrics.lives.life import Life
from metrics.lives.terms import PERIODS
from metrics.lives.timeline import EVER, Timeline, newest
from metrics.measure import Measure
from metrics.shapes import UNKNOWN, Breakdown, Spells, Value, code

# Agreed series of short breaks: the Department leaves these children out of every count of children looked after.
SHORT_BREAKS = ("V3", "V4")

LEGAL_GROUPS = {
    "C1": "interim_care_order",
    "C2": "full_care_order",
    "D1": "freeing_order",
    "E1": "placement_order",
    "V2": "section_20",
    "L": "protection",
    "J": "justice",
}


# As the return of looked-after children lists them: foster care first, temporary stays last but one.
# fmt: off
PLACEMENTS = (
    "U1", "U2", "U3", "U4", "U5", "U6", "K1", "K2", "K3", "H5", "P1", "P2", "P3", "A3", "A4", "A5", "A6",
    "R1", "R2", "R3", "R4", "R5", "S1", "T0", "T1", "T2", "T3", "T4", "Z1",
)
# fmt: on


def counts(start: Any, life: Life) -> Timeline[bool]:
    """Return when a period of care counts: not while its status is short breaks; one with none told does."""
    found = statuses(start, life)
    return life.once(
        (counts, start.record),
        lambda: newest([(EVER, True), *((at, status not in SHORT_BREAKS) for at, status in found)]),
    )


def legal_groups(start: Any, life: Life) -> Timeline[Value]:
    """The group of the legal status that stands, by its code or by the letter of its family."""
    return newest([(EVER, UNKNOWN), *((at, legal_group(status)) for at, status in statuses(start, life))])


def legal_group(status: str | None) -> str:
    """Return the group that a legal status belongs to."""
    return UNKNOWN if status is None else LEGAL_GROUPS.get(status) or LEGAL_GROUPS.get(status[:1], UNKNOWN)


def placement_codes(start: Any, life: Life) -> Timeline[Value]:
    """The placement that stands, temporary stays too; none, `unknown`."""
    return newest([(EVER, UNKNOWN), *((at, code(placement)) for at, placement in placements(start, life))])


def banded(numbers: Timeline[int], bands: tuple[str, ...]) -> Timeline[Value]:
    """Return the band of each number; the last of *bands* takes all that are greater."""
    return newest([(at, bands[min(n or 0, len(bands) - 1)]) for at, n in numbers])


IN_YEAR = ("0", "1", "2", "3+")
SINCE_ENTRY = ("0", "1", "2", "3", "4", "5+")

LOOKED_AFTER = Spells(
    name="children_looked_after",
    terms=(PERIODS,),
    while_=counts,
    by=(
        Breakdown("legal_group", over=legal_groups, order=tuple(LEGAL_GROUPS.values())),
        Breakdown("placement", over=placement_codes, reads=(PlacementStarted, PlacementEnded), order=PLACEMENTS),
        AGE_BAND,
    ),
    reads=(LegalStatusChanged,),
)
PLACED_IN_YEAR = Spells(
    name="placements_in_year",
    terms=(PERIODS,),
    while_=counts,
    by=(Breakdown("band", over=lambda _, life: banded(stays_in_year(life), IN_YEAR), order=IN_YEAR),),
    weight=lambda _, life: stays_in_year(life),
    reads=(LegalStatusChanged, PlacementStarted, PlacementEnded),
)
PLACED_SINCE_ENTRY = Spells(
    name="placements_since_entry",
    terms=(PERIODS,),
    while_=counts,
    by=(
        Breakdown(
            "band", over=lambda start, life: banded(stays_since_entry(start, life), SINCE_ENTRY), order=SINCE_ENTRY
        ),
        Breakdown("time_in_care", over=time_in_care, order=TIMES_IN_CARE),
    ),
    weight=stays_since_entry,
    reads=(LegalStatusChanged, PlacementStarted, PlacementEnded),
)

CHILDREN_LOOKED_AFTER = Measure(
    name="children_looked_after",
    title="Children looked after",
    definition=(
        "Children with an open period of care, each once. A period counts as none while its legal status is an "
        "agreed series of short breaks (V3, V4). Care ends on the 18th birthday at the latest."
    ),
    kind="count",
    unit="children",
    numerator=LOOKED_AFTER.present,
    by=("legal_group", "placement", "age_band"),
    source=LEGAL_STATUSES,
)

LOOKED_AFTER_RATE = Measure(
    name="looked_after_rate",
    title="Children looked after per 10,000 children",
    definition="Children looked after per 10,000 children aged 0 to 17.",
    kind="rate",
    unit="per_10000_children",
    numerator=LOOKED_AFTER.present,
    source=LEGAL_STATUSES,
)

PLACEMENTS_IN_YEAR = Measure(
    name="placements_in_year",
    title="Placements of children looked after in the past 12 months",
    definition=(
        "Children looked after, by the number of placements that stood 12 months ago or began since. A temporary stay "
        "(T0 to T4) and the return from it, a change of status with the same carer, and adoption by the present carer "
        "are no new placement."
    ),
    kind="distribution",
    unit="children",
    numerator=PLACED_IN_YEAR.present,
    weighed=PLACED_IN_YEAR.weighed,
    bands=IN_YEAR,
    looks_back=12,
    source=STABILITY,
)

PLACEMENTS_SINCE_ENTRY = Measure(
    name="placements_since_entry",
    title="Placements of children looked after since they came into care",
    definition=(
        "Children looked after, by the number of placements begun in their present period of care, the whole of it. "
        "What is one placement is as in the count of the past 12 months."
    ),
    kind="distribution",
    unit="children",
    numerator=PLACED_SINCE_ENTRY.present,
    weighed=PLACED_SINCE_ENTRY.weighed,
    bands=SINCE_ENTRY,
    by=("time_in_care",),
    source=WHOLE_CARE,
)

MEASURES = (CHILDREN_LOOKED_AFTER, LOOKED_AFTER_RATE, PLACEMENTS_IN_YEAR, PLACEMENTS_SINCE_ENTRY)
