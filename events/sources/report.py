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
    NOT_IN_HEADER = Outcome.USED, "child is not in header.csv: no reason to leave the row"
    NO_EPISODES = Outcome.USED, "child has no row in episodes.csv: no reason to leave the row"
    SAID_AGAIN = Outcome.USED, "a later return has this row again: it stands as that one has it"

    REASON_WITHOUT_END = Outcome.REPAIRED, "a reason for an end beside a blank end: what began goes on, it is ignored"
    END_AFTER_AS_OF = Outcome.REPAIRED, "its end, or another date but the first, is after the as-of day: it is ignored"
    JOINED_BY_DATE = Outcome.REPAIRED, "follows on by date, REC or RNE says otherwise: one period, as the dates say"
    NO_STATUS = Outcome.REPAIRED, "LS is blank: the period's status before stands on"
    NO_PLACE = Outcome.REPAIRED, "PLACE is blank: no placement is told, the one before ends"
    NO_CAUSE = Outcome.REPAIRED, "RNE is none of S L P T B U: a new placement if PLACE or PLACE_PROVIDER is another"
    OTHER_PLACE = Outcome.REPAIRED, "RNE L, yet PLACE or PLACE_PROVIDER is another: the placement goes on as it was"
    PLACE_GOES_ON = (
        Outcome.REPAIRED,
        "REASON_PLACE_CHANGE, yet the placement goes on or a T stay follows: it is ignored",
    )
    NO_CODE = Outcome.REPAIRED, "a cell that should hold a code is not shaped like one: it is taken as blank"
    NO_BIRTHDAY = Outcome.REPAIRED, "no DOB to be read: dated the as-of day, not the month after the birthday"
    CEASED_UNEXPLAINED = Outcome.REPAIRED, "DATE_PLACED_CEASED without RD1 to RD4: no reversal of the decision is told"

    DUPLICATE = Outcome.LEFT, "the same as a row before, cell by cell"
    SAME_START = (
        Outcome.LEFT,
        "the same child and start as another row: the one with an end stands, the later end first",
    )
    SAME_FACT = Outcome.LEFT, "another row says otherwise of the same: the one last in the order of its cells stands"
    NO_CHILD = Outcome.LEFT, "CHILD is blank"
    RAGGED = Outcome.LEFT, "not one cell for each heading: no telling which cell is which"
    BAD_DATE = Outcome.LEFT, "its first date is blank or before 1995, or a date is not DD/MM/YYYY"
    BAD_BIRTH = Outcome.LEFT, "DOB is blank, before 1900, after the as-of day or not DD/MM/YYYY: nothing to tell"
    NO_ANSWER = Outcome.LEFT, "IN_TOUCH is none of the Department's codes: nothing to tell"
    NO_WORKER = Outcome.LEFT, "SW_ID is blank: nothing to tell"
    STARTS_AFTER_AS_OF = Outcome.LEFT, "its first date is after the as-of day"
    ENDS_BEFORE_START = Outcome.LEFT, "it ends before it starts"
    ENDS_AS_IT_STARTS = Outcome.LEFT, "DEC is DECOM: an episode cannot start and end on one day"
    NO_DAY = Outcome.LEFT, "says what was so in the year, not on which day: an event needs one"
    NO_EVENT = Outcome.LEFT, "casepulse has no event for what it says"
    TAKEN_BACK = Outcome.LEFT, "a later return should have this row and has not: told as it was, then taken back"

    def __init__(self, outcome: Outcome, rule: str) -> None:
        self.outcome = outcome
        self.rule = rule


class FileReport:
    """The lines of one file that were read, and what was found about each. Holds line numbers and no cell.

    *unused* are columns of which nothing is told, by the Department's names; *absent*, a file that is not there.
    """

    def __init__(self, file: str, lines: Iterable[int], unused: tuple[str, ...] = (), *, absent: bool = False) -> None:
        self.file = file
        self.unused = unused
        self.absent = absent
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
