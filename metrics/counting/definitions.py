"""What each part is declared as: tallies that another version counted are read as far as their parts mean the same.

A part means the same where its declaration in the catalogue is the same, with all that it names there, and so is the
code of its shape, which says what a cell is. How a version finds out what held of a child may differ: then the figures
are those that were shown before, by the fingerprint that their answers name.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import metrics.catalogue
from metrics.counting.fingerprint import meaning, written
from metrics.shapes import part as part_module
from metrics.shapes.part import Part

CATALOGUE = metrics.catalogue.__name__
Binding = tuple[str, str]  # a module of the catalogue, and a name in it


@lru_cache(maxsize=1)
def definitions() -> Mapping[str, str]:
    """Return twelve hexadecimal digits for each part, by its name."""
    return {part.name: _digest(part, *_declared(part)) for part in metrics.catalogue.PARTS}


def _declared(part: Part) -> tuple[object, Binding]:
    """Return the shape that yields *part*, and where it is declared. Raises LookupError."""
    for module in _modules():
        for name in _file(module.__name__).nodes:
            shape = getattr(module, name, None)
            if any(of_shape is part for of_shape in getattr(shape, "__dict__", {}).values()):
                return shape, (module.__name__, name)
    raise LookupError(f"{part.name}: declare its shape under a name in a file of metrics/catalogue/")


def _modules() -> Iterator[ModuleType]:
    folder = Path(str(metrics.catalogue.__file__)).parent
    return (sys.modules[f"{CATALOGUE}.{file.stem}"] for file in sorted(folder.glob("[a-z]*.py")))


def _digest(part: Part, shape: object, declared: Binding) -> str:
    digest = sha256(part.name.encode())
    for module in (part_module, sys.modules[type(shape).__module__]):
        digest.update(_meaning(module).encode())
    for text in sorted(_slice(declared)):
        digest.update(text.encode())
    return digest.hexdigest()[:12]


def _slice(begin: Binding) -> set[str]:
    """Return what a declaration says, with all that it names in the catalogue, however far away."""
    waiting, seen = [begin], {begin}
    said = set()
    while waiting:
        module, name = waiting.pop()
        file = _file(module)
        if (node := file.nodes.get(name)) is not None:
            said.add(written(node))
            named = {binding for names in _names(node) if (binding := file.binding(*names)) is not None}
            waiting.extend(named - seen)
            seen |= named
    return said


class _File:
    """The names that a file of the catalogue gives to something, and those that it has of another of them."""

    def __init__(self, module: str, source: str) -> None:
        body = ast.parse(source).body
        self._module = module
        self.nodes = {name: node for node in body for name in _bound(node)}
        self._imported = {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in body
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(CATALOGUE)
            for alias in node.names
        }

    def binding(self, name: str, attribute: str | None) -> Binding | None:
        """Return what *name*, or *name*.*attribute*, is in this file; None where it is nothing of the catalogue."""
        if name in self.nodes:
            return self._module, name
        module, imported = self._imported.get(name, ("", ""))
        if module != CATALOGUE:
            return (module, imported) if module else None
        return (f"{module}.{imported}", attribute) if attribute else None


@lru_cache(maxsize=64)
def _file(module: str) -> _File:
    return _File(module, _source(sys.modules[module]))


def _names(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Yield every name in *node*, with the attribute that is asked of it."""
    for it in ast.walk(node):
        if isinstance(it, ast.Name):
            yield it.id, None
        elif isinstance(it, ast.Attribute) and isinstance(it.value, ast.Name):
            yield it.value.id, it.attr


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement at the top of a file gives."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (it.id for target in node.targets for it in ast.walk(target) if isinstance(it, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


@lru_cache(maxsize=64)
def _meaning(module: ModuleType | None) -> str:
    return meaning(_source(module))


def _source(module: ModuleType | None) -> str:
    return Path(str(module and module.__file__)).read_text(encoding="utf-8")
