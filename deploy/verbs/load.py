"""The verb that brings data in: load."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from deploy.configuration.settings import Settings, read_settings
from events.decode import DeadLetter, decode_lines, encode
from events.event import Event
from events.simulator.wexshire import AUTHORITY as MADE_UP
from events.sources import ssda903
from events.sources.pseudonym import KeyUnusable, key_file, keyed
from events.sources.report import FileReport, Outcome
from events.sources.table import TableUnreadable
from streams.broker.sender import Sender
from streams.broker.topics import describe


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--source", type=click.Choice(["events", "ssda903"]), required=True, help="What each PATH is.")
@click.option("--authority", help="ONS code of the authority, E10000008. Required for returns.")
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    multiple=True,
    help="Day that the return states, 2018-03-31. Required for returns: one for each PATH, in the same order.",
)
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write .ndjson; send nothing.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Key of pseudonyms; made if missing.")
def load(
    paths: tuple[Path, ...],
    source: str,
    authority: str | None,
    as_of: tuple[datetime, ...],
    target: Path | None,
    key: Path | None,
) -> None:
    """Read files of events, or returns, turn them into events, and send them.

    The same file twice is the same tellings, and changes nothing. What could not be used is told by reason.
    Of several returns a later one closes, corrects and takes back what the earlier ones said: give those again with it.

    \b
    casepulse load returns/2017-18 --source ssda903 --authority E10000008 --as-of 2018-03-31
    casepulse load returns/2016-17 returns/2017-18 --source ssda903 --authority E10000008 \\
        --as-of 2017-03-31 --as-of 2018-03-31
    casepulse load events.ndjson --source events
    """
    settings = read_settings()
    if source == "events":
        _check_files(paths)
    else:
        _check_returns(paths, authority, as_of)
    if not target:
        describe(settings.kafka, settings.topic)  # before the work, and not after it
    if source == "events":
        events: Iterable[Event] = [event for path in paths for event in _events(path, authority)]
    else:
        assert authority is not None
        returns = [ssda903.Return(path, day.date()) for path, day in zip(paths, as_of, strict=True)]
        events = _returns(returns, authority, key or settings.data_dir / "pseudonym.key")
    if target:
        _write(list(events), target)
    else:
        _send(list(events), settings)


def _check_files(paths: tuple[Path, ...]) -> None:
    for path in paths:
        if path.is_dir():
            raise click.UsageError(f"{path} is a folder: events are in one .ndjson file")


def _check_returns(paths: tuple[Path, ...], authority: str | None, as_of: tuple[datetime, ...]) -> None:
    if authority is None or not as_of:
        raise click.UsageError("a return needs --authority and --as-of, the day that it states")
    if len(as_of) != len(paths):
        raise click.UsageError(f"{len(paths)} returns and {len(as_of)} --as-of: give each return its day, in order")
    if authority == MADE_UP:
        raise click.UsageError(f"{MADE_UP} is the made-up authority: a real return never goes into it")


def _events(path: Path, authority: str | None) -> list[Event]:
    """Return the events of a file; say what could not be read."""
    dead: Counter[str] = Counter()
    found: list[Event] = []
    with path.open("rb") as lines:
        for event in decode_lines(lines, datetime.now(UTC)):
            if isinstance(event, DeadLetter):
                dead[str(event.reason)] += 1
            elif authority is None or event.authority == authority:
                found.append(event)
            else:
                dead["of another authority"] += 1
    reasons = "".join(f", {reason} {n:,}" for reason, n in dead.most_common())
    click.echo(f"{path.name}: {len(found):,} events; {dead.total():,} left{reasons}", err=True)
    return found


def _returns(returns: Sequence[ssda903.Return], authority: str, key: Path) -> tuple[Event, ...]:
    """Return the events of SSDA903 returns; say what was used, repaired and left."""
    try:
        key.parent.mkdir(parents=True, exist_ok=True)
        reading = ssda903.read_all(returns, authority, keyed(key_file(key)))
    except (TableUnreadable, KeyUnusable, ssda903.ReturnsApart) as exc:
        raise click.ClickException(str(exc)) from exc
    for report in reading.report:
        _tell(report)
    return reading.events


def _tell(report: FileReport) -> None:
    if report.absent:
        click.echo(f"{report.file}: not in the return", err=True)
        return
    outcomes = ", ".join(f"{report.outcomes[outcome]:,} {outcome.name.lower()}" for outcome in Outcome)
    click.echo(f"{report.file}: {report.read:,} rows: {outcomes}", err=True)
    for reason, n in sorted(report.reasons.items(), key=lambda found: (found[0].outcome, -found[1])):
        click.echo(f"  {n:7,}  {reason.outcome.name.lower():8}  {reason.rule}", err=True)
    if report.unused:
        click.echo(f"           columns of which nothing is told: {', '.join(report.unused)}", err=True)


def _write(events: list[Event], target: Path) -> None:
    with target.open("wb") as out:
        for event in events:
            out.write(encode(event) + b"\n")
    click.echo(f"{len(events):,} events written to {target}", err=True)


def _send(events: list[Event], settings: Settings) -> None:
    with (
        Sender(settings.kafka, settings.topic) as sender,
        click.progressbar(length=len(events), label="sending", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar,
    ):
        sent = sender.send(events, bar.update)
    click.echo(f"{sent:,} events sent", err=True)
