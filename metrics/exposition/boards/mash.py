"""The MASH board: each message is the whole small truth of it, so that a page replaces and never adds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec

from events.time import LONDON, MICROSECONDS_PER_HOUR, Instant, instant, moment_of
from events.working_days import START
from metrics.catalogue import measure_named
from metrics.catalogue.front_door import LONGEST_WAIT
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.boards.arrivals import Arrivals, Days
from metrics.exposition.boards.lead import Due, Lead, lead
from metrics.exposition.boards.opening import opening
from metrics.exposition.boards.pace import Pace
from metrics.exposition.boards.waiting import Queue, queue
from metrics.figures.answers import Answers
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.rules.rules import Rules
from metrics.store.reader import NotReady, Reader
from metrics.windows import At

GAP = 60  # seconds between two reports of a feed, as CONTRACT 2 has it
PATIENCE = 5  # seconds of ours that a report may take to get here; at a demonstration's speed they are many of its own
SECOND = MICROSECONDS_PER_HOUR // 3600
DAYS_AHEAD = 5  # working days that the strip shows after today

Shown = Figure | list[Figure]


@dataclass(frozen=True)
class Tile:
    """A figure of the board and the question that it answers."""

    name: str
    measure: str
    window: str | None = None
    by: tuple[str, ...] = ()


TILES = (
    Tile("enquiries_awaiting_decision", "enquiries_awaiting_decision"),
    Tile("enquiries_due", "enquiries_due", by=("due_on",)),
    Tile("enquiries_overdue", "enquiries_overdue"),
    Tile("longest_wait", "longest_wait"),
    Tile("decided_today", "enquiry_decision_timeliness", "day"),
    Tile("decided_month", "enquiry_decision_timeliness", "month"),
    Tile("received_today", "enquiries_received", "day"),
    Tile("received_month", "enquiries_received", "month"),
    Tile("enquiries_to_assessment", "enquiries_to_assessment", "month"),
    Tile("conferences_due", "conferences_due", by=("due_on",)),
    Tile("conferences_overdue", "conferences_overdue"),
    Tile("section_47_week", "section_47_started", "week"),
    Tile("assessments_due", "assessments_due", by=("due_on",)),
    Tile("assessments_overdue", "assessments_overdue"),
    Tile("assessments_open", "assessments_open"),
    Tile("assessment_timeliness", "assessment_timeliness"),
    Tile("children_looked_after", "children_looked_after"),
)

# Whether anything of these was ever sent: a tile whose numbers would all be 0 for want of data says so instead.
LOADED = {
    "enquiries": "enquiries_received",
    "assessments": "assessments_started",
    "section_47": "section_47_started",
}


class Deadline(msgspec.Struct, frozen=True):
    """How many assessments reach day 45 on a working day."""

    on: date
    n: int


class Deadlines(msgspec.Struct, frozen=True):
    """Today, where the office works, and the next five working days; and how many are past it."""

    days: tuple[Deadline, ...]
    past: int


@dataclass
class Memory:
    """What one board remembers between two messages, to be quick and to say when a rebuild may be done."""

    days: Days = field(default_factory=Days)
    pace: Pace = field(default_factory=Pace)


def message(
    reader: Reader, clocks: AuthorityDirectory, name: str | None, team: str | None = None, memory: Memory | None = None
) -> dict[str, Any]:
    """Return the board of the authority *name*, or of the first there is; of one *team*, or of all."""
    memory = memory or Memory()
    try:
        name = name or _first(reader, clocks)
        snapshot = reader.snapshot([] if name is None else [name])
    except NotReady as exc:
        back_at = memory.pace.done_at(exc.read, clocks.now(name or ""), clocks.speed(name or ""))
        rebuilding = {"rebuilding": {"read": exc.read, "back_at": _iso(back_at)}}
        return _common("rebuilding", reader, clocks, name or "", team) | rebuilding
    memory.pace.rest()
    answers = Answers(snapshot, clocks.now, clocks.rules)
    if name is None or name not in answers.authorities:  # nothing has arrived, or nothing of this authority
        return _common("empty", reader, clocks, name or "", team)
    if team is not None and team not in (known := answers.teams(name)):
        return _common("unknown_team", reader, clocks, name, team) | {"teams": sorted(known)}
    return _with_figures(reader, clocks, answers, name, team, memory)


def _first(reader: Reader, clocks: AuthorityDirectory) -> str | None:
    """Return the authority to show where none is named: the first that is fed, else the first there is."""
    found = reader.authorities()
    fed = (name for name, authority in found.items() if authority.complete_to(instant(clocks.now(name))))
    return next(fed, next(iter(found), None))


def _common(state: str, reader: Reader, clocks: AuthorityDirectory, name: str, team: str | None) -> dict[str, Any]:
    now = clocks.now(name)
    hours = opening(clocks.rules(name), now)
    return {
        "board": "mash",
        "state": state,
        "authority": name,
        "name": clocks.name(name),
        "team": team,
        "now": _iso(now),
        "as_of": _iso(now),
        "complete_to": None,
        "speed": clocks.speed(name),
        "simulated": False,
        "office": {
            "open": hours.open,
            "closes_at": _iso(hours.closes_at),
            "opens_at": _iso(hours.opens_at),
            "closed_for": hours.closed_for,
        },
        "conferences_due_within": clocks.rules(name).parameters.conferences_due_within,
        "rebuilding": None,
        "catalogue": reader.catalogue([name]),
        "loaded": None,
        "lead": None,
        "figures": None,
        "queue": None,
        "arrivals": None,
        "deadlines": None,
    }


def _with_figures(
    reader: Reader, clocks: AuthorityDirectory, answers: Answers, name: str, team: str | None, memory: Memory
) -> dict[str, Any]:
    now, rules, authority = clocks.now(name), clocks.rules(name), answers.completeness(name)
    complete_to = authority.complete_to(instant(now)) or authority.last_complete_to()
    if complete_to is not None:
        complete_to = max(complete_to, moment_of(START))  # of a feed that has never looked, perhaps 1970
    late = complete_to is not None and delayed(complete_to, now, rules, clocks.speed(name))
    # A late feed's clocks stop with its figures: nothing may look overdue that was perhaps authorised since.
    at = At(complete_to.astimezone(LONDON)) if late and complete_to is not None else At(now)
    return _common("delayed" if late else "live", reader, clocks, name, team) | {
        "as_of": str(at),
        "complete_to": _iso(complete_to),
        "simulated": authority.simulated,
        **_tiles(_Board(answers, name, team, at), memory.days),
    }


@dataclass(frozen=True)
class _Board:
    """What is asked of whom."""

    answers: Answers
    name: str
    team: str | None
    at: At

    @property
    def rules(self) -> Rules:
        return self.answers.rules(self.name)

    def figure(self, tile: Tile) -> Shown:
        question = Question(
            measure=measure_named(tile.measure), at=self.at, window=tile.window, team=self.team, by=tile.by
        )
        figures = self.answers.figures(self.name, question)
        return figures if tile.by else figures[0]

    def waiting(self) -> dict[Instant, int]:
        """Return how many wait, by the instant that they were received at."""
        return self.answers.waiting(self.name, LONGEST_WAIT, self.at, self.team)

    def ever(self, measure: str) -> bool:
        """Return whether anything of a flow was ever told, of any team."""
        return self.answers.was_ever_told(self.name, measure_named(measure))


def _tiles(board: _Board, days: Days) -> dict[str, Any]:
    shown = {tile.name: board.figure(tile) for tile in TILES}
    loaded = {name: board.ever(measure) for name, measure in LOADED.items()}
    arrivals = days.at(board.answers, board.name, board.at, board.team)
    due = _by_day(shown["enquiries_due"])
    overdue = _count(shown["enquiries_overdue"])
    return {
        "figures": shown,
        "loaded": loaded,
        "lead": _lead(shown, loaded, arrivals, board.at.day),
        "queue": _queue(board, overdue, due) if loaded["enquiries"] else None,
        "arrivals": arrivals if loaded["enquiries"] else None,
        "deadlines": _deadlines(board, shown) if loaded["assessments"] else None,
    }


def _lead(shown: Mapping[str, Shown], loaded: Mapping[str, bool], arrivals: Arrivals, today: date) -> Lead:
    enquiries, assessments, conferences = (
        Due(_by_day(shown[f"{name}_due"]).get(today, 0), _count(shown[f"{name}_overdue"]))
        for name in ("enquiries", "assessments", "conferences")
    )
    return lead(enquiries, assessments, conferences, arrivals, any(loaded.values()))


def _queue(board: _Board, late: int, due: Mapping[date, int]) -> Queue:
    return queue(board.waiting(), board.at.instant, board.rules, late, due.items(), board.at.day)


def _deadlines(board: _Board, shown: Mapping[str, Shown]) -> Deadlines:
    due, days, today = _by_day(shown["assessments_due"]), board.rules.days, board.at.day
    ahead = min(DAYS_AHEAD, board.rules.parameters.assessments_due_within)
    every = [*([today] if days.covers(today) else []), *(days.nth_after(today, n + 1) for n in range(ahead))]
    return Deadlines(
        days=tuple(Deadline(on=day, n=due.get(day, 0)) for day in every), past=_count(shown["assessments_overdue"])
    )


def _by_day(found: Shown) -> dict[date, int]:
    assert isinstance(found, list)
    return {date.fromisoformat(figure.by["due_on"]): figure.numerator or 0 for figure in found}


def _count(found: Shown) -> int:
    assert isinstance(found, Figure)
    return found.numerator or 0


def delayed(complete_to: datetime, now: datetime, rules: Rules, speed: float) -> bool:
    """Return whether a feed is late: twice its usual gap behind, counted in office hours (SCREENS 6).

    While the office is closed it is late only if it was when the office closed: a quiet Sunday is no broken feed.
    """
    behind = rules.office.elapsed(instant(complete_to), instant(now)) / SECOND
    return behind > 2 * GAP + PATIENCE * speed


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(LONDON).isoformat()
