"""The verb that asks for figures: from the running store, or from a file folded here and now."""

import asyncio
import csv
import io
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from deploy.server import clocks
from deploy.settings import Settings, read_settings
from events.decode import DeadLetter, decode_lines
from events.event import Event
from metrics.answers import Ask, UnknownTeam, answer, chosen
from metrics.book import Book
from metrics.catalogue import UnknownMeasure
from metrics.figures import Answer, Figure, Question, UnknownBreakdown
from metrics.fold import Authority
from metrics.measure import Measure
from metrics.reader import NotReady, Reader
from metrics.store import Store, connect
from metrics.sums import Sums
from metrics.tally import fingerprint
from metrics.windows import At, UnknownWindow, parse_at

Found = Mapping[str, tuple[Authority, Sums]]
WAIT = 30  # seconds for a store that is being rebuilt


class Moment(click.ParamType):
    """A date, or an instant with offset."""

    name = "date or instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> At:
        try:
            return parse_at(str(value))
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


@click.command()
@click.argument("measure", nargs=-1)
@click.option("--from", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Fold this .ndjson.")
@click.option("--at", "moments", multiple=True, type=Moment(), help="Date or instant; repeatable. Left out: now.")
@click.option("--known-at", type=Moment(), help="Only what was known by then counts. With --from.")
@click.option("--window", help="day, week, month, quarter, year_to_date, year or last_N_days.")
@click.option("--by", multiple=True, metavar="DIM", help="Divide by a breakdown of the measure, or by team.")
@click.option("--team", help="Only this team.")
@click.option("--authority", help="Only this authority.")
@click.option("--json", "as_json", is_flag=True, help="The envelope of the contract, section 3.")
@click.option("--csv", "as_csv", is_flag=True, help="One line a figure.")
def figures(
    measure: tuple[str, ...], file: Path | None, moments: tuple[At, ...], known_at: At | None, window: str | None,
    by: tuple[str, ...], team: str | None, authority: str | None, as_json: bool, as_csv: bool,
) -> None:  # fmt: skip
    """Show figures: of every MEASURE, or of those named.

    With --from the file is folded here, with no Kafka and no Redis: the reference that the service must equal.

    \b
    casepulse figures assessment_timeliness --at 2017-12-31 --by team
    casepulse figures --from events.ndjson --at 2017-12-31 --json
    """
    if known_at and not file:
        raise click.UsageError("--known-at needs --from FILE: the running service has no such figures yet")
    settings = read_settings()
    now = clocks(settings.demonstration).now
    try:
        asks = [_ask(one, window, str(known_at) if known_at else None, team, by) for one in chosen(measure)]
        if file:
            found, catalogue = _folded(file, settings, known_at), fingerprint()
        else:
            found, catalogue = asyncio.run(_running(settings))
        kept = {name: it for name, it in found.items() if authority in (None, name)}
        if authority and not kept:
            raise click.UsageError(f"no events of {authority!r}: there are {', '.join(found) or 'none of anybody yet'}")
        result = answer(kept, asks, moments, now, catalogue)
    except (UnknownMeasure, UnknownBreakdown, UnknownTeam, UnknownWindow) as exc:
        raise click.UsageError(str(exc)) from exc
    click.echo(_written(result, as_json, as_csv), nl=False)


def _ask(measure: Measure, window: str | None, known_at: str | None, team: str | None, by: tuple[str, ...]) -> Ask:
    return lambda at: Question(measure=measure, at=at, window=window, known_at=known_at, team=team, by=by)


def _folded(file: Path, settings: Settings, known_at: At | None) -> Found:
    """Fold *file*; say on standard error what could not be read."""
    dead: Counter[str] = Counter()
    now = datetime.now(UTC)

    def events() -> Iterator[Event]:
        with file.open("rb") as lines:
            for found in decode_lines(lines, now):
                if isinstance(found, DeadLetter):
                    dead[str(found.reason)] += 1
                else:
                    yield found

    size = file.stat().st_size
    with click.progressbar(length=size, label="folding", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        book = Book(settings.rules).tell(events(), lambda n: bar.update(n * 300))
    reasons = "".join(f", {reason} {n}" for reason, n in dead.most_common())
    click.echo(f"{dead.total()} dead letters{reasons}", err=True)
    if known_at:
        book = book.known_at(known_at.moment)
    return {name: (book.authorities[name], sums) for name, sums in book.sums().items()}


async def _running(settings: Settings) -> tuple[Found, str]:
    """Read the running store, waiting a little while it is being rebuilt. Raises ClickException."""
    store = Store(connect(settings.redis), settings.topic)
    reader = Reader(store)
    until = time.monotonic() + WAIT
    try:
        while True:
            await reader.turn()
            try:
                found = {name: it for name in reader.authorities() if (it := reader.authority(name))}
                return found, reader.catalogue
            except NotReady as exc:
                if time.monotonic() > until:
                    share = "" if exc.read is None else f" ({exc.read:.0%} read)"
                    raise click.ClickException(f"{exc}{share}: try again in a while; is a worker running?") from exc
            await asyncio.sleep(0.2)
    finally:
        await store.close()


def _written(result: Answer, as_json: bool, as_csv: bool) -> str:
    if as_json:
        return msgspec.json.format(msgspec.json.encode(result), indent=1).decode() + "\n"
    if as_csv:
        return _csv(result.figures)
    return (
        "".join(f"{_line(figure)}\n" for figure in result.figures) or "Nothing to show: no events in that window yet.\n"
    )


def _csv(found: list[Figure]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((
        "measure", "authority", "window", "from", "at", "team", "by", "numerator", "denominator", "value", "target",
        "status",
    ))  # fmt: skip
    for f in found:
        by = ";".join(f"{name}={value}" for name, value in f.by.items())
        writer.writerow((
            f.measure, f.authority, f.window, f.from_, f.at, f.team, by, f.numerator, f.denominator, f.value, f.target,
            f.status,
        ))  # fmt: skip
    return out.getvalue()


def _line(f: Figure) -> str:
    """Return a figure for a person: no percentage without its fraction, and what is not in it yet."""
    if f.denominator is None:
        number = f"{f.numerator:,}"
    elif f.value is None:
        number = "none yet"
    else:
        number = f"{f.value:.1%} ({f.numerator:,} of {f.denominator:,})"
    place = ", ".join(filter(None, (f.team, *(f"{name} {value}" for name, value in f.by.items()))))
    beside = "".join(f", {n:,} {name}" for name, n in f.beside.items())
    at = f.at[: len("2017-12-14T15:46")].replace("T", " ")
    return f"{f.authority}  {f.measure}{f' [{place}]' if place else ''}  {number}{beside}  {f.window}, at {at}"
