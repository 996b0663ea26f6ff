"""The variables that set an installation up: what each means, and who set it.

The environment sets them, or a file named by `--config`, a key each: CASEPULSE_KAFKA_USER is `kafka_user` there. A
variable that neither sets has the value that the `up` running here has published, else its default. Who sets
any part of how Kafka or the store is reached has nothing of that `up`: half of its connections would be nobody's.
"""

import fcntl
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deploy.configuration.toml_file import TomlFile
from streams.broker.connection import MECHANISMS, SECURITIES
from streams.broker.names import EVENTS

CONFIG = "CASEPULSE_CONFIG"
SERVER = "CASEPULSE_SERVER"
DATA_DIR = Path(".casepulse")
LOCK, ENVIRONMENT = "up.lock", "environment"  # files of the data directory
PREFIX = "CASEPULSE_"
LOG_LEVELS, LOG_FORMATS = ("debug", "info", "warning", "error"), ("text", "json")
LOGGING = frozenset(("CASEPULSE_LOG_LEVEL", "CASEPULSE_LOG_FORMAT"))


@dataclass(frozen=True)
class Variable:
    """What can be set."""

    name: str
    means: str
    default: str = ""
    is_file: bool = False
    is_secret: bool = False  # the file holds one

    @property
    def key(self) -> str:
        """What it is called in a file."""
        return self.name.removeprefix(PREFIX).lower()


KAFKA_VARIABLES = (
    Variable("CASEPULSE_KAFKA", "where Kafka is, host:port, several with commas between", "127.0.0.1:9092"),
    Variable("CASEPULSE_KAFKA_SECURITY", ", ".join(SECURITIES), "plaintext"),
    Variable("CASEPULSE_KAFKA_CA_FILE", "who signed Kafka's certificates; else whom the system trusts", is_file=True),
    Variable("CASEPULSE_KAFKA_CERT_FILE", "our certificate, where Kafka asks for one", is_file=True),
    Variable("CASEPULSE_KAFKA_KEY_FILE", "its key", is_file=True, is_secret=True),
    Variable("CASEPULSE_KAFKA_SASL_MECHANISM", ", ".join(MECHANISMS), "SCRAM-SHA-512"),
    Variable("CASEPULSE_KAFKA_USER", "as whom"),
    Variable("CASEPULSE_KAFKA_PASSWORD_FILE", "a file with the password", is_file=True, is_secret=True),
)
STORE_VARIABLES = (
    Variable("CASEPULSE_REDIS", "where the store is, redis:// or, over TLS, rediss://", "redis://127.0.0.1:6379/0"),
    Variable("CASEPULSE_REDIS_CA_FILE", "who signed its certificate; else whom the system trusts", is_file=True),
    Variable("CASEPULSE_REDIS_USER", "as whom"),
    Variable("CASEPULSE_REDIS_PASSWORD_FILE", "a file with the password", is_file=True, is_secret=True),
)
VARIABLES = (
    *KAFKA_VARIABLES,
    *STORE_VARIABLES,
    Variable(
        SERVER,
        "where `serve` answers, http://host:port; figures are asked of it where it is set, else read from the store",
    ),
    Variable("CASEPULSE_TOPIC", "the topic of events", EVENTS),
    Variable("CASEPULSE_FIGURES_TOPIC", "the topic of figures; else figures, or that of events with -figures after it"),
    Variable("CASEPULSE_DATA_DIR", "state of `up`, and the key of pseudonyms", str(DATA_DIR), is_file=True),
    Variable("CASEPULSE_AUTHORITIES", "what each authority sets; else authority.toml here", is_file=True),
    Variable("CASEPULSE_LOG_LEVEL", f"what worker and server log of their work: {', '.join(LOG_LEVELS)}", "warning"),
    Variable("CASEPULSE_LOG_FORMAT", f"how: {', '.join(LOG_FORMATS)}; `up` keeps text", "text"),
    Variable("CASEPULSE_DEMONSTRATION", "the clock of a made-up authority; `up` sets it", is_file=True),
)
CONNECTIONS = frozenset(variable.name for variable in (*KAFKA_VARIABLES, *STORE_VARIABLES))


class Setting(NamedTuple):
    """The value of a variable, and who set it."""

    value: str
    by: str


def values(environ: Mapping[str, str] = os.environ, by_up: bool = True) -> dict[str, Setting]:
    """Return every variable, with what an `up` that runs here has published or without; an empty one has its default.

    Raises Unreadable where the file cannot be used.
    """
    given = _of_file(environ.get(CONFIG, ""))
    given |= {v.name: Setting(environ[v.name], "environment") for v in VARIABLES if v.name in environ}
    if by_up and not CONNECTIONS & given.keys():  # never half of one Kafka or store and half of another
        given = _beside_up(given)
    return {
        v.name: setting if (setting := given.get(v.name)) and setting.value else Setting(v.default, "default")
        for v in VARIABLES
    }


def _of_file(name: str) -> dict[str, Setting]:
    """Return what a file sets; a path in it is seen from its own folder. Raises Unreadable."""
    if not name:
        return {}
    document = TomlFile(Path(name))
    entries = document.whole.table([variable.key for variable in VARIABLES])
    settings = {}
    for variable in VARIABLES:
        if variable.key in entries and entries[variable.key].is_a(str):
            value = str(entries[variable.key].value)
            if variable.is_file and value:
                value = str(document.file.absolute().parent / value)
            settings[variable.name] = Setting(value, name)
    document.refuse()
    return settings


def _beside_up(given: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return what is *given*, and all else as the `up` that runs on the data directory has published it."""
    of_up = published(Path(given["CASEPULSE_DATA_DIR"].value if "CASEPULSE_DATA_DIR" in given else DATA_DIR))
    if _differs(given, of_up):
        of_up.pop(SERVER, None)  # it counts another topic, or by other rules, than is asked for here
    return {**of_up, **given}


def _differs(given: Mapping[str, Setting], published: Mapping[str, Setting]) -> bool:
    """Return whether the topic, the rules or the clock are others than those of the `up` that runs here."""
    return any(
        _comparable(variable, given[variable.name].value) != published[variable.name].value
        for variable in VARIABLES
        if variable.name in given.keys() & published.keys() - CONNECTIONS - LOGGING - {SERVER}
    )


def _comparable(variable: Variable, value: str) -> str:
    return str(Path(value).absolute()) if variable.is_file and value else value or variable.default


def published(data_dir: Path) -> dict[str, Setting]:
    """Return what the `up` running on *data_dir* has published; nothing where none runs."""
    try:
        with (data_dir / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return {name: Setting(value, "up") for name, value in _assignments(data_dir / ENVIRONMENT).items()}
    except OSError:
        return {}
    return {}


def _assignments(file: Path) -> dict[str, str]:
    try:
        return dict(assignment.split("=", 1) for assignment in shlex.split(file.read_text()))
    except FileNotFoundError:  # it is only just starting
        return {}
