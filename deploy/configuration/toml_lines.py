"""On which line of a TOML text each value stands: what `tomllib` does not tell.

The text has been read by `tomllib` before, so it is known to be sound: here it is only followed.
"""

import re
import tomllib
from collections.abc import Mapping

TomlPath = tuple[str | int, ...]  # of keys, and of places in a list: ("E10000008", "teams", 0, "until")

TOKEN = re.compile(
    r"""
    (?P<line>\n)
    | (?P<string> \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5} | "(?:\\.|[^"\\])*" | '[^']*' )
    | (?P<mark> [\[\]{},=] )
    | (?P<bare> [^\s\[\]{},="'\#]+ )
    | (?P<none> \#[^\n]* | [^\S\n]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def lines_of(text: str) -> Mapping[TomlPath, int]:
    """Return the line on which each section, key and list item of *text* begins; the first is 1."""
    return _Walk(text).lines


def line_of(lines: Mapping[TomlPath, int], path: TomlPath) -> int:
    """Return the line of *path*; where nothing stands there, that of what should hold it."""
    return lines[path] if path in lines or not path else line_of(lines, path[:-1])


class _Walk:
    """One walk through the text."""

    def __init__(self, text: str) -> None:
        self.lines: dict[TomlPath, int] = {(): 1}
        self._tokens = list(_tokens(text))
        self._next = 0
        self._lists: dict[TomlPath, int] = {}  # how many tables each list of tables has so far
        section: TomlPath = ()
        while self._next < len(self._tokens):
            if self._ahead("\n"):
                self._take()
            elif self._ahead("["):
                section = self._header()
            else:
                self._pair(section)

    def _ahead(self, *marks: str) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next][0] in marks

    def _take(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1][0]

    def _take_until(self, *marks: str) -> str:
        start = self._next
        while self._next < len(self._tokens) and not self._ahead(*marks):
            self._next += 1
        return "".join(text for text, _ in self._tokens[start : self._next])

    def _note(self, path: TomlPath, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _header(self) -> TomlPath:
        """Take `[a.b]` or `[[a.b]]`; a name of a list of tables means the last of them so far."""
        line = self._tokens[self._next][1]
        brackets = len(self._take_while("["))
        keys = _keys(self._take_until("]"))
        self._take_while("]")
        path: TomlPath = ()
        for n, key in enumerate(keys, 1):
            path += (key,)
            if n == len(keys) and brackets > 1:
                self._lists[path] = self._lists.get(path, 0) + 1
            if path in self._lists:
                path += (self._lists[path] - 1,)
        self._note(path, line)
        return path

    def _take_while(self, mark: str) -> str:
        taken = ""
        while self._ahead(mark):
            taken += self._take()
        return taken

    def _pair(self, within: TomlPath) -> None:
        line = self._tokens[self._next][1]
        path = within + _keys(self._take_until("="))
        self._take()
        self._note(path, line)
        self._value(path)

    def _value(self, path: TomlPath) -> None:
        if self._ahead("["):
            self._several(path, "]")
        elif self._ahead("{"):
            self._several(path, "}")
        else:
            self._take_until("\n", ",", "]", "}")

    def _several(self, path: TomlPath, end: str) -> None:
        """Take a list or an inline table, over as many lines as it has."""
        self._take()
        count = 0
        while not self._ahead(end):
            if self._ahead("\n", ","):
                self._take()
            elif end == "}":
                self._pair(path)
            else:
                self._note((*path, count), self._tokens[self._next][1])
                self._value((*path, count))
                count += 1
        self._take()


def _tokens(text: str) -> list[tuple[str, int]]:
    """Return the tokens that carry meaning, each with its line."""
    found, line = [], 1
    for match in TOKEN.finditer(text):
        if match.lastgroup != "none":
            found.append((match.group(), line))
        line += match.group().count("\n")
    return found


def _keys(dotted: str) -> tuple[str, ...]:
    """Return the parts of a key, `a."b.c"` being two."""
    keys, table = [], tomllib.loads(f"{dotted} = 0")
    while isinstance(table, dict):
        ((key, table),) = table.items()
        keys.append(key)
    return tuple(keys)
