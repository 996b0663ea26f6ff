"""Text of others as it may be shown: what they told can neither steer a terminal nor begin a line of its own."""

import re
from collections.abc import Callable

# Control characters (C0, DEL, C1), ends of lines and paragraphs, marks that turn the direction of writing, and halves
# of surrogates. Each is written as Python and JSON write it, so that JSON stays what it was.
_UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_A_LINE = re.compile(f"[{_UNPRINTABLE}]")
_IN_LINES = re.compile(f"(?![\n])[{_UNPRINTABLE}]")


def printable(text: str) -> str:
    """Return *text* within one line: characters that no screen shows are written out, `\\u001b`."""
    return _written_out(_IN_A_LINE, text)


def printable_lines(text: str) -> str:
    """Return *text*, which may be of several lines, without anything else that steers a terminal."""
    return _written_out(_IN_LINES, text)


def _written_out(unprintable: re.Pattern[str], text: str) -> str:
    written: Callable[[re.Match[str]], str] = lambda found: f"\\u{ord(found[0]):04x}"  # noqa: E731
    return unprintable.sub(written, text)
