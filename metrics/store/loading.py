"""A partition read into memory page by page, while commits go on: in the end it is of one moment all the same.

With each page comes what was committed since the one before, and is added to all that was read until then. So what is
held is always of the moment of its last page. What has not been read yet will come as of its own page; and what was
not there when the reading began comes by the commits alone.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from metrics.counting.completeness import Completeness
from metrics.store.redis import CommitStep, Named, Position, Store
from metrics.sums.sums import GrowingSums

PAGE = 20_000  # cells read at once: neither the store nor the reader is long at it


class Loaded(NamedTuple):
    """All that readers need of a partition, of one moment."""

    position: Position
    authorities: dict[str, Completeness]
    sums: dict[str, GrowingSums]


async def load(
    store: Store,
    partition: int,
    position: Position,
    parts: Collection[str],
    stocks: Collection[str] = (),
    heard: Callable[[], None] = lambda: None,
) -> Loaded | None:
    """Return *partition*, with the *stocks* among its *parts* ready to be asked; call *heard* whenever it answers.

    None where it was counted anew meanwhile, or went on by more commits than are kept: then it is to be read again.
    """
    sizes = await store.sizes(partition, position.generation, parts)
    unread = set(sizes)
    sums: dict[str, GrowingSums] = {}
    authorities: dict[str, Completeness] = {}
    for names in _pages(sizes):
        page = await store.page(partition, position.generation, position.offset, names)
        if page is None or reached(position.offset, page.steps) != page.position.offset:
            return None
        heard()
        for step in page.steps:
            take(sums, step, unread)
        for name in names:
            sums.setdefault(name[0], GrowingSums())
        unread.difference_update(names)
        for authority, part, cells in page.cells():
            sums[authority].add(part, cells)
            await asyncio.sleep(0)  # whoever is shown something else need not wait for all of it
        position, authorities = page.position, page.authorities
    for each in sums.values():
        for part in stocks:
            each.prepare(part)
            await asyncio.sleep(0)
    return Loaded(position, authorities, sums)


def take(sums: dict[str, GrowingSums], step: CommitStep, leaving: Collection[Named] = ()) -> None:
    """Add what one commit added, *leaving* out some tallies."""
    for authority, tally in step.tallies.items():
        theirs = sums.setdefault(authority, GrowingSums())
        for part, cells in tally.items():
            if (authority, part) not in leaving:
                theirs.add(part, cells)


def reached(start: int | None, steps: Iterable[CommitStep]) -> int | None:
    """Return the offset that *steps* lead to from *start*; None where one is not from where the one before it ended."""
    for step in steps:
        if step.start != start:
            return None
        start = step.end
    return start


def _pages(sizes: Mapping[Named, int]) -> Iterator[list[Named]]:
    """Yield the names of tallies, of some PAGE cells at a time; one page there always is, if only an empty one."""
    page: list[Named] = []
    cells = 0
    for name, size in sizes.items():
        if page and cells + size > PAGE:
            yield page
            page, cells = [], 0
        page.append(name)
        cells += size
    yield page
