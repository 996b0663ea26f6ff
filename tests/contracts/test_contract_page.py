"""The page of the contract says what the product does: its tables of names are the code's, its examples are read."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import click
import httpx
import msgspec
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from deploy.command import main
from events import EVENTS
from events.decode import Reason, decode
from events.event import ChildEvent, Event, Origin
from events.feed import FeedReported
from events.person import ChildMerged
from metrics.catalogue import BY_NAME, PARTS
from metrics.exposition.feeds.csv import COLUMNS
from metrics.exposition.http.app import create_app
from metrics.figures.figure import Answer, Figure
from metrics.lives.terms import PLACING
from metrics.measure import Kind
from streams.broker import topics
from streams.broker.sender import headers
from streams.publishing.figures_topic import RecordContext
from streams.worker.health import Counters
from tests import conftest
from tests.contracts.test_api import CLOCKS, asking
from tests.story import NOW

PAGE = Path("docs/contract.md").read_text()
WAITING = {  # what no measure reads yet, and the word that section 2 has for it
    "adoption": "adoption",
    "care_leaver": "care leavers",
    "care_review": "reviews",
    "health_assessment": "health assessments",
    "missing": "missing episodes",
    "need_plan": "need plans",
    "protection_plan": "reviews",
    "return_interview": "interviews",
    "visit": "visits",
    "worker": "workers",
}

Row = list[str]


def section(number: int) -> str:
    """Return the text of a section, without its number."""
    return re.split(r"^## \d\. ", PAGE, flags=re.MULTILINE)[number]


def tables(text: str) -> Iterator[list[Row]]:
    """Yield the rows of each table, its head first and the line below that left out."""
    for block in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        yield [rows[0], *rows[2:]]


def table(text: str, head: str) -> list[Row]:
    """Return the rows of the first table whose first column is called *head*."""
    return next(rows[1:] for rows in tables(text) if rows[0][0] == head)


def names(rows: list[Row]) -> list[str]:
    """Return what stands in backticks at the start of each row."""
    return [row[0].strip("`") for row in rows]


def examples(kind: str) -> list[str]:
    """Return the blocks of code of one *kind*."""
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


# --- events -----------------------------------------------------------------------------------------------------


def test_the_envelope_is_the_event_s() -> None:
    """Every field that all events share, and which of them are required."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(Event)}
    rows = table(section(1), "field")
    assert {*names(rows)} == {"type", "child", *fields}
    required = {name for row, name in zip(rows, names(rows), strict=True) if row[2] == "required"}
    assert required == {"type", "child", *(name for name, field in fields.items() if field.required)}
    told = next(row[3] for row in rows if row[0] == "`origin`")
    assert all(f"`{origin}`" in told for origin in get_args(Origin))


def test_the_types_are_those_that_decode_knows() -> None:
    """Each with its fields, which of them may be left out, and which are lists."""
    told = {row[0].strip("`"): _fields(row[1]) for row in table(section(2), "type")}
    assert told == {kind.__struct_config__.tag: _own_fields(kind) for kind in EVENTS}


def _fields(cell: str) -> dict[str, tuple[bool, bool]]:
    """Return the fields of a cell, `rag`? or `outcomes`[]: whether optional, whether a list."""
    return {name: ("?" in marks, "[]" in marks) for name, marks in re.findall(r"`(\w+)`([?\[\]]*)", cell)}


def _own_fields(kind: type[Event]) -> dict[str, tuple[bool, bool]]:
    envelope = {*ChildEvent.__struct_fields__}
    return {
        field.name: (not field.required, "tuple" in str(field.type))
        for field in msgspec.structs.fields(kind)
        if field.name not in envelope or (field.name == "team" and field.required)
    }


def test_what_nothing_reads_yet_is_said() -> None:
    """A type that a measure begins to read is no longer among those that wait for one."""
    read = {kind for part in PARTS for kind in part.reads} | {*PLACING, ChildMerged, FeedReported}
    waiting = {str(kind.__struct_config__.tag).partition(".")[0] for kind in EVENTS if kind not in read}
    said = " ".join(section(2).partition("All types are read and kept.")[2].split())
    assert waiting == {*WAITING}
    assert [word for word in WAITING.values() if word not in said] == []


def test_the_reasons_of_dead_letters_are_all_of_them() -> None:
    """In the order of the code, each with words."""
    rows = table(section(1), "reason")
    assert names(rows) == [str(reason) for reason in Reason]
    assert all(row[1] for row in rows)


def test_every_example_is_read_by_the_product() -> None:
    """An event is decoded, an answer is an answer: with nothing more in it than the product writes."""
    read = [json.loads(text) for text in examples("json")]
    read += [json.loads(line) for block in examples("ndjson") for line in block.splitlines()]
    assert len(read) > 5
    for example in read:
        text = json.dumps(example).encode()
        if "type" in example:
            assert decode(text, NOW).type == example["type"]
        else:
            assert msgspec.to_builtins(msgspec.json.decode(text, type=Answer)) == example


def test_the_answer_is_what_the_command_gives(tmp_path: Path) -> None:
    """The command of section 3, run on the events above it; of the fingerprint, which every change moves, the form."""
    (tmp_path / "events.ndjson").write_text(examples("ndjson")[0])
    line = re.search(r"^`casepulse (figures .* --json)` answers:$", PAGE, flags=re.MULTILINE)
    assert line is not None
    words = [str(tmp_path / word) if word.endswith(".ndjson") else word for word in line[1].split()]
    given = json.loads(CliRunner().invoke(main, words).stdout)
    (shown,) = (json.loads(text) for text in examples("json") if '"figures"' in text)
    assert len(given.pop("catalogue")) == len(shown.pop("catalogue"))
    assert given == shown


# --- figures ----------------------------------------------------------------------------------------------------


def test_the_fields_of_figures_and_answers_are_all_of_them() -> None:
    """In the order in which they are written; and every kind of figure is explained."""
    envelope, fields = (rows for rows in tables(section(3)) if rows[0][0] == "field")
    assert names(envelope[1:]) == [*Answer.__struct_encode_fields__]
    assert names(fields[1:]) == [*Figure.__struct_encode_fields__]
    assert {*names(table(section(3), "kind"))} == {*get_args(Kind)} == {*names(table(section(6), "kind"))}


# --- the command ------------------------------------------------------------------------------------------------


def test_the_verbs_are_those_of_the_command() -> None:
    """Each with all of its options, and none that it does not have; hidden ones are nobody's business."""
    told = {row[0].strip("`"): {*re.findall(r"`(--[\w-]+)`", row[2])} for row in table(section(4), "verb")}
    context = click.Context(main)
    verbs = {name: main.get_command(context, name) for name in main.list_commands(context)}
    assert told == {name: {*_options(verb)} for name, verb in verbs.items() if verb is not None and not verb.hidden}


def _options(verb: click.Command) -> Iterator[str]:
    for option in verb.params:
        if isinstance(option, click.Option) and not option.hidden:
            yield from (*option.opts, *option.secondary_opts)


def test_the_columns_of_csv_are_said() -> None:
    """In one piece, as the first line has them."""
    assert f"`{','.join(COLUMNS)}`" in section(4)


# --- HTTP -------------------------------------------------------------------------------------------------------


def test_the_routes_are_those_of_the_server() -> None:
    """Every one, and no other."""
    app = create_app(None, CLOCKS)  # type: ignore[arg-type]  # nobody is asked anything
    served = {f"GET {getattr(route, 'path', '')}" for route in app.routes}
    assert {*names(table(section(5), "route"))} == served


@pytest.mark.parametrize(
    ("path", "ends"), [("/v1/figures", "Left out"), ("/v1/figures/{measure}/series", "each point")]
)
def test_the_parameters_are_said(path: str, ends: str) -> None:
    """Each by its name, where its route is explained."""
    schema = create_app(None, CLOCKS).openapi()  # type: ignore[arg-type]
    asked = {it["name"] for it in schema["paths"][path]["get"]["parameters"] if it["in"] == "query"}
    start = "The series takes" if "series" in path else "`/v1/figures` takes"
    words = section(5)[section(5).index(start) :]
    told = words[: words.index(ends)]
    assert asked <= {*re.findall(r"`(\w+)`", told)}


# --- Prometheus -------------------------------------------------------------------------------------------------


def test_the_server_s_own_series_are_said(valkey: conftest.Store) -> None:
    """Each by its name and labels; those of figures follow from the catalogue."""

    async def ask(client: httpx.AsyncClient) -> None:
        families = text_string_to_metric_families((await client.get("/metrics")).text)
        own = {
            f.name: {name for sample in f.samples for name in sample.labels} for f in families if not _of_figure(f.name)
        }
        told = _labelled(section(6).partition("Each worker")[0])
        assert own.keys() == told.keys()
        assert {name: labels for name, labels in own.items() if labels - told[name]} == {}

    asking(valkey, ask)


def _of_figure(name: str) -> bool:
    bare = name.removeprefix("casepulse_")
    return any(bare.removesuffix(end) in BY_NAME for end in ("", "_numerator", "_denominator", "_seconds", "_target"))


def test_the_worker_s_own_series_are_said() -> None:
    """Each by its name, as Prometheus shows it, and labels."""
    counters = Counters()
    shown = {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in counters.registry.collect()
    }
    assert _labelled(section(6).partition("Each worker")[2]).keys() == shown.keys()


def _labelled(text: str) -> Mapping[str, set[str]]:
    return {row[0].strip("`"): {*re.findall(r"`(\w+)`", row[1])} for row in table(text, "name")}


# --- topics -----------------------------------------------------------------------------------------------------


def test_the_topics_are_those_that_are_made() -> None:
    """By name, and how many partitions the events have."""
    rows = table(section(7), "topic")
    assert names(rows) == [topics.EVENTS, topics.rejected(topics.EVENTS), topics.figures(topics.EVENTS)]
    assert rows[0][2].startswith(str(topics.PARTITIONS))


def test_the_headers_are_those_that_are_sent() -> None:
    """Of an event, and of a figure."""
    event = decode(examples("json")[0].encode(), NOW)
    assert names(table(section(1), "header")) == [name for name, _ in headers(event)]
    context: Any = RecordContext(log="log", position=1, catalogue="rules", simulated=False)
    sent = [name for name, _ in context.headers("key", "2018-01-04", withdrawn=False)]
    assert names(table(section(7), "header")) == sent
