"""The rows of episodes.csv: each a stretch of care with one legal status in one placement."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from events.sources.ssda903.entries import Entry
from events.sources.ssda903.files import PLACE_CHANGE, PROVIDER, Columns, File
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import Row

EPISODE_COLUMNS = Columns(
    ("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE"),
    ("HOME_POST", "PL_POST", "URN"),
)

# RNE, the reason for a new episode (SSDA903 guide 2017-18): S care starts; L only the legal status is new; P the
# placement, with another carer; T the placement, with the same carer; B as P, and the legal status; U as T, and the
# legal status.
CARE_BEGINS, LEGAL_ONLY = "S", "L"
SAME_CARER = {"T": True, "U": True, "P": False, "B": False}
CAUSES = (CARE_BEGINS, LEGAL_ONLY, *SAME_CARER)
CARE_GOES_ON = ("X1", None)  # REC: the next episode begins on the same day; or REC is blank


@dataclass(frozen=True, kw_only=True)
class Episode(Entry):
    """A row of episodes.csv that makes sense by itself."""

    start: date
    end: date | None
    cause: str | None  # RNE
    status: str | None
    need: str | None
    place: str | None
    provider: str | None
    reason: str | None  # REC
    moved: str | None  # REASON_PLACE_CHANGE

    @property
    def begins(self) -> bool:
        """Whether the row says that care began with it."""
        return self.cause == CARE_BEGINS

    def known(self, as_of: date) -> "Episode":
        """Return the episode as it was known at the end of *as_of*: one that ends later is open."""
        return self if self.end is not None and self.end <= as_of else replace(self, end=None, reason=None)


def episodes(file: File) -> Iterator[Episode]:
    """Yield the episodes of a file, repaired. Note what is odd about each by itself."""
    for row in file.usable():
        days = file.days(row, "DECOM", "DEC")
        if days is not None:
            yield _episode(file, row, *days)


def _episode(file: File, row: Row, start: date, end: date | None) -> Episode:
    status, need, place, reason = (file.code(row, column) for column in ("LS", "CIN", "PLACE", "REC"))
    provider, moved = file.code(row, "PLACE_PROVIDER", PROVIDER), file.code(row, "REASON_PLACE_CHANGE", PLACE_CHANGE)
    cause = row.cells["RNE"].upper()
    begins = cause == CARE_BEGINS
    _note_gaps(file, row, end, cause)
    # A row that ends is newer news than its double that does not, and one that ends later is newer still.
    known = file.known_end(row, end)
    codes = status or "", reason or "", need or "", begins, cause, place or "", provider or "", moved or ""
    return Episode(
        nth=file.nth,
        line=row.line,
        child=file.child(row),
        key=str(start),
        until=end,
        news=(known is not None, known or date.min, *codes, str(end or "")),
        start=start,
        end=end,
        cause=cause if cause in CAUSES else None,
        status=status,
        need=need,
        place=place,
        provider=provider,
        reason=reason,
        moved=moved,
    )


def _note_gaps(file: File, row: Row, end: date | None, cause: str) -> None:
    if end is None and row.cells["REC"]:
        file.note(row, Ssda903Reason.REASON_WITHOUT_END)
    if not row.cells["LS"]:
        file.note(row, Ssda903Reason.NO_STATUS)
    if not row.cells["PLACE"]:
        file.note(row, Ssda903Reason.NO_PLACE)
    if cause not in CAUSES:
        file.note(row, Ssda903Reason.NO_CAUSE)
