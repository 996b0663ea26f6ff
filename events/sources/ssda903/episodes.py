"""The rows of episodes.csv: each a stretch of care with one legal status in one placement."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from events.sources.ssda903.entries import Entry
from events.sources.ssda903.files import PLACE_CHANGE, PROVIDER, ChildsFile
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.table import Columns, Row

EPISODE_COLUMNS = Columns(
    ("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "DEC", "REC"),
    ("PLACE_PROVIDER", "REASON_PLACE_CHANGE", "PL_POST", "URN"),
    ("HOME_POST",),
    filled=("CHILD", "DECOM", "RNE", "LS", "PLACE"),
    days=("DECOM", "DEC"),
)

# RNE, the reason for a new episode (SSDA903 guide 2017-18): S care starts; L only the legal status is new; P the
# placement, with another carer; T the placement, with the same carer; B as P, and the legal status; U as T, and the
# legal status.
CARE_BEGINS, LEGAL_ONLY = "S", "L"
SAME_CARER = {"T": True, "U": True, "P": False, "B": False}
CAUSES = (CARE_BEGINS, LEGAL_ONLY, *SAME_CARER)
GOES_ON = "X1"
CARE_WENT_ON = (LEGAL_ONLY, *SAME_CARER)  # RNE: only a child who is looked after already can have it
CARE_GOES_ON = (GOES_ON, None)  # REC: the next episode begins on the same day; or REC is blank

NO_REGISTRATION = re.compile("X+")  # URN: the place is not registered
NO_POSTCODE = re.compile("ZZ99.*")  # PL_POST: not known, or abroad


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
    registration: str = ""  # URN
    postcode: str = ""  # PL_POST
    unseen: bool = False  # no row says that it ended

    @property
    def begins(self) -> bool:
        """Whether the row says that care began with it."""
        return self.cause == CARE_BEGINS

    @property
    def went_on(self) -> bool:
        """Whether the row says that the child was looked after already."""
        return self.cause in CARE_WENT_ON

    @property
    def goes_on(self) -> bool:
        """Whether the row does not say that care ended with it."""
        return self.reason in CARE_GOES_ON and not self.unseen

    def ended(self, on: date) -> "Episode":
        """Return the episode, ended *on* that day, though no row says so; as it is, if it tells an end itself."""
        return self if self.end is not None else replace(self._until(on), unseen=True)

    def carried_on(self, on: date) -> "Episode":
        """Return the episode as one that the next one follows *on* that day."""
        return replace(self._until(on), reason=GOES_ON)

    def _until(self, on: date) -> "Episode":
        on = max(on, self.start + timedelta(days=1))
        return replace(self, end=on, until=on, reason=None)

    def known(self, as_of: date) -> "Episode":
        """Return the episode as it was known at the end of *as_of*: one that ends later is open."""
        if self.end is None and self.reason is None:
            return self
        return self if self.end is not None and self.end <= as_of else replace(self, end=None, reason=None)


def episodes(file: ChildsFile) -> Iterator[Episode]:
    """Yield the episodes of a child, repaired. Note what is odd about each by itself."""
    for row in file.usable():
        days = file.days(row, "DECOM", "DEC")
        if days is not None:
            yield _episode(file, row, *days)


def _episode(file: ChildsFile, row: Row, start: date, end: date | None) -> Episode:
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
        child=file.child,
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
        registration=_told(row.cells["URN"], NO_REGISTRATION),
        postcode=_told(row.cells["PL_POST"], NO_POSTCODE),
    )


def _told(text: str, nothing: re.Pattern[str]) -> str:
    """Return what tells a place from others, however it is spaced; "" for what stands for nothing."""
    if not text:
        return ""
    plain = "".join(text.upper().split())
    return "" if nothing.fullmatch(plain) else plain


def _note_gaps(file: ChildsFile, row: Row, end: date | None, cause: str) -> None:
    if end is None and row.cells["REC"]:
        file.note(row, Ssda903Reason.REASON_WITHOUT_END)
    if not row.cells["LS"]:
        file.note(row, Ssda903Reason.NO_STATUS)
    if not row.cells["PLACE"]:
        file.note(row, Ssda903Reason.NO_PLACE)
    if cause not in CAUSES:
        file.note(row, Ssda903Reason.NO_CAUSE)
