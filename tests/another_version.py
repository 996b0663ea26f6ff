"""Another version of casepulse: its own tree of files, in which something is declared otherwise."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parents[1]
PACKAGES = ("events", "metrics", "streams", "deploy")


class Edit(NamedTuple):
    """What stands in a file of this version, and what stands there in the other."""

    file: str
    here: str
    there: str


def another_version(folder: Path, *edits: Edit) -> Path:
    """Make another version in *folder*, and return it."""
    for package in PACKAGES:
        shutil.copytree(HERE / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        file = folder / edit.file
        text = file.read_text()
        assert text.count(edit.here) == 1, f"{edit.file} has not once: {edit.here}"
        file.write_text(text.replace(edit.here, edit.there))
    return folder


def environment_of(version: Path) -> dict[str, str]:
    """Return the environment in which the command is that of *version*."""
    return {**os.environ, "PYTHONPATH": str(version), "PYTHONSAFEPATH": "1"}


def definitions_of(version: Path) -> dict[str, str]:
    """Return what *version* declares its parts as."""
    program = "import json; from metrics.counting.definitions import definitions; print(json.dumps(definitions()))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment_of(version), capture_output=True, text=True, check=True
    )
    definitions: dict[str, str] = json.loads(done.stdout)
    return definitions
