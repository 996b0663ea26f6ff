"""The verb that brings data in: load."""

import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import click

from deploy.settings import Settings, read_settings
from events.decode import DeadLetter, decode_lines, encode
from events.event import Event
from events.simulator.wexshire import AUTHORITY as MADE_UP
from events.sources import ssda903
from events.sources.pseudonym import KeyUnusable, key_file, keyed
from events.sources.report import FileReport, Outcome
from events.sources.table import TableUnreadable
from streams.sender import Sender
from streams.topics import describe


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--source", type=click.Choice(["events", "ssda903"]), required=True, help="What PATH is.")
@click.option("--authority", help="ONS code of the authority, E10000008. Required for returns.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Day that the return states, 2018-03-31. Required for returns.",
)
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write .ndjson; send nothing.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Key of pseudonyms; made if missing.")
def load(
    path: Path, source: str, authority: str | None, as_of: datetime | None, target: Path | None, key: Path | None
) -> None:
    """Read a file of events, or a return, turn it into events, and send them.

    The same file twice is the same tellings, and changes nothing. What could not be used is told by reason.

    \b
    casepulse load returns/2017-18 --source ssda903 --authority E10000008 --as-of 2018-03-31
    casepulse load events.ndjson --source events
    """
    settings = read_settings()
    if source == "events" and path.is_dir():
        raise click.UsageError(f"{path} is a folder: events are in one .ndjson file")
    if source != "events" and (authority is None or as_of is None):
        raise click.UsageError("a return needs --authority and --as-of, the day that it states")
    if authority == MADE_UP and source != "events":
        raise click.UsageError(f"{MADE_UP} is the made-up authority: a real return never goes into it")
    if not target:
        describe(settings.kafka, settings.topic)  # before the work, and not after it
    if source == "events":
        events: Iterable[Event] = _events(path, authority)
    else:
        assert authority is not None
        assert as_of is not None
        events = _return(path, authority, as_of.date(), key or settings.data_dir / "pseudonym.key")
    if target:
        _write(list(events), target)
    else:
        _send(list(events), settings)


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


def _return(path: Path, authority: str, as_of: date, key: Path) -> tuple[Event, ...]:
    """Return the events of an SSDA903 return; say what was used, repaired and left."""
    try:
        key.parent.mkdir(parents=True, exist_ok=True)
        reading = ssda903.read(path, authority, as_of, keyed(key_file(key)))
    except (TableUnreadable, KeyUnusable) as exc:
        raise click.ClickException(str(exc)) from exc
    for report in reading.report:
        _tell(report)
    return reading.events


def _tell(report: FileReport) -> None:
    outcomes = ", ".join(f"{report.outcomes[outcome]:,} {outcome.name.lower()}" for outcome in Outcome)
    click.echo(f"{report.file}: {report.read:,} rows: {outcomes}", err=True)
    for reason, n in sorted(report.reasons.items(), key=lambda found: (found[0].outcome, -found[1])):
        click.echo(f"  {n:7,}  {reason.outcome.name.lower():8}  {reason.rule}", err=True)


def _write(events: list[Event], target: Path) -> None:
    with target.open("wb") as out:
        for event in events:
            out.write(encode(event) + b"\n")
    click.echo(f"{len(events):,} events written to {target}", err=True)


def _send(events: list[Event], settings: Settings) -> None:
    with (
        Sender(settings.kafka, settings.topic) as sender,
        click.progressbar(
            length=len(events), label="sending", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar,
    ):  # fmt: skip
        sent = sender.send(events, bar.update)
    click.echo(f"{sent:,} events sent", err=True)
