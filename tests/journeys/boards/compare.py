"""Pictures of every state of the MASH board, to the pixel the same each time: taken before and after a change.

The Pause button is not in them: Chromium draws two pixels of its corners differently from run to run.

.venv/bin/python -m tests.journeys.boards.compare before              # take the pictures
.venv/bin/python -m tests.journeys.boards.compare after before        # take them again and count what differs
"""

import asyncio
import shutil
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.boards import Server, Told, event, playing
from tests.journeys.boards.screen import FULL_HD, opened, state
from tests.journeys.boards.states import AFTERNOON, STATES, busy, christmas, crowd, front, rebuilding, withheld
from tests.journeys.conftest import CHROMIUM_OPTIONS

Message = dict[str, Any]
OPENED, STANDS = "2026-03-02T10:00:00Z", "2026-03-02T10:01:00Z"  # by the clock of the machine that the browser runs on
SMALL, FOUR_K = (1280, 720), (3840, 2160)
PHONE, UPRIGHT, ZOOMED = (390, 844), (1080, 1920), (683, 384)


def without_share() -> Message:
    return rebuilding("2017-12-14T14:36:00+00:00") | {"rebuilding": {"read": None, "back_at": None}}


def judged(status: str, value: float) -> Callable[[], Message]:
    def message() -> Message:
        content = busy()
        content["figures"]["decided_month"] |= {"status": status, "value": value}
        return content

    return message


def fewer(more: int) -> Callable[[], Message]:
    def message() -> Message:
        content = busy()
        content["arrivals"] |= {"more": more}
        return content

    return message


def closed_for(reason: str) -> Message:
    content = busy("2017-12-16T11:00")
    return content | {"office": content["office"] | {"closed_for": reason}}


MESSAGES: dict[str, Callable[[], Message]] = {
    **{name: build for name, (build, _) in STATES.items()},
    "rebuilding-without-share": without_share,
    "sunday": lambda: busy("2017-12-17T12:00"),
    "christmas": lambda: busy("2017-12-25T12:00"),
    "closure-day": lambda: closed_for("closure_day"),
    "early": lambda: busy("2017-12-14T07:00"),
    "closing": lambda: busy("2017-12-14T16:56"),
    "before-midnight": lambda: busy("2017-12-14T23:59"),
    "after-midnight": lambda: busy("2017-12-15T00:00"),
    "simulated": lambda: busy(simulated=True, speed=60.0),
    "team": lambda: front().message(AFTERNOON, team="Front_door"),
    "team-north": lambda: front().message(AFTERNOON, team="North"),
    "long-names": lambda: busy(
        name="Bournemouth, Christchurch and Poole", team="Referral and assessment, Bournemouth East", speed=60.0
    ),
    "crowd-of-a-team": lambda: crowd() | {"team": "Front_door"},
    "on-target": judged("on_target", 0.95),
    "near-target": judged("near_target", 0.86),
    "below-target": judged("below_target", 0.5),
    "too-few": judged("too_few", 0.5),
    "fewer-than-usual": fewer(-7),
    "more-than-usual": fewer(12),
    "not-counting-without-share": lambda: (
        withheld("not_counting") | {"rebuilding": {"read": None, "back_at": None, "counting": False}}
    ),
    "store-never-answered": lambda: withheld("store_away"),
    "christmas-week": lambda: christmas().message("2017-12-22T11:00"),
    "five-past-nine": lambda: christmas().message("2017-12-22T09:05"),
    "ninety-days": lambda: busy(conferences_due_within=90),
    "no-office": lambda: busy(office=None),
    "empty-of-nobody": lambda: Told().message(AFTERNOON, name=None),
    "figures-of-long-ago": lambda: (
        busy("2017-12-04T16:30")
        | {"state": "delayed", "now": "2017-12-14T09:10:00+00:00", "complete_to": "2017-12-04T16:30:00+00:00"}
    ),
}


class Player:
    """Says one message to whoever asks, or nothing while there is none."""

    def __init__(self) -> None:
        self.said: bytes | None = None

    async def messages(self) -> AsyncIterator[bytes]:
        yield b"retry: 100\n\n"
        said = self.said
        if said is not None:
            yield said
        while True:
            await asyncio.sleep(1)


class Camera:
    """Keeps pictures of pages, and beside each the elements that it was made of."""

    def __init__(self, browser: Browser, server: Server, player: Player, folder: Path) -> None:
        self._browser, self._server, self._player, self._folder = browser, server, player, folder

    def takes(
        self,
        name: str,
        message: Message | None,
        after: Callable[[Page], None] = lambda _: None,
        size: tuple[int, int] = FULL_HD,
        **media: Any,
    ) -> None:
        """Take a picture of the board that hears *message* (None: nothing), once *after* was done to it."""
        self._player.said = None if message is None else event(message)
        with opened(self._browser, size) as page:
            page.emulate_media(**media)
            page.clock.install(time=OPENED)
            page.clock.pause_at(STANDS)
            page.goto(self._server.page)
            state(page, "loading" if message is None else message["state"], within=10)
            after(page)
            page.evaluate("document.fonts.ready")
            self._keeps(page, name)

    def takes_home(self) -> None:
        with opened(self._browser) as page:
            page.goto(self._server.page.split("boards")[0])
            page.wait_for_selector("[data-state=empty]")
            page.wait_for_selector("#measures li")
            self._keeps(page, "home-empty")

    def _keeps(self, page: Page, name: str) -> None:
        page.screenshot(path=self._folder / f"{name}.png")
        (self._folder / f"{name}.txt").write_text(page.title() + "\n" + page.evaluate(ELEMENTS))


# One line an element: its name, its attributes but for addresses of files, its own text.
# One line an element: its name, attributes and own text. How a tile is placed is left to the pixels.
ELEMENTS = """() => {
  const lines = [];
  const look = (node, deep) => {
    const placed = node.localName === "section" ? ["style", "data-edge"] : [];
    const named = [...node.attributes].filter(({ name }) => !placed.includes(name));
    const names = named.map(({ name, value }) => `${name}=${value}`).sort();
    const own = [...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE);
    const text = own.map((child) => child.data).join("").trim();
    lines.push([" ".repeat(deep) + node.localName, ...names, JSON.stringify(text)].join(" "));
    for (const child of node.children) if (child.localName !== "script") look(child, deep + 1);
  };
  look(document.body, 0);
  return lines.join("\\n");
}"""


def cut_off(page: Page) -> None:
    page.clock.fast_forward(5 * 60_000)
    state(page, "disconnected", within=5)


def paused(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def never_joined(page: Page) -> None:
    page.clock.run_for(2000)
    state(page, "disconnected", within=5)


def take(folder: Path) -> None:
    """Take every picture into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    player = Player()
    with sync_playwright() as playwright, playing(player.messages) as server:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM_OPTIONS))
        camera = Camera(browser, server, player, folder)
        for name, build in MESSAGES.items():
            camera.takes(name, build())
        camera.takes("loading", None)
        camera.takes("never-joined", None, never_joined)
        camera.takes("disconnected", busy(speed=1.0), cut_off)
        camera.takes("disconnected-crowd", crowd() | {"speed": 1.0}, cut_off)
        camera.takes("small", busy(), size=SMALL)
        camera.takes("4k", busy(), size=FOUR_K)
        camera.takes("forced-colours", busy(), forced_colors="active")
        camera.takes("paused", busy(), paused)
        camera.takes("printed", busy(), media="print")
        for size in (PHONE, UPRIGHT, ZOOMED):
            camera.takes(f"{size[0]}x{size[1]}", busy(), size=size)
        camera.takes_home()
        browser.close()


def differences(after: Path, before: Path) -> Iterator[str]:
    """Yield what differs: pixels, elements, and pictures that one of the two lacks."""
    names = sorted({file.name for folder in (after, before) for file in folder.iterdir()})
    for name in names:
        if not ((after / name).exists() and (before / name).exists()):
            yield f"{name}: only in one of the two"
        elif (after / name).read_bytes() != (before / name).read_bytes():
            yield f"{name}: {differing_pixels(after / name, before / name)}"


def differing_pixels(one: Path, other: Path) -> str:
    """Return how many pixels differ, or that the text does."""
    if one.suffix != ".png":
        return "other elements or texts"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM_OPTIONS))
        with opened(browser) as page:
            sources = [f"data:image/png;base64,{base64_of(file)}" for file in (one, other)]
            pixels: int = page.evaluate(PIXELS, sources)
        browser.close()
    return f"{pixels} pixels"


def base64_of(file: Path) -> str:
    return b64encode(file.read_bytes()).decode()


PIXELS = """async (sources) => {
  const read = async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  };
  const [one, other] = await Promise.all(sources.map(read));
  return one.reduce((count, pixel, n) => count + (pixel !== other[n]), 0);
}"""


def main(after: str, before: str | None = None) -> None:
    take(Path(after))
    pictures = len(list(Path(after).glob("*.png")))
    if before is None:
        print(f"{pictures} pictures in {after}")
        return
    differing = list(differences(Path(after), Path(before)))
    print(f"{pictures} pictures, {len(differing)} differences", *differing, sep="\n")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main(*sys.argv[1:])
