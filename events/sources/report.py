"""What became of each row of a file: used, repaired by a rule, or left, and why. Nothing is dropped silently."""

from collections import Counter
from collections.abc import Iterable
from enum import Enum, IntEnum


class Outcome(IntEnum):
    """What became of a row; of several findings about it the greatest says."""

    USED = 0  # as it stands
    REPAIRED = 1  # in part, or otherwise than it says
    LEFT = 2  # not at all


class Reason(Enum):
    """What was found about a row, what becomes of it, and the rule in words for people."""

    BEGAN_EARLIER = Outcome.USED, "first row of its period but no start (RNE not S): care is told from this row's DECOM"
    AFTER_A_GAP = Outcome.USED, "begins days after the child's earlier periods ended: a new period, no care between"
    TOUCHES = Outcome.USED, "care ended (REC) and began again (RNE S) on one day: two periods"
    OVERLAPS = Outcome.USED, "first row of a period that begins while another is open: both stand"
    OPEN_THEN_ANOTHER = Outcome.USED, "no DEC though the child has a later row: stays open, no end is invented"
    ENDS_UNEXPLAINED = Outcome.USED, "last row of its period, REC is X1 or blank: DEC ends care, REC told as it stands"
    NOT_IN_HEADER = Outcome.USED, "child is not in header.csv: used, by the number alone"

    REASON_WITHOUT_END = Outcome.REPAIRED, "REC beside a blank DEC: the row is open, REC is ignored"
    END_AFTER_AS_OF = Outcome.REPAIRED, "DEC is after the as-of day: the row is open, DEC and REC are ignored"
    JOINED_BY_DATE = Outcome.REPAIRED, "follows on by date, REC or RNE says otherwise: one period, as the dates say"
    NO_STATUS = Outcome.REPAIRED, "LS is blank: the period's status before stands on"
    NO_CODE = Outcome.REPAIRED, "LS, CIN or REC is not shaped like a code: that cell is taken as blank"

    DUPLICATE = Outcome.LEFT, "the same as a row before, cell by cell"
    SAME_START = Outcome.LEFT, "the same child and DECOM as another row: the one with a DEC stands, the later DEC first"
    NO_CHILD = Outcome.LEFT, "CHILD is blank"
    RAGGED = Outcome.LEFT, "not one cell for each heading: no telling which cell is which"
    BAD_DATE = Outcome.LEFT, "DECOM is blank or before 1995, or a date is not DD/MM/YYYY"
    STARTS_AFTER_AS_OF = Outcome.LEFT, "DECOM is after the as-of day"
    ENDS_BEFORE_START = Outcome.LEFT, "DEC is before DECOM"
    ENDS_AS_IT_STARTS = Outcome.LEFT, "DEC is DECOM: an episode cannot start and end on one day"
    NO_EPISODES = Outcome.LEFT, "child has no row in episodes.csv: nothing to tell"

    def __init__(self, outcome: Outcome, rule: str) -> None:
        self.outcome = outcome
        self.rule = rule


class FileReport:
    """The lines of one file that were read, and what was found about each. Holds line numbers and no cell."""

    def __init__(self, file: str, lines: Iterable[int]) -> None:
        self.file = file
        self._found: dict[int, set[Reason]] = {line: set() for line in lines}

    def note(self, line: int, reason: Reason) -> None:
        """Note a finding about a line."""
        self._found[line].add(reason)

    @property
    def read(self) -> int:
        """How many rows were read: as many as were used, repaired and left."""
        return len(self._found)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many rows were used, repaired, left: each once."""
        return Counter(max((r.outcome for r in reasons), default=Outcome.USED) for reasons in self._found.values())

    @property
    def reasons(self) -> Counter[Reason]:
        """How many rows each finding is about; one row may bear several."""
        return Counter(reason for reasons in self._found.values() for reason in reasons)

    def lines(self, reason: Reason) -> tuple[int, ...]:
        """Return where to look: the lines that *reason* was found about."""
        return tuple(line for line, reasons in self._found.items() if reason in reasons)
