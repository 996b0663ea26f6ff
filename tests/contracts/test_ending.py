"""How a worker ends that something still holds: within its time, and with the one line that says why."""

import subprocess
import sys

import pytest

from streams.worker.ending import DONE, FAILED, REFUSED

HELD = """
import logging, time
from streams.worker.ending import end_within, say
logging.basicConfig(format="%(message)s")
{say}
end_within(0.05, {code})
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("code", "ends_with", "lines"),
    [
        (REFUSED, REFUSED, ["refused to go on: why"]),
        (FAILED, FAILED, ["refused to go on: why"]),
        (DONE, FAILED, ["did not stop within 0 s; ending"]),
    ],
)
def test_a_held_worker_ends_with_one_line(code: int, ends_with: int, lines: list[str]) -> None:
    """Who reads a refusal needs its remedy: a second line about a slow end would stand where that is looked for."""
    say = f"say('refused to go on: why', {code})" if code != DONE else "pass"
    done = subprocess.run(
        [sys.executable, "-c", HELD.format(say=say, code=code)], text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.splitlines()) == (ends_with, lines)
