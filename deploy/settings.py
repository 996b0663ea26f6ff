"""The settings of an installation, read once into one frozen record."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from metrics.shapes import Rules
from metrics.working_days import calendar
from streams.topics import EVENTS

KAFKA = "127.0.0.1:9092"
REDIS = "redis://127.0.0.1:6379/0"


@dataclass(frozen=True)
class Settings:
    """Where things are. Each may be set by a variable of the environment, `CASEPULSE_KAFKA` and so on."""

    kafka: str
    redis: str
    topic: str
    data_dir: Path
    demonstration: Path | None  # the made-up authority's clock, where there is one

    @property
    def rules(self) -> Rules:
        """What an authority may set; the same for all until `authority.toml` is read."""
        return Rules(calendar())


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives."""
    clock = environ.get("CASEPULSE_DEMONSTRATION")
    return Settings(
        kafka=environ.get("CASEPULSE_KAFKA", KAFKA),
        redis=environ.get("CASEPULSE_REDIS", REDIS),
        topic=environ.get("CASEPULSE_TOPIC", EVENTS),
        data_dir=Path(environ.get("CASEPULSE_DATA_DIR", ".casepulse")),
        demonstration=Path(clock) if clock else None,
    )
