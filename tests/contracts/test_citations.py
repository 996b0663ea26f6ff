"""Whatever is cited is there: sections of the contract and of the rules, links and paths of pages, paths in code."""

import builtins
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("events", "metrics", "streams", "deploy", "tests", "docs")
SUFFIXES = (".py", ".lua", ".js", ".mjs", ".css", ".html", ".md", ".toml", ".yml")
AWAY = ("node_modules", "__pycache__", "libs", "data")  # folders whose files are other people's
FILES = sorted(
    path
    for path in (*ROOT.glob("*.*"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*")))
    if path.suffix in SUFFIXES and not {*path.relative_to(ROOT).parts} & {*AWAY} and path != Path(__file__)
)
PAGES = [path for path in FILES if path.suffix == ".md"]

CITED = re.compile(r"\b([Cc]ontract|[Rr]ules)(?:,? section)? (\d+(?:\.\d+)?)\b")
# Pages that were never in the repository. The constant `MEASURES` is none: only with what follows a page's name.
GONE = re.compile(
    r"\b(?:CONTRACT|SCREENS|RELIABILITY|DOMAIN|DESIGN|STREAMING|HOUSE(?:-STYLE)?)\b"
    r"|\bMEASURES(?:\.md| \d|,? section| has\b| says\b| leaves\b)|(?<![\w.])`MEASURES` (?:has|says|leaves)\b"
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(
    rf"(?<![\w./<-])((?:{'|'.join(FOLDERS)})/[\w./*-]*\w\.(?:py|md|lua|js|mjs|css|html|toml|yml|csv|png))\b"
)
NAME = re.compile(r"`([\w./*-]+\.(?:py|md|lua|js|mjs|css|html|yml))(?:::\w+)?`")  # of a file, wherever it stands
FOLDER = re.compile(rf"`((?:{'|'.join(FOLDERS)})/(?:[\w-]+/)*)`")

CLASS = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`")  # of the code, as GLOSSARY.md and others name it

Offence = tuple[int, str]


@cache
def sections(page: str) -> frozenset[str]:
    """Return the numbers of the sections of a page: `1`, `1.7`."""
    text = (ROOT / "docs" / page).read_text()
    return frozenset(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", text, flags=re.MULTILINE))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return what a link may point at inside a page."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads)


@cache
def there() -> frozenset[str]:
    """Return every file of the repository, as it is written from the root."""
    return frozenset(
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ) | {path.name for path in ROOT.iterdir() if path.is_file()}


def is_there(path: str) -> bool:
    """Return whether a path from the root, perhaps with `*` in it, is that of any file."""
    return any(ROOT.glob(path))


def lines(file: Path) -> Iterator[Offence]:
    """Yield the lines of a file with their numbers."""
    return enumerate(file.read_text().splitlines(), 1)


def sections_that_are_not_there(file: Path) -> Iterator[Offence]:
    for number, line in lines(file):
        for name, section in CITED.findall(line):
            if section not in sections(f"{name.lower()}.md"):
                yield number, f"docs/{name.lower()}.md has no section {section}"


def pages_that_are_gone(file: Path) -> Iterator[Offence]:
    for number, line in lines(file):
        for match in GONE.finditer(line):
            yield number, f"cites {match[0]}: cite `contract N` or `rules N.M`, or say the reason itself"


def paths_that_are_not_there(file: Path) -> Iterator[Offence]:
    for number, line in lines(file):
        for path in PATH.findall(line):
            if not is_there(path):
                yield number, f"there is no {path}"


def links_that_lead_nowhere(page: Path) -> Iterator[Offence]:
    for number, line in lines(page):
        for link in LINK.findall(line):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if "://" in link:
                continue
            if not target.exists():
                yield number, f"the link leads nowhere: {link}"
            elif anchor and anchor not in anchors(target):
                yield number, f"{path or page.name} has no heading #{anchor}"


def names_of_no_file(page: Path) -> Iterator[Offence]:
    for number, line in lines(page):
        for name in NAME.findall(line):
            if not is_there(name) and not any(path.endswith(f"/{name}") for path in there()):
                yield number, f"no file is called {name}"
        for folder in FOLDER.findall(line):
            if not (ROOT / folder).is_dir():
                yield number, f"there is no folder {folder}"


def classes_that_are_not_there(page: Path) -> Iterator[Offence]:
    for number, line in lines(page):
        for name in CLASS.findall(line):
            if name not in defined() and not hasattr(builtins, name):
                yield number, f"no class or type is called {name}"


@cache
def defined() -> frozenset[str]:
    """Return the classes and types that the code defines."""
    text = "\n".join(file.read_text() for file in FILES if file.suffix == ".py")
    return frozenset(re.findall(r"^(?:class )?([A-Z]\w+)(?:\(|:| = )", text, flags=re.MULTILINE))


def listed(files: list[Path], find: Callable[[Path], Iterator[Offence]]) -> str:
    """Return what is found in *files*, a line each: file, line, what is wrong."""
    return "\n".join(f"{file.relative_to(ROOT)}:{number}: {what}" for file in files for number, what in find(file))


@pytest.mark.parametrize(
    "find", [sections_that_are_not_there, pages_that_are_gone, paths_that_are_not_there], ids=lambda find: find.__name__
)
def test_no_file_cites(find: Callable[[Path], Iterator[Offence]]) -> None:
    """In code, comments, tests, settings and pages alike."""
    if offences := listed(FILES, find):
        pytest.fail(offences, pytrace=False)


@pytest.mark.parametrize(
    "find", [links_that_lead_nowhere, names_of_no_file, classes_that_are_not_there], ids=lambda find: find.__name__
)
def test_no_page_has(find: Callable[[Path], Iterator[Offence]]) -> None:
    """A link that leads nowhere, or the name of a file, folder or class that is not there."""
    if offences := listed(PAGES, find):
        pytest.fail(offences, pytrace=False)


def test_the_sections_are_numbered_as_they_are_cited() -> None:
    """1 to 7, and the rules for all 1.1 to 1.11: a citation finds its heading."""
    assert sections("contract.md") == {*"1234567"}
    assert sections("rules.md") == {*"1234567"} | {f"1.{n}" for n in range(1, 12)}


@pytest.mark.parametrize(
    ("line", "is_cited"),
    [
        ("(CONTRACT 3)", True),
        ("as MEASURES 1.5 counts it", True),
        ("as MEASURES has it", True),
        ("Where `MEASURES` leaves a choice", True),
        ("(DOMAIN 2.4)", True),
        ("for measure in MEASURES:", False),
        ("`metrics.catalogue.MEASURES`", False),
        ("MEASURES = (ONE, TWO)", False),
    ],
)
def test_a_constant_is_no_page(line: str, is_cited: bool) -> None:
    """MEASURES is both."""
    assert bool(GONE.search(line)) == is_cited
