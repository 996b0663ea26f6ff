"""What became of every row of a file: used, repaired by a rule, or left, and why. No row is dropped silently."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum


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


class FileReport:
    """The lines that were read of one file, and what was found about each. Holds line numbers and no cell.

    *unused* are columns that tell nothing, by their official names. *absent*: the file is not there.
    """

    def __init__(self, file: str, lines: Iterable[int], unused: tuple[str, ...] = (), *, absent: bool = False) -> None:
        self.file = file
        self.unused = unused
        self.absent = absent
        self._reasons_by_line: dict[int, set[RowReason]] = {line: set() for line in lines}

    def note(self, line: int, reason: RowReason) -> None:
        """Note a finding about a line."""
        self._reasons_by_line[line].add(reason)

    @property
    def read(self) -> int:
        """The number of rows read: the sum of those used, repaired and left."""
        return len(self._reasons_by_line)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """The number of rows used, repaired and left; each row counts once."""
        reasons_of_lines = self._reasons_by_line.values()
        return Counter(max((r.outcome for r in reasons), default=Outcome.USED) for reasons in reasons_of_lines)

    @property
    def reasons(self) -> Counter[RowReason]:
        """The number of rows with each finding; a row may have several."""
        return Counter(reason for reasons in self._reasons_by_line.values() for reason in reasons)

    def lines(self, reason: RowReason) -> tuple[int, ...]:
        """Return the numbers of the lines that *reason* was found about."""
        return tuple(line for line, reasons in self._reasons_by_line.items() if reason in reasons)


@dataclass(frozen=True)
class EventFileReport:
    """What became of the lines of a file of events: how many are events, and how many were left, by reason."""

    file: str
    events: int
    left: Counter[str]


LoadReport = FileReport | EventFileReport
