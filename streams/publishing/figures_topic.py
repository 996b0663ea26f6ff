"""The topic of figures: what stands in it, under which keys, and what a record of it says (contract 7). Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from metrics.catalogue import MEASURES
from metrics.figures.answers import Answers
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.windows import At

REWRITE_SECONDS = 50 * 60.0  # after which a figure is written though it did not change: within the hour

Headers = list[tuple[str, bytes]]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Figure).decode


def key_of(figure: Figure) -> str:
    """Return `authority/measure/window/team`, the team empty for all; `/band=3+` follows where there are bands.

    What events tell (authority, team, a breakdown's value) is escaped: a `/` in it must not read as the next part.
    """
    parts = (figure.authority, figure.measure, figure.window, figure.team or "")
    return "/".join(map(_escaped, (*parts, *(f"{name}={value}" for name, value in figure.by.items()))))


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace("/", "%2F")


def _authority_of(key: str) -> str:
    """Return the authority that a key is of."""
    return key.partition("/")[0].replace("%2F", "/").replace("%25", "%")


def standing(answers: Answers, authority: str, at: At) -> Iterator[list[Figure]]:
    """Yield, measure by measure, what is to stand: the figures of the authority and of every team that it knows of.

    A team that has nothing has its figures too: what a reader kept of it would else never end.
    """
    for measure in MEASURES:
        whole = answers.figures(authority, Question(measure=measure, at=at))
        yield [*whole, *answers.figures_by_team(authority, measure, at)]


@dataclass(frozen=True)
class RecordContext:
    """What a record says beside its figure: how far which log was read, and which rules it was counted by."""

    log: str
    position: int
    catalogue: str
    simulated: bool

    def headers(self, key: str, at: str, withdrawn: bool) -> Headers:
        """Return CloudEvents 1.0 headers in binary mode. *at*: the moment that the figure is true for."""
        about = {
            "ce_specversion": "1.0",
            "ce_id": f"{key}@{at}",
            "ce_source": f"/{key.partition('/')[0]}/casepulse",
            "ce_type": "casepulse.figure.withdrawn" if withdrawn else "casepulse.figure",
            "ce_subject": key,
            "ce_time": at,
            "ce_position": str(self.position),
            "ce_log": self.log,
            "ce_catalogue": self.catalogue,
            "ce_simulated": "true" if self.simulated else "false",
            "content-type": "application/json",
        }
        return [(name, text.encode()) for name, text in about.items()]


@dataclass(frozen=True)
class Telling:
    """A record to be written: a figure, or that what stands under its key is withdrawn."""

    key: str
    figure: Figure | None

    @property
    def value(self) -> bytes | None:
        """The figure (contract 3); None takes what stands under the key out of the topic."""
        return None if self.figure is None else _encode(self.figure)


@dataclass
class Standing:
    """What stands in one partition of the topic, by digest, and how far the log had been read when it was written."""

    # By authority, by key: the digest, and when the figure was written, in seconds since 1970.
    _digests: dict[str, dict[str, tuple[bytes, float]]] = field(default_factory=dict)
    _positions: dict[str, int] = field(default_factory=dict)  # the highest, by log

    @property
    def authorities(self) -> set[str]:
        """Every authority of which something stands."""
        return set(self._digests)

    def position(self, log: str) -> int:
        """Return the highest position in *log* of all that was written."""
        return self._positions.get(log, 0)

    def read(
        self, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]], when: float
    ) -> None:
        """Take in a record of the topic that was written at *when*, in seconds since 1970."""
        about = {name: bytes(text or b"").decode(errors="replace") for name, text in headers}
        if (position := about.get("ce_position", "")).isdecimal():
            self._note(about.get("ce_log", ""), int(position))
        self._keep((key or b"").decode(errors="replace"), None if value is None else _digest_of(value), when)

    def wrote(self, tellings: Iterable[Telling], about: RecordContext, when: float) -> None:
        """Take in what was written at *when*, in seconds since 1970."""
        for telling in tellings:
            self._keep(telling.key, None if telling.figure is None else _digest(telling.figure), when)
        self._note(about.log, about.position)

    def _note(self, log: str, position: int) -> None:
        self._positions[log] = max(position, self.position(log))

    def _keep(self, key: str, digest: bytes | None, when: float) -> None:
        authority = _authority_of(key)
        if digest is not None:
            self._digests.setdefault(authority, {})[key] = digest, when
        elif self._digests.get(authority, {}).pop(key, None) and not self._digests[authority]:
            del self._digests[authority]

    def differing(self, figures: Iterable[Figure], now: float) -> Iterator[Telling]:
        """Yield those of *figures* that differ from what stands, or were written long before *now*."""
        for figure in figures:
            key = key_of(figure)
            digest, when = self._digests.get(figure.authority, {}).get(key, (b"", 0.0))
            if now - when > REWRITE_SECONDS or digest != _digest(figure):
                yield Telling(key, figure)

    def withdrawn(self, authority: str, keys: set[str]) -> Iterator[Telling]:
        """Yield what stands of *authority* under other keys than *keys*."""
        return (Telling(key, None) for key in self._digests.get(authority, {}).keys() - keys)


def _digest(figure: Figure) -> bytes:
    """Return a digest of a figure, whatever moment it is of."""
    return blake2b(_encode(msgspec.structs.replace(figure, at="")), digest_size=12).digest()


def _digest_of(value: bytes) -> bytes:
    try:
        return _digest(_decode(value))
    except msgspec.DecodeError:  # of another version, or not ours: the figure is written anew
        return b""
