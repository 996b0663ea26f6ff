"""What `up` says while figures are withheld that were shown before: how far they are, and when they are whole."""

from collections.abc import Callable

SAY_AFTER_SECONDS = 5.0  # a shorter one is over before anybody has read of it


class Rebuilding:
    """Asks *why* figures are withheld: in words, empty where they are not, None where nobody answers."""

    def __init__(self, why: Callable[[], str | None], say: Callable[[str], None]) -> None:
        self._why, self._say = why, say
        self._since: float | None = None
        self.progress: tuple[str, ...] = ()

    def look(self, now: float) -> None:
        """Look once, at *now* (monotonic seconds)."""
        why = self._why()
        if why is None:
            return
        self.progress = (why,) if why else ()
        if why:
            self._since = now if self._since is None else self._since
        elif self._since is not None:
            if (lasted := now - self._since) > SAY_AFTER_SECONDS:
                self._say(f"figures are whole again; they were withheld for {lasted:.0f} s")
            self._since = None
