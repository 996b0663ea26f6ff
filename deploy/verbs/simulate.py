"""The verb that makes data up: simulate."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

import click

from deploy.terminal import progress_bar
from events.decode import encode
from events.event import Event
from events.simulator.authority import MONTHS, backlog, months_before
from events.simulator.story import OutsideStory, check
from events.simulator.wexshire import CHILDREN, MADE_UP_AUTHORITY, World
from events.time import LONDON

if TYPE_CHECKING:
    from deploy.configuration.settings import Settings

# Whatever imports Kafka or the store is imported where it is used: the command must start at once.

BAR_STEPS = 1000
BATCHES_PER_SECOND = 10  # that a limited rate is sent in


class MadeUpCode(click.ParamType):
    """The code of a made-up authority: an X and eight digits. No real code begins with X."""

    name = "code"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if len(value) == 9 and value[0] == "X" and value[1:].isdecimal():
            return value
        return self.fail(
            f"{value!r} might be a real authority: give an X and eight digits, as {MADE_UP_AUTHORITY}", param, ctx
        )


DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed, the same bytes.")
@click.option(
    "--from", "since", type=DAY, metavar="DAY", help=f"First day told in full. [default: {MONTHS} months before --to]"
)
@click.option("--to", "until", type=DAY, metavar="DAY", help="Day before which the story stops. [default: today]")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Events a second, at most.")
@click.option(
    "--children",
    type=click.IntRange(1_000, 5_000_000),
    default=CHILDREN,
    show_default=True,
    help="Number of children aged 0 to 17 there: all else is in proportion.",
)
@click.option("--authority", type=MadeUpCode(), default=MADE_UP_AUTHORITY, show_default=True, help="Its code.")
@click.option("--to-file", "target", type=click.File("wb"), help="Write .ndjson; send nothing. -: standard output.")
@click.option("--continued", is_flag=True, help="Leave out what was open before --from, as an earlier file has it.")
def simulate(
    seed: int,
    since: datetime | None,
    until: datetime | None,
    rate: float | None,
    children: int,
    authority: str,
    target: BinaryIO | None,
    continued: bool,
) -> None:
    """Make an authority up, and send its events, or write them to a file.

    Its volumes are those published for Devon in 2017-18, by its number of children. First come the cases open on the
    first day, then all that is recorded until the last, in order of `recorded_at`. Dates are London's.

    \b
    casepulse simulate --from 2016-04-01 --to 2018-04-01 --to-file wexshire.ndjson
    casepulse figures --from wexshire.ndjson --at 2018-03-31
    casepulse simulate --authority X99999902 --seed 7 --children 40000        a small one beside it, to Kafka
    """
    last = _moment(until) if until else _today()
    first = _moment(since) if since else months_before(last, MONTHS)
    _check(first, last, sends=target is None)
    world = World(seed, children, authority)
    events = backlog(world, first, last, open_before=not continued)
    if target is not None:
        _write(_shown(_paced(events, rate), first, last), target)
    else:
        _send(_shown(events, first, last), _checked_settings(), rate)


def _checked_settings() -> "Settings":
    """Return the settings. Raises KafkaError now rather than after the work."""
    from deploy.configuration.settings import read_settings
    from streams.broker.topics import describe

    settings = read_settings()
    describe(settings.kafka, settings.topic)
    return settings


def _moment(day: datetime) -> datetime:
    return day.replace(tzinfo=LONDON).astimezone(UTC)


def _today() -> datetime:
    return datetime.now(LONDON).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _check(first: datetime, last: datetime, sends: bool) -> None:
    if first >= last:
        raise click.UsageError("--from is not before --to, so nothing would be told: give an earlier --from")
    if sends and last > datetime.now(UTC):
        raise click.UsageError("--to lies in the future, and Kafka takes no future events: give an earlier day")
    try:
        check(first, last)
    except OutsideStory as exc:
        raise click.UsageError(f"{exc}: give --from and --to within it") from exc


def _shown(events: Iterable[Event], first: datetime, last: datetime) -> Iterator[Event]:
    """Yield *events*, with a bar on a terminal that shows how far the story is."""
    whole, done = (last - first) / BAR_STEPS, 0
    with progress_bar("simulating", BAR_STEPS) as bar:
        for event in events:
            reached = min(BAR_STEPS, int(max(event.recorded_at - first, timedelta(0)) / whole))
            if reached > done:
                bar.update(reached - done)
                done = reached
            yield event
        bar.update(BAR_STEPS - done)


def _paced(events: Iterable[Event], rate: float | None) -> Iterator[Event]:
    """Yield *events* no faster than *rate* a second."""
    began = time.monotonic()
    for number, event in enumerate(events):
        if rate and (ahead := number / rate - (time.monotonic() - began)) > 0:
            time.sleep(ahead)
        yield event


def _write(events: Iterable[Event], target: BinaryIO) -> None:
    number = 0
    for event in events:
        target.write(encode(event) + b"\n")
        number += 1
    target.flush()
    click.echo(f"{number:,} events written to {getattr(target, 'name', 'standard output')}", err=True)


def _send(events: Iterator[Event], settings: "Settings", rate: float | None) -> None:
    from deploy.machine import backload

    if rate is None:
        sent = backload.send(settings.kafka, settings.topic, events)
    else:
        sent = _send_paced(events, settings, rate)
    click.echo(f"{sent:,} events sent", err=True)


def _send_paced(events: Iterator[Event], settings: "Settings", rate: float) -> int:
    from streams.broker.sender import Sender

    sent = 0
    with Sender(settings.kafka, settings.topic) as sender:
        paced = _paced(events, rate)
        while batch := list(islice(paced, max(1, int(rate / BATCHES_PER_SECOND)))):
            sent += sender.send(batch)
    return sent
