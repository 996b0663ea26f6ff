"""A partition read into memory page by page while commits go on. The result is of one moment all the same.

With each page comes what was committed since the page before, and is added to all that is read so far. So the tallies
read are always of the moment of the last page. Tallies that are not read yet come as of their own page; tallies that
did not exist when the reading began come by the commits alone.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from metrics.counting.completeness import Completeness
from metrics.store.codec import TallyPage
from metrics.store.commits import CommitStep, TallyName
from metrics.store.position import Position
from metrics.store.redis import Store
from metrics.sums.sums import GrowingSums

MAX_PAGE_CELLS = 20_000  # read at once: neither the store nor the reader takes long over them


class Loaded(NamedTuple):
    """All that readers need of a partition, as of one moment."""

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
    """Return *partition*, with the *stocks* among its *parts* ready for questions; call *heard* at each answer.

    None where it was recounted meanwhile, or went on by more commits than are kept: it must be read again then.
    """
    sizes = await store.sizes(partition, position.generation, parts)
    loaded, unread = Loaded(position, {}, {}), set(sizes)
    kept = frozenset(parts)
    for names in _pages(sizes):
        page = await store.page(partition, position.generation, loaded.position.offset, names)
        if page is None or reached(loaded.position.offset, page.steps) != page.position.offset:
            return None
        heard()
        loaded = await _with_page(loaded, page, kept, unread)
    await _prepare(loaded.sums.values(), stocks)
    return loaded


async def _with_page(loaded: Loaded, page: TallyPage, kept: Collection[str], unread: set[TallyName]) -> Loaded:
    """Return *loaded* as of the moment of *page*, whose tallies are no longer among the *unread*."""
    for step in page.steps:
        take(loaded.sums, step, kept, unread)
    unread.difference_update(page.fields)
    for authority, _ in page.fields:
        loaded.sums.setdefault(authority, GrowingSums())
    for authority, part, cells in page.cells():
        loaded.sums[authority].add(part, cells)
        await asyncio.sleep(0)  # lets others go on meanwhile
    return Loaded(page.position, page.authorities, loaded.sums)


async def _prepare(sums: Iterable[GrowingSums], stocks: Collection[str]) -> None:
    """Build the running sums of *stocks* before the first question."""
    for theirs in sums:
        for part in stocks:
            theirs.prepare(part)
            await asyncio.sleep(0)


def take(
    sums: dict[str, GrowingSums], step: CommitStep, parts: Collection[str], leaving: Collection[TallyName] = ()
) -> None:
    """Add what one commit added to some *parts*, except to the tallies named by *leaving*."""
    for authority, tally in step.tallies.items():
        theirs = sums.setdefault(authority, GrowingSums())
        for part, cells in tally.items():
            if part in parts and (authority, part) not in leaving:
                theirs.add(part, cells)


def reached(start: int | None, steps: Iterable[CommitStep]) -> int | None:
    """Return the offset that *steps* lead to from *start*; None where there is a gap between two of them."""
    for step in steps:
        if step.start != start:
            return None
        start = step.end
    return start


def _pages(sizes: Mapping[TallyName, int]) -> Iterator[list[TallyName]]:
    """Yield the names of tallies, of some MAX_PAGE_CELLS together; at least one page, if only an empty one."""
    page: list[TallyName] = []
    cells = 0
    for name, size in sizes.items():
        if page and cells + size > MAX_PAGE_CELLS:
            yield page
            page, cells = [], 0
        page.append(name)
        cells += size
    yield page
