"""The sources of events: `load` takes its choices from one tuple, and says what became of every line."""

import json
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from deploy.command import main
from deploy.verbs.load import load
from events.sources.catalogue import SOURCES, source_named
from events.sources.source import PathKind, Request
from events.sources.ssda903.returns import read_request

EVENT = {
    "type": "referral.received",
    "id": "t-1",
    "authority": "X99999901",
    "record": "R-1",
    "source": "simulator",
    "recorded_at": "2018-03-05T10:30:00Z",
    "occurred_on": "2018-03-05",
    "child": "child-1",
}
OTHER = {**EVENT, "id": "t-2", "authority": "X99999902"}


@pytest.fixture
def events_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with an event of each of two authorities, an empty line, and a line that is no event."""
    monkeypatch.setenv("CASEPULSE_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "some.ndjson"
    path.write_text("\n".join([json.dumps(EVENT), "", "child-9", json.dumps(OTHER)]))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["load", *map(str, arguments)])


def test_each_source_has_a_name_of_its_own() -> None:
    """The names are the choices of --source, and its help says what each path has to be."""
    names = [source.name for source in SOURCES]
    assert len(set(names)) == len(names)
    assert [source_named(name) for name in names] == list(SOURCES)
    option = next(option for option in load.params if "--source" in option.opts)
    assert isinstance(option, click.Option)
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == names
    assert all(f"{source.name}: {source.path_is}" in str(option.help) for source in SOURCES)


def test_every_line_of_a_file_of_events_is_accounted_for(events_file: Path) -> None:
    """An event, or left for a reason; empty lines are none. No line is repeated."""
    target = events_file.with_name("out.ndjson")
    done = run(events_file, "--source", "events", "--to", target)
    assert done.exit_code == 0, done.output
    assert "some.ndjson: 2 events; 1 left, not_json 1" in done.output
    assert "child-9" not in done.output
    *events, first, second = (json.loads(line) for line in target.read_text().splitlines())
    assert events == [EVENT, OTHER]
    assert [(each["type"], each["authority"]) for each in (first, second)] == [
        ("feed.reported", "X99999901"),
        ("feed.reported", "X99999902"),
    ]


CANARY = "child-9"
LINES_NOT_SAID = 4


def bad_lines(folder: Path) -> Path:
    """Write a file of an event and of lines that are none, in three ways; one of them often."""
    long_record = {**EVENT, "record": f"{CANARY}-{'x' * 64}"}
    without_child = {name: value for name, value in EVENT.items() if name != "child"}
    good, *bad = (json.dumps(each) for each in (EVENT, long_record, without_child))
    file = folder / "bad.ndjson"
    file.write_text("\n".join(["", *[good] * 20, *[bad[0]] * (5 + LINES_NOT_SAID), "", bad[1], f"{{{CANARY}"]) + "\n")
    return file


SAID = [
    "wrong_length $.record: lines 22, 23, 24, 25, 26 and 4 more",
    "missing_field $.child: line 32",
    "not_json: line 33",
]


def test_a_line_that_is_no_event_is_named_with_its_field(tmp_path: Path) -> None:
    """Why, which field, on which lines, as an editor counts them; never what stands there."""
    done = run(bad_lines(tmp_path), "--source", "events", "--to", tmp_path / "out.ndjson")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[1:4] == [f"  {line}" for line in SAID]
    assert CANARY not in done.output


def test_figures_of_a_file_name_the_lines_that_are_none(tmp_path: Path) -> None:
    """Under how many there are of each reason."""
    arguments = ["figures", "enquiries_received", "--from", str(bad_lines(tmp_path)), "--json"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    head, *lines = done.stderr.splitlines()
    assert head == "11 dead letters, wrong_length 9, missing_field 1, not_json 1"
    assert lines == [f"  {line}" for line in SAID]
    assert CANARY not in done.output


def test_events_of_another_authority_are_left(events_file: Path) -> None:
    """With --authority, whatever the events say of themselves."""
    target = events_file.with_name("out.ndjson")
    done = run(events_file, "--source", "events", "--authority", "X99999902", "--to", target)
    assert "some.ndjson: 1 events; 2 left, of another authority 1, not_json 1" in done.output
    told, report = (json.loads(line) for line in target.read_text().splitlines())
    assert (told, report["authority"]) == (OTHER, "X99999902")


def test_last_is_said_up_to_when_the_feed_is_complete(events_file: Path, tmp_path: Path) -> None:
    """By the file, never by the clock: the newest that each source recorded, or the day stated. Twice is the same."""
    older = {**EVENT, "id": "t-3", "source": "eclipse", "recorded_at": "2018-03-04T10:30:00+01:00"}
    newer = {**older, "id": "t-4", "recorded_at": "2018-03-04T10:30:00Z"}
    own = {**EVENT, "id": "t-5", "type": "feed.reported", "complete_to": "2018-03-06T00:00:00Z"}
    events_file.write_text("\n".join(json.dumps(event) for event in (newer, older, EVENT)))

    def reports(*options: str) -> list[tuple[str, str, str]]:
        target = tmp_path / "out.ndjson"
        done = run(events_file, "--source", "events", "--to", target, *options)
        assert done.exit_code == 0, done.output
        told = [json.loads(line) for line in target.read_text().splitlines()]
        assert len({each["id"] for each in told}) == len(told)
        last = [each for each in told if each["type"] == "feed.reported"]
        assert told[-len(last) :] == last
        return [(each["record"], each["complete_to"], each["recorded_at"]) for each in last]

    newest = ("eclipse", "2018-03-04T10:30:00Z", "2018-03-04T10:30:00Z")
    assert reports() == reports() == [newest, ("simulator", "2018-03-05T10:30:00Z", "2018-03-05T10:30:00Z")]
    stated = "2018-03-31T23:59:59+01:00"
    assert reports("--as-of", "2018-03-31") == [("eclipse", stated, stated), ("simulator", stated, stated)]
    with events_file.open("a") as file:
        file.write(f"\n{json.dumps({**own, 'record': 'simulator'})}")
    assert [source for source, _, at in reports() if at != "2018-03-05T10:30:00Z"] == ["eclipse"]
    assert len(reports()) == 2, "who says it himself is not said again"


def test_a_file_of_which_under_half_are_events_is_refused(events_file: Path, tmp_path: Path) -> None:
    """It is some other file. Nothing is written, and the report says what its lines are."""
    events_file.write_text("\n".join([json.dumps(EVENT), "a", "b"]))
    done = run(events_file, "--source", "events", "--to", tmp_path / "out.ndjson")
    assert done.exit_code == 1
    assert "some.ndjson: 1 events; 2 left, not_json 2" in done.output
    assert "Error: some.ndjson: 1 of 3 lines are events, under half: nothing is sent" in done.output
    assert not (tmp_path / "out.ndjson").exists()


def test_a_day_that_has_not_come_is_wrong_use(events_file: Path) -> None:
    """Nothing can be complete to it, and all that is recorded on it would be a dead letter."""
    done = run(events_file, "--source", "events", "--as-of", "2099-03-31")
    assert (done.exit_code, "--as-of 2099-03-31 has not come" in done.output) == (2, True)


def test_events_are_made_as_they_are_asked_for(tmp_path: Path) -> None:
    """Of a return of 1,500 children little more is held than of 300: no rows, and no events."""
    most = []
    for children in (300, 1500):
        asked = request(made_return(tmp_path / str(children), children))
        tracemalloc.start()
        events = sum(1 for _ in read_request(asked).events)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert events > 10 * children
    assert most[1] - most[0] < 1200 * 1000, "bytes; the events of a child take several times as much"


def made_return(folder: Path, children: int) -> Path:
    """Write a return in which each child moves once."""
    folder.mkdir()
    headings = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE\n"
    rows = "{0},01/05/2017,S,C2,N1,U4,PR1,03/06/2017,X1,\n{0},03/06/2017,P,C2,N1,U6,PR1,,,\n"
    (folder / "episodes.csv").write_text(headings + "".join(rows.format(n) for n in range(children)))
    (folder / "header.csv").write_text("CHILD,DOB\n" + "".join(f"{n},15/06/2010\n" for n in range(children)))
    return folder


def request(folder: Path) -> Request:
    return Request((folder,), "E10000008", (date(2018, 3, 31),), datetime(2018, 4, 1, tzinfo=UTC), folder / "key")


@pytest.mark.parametrize("name", [source.name for source in SOURCES])
def test_a_path_of_the_wrong_kind_is_wrong_use(events_file: Path, name: str) -> None:
    """A folder for a file, or a file for a folder: the error says what to give."""
    source = source_named(name)
    path = events_file.parent if source.path_kind is PathKind.FILE else events_file
    done = run(path, "--source", name, "--authority", "E10000008", "--as-of", "2018-03-31")
    assert done.exit_code == 2
    assert f"for --source {name} give {source.path_is}" in " ".join(done.output.split())


@pytest.mark.parametrize("name", [source.name for source in SOURCES if source.is_return])
def test_a_return_needs_its_authority_and_its_day(tmp_path: Path, name: str) -> None:
    """Neither is in it; and it never goes into the made-up authority."""
    path = tmp_path if source_named(name).path_kind is PathKind.FOLDER else tmp_path / "return"
    path.touch()
    assert "a return needs --authority and --as-of" in run(path, "--source", name).output
    assert "a return needs" in run(path, "--source", name, "--as-of", "2018-03-31").output
    done = run(path, "--source", name, "--authority", "X99999901", "--as-of", "2018-03-31")
    assert (done.exit_code, "a real return never goes into it" in done.output) == (2, True)


def test_what_would_fail_after_the_reading_is_refused_before(events_file: Path, tmp_path: Path) -> None:
    """A folder that is not there; and an empty authority, as an unset variable of a script gives it, which is none."""
    done = run(events_file, "--source", "events", "--to", tmp_path / "nowhere" / "out.ndjson")
    assert (done.exit_code, "there is no folder" in done.output) == (2, True)
    done = run(events_file, "--source", "events", "--authority", "", "--to", tmp_path / "out.ndjson")
    assert (done.exit_code, "it is empty: name an authority" in done.output) == (2, True)
    assert not (tmp_path / "out.ndjson").exists()
