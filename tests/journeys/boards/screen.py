"""A screen and who looks at it: what a page says, whether it fits, whether everybody can read it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

AXE = Path(__file__).parents[2] / "axe" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = Path(os.environ["CASEPULSE_PICTURES"]) if "CASEPULSE_PICTURES" in os.environ else None
FULL_HD = (1920, 1080)


@contextmanager
def opened(browser: Browser, size: tuple[int, int] = FULL_HD, zone: str = "America/New_York") -> Iterator[Page]:
    """Open an empty page on a screen far from London; whatever its script throws fails the test."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, timezone_id=zone)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert not faults


def state(page: Page, wanted: str, within: float) -> None:
    """Wait until the board says that it is in a state."""
    expect(page.locator(f"[data-state={wanted}]")).to_have_count(1, timeout=within * 1000)


def shown(page: Page, figure: str) -> str:
    """Return what stands for a figure."""
    return page.locator(f"[data-figure={figure}]").first.inner_text().strip()


def slot(page: Page, name: str) -> str:
    """Return what stands in a place of the board."""
    return page.locator(f"[data-slot={name}]").first.inner_text().strip()


def says(page: Page, name: str, text: str | re.Pattern[str], within: float = 5) -> None:
    """Wait until a place of the board says *text*."""
    expect(page.locator(f"[data-slot={name}]")).to_have_text(text, timeout=within * 1000)


def picture(page: Page, name: str, whole: bool = False) -> None:
    """Keep a picture, where somebody wants them: of the *whole* page, or of what the screen shows."""
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


def strays(page: Page, scrolls: bool = False) -> list[str]:
    """Return the texts that run out of their tile, into a neighbour, or off a screen that does not scroll."""
    texts: list[str] = page.evaluate(STRAYS, scrolls)
    return texts


STRAYS = """(scrolls) => {
  const box = (node) => {
    const all = document.createRange();
    all.selectNodeContents(node);
    return all.getBoundingClientRect();
  };
  const seen = (node) => node.getClientRects().length > 0 && node.textContent.trim();
  const found = [];
  for (const node of document.querySelectorAll("main :is(h2, [data-slot], text)")) {
    const home = node.closest("section")?.getBoundingClientRect();
    if (!home || !seen(node)) continue;
    const it = box(node);
    const aside = it.left < home.left - 1 || it.right > home.right + 1;
    const below = !scrolls && it.bottom > innerHeight;
    if (aside || it.top < home.top - 1 || below) found.push(`out of its tile: ${node.textContent}`);
  }
  for (const node of document.querySelectorAll(":is(.lead, .lead *, h1, h1 *)")) {
    if (node.clientWidth && node.scrollWidth > node.clientWidth + 1) found.push(`cut off: ${node.textContent}`);
  }
  const leaves = [...document.querySelectorAll("main [data-slot]")].filter((node) =>
    !node.querySelector("[data-slot]") && !node.closest("svg") && seen(node));
  for (const one of leaves) for (const other of leaves) {
    if (!(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
    const [a, b] = [box(one), box(other)];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    const over = wide > 2 && tall > .3 * Math.min(a.height, b.height);
    if (over) found.push(`one on the other: ${one.textContent} / ${other.textContent}`);
  }
  for (const chart of document.querySelectorAll(".arrivals:not([hidden])")) {
    const left = chart.getBoundingClientRect().left;
    for (const node of chart.parentNode.querySelectorAll("p")) {
      const beside = box(node).bottom > chart.getBoundingClientRect().top;
      if (seen(node) && beside && box(node).right > left + 4) found.push(`into the chart: ${node.textContent}`);
    }
  }
  return found;
}"""


def violations(page: Page) -> list[str]:
    """Return what axe-core has against the page: WCAG 2.2 A and AA, and best practice."""
    if not AXE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core is not installed, and CI must ask it: tests/prepare")
        pytest.skip("axe-core is not installed: tests/prepare")
    page.evaluate(AXE.read_text())  # past the page's content policy, which lets no other script in
    report: dict[str, Any] = page.evaluate("axe.run()")
    assert len(report["passes"]) > 10
    return [f"{rule['id']}: {node['target']}" for rule in report["violations"] for node in rule["nodes"]]
