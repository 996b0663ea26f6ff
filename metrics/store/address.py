"""How the store is reached: where, over TLS or not, as whom. And how a secret is read: from its file, when needed."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class Unusable(ValueError):
    """A file that a connection needs cannot be used. Says which and why, never what it holds."""


def secret(file: Path) -> str:
    """Return the secret in *file*, without the end of its line. Raises Unusable."""
    try:
        text = file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "not text"
        raise Unusable(f"{file}: the secret cannot be read ({why}): name a file that this user can read") from None
    if not text:
        raise Unusable(f"{file}: the secret is empty: write it into the file, on one line")
    return text


def pem(file: Path) -> str:
    """Return the path of a file of certificates or a key. Raises Unusable."""
    try:
        text = file.read_bytes()
    except OSError as exc:
        raise Unusable(f"{file}: cannot be read ({exc.strerror}): name a file that this user can read") from exc
    if b"-----BEGIN " not in text:
        raise Unusable(f"{file}: is not in PEM: convert it with openssl")
    return str(file)


@dataclass(frozen=True)
class RedisSettings:
    """Where the store is, and how to be let in. A secret stays in its file until a connection is made."""

    url: str  # rediss:// is over TLS
    ca_file: Path | None = None  # of who signed its certificate; left out, those that the system trusts
    user: str | None = None
    password_file: Path | None = None

    def __str__(self) -> str:
        """Where it is: only what cannot hold a password, which may stand anywhere else in a URL."""
        parts = urlsplit(self.url)
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError:  # its text would quote what stands there
            port = ""
        host = parts.hostname or ""
        database = parts.path if parts.path.removeprefix("/").isdecimal() else ""
        return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{database}"

    def __repr__(self) -> str:
        return f"<RedisSettings {self}>"

    @property
    def has_tls(self) -> bool:
        return urlsplit(self.url).scheme == "rediss"

    @property
    def has_password_in_url(self) -> bool:
        """Whether it holds one, where it is looked for or where it would be taken from all the same."""
        parts = urlsplit(self.url)
        return parts.password is not None or "password=" in parts.query or not self.is_address

    @property
    def is_address(self) -> bool:
        """Whether the URL names a host, and nothing in it stands where it does not belong."""
        parts = urlsplit(self.url)
        try:
            found = parts.port is None or parts.port > 0
        except ValueError:
            return False
        return found and bool(parts.hostname) and "@" not in parts.path + parts.query + parts.fragment
