"""The verb that brings data in: load."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deploy.terminal import progress_over
from deploy.verbs.load_report import report_lines
from deploy.verbs.parameters import AuthorityCode, FileToWrite
from events.decode import encode
from events.simulator.wexshire import MADE_UP_AUTHORITY
from events.sources.catalogue import SOURCES, source_named
from events.sources.report import LoadReport
from events.sources.source import (
    MAX_MISSING,
    EventSource,
    Limits,
    PathKind,
    Request,
    SourceReading,
    SourceUnreadable,
)
from events.time import LONDON
from metrics.printable import printable

if TYPE_CHECKING:
    from deploy.configuration.settings import Settings

# Whatever imports Kafka or the store is imported where it is used: the command must start at once.


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--source",
    "name",
    type=click.Choice([source.name for source in SOURCES]),
    required=True,
    help=f"What each PATH is. {'; '.join(f'{source.name}: {source.path_is}' for source in SOURCES)}.",
)
@click.option("--authority", type=AuthorityCode(), help="ONS code of the authority, E10000008. Required for returns.")
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    multiple=True,
    help="Day that the file states, 2018-03-31. Required for returns: one for each PATH, in the same order.",
)
@click.option("--to", "target", type=FileToWrite(), help="Write .ndjson; send nothing.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Key of pseudonyms; made if missing.")
@click.option(
    "--max-missing",
    type=click.FloatRange(0, 100),
    default=MAX_MISSING * 100,
    show_default=True,
    metavar="PERCENT",
    help="Rows of an earlier return that a later one may lack though it should have them again; over it is refused.",
)
def load(
    paths: tuple[Path, ...],
    name: str,
    authority: str | None,
    as_of: tuple[datetime, ...],
    target: Path | None,
    key: Path | None,
    max_missing: float,
) -> None:
    """Read files of events, or returns, turn them into events, and send them.

    The same file twice is the same tellings, and changes nothing. A report says how many rows were not used, and why.
    A later return closes, corrects and withdraws what earlier ones said: give the earlier returns again with it.
    A file of which under half can be used is refused, and nothing is sent. Last is sent up to when all is complete: the
    day that is stated, or the newest that a file of events says was recorded.

    \b
    casepulse load returns/2017-18 --source ssda903 --authority E10000008 --as-of 2018-03-31
    casepulse load returns/2016-17 returns/2017-18 --source ssda903 --authority E10000008 \\
        --as-of 2017-03-31 --as-of 2018-03-31
    casepulse load events.ndjson --source events
    """
    from deploy.configuration.settings import read_settings

    settings, source = read_settings(), source_named(name)
    days = tuple(day.date() for day in as_of)
    key, limits = key or settings.data_dir / "pseudonym.key", Limits(max_missing=max_missing / 100)
    request = Request(paths, authority or "", days, datetime.now(UTC), key, limits, progress_over)
    _check(source, request)
    if not target:
        _check_kafka(settings)
    try:
        reading = _read(source, request)
        if source.is_return:
            _say_if_unknown(request, settings)
        if target:
            _write(reading, target)
        else:
            _send(reading, settings)
    except SourceUnreadable as exc:
        raise click.ClickException(str(exc)) from exc
    except MemoryError:
        raise click.ClickException("too little memory for these files: load fewer of them at once") from None


def _check(source: EventSource, request: Request) -> None:
    """Raise UsageError unless *request* has what *source* needs."""
    for path in request.paths:
        kind = PathKind.FOLDER if path.is_dir() else PathKind.FILE
        if kind is not source.path_kind:
            raise click.UsageError(f"{path} is a {kind}: for --source {source.name} give {source.path_is}")
    if source.is_return:
        _check_return(request)
    for day in request.as_of:
        if day > request.now.astimezone(LONDON).date():
            raise click.UsageError(f"--as-of {day} has not come: give the day at whose end the return was made")


def _check_return(request: Request) -> None:
    if not request.authority or not request.as_of:
        raise click.UsageError("a return needs --authority and --as-of, the day that it states")
    if len(request.as_of) != len(request.paths):
        returns, days = len(request.paths), len(request.as_of)
        raise click.UsageError(f"{returns} returns and {days} --as-of: give each return its day, in order")
    if request.authority == MADE_UP_AUTHORITY:
        raise click.UsageError(f"{MADE_UP_AUTHORITY} is the made-up authority: a real return never goes into it")


def _check_kafka(settings: "Settings") -> None:
    """Raise KafkaError now rather than after the reading."""
    from streams.broker.topics import describe

    describe(settings.kafka, settings.topic)


def _read(source: EventSource, request: Request) -> SourceReading:
    """Return what the source tells; report what became of each row, also where the files are refused."""
    try:
        reading = source.read(request)
    except SourceUnreadable as exc:
        _say(exc.reports)
        raise
    _say(reading.reports)
    for why in reading.not_read:
        click.echo(why, err=True)
    return reading


def _say_if_unknown(request: Request, settings: "Settings") -> None:
    """Say that an authority has no rates: its code may be none of the Office for National Statistics, or an old one."""
    from metrics.figures.reference.population import population

    code, day = request.authority, max(request.as_of)
    if population(code, day, {}) is None and population(code, day, settings.rules.of(code).population) is None:
        click.echo(
            f"{code}: no population is known of this code, so its rates have no number: give the code of the Office "
            "for National Statistics, such as E10000008, or set population in authority.toml",
            err=True,
        )


def _say(reports: Iterable[LoadReport]) -> None:
    for report in reports:
        for line in report_lines(report):
            click.echo(printable(line), err=True)


def _write(reading: SourceReading, target: Path) -> None:
    """Write the events to *target*, whole or not at all, save where that is no file, such as a pipe."""
    written = target if target.exists() and not target.is_file() else target.with_name(f".{target.name}.part")
    events = 0
    try:
        with written.open("wb") as out, progress_over(reading.events, "writing") as told:
            for event in told:
                out.write(encode(event) + b"\n")
                events += 1
        if written != target:
            written.replace(target)
    except BaseException:
        if written != target:
            written.unlink(missing_ok=True)
        raise
    click.echo(f"{events:,} events written to {target}", err=True)


def _send(reading: SourceReading, settings: "Settings") -> None:
    from streams.broker.sender import Sender

    with (
        Sender(settings.kafka, settings.topic) as sender,
        progress_over(reading.events, "sending") as events,
    ):
        sent = sender.send(events)
    click.echo(f"{sent:,} events sent", err=True)
