"""A figure and the answer that carries it (contract 3)."""

from datetime import date
from typing import Literal

import msgspec

from metrics.measure import Kind

Status = Literal[
    "on_target", "near_target", "below_target", "above_target", "no_target", "too_few", "incomplete", "being_counted"
]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number and all that a reader needs beside it. `value` is null where there is nothing to divide by.

    Every number is null while the measure is `being_counted` by a new version.
    """

    measure: str
    kind: Kind
    unit: str
    authority: str
    window: str
    from_: date | None = msgspec.field(name="from")
    at: str
    known_at: str | None
    team: str | None
    locality: str | None
    by: dict[str, str]
    numerator: int | None
    denominator: int | None
    value: float | None
    target: float | None
    status: Status
    beside: dict[str, int | str]
    suppressed: bool = False
    share: float | None = None  # of a count by breakdown: its part of the same place's whole
    note: str | None = None  # what must be said wherever the figure is shown


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Figures, the moment they are true for, and how complete the feeds are."""

    as_of: str
    complete_to: str | None
    catalogue: str
    simulated: bool
    figures: list[Figure]
