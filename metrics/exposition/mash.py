"""The MASH board: each message is the whole small truth of it, so that a page replaces and never adds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from events.office import Office, office
from events.time import LONDON, instant
from metrics.catalogue import measure_named
from metrics.exposition.clock import Clocks
from metrics.figures import Figure, Question, figures
from metrics.fold import Authority
from metrics.reader import NotReady, Reader
from metrics.rules import Rules
from metrics.sums import Sums
from metrics.windows import At

GAP = 60  # seconds between two reports of a feed, as CONTRACT 2 has it
PATIENCE = 5  # seconds of ours that a report may take to get here; at a demonstration's speed they are many of its own


@dataclass(frozen=True)
class Tile:
    """A figure of the board and the question that it answers."""

    name: str
    measure: str
    window: str | None = None
    by: tuple[str, ...] = ()


TILES = (
    Tile("received_today", "enquiries_received", "day"),
    Tile("received_month", "enquiries_received", "month"),
    Tile("assessment_timeliness", "assessment_timeliness"),
    Tile("assessments_open", "assessments_open"),
    Tile("assessments_overdue", "assessments_overdue"),
    Tile("children_looked_after", "children_looked_after"),
    Tile("looked_after_by_legal_group", "children_looked_after", by=("legal_group",)),
)


def message(reader: Reader, clocks: Clocks, name: str | None) -> dict[str, Any]:
    """Return the board of the authority *name*, or of the first there is."""
    try:
        name = name or _first(reader, clocks)
        found = reader.authority(name) if name is not None else None
    except NotReady as exc:
        return _without_figures("rebuilding", reader, clocks, name or "", exc.read)
    if name is None or found is None:  # nothing has arrived, or nothing of this authority
        return _without_figures("empty", reader, clocks, name or "", None)
    return _with_figures(reader, clocks, name, *found)


def _first(reader: Reader, clocks: Clocks) -> str | None:
    """Return the authority to show where none is named: the first that is fed, else the first there is."""
    found = reader.authorities()
    fed = (name for name, authority in found.items() if authority.complete_to(instant(clocks.now(name))))
    return next(fed, next(iter(found), None))


def _common(state: str, reader: Reader, clocks: Clocks, name: str) -> dict[str, Any]:
    now = clocks.now(name)
    hours = office(now)
    return {
        "board": "mash", "state": state, "authority": name, "name": clocks.name(name),
        "now": _iso(now), "as_of": _iso(now), "complete_to": None, "speed": clocks.speed(name), "simulated": False,
        "office": {"open": hours.open, "closes_at": _iso(hours.closes_at), "opens_at": _iso(hours.opens_at)},
        "rebuilding": None, "catalogue": reader.catalogue([name]), "figures": None,
    }  # fmt: skip


def _without_figures(state: str, reader: Reader, clocks: Clocks, name: str, read: float | None) -> dict[str, Any]:
    found = _common(state, reader, clocks, name)
    if state == "rebuilding":
        found["rebuilding"] = {"read": read, "back_at": None}
    return found


def _with_figures(reader: Reader, clocks: Clocks, name: str, authority: Authority, sums: Sums) -> dict[str, Any]:
    now = clocks.now(name)
    complete_to = authority.complete_to(instant(now)) or authority.last_complete_to()
    late = complete_to is not None and delayed(complete_to, now, office(now), clocks.speed(name))
    # A late feed's clocks stop with its figures: nothing may look overdue that was perhaps authorised since.
    at = At(complete_to.astimezone(LONDON)) if late and complete_to is not None else At(now)
    shown = {tile.name: _tile(tile, sums, name, at, clocks.rules(name)) for tile in TILES}
    return _common("delayed" if late else "live", reader, clocks, name) | {
        "as_of": str(at), "complete_to": _iso(complete_to), "simulated": authority.simulated, "figures": shown,
    }  # fmt: skip


def _tile(tile: Tile, sums: Sums, name: str, at: At, rules: Rules) -> Figure | list[Figure]:
    question = Question(measure=measure_named(tile.measure), at=at, window=tile.window, by=tile.by)
    found = figures(sums, name, question, rules)
    return found if tile.by else found[0]


def delayed(complete_to: datetime, now: datetime, hours: Office, speed: float) -> bool:
    """Return whether a feed is late: twice its usual gap behind, counted in office hours (SCREENS 6).

    While the office is closed it is late only if it was when the office closed: a quiet Sunday is no broken feed.
    """
    since = now if hours.open else hours.closed_at or now
    return since - complete_to > timedelta(seconds=2 * GAP + PATIENCE * speed)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(LONDON).isoformat()
