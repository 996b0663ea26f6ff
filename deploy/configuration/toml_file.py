"""A TOML file as values that know where they stand, so that every fault is said with its line and a remedy.

Faults are noted, not raised: one reading finds them all, and `TomlFile.refuse` says all of them at once.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from deploy.configuration.toml_lines import TomlPath, line_of, lines_of
from metrics.rules.teams import UNKNOWN
from metrics.wrong_setting import WrongSetting

SYNTAX = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>[0-9]+), column [0-9]+|end of document)\)", re.DOTALL)
SOUND = 'text stands in "quotation marks", dates and numbers without; each section and key stands once'
MAX_CHARACTERS = 64  # characters of a text, as of a team in an event

WRITTEN: Mapping[type, str] = {
    str: 'is not text: write it in "quotation marks"',
    bool: "is neither true nor false: write one of the two, without quotation marks",
    int: "is not a whole number: write one, without quotation marks",
    float: "is not a number: write one, without quotation marks",
    date: "is not a date: write year, month and day as 2026-12-29, without quotation marks",
    list: "is not a list: write it in square brackets, [ ]",
    dict: "is not a table: give it keys of its own, as the example does",
}


class Unreadable(WrongSetting):
    """The file cannot be used as it is: one line for each fault, with the remedy."""


@dataclass(frozen=True)
class TomlFile:
    """A file, and the faults found in it so far."""

    file: Path
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def whole(self) -> "TomlValue":
        """All that stands in it. Raises Unreadable."""
        return TomlValue(self, (), self._document)

    def fault(self, keys: TomlPath, what: str) -> None:
        """Note that *what* is wrong at *keys*; the message names its place within the section."""
        names = [key for key in keys[1:] if isinstance(key, str)] or [str(key) for key in keys]
        self.faults.append((line_of(self._lines, keys), f"{'.'.join(names)}: {what}"))

    def refuse(self) -> None:
        """Raise Unreadable with every fault found, in the order of the lines; nothing where there is none."""
        if self.faults:
            faults = sorted(self.faults, key=lambda fault: fault[0])
            raise Unreadable("\n".join(self._at(line, what) for line, what in faults))

    @cached_property
    def _text(self) -> str:
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            raise Unreadable(f"{self.file}: there is no such file: name one that is there") from None
        except OSError as exc:
            raise Unreadable(f"{self.file}: {exc.strerror}: name a file that can be read") from exc
        try:
            return content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as exc:
            line = content.count(b"\n", 0, exc.start) + 1
            raise Unreadable(self._at(line, "is not UTF-8: save the file in that encoding")) from exc

    @cached_property
    def _document(self) -> dict[str, object]:
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as exc:
            match = SYNTAX.fullmatch(str(exc))
            line = int((match and match["line"]) or self._text.rstrip().count("\n") + 1)
            raise Unreadable(self._at(line, f"{match['what'] if match else exc}: {SOUND}")) from exc

    @cached_property
    def _lines(self) -> Mapping[TomlPath, int]:
        return lines_of(self._text)

    def _at(self, line: int, what: str) -> str:
        return f"{self.file}, line {line}: {what}"


@dataclass(frozen=True)
class TomlValue:
    """A value, and where in the file it stands. A value that is not as it should be is a fault, and read as none."""

    page: TomlFile
    keys: TomlPath
    value: object

    def fault(self, what: str) -> None:
        """Note that *what* is wrong here."""
        self.page.fault(self.keys, what)

    def is_a(self, kind: type) -> bool:
        """Return whether it is of *kind*, and of no kind below that; a whole number is a number too."""
        is_right = type(self.value) is kind or (kind is float and type(self.value) is int)
        if not is_right:
            self.fault(WRITTEN[kind])
        return is_right

    def table(self, known: Collection[str] | None = None) -> dict[str, "TomlValue"]:
        """Return what stands in a table, by key; where the keys are *known*, any other is a fault."""
        if not self.is_a(dict) or not isinstance(self.value, dict):
            return {}
        entries = {key: TomlValue(self.page, (*self.keys, key), value) for key, value in self.value.items()}
        for key in () if known is None else entries.keys() - set(known):
            entries.pop(key).fault(f"there is no such key: {meant(key, known or ())}")
        return entries

    def items(self) -> list["TomlValue"]:
        """Return what stands in a list."""
        if not self.is_a(list) or not isinstance(self.value, list):
            return []
        return [TomlValue(self.page, (*self.keys, n), value) for n, value in enumerate(self.value)]

    def text(self) -> str | None:
        """Return a text that says something."""
        if not self.is_a(str):
            return None
        value = str(self.value)
        if not 0 < len(value) <= MAX_CHARACTERS or value != value.strip():
            self.fault(
                f"is empty, too long or padded: give 1 to {MAX_CHARACTERS} characters, no space before or after them"
            )
        elif value == UNKNOWN:
            self.fault(f'"{UNKNOWN}" stands for what nobody told: give another name, or leave it out')
        else:
            return value
        return None

    def flag(self) -> bool | None:
        """Return true or false."""
        return bool(self.value) if self.is_a(bool) else None

    def day(self) -> date | None:
        """Return a date."""
        return self.value if self.is_a(date) and isinstance(self.value, date) else None

    def number(self, kind: type, least: float, most: float, remedy: str) -> float | None:
        """Return a number of *kind* from *least* to *most*."""
        if not self.is_a(kind) or not isinstance(self.value, int | float):
            return None
        if least <= self.value <= most:
            return self.value
        self.fault(f"is out of range: give {remedy}")
        return None


def meant(word: str, known: Collection[str], else_: str = "") -> str:
    """Return the remedy for a *word* that is not one of those *known*."""
    near = get_close_matches(word, known, n=1)
    return f"did you mean '{near[0]}'?" if near else else_ or f"leave it out, or use one of {', '.join(known)}"
