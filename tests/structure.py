"""What the house looks like: files, rooms, levels and arrows of imports, sizes, and words with more than one meaning.

.venv/bin/python -m tests.structure             # of this checkout
.venv/bin/python -m tests.structure ../other    # of another one
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

PACKAGES = ("events", "metrics", "streams", "deploy")
LONG_FILE, LONG_FUNCTION = 300, 20  # lines
# Lists that every file of a room has under one name and that the room adds up: one meaning, many files.
SHARED_NAMES = frozenset(("MEASURES", "EVENTS", "SOURCE", "main", "__all__"))

Arrows = Mapping[str, set[str]]


class Function(NamedTuple):
    """A function or method, and how many lines it takes from its `def` to its last."""

    file: str
    name: str
    lines: int


def product_files(root: Path) -> list[Path]:
    """Return every Python file of the product, relative to *root*."""
    return [file.relative_to(root) for name in PACKAGES for file in sorted((root / name).rglob("*.py"))]


def module_of(file: Path) -> str:
    """Return the dotted name that *file* is imported by."""
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST, known: Iterable[str]) -> Iterator[str]:
    """Yield the modules among *known* that *tree* imports anywhere in it."""
    modules = set(known)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from names & modules
            if node.module in modules and not names <= modules:
                yield node.module


def levels(arrows: Arrows) -> int:
    """Return how many floors *arrows* need, each pointing down; those of one circle share a floor."""
    circles = _circles(arrows)
    down: dict[frozenset[str], set[frozenset[str]]] = {
        circles[name]: {circles[other] for one in circles[name] for other in arrows.get(one, ())} - {circles[name]}
        for name in circles
    }
    known: dict[frozenset[str], int] = {}

    def floor(circle: frozenset[str]) -> int:
        if circle not in known:
            known[circle] = 1 + max((floor(other) for other in down[circle]), default=0)
        return known[circle]

    return max((floor(circle) for circle in down), default=0)


def circles(arrows: Arrows) -> list[frozenset[str]]:
    """Return every set of names that import one another in a circle."""
    return sorted({circle for circle in _circles(arrows).values() if len(circle) > 1}, key=sorted)


def _circles(arrows: Arrows) -> dict[str, frozenset[str]]:
    names = set(arrows) | {other for others in arrows.values() for other in others}
    reach = {name: _reached(name, arrows) for name in names}
    return {
        name: frozenset({name} | {other for other in reach[name] if name in reach.get(other, ())}) for name in names
    }


def _reached(start: str, arrows: Arrows) -> set[str]:
    found, waiting = set[str](), [start]
    while waiting:
        for other in arrows.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


class House(NamedTuple):
    """A checkout, read."""

    root: Path
    trees: Mapping[Path, ast.Module]

    @classmethod
    def read(cls, root: Path) -> "House":
        return cls(root, {file: ast.parse((root / file).read_text()) for file in product_files(root)})

    def file_arrows(self) -> dict[str, set[str]]:
        """Return which file imports which, by dotted name."""
        known = [module_of(file) for file in self.trees]
        return {module_of(file): set(imported(tree, known)) - {module_of(file)} for file, tree in self.trees.items()}

    def room_arrows(self) -> dict[str, set[str]]:
        """Return which folder imports which."""
        folder = {module_of(file): file.parent.as_posix() for file in self.trees}
        found: dict[str, set[str]] = {room: set() for room in folder.values()}
        for one, others in self.file_arrows().items():
            found[folder[one]] |= {folder[other] for other in others} - {folder[one]}
        return found

    def floor_plan(self, package: str) -> dict[str, set[str]]:
        """Return which of the files and folders that stand in *package* itself imports which."""
        found: dict[str, set[str]] = {}
        for one, others in self.file_arrows().items():
            if (here := _part_of(one, package)) is not None:
                parts = {part for other in others if (part := _part_of(other, package)) is not None}
                found.setdefault(here, set()).update(parts - {here})
        return found

    def sizes(self) -> dict[str, int]:
        """Return how many lines each file has."""
        return {file.as_posix(): len((self.root / file).read_text().splitlines()) for file in self.trees}

    def functions(self) -> list[Function]:
        """Return every function and method."""
        return [
            Function(file.as_posix(), node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
            for file, tree in self.trees.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]

    def formatter_exceptions(self) -> tuple[int, int]:
        """Return how often the formatter is told to keep out, in the product and in the tests."""
        tests = (file for file in sorted((self.root / "tests").rglob("*.py")) if file.name != Path(__file__).name)
        found = [
            sum(file.read_text().count("# fmt: skip") for file in files)
            for files in ((self.root / file for file in self.trees), tests)
        ]
        return found[0], found[1]

    def ambiguous(self) -> dict[str, list[str]]:
        """Return each name of a class or constant that files define differently, with those files."""
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for file, tree in self.trees.items():
            for node in tree.body:
                for name, meaning in _defined(node):
                    found[name][file.as_posix()] = meaning
        return {
            name: sorted(files)
            for name, files in sorted(found.items())
            if len(set(files.values())) > 1 and name.lstrip("_") not in SHARED_NAMES
        }


def _part_of(module: str, package: str) -> str | None:
    head, *rest = module.split(".")
    return rest[0] if head == package and rest else None


def _defined(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the classes and constants that a statement of a module defines, private ones by their plain name."""
    if isinstance(node, ast.ClassDef):
        yield node.name.lstrip("_"), ast.unparse(node)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id.lstrip("_")[:1].isupper():
                yield target.id.lstrip("_"), ast.unparse(node.value)


def report(house: House) -> Iterator[str]:
    """Yield the measurements, a line each."""
    sizes, functions, rooms = house.sizes(), house.functions(), house.room_arrows()
    lines = [function.lines for function in functions]
    largest = max(sizes, key=lambda file: sizes[file])
    long_files = sorted(file for file, size in sizes.items() if size > LONG_FILE)
    ambiguous = house.ambiguous()
    yield f"files                      {len(sizes)}, {sum(sizes.values()):,} lines"
    yield f"rooms                      {len(rooms)} on {levels(rooms)} levels, {_count(rooms)} arrows"
    yield f"circles of rooms           {_told(' and '.join(sorted(circle)) for circle in circles(rooms))}"
    for package in PACKAGES:
        plan = house.floor_plan(package)
        yield f"in {package + '/':<12} {len(plan):>12} parts on {levels(plan)} levels, {_count(plan)} arrows"
    yield f"levels of files            {levels(house.file_arrows())}, {_count(house.file_arrows())} arrows"
    yield f"largest file               {sizes[largest]} lines, {largest}"
    yield f"files over {LONG_FILE} lines        {len(long_files)}: {_told(long_files)}"
    yield f"functions                  {len(lines):,}, median {median(lines):g} lines"
    yield f"functions over {LONG_FUNCTION} lines    {sum(n > LONG_FUNCTION for n in lines)}"
    yield "fmt: skip                  {} in the product, {} in the tests".format(*house.formatter_exceptions())
    yield f"names of several meanings  {len(ambiguous)}: {_told(f'{n} {len(f)}' for n, f in ambiguous.items())}"


def _count(arrows: Arrows) -> int:
    return sum(map(len, arrows.values()))


def _told(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


if __name__ == "__main__":
    for line in report(House.read(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())):
        print(line)
