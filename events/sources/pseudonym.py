"""A child's number in a source becomes a keyed pseudonym, and the number stays behind.

The same key gives the same pseudonyms, so it is made once and kept. Without it nobody can tell which child a new row
is about; with it anybody can try every number.
"""

import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from events.sources.source import SourceUnreadable

Pseudonym = Callable[[str], str]

KEY_BYTES = 32
MIN_KEY_BYTES = 16  # a shorter key could be guessed
PSEUDONYM_DIGITS = 32  # hexadecimal, 128 bits: no two children of a country will have the same


class KeyUnusable(SourceUnreadable):
    """The key file cannot be used. Never says what it holds."""


def keyed(key: bytes) -> Pseudonym:
    """Return the function from a child's number to its pseudonym: HMAC-SHA-256 under *key*, shortened.

    Raises KeyUnusable.
    """
    if len(key) < MIN_KEY_BYTES:
        raise KeyUnusable(f"a key of {len(key)} bytes is too short: at least {MIN_KEY_BYTES} are needed")
    return lambda number: hmac.digest(key, number.encode(), "sha256").hex()[:PSEUDONYM_DIGITS]


def of_worker(pseudonym: Pseudonym, number: str) -> str:
    """Return the pseudonym of a social worker. It differs from that of a child with the same number."""
    return pseudonym(f"worker\x1f{number.upper()}")


def pseudonym_of(key: Path) -> Pseudonym:
    """Return `keyed` with the key in the file *key*. Makes the file, and its folder, if missing. Raises KeyUnusable."""
    key.parent.mkdir(parents=True, exist_ok=True)
    return keyed(key_file(key))


def key_file(path: Path) -> bytes:
    """Return the key in *path*, hexadecimal. Makes the file, readable by its owner alone, if it is missing.

    Raises KeyUnusable.
    """
    try:
        if not path.exists():
            _create(path)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "not text"
        raise KeyUnusable(f"{path}: the pseudonym key cannot be read or made ({why}): let this user read it") from None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise KeyUnusable(f"{path}: not a pseudonym key ({2 * KEY_BYTES} hexadecimal digits): put the right one back")
    return key


def _create(path: Path) -> None:
    """Make the file whole or not at all. If two processes make it at once, the first stands."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", encoding="ascii") as made:  # mode 600
        made.write(f"{secrets.token_hex(KEY_BYTES)}\n")
        made.flush()
        os.fsync(made.fileno())
        try:
            os.link(made.name, path)
        except FileExistsError:
            return
