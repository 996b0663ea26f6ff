"""What `casepulse up` says to whoever looks on."""

import shutil
import sys

from deploy.terminal import for_bars
from metrics.printable import printable_lines

SAY_SECONDS = 10.0  # between two lines on what is waited for, where nobody sees them in passing


class Screen:
    """Lines on standard output; on a terminal also, in passing, what is being waited for."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._said = 0.0

    def say(self, line: str) -> None:
        self._print(f"{line}\n")

    def waiting(self, names: list[str], seconds: float) -> None:
        """Show what is waited for, and since when; on a terminal the next line takes its place."""
        if not names:
            self._said = seconds
        elif self._is_terminal:
            columns = shutil.get_terminal_size().columns
            self._print(f"{seconds:.0f} s: {'; '.join(names)}"[: columns - 1])  # one line: more could not be taken back
        elif seconds - self._said >= SAY_SECONDS:
            self._said = seconds
            self.say(f"{seconds:.0f} s: {'; '.join(names)}")

    def _print(self, text: str) -> None:
        start = "\r\x1b[K" if self._is_terminal else ""
        print(f"{start}{printable_lines(text)}", end="", flush=True, file=for_bars(sys.stdout))
