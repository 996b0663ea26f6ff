"""The page of measures: every declaration, with the first story told of it as its example.

.venv/bin/python -m tests.stories.page > docs/measures.md
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from metrics import catalogue
from metrics.measure import Measure

AREAS = (
    ("Front door", catalogue.front_door),
    ("Referrals", catalogue.referrals),
    ("Need", catalogue.need),
    ("Assessments", catalogue.assessments),
    ("Child protection", catalogue.protection),
    ("Looked after", catalogue.looked_after),
)
HEAD = """\
# Measures

Every figure that casepulse gives, printed from the declarations in `metrics/catalogue/` by
`python -m tests.stories.page`. The example of each is one of its stories in `tests/stories/`, which run with the tests.

What holds for all of them: a deadline of N working days is the Nth working day after the day of the start, and done on
that day is in time; a child is everybody whom links join; a stock counts what is so at the end of the day; a number of
an authority, a team or a locality is asked for with `--team`, `--locality` or `--by`. The parameters that an authority
may set are in [authority.md](authority.md), what was chosen where guidance leaves a choice in
[DECISIONS.md](../DECISIONS.md).
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


def page() -> str:
    """Return the whole page."""
    names = [measure.name for _, area in AREAS for measure in area.MEASURES]
    assert names == [measure.name for measure in catalogue.MEASURES], "an area is missing here"
    parts = [HEAD, f"There are {len(names)}.\n"]
    for title, area in AREAS:
        parts.append(f"## {title}\n")
        constants = {id(value): name for name, value in vars(area).items() if isinstance(value, Measure)}
        parts += ["\n".join(_measure(measure, constants[id(measure)])) for measure in area.MEASURES]
    return "\n".join(parts)


def _measure(measure: Measure, constant: str) -> Iterator[str]:
    yield f"### {measure.name}\n\n**{measure.title}.** {measure.definition}\n"
    window = "now" if measure.numerator.stock else f"{measure.window}, or {', '.join(_others(measure))}"
    target = "" if measure.target is None else f", target {measure.target:g}"
    unit = measure.unit.replace("_", " ")
    yield f"- {KINDS[measure.kind].capitalize()}, in {unit}; {POLARITIES[measure.polarity]}{target}"
    yield f"- Window: {window}"
    by = ", ".join(f"`{name}`" for name in (*measure.by, "team", "locality"))
    yield f"- By {by}" + (f"; bands {', '.join(measure.bands)}" if measure.bands else "")
    if measure.beside:
        yield f"- Beside it, not in it: {', '.join(measure.beside)}"
    yield f"- Source: {measure.source.title}; read {measure.source.read_on:%-d %B %Y}\n"
    example = examples()[constant]
    yield f"{example.promise}\n\n```\n{example.table}\n```\n"
    yield f"On {example.on}: {example.expect}.\n"


def _others(measure: Measure) -> list[str]:
    return [*(window for window in measure.windows if window != measure.window), "last_N_days"]


@cache
def examples() -> dict[str, Example]:
    """Return the first story of each measure, by the name of its constant."""
    found: dict[str, Example] = {}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for story in ast.parse(file.read_text()).body:
            if isinstance(story, ast.FunctionDef):
                for constant, example in _told(story):
                    found.setdefault(constant, example)
    return found


def _told(story: ast.FunctionDef) -> Iterator[tuple[str, Example]]:
    """Yield the measures that the first telling in *story* is about, where all of it stands there in words."""
    for node in ast.walk(story):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        on, expect = given.get("on"), given.get("expect")
        if isinstance(on, ast.Constant) and isinstance(expect, ast.Dict):
            by = f", by {ast.literal_eval(given['by'])}" if isinstance(given.get("by"), ast.Constant) else ""
            for key, value in zip(expect.keys, expect.values, strict=True):
                if isinstance(key, ast.Name):
                    table = dedent(str(node.args[0].value)).strip("\n").rstrip()
                    words = f"`{ast.unparse(value)}`{by}"
                    yield key.id, Example(ast.get_docstring(story) or "", table, str(on.value), words)
            return


if __name__ == "__main__":
    sys.stdout.write(page())
