"""What the tests of the wallboard stand on: told histories, a clock that a test sets, and servers in this process."""

import asyncio
import random
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from events.time import LONDON
from events.working_days import calendar
from metrics.counting.completeness import Completeness
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.exposition.boards import BOARDS
from metrics.exposition.boards.declaration import Board
from metrics.exposition.boards.mash import MASH
from metrics.exposition.boards.states import Memory, message
from metrics.exposition.http.app import create_app
from metrics.rules.rules import Rules, RulesByAuthority
from metrics.store.connection import connect
from metrics.store.in_memory import InMemoryStore
from metrics.store.reader import NotReady, Reader, Withheld
from metrics.store.redis import Store
from metrics.store.worker_sign import WorkerReport
from metrics.sums.sums import GrowingSums
from tests.promises.test_time_passes_on_read import LOG, commit
from tests.story import AUTHORITY, told

HEAD = "day | event | record | child | fields\n---\n"
DECEMBER = datetime(2017, 12, 14, 14, 32, tzinfo=LONDON)  # an ordinary Thursday
TARGETS = {"enquiry_decision_timeliness": 0.9}


def at(text: str) -> datetime:
    """Return a moment by the clock on a wall in London, or the one meant by an offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


@dataclass
class Clock:
    """The authority's time, as a test sets it; at *speed* 0 it stands still between two messages."""

    now: datetime = DECEMBER
    speed: float = 0.0

    def clocks(self, rules: Rules) -> AuthorityDirectory:
        """Return it as the server asks it."""
        return AuthorityDirectory(
            now=lambda _: self.now, speed=lambda _: self.speed, name=lambda _: "Wexshire", rules=lambda _: rules
        )


class Told(Reader):
    """A reader that holds what was told in this process, or cannot be read (*withheld*)."""

    def __init__(self, table: str = HEAD, rules: Rules | None = None) -> None:
        self.rules = rules or Rules(calendar(), targets=TARGETS)
        self.version = 0
        self.withheld: float | None = None
        self.why: Withheld = "rebuilding"
        self.answered_at: float | None = 0.0
        self.still_to_count: frozenset[str] = frozenset()
        self.worker_report = WorkerReport("reading")
        book = InMemoryStore(RulesByAuthority(default=self.rules)).tell(told(table))
        self.known = dict(book.authorities)
        self.sums = dict(book.sums())

    @property
    def whole(self) -> bool:
        return self.withheld is None

    def authorities(self) -> dict[str, Completeness]:
        if self.withheld is not None:
            raise NotReady(self.withheld, self.why)
        return self.known

    def authority(self, name: str) -> tuple[Completeness, GrowingSums] | None:
        return (found, self.sums[name]) if (found := self.authorities().get(name)) else None

    def uncounted(self, name: str) -> frozenset[str]:
        return self.still_to_count

    def catalogue(self, names: object = None) -> str:
        return "a-catalogue"

    def worker(self, name: str) -> WorkerReport:
        return self.worker_report

    async def follow(self) -> None:
        await asyncio.Event().wait()

    def message(
        self,
        now: datetime | str,
        team: str | None = None,
        memory: Memory | None = None,
        name: str | None = AUTHORITY,
        board: Board = MASH,
        speed: float = 0.0,
    ) -> dict[str, Any]:
        """Return a message of *board* as it goes over the wire at *now*."""
        clock = Clock(now if isinstance(now, datetime) else at(now), speed)
        content = message(board, self, clock.clocks(self.rules), name, team, memory)
        over_the_wire: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
        return over_the_wire


def front_door(last: date, weeks: int = 30, a_day: int = 5, seed: int = 1) -> str:
    """Return the table of a front door and all that follows from it, some weeks up to and including a day.

    What is decided, authorised or held later is told too: it takes its place when the clock gets there.
    """
    chance, days = random.Random(seed), calendar()
    first = last - timedelta(weeks=weeks)
    every = [day for n in range((last - first).days + 1) if days.covers(day := first + timedelta(days=n))]
    made_up = (f"{first}", "person recorded", "P", "somebody", "birth_month=2010-01 origin=simulation")
    return table([*(row for day in every for row in _day_at_the_door(chance, day, a_day)), made_up])


def _day_at_the_door(chance: random.Random, day: date, a_day: int) -> Iterator[tuple[str, ...]]:
    days = calendar()
    for n in range(chance.randint(a_day - 2, a_day + 2)):
        record, child, there = f"{day:%y%m%d}-{n}", f"c{day:%y%m%d}-{n}", "team=Front_door"
        received = datetime.combine(day, time(9), LONDON) + timedelta(minutes=chance.randrange(450))
        yield received.isoformat(), "enquiry received", f"E{record}", child, f"{there} rag=amber"
        wait = chance.choice((1, 2, 3, 4, 20, 22, 24, 26)) if chance.random() < 0.97 else 24 * 9
        decided = received + timedelta(hours=wait)
        if not days.covers(decided.date()):
            decided += timedelta(days=3)
        outcome = chance.choice(("assessment", "advice", "early_help", "no_further_action"))
        what = f"{there} enquiry=E{record} outcomes={outcome}"
        yield decided.isoformat(), "enquiry decided", f"D{record}", child, what
        if outcome == "assessment":
            start = days.nth_after(decided.date(), 1)
            yield start.isoformat(), "assessment started", f"A{record}", child, "team=North"
            end = days.nth_after(start, chance.choice((5, 20, 30, 40, 44, 45, 46, 50, 60)))
            yield end.isoformat(), "assessment authorised", f"A{record}", child, "team=North outcomes=care"
        if chance.random() < 0.2:
            yield day.isoformat(), "section_47 started", f"S{record}", child, "team=North"
            held = days.nth_after(day, chance.choice((6, 9, 12, 14, 15)))
            yield held.isoformat(), "initial_conference held", f"C{record}", child, f"section_47=S{record}"


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Return rows as a table that stories read."""
    return HEAD + "\n".join(" | ".join(row) for row in sorted(rows))


@dataclass
class Server:
    """A server in a thread of this process."""

    port: int
    clock: Clock
    reader: Reader
    page: str = field(init=False)

    def __post_init__(self) -> None:
        self.page = f"http://127.0.0.1:{self.port}/boards/mash?authority={AUTHORITY}"


@contextmanager
def serving(
    clock: Clock,
    rules: Rules,
    make: Callable[[], Any],
    change: Callable[[FastAPI], None] = lambda _: None,
    boards: Sequence[Board] = BOARDS,
) -> Iterator[Server]:
    """Serve the reader that the coroutine *make* returns, for as long as the block lasts."""
    door = socket.create_server(("127.0.0.1", 0))
    ready: list[tuple[uvicorn.Server, Reader]] = []
    begun = threading.Event()

    async def run() -> None:
        try:
            reader = await make()
            app = create_app(reader, clock.clocks(rules), boards)
            change(app)
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
            ready.append((server, reader))
        finally:
            begun.set()
        await server.serve([door])
        for left in list(server.server_state.connections):  # one that came while the others were asked to close
            left.transport.abort()
        await asyncio.sleep(0)
        if not isinstance(reader, Told):
            await reader._store.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    begun.wait(30)
    assert ready, "the server did not start"
    server, reader = ready[0]
    try:
        yield Server(door.getsockname()[1], clock, reader)
    finally:
        server.should_exit = True
        thread.join(10)
        door.close()


@contextmanager
def on_a_store(url: str, table: str, clock: Clock, rules: Rules) -> Iterator[Server]:
    """Serve a real reader of a real store that the real owner of a partition filled with *table*."""

    async def make() -> Reader:
        store = Store(connect(url), LOG.topic)
        await commit(store, table)
        return Reader(store)

    with serving(clock, rules, make) as server:
        yield server


@contextmanager
def playing(messages: Callable[[], AsyncIterator[bytes]]) -> Iterator[Server]:
    """Serve a page that hears *messages*, whatever they are, as fast as it reads them."""

    async def live(_: Request) -> StreamingResponse:
        return StreamingResponse(messages(), media_type="text/event-stream")

    async def make() -> Reader:
        return Told()

    def change(app: FastAPI) -> None:
        app.router.routes.insert(0, Route("/v1/live", live))

    with serving(Clock(), Rules(calendar()), make, change) as server:
        yield server


def event(content: Mapping[str, Any]) -> bytes:
    """Return a message as it stands in the stream."""
    return b"event: board\ndata: " + msgspec.json.encode(content) + b"\n\n"
