"""The dead letters of a file: why, which field, on which lines. Never what stands there."""

from array import array
from collections import Counter
from collections.abc import Iterator

from events.decode import DeadLetter

MAX_KINDS = 20  # that are told of one by one, of each
MAX_LINES = 5


class DeadLines:
    """Counts dead letters by reason and place, and remembers the first lines of each."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str]] = Counter()
        self._lines: dict[tuple[str, str], array[int]] = {}

    def note(self, dead: DeadLetter) -> None:
        """Note a dead letter of a line."""
        kind = str(dead.reason), dead.place
        self._counted[kind] += 1
        lines = self._lines.setdefault(kind, array("Q"))
        if len(lines) < MAX_LINES and dead.line is not None:
            lines.append(dead.line)

    @property
    def reasons(self) -> Counter[str]:
        """The number of dead letters of each reason."""
        counted: Counter[str] = Counter()
        for (reason, _), n in self._counted.items():
            counted[reason] += n
        return counted

    def told(self) -> Iterator[str]:
        """Yield a line for a person on each reason and field, the most frequent first: `missing_field $.id: line 3`."""
        for (reason, place), n in self._counted.most_common(MAX_KINDS):
            lines = self._lines[reason, place]
            more = f" and {n - len(lines):,} more" if n > len(lines) else ""
            field = "" if place == "$" else f" {place}"
            yield f"{reason}{field}: line{'' if n == 1 else 's'} {', '.join(map(str, lines))}{more}"
        if (rest := len(self._counted) - MAX_KINDS) > 0:
            yield f"and {rest:,} more reasons and fields"
