"""What our processes write on standard error: from which level on, and as lines for people or for machines.

The text of an exception may quote a record, so it is never written: only its type, and where it arose.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType

from deploy.configuration.settings import Settings

OURS = ("events", "metrics", "streams", "deploy")
SPOKEN = ("casepulse worker", "casepulse serve")  # what a process says of itself is said at every level
# Of other people's libraries warnings and errors are told, and of these less: one of them gives 75 warnings a second
# while a broker is away, and we say ourselves what matters.
OTHERS: Mapping[str, int] = {"aiokafka": logging.ERROR, "kafka": logging.CRITICAL}
WHERE_FRAMES = 4  # of a stack that are told, the last ones

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(settings: Settings, quiet: tuple[str, ...] = ()) -> None:
    """Write logs as *settings* say; of the libraries called *quiet* only what ends us."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in SPOKEN:
        logging.getLogger(name).setLevel(logging.INFO)
    for name, least in {**OTHERS, **dict.fromkeys(quiet, logging.CRITICAL)}.items():
        logging.getLogger(name).setLevel(least)


class TextLines(logging.Formatter):
    """For people: what a process says of itself as it says it, all else with its time, level and place."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        if record.name in SPOKEN:
            return f"{record.name}: {record.getMessage()}"
        return super().format(record)

    def formatException(self, ei: Raised) -> str:  # logging calls it so
        return f"  {raised(ei)}"


class JsonLines(logging.Formatter):
    """For machines: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["error"] = raised(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def raised(ei: Raised) -> str:
    """Return what was raised and where, without its text."""
    kind, _, where = ei
    frames = traceback.extract_tb(where)[-WHERE_FRAMES:]
    return " < ".join(
        (kind.__name__ if kind else "nothing", *(f"{it.filename}:{it.lineno}" for it in reversed(frames)))
    )
