"""What may be found about a row of an SSDA903 return, what becomes of the row, and the rule in words for people."""

from events.sources.report import Outcome, RowReason


class Ssda903Reason(RowReason):
    """A finding about a row of an SSDA903 return."""

    BEGAN_EARLIER = Outcome.USED, "first row of its period but no start (RNE not S): care is told from this row's DECOM"
    AFTER_A_GAP = Outcome.USED, "begins days after the child's earlier periods ended: a new period, no care between"
    TOUCHES = Outcome.USED, "care ended (REC) and began again (RNE S) on one day: two periods"
    OVERLAPS = Outcome.USED, "first row of a period that begins while another is open: both stand"
    OPEN_THEN_ANOTHER = Outcome.USED, "no DEC though the child has a later row: stays open, no end is invented"
    ENDS_UNEXPLAINED = Outcome.USED, "last row of its period, REC is X1 or blank: DEC ends care, REC told as it stands"
    NOT_IN_HEADER = Outcome.USED, "child is not in header.csv: no reason to leave the row"
    NO_EPISODES = Outcome.USED, "child has no row in episodes.csv: no reason to leave the row"
    SAID_AGAIN = Outcome.USED, "a later return has this row again: the later one stands"
    RETOLD = Outcome.USED, "a later return has other dates for the same move, or other rows for this time: they stand"

    CARRIED_ON = (
        Outcome.REPAIRED,
        "no DEC, and the next row of a later return is no start (RNE P L T B U): care went on, it ends as that begins",
    )
    ENDED_UNSEEN = (
        Outcome.REPAIRED,
        "open, and the next year's return has it not: it ended on the last day of the year that told it, or as it said",
    )
    BRIDGED = (
        Outcome.REPAIRED,
        "RNE P L T B U, up to seven days after a row that goes on (X1): that row ends as this begins, one period",
    )
    CUT = (
        Outcome.REPAIRED,
        "RNE P L T B U, before the end of an earlier return's row that goes on (X1): that row ends as this begins",
    )
    REASON_WITHOUT_END = Outcome.REPAIRED, "a reason for an end, but no end: the reason is ignored, what began goes on"
    END_AFTER_AS_OF = (
        Outcome.REPAIRED,
        "its end, or another date but the first, is after the as-of day: that date is ignored",
    )
    MADE_OF_A_BLANK = Outcome.REPAIRED, "its end is 1 January 1900, which databases make of a blank: it counts as blank"
    JOINED_BY_DATE = Outcome.REPAIRED, "follows on by date, but REC or RNE says otherwise: one period, as the dates say"
    NO_STATUS = Outcome.REPAIRED, "LS is blank: the legal status before goes on"
    NO_PLACE = Outcome.REPAIRED, "PLACE is blank: no placement is told, the one before ends"
    NO_CAUSE = Outcome.REPAIRED, "RNE is none of S L P T B U: a new placement if PLACE or PLACE_PROVIDER differs"
    OTHER_PLACE = Outcome.REPAIRED, "RNE L, yet PLACE or PLACE_PROVIDER differs: the placement goes on as it was"
    PLACE_GOES_ON = (
        Outcome.REPAIRED,
        "REASON_PLACE_CHANGE, yet the placement goes on or a T stay follows: the cell is ignored",
    )
    NO_CODE = Outcome.REPAIRED, "a cell that should hold a code is not shaped like one: it counts as blank"
    NO_BIRTHDAY = Outcome.REPAIRED, "DOB is unreadable: dated the as-of day, not the month after the birthday"
    NO_BIRTH_OF_A_CHILD = (
        Outcome.REPAIRED,
        "DOB is before 1995, after the first DECOM or 18 years before it: the date is wrong, not the care; age unknown",
    )
    CEASED_UNEXPLAINED = Outcome.REPAIRED, "DATE_PLACED_CEASED without RD1 to RD4: no reversal of the decision is told"

    DUPLICATE = Outcome.LEFT, "the same as a row before, cell by cell"
    SAME_START = (
        Outcome.LEFT,
        "the same child and start as another row: a row with an end stands before one without, the later end first",
    )
    SAME_FACT = Outcome.LEFT, "another row says something else about the same: the row whose cells sort last stands"
    NO_CHILD = Outcome.LEFT, "CHILD is blank"
    RAGGED = (
        Outcome.LEFT,
        "more cells than headings, or cut off before a cell that is never blank: no telling which is which",
    )
    BAD_DATE = Outcome.LEFT, "its first date is blank or before 1995, or a date is not of the form that its column has"
    BAD_BIRTH = (
        Outcome.LEFT,
        "DOB is blank, before 1900, after the as-of day or not of the form that its column has: nothing to tell",
    )
    NO_ANSWER = Outcome.LEFT, "IN_TOUCH is none of the Department's codes: nothing to tell"
    NO_WORKER = Outcome.LEFT, "SW_ID is blank: nothing to tell"
    STARTS_AFTER_AS_OF = Outcome.LEFT, "its first date is after the as-of day"
    ENDS_BEFORE_START = Outcome.LEFT, "it ends before it starts"
    ENDS_AS_IT_STARTS = Outcome.LEFT, "DEC is DECOM: an episode cannot start and end on one day"
    NO_DAY = Outcome.LEFT, "says what happened in the year, not on which day: an event needs a day"
    NO_EVENT = Outcome.LEFT, "casepulse has no event for what it says"
    TAKEN_BACK = Outcome.LEFT, "a later return should have this row and has not: it is told as it was, then withdrawn"


# Of a file of which under half the rows are without one of these, nothing is used: it is not what it seems to be.
UNUSABLE = (
    Ssda903Reason.NO_CHILD,
    Ssda903Reason.RAGGED,
    Ssda903Reason.BAD_DATE,
    Ssda903Reason.BAD_BIRTH,
    Ssda903Reason.NO_ANSWER,
    Ssda903Reason.NO_WORKER,
    Ssda903Reason.ENDS_BEFORE_START,
    Ssda903Reason.ENDS_AS_IT_STARTS,
)
