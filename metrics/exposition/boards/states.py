"""The messages of a board. Each is the whole small truth of it, so that a page replaces and never adds.

Every message says which state the board is in: `live`, `delayed` (the feed is late, or we are), `rebuilding` (figures
are being counted again), `store_away` (the store does not answer), `empty` (nothing of the authority has arrived) or
`unknown_team`. Only the first two carry figures.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from events.time import LONDON, instant, moment_of
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.boards.arrivals import Arrivals
from metrics.exposition.boards.declaration import Board, Drawing, Tile
from metrics.exposition.boards.lead import Lead, counts_for, lead
from metrics.exposition.boards.opening import opening
from metrics.exposition.boards.pace import Pace
from metrics.exposition.boards.view import BoardFigure, BoardView, Draw, ShownFigure
from metrics.exposition.delay import delay_at
from metrics.figures.answers import Answers
from metrics.rules.rules import Rules
from metrics.store.reader import NotReady, Reader
from metrics.windows import At


@dataclass
class Memory:
    """What one board remembers between two messages, to be quick and to say when a rebuild may be done."""

    pace: Pace = field(default_factory=Pace)
    _draws: dict[str, Draw] = field(default_factory=dict)

    def draw_of(self, drawing: Drawing) -> Draw:
        """Return what draws *drawing* for this board, the same one each time."""
        if drawing.name not in self._draws:
            self._draws[drawing.name] = drawing.begin()
        return self._draws[drawing.name]


def message(
    board: Board,
    reader: Reader,
    directory: AuthorityDirectory,
    name: str | None,
    team: str | None = None,
    memory: Memory | None = None,
) -> dict[str, Any]:
    """Return *board* of the authority *name*, or of the first there is; of one *team*, or of all."""
    memory = memory or Memory()
    try:
        name = name or _first(reader, directory)
        snapshot = reader.snapshot([] if name is None else [name])
    except NotReady as exc:
        return _withheld(_BoardEnvelope(board, reader, directory, name or "", team), exc, memory.pace)
    memory.pace.rest()
    envelope = _BoardEnvelope(board, reader, directory, name or "", team)
    return _answered(envelope, Answers(snapshot, directory.now, directory.rules, directory.speed), memory)


def _answered(envelope: "_BoardEnvelope", answers: Answers, memory: Memory) -> dict[str, Any]:
    name, team = envelope.name, envelope.team
    if name not in answers.authorities:  # nothing has arrived, or nothing of this authority
        return envelope.saying("empty")
    if team is not None and team not in (known := answers.teams(name)):
        return envelope.saying("unknown_team", teams=sorted(known))
    return _with_figures(envelope, answers, memory)


def _first(reader: Reader, directory: AuthorityDirectory) -> str | None:
    """Return the authority to show where none is named: the first that is fed, else the first there is."""
    authorities = reader.authorities()
    fed = (name for name, completeness in authorities.items() if completeness.complete_to(instant(directory.now(name))))
    return next(fed, next(iter(authorities), None))


@dataclass(frozen=True)
class _BoardEnvelope:
    """What every message of a board says, whatever its state."""

    board: Board
    reader: Reader
    directory: AuthorityDirectory
    name: str
    team: str | None

    def saying(self, state: str, **more: Any) -> dict[str, Any]:
        """Return the message of a *state*; what *more* does not say is null."""
        nothing = dict.fromkeys(
            ("complete_to", "delay", "rebuilding", "store_answered_at", "loaded", "lead", "figures")
        )
        undrawn = dict.fromkeys(drawing.name for drawing in self.board.drawings)
        return {**self._whose(), "state": state, **self._clock(), "simulated": False, **nothing, **undrawn, **more}

    def _whose(self) -> dict[str, Any]:
        rules = self.directory.rules(self.name)
        return {
            "board": self.board.name,
            "authority": self.name,
            "name": self.directory.name(self.name),
            "team": self.team,
            "catalogue": self.reader.catalogue([self.name]),
            **{name: setting(rules) for name, setting in self.board.settings.items()},
        }

    def _clock(self) -> dict[str, Any]:
        now = self.directory.now(self.name)
        return {
            "now": _iso(now),
            "as_of": _iso(now),
            "speed": self.directory.speed(self.name),
            "office": _office(self.directory.rules(self.name), now),
        }

    def store_answered_at(self) -> datetime | None:
        if self.reader.answered_at is None:
            return None
        silent = timedelta(seconds=time.monotonic() - self.reader.answered_at)
        return self.directory.now(self.name) - silent * self.directory.speed(self.name)


def _office(rules: Rules, now: datetime) -> dict[str, Any]:
    hours = opening(rules, now)
    return {
        "open": hours.open,
        "closes_at": _iso(hours.closes_at),
        "opens_at": _iso(hours.opens_at),
        "closed_for": hours.closed_for,
    }


def _withheld(envelope: _BoardEnvelope, exc: NotReady, pace: Pace) -> dict[str, Any]:
    """Return which share is read, null where that is not known, when all of it may be, and whether a worker is at it.

    Where the store is away, return when it last answered, by the authority's clock; null: it never has.
    """
    if exc.why == "store_away":
        pace.rest()
        return envelope.saying("store_away", store_answered_at=_iso(envelope.store_answered_at()))
    name, directory = envelope.name, envelope.directory
    is_counting = exc.why == "rebuilding"
    back_at = pace.done_at(exc.read, directory.now(name), directory.speed(name)) if is_counting else None
    rebuilding = {"read": exc.read, "back_at": _iso(back_at), "counting": is_counting, "why": exc.why}
    return envelope.saying("rebuilding", rebuilding=rebuilding)


def _with_figures(envelope: _BoardEnvelope, answers: Answers, memory: Memory) -> dict[str, Any]:
    name, speed = envelope.name, envelope.directory.speed(envelope.name)
    now, rules, complete_to = answers.now(name), answers.rules(name), answers.reach(name).complete_to
    delay = delay_at(moment_of(now.instant), complete_to, envelope.reader.worker(name), rules, speed)
    # The clocks of late figures stop with them: nothing may look overdue that was perhaps authorised since.
    at = now if delay is None else At(delay.since.astimezone(LONDON))
    return envelope.saying(
        "live" if delay is None else "delayed",
        as_of=str(at),
        complete_to=_iso(complete_to),
        delay=delay,
        simulated=answers.completeness(name).simulated,
        **_contents(envelope.board, BoardView(answers, name, envelope.team, at), memory),
    )


def _contents(board: Board, view: BoardView, memory: Memory) -> dict[str, Any]:
    """Return the figures of a board and what is drawn from them; a drawing of what was never sent is null."""
    figures = {figure.name: view.figure(figure) for figure in board.figures}
    loaded = {name: view.was_ever_told(measure) for name, measure in board.loaded.items()}
    drawn = {
        tile.drawing.name: _drawn(tile, tile.drawing, figures, view, memory)
        for tile in board.tiles
        if tile.drawing is not None and loaded[tile.loaded] and _are_counted(tile.asks.values(), figures)
    }
    return {"figures": figures, "loaded": loaded, "lead": _lead(board, view, figures, drawn, loaded), **drawn}


def _are_counted(asked: Iterable[BoardFigure], figures: Mapping[str, ShownFigure]) -> bool:
    return all(figures[figure.name] is not None for figure in asked)


def _drawn(
    tile: Tile, drawing: Drawing, figures: Mapping[str, ShownFigure], view: BoardView, memory: Memory
) -> msgspec.Struct | None:
    return memory.draw_of(drawing)(view, {role: figures[figure.name] for role, figure in tile.asks.items()})


def _lead(
    board: Board,
    view: BoardView,
    figures: Mapping[str, ShownFigure],
    drawn: Mapping[str, msgspec.Struct | None],
    loaded: Mapping[str, bool],
) -> Lead | None:
    if board.lead is None or any(figures.get(sentence.of, ()) is None for sentence in board.lead.by_urgency):
        return None  # what is still to be counted may be the most urgent
    more = {name: drawing.more_than_usual for name, drawing in drawn.items() if isinstance(drawing, Arrivals)}
    return lead(board.lead, counts_for(board.lead, figures, more, view.at.day), any(loaded.values()))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(LONDON).isoformat()
