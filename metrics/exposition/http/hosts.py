"""By which names the server is asked, and from whose pages: those of this machine alone.

The name of another site can be made to lead to 127.0.0.1 (DNS rebinding), and its pages would then read figures as
though they were their own. A browser cannot be kept from asking, but it always says by which name it asks (Host) and,
where a page asks another site, whose page that is (Origin). No other header is looked at: a forwarded name is
anybody's word.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from starlette.types import Scope

_OWN = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{0,5})?", re.ASCII | re.IGNORECASE)
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.ASCII | re.IGNORECASE | re.DOTALL)
_ORIGIN = re.compile(r"https?://([^/?#]*)", re.ASCII | re.IGNORECASE)


class Refusal(NamedTuple):
    """Why a request is not answered. Nothing of the request is repeated."""

    status: int
    detail: str


NOT_OURS = Refusal(421, "ask 127.0.0.1, localhost or [::1]: docs/proxies.md says how from elsewhere")
NO_NAME = Refusal(400, "one Host is needed, as in Host: 127.0.0.1:8080")
ANOTHER_PAGE = Refusal(403, "a page of another site asks: only our own pages may (docs/proxies.md)")


def is_own(host: str) -> bool:
    """Return whether *host*, a name and perhaps a port, means this machine alone."""
    return _OWN.fullmatch(host) is not None


def refusal(scope: Scope) -> Refusal | None:
    """Return why the request of *scope* is not answered; None where it is."""
    hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
    if len(hosts) != 1:
        return NO_NAME
    target = _ABSOLUTE.fullmatch(scope["path"])
    if not all(map(is_own, (*hosts, *([target[1]] if target else [])))):
        return NOT_OURS
    if not all((page := _ORIGIN.fullmatch(origin)) and is_own(page[1]) for origin in origins):
        return ANOTHER_PAGE
    return None


def path_of(scope: Scope) -> str:
    """Return the path that is asked for, which a proxy may have sent behind the name (RFC 9112, 3.2.2)."""
    path: str = scope["path"]
    target = _ABSOLUTE.fullmatch(path)
    return path if target is None else target[2] or "/"


def _values(scope: Scope, name: bytes) -> Sequence[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
