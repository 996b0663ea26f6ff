"""What our processes log: as lines for people or for machines, from the level that is set, and nothing of a record."""

import json
import logging
import socket
import subprocess
from dataclasses import replace

import pytest

from deploy.configuration.settings import Settings, SettingsUnusable, read_settings
from deploy.processes.logs import JsonLines, TextLines, configure
from tests.journeys.parts import MAIN, environment

CANARY = "child-7519"


def settings(level: str, form: str) -> Settings:
    return replace(read_settings({}, by_up=False), log_level=level, log_format=form)


def raised(formatter: logging.Formatter) -> str:
    """Return the line of something that was raised and whose text quotes a record."""
    try:
        raise ValueError(CANARY)
    except ValueError as exc:
        found = (type(exc), exc, exc.__traceback__)
    return formatter.format(logging.LogRecord("streams.x", logging.ERROR, __file__, 1, "it broke", (), found))


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()], ids=["text", "json"])
def test_the_text_of_what_was_raised_is_never_written(formatter: logging.Formatter) -> None:
    """It may quote a record. Its type and its place are enough to find it by."""
    line = raised(formatter)
    assert CANARY not in line
    assert "ValueError" in line
    assert "test_logs.py:" in line


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_level_is_that_of_our_own_work(level: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Libraries tell warnings at most; what a process says of itself comes at every level."""
    configure(settings(level, "json"))
    for name in ("streams.worker.x", "somebody.else", "aiokafka.x"):
        for each in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(each, "said")
    logging.getLogger("casepulse serve").info("http://127.0.0.1/")
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    shown = {name: [it["level"] for it in told if it["logger"] == name] for name in {it["logger"] for it in told}}
    ours = ["debug", "info", "warning", "error"]
    assert shown["streams.worker.x"] == ours[ours.index(level) :]
    assert shown["somebody.else"] == (["error"] if level == "error" else ["warning", "error"])
    assert shown["aiokafka.x"] == ["error"]
    assert shown["casepulse serve"] == ["info"]
    assert all(it.keys() == {"time", "level", "logger", "message"} for it in told)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_process_says_in_that_form_why_it_does_not_start(form: str) -> None:
    """The line for people is as it always was."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        env = environment("127.0.0.1:1", "redis://127.0.0.1:1/0", "case-events") | {"CASEPULSE_LOG_FORMAT": form}
        done = subprocess.run(
            [*MAIN, "serve", "--port", str(port)], env=env, capture_output=True, text=True, check=False
        )
    says = f"port {port} of 127.0.0.1 is unavailable (Address already in use): choose another --port"
    assert done.returncode == 1
    line = json.loads(done.stderr)["message"] if form == "json" else done.stderr.removeprefix("casepulse serve: ")
    assert line.strip() == says


@pytest.mark.parametrize("name", ["CASEPULSE_LOG_LEVEL", "CASEPULSE_LOG_FORMAT"])
def test_a_slip_is_told(name: str) -> None:
    """With what there is, before anything runs."""
    with pytest.raises(SettingsUnusable, match=f"{name}: there is no 'nosuch'"):
        read_settings({name: "nosuch"}, by_up=False)
