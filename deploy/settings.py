"""The settings of an installation, read once into one frozen record."""

import fcntl
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deploy.authorities import read_authorities
from metrics.catalogue import MEASURES
from metrics.rules import Authorities
from streams.topics import EVENTS

KAFKA = "127.0.0.1:9092"
REDIS = "redis://127.0.0.1:6379/0"
DATA_DIR = Path(".casepulse")
LOCK, ENVIRONMENT = "up.lock", "environment"  # files of the data directory


@dataclass(frozen=True)
class Settings:
    """Where things are. Each may be set by a variable of the environment, `CASEPULSE_KAFKA` and so on."""

    kafka: str
    redis: str
    topic: str
    data_dir: Path
    demonstration: Path | None  # the made-up authority's clock, where there is one
    authorities: Path | None = None  # what each authority sets; left out, `authority.toml` of this folder, if any

    @cached_property
    def rules(self) -> Authorities:
        """What each authority sets. Raises AuthoritiesUnreadable."""
        return read_authorities(self.authorities, _units())

    def check(self) -> None:
        """Read what is read only when it is needed: before anything starts is when to hear that it cannot be."""
        read_authorities(self.authorities, _units())

    @property
    def variables(self) -> dict[str, str]:
        """The environment that `read_settings` reads these settings from."""
        return {
            "CASEPULSE_KAFKA": self.kafka,
            "CASEPULSE_REDIS": self.redis,
            "CASEPULSE_TOPIC": self.topic,
            "CASEPULSE_DATA_DIR": str(self.data_dir),
            "CASEPULSE_DEMONSTRATION": str(self.demonstration or ""),
            "CASEPULSE_AUTHORITIES": str(self.authorities or ""),
        }

    def publish(self) -> None:
        """Write the variables to the data directory: for a shell to source, and for `read_settings` to find."""
        lines = (f"{name}={shlex.quote(value)}\n" for name, value in self.variables.items())
        (self.data_dir / ENVIRONMENT).write_text("".join(lines))


def _units() -> dict[str, str]:
    return {measure.name: measure.unit for measure in MEASURES}


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives; where it names no parts, those of the `up` that runs here."""
    if "CASEPULSE_KAFKA" not in environ and "CASEPULSE_REDIS" not in environ:  # never half of one and half of another
        environ = {**_published(Path(environ.get("CASEPULSE_DATA_DIR", DATA_DIR))), **environ}
    clock, authorities = environ.get("CASEPULSE_DEMONSTRATION"), environ.get("CASEPULSE_AUTHORITIES")
    return Settings(
        kafka=environ.get("CASEPULSE_KAFKA", KAFKA),
        redis=environ.get("CASEPULSE_REDIS", REDIS),
        topic=environ.get("CASEPULSE_TOPIC", EVENTS),
        data_dir=Path(environ.get("CASEPULSE_DATA_DIR", DATA_DIR)),
        demonstration=Path(clock) if clock else None,
        authorities=Path(authorities) if authorities else None,
    )


def _published(data_dir: Path) -> dict[str, str]:
    """Return what the `up` running on *data_dir* has published; nothing where none runs."""
    try:
        with (data_dir / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(data_dir / ENVIRONMENT)
    except OSError:
        return {}
    return {}


def _read(file: Path) -> dict[str, str]:
    try:
        return dict(assignment.split("=", 1) for assignment in shlex.split(file.read_text()))
    except FileNotFoundError:  # it is only just starting
        return {}
