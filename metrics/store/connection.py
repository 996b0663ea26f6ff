"""How a connection to Redis is made, and how its errors are told apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from metrics.store.address import RedisSettings
from metrics.store.position import Refused
from metrics.store.secrets import Unusable, secret

TOO_LONG = (
    "what is told of one child is longer than the longest string that the store takes: set its proto-max-bulk-len "
    "higher, or see which feed tells so much of one child"
)
STORE_ERRORS = (RedisError, ConnectionError, TimeoutError)


def connect(where: RedisSettings | str, timeout: float = 5.0) -> Redis:
    """Return a client that never repeats a command by itself: only its caller knows whether that is safe.

    A URL alone is a server that asks for nothing else. *timeout*: seconds to connect, and for each answer.
    """
    address = RedisSettings(where) if isinstance(where, str) else where
    options: dict[str, Any] = {"ssl_ca_certs": str(address.ca_file)} if address.ca_file else {}
    if address.password_file:
        options["credential_provider"] = _PasswordFile(address.user, address.password_file)
    return Redis.from_url(
        address.url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0), **options
    )


class _PasswordFile(CredentialProvider):
    """Reads the password for each connection, so that it can be changed without a restart."""

    def __init__(self, user: str | None, file: Path) -> None:
        self._user, self._file = user, file

    def get_credentials(self) -> tuple[str, str] | tuple[str]:
        try:
            password = secret(self._file)
        except Unusable as exc:
            raise AuthenticationError(str(exc)) from exc
        return (self._user, password) if self._user else (password,)

    async def get_credentials_async(self) -> tuple[str, str] | tuple[str]:
        return self.get_credentials()


def script(client: Any, name: str) -> Any:  # redis-py's types differ between its two protocols
    """Return the script of the file *name*.lua beside this one, ready to be called."""
    return client.register_script(files("metrics.store").joinpath(f"{name}.lua").read_text())


@contextmanager
def rights_required() -> Iterator[None]:
    """Turn a command that the server will never let us run into Refused: repeating it would not help."""
    try:
        yield
    except ResponseError as exc:
        if "exceeds maximum allowed size" in str(exc):
            raise Refused(TOO_LONG) from exc
        inside_scripts = ("can't run this command", "has no permissions")  # as Redis and Valkey say it
        if not isinstance(exc, NoPermissionError) and not any(words in str(exc) for words in inside_scripts):
            raise
        raise Refused("the store does not let us do all that a worker must: docs/operations.md has the rights") from exc
