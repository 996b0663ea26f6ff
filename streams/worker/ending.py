"""How a worker ends: with which code, with which words, and within which time."""

import os
import sys
import threading

DONE, FAILED, REFUSED = 0, 1, 3  # told to stop; to be started again; not safe to go on


def say(message: str, code: int) -> int:
    """Print *message* on standard error, and return *code*."""
    print(f"casepulse worker: {message}", file=sys.stderr, flush=True)
    return code


def end_within(seconds: float, code: int) -> None:
    """End the process in *seconds*, whatever still holds it. Events that are not committed are read again."""

    def end() -> None:
        say(f"did not stop within {seconds:.0f} s; ending", code)
        os._exit(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
