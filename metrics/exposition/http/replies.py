"""How an answer is sent: as JSON, as CSV, and with a tag where asking again may give the same bytes."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from metrics.exposition.feeds.csv import csv_of
from metrics.figures.figure import Answer

FORMATS = ("json", "csv")
MIN_GZIP_BYTES = 1_024

_encode = msgspec.json.Encoder(enc_hook=str).encode


def json_of(content: Any, status: int = 200) -> Response:
    """Return *content* as JSON."""
    return Response(_encode(content), status, media_type="application/json")


def only(request: Request, *known: str, many: Collection[str] = ()) -> None:
    """Refuse unknown parameters, and several where one is asked for: `?tema=` must not answer for the whole authority.

    *many* are known too, and may be given several times. Raises HTTPException.
    """
    given = Counter(name for name, _ in request.query_params.multi_items())
    for name, times in sorted(given.items()):
        if name not in known and name not in many:
            raise HTTPException(400, f"no parameter {name!r}: there {_are((*known, *many))}")
        if times > 1 and name not in many:
            raise HTTPException(400, f"{name} is given {times} times: give it once")


def _are(names: Sequence[str]) -> str:
    return f"are {', '.join(names)}" if names else "is none"


def format_of(request: Request) -> str:
    """Return the format that is wanted: as the parameter says, else as the client accepts."""
    wanted = request.query_params.get("format")
    if wanted is None:
        accepted = request.headers.get("accept", "")
        return "csv" if "text/csv" in accepted and "json" not in accepted else "json"
    if wanted not in FORMATS:
        raise HTTPException(400, f"no format {wanted!r}: there are {', '.join(FORMATS)}")
    return wanted


def figures_reply(request: Request, answer: Answer, is_over: bool) -> Response:
    """Return *answer* in the format that *request* wants, with a tag where the time that it is about *is_over*.

    The tag is taken over the bytes and how they are sent: equal tags are equal answers, whichever server and version
    gave them.
    """
    as_csv = format_of(request) == "csv"
    body = csv_of(answer).encode() if as_csv else _encode(answer)
    headers = {"Vary": "Accept"}
    if is_over:
        sent = b"gzip" if is_compressed(request, body) else b""
        headers["ETag"] = tag = f'"{sha256(body + sent).hexdigest()[:32]}"'
        if _is_named(tag, request.headers):
            return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/csv" if as_csv else "application/json")


def is_compressed(request: Request, body: bytes) -> bool:
    """Return whether *body* will be sent compressed, by what stands around the application."""
    return "gzip" in request.headers.get("accept-encoding", "") and len(body) >= MIN_GZIP_BYTES


def _is_named(tag: str, headers: Mapping[str, str]) -> bool:
    """Return whether the client says that it has the answer with *tag* (RFC 9110, 13.1.2)."""
    named = [name.strip().removeprefix("W/") for name in headers.get("if-none-match", "").split(",")]
    return tag in named or named == ["*"]
