"""How an error is told (RFC 9457)."""

from collections.abc import Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

TITLES = {
    400: "That cannot be asked",
    403: "Not for that page",
    404: "There is no such thing",
    405: "That cannot be done",
    421: "Not by that name",
    500: "A fault of ours",
    503: "Not ready",
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: str) -> Response:
    """Return an error as RFC 9457 has it; *more* is for programs."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail, **more}
    return Response(msgspec.json.encode(body), status, headers, media_type="application/problem+json")


async def refused(_: Request, exc: Exception) -> Response:
    """Answer what the routes refuse: what there is not, and what cannot be done."""
    assert isinstance(exc, HTTPException)
    headers = dict(exc.headers or {})
    if "Allow" in headers:
        headers["Allow"] = "GET, HEAD"  # all that any route allows
    return problem(exc.status_code, str(exc.detail), headers)
