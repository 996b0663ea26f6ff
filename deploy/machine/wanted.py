"""What `casepulse up` was asked for."""

from dataclasses import dataclass
from pathlib import Path

from deploy.processes.authority_directory import MADE_UP

LEAST_FREE_MB = 500  # to start with


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The options of `casepulse up`."""

    simulate: bool
    speed: float
    port: int
    data_dir: Path
    kafka: str | None  # None: one of our own
    redis: str | None
    topic: str
    dead_letter_limit: int
    least_free_mb: int = LEAST_FREE_MB
    prometheus: bool = True  # where one is installed

    @property
    def server(self) -> str:
        """Where the server answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def board(self) -> str:
        """Where to look first."""
        return f"{self.server}/boards/mash?authority={next(iter(MADE_UP))}" if self.simulate else f"{self.server}/"
