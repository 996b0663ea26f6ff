"""What a verb writes to a terminal: whatever others told stands in it as text, and steers nothing."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from metrics.printable import printable_lines

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

T = TypeVar("T")

STEPS_A_MOVE = 1000  # of a bar of unknown length: to paint it takes longer than a step


class Screened:
    """A stream of text in which control characters are written out; ends of lines alone are left."""

    def __init__(self, stream: TextIO) -> None:
        self.unscreened = stream

    def write(self, text: str) -> int:
        """Write *text*; return how long it is, as any stream of text does."""
        self.unscreened.write(printable_lines(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of *lines*."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unscreened, name)


@contextmanager
def screened() -> Iterator[None]:
    """Screen standard output and standard error: of a verb, a worker, a server, and of what they log."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Screened(out), Screened(err)
    try:
        yield
    finally:
        if sys.stdout is not None:  # gone, where whoever reads our output had seen enough
            sys.stdout = out
        sys.stderr = err


def progress_bar(label: str, length: int) -> "ProgressBar[int]":
    """Return a bar on standard error for *length* steps; hidden where that is no terminal."""
    return click.progressbar(length=length, label=label, file=for_bars(sys.stderr), hidden=not sys.stderr.isatty())


def progress_over(steps: Iterable[T], label: str) -> "ProgressBar[T]":
    """Return a bar over *steps*, of which nobody knows how many there are."""
    return click.progressbar(
        steps,
        label=label,
        show_pos=True,
        update_min_steps=STEPS_A_MOVE,
        file=for_bars(sys.stderr),
        hidden=not sys.stderr.isatty(),
    )


def for_bars(stream: TextIO) -> TextIO:
    """Return *stream* as it is, for a bar or a line in passing, which moves the cursor and says only what is ours."""
    unscreened: TextIO = getattr(stream, "unscreened", stream)
    return unscreened
