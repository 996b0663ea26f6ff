"""What is kept on this machine is for its user alone: folders 0700, files 0600, and a password for each part.

Files are made so from the first byte, by the mask that the command sets for its process and all that it starts. Here is
what else it takes: passwords, and a data directory of a version that did not do so.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

OTHERS = 0o077  # of a mode: what group and everybody else may do
PASSWORD_BYTES = 32
FOLDERS = ("kafka", "valkey", "prometheus")  # of a data directory, with all that is in them
FILES = (
    ".gitignore",
    "up.lock",
    "environment",
    "worker-refused",
    "pseudonym.key",
    "demonstration*",
    "*-password",
    "kafka-client.properties",
    "*.log",
    "*.log.before",
)


def make_private(data_dir: Path) -> None:
    """Take from everybody else what an earlier version left open to them in *data_dir*.

    The folder itself comes first, so that nothing is reached meanwhile; not where it holds what is not ours, which
    others may need to reach.
    """
    for path in open_to_others(data_dir):
        path.chmod(path.stat().st_mode & ~OTHERS & 0o777)


def open_to_others(data_dir: Path) -> Iterator[Path]:
    """Yield what others may read or write of what is ours in *data_dir*; of a folder itself before what is in it."""
    for path in _ours(data_dir.resolve()):
        with suppress(OSError):  # it is gone since, as files of a Kafka that runs are, or is another user's
            if path.lstat().st_mode & OTHERS and not path.is_symlink():
                yield path


def _ours(data_dir: Path) -> Iterator[Path]:
    here = sorted(data_dir.iterdir()) if os.access(data_dir, os.R_OK | os.X_OK) else []
    ours = [path for path in here if path.name in FOLDERS or any(fnmatch(path.name, pattern) for pattern in FILES)]
    if ours and ours == here:
        yield data_dir
    for path in ours:
        yield path
        for folder, folders, files in os.walk(path):
            yield from (Path(folder, name) for name in (*folders, *files))


def write(file: Path, text: str) -> None:
    """Write *text* to *file*, which nobody else can read at any moment."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        os.fchmod(descriptor, 0o600)  # before the first byte, where the file was there
        out.write(text)


def password(data_dir: Path, part: str) -> Path:
    """Return the file with the password of *part*, made on first use. A power cut may have left an empty one."""
    file = data_dir / f"{part}-password"
    if not file.exists() or not file.read_text().strip():
        write(file, f"{secrets.token_urlsafe(PASSWORD_BYTES)}\n")
    return file
