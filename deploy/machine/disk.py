"""The room that is left on the disk: what writes is stopped in good order before it runs out, and started after."""

import shutil
from collections.abc import Callable
from pathlib import Path

from deploy.machine.supervisor import Supervisor

WRITERS = ("simulator", "worker", "kafka", "prometheus")  # the store stays, refuses to be written to, and answers


def free_mb(folder: Path) -> float:
    return shutil.disk_usage(folder).free / 1_000_000


class Disk:
    """Watches *folder*: full with less than *least_mb*, and not full again before there is twice as much."""

    def __init__(self, folder: Path, least_mb: float, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._least_mb = least_mb
        self._say = say
        self._is_full = False

    def look(self, supervisor: Supervisor) -> None:
        """Pause what writes once the disk is full; resume it, and say so, once it is not."""
        free = free_mb(self._folder)
        if not self._is_full and free < self._least_mb:
            self._is_full = True
            self._say(
                f"the disk is full: {free:,.0f} MB are free in {self._folder}, and it takes "
                f"{2 * self._least_mb:,.0f} MB to go on. Free some space; nothing is lost"
            )
            supervisor.pause(WRITERS)
        elif self._is_full and free >= 2 * self._least_mb:
            self._is_full = False
            self._say("there is room on the disk again: going on")
            supervisor.resume()
