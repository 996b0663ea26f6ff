"""What became of every row of a file: used, repaired by a rule, or left, and why. No row is dropped silently."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum

from events.sources.dead_lines import DeadLines


class Outcome(IntEnum):
    """What became of a row. The greatest of several findings about one row decides."""

    USED = 0  # as it stands
    REPAIRED = 1  # in part, or otherwise than it says
    LEFT = 2  # not at all


class RowReason(Enum):
    """What was found about a row, what becomes of it, and the rule in words for people. Each source has its own."""

    def __init__(self, outcome: Outcome, rule: str) -> None:
        self.outcome = outcome
        self.rule = rule
        self.bit = 1 << len(type(self).__members__)


_READ = 1 << 63  # beside the bits of the findings: there is a row on this line
_LINES_AT_ONCE = 4096


class FileReport:
    """The lines that were read of one file, and what was found about each. Holds line numbers and no cell.

    *unused* are columns that tell nothing, by their official names. *absent*: the file is not there. *empty*: it is
    there, and holds nothing, not even headings. *lacking* are columns that may be blank and are not there. *forms* has
    the columns whose days are not written as the source says, and how they are, in words.
    """

    def __init__(self, file: str, lines: Iterable[int] = (), unused: tuple[str, ...] = ()) -> None:
        self.file = file
        self.unused = unused
        self.absent = False
        self.empty = False
        self.lacking: tuple[str, ...] = ()
        self.forms: dict[str, str] = {}
        self._found = array("Q")  # by line: a bit for each finding. A file may have millions of rows
        self._by_bit: dict[int, RowReason] = {}
        for line in lines:
            self.add(line)

    def add(self, line: int) -> None:
        """Add a row that ends on *line*."""
        if line >= len(self._found):
            self._found.frombytes(bytes(8 * (line - len(self._found) + _LINES_AT_ONCE)))
        self._found[line] = _READ

    def note(self, line: int, reason: RowReason) -> None:
        """Note a finding about a line that was added."""
        self._by_bit[reason.bit] = reason
        self._found[line] |= reason.bit

    @property
    def read(self) -> int:
        """The number of rows read: the sum of those used, repaired and left."""
        return sum(self._findings().values())

    @property
    def outcomes(self) -> Counter[Outcome]:
        """The number of rows used, repaired and left; each row counts once."""
        counted: Counter[Outcome] = Counter()
        for found, rows in self._findings().items():
            counted[max((r.outcome for r in self._reasons(found)), default=Outcome.USED)] += rows
        return counted

    @property
    def reasons(self) -> Counter[RowReason]:
        """The number of rows with each finding; a row may have several."""
        counted: Counter[RowReason] = Counter()
        for found, rows in self._findings().items():
            counted.update(dict.fromkeys(self._reasons(found), rows))
        return counted

    def rows_with(self, reasons: Iterable[RowReason]) -> int:
        """Return the number of rows with at least one of *reasons*."""
        bits = sum({reason.bit for reason in reasons})
        return sum(rows for found, rows in self._findings().items() if found & bits)

    def lines(self, reason: RowReason) -> tuple[int, ...]:
        """Return the numbers of the lines that *reason* was found about."""
        return tuple(line for line, found in enumerate(self._found) if found & reason.bit)

    def _findings(self) -> Counter[int]:
        """Return the number of rows by all that was found about each."""
        findings = Counter(self._found)
        del findings[0]
        return findings

    def _reasons(self, found: int) -> list[RowReason]:
        return [reason for bit, reason in self._by_bit.items() if found & bit]


@dataclass(frozen=True)
class EventFileReport:
    """What became of the lines of a file of events: how many are events, and how many were left, by reason.

    *dead* are those that are no events: which lines, and which field of each.
    """

    file: str
    events: int
    left: Counter[str]
    dead: DeadLines


LoadReport = FileReport | EventFileReport
