"""What a board is: a declaration of tiles. Each names the component that draws it, the figures it asks for, its place.

The server reads the declaration to build messages, and the page reads it to build the tiles.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from metrics.catalogue import measure_named
from metrics.exposition.boards.lead import Sentences, Urgency
from metrics.exposition.boards.view import BoardFigure, Draw
from metrics.rules.rules import Rules

ROWS, COLUMNS = 3, 4  # of the grid of tiles, as board.css has it


class WrongBoard(Exception):
    """The declaration of a board contradicts itself."""


class Drawing(Protocol):
    """What a tile draws besides its figures, under a name of its own in the message."""

    @property
    def name(self) -> str: ...

    @property
    def asks(self) -> tuple[str, ...]:
        """The figures that it is drawn from, by the names that the tile knows them by."""

    def begin(self) -> Draw:
        """Return what draws it for one board; that may remember from message to message."""


@dataclass(frozen=True)
class Area:
    """Where a tile stands in the grid of tiles, counted from 1; it may be several *columns* wide."""

    row: int
    column: int
    columns: int = 1

    def cells(self) -> Iterator[tuple[int, int]]:
        """Yield every row and column that it covers."""
        return ((self.row, self.column + n) for n in range(self.columns))


@dataclass(frozen=True)
class Tile:
    """A tile. *asks*: its figures, by the names that the component knows them by; *options*: words of the component.

    *loaded* names what the tile is about among the board's own `loaded`: of what was never sent it shows no number.
    """

    id: str
    component: str
    title: str
    area: Area
    asks: Mapping[str, BoardFigure]
    loaded: str
    drawing: Drawing | None = None
    options: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """A wallboard. *loaded*: flows of which it says whether anything was ever sent; *also*: figures of no tile.

    *settings*: what the authority sets and the board says, in every state.
    """

    name: str
    title: str
    tiles: tuple[Tile, ...]
    lead: Sentences | None = None
    loaded: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Callable[[Rules], int]] = field(default_factory=dict)
    also: tuple[BoardFigure, ...] = ()

    def __post_init__(self) -> None:
        """Raise WrongBoard where two things share a name or a place, or a name is of nothing; UnknownMeasure."""
        self._refuse_twice("tile", (tile.id for tile in self.tiles))
        self._refuse_twice("place", chain.from_iterable(tile.area.cells() for tile in self.tiles))
        self._refuse_twice("figure", (figure.name for figure in self.figures))
        self._refuse_twice("drawing", (drawing.name for drawing in self.drawings))
        for measure in self.loaded.values():
            measure_named(measure)
        for tile in self.tiles:
            self._check(tile)
        for sentence in self.lead.by_urgency if self.lead else ():
            self._refuse_unknown("lead", sentence.of, self._countable(sentence.urgency))

    def _check(self, tile: Tile) -> None:
        place = f"tile {tile.id}"
        if any(not (1 <= row <= ROWS and 1 <= column <= COLUMNS) for row, column in tile.area.cells()):
            raise WrongBoard(f"board {self.name}, {place}: it stands outside {ROWS} rows of {COLUMNS} columns")
        self._refuse_unknown(place, tile.loaded, self.loaded)
        for name in tile.drawing.asks if tile.drawing else ():
            self._refuse_unknown(place, name, tile.asks)

    def _countable(self, urgency: Urgency) -> list[str]:
        """Return the names of what a sentence can be about: one number is late, numbers by day are due today."""
        match urgency:
            case "late":
                return [figure.name for figure in self.figures if not figure.by]
            case "due_today":
                return [figure.name for figure in self.figures if figure.by == ("due_on",)]
            case "arrivals":
                return [drawing.name for drawing in self.drawings]

    def _refuse_unknown(self, place: str, name: str, known: Collection[str]) -> None:
        if name not in known:
            raise WrongBoard(f"board {self.name}, {place}: no {name!r}: there are {', '.join(known) or 'none'}")

    def _refuse_twice(self, kind: str, values: Iterable[object]) -> None:
        seen: set[object] = set()
        for value in values:
            if value in seen:
                raise WrongBoard(f"board {self.name}: {kind} {value} is declared twice")
            seen.add(value)

    @property
    def figures(self) -> tuple[BoardFigure, ...]:
        """Every figure that a message carries, once."""
        of_tiles = chain.from_iterable(tile.asks.values() for tile in self.tiles)
        return tuple(dict.fromkeys((*of_tiles, *self.also)))

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """Every drawing that a message carries, once."""
        return tuple(dict.fromkeys(tile.drawing for tile in self.tiles if tile.drawing is not None))

    def for_the_page(self) -> dict[str, Any]:
        """Return what the page must know to build the tiles."""
        return {"name": self.name, "title": self.title, "tiles": [_for_the_page(tile) for tile in self.tiles]}


def _for_the_page(tile: Tile) -> dict[str, Any]:
    return {
        "id": tile.id,
        "component": tile.component,
        "title": tile.title,
        "area": {"row": tile.area.row, "column": tile.area.column, "columns": tile.area.columns},
        "edges": {"left": tile.area.column == 1, "right": tile.area.column + tile.area.columns > COLUMNS},
        "figures": {role: figure.name for role, figure in tile.asks.items()},
        "loaded": tile.loaded,
        "drawing": tile.drawing and tile.drawing.name,
        "options": tile.options,
    }
