"""What `/openapi.json` says: what each route takes, what its answers look like, and the errors that come.

FastAPI knows the routes and the names of what they take. All else stands here, drawn from the types that answers are
made of and from the catalogue; a test holds it to real answers.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from metrics.catalogue import MEASURES
from metrics.exposition.delay import Delay
from metrics.exposition.http.problems import TITLES
from metrics.figures.figure import Answer
from metrics.figures.question import PLACES
from metrics.figures.series import STEPS
from metrics.measure import Kind, Polarity
from metrics.store.reader import Withheld
from metrics.windows import FLOW_WINDOWS

Schema = dict[str, Any]

REF = "#/components/schemas/{name}"
EXAMPLE_MEASURE = "assessment_timeliness"
TEXT: Schema = {"type": "string"}
DATE: Schema = {"type": "string", "format": "date"}
EXAMPLE_FIGURE: Schema = {
    "measure": EXAMPLE_MEASURE,
    "kind": "quotient",
    "unit": "ratio",
    "authority": "E10000008",
    "window": "year_to_date",
    "from": "2017-04-01",
    "at": "2017-12-31",
    "known_at": None,
    "team": None,
    "locality": None,
    "by": {},
    "numerator": 2841,
    "denominator": 3699,
    "value": 0.76805,
    "target": 0.85,
    "status": "below_target",
    "beside": {"open": 812, "overdue": 118},
    "suppressed": False,
    "share": None,
    "note": None,
}
EXAMPLE_ANSWER: Schema = {
    "as_of": "2017-12-31T23:59:59.999999+00:00",
    "complete_to": "2018-01-03T14:32:00+00:00",
    "catalogue": "04f259040e76",
    "simulated": False,
    "figures": [EXAMPLE_FIGURE],
}


# --- answers that are no type of their own ----------------------------------------------------------------------------


class Source(msgspec.Struct):
    """The law or guidance that a measure is by, and the day on which somebody last read it."""

    title: str
    read_on: str


class MeasureDescription(msgspec.Struct):
    """A measure of the catalogue. `last_N_days` stands for `last_1_days` to `last_9999_days`."""

    name: str
    title: str
    definition: str
    kind: Kind
    unit: str
    window: str
    windows: list[str]
    by: list[str]
    team: str
    bands: list[str]
    target: float | None
    polarity: Polarity
    beside: list[str]
    source: Source


class Authority(msgspec.Struct):
    """An authority whose events have arrived; whether any of them is made up."""

    authority: str
    name: str
    simulated: bool


class Problem(msgspec.Struct, omit_defaults=True):
    """An error (RFC 9457): *title* of its kind, *detail* what is wrong and what to do, *reason* why figures wait."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    reason: Withheld | msgspec.UnsetType = msgspec.UNSET


class Board(msgspec.Struct):
    """What each event of the live stream carries, as the line `data`: replace what you show, add nothing up.

    Beside these it has what the tiles of that board draw.
    """

    board: str
    authority: str
    name: str
    team: str | None
    catalogue: str
    state: Literal["live", "delayed", "rebuilding", "store_away", "empty", "unknown_team"]
    now: str
    as_of: str
    speed: float
    simulated: bool
    complete_to: str | None
    delay: Delay | None
    figures: dict[str, Any] | None


class Alive(msgspec.Struct):
    """The process runs."""

    alive: bool


class Ready(msgspec.Struct):
    """Every figure may be shown."""

    ready: bool


TYPES = (Answer, MeasureDescription, Authority, Problem, Board, Alive, Ready)


# --- what is taken ----------------------------------------------------------------------------------------------------

WINDOW_PATTERN = rf"^(now|{'|'.join(FLOW_WINDOWS)}|last_[1-9]\d{{0,3}}_days)$"
BREAKDOWNS = sorted({*(name for measure in MEASURES for name in measure.by), *PLACES})
MEASURE: Schema = {"type": "string", "enum": [measure.name for measure in MEASURES]}


def _many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


PARAMETERS: Mapping[str, tuple[Schema, Any, str]] = {
    "measure": (MEASURE, EXAMPLE_MEASURE, "A measure of the catalogue; of several routes, several or all."),
    "at": (_many(TEXT), ["2017-12-31"], "Days (their ends, in Europe/London) or instants with offset; left out: now."),
    "window": ({**TEXT, "pattern": WINDOW_PATTERN}, "month", "Which days count; left out, the measure's own window."),
    "by": (_many({**TEXT, "enum": BREAKDOWNS}), ["team"], "Divide by breakdowns, of those that the measure has."),
    "only": (_many({**TEXT, "pattern": "="}), ["rag=red"], "Keep to one value of a breakdown, NAME=VALUE."),
    "team": (TEXT, "North Assessment", "Only this team."),
    "locality": (TEXT, "North", "Only this locality."),
    "authority": (TEXT, "E10000008", "Only this authority; left out, all, and on a board the first."),
    "format": ({**TEXT, "enum": ["json", "csv"]}, "json", "Left out, what Accept asks for."),
    "from": (DATE, "2017-01-01", "The first day; left out, twelve months before the last."),
    "to": (DATE, "2017-12-31", "The last day; left out, today."),
    "step": ({**TEXT, "enum": list(STEPS)}, "month", "How often there is a figure."),
    "board": (TEXT, "mash", "Which board; left out, the first."),
}


# --- what is answered -------------------------------------------------------------------------------------------------

JSON, CSV, PROBLEM = "application/json", "text/csv", "application/problem+json"
ERRORS: Mapping[int, str] = {
    400: "What cannot be asked: an unknown parameter or value, or too much at once.",
    403: "A page of another site asks.",
    404: "There is no such thing.",
    405: "Only GET and HEAD are answered.",
    421: "Asked by another name than 127.0.0.1, localhost or [::1].",
    500: "A fault of ours; the server's log says where.",
    503: "Figures may not be shown now; `reason` says why, and Retry-After when to ask again.",
}
EVERYWHERE = (403, 421, 500)
FIGURES: Schema = {
    JSON: {"schema": {"$ref": REF.format(name="Answer")}, "example": EXAMPLE_ANSWER},
    CSV: {"schema": TEXT},
}
NOT_MODIFIED: Schema = {"description": "The answer is the one that If-None-Match names."}


def _list_of(name: str) -> Schema:
    return {JSON: {"schema": _many({"$ref": REF.format(name=name)})}}


def _one(name: str) -> Schema:
    return {JSON: {"schema": {"$ref": REF.format(name=name)}}}


ROUTES: Mapping[str, tuple[Schema, tuple[int, ...]]] = {
    "/v1/measures": (_list_of("MeasureDescription"), (400,)),
    "/v1/measures/{measure}": (_one("MeasureDescription"), (400, 404)),
    "/v1/authorities": (_list_of("Authority"), (400, 503)),
    "/v1/figures": (FIGURES, (400, 404, 503)),
    "/v1/figures/{measure}/series": (FIGURES, (400, 404, 503)),
    "/v1/live": ({"text/event-stream": {"schema": TEXT}}, (400, 404)),
    "/metrics": ({"text/plain": {"schema": TEXT}}, ()),
    "/livez": (_one("Alive"), ()),
    "/readyz": (_one("Ready"), (503,)),
}
WITH_TAGS = ("/v1/figures", "/v1/figures/{measure}/series")


def document(app: FastAPI) -> Schema:
    """Return what `/openapi.json` says of *app*."""
    told: Schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    _, schemas = msgspec.json.schema_components(TYPES, ref_template=REF)
    schemas["Problem"]["properties"]["title"]["enum"] = sorted({*TITLES.values(), "Error"})
    told["components"] = {"schemas": schemas}
    for path, methods in told["paths"].items():
        content, errors = ROUTES[path]
        operation = methods["get"]
        operation["parameters"] = [_parameter(path, it) for it in operation.get("parameters", ())]
        operation["responses"] = _responses(path, content, errors)
    return told


def _parameter(path: str, told: Schema) -> Schema:
    """Return a parameter with what it may be; `measure` is several where it is asked for behind a `?`."""
    schema, example, words = PARAMETERS[told["name"]]
    if told["name"] == "measure" and told["in"] == "query":
        schema, example = _many(schema), [example]
    default = {"default": told["schema"]["default"]} if told["schema"].get("default") else {}
    return {**told, "schema": {**schema, **default}, "example": example, "description": words}


def _responses(path: str, content: Schema, errors: tuple[int, ...]) -> Schema:
    responses: Schema = {"200": {"description": "What was asked for.", "content": content}}
    if path in WITH_TAGS:
        responses["304"] = NOT_MODIFIED
    for status in sorted({*errors, *EVERYWHERE, 405}):
        problem = {PROBLEM: {"schema": {"$ref": REF.format(name="Problem")}, "example": _example_problem(status)}}
        responses[str(status)] = {"description": ERRORS[status], "content": problem}
    return responses


def _example_problem(status: int) -> Schema:
    reason = {"reason": "rebuilding"} if status == 503 else {}
    return {"type": "about:blank", "title": TITLES[status], "status": status, "detail": ERRORS[status], **reason}
