"""A child's number in a source becomes a keyed pseudonym, and the number stays behind.

The same key gives the same pseudonyms, so it is made once and kept: whoever loses it can no longer tell which child
a new row is about, and whoever else holds it can try every number.
"""

import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

Pseudonym = Callable[[str], str]

KEY_BYTES = 32
SHORTEST_KEY = 16  # bytes: a shorter one could be guessed
LENGTH = 32  # hexadecimal digits, 128 bits: no two children of a country will meet


class KeyUnusable(ValueError):
    """The key file cannot be used. Never says what it holds."""


def keyed(key: bytes) -> Pseudonym:
    """Return the function that gives a child's number its pseudonym: HMAC-SHA-256 under *key*, shortened."""
    if len(key) < SHORTEST_KEY:
        raise KeyUnusable(f"a key of {len(key)} bytes is too short: at least {SHORTEST_KEY} are needed")
    return lambda number: hmac.digest(key, number.encode(), "sha256").hex()[:LENGTH]


def of_worker(pseudonym: Pseudonym, number: str) -> str:
    """Return the pseudonym of a social worker: another than that of a child with the same number."""
    return pseudonym(f"worker\x1f{number.upper()}")


def key_file(path: Path) -> bytes:
    """Return the key in *path*, hexadecimal; where there is no such file, make one that only its owner can read.

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
    if len(key) < SHORTEST_KEY:
        raise KeyUnusable(f"{path}: not a pseudonym key ({2 * KEY_BYTES} hexadecimal digits): put the right one back")
    return key


def _create(path: Path) -> None:
    """Make the file whole or not at all; of two that make it at once, the first stands."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", encoding="ascii") as made:  # mode 600
        made.write(f"{secrets.token_hex(KEY_BYTES)}\n")
        made.flush()
        os.fsync(made.fileno())
        try:
            os.link(made.name, path)
        except FileExistsError:
            return
