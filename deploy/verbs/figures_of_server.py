"""Figures from the running server, which holds every cell already: whoever asks it need not read the store."""

from dataclasses import replace
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import click
import msgspec

from deploy.verbs.month_before import Earlier
from deploy.verbs.request import FigureRequest, QuestionRefused
from metrics.figures.figure import Answer
from metrics.windows import At

TIMEOUT_SECONDS = 30


class _Problem(msgspec.Struct):
    """What is read of an error (RFC 9457)."""

    detail: str


def answer_of(server: str, request: FigureRequest) -> Answer | None:
    """Return the answer of the server at *server*, http://host:port; None where it gives no figures.

    It gives none where nothing listens and while figures are being rebuilt: the store is then asked, which waits.
    Raises QuestionRefused, after which the store is asked too, as it has no limit to an answer; ClickException where
    something else than a server answers.
    """
    # No proxy: figures of a few children are personal, and only the server is meant to see who asks for them.
    opener = build_opener(ProxyHandler({}))
    url = f"{server.rstrip('/')}/v1/figures?{urlencode(request.parameters)}"
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            return msgspec.json.decode(response.read(), type=Answer)
    except HTTPError as exc:
        with exc:
            _raise_refusal(exc)
        return None
    except (OSError, HTTPException):
        return None
    except msgspec.DecodeError as exc:
        raise click.ClickException(
            f"what answers at {server} is no server of this version: set CASEPULSE_SERVER to where `casepulse serve` "
            "answers, or unset it"
        ) from exc


def earlier_of(server: str, request: FigureRequest, moments: tuple[At, ...]) -> Earlier:
    """Return the figures of *moments* to compare with; none where none is asked for, or the server gives none."""
    if not moments:
        return Earlier()
    try:
        answer = answer_of(server, replace(request, moments=moments))
    except QuestionRefused:
        return Earlier()
    return Earlier(answer.figures if answer else ())


def _raise_refusal(error: HTTPError) -> None:
    """Raise QuestionRefused where *error* is of a server that says what is wrong with the question."""
    if error.code not in (400, 404):
        return
    try:
        problem = msgspec.json.decode(error.read(), type=_Problem)
    except (OSError, HTTPException, msgspec.DecodeError):
        return
    raise QuestionRefused(problem.detail)
