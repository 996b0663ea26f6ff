"""One number, whichever face shows it: the reference, the API, CSV, /metrics, the topic of figures and the board."""

import csv
import io
import json
import subprocess
import urllib.request
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from deploy.machine.programs import free_port
from events.decode import decode
from events.simulator.clock import DemonstrationClock
from events.time import LONDON
from metrics.catalogue import BY_NAME, MEASURES
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.windows import parse_at
from tests.conftest import Store
from tests.histories import history
from tests.journeys.parts import MAIN, Process, committed, environment, eventually, new_topic, newest, send, worker

AUTHORITY, NOW = "X99999901", datetime(2018, 1, 10, 11, tzinfo=LONDON)
WALL = datetime(2026, 11, 30, tzinfo=UTC)
SLOWLY = 1e-6  # the authority's clock all but stands, so that every face is asked at one moment

Key = tuple[str, str | None, tuple[tuple[str, str], ...]]  # measure, team, band or statistic
Number = tuple[float | None, float | None]  # numerator and denominator; of a wait, its value


def log() -> list[dict[str, Any]]:
    """Histories of the winter in which the clock stands, each with children of its own."""
    found: list[dict[str, Any]] = []
    for seed in range(200):
        events = history(seed, authority=AUTHORITY)
        if events[0]["recorded_at"] > "2017-09" and events[0]["recorded_at"] < "2018-03":
            found += ({k: f"{seed}-{v}" if k in ("child", "into", "id") else v for k, v in e.items()} for e in events)
    return [event for event in found if event["type"] != "feed.reported"]


def test_every_face_shows_the_same_number(kafka: str, valkey: Store, tmp_path: Path) -> None:
    """Every measure, of the whole authority and of each team, at one moment: what the reference counts."""
    topic, told, port = new_topic(kafka), log(), free_port()
    clock = tmp_path / "clock.json"
    clock.write_bytes(DemonstrationClock(started_at=datetime.now(UTC), began_at=NOW, speed=SLOWLY).encode())
    rules = tmp_path / "authority.toml"  # the reference sets nothing, and what a demonstration sets stays out
    rules.write_text(f'[{AUTHORITY}]\nname = "Wexshire"\n')
    env = environment(kafka, valkey.url, topic) | {
        "CASEPULSE_DEMONSTRATION": str(clock),
        "CASEPULSE_AUTHORITIES": str(rules),
    }
    send(kafka, topic, told)
    book = InMemoryStore(RulesByAuthority()).tell(decode(json.dumps(event).encode(), WALL) for event in told)
    truth = reference(book)
    assert sum(any(number[0] for key, number in truth.items() if key[0] == m.name) for m in MEASURES) > 25
    server = Process("serve", "--port", str(port), env=env, log=tmp_path / "serve.log")
    try:
        with worker(env, tmp_path / "worker.log"):
            eventually(lambda: committed(valkey.url, topic) == len(told), within=60)
            eventually(lambda: ready(port), within=30)
            for name, face in (("API", api(port)), ("CSV", as_csv(port)), ("command", command(env, tmp_path, told))):
                assert face == truth, difference(name, face, truth)
            # a team with nothing has a 0 there, and no figure of its own elsewhere
            scraped = {key: it for key, it in prometheus(port).items() if key in truth or any(it)}
            assert scraped == {key: truth[key] for key in scraped}, difference("/metrics", scraped, truth)
            assert {key[0] for key in scraped} == {key[0] for key in truth if key[1] is not None}
            eventually(lambda: published(kafka, topic, truth), within=60, every=1.0)
            shown = board(port)
            assert len(shown) > 8
            for figure in shown:
                assert number(figure) == one(book, figure), figure
    finally:
        server.kill()


def reference(book: InMemoryStore) -> dict[Key, Number]:
    sums = book.sums()[AUTHORITY]
    at = parse_at(NOW.isoformat())
    return {
        key_of(told): number(told)
        for measure in MEASURES
        for by in ((), ("team",))
        for figure in evaluate(sums, AUTHORITY, Question(measure=measure, at=at, by=by))
        for told in [as_told(figure)]
    }


def as_told(figure: Figure) -> dict[str, Any]:
    names = ("measure", "kind", "team", "by", "numerator", "denominator", "value")
    return {name: getattr(figure, name) for name in names}


def key_of(figure: dict[str, Any]) -> Key:
    return figure["measure"], figure["team"], tuple(sorted(figure["by"].items()))


def number(figure: dict[str, Any]) -> Number:
    """Return what must be the same; a wait goes on while we ask, so it is compared to the second."""
    if figure["kind"] == "age":
        return None if figure["value"] is None else round(figure["value"] * 3600), None
    return figure["numerator"], figure["denominator"]


def one(book: InMemoryStore, figure: dict[str, Any]) -> Number:
    """Return what the reference says to the question that *figure* answers."""
    question = Question(
        measure=BY_NAME[figure["measure"]],
        at=parse_at(figure["at"]),
        window=figure["window"],
        team=figure["team"],
        wanted={name: value for name, value in figure["by"].items() if name != "statistic"},
    )
    found = evaluate(book.sums()[AUTHORITY], AUTHORITY, question)
    return next(number(as_told(it)) for it in found if it.by == figure["by"])


def difference(name: str, face: dict[Key, Number], truth: dict[Key, Number]) -> str:
    wrong = [key for key in face.keys() | truth.keys() if face.get(key) != truth.get(key)]
    return f"{name}: {[(key, face.get(key), truth.get(key)) for key in sorted(wrong, key=str)][:5]}"


# --- the faces --------------------------------------------------------------------------------------------------------


def fetched(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return str(response.read().decode())


def ready(port: int) -> bool:
    try:
        return bool(json.loads(fetched(port, "/readyz"))["ready"]) and AUTHORITY in fetched(port, "/v1/authorities")
    except OSError:
        return False


def numbered(found: Iterable[dict[str, Any]]) -> dict[Key, Number]:
    return {key_of(figure): number(figure) for figure in found}


def api(port: int) -> dict[Key, Number]:
    return numbered(f for q in ("", "?by=team") for f in json.loads(fetched(port, f"/v1/figures{q}"))["figures"])


def as_csv(port: int) -> dict[Key, Number]:
    found: dict[Key, Number] = {}
    for query in ("?format=csv", "?by=team&format=csv"):
        for row in csv.DictReader(io.StringIO(fetched(port, f"/v1/figures{query}"))):
            by = dict(pair.split("=", 1) for pair in row["by"].split(";") if pair)
            numbers = {name: float(row[name]) if row[name] else None for name in ("numerator", "denominator", "value")}
            figure = {"measure": row["measure"], "team": row["team"] or None, "by": by, **numbers}
            found[key_of(figure)] = number(figure | {"kind": BY_NAME[row["measure"]].kind})
    return found


def command(env: dict[str, str], folder: Path, told: list[dict[str, Any]]) -> dict[Key, Number]:
    file = folder / "log.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in told))
    found: dict[Key, Number] = {}
    for by in ((), ("--by", "team")):
        done = subprocess.run(
            [*MAIN, "figures", "--from", str(file), "--at", NOW.isoformat(), "--json", *by],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        found |= numbered(json.loads(done.stdout)["figures"])
    return found


def prometheus(port: int) -> dict[Key, Number]:
    """Return what is scraped, put together again; a rate's children are the authority's, and no team's."""
    samples = {
        (sample.name, sample.labels.get("team"), sample.labels.get("band")): sample.value
        for family in text_string_to_metric_families(fetched(port, "/metrics"))
        for sample in family.samples
        if sample.labels.get("authority") == AUTHORITY
    }
    found: dict[Key, Number] = {}
    for (name, team, band), value in samples.items():
        measure = next((m for m in MEASURES if name == f"casepulse_{m.name}{ENDINGS[m.kind]}"), None)
        if measure is None or not team:
            continue
        key = measure.name, team, (("band", band),) if band else ()
        below = samples.get((f"casepulse_{measure.name}_denominator", team, band))
        if measure.kind == "distribution":
            below = sum(v for (n, t, _), v in samples.items() if n == name and t == team)
        found[key] = (round(value), None) if measure.kind == "age" else (value, below)
    return found


ENDINGS = {"count": "", "quotient": "_numerator", "rate": "_numerator", "age": "_seconds", "distribution": ""}


def published(kafka: str, topic: str, truth: dict[Key, Number]) -> bool:
    """Return whether the newest under every key is what it should be; teams without any are there with nothing."""
    found = numbered(newest(kafka, topic).values())
    return all(found.get(key) == number for key, number in truth.items())


def board(port: int) -> list[dict[str, Any]]:
    """Return the figures of the first message of the live stream."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/live?authority={AUTHORITY}", timeout=10) as stream:
        line = next(line for line in stream if line.startswith(b"data: {") and b'"figures"' in line)
    shown = json.loads(line[6:])["figures"].values()
    return [figure for tile in shown if tile for figure in (tile if isinstance(tile, list) else [tile])]
