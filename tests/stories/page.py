"""The page of measures: every declaration, with the first story told of it as its example.

.venv/bin/python -m tests.stories.page     # writes docs/measures.md
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import NamedTuple

from metrics import catalogue
from metrics.measure import Measure

STORIES = Path(__file__).parent
ROOT = STORIES.parents[1]
PAGE = ROOT / "docs" / "measures.md"
HEAD = """\
# Measures

Every figure that casepulse gives, printed from the declarations in `metrics/catalogue/` by
`.venv/bin/python -m tests.stories.page`. The example of each is one of its stories in `tests/stories/`.

What holds for several of them, and the law and guidance behind it, is in [rules.md](rules.md); what the fields of a
figure mean, in [contract.md](contract.md). A figure of an authority, a team or a locality is asked for with
`--team`, `--locality` or `--by`. The parameters that an authority may set are in [authority.md](authority.md).
"""
KINDS = {
    "count": "a number",
    "quotient": "a share",
    "rate": "a rate per 10,000 children aged 0 to 17",
    "distribution": "children by band",
    "age": "how long, in office hours",
}
POLARITIES = {"high_is_good": "higher is better", "low_is_good": "lower is better", "neither": "neither way is better"}


class Example(NamedTuple):
    """A story, as it stands in the tests."""

    promise: str
    table: str
    on: str
    expect: str


def areas() -> list[ModuleType]:
    """Return the modules of the catalogue, in the order of their measures there."""
    modules = [value for value in vars(catalogue).values() if hasattr(value, "MEASURES")]
    return sorted(modules, key=lambda module: catalogue.MEASURES.index(module.MEASURES[0]))


def heading(area: ModuleType) -> str:
    """Return what an area is called: the words with which its docstring begins."""
    return re.split(r"[:,.]", area.__doc__ or area.__name__)[0]


def constants(area: ModuleType) -> dict[str, Measure]:
    """Return the measures that an area lists, by the names of their constants, in that order."""
    names = {id(value): name for name, value in vars(area).items() if isinstance(value, Measure)}
    return {names[id(measure)]: measure for measure in area.MEASURES}


def left_out() -> Iterator[str]:
    """Yield a line for each measure that is declared, and that the catalogue does not list."""
    for area in areas():
        for constant, value in vars(area).items():
            if isinstance(value, Measure) and value not in catalogue.MEASURES:
                file = area.__name__.replace(".", "/")
                yield f"{value.name} is declared and not listed: add {constant} to MEASURES in {file}.py"


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, f"There are {len(catalogue.MEASURES)}.\n"]
    for area in areas():
        parts.append(f"## {heading(area)}\n")
        parts += ["\n".join(_measure(measure, constant)) for constant, measure in constants(area).items()]
    return "\n".join(parts)


def without_story() -> Iterator[str]:
    """Yield a line for each measure that no story is told of: its name, and the file that one belongs in."""
    for area in areas():
        file = f"tests/stories/test_{area.__name__.rpartition('.')[2]}.py"
        for constant, measure in constants(area).items():
            if constant not in examples():
                yield f"no story of {measure.name}: tell one in {file}, with expect={{{constant}: ...}}"


def _measure(measure: Measure, constant: str) -> Iterator[str]:
    yield f"### {measure.name}\n\n**{measure.title}.** {measure.definition}\n"
    window = "now" if measure.numerator.stock else f"{measure.window}, or {', '.join(_others(measure))}"
    target = "" if measure.target is None else f", target {measure.target:g}"
    unit = measure.unit.replace("_", " ")
    yield f"- {KINDS[measure.kind].capitalize()}, in {unit}; {POLARITIES[measure.polarity]}{target}"
    yield f"- Window: {window}"
    by = ", ".join(f"`{name}`" for name in (*measure.by, "team", "locality"))
    yield f"- By {by}" + (f"; bands {', '.join(measure.bands)}" if measure.bands else "")
    yield f"- A team's: {measure.team}"
    if measure.beside:
        yield f"- Beside it, not in it: {', '.join(measure.beside)}"
    if measure.lacking:
        yield f"- Beside it where there are any, as they cannot be in it: {', '.join(measure.lacking)}"
    if measure.looks_back:
        yield f"- Looks back {measure.looks_back} months: `history_from` beside it where less is known"
    yield f"- Source: {measure.source.title}; read {measure.source.read_on:%-d %B %Y}\n"
    if (example := examples().get(constant)) is not None:
        yield f"{example.promise}\n\n```\n{example.table}\n```\n"
        yield f"On {example.on}: {example.expect}.\n"


def _others(measure: Measure) -> list[str]:
    return [*(window for window in measure.windows if window != measure.window), "last_N_days"]


@cache
def examples() -> dict[str, Example]:
    """Return the first story of each measure, by the name of its constant."""
    first: dict[str, Example] = {}
    for file in sorted(STORIES.glob("test_*.py")):
        for story in ast.parse(file.read_text()).body:
            if isinstance(story, ast.FunctionDef):
                for constant, example in _examples_in(story):
                    first.setdefault(constant, example)
    return first


def _examples_in(story: ast.FunctionDef) -> Iterator[tuple[str, Example]]:
    """Yield an example for each measure that the first telling in *story* expects a figure of.

    Only of a telling whose table, day and figures are all written out in the call.
    """
    for node in ast.walk(story):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        on, expect = keywords.get("on"), keywords.get("expect")
        if isinstance(on, ast.Constant) and isinstance(expect, ast.Dict):
            by = f", by {ast.literal_eval(keywords['by'])}" if isinstance(keywords.get("by"), ast.Constant) else ""
            table = dedent(str(node.args[0].value)).strip("\n").rstrip()
            for key, value in zip(expect.keys, expect.values, strict=True):
                if isinstance(key, ast.Name):
                    figure = f"`{ast.unparse(value)}`{by}"
                    yield key.id, Example(ast.get_docstring(story) or "", table, str(on.value), figure)
            return


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"{PAGE.relative_to(ROOT)} is written")
