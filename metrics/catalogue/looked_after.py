"""Children looked after."""

from datetime import date

from events.care import CareEnded, CareStarted, LegalStatusChanged
from events.case import Person
from metrics.measure import Measure, Source
from metrics.shapes import UNKNOWN, Breakdown, Spells, Standing, Value

SSDA903 = Source("Department for Education, children looked-after return (SSDA903): legal statuses", date(2026, 11, 23))

# Agreed series of short breaks: the Department leaves these children out of every count of children looked after.
SHORT_BREAKS = ("V3", "V4")

LEGAL_GROUPS = {
    "C1": "interim_care_order", "C2": "full_care_order", "D1": "freeing_order", "E1": "placement_order",
    "V2": "section_20", "L": "protection", "J": "justice",
}  # fmt: skip


def not_short_breaks(status: LegalStatusChanged | None) -> bool:
    """Return whether a period of care counts while *status* stands; one with no status told does."""
    return status is None or status.status not in SHORT_BREAKS


def legal_group(status: LegalStatusChanged | None, person: Person) -> Value:
    """Return the group of the legal status that stands, by its code or by the letter of its family."""
    if status is None:
        return UNKNOWN
    return LEGAL_GROUPS.get(status.status) or LEGAL_GROUPS.get(status.status[:1], UNKNOWN)


PERIODS_OF_CARE = Spells(
    name="children_looked_after",
    starts=CareStarted,
    ends=CareEnded,
    standing=Standing(of=LegalStatusChanged, names="care"),
    counts=not_short_breaks,
    by=(Breakdown("legal_group", legal_group),),
)

CHILDREN_LOOKED_AFTER = Measure(
    name="children_looked_after",
    title="Children looked after",
    definition=(
        "Children with an open period of care, each once. A period counts as none while its legal status is an "
        "agreed series of short breaks (V3, V4)."
    ),
    kind="count",
    unit="children",
    numerator=PERIODS_OF_CARE.present,
    source=SSDA903,
)

MEASURES = (CHILDREN_LOOKED_AFTER,)
