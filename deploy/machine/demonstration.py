"""The made-up authority, told live: its story so far once, then what happens, by a clock of its own.

A process of its own. Two small files of the data directory say how far it has come: the clock, which the server reads
and which is there only while the clock runs; and how far was sent, from where the next run goes on.
"""

import logging
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from kafka.errors import KafkaError

from deploy.configuration.settings import Settings, read_settings
from deploy.machine import backload
from events.event import Moment
from events.simulator.authority import MONTHS, events, so_far
from events.simulator.clock import BEGINS, REAL_TIME, DemonstrationClock
from events.simulator.wexshire import CHILDREN, World
from events.time import LONDON
from metrics.store.position import LONG_LOG_EVENTS, Refused
from streams.broker.sender import Sender
from streams.broker.topics import describe

SEED = 1
TELL_SECONDS = 0.15  # between looks at what has happened
WARM_UP = timedelta(seconds=1)
LONGEST_STRETCH = timedelta(days=1)  # that is told at a time: after a long pause there are many
RETRY_MIN_SECONDS, RETRY_MAX_SECONDS = 0.5, 5.0  # to wait for a Kafka that is away
HISTORY_MONTHS = "CASEPULSE_HISTORY_MONTHS"  # for tests, which need little of it
HISTORY_CHILDREN = "CASEPULSE_HISTORY_CHILDREN"  # and of a small authority
UNACKNOWLEDGED_EVENTS = 10_000  # at most
SAY_SECONDS = 0.5  # between two lines
BAR_CHARACTERS = 20


@dataclass(frozen=True)
class Demonstration:
    """Which story is told, how fast, and how many months of it are told before its clock starts."""

    world: World
    speed: float
    months: int = MONTHS


class Sent(msgspec.Struct, frozen=True):
    """How far which story was told to which log."""

    log: str
    seed: int
    until: Moment
    children: int = CHILDREN


def files(data_dir: Path) -> tuple[Path, Path]:
    """Return where the clock is, and where it stands how far was sent."""
    return data_dir / "demonstration.json", data_dir / "demonstration-sent.json"


def begun(data_dir: Path) -> Path:
    """Return the file that is there once a long log, or all of a shorter story so far, is in Kafka."""
    return data_dir / "demonstration-begun"


def tell(settings: Settings, demonstration: Demonstration) -> None:
    """Tell the story until the process is ended. Raises KafkaError, Refused or OSError."""
    world, speed = demonstration.world, demonstration.speed
    clock_file, sent_file = files(settings.data_dir)
    log = describe(settings.kafka, settings.topic)
    with Sender(settings.kafka, settings.topic) as sender:
        sent = _read(sent_file)
        if sent is None or (sent.log, sent.seed, sent.children) != (log.topic_id, world.seed, world.children):
            until = BEGINS if speed != REAL_TIME else datetime.now(LONDON)
            sent = Sent(log.topic_id, world.seed, until, world.children)
            _tell_history(settings, world, until, demonstration.months)
            _write(sent_file, msgspec.json.encode(sent))
        begun(settings.data_dir).touch()
        next(events(world, sent.until, sent.until + WARM_UP), None)  # makes the month up before its clock runs
        clock = _clock(clock_file, sent, speed)
        while True:
            sent = _tell_on(sender, world, sent, clock)
            with suppress(OSError):  # a full disk; at worst a stretch is told again, which changes nothing
                _write(sent_file, msgspec.json.encode(sent))


def _tell_history(settings: Settings, world: World, until: Moment, months: int) -> None:
    """Tell the months so far, child by child: a worker then meets most children once, and is much faster."""
    progress = StoryProgress(months, begun(settings.data_dir))
    story = so_far(world, until, months, progress.reached)
    backload.send(settings.kafka, settings.topic, story, progress.sent)
    progress.say()


class StoryProgress:
    """Says how far the history is, now and then; its last line is what `up` shows."""

    def __init__(self, months: int, begun: Path) -> None:
        self._months, self._begun = months, begun
        self._share, self._events, self._said = 0.0, 0, 0.0

    def reached(self, share: float) -> None:
        self._share = share

    def sent(self, events: int) -> None:
        self._events += events
        if self._events > LONG_LOG_EVENTS + UNACKNOWLEDGED_EVENTS:
            self._begun.touch()
        if time.monotonic() - self._said > SAY_SECONDS:
            self.say()

    def say(self) -> None:
        self._said = time.monotonic()
        bar = ("#" * round(self._share * BAR_CHARACTERS)).ljust(BAR_CHARACTERS, ".")
        _say(f"{self._months} months [{bar}] {self._share:4.0%}, {self._events:,} events")


def _clock(file: Path, sent: Sent, speed: float) -> DemonstrationClock:
    """Return the clock that runs already, or start it where the story stands."""
    if file.exists():
        return DemonstrationClock.decode(file.read_bytes())
    clock = DemonstrationClock.resumed(sent.until, datetime.now(UTC), speed)
    _write(file, clock.encode())
    return clock


def _tell_on(sender: Sender, world: World, sent: Sent, clock: DemonstrationClock) -> Sent:
    """Tell what has happened since, a stretch of it at most."""
    now = clock.now(datetime.now(UTC))
    until = min(now, sent.until + LONGEST_STRETCH)
    sender.send(events(world, sent.until, until))
    if until == now:
        time.sleep(TELL_SECONDS)
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


def main(settings: Settings, demonstration: Demonstration) -> None:
    """Tell the story for ever; wait while Kafka is away."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # a screenful a second while a broker is away
    wait = RETRY_MIN_SECONDS
    while True:
        began = time.monotonic()
        try:
            tell(settings, demonstration)
        except (KafkaError, Refused, OSError) as exc:
            lasted = time.monotonic() - began
            wait = RETRY_MIN_SECONDS if lasted > RETRY_MAX_SECONDS else min(2 * wait, RETRY_MAX_SECONDS)
            _say(f"waiting for Kafka ({type(exc).__name__})" if isinstance(exc, KafkaError) else f"waiting: {exc}")
            time.sleep(wait)


if __name__ == "__main__":
    main(
        read_settings(),
        Demonstration(
            world=World(SEED, int(os.environ.get(HISTORY_CHILDREN, CHILDREN))),
            speed=float(sys.argv[1]),
            months=int(os.environ.get(HISTORY_MONTHS, MONTHS)),
        ),
    )
