"""The command: its verbs are imported when they are called, and a failure says what a person can do about it."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner
from kafka.errors import KafkaTimeoutError

from deploy.command import HIDDEN_VERBS, VERBS, main
from deploy.verbs import measures
from metrics.store.position import Refused
from metrics.wrong_setting import WrongSetting

CLIENTS = ("kafka", "aiokafka", "redis", "faust", "fastapi", "numpy", "uvicorn")
SLOW = (*CLIENTS, "holidays", "metrics.catalogue")
SAYS_WHAT_IT_IMPORTED = """
import sys
from contextlib import suppress
from deploy.command import main
with suppress(SystemExit):
    main(sys.argv[1:])
print("imported", *sys.modules, file=sys.stderr)
"""


def command(name: str) -> click.Command:
    verb = main.get_command(click.Context(main), name)
    assert verb is not None
    return verb


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_listed_as_it_calls_itself(name: str) -> None:
    """The one line of `casepulse --help` is the first sentence of the verb's own help."""
    verb = command(name)
    assert (verb.name, verb.hidden) == (name, False)
    assert verb.get_short_help_str(1000) == VERBS[name].help


@pytest.mark.parametrize("name", HIDDEN_VERBS)
def test_a_hidden_verb_is_there_and_not_listed(name: str) -> None:
    """A worker starts it; nobody else need know of it."""
    verb = command(name)
    assert (verb.name, verb.hidden) == (name, True)
    assert name not in main.list_commands(click.Context(main))
    assert f"\n  {name} " not in CliRunner().invoke(main, ["--help"]).output


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (("--help",), SLOW),
        (("--version",), SLOW),
        (("settings",), SLOW),
        (("up", "--help"), SLOW),
        (("figures", "--help"), CLIENTS),
        (("measures",), CLIENTS),
    ],
    ids=" ".join,
)
def test_nobody_waits_for_what_is_not_used(arguments: tuple[str, ...], slow: tuple[str, ...]) -> None:
    """Clients, arrays, the calendar and the catalogue take up to a second to import."""
    done = subprocess.run(
        [sys.executable, "-c", SAYS_WHAT_IT_IMPORTED, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout
    imported = done.stderr.rpartition("imported")[2].split()
    assert "deploy.command" in imported
    assert set(slow) & set(imported) == set()


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (WrongSetting("CASEPULSE_REDIS is wrong: mend it"), 3, "CASEPULSE_REDIS is wrong: mend it"),
        (Refused("the log is another: restore it"), 3, "the log is another: restore it"),
        (KafkaTimeoutError(), 1, "Kafka does not answer at 127.0.0.1:1 (KafkaTimeoutError): start everything with"),
        (ConnectionRefusedError(), 1, "the store does not answer at redis://127.0.0.1:2/0 (ConnectionRefusedError): "),
        (click.UsageError("name one MEASURE"), 2, "name one MEASURE"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_is_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, says: str) -> None:
    """What is wrong and what to do, with the exit code that `casepulse --help` gives."""
    done = failing(monkeypatch, error)
    assert (done.exit_code, done.output.rpartition("Error: ")[2].count("\n")) == (code, 1)
    assert f"Error: {says}" in done.output


def test_a_bug_is_nobodys_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw keeps its traceback."""
    done = failing(monkeypatch, ValueError("a bug"))
    assert isinstance(done.exception, ValueError)
    assert done.output == ""


def test_a_reader_that_went_away_is_no_error() -> None:
    """As with `casepulse schema | head`: nothing is said."""
    command = (sys.executable, "-m", "deploy.command", "schema")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait(10)) == (b"", 1)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> "click.testing.Result":
    """Run a verb that fails with *error*."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(measures.measures, "callback", fail)
    env = {"CASEPULSE_KAFKA": "127.0.0.1:1", "CASEPULSE_REDIS": "redis://127.0.0.1:2/0"}
    return CliRunner().invoke(main, ["measures"], env=env)
