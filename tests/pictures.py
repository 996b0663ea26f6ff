"""Pictures of the boards, taken of a real `casepulse up` from its first minute to the next morning, and in bad states.

.venv/bin/python -m tests.pictures docs/states     # some six minutes; axe-core looks at each
"""

import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from events.simulator.authority import MONTHS
from events.simulator.wexshire import CHILDREN
from tests.journeys.boards.screen import FULL_HD, opened, says, slot, state, violations
from tests.journeys.boards.test_board import BOARD, LONG_SILENT, frozen
from tests.journeys.conftest import CHROMIUM_OPTIONS
from tests.journeys.machine.test_up import READY, Up, up
from tests.journeys.parts import eventually

FULL = {"CASEPULSE_HISTORY_MONTHS": str(MONTHS), "CASEPULSE_HISTORY_CHILDREN": str(CHILDREN)}
STATE_SECONDS = 240.0  # for each state to come
SIZES = {"live-4k": (3840, 2160), "phone": (390, 844), "upright": (1080, 1920), "zoomed": (683, 384)}

PAPER: ViewportSize = {"width": 1041, "height": 590}  # what a sheet of A4 has within its margins, as it is filled


class Photographer:
    """Looks at one page, and keeps pictures of it."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self._folder = page, folder

    def goes_to(self, running: Up, path: str = BOARD) -> None:
        self.page.goto(f"http://127.0.0.1:{running.port}{path}")

    def takes(self, name: str) -> None:
        found = violations(self.page)
        self.page.screenshot(path=self._folder / f"{name}.png")
        print(f"{name}: {len(found)} violations {found or ''}", flush=True)

    def waits(self, what: Callable[[], bool]) -> None:
        eventually(what, within=STATE_SECONDS, every=0.05)

    def time(self) -> str:
        """Return the board's own time, as 14:32."""
        match = re.search(r"\d\d:\d\d", slot(self.page, "time"))
        return match.group() if match else ""


def a_day(camera: Photographer, running: Up) -> None:
    """The first minute, the last before closing, and the next morning: at sixty times our speed, in three minutes."""
    camera.goes_to(running)
    state(camera.page, "live", within=30)
    time.sleep(60)
    camera.takes("minute-one")
    camera.waits(lambda: "16:56" <= camera.time() < "18:00")
    camera.takes("closing-time")
    camera.waits(lambda: "09:20" <= camera.time() < "10:30")
    camera.takes("next-morning")
    for name, size in SIZES.items():
        with opened_as(camera, running, size) as other:
            other.takes(name)
    camera.page.emulate_media(media="print")
    camera.page.set_viewport_size(PAPER)
    camera.takes("printed")
    camera.page.emulate_media(media="screen")
    camera.page.set_viewport_size({"width": FULL_HD[0], "height": FULL_HD[1]})
    camera.goes_to(running, "/")
    camera.page.wait_for_timeout(1000)
    camera.takes("home")
    camera.page.get_by_role("link", name=re.compile("assessment|Front door", re.IGNORECASE)).first.click()
    state(camera.page, "live", within=20)
    camera.takes("team")


@contextmanager
def opened_as(camera: Photographer, running: Up, size: tuple[int, int]) -> Iterator[Photographer]:
    browser = camera.page.context.browser
    assert browser is not None
    with opened(browser, size) as page:
        other = Photographer(page, camera._folder)
        other.goes_to(running)
        state(page, "live", within=20)
        yield other


def bad_states(camera: Photographer, running: Up) -> None:
    """Feed, worker, store and server fall silent in turn; the store is emptied; each time it heals by itself."""
    camera.goes_to(running)
    state(camera.page, "live", within=20)
    with frozen(running.processes()["deploy.machine.demonstration"]):
        state(camera.page, "delayed", within=STATE_SECONDS)
        camera.takes("delayed")
    state(camera.page, "live", within=STATE_SECONDS)
    with frozen(running.processes()["worker"]):
        state(camera.page, "delayed", within=STATE_SECONDS)
        says(camera.page, "aside", re.compile("^casepulse has counted nothing"), within=STATE_SECONDS)
        camera.takes("worker-away")
    state(camera.page, "live", within=STATE_SECONDS)
    with frozen(running.processes()["valkey"]):
        state(camera.page, "store_away", within=STATE_SECONDS)
        camera.takes("store-away")
    state(camera.page, "live", within=STATE_SECONDS)
    with frozen(running.processes()["serve"]):
        camera.page.wait_for_timeout(LONG_SILENT)
        state(camera.page, "disconnected", within=STATE_SECONDS)
        camera.takes("disconnected")
    state(camera.page, "live", within=STATE_SECONDS)
    began = time.monotonic()
    running.store().flushall()
    state(camera.page, "rebuilding", within=STATE_SECONDS)
    camera.page.wait_for_timeout(5000)
    camera.takes("rebuilding")
    state(camera.page, "live", within=STATE_SECONDS)
    print(f"rebuilt within {time.monotonic() - began:.0f} s")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM_OPTIONS))
        with up(Path(place), **FULL) as running, opened(browser) as page:
            running.wait_for(READY, within=STATE_SECONDS)
            print(*(line for line in running.said.splitlines() if "eady" in line), sep="\n", flush=True)
            camera = Photographer(page, folder)
            a_day(camera, running)
            bad_states(camera, running)
        with tempfile.TemporaryDirectory() as other, up(Path(other), "--no-simulate") as bare, opened(browser) as page:
            bare.wait_for(READY, within=STATE_SECONDS)
            camera = Photographer(page, folder)
            camera.goes_to(bare, "/boards/mash")
            state(page, "empty", within=30)
            camera.takes("empty")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
