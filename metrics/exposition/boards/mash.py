"""The MASH board: the front door of children's social care, and what follows from it against the clock."""

from metrics.exposition.boards.arrivals import ArrivalsDrawing
from metrics.exposition.boards.deadlines import DeadlinesDrawing
from metrics.exposition.boards.declaration import Area, Board, Tile
from metrics.exposition.boards.lead import Sentence, Sentences
from metrics.exposition.boards.queue import QueueDrawing
from metrics.exposition.boards.view import BoardFigure
from metrics.exposition.boards.wait import WaitDrawing

DAYS_AHEAD = 5  # working days that the strip shows after today

ENQUIRIES_DUE_FIGURE = BoardFigure("enquiries_due", by=("due_on",))
ENQUIRIES_OVERDUE_FIGURE = BoardFigure("enquiries_overdue")
ASSESSMENTS_OVERDUE_FIGURE = BoardFigure("assessments_overdue")

WAITING_TILE = Tile(
    id="waiting",
    component="waiting",
    title="Waiting for a decision",
    area=Area(row=1, column=1),
    asks={
        "waiting": BoardFigure("enquiries_awaiting_decision"),
        "due": ENQUIRIES_DUE_FIGURE,
        "overdue": ENQUIRIES_OVERDUE_FIGURE,
    },
    loaded="enquiries",
    drawing=QueueDrawing("queue", since="longest_wait"),
    options={"of_team": "Waiting here for a decision"},
)
LONGEST_TILE = Tile(
    id="longest",
    component="longest_wait",
    title="Longest wait",
    area=Area(row=1, column=2),
    asks={"longest": BoardFigure("longest_wait"), "due": ENQUIRIES_DUE_FIGURE, "overdue": ENQUIRIES_OVERDUE_FIGURE},
    loaded="enquiries",
    drawing=WaitDrawing("wait", since="longest_wait"),
)
DECIDED_TILE = Tile(
    id="decided",
    component="share_of_day",
    title="Decided in 1 working day",
    area=Area(row=1, column=3, columns=2),
    asks={
        "day": BoardFigure("enquiry_decision_timeliness", window="day", name="decided_today"),
        "month": BoardFigure("enquiry_decision_timeliness", window="month", name="decided_month"),
    },
    loaded="enquiries",
)
RECEIVED_TILE = Tile(
    id="received",
    component="count_with_arrivals",
    title="Received",
    area=Area(row=2, column=1),
    asks={"received": BoardFigure("enquiries_received", window="day", name="received_today")},
    loaded="enquiries",
    drawing=ArrivalsDrawing("arrivals", of="enquiries_received"),
    options={"one": "enquiry", "many": "enquiries"},
)
SENT_TILE = Tile(
    id="sent",
    component="share_with_undecided",
    title="Sent to assessment",
    area=Area(row=2, column=2),
    asks={"share": BoardFigure("enquiries_to_assessment", window="month")},
    loaded="enquiries",
    options={"none": "None received"},
)
CONFERENCES_TILE = Tile(
    id="conferences",
    component="count_due",
    title="Conferences",
    area=Area(row=2, column=3, columns=2),
    asks={
        "due": BoardFigure("conferences_due", by=("due_on",)),
        "overdue": BoardFigure("conferences_overdue"),
        "week": BoardFigure("section_47_started", window="week", name="section_47_week"),
    },
    loaded="section_47",
    options={"within": "conferences_due_within", "one": "strategy discussion", "many": "strategy discussions"},
)
DUE_TILE = Tile(
    id="due",
    component="strip_of_days",
    title="Assessments reaching day 45",
    area=Area(row=3, column=1, columns=3),
    asks={"due": BoardFigure("assessments_due", by=("due_on",)), "overdue": ASSESSMENTS_OVERDUE_FIGURE},
    loaded="assessments",
    drawing=DeadlinesDrawing(
        "deadlines", days_ahead=DAYS_AHEAD, within=lambda rules: rules.parameters.assessments_due_within
    ),
    options={"slots": "day", "days": 1 + DAYS_AHEAD},
)
PAST_TILE = Tile(
    id="past",
    component="count_past",
    title="Past day 45",
    area=Area(row=3, column=4),
    asks={"past": ASSESSMENTS_OVERDUE_FIGURE},
    loaded="assessments",
)

# What can still be saved comes before what is lost. Of the late, those come first that the front door itself decides.
# The conferences that are late and the assessments past day 45 are hundreds in some places, every day, and have tiles
# of their own: they are the sentence only where it would else say that all is well.
LEAD = Sentences(
    (
        Sentence("due_today", "enquiries_due", "enquiry must be decided today", "enquiries must be decided today"),
        Sentence("due_today", "conferences_due", "conference is due today", "conferences are due today"),
        Sentence("due_today", "assessments_due", "assessment reaches day 45 today", "assessments reach day 45 today"),
        Sentence("late", "enquiries_overdue", "enquiry is late", "enquiries are late"),
        Sentence("arrivals", "arrivals", "more enquiry than usual by now", "more enquiries than usual by now"),
        Sentence("late", "conferences_overdue", "conference is late", "conferences are late"),
        Sentence("late", "assessments_overdue", "assessment is past day 45", "assessments are past day 45"),
    ),
    nothing="Nothing is due today",
    none_loaded="No enquiries or assessments loaded",
)

MASH = Board(
    name="mash",
    title="MASH",
    tiles=(WAITING_TILE, LONGEST_TILE, DECIDED_TILE, RECEIVED_TILE, SENT_TILE, CONFERENCES_TILE, DUE_TILE, PAST_TILE),
    lead=LEAD,
    loaded={
        "enquiries": "enquiries_received",
        "assessments": "assessments_started",
        "section_47": "section_47_started",
    },
    settings={"conferences_due_within": lambda rules: rules.parameters.conferences_due_within},
    also=(
        BoardFigure("enquiries_received", window="month", name="received_month"),
        BoardFigure("assessments_open"),
        BoardFigure("assessment_timeliness"),
        BoardFigure("children_looked_after"),
    ),
)
