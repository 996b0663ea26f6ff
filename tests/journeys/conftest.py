"""What the journeys stand on, besides real parts: a real browser."""

import gc
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import installed

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """What a file of journeys leaves open is found at its end, and not in whichever test comes long after it."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = installed("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()
