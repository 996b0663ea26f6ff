"""What /openapi.json says is so: every answer that really comes is as it says, its errors and examples too."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from metrics.catalogue import MEASURES
from metrics.exposition.boards import BOARDS
from tests.boards import DECEMBER, Clock, Told, front_door
from tests.contracts.test_guard import OURS, Answer, Headers, asked
from tests.story import AUTHORITY

Schema = Mapping[str, Any]

PATHS = ("/v1/figures", "/v1/figures/{measure}/series")
KNOWN = {"type", "enum", "properties", "required", "items", "anyOf", "$ref", "additionalProperties", "pattern"}
WORDS = {"title", "description", "default", "format", "example"}
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def faults(value: Any, schema: Schema, root: Schema, at: str = "$") -> Iterator[str]:
    """Yield where *value* is not as *schema* says, or says more than it; a word of JSON Schema unknown here is one too.

    Stricter than JSON Schema: a field that is not told of is a fault, except where the schema is of several boards.
    """
    if unknown := schema.keys() - KNOWN - WORDS:
        yield f"{at}: this test does not know {unknown}"
    if "$ref" in schema:
        yield from faults(value, root["components"]["schemas"][schema["$ref"].rpartition("/")[2]], root, at)
        return
    if "anyOf" in schema and not any(not [*faults(value, each, root, at)] for each in schema["anyOf"]):
        yield f"{at}: {value!r} is none of what it may be"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not in the list"
    if "type" in schema:
        if not isinstance(value, TYPES[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
            yield f"{at}: {value!r} is no {schema['type']}"
            return
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at}: {value!r} is not as {schema['pattern']}"
        for number, item in enumerate(value if isinstance(value, list) else ()):
            yield from faults(item, schema["items"], root, f"{at}[{number}]")
        if isinstance(value, dict):
            yield from _faults_of_fields(value, schema, root, at)


def _faults_of_fields(value: dict[str, Any], schema: Schema, root: Schema, at: str) -> Iterator[str]:
    told = schema.get("properties", {})
    yield from (f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    more = schema.get("additionalProperties", {} if schema.get("title") == "Board" or not told else None)
    for name, item in value.items():
        if name not in told and more is None:
            yield f"{at}: {name} is not told of"
        else:
            yield from faults(item, told.get(name, more), root, f"{at}.{name}")


def server(reader: Told | None = None) -> FastAPI:
    from metrics.exposition.http.app import create_app

    told = reader or Told(front_door(DECEMBER.date(), weeks=6))
    return create_app(told, Clock(DECEMBER).clocks(told.rules))


def document() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(asked(server(), "/openapi.json").body)
    return told


def check(path: str, answer: Answer) -> None:
    """Check that *answer* is one that the route called *path* is told to give."""
    root = document()
    told = root["paths"][path]["get"]["responses"]
    assert str(answer.status) in told, (path, answer.status)
    if answer.status == 304:
        return
    media = answer.headers["content-type"].partition(";")[0]
    schema = told[str(answer.status)]["content"][media]["schema"]
    value = json.loads(answer.body) if media.endswith("json") else answer.body.decode()
    assert not [*faults(value, schema, root)]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/figures", ""),
        ("/v1/figures", "by=team&at=2017-12-14&at=2017-12-01T09:00:00Z"),
        ("/v1/figures", "format=csv"),
        ("/v1/figures", "at=2017-12-01"),
        ("/v1/figures", "measure=enquiries_received&by=rag&window=last_30_days"),
        ("/v1/figures/{measure}/series", "step=week"),
        ("/v1/measures", ""),
        ("/v1/measures/{measure}", ""),
        ("/v1/authorities", ""),
        ("/v1/live", ""),
        ("/metrics", ""),
        ("/livez", ""),
        ("/readyz", ""),
    ],
)
def test_answers_are_as_they_are_told(path: str, query: str) -> None:
    """Every field of them, with its type and the values that it may have."""
    answer = asked(server(), path.format(measure="enquiries_received"), query=query.encode())
    assert answer.status == 200
    check(path, answer)


def test_every_measure_and_figure_is_as_it_is_told() -> None:
    """Of each kind, and with every breakdown that it has."""
    app = server()
    for measure in MEASURES:
        check("/v1/measures/{measure}", asked(app, f"/v1/measures/{measure.name}"))
        for by in (*measure.by, "team"):
            check("/v1/figures", asked(app, "/v1/figures", query=f"measure={measure.name}&by={by}".encode()))


@pytest.mark.parametrize(
    ("path", "query", "headers", "method", "status"),
    [
        ("/v1/figures", "tema=North", OURS, "GET", 400),
        ("/v1/measures", "tema=North", OURS, "GET", 400),
        ("/v1/measures/{measure}", "tema=North", OURS, "GET", 400),
        ("/v1/authorities", "tema=North", OURS, "GET", 400),
        ("/v1/figures", "measure=nonsense", OURS, "GET", 404),
        ("/v1/live", "board=nonsense", OURS, "GET", 404),
        ("/v1/figures/{measure}/series", "step=fortnight", OURS, "GET", 400),
        ("/v1/figures", "", [(b"host", b"evil.example")], "GET", 421),
        ("/v1/live", "", [*OURS, (b"origin", b"https://evil.example")], "GET", 403),
        ("/metrics", "", OURS, "POST", 405),
    ],
)
def test_errors_are_as_they_are_told(path: str, query: str, headers: Headers, method: str, status: int) -> None:
    """Each that comes is told of, with the form that all errors have."""
    answer = asked(server(), path.format(measure="enquiries_received"), headers, method, query.encode())
    assert answer.status == status
    check(path, answer)


@pytest.mark.parametrize("path", [*PATHS, "/v1/authorities"])
def test_what_is_withheld_is_told_of(path: str) -> None:
    """503, with the reason."""
    reader = Told()
    reader.withheld = 0.3
    answer = asked(server(reader), path.format(measure="enquiries_received"))
    assert (answer.status, json.loads(answer.body)["reason"]) == (503, "rebuilding")
    check(path, answer)


def test_a_fault_of_ours_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """500, as an error like others."""

    def fault(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Told, "snapshot", fault)
    answer = asked(server(), "/v1/figures")
    assert answer.status == 500
    check("/v1/figures", answer)


def test_the_examples_are_what_they_are_examples_of() -> None:
    """Of parameters and of answers."""
    root = document()
    examples = 0
    for operation in (methods["get"] for methods in root["paths"].values()):
        for it in operation.get("parameters", ()):
            assert not [*faults(it["example"], it["schema"], root)], it["name"]
            assert it["description"]
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                if "example" in content:
                    examples += 1
                    assert not [*faults(content["example"], content["schema"], root)]
    assert examples > 20


def test_the_lists_of_parameters_are_what_is_taken() -> None:
    """Each value of a list is answered, or is no breakdown of that measure; one that is in no list is refused."""
    app, root = server(), document()
    for path in PATHS:
        for it in root["paths"][path]["get"]["parameters"]:
            values = (it["schema"].get("items") or it["schema"]).get("enum", ())
            for value in values if it["in"] == "query" else ():
                name, measure = it["name"], value if it["name"] == "measure" else "enquiries_received"
                told = asked(app, path.format(measure=measure), query=f"{name}={value}".encode())
                assert told.status == 200 or b"has no breakdown" in told.body, (name, value)
            if values:
                assert asked(app, path.format(measure="x"), query=f"{it['name']}=nonsense".encode()).status in (
                    400,
                    404,
                )


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_board_is_as_it_is_told(board: Any) -> None:
    """In each of its states, as far as all boards are the same."""
    root = document()
    live, empty, waiting = Told(front_door(DECEMBER.date(), weeks=2)), Told(), Told()
    waiting.withheld = 0.3
    states = set()
    for reader, team in ((live, None), (live, "Nroth"), (empty, None), (waiting, None)):
        message = reader.message(DECEMBER, team, name=AUTHORITY, board=board)
        states.add(message["state"])
        assert not [*faults(message, root["components"]["schemas"]["Board"], root)]
    assert states == {"live", "unknown_team", "empty", "rebuilding"}


def test_no_route_for_programs_is_left_out() -> None:
    """All but the pages and their files."""
    pages = {"/", "/boards", "/boards/{name}", "/boards/assets/{name}", "/favicon.ico", "/openapi.json"}
    assert {getattr(route, "path", "") for route in server().routes} - pages == document()["paths"].keys()
