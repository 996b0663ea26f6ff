"""Secrets and certificates, read from their files when a connection needs them."""

from pathlib import Path

from metrics.wrong_setting import WrongSetting


class Unusable(WrongSetting):
    """A file that a connection needs cannot be used. The text says which and why, never what the file holds."""


def secret(file: Path) -> str:
    """Return the secret in *file* without the end of its line. Raises Unusable."""
    try:
        text = file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "not text"
        raise Unusable(f"{file}: the secret cannot be read ({why}): name a file that this user can read") from None
    if not text:
        raise Unusable(f"{file}: the secret is empty: write it into the file, on one line")
    return text


def pem(file: Path) -> str:
    """Return the path of a file of certificates or of a key, once it is known to be one. Raises Unusable."""
    try:
        content = file.read_bytes()
    except OSError as exc:
        raise Unusable(f"{file}: cannot be read ({exc.strerror}): name a file that this user can read") from exc
    if b"-----BEGIN " not in content:
        raise Unusable(f"{file}: is not in PEM: convert it with openssl")
    return str(file)
