"""Every wallboard there is. A new one is a declaration in a file of its own, and its name in this list."""

from metrics.exposition.boards.declaration import Board
from metrics.exposition.boards.mash import MASH

BOARDS: tuple[Board, ...] = (MASH,)
