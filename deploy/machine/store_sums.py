"""Checksums of what the store has appended: its server has none, and would start from a byte that is another one now.

What is appended never changes, so each look sums what has come since the last one. Kept beside the files: at which
places the sum was what, so that a file which has lost its end is still known up to there.
"""

import os
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec

from deploy.machine import private

FILE = "appendonly.sums"
APART_BYTES = 1 << 20  # between two places that are kept
MAX_LOOK_BYTES = 1 << 26  # that one look reads
CHUNK_BYTES = 1 << 18


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The sum of all bytes of a file before *offset*."""

    offset: int
    crc: int


START = Place(0, 0)
Sums = dict[str, list[Place]]  # by file, in order


class StoreSums:
    """Follows the append-only files of *folder*, and says whether they still are what they were."""

    def __init__(self, folder: Path, kept: Path) -> None:
        self._folder, self._kept = folder, kept
        self._sums = _read(kept)
        self._settled: dict[str, int] = {}  # sizes at the last look: what is younger may yet be taken back

    def follow(self, names: list[str], is_last: bool = False) -> None:
        """Sum what was there at the last look already of the files *names*, all in use; all of them, at the last."""
        before = {name: list(places) for name, places in self._sums.items()}
        self._sums = {name: self._sums.get(name, []) for name in names}
        for name in names:
            with suppress(OSError):  # a rewrite has taken it away, or is about to make it
                size = (self._folder / name).stat().st_size
                self._follow(name, size if is_last else min(size, self._settled.get(name, 0)))
                self._settled[name] = size
        if self._sums != before:
            with suppress(OSError):  # a full disk: less is known at the next start
                _write(self._kept, self._sums)

    def _follow(self, name: str, until: int) -> None:
        places = [place for place in self._sums[name] if place.offset <= until]
        last = places[-1] if places else START
        until = min(until, last.offset + MAX_LOOK_BYTES)
        if until > last.offset:
            is_near = len(places) > 1 and last.offset - places[-2].offset < APART_BYTES
            summed = Place(until, _sum(self._folder / name, last, until))
            places = [*(places[:-1] if is_near else places), summed]
        self._sums[name] = places

    def damaged(self) -> str | None:
        """Return which file is no longer what it was; None where none is known to be another. Raises OSError."""
        for name, places in self._sums.items():
            file = self._folder / name
            size = file.stat().st_size if file.is_file() else 0
            last = START
            for place in places:
                if place.offset > size:  # it has lost its end, which is read again from the log
                    break
                if (crc := _sum(file, last, place.offset)) != place.crc:
                    return f"{name} has other bytes before {place.offset:,} than were written"
                last = Place(place.offset, crc)
        return None

    def forget(self) -> None:
        """Begin anew."""
        self._sums, self._settled = {}, {}
        self._kept.unlink(missing_ok=True)


def _sum(file: Path, since: Place, until: int) -> int:
    crc, left = since.crc, until - since.offset
    with file.open("rb") as content:
        content.seek(since.offset)
        while left and (chunk := content.read(min(left, CHUNK_BYTES))):
            crc, left = zlib.crc32(chunk, crc), left - len(chunk)
    return crc


def _read(kept: Path) -> Sums:
    try:
        return msgspec.json.decode(kept.read_bytes(), type=Sums)
    except (OSError, msgspec.DecodeError):  # none yet, or a power cut has left half of it
        return {}


def _write(kept: Path, sums: Sums) -> None:
    beside = kept.with_suffix(".new")
    private.write(beside, msgspec.json.encode(sums).decode())
    os.replace(beside, kept)
