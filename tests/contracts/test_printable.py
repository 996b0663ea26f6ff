"""What others told is text wherever it is shown: it steers no terminal, and begins no line or row of its own."""

import csv
import io
import json
import logging
import sys
import unicodedata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from deploy.command import main
from deploy.doctor.finding import wrong
from deploy.terminal import screened
from deploy.verbs import measures
from metrics.exposition.feeds.csv import COLUMNS, lines_of
from metrics.printable import printable, printable_lines
from tests.story import AUTHORITY

EVIL = "\x1b[2JTeam\r\n\x9b31m\x00\x7f\u202egnirrahw\u2028=1+1"
WRITTEN = "\\u001b[2JTeam\\u000d\\u000a\\u009b31m\\u0000\\u007f\\u202egnirrahw\\u2028=1+1"
EVENT = {
    "type": "enquiry.received",
    "id": "1",
    "authority": AUTHORITY,
    "child": "ada\x1b]0;",
    "record": "E1\r",
    "source": "eclipse",
    "occurred_at": "2025-06-02T09:00:00Z",
    "recorded_at": "2025-06-02T09:00:00Z",
    "team": EVIL,
    "enquiry_source": "school\x1b[31m",
}


def run(folder: Path, *words: str) -> Result:
    file = folder / "events.ndjson"
    file.write_text(json.dumps(EVENT))
    return CliRunner().invoke(main, ["figures", *words, "--from", str(file), "--at", "2025-06-30"])


def steers(text: str) -> list[str]:
    """Return what of *text* is no plain character, ends of lines left out."""
    return [c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in "\u202e\u2066")]


def test_what_no_screen_shows_is_written_out() -> None:
    """As JSON writes it; letters of any script, and what joins them, stay."""
    assert printable(EVIL) == WRITTEN
    assert printable_lines("a\nb\r\x1b") == "a\nb\\u000d\\u001b"
    for plain in ("Ynys Môn", "Łódź", "नर्‍मदा", "‘quoted’ – 50 %", "\U0001f468‍\U0001f469‍\U0001f467"):
        assert printable(plain) == plain


@pytest.mark.parametrize(
    "words",
    [
        ("enquiries_received", "--by", "team"),
        ("enquiries_received", "--by", "team", "--csv"),
        ("enquiries_received", "--by", "team", "--json"),
        ("enquiries_received", "--by", "enquiry_source"),
        ("enquiries_received", "--cases"),
        ("enquiries_received", "--cases", "--csv"),
        ("enquiries_received", "--cases", "--json"),
        ("enquiries_received", "--team", "Nroth"),
        ("enquiries_received", "--only", "enquiry_source=x"),
    ],
    ids=" ".join,
)
def test_no_value_of_an_event_steers_the_terminal_of_who_asks(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A team's name, a code, a child, a record: in text, CSV, JSON and in the words of an error."""
    done = run(tmp_path, *words)
    assert steers(done.output) == []
    # A code that is none by its shape is shown as unknown; whatever is shown of it at all is written out.
    assert "\\u001b" in done.output or "enquiry_source" in words or "enquiry_source=x" in words


def test_a_team_with_ends_of_lines_in_its_name_is_one_row_and_one_line(tmp_path: Path) -> None:
    """A bare carriage return ends a row for many a reader of CSV."""
    (row,) = csv.DictReader(io.StringIO(run(tmp_path, "enquiries_received", "--by", "team", "--csv").stdout))
    assert (row["team"], row["numerator"]) == (WRITTEN, "1")
    _, line = run(tmp_path, "enquiries_received", "--by", "team").stdout.splitlines()
    assert WRITTEN in line
    for end in ("\r", "\n", "\r\n", "\x85", "\u2028", "\x0b"):
        assert len(lines_of(("team", "value"), [(f"A{end}B", f"{end}=1")]).splitlines()) == 2


def test_json_is_still_what_was_told(tmp_path: Path) -> None:
    """Whoever reads it gets the name as it is."""
    found = json.loads(run(tmp_path, "enquiries_received", "--by", "team", "--json").stdout)["figures"]
    assert [figure["team"] for figure in found] == [EVIL]


def test_a_finding_of_the_doctor_is_one_line() -> None:
    """A team that events tell stands in it as they tell it."""
    line = str(wrong(f"events tell of team {EVIL}", "name it"))
    assert (len(line.splitlines()), steers(line), WRITTEN in line) == (1, [], True)


def test_whatever_a_verb_writes_is_screened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it prints, what it logs, and the error that ends it: a worker's words are those of a verb too."""

    def speak(**_: object) -> None:
        click.echo("echo \x08")
        print("print \x9b", file=sys.stderr)
        handler = logging.StreamHandler()
        logging.getLogger("talkative").addHandler(handler)
        logging.getLogger("talkative").error("log \x07")
        logging.getLogger("talkative").removeHandler(handler)
        raise click.ClickException("error \x1b]0;")

    monkeypatch.setattr(measures.measures, "callback", speak)
    done = CliRunner().invoke(main, ["measures"])
    assert steers(done.output) == []
    for said in ("echo \\u0008", "print \\u009b", "log \\u0007", "error \\u001b"):
        assert said in done.output


def test_the_screen_is_gone_with_the_verb() -> None:
    """Streams are as they were, whatever the verb did."""
    out, err = sys.stdout, sys.stderr
    with pytest.raises(ValueError), screened():  # noqa: PT011
        raise ValueError
    assert (sys.stdout, sys.stderr) == (out, err)


def test_columns_have_names_of_their_own() -> None:
    """No two columns are called the same."""
    assert len(set(COLUMNS)) == len(COLUMNS)
