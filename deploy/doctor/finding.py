"""What the doctor finds: one line that says what is so, and one remedy. Never who it is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from metrics.printable import printable


class Level(StrEnum):
    """Whether a finding makes the installation a sick one."""

    WRONG = "wrong"
    WORTH_KNOWING = "worth knowing"


@dataclass(frozen=True)
class Finding:
    """Something that somebody can do something about."""

    level: Level
    what: str
    remedy: str

    def __str__(self) -> str:
        return printable(f"{self.level:13}  {self.what}: {self.remedy}")


def wrong(what: str, remedy: str) -> Finding:
    """Return a finding that makes the installation a sick one."""
    return Finding(Level.WRONG, what, remedy)


def worth_knowing(what: str, remedy: str) -> Finding:
    """Return a finding that may be as somebody wants it."""
    return Finding(Level.WORTH_KNOWING, what, remedy)


def findings_of(exc: Exception) -> list[Finding]:
    """Return the faults that an error of ours says: one a line, with the remedy after the last colon."""
    parted = (line.rpartition(": ") for line in str(exc).splitlines())
    return [wrong(what, remedy) for what, _, remedy in parted]


def some(names: Iterable[str], most: int = 5) -> str:
    """Return *names* in words: at most *most* of them, and how many more there are."""
    found = sorted(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def several(n: int, one: str, more: str = "") -> str:
    """Return how many there are, in words: `1 record`, `2 records`."""
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def which(partitions: Iterable[int]) -> str:
    """Return *partitions* as people say them."""
    found = sorted(partitions)
    return f"partition{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}"
