"""The variables that set an installation up: what each means, and who told it.

The environment tells them, or a file named by `--config`, a key each: CASEPULSE_KAFKA_USER is `kafka_user` there. What
neither tells is as the `up` that runs here has it, or as a default.
"""

import fcntl
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deploy.configuration.toml_file import TomlFile, Unreadable
from streams.broker.connection import MECHANISMS, SECURITIES
from streams.broker.topics import EVENTS

CONFIG = "CASEPULSE_CONFIG"
DATA_DIR = Path(".casepulse")
LOCK, ENVIRONMENT = "up.lock", "environment"  # files of the data directory
PREFIX = "CASEPULSE_"


@dataclass(frozen=True)
class Variable:
    """One setting."""

    name: str
    means: str
    default: str = ""
    is_file: bool = False
    is_secret: bool = False  # the file holds one

    @property
    def key(self) -> str:
        """What it is called in a file."""
        return self.name.removeprefix(PREFIX).lower()


KAFKA = (
    Variable("CASEPULSE_KAFKA", "where Kafka is, host:port, several with commas between", "127.0.0.1:9092"),
    Variable("CASEPULSE_KAFKA_SECURITY", ", ".join(SECURITIES), "plaintext"),
    Variable("CASEPULSE_KAFKA_CA_FILE", "who signed Kafka's certificates; else whom the system trusts", is_file=True),
    Variable("CASEPULSE_KAFKA_CERT_FILE", "our certificate, where Kafka asks for one", is_file=True),
    Variable("CASEPULSE_KAFKA_KEY_FILE", "its key", is_file=True, is_secret=True),
    Variable("CASEPULSE_KAFKA_SASL_MECHANISM", ", ".join(MECHANISMS), "SCRAM-SHA-512"),
    Variable("CASEPULSE_KAFKA_USER", "as whom"),
    Variable("CASEPULSE_KAFKA_PASSWORD_FILE", "a file with the password", is_file=True, is_secret=True),
)
REDIS = (
    Variable("CASEPULSE_REDIS", "where the store is, redis:// or, over TLS, rediss://", "redis://127.0.0.1:6379/0"),
    Variable("CASEPULSE_REDIS_CA_FILE", "who signed its certificate; else whom the system trusts", is_file=True),
    Variable("CASEPULSE_REDIS_USER", "as whom"),
    Variable("CASEPULSE_REDIS_PASSWORD_FILE", "a file with the password", is_file=True, is_secret=True),
)
VARIABLES = (
    *KAFKA,
    *REDIS,
    Variable("CASEPULSE_TOPIC", "the topic of events", EVENTS),
    Variable("CASEPULSE_FIGURES_TOPIC", "the topic of figures; else figures, or that of events with -figures after it"),
    Variable("CASEPULSE_DATA_DIR", "state of `up`, and the key of pseudonyms", str(DATA_DIR), is_file=True),
    Variable("CASEPULSE_AUTHORITIES", "what each authority sets; else authority.toml here", is_file=True),
    Variable("CASEPULSE_DEMONSTRATION", "the clock of a made-up authority; `up` sets it", is_file=True),
)
CONNECTIONS = frozenset(variable.name for variable in (*KAFKA, *REDIS))


class Told(NamedTuple):
    """A value, and who told it."""

    value: str
    by: str


def told(environ: Mapping[str, str] = os.environ, by_up: bool = True) -> dict[str, Told]:
    """Return every variable, with what an `up` that runs here has told or without; an empty one is as left out.

    Raises Unreadable where the file cannot be used.
    """
    given = _configured(environ.get(CONFIG, ""))
    given |= {v.name: Told(environ[v.name], "environment") for v in VARIABLES if v.name in environ}
    if by_up and not {"CASEPULSE_KAFKA", "CASEPULSE_REDIS"} & given.keys():  # never half of one and half of another
        here = _published(Path(given["CASEPULSE_DATA_DIR"].value if "CASEPULSE_DATA_DIR" in given else DATA_DIR))
        given = here | given | {name: it for name, it in here.items() if name in CONNECTIONS}
    return {v.name: it if (it := given.get(v.name)) and it.value else Told(v.default, "default") for v in VARIABLES}


def _configured(name: str) -> dict[str, Told]:
    """Return what a file tells; a path in it is seen from its own folder. Raises Unreadable."""
    if not name:
        return {}
    page = TomlFile(Path(name))
    spots = page.whole.table([variable.key for variable in VARIABLES])
    found = {}
    for variable in VARIABLES:
        if variable.key in spots and spots[variable.key].is_a(str):
            value = str(spots[variable.key].value)
            if variable.is_file and value:
                value = str(page.file.absolute().parent / value)
            found[variable.name] = Told(value, name)
    page.refuse()
    return found


def _published(data_dir: Path) -> dict[str, Told]:
    """Return what the `up` running on *data_dir* has published; nothing where none runs."""
    try:
        with (data_dir / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return {name: Told(value, "up") for name, value in _read(data_dir / ENVIRONMENT).items()}
    except OSError:
        return {}
    return {}


def _read(file: Path) -> dict[str, str]:
    try:
        return dict(assignment.split("=", 1) for assignment in shlex.split(file.read_text()))
    except FileNotFoundError:  # it is only just starting
        return {}


__all__ = ["CONFIG", "DATA_DIR", "ENVIRONMENT", "LOCK", "VARIABLES", "Told", "Unreadable", "Variable", "told"]
