"""Figures from the running server, which holds every cell already: whoever asks it need not read the store."""

from http.client import HTTPException
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import click
import msgspec

from deploy.verbs.request import FigureRequest
from metrics.figures.figure import Answer

TIMEOUT_SECONDS = 30


def answer_of(server: str, request: FigureRequest) -> Answer | None:
    """Return the answer of the server at *server*, http://host:port; None where it gives no figures.

    It gives none where nothing listens, while figures are being rebuilt, and where it refuses the question: the store
    is then asked, which waits for figures, has no limit to an answer, and says what is wrong with a question.
    Raises ClickException where something else than a server answers.
    """
    # No proxy: figures of a few children are personal, and only the server is meant to see who asks for them.
    opener = build_opener(ProxyHandler({}))
    url = f"{server.rstrip('/')}/v1/figures?{urlencode(request.parameters)}"
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            return msgspec.json.decode(response.read(), type=Answer)
    except (OSError, HTTPException):
        return None
    except msgspec.DecodeError as exc:
        raise click.ClickException(
            f"what answers at {server} is no server of this version: set CASEPULSE_SERVER to where `casepulse serve` "
            "answers, or unset it"
        ) from exc
