"""The made-up authority, told live: its story so far once, then what happens, by a clock of its own.

A process of its own. It says how far it has come in two small files of the data directory: the clock, which the server
reads and which is there only while the clock runs; and how far was sent, from where the next run goes on.
"""

import logging
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from kafka.errors import KafkaError

from deploy.settings import Settings, read_settings
from events.event import Moment
from events.simulator.authority import events, history
from events.simulator.clock import BEGINS, REAL_TIME, DemonstrationClock
from events.time import LONDON
from metrics.store import Refused
from streams.sender import Sender
from streams.topics import describe

SEED = 1
EVERY = 0.15  # seconds between looks at what has happened
STRETCH = timedelta(days=1)  # at most, at a time: after a long pause there are many
SHORTEST, LONGEST = 0.5, 5.0  # seconds to wait for a Kafka that is away


class Sent(msgspec.Struct, frozen=True):
    """How far which story was told to which log."""

    log: str
    seed: int
    until: Moment


def files(data_dir: Path) -> tuple[Path, Path]:
    """Return where the clock is, and where it stands how far was sent."""
    return data_dir / "demonstration.json", data_dir / "demonstration-sent.json"


def tell(settings: Settings, speed: float) -> None:
    """Tell the story until the process is ended. Raises KafkaError, Refused or OSError."""
    clock_file, sent_file = files(settings.data_dir)
    log = describe(settings.kafka, settings.topic)
    with Sender(settings.kafka, settings.topic) as sender:
        sent = _read(sent_file)
        if sent is None or (sent.log, sent.seed) != (log.topic_id, SEED):
            sent = Sent(log.topic_id, SEED, BEGINS if speed != REAL_TIME else datetime.now(LONDON))
            _tell_history(sender, sent)
            _write(sent_file, msgspec.json.encode(sent))
        clock = _clock(clock_file, sent, speed)
        while True:
            sent = _tell_on(sender, sent, clock)
            with suppress(OSError):  # a full disk; at worst a stretch is told again, which changes nothing
                _write(sent_file, msgspec.json.encode(sent))


def _tell_history(sender: Sender, sent: Sent) -> None:
    told = 0

    def progress(n: int) -> None:
        nonlocal told
        told += n
        if told % 1000 == 0:
            _say(f"history: {told:,} events")

    sender.send(history(sent.seed, sent.until), progress)
    _say(f"history: {told:,} events")


def _clock(file: Path, sent: Sent, speed: float) -> DemonstrationClock:
    """Return the clock that runs already, or start it where the story stands."""
    if file.exists():
        return DemonstrationClock.decode(file.read_bytes())
    clock = DemonstrationClock.resumed(sent.until, datetime.now(UTC), speed)
    _write(file, clock.encode())
    return clock


def _tell_on(sender: Sender, sent: Sent, clock: DemonstrationClock) -> Sent:
    """Tell what has happened since, a stretch of it at most."""
    now = clock.now(datetime.now(UTC))
    until = min(now, sent.until + STRETCH)
    sender.send(events(sent.seed, sent.until, until))
    if until == now:
        time.sleep(EVERY)
    return msgspec.structs.replace(sent, until=max(sent.until, until))


def _read(file: Path) -> Sent | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Sent)
    except (FileNotFoundError, msgspec.DecodeError):  # a power cut may leave an empty file: told again, nothing changes
        return None


def _write(file: Path, content: bytes) -> None:
    """Write in one step: a reader sees the old or the new."""
    beside = file.with_suffix(".new")
    beside.write_bytes(content)
    os.replace(beside, file)


def _say(line: str) -> None:
    print(line, flush=True)


def main(settings: Settings, speed: float) -> None:
    """Tell the story for ever; wait while Kafka is away."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # a screenful a second while a broker is away
    wait = SHORTEST
    while True:
        began = time.monotonic()
        try:
            tell(settings, speed)
        except (KafkaError, Refused, OSError) as exc:
            wait = SHORTEST if time.monotonic() - began > LONGEST else min(2 * wait, LONGEST)
            _say(f"waiting for Kafka ({type(exc).__name__})")
            time.sleep(wait)


if __name__ == "__main__":
    main(read_settings(), float(sys.argv[1]))
