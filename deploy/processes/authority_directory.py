"""The directory of authorities that the processes share: what time it is at each, what it is called, its rules."""

from datetime import UTC, datetime

import msgspec

from deploy.configuration.settings import Settings
from events.simulator.clock import DemonstrationClock
from events.time import LONDON
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.wrong_setting import WrongSetting

MADE_UP = {"X99999901": "Wexshire"}


class ClockUnknown(WrongSetting):
    """Nobody can say what time it is at a made-up authority: today's date would make its figures another day's."""


def authority_directory(settings: Settings) -> AuthorityDirectory:
    """Return how to ask about an authority: it has the wall's time, but a made-up one may have a clock of its own.

    `now` and `speed` raise ClockUnknown where that clock was promised and has never been seen.
    """
    directory = _Directory(settings)
    return AuthorityDirectory(now=directory.now, speed=directory.speed, name=directory.name, rules=settings.rules.of)


def check_clock(settings: Settings) -> None:
    """Raise ClockUnknown where nobody can say what time it is at the made-up authority."""
    for name in MADE_UP:
        _Directory(settings).now(name)


class _Directory:
    """Authorities beside the made-up one whose clock `casepulse up` runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last_seen: DemonstrationClock | None = None

    def now(self, authority: str) -> datetime:
        wall = datetime.now(UTC)
        clock = self._clock(authority)
        return (clock.now(wall) if clock else wall).astimezone(LONDON)

    def speed(self, authority: str) -> float:
        clock = self._clock(authority)
        return clock.speed if clock else 1.0

    def name(self, authority: str) -> str:
        return self._settings.rules.of(authority).name or MADE_UP.get(authority, authority)

    def _clock(self, authority: str) -> DemonstrationClock | None:
        """Return the clock of a made-up authority; None where it has the wall's time. Raises ClockUnknown."""
        file = self._settings.demonstration
        if file is None or authority not in MADE_UP:
            return None
        try:
            self._last_seen = DemonstrationClock.decode(file.read_bytes())
        except (OSError, msgspec.DecodeError) as exc:
            if self._last_seen is None:
                why = "is not there" if isinstance(exc, FileNotFoundError) else "cannot be read"
                raise ClockUnknown(
                    f"{authority} is made up, and {file}, its clock, {why}: let `casepulse up` write it, which it does "
                    "once its story is told, or unset CASEPULSE_DEMONSTRATION"
                ) from exc
        return self._last_seen  # a file that is gone since takes nothing from what it said: the clock needs no other
