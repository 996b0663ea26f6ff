"""A stage: a page in a real browser, and what it hears."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.boards import Server, event, playing
from tests.journeys.boards.screen import opened
from tests.journeys.boards.states import Message


class Stage:
    """What the page hears: the newest message, or nothing at all while it is *silent*."""

    def __init__(self) -> None:
        self.silent = False
        self._said: bytes = b""
        self._count = 0

    def say(self, message: Message) -> None:
        self._said, self._count = event(message), self._count + 1

    def silence(self) -> None:
        """Say nothing any more, and not what was said before to who asks again."""
        self.silent = True

    async def messages(self) -> AsyncIterator[bytes]:
        yield b"retry: 100\n\n"
        seen = 0
        while True:
            if seen != self._count and not self.silent:
                seen = self._count
                yield self._said
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="module")
def server(stage: Stage) -> Iterator[Server]:
    with playing(stage.messages) as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: Server, stage: Stage) -> Iterator[Page]:
    stage.silent = False
    with opened(browser) as page:
        page.clock.install()
        page.add_init_script(SLEEPER)
        yield page


# A machine that sleeps: the wall clock has gone on when it wakes, the browser's own watch has not.
SLEEPER = "{ const wall = Date.now.bind(Date); globalThis.slept = 0; Date.now = () => wall() + globalThis.slept; }"
