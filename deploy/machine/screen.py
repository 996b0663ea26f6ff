"""What `casepulse up` says to whoever looks on."""

import sys


class Screen:
    """Lines on standard output; on a terminal also, in passing, what is being waited for."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    def say(self, line: str) -> None:
        self._print(f"{line}\n")

    def waiting(self, names: list[str], seconds: float) -> None:
        """Show what is waited for, and since when; the next line takes its place."""
        if self._is_terminal and names:
            self._print(f"{seconds:.0f} s: waiting for {', '.join(names)}")

    def _print(self, text: str) -> None:
        start = "\r\x1b[K" if self._is_terminal else ""
        print(f"{start}{text}", end="", flush=True)
