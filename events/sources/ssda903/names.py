"""The files of a return under the names that councils give them, and those that are not understood."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from events.sources.table import TableUnreadable

# By the Department's name, what else a file is called: in letters alone, as `plain` has it.
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "header.csv": ("headers",),
    "episodes.csv": ("episode",),
    "reviews.csv": ("review",),
    "missing.csv": ("missingepisodes", "missingepisode"),
    "oc3.csv": ("careleavers",),
    "ad1.csv": (),
    "placed_for_adoption.csv": ("placedadoption", "placedforadoptions", "shouldbeplacedforadoption", "sbpfa"),
    "sw_episodes.csv": ("swepisode", "socialworkerepisodes", "socialworkers", "socialworker"),
    "uasc.csv": (),
    "previous_permanence.csv": ("prevperm", "previouspermanency", "prevpermanence"),
    "oc2.csv": (),
    "dolo.csv": ("dolos", "deprivationofliberty"),
}
AROUND = re.compile(r"ssda[\W_]*903|s903|903|ssda|copy of|- copy|\(\d+\)|\d{2,}|[^a-z0-9]", re.IGNORECASE)


def plain(name: str) -> str:
    """Return a file's name without its ending, the return's name, years, copies, and all but letters and digits."""
    return AROUND.sub("", name.rpartition(".")[0].lower())


def _known() -> dict[str, str]:
    return {plain(each): name for name, others in OTHER_NAMES.items() for each in (name, *(f"{o}." for o in others))}


KNOWN = _known()


def files_of(folder: Path, needed: Iterable[str]) -> tuple[dict[str, Path], list[str]]:
    """Return the files of a return by the Department's names, and the names of those that are not understood.

    Raises TableUnreadable if *folder* is none, if two files are the same one of a return, or if one *needed* is absent.
    """
    if not folder.is_dir():
        raise TableUnreadable(f"{folder}: not a folder: name the one that holds the files of a return")
    found: dict[str, Path] = {}
    strangers = []
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "~"))):
        name = KNOWN.get(plain(path.name)) if path.suffix.lower() == ".csv" else None
        if name in found:
            raise TableUnreadable(
                f"{folder}: both {found[name].name} and {path.name} are {name}: "
                "have exactly one there, and each return in a folder of its own"
            )
        if name is not None:
            found[name] = path
        else:
            strangers.append(path.name)
    for name in needed:
        if name not in found:
            there = f" (not understood: {', '.join(strangers)})" if strangers else ""
            raise TableUnreadable(f"{folder}: 0 files are called {name}, in any case: have exactly one there{there}")
    return found, strangers
