"""The directory of authorities that the processes share: what time it is at each, what it is called, its rules."""

from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.configuration.settings import Settings
from events.simulator.clock import DemonstrationClock
from events.time import LONDON
from metrics.exposition.authority_directory import AuthorityDirectory

MADE_UP = {"X99999901": "Wexshire"}


def authority_directory(settings: Settings) -> AuthorityDirectory:
    """Return how to ask about an authority: it has the wall's time, but a made-up one may have a clock of its own."""
    directory = _Directory(settings)
    return AuthorityDirectory(now=directory.now, speed=directory.speed, name=directory.name, rules=settings.rules.of)


@dataclass(frozen=True)
class _Directory:
    """Authorities beside the made-up one whose clock `casepulse up` runs."""

    settings: Settings

    def now(self, authority: str) -> datetime:
        wall = datetime.now(UTC)
        clock = self._clock(authority)
        return (clock.now(wall) if clock else wall).astimezone(LONDON)

    def speed(self, authority: str) -> float:
        clock = self._clock(authority)
        return clock.speed if clock else 1.0

    def name(self, authority: str) -> str:
        return self.settings.rules.of(authority).name or MADE_UP.get(authority, authority)

    def _clock(self, authority: str) -> DemonstrationClock | None:
        """Return the clock of a made-up authority while it runs."""
        file = self.settings.demonstration
        if file is None or authority not in MADE_UP or not file.exists():
            return None
        return DemonstrationClock.decode(file.read_bytes())
