"""The address of the store: where it is, over TLS or not, as whom."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True)
class RedisSettings:
    """Where the store is, and how to be let in. A secret stays in its file until a connection is made."""

    url: str  # rediss:// is over TLS
    ca_file: Path | None = None  # of the authority that signed the store's certificate; None: the system's
    user: str | None = None
    password_file: Path | None = None

    def __str__(self) -> str:
        """Return the address without any part of the URL that may hold a password."""
        parts = _parts(self.url)
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
        return _parts(self.url).scheme == "rediss"

    @property
    def has_password_in_url(self) -> bool:
        """Whether the URL holds a password, or anything that a client would take for one."""
        parts = _parts(self.url)
        return parts.password is not None or "password=" in parts.query or not self.is_address

    @property
    def is_address(self) -> bool:
        """Whether the URL names a host, and nothing in it stands where it does not belong."""
        parts = _parts(self.url)
        try:
            has_valid_port = parts.port is None or parts.port > 0
        except ValueError:
            return False
        return has_valid_port and bool(parts.hostname) and "@" not in parts.path + parts.query + parts.fragment


def _parts(url: str) -> SplitResult:
    """Return the parts of *url*; of what is no URL, parts that are all empty."""
    try:
        return urlsplit(url)
    except ValueError:  # its text would quote what stands there
        return urlsplit("")
