"""The append-only files of the store that `up` starts: known to be damaged, set aside, and made anew from the log.

All that the store holds is counted from the log, so nothing is lost by it: figures are withheld until that is done.
"""

import re
import shutil
import signal
from pathlib import Path

from deploy.machine.store_sums import FILE as SUMS
from deploy.machine.store_sums import StoreSums

FOLDER, ASIDE, MANIFEST = "appendonlydir", "appendonlydir.damaged", "appendonly.aof.manifest"
INCREMENT = re.compile(r"^file (\S+) seq \d+ type i", re.MULTILINE)
IN_USE = re.compile(r"^file (\S+) seq \d+ type [bi]", re.MULTILINE)  # the base, and what came after it in order

# As Redis from 7.0 and Valkey say it. What follows a semicolon or "make a backup" is about a tool that is not here.
DAMAGED = re.compile(
    r"Bad file format reading the append only file|Unexpected end of file reading the append only file"
    r"|Unknown command .* reading the append only file|Unrecoverable error reading the append only file"
    r"|Unable to obtain the AOF file|AOF manifest|Internal error in RDB reading|Short read or OOM loading DB"
    r"|Wrong signature trying to load DB|Can't handle RDB format version|RDB CRC error|Fatal error loading the DB"
    r"|Error reading the RDB preamble|append-only dir .*: Not a directory|Is a directory|crashed by signal"
)
ANOTHER_REASON = re.compile(
    r"Permission denied|No space left|Address already in use|Out Of Memory|Cannot allocate memory|FATAL CONFIG|bind: "
    r"|Too many open files|Read-only file system"
)
CRASHES = frozenset(-number for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL))
UNKNOWN_TRIES = 3  # after which what it says no longer matters: a store made anew costs a recount, this an outage


class StoreFiles:
    """The files of the store in *data*, over the lives of its server."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._sums = StoreSums(data / FOLDER, data / SUMS)

    def follow(self, is_last: bool) -> None:
        """Keep checksums of what was appended; the server runs or, where it *is_last*, was stopped."""
        self._sums.follow(_increments(self._data), is_last)

    def heal(self, log: Path, code: int | None, failures: int) -> str | None:
        """Set the files aside where they are damaged, before the store is started; return what was done, in words.

        *code* is how its last life ended, None where that was ready or there was none; *failures* how many ended so in
        a row. Called with what it said then still in *log*. Raises OSError.
        """
        why = _passed_over(self._data) or self._sums.damaged() or _refused(self._data, log, code, failures)
        self._sums.forget()  # the server may cut the end of a file off as it starts: what is left is summed again
        if why is None:
            return None
        aside = set_aside(self._data)
        return (
            f"the file of the store is damaged ({why}): it is set aside as {aside}, and all is counted again from the "
            "log; figures are withheld until that is done"
        )


def _increments(data: Path) -> list[str]:
    """Return the files in use that have no checksum of the server's own."""
    try:
        return INCREMENT.findall((data / FOLDER / MANIFEST).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return []


def set_aside(data: Path) -> Path:
    """Move the append-only files out of the way, in place of those that were before. Raises OSError."""
    aside = data / ASIDE
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside)
    else:
        aside.unlink(missing_ok=True)
    return (data / FOLDER).rename(aside)


def _passed_over(data: Path) -> str | None:
    """Return what the server would start from in silence, with a part of the cases missing."""
    folder = data / FOLDER
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    manifest = folder / MANIFEST
    if not manifest.exists():
        return f"{MANIFEST} is missing"
    *earlier, _ = IN_USE.findall(manifest.read_text(encoding="utf-8", errors="replace")) or [""]
    return next((f"{name} is empty" for name in earlier if _is_empty(folder / name)), None)


def _is_empty(file: Path) -> bool:
    return file.is_file() and file.stat().st_size == 0


def _refused(data: Path, log: Path, code: int | None, failures: int) -> str | None:
    """Return why the server did not start from its files; None where it did, or had another reason not to."""
    if code is None or not (data / FOLDER).exists():
        return None
    said = log.read_text(encoding="utf-8", errors="replace")
    found = next((line for line in reversed(said.splitlines()) if DAMAGED.search(line)), None)
    if found is not None and not ANOTHER_REASON.search(found):
        return _in_short(found)
    if ANOTHER_REASON.search(said) or failures < UNKNOWN_TRIES:
        return None
    if code in CRASHES:
        return f"it ended {failures} times as it was read, by signal {-code}"
    return f"it ended {failures} times as it was read, with code {code}"


def _in_short(line: str) -> str:
    """Return what a line of the server's log says, without its time and without advice."""
    return re.split(r": make a backup|\. Unrecoverable", line.partition(" # ")[2] or line)[0].strip()
