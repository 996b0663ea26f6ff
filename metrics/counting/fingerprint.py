"""What changes with anything that may change a tally: the code that counts, its calendar, and what authorities set.

Tallies counted under another fingerprint are counted afresh. Nobody has to remember to raise a number.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from events.working_days import calendar
from metrics.rules.rules import RulesByAuthority

ROOT = Path(__file__).parents[2]
# The rooms that decide what an event means and what it counts for. A room in `metrics/` is covered with all below it;
# of `events/` only the files of the room itself: sources and simulator make events and count none.
FILES = ("events/*.py", "metrics/*.py")
ROOMS = tuple(f"metrics/{room}" for room in ("rules", "lives", "shapes", "catalogue", "counting"))


def fingerprint(rules: RulesByAuthority) -> str:
    """Return twelve hexadecimal digits of the code; where an authority sets what counts, `-` and twelve more."""
    return "-".join(filter(None, (code(), rules.version)))


@lru_cache(maxsize=1)
def code() -> str:
    """Return twelve hexadecimal digits that change with what the counting code means.

    They are taken over its syntax trees and the calendar. Comments, docstrings and layout are left out: they change no
    tally, and a country's recount takes an hour.
    """
    digest = sha256(calendar().version.encode())
    for file in counting_files():
        digest.update(meaning(file.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:12]


def counting_files() -> list[Path]:
    """Return the files that the fingerprint covers."""
    patterns = (*FILES, *(f"{room}/**/*.py" for room in ROOMS))
    return [file for pattern in patterns for file in sorted(ROOT.glob(pattern))]


def meaning(source: str) -> str:
    """Return *source* as its syntax tree, written the same by every version of Python."""
    return written(ast.parse(source))


def written(node: ast.AST) -> str:
    """Return a syntax tree written the same by every version of Python."""
    return "".join(_written(node))


def _written(node: ast.AST) -> Iterator[str]:
    """Yield *node* and all below it; fields that hold nothing are left out, as later versions of Python add such."""
    yield f"({type(node).__name__}"
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(value, list) and _is_docstring(value[:1]):
            value = value[1:]
        if value not in (None, []):
            yield f" {name}="
            yield from _written_value(value)
    yield ")"


def _written_value(value: object) -> Iterator[str]:
    if isinstance(value, ast.AST):
        yield from _written(value)
    elif isinstance(value, list):
        for item in value:
            yield from _written_value(item)
    else:
        yield repr(value)


def _is_docstring(statements: list[ast.stmt]) -> bool:
    return bool(statements) and (
        isinstance(statement := statements[0], ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
