"""How a worker ends: with which code, with which words, and within which time."""

import logging
import os
import threading

from metrics.printable import printable

DONE, FAILED, REFUSED = 0, 1, 3  # told to stop; to be started again; not safe to go on


said = logging.getLogger("casepulse worker")  # what a worker says of itself, at whatever level its logs are


def say(message: str, code: int) -> int:
    """Say *message* on standard error, and return *code*."""
    said.error(printable(message))
    return code


def end_within(seconds: float, code: int) -> None:
    """End the process with *code* in *seconds*, whatever still holds it. What is not committed is read again.

    One that was told to stop and does not has failed, and says so; any other has said already why it ends.
    """

    def end() -> None:
        os._exit(say(f"did not stop within {seconds:.0f} s; ending", FAILED) if code == DONE else code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
