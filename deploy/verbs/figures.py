"""The verb that asks for figures: from the running store, or from a file folded here and now."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from deploy.configuration.settings import Settings, read_settings
from deploy.processes.server import clocks
from deploy.verbs.written import cases_written, written
from events.case import Case
from events.decode import DeadLetter, decode_lines
from events.event import Event
from metrics.counting.fingerprint import fingerprint
from metrics.figures.answers import Answers
from metrics.figures.behind import behind
from metrics.figures.description import chosen
from metrics.figures.inquiry import Ask, Inquiry
from metrics.figures.question import Question
from metrics.figures.snapshot import Snapshot
from metrics.measure import Measure
from metrics.rules.rules import RulesByAuthority
from metrics.store.connection import connect
from metrics.store.in_memory import InMemoryStore
from metrics.store.position import Moved
from metrics.store.reader import NotReady, Reader
from metrics.store.redis import Store
from metrics.windows import At, parse_at
from metrics.wrong_question import WrongQuestion

WAIT = 30  # seconds for a store that is being rebuilt


@dataclass(frozen=True)
class Found:
    """What figures are asked of, and, where they were read, the cases that it was counted from."""

    snapshot: Snapshot
    cases: Sequence[tuple[str, Case]] = ()

    def of(self, authority: str | None) -> Snapshot:
        """Return the snapshot of one authority alone, or of all."""
        authorities = self.snapshot.authorities
        kept = {name: found for name, found in authorities.items() if authority in (None, name)}
        return Snapshot(kept, self.snapshot.catalogue)


class Moment(click.ParamType):
    """A date, or an instant with offset."""

    name = "date or instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> At:
        try:
            return parse_at(str(value))
        except WrongQuestion as exc:
            self.fail(str(exc), param, ctx)


@click.command()
@click.argument("measure", nargs=-1)
@click.option("--from", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Fold this .ndjson.")
@click.option("--at", "moments", multiple=True, type=Moment(), help="Date or instant; repeatable. Left out: now.")
@click.option("--known-at", type=Moment(), help="Only what was known by then counts: as it stood when it was printed.")
@click.option("--window", help="day, week, month, quarter, year_to_date, year or last_N_days.")
@click.option("--by", multiple=True, metavar="DIM", help="Divide by a breakdown of the measure, by team or locality.")
@click.option("--only", multiple=True, metavar="DIM=VALUE", help="Keep to one value of a breakdown, as band=3+.")
@click.option("--team", help="Only this team.")
@click.option("--locality", help="Only this locality.")
@click.option("--authority", help="Only this authority.")
@click.option("--cases", is_flag=True, help="The children and records behind the figure of one MEASURE. Personal data.")
@click.option("--json", "as_json", is_flag=True, help="The envelope of the contract, section 3.")
@click.option("--csv", "as_csv", is_flag=True, help="One line a figure.")
def figures(
    measure: tuple[str, ...],
    file: Path | None,
    moments: tuple[At, ...],
    known_at: At | None,
    window: str | None,
    by: tuple[str, ...],
    only: tuple[str, ...],
    team: str | None,
    locality: str | None,
    authority: str | None,
    cases: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show figures: of every MEASURE, or of those named.

    With --from the file is folded here, with no Kafka and no Redis: the reference that the service must equal.

    \b
    casepulse figures assessment_timeliness --at 2017-12-31 --by team
    casepulse figures assessments_overdue --cases
    casepulse figures placements_in_year --only band=3+ --cases
    casepulse figures --from events.ndjson --at 2017-12-31 --known-at 2018-01-05 --json
    """
    if cases and len(measure) != 1:
        raise click.UsageError("--cases shows the records behind one figure: name one MEASURE")
    settings = read_settings()
    now = clocks(settings).now
    try:
        wanted = dict(_kept_to(text) for text in only)
        question = {
            "window": window,
            "known_at": str(known_at) if known_at else None,
            "team": team,
            "locality": locality,
            "by": by,
            "wanted": wanted,
        }
        asks = [_ask(one, question) for one in chosen(measure)]
        found = _folded(file, settings) if file else asyncio.run(_running(settings, bool(known_at or cases)))
        if known_at:
            found = _as_known(found, known_at, settings.rules)
        answers = Answers(found.of(authority), now, settings.rules.of)
        if authority and not answers.authorities:
            there = ", ".join(found.snapshot.authorities) or "none of anybody yet"
            raise click.UsageError(f"no events of {authority!r}: there are {there}")
        result = Inquiry(answers, moments, now).answer(asks)
        if cases:
            shown = []
            for name in answers.authorities:
                asked = asks[0](moments[-1] if moments else answers.now(name))
                of_authority = (case for of, case in found.cases if of == name)
                shown.append((name, asked, behind(of_authority, name, asked, answers.rules(name))))
            cases_written(result.figures, shown, as_json)
            return
    except WrongQuestion as exc:
        raise click.UsageError(str(exc)) from exc
    click.echo(written(result, as_json, as_csv), nl=False)


def _kept_to(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--only {text!r}: write it as DIM=VALUE, as in band=3+")
    return name, value


def _ask(measure: Measure, question: Mapping[str, object]) -> Ask:
    return lambda at: Question(measure=measure, at=at, **question)  # type: ignore[arg-type]


def _folded(file: Path, settings: Settings) -> Found:
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
        book = InMemoryStore(settings.rules).tell(events(), lambda n: bar.update(n * 300))
    reasons = "".join(f", {reason} {n}" for reason, n in dead.most_common())
    click.echo(f"{dead.total()} dead letters{reasons}", err=True)
    return _of_book(book)


def _of_book(book: InMemoryStore) -> Found:
    return Found(book.snapshot(fingerprint(book.rules)), list(book.households()))


def _as_known(found: Found, known_at: At, rules: RulesByAuthority) -> Found:
    """Return what was found as it was known then: counted afresh from the tellings that were known."""
    book = InMemoryStore(rules)
    book.kept = {(name, str(n)): case for n, (name, case) in enumerate(found.cases)}
    book.authorities = {name: it.completeness for name, it in found.snapshot.authorities.items()}
    return _of_book(book.known_at(known_at.instant))


async def _running(settings: Settings, with_cases: bool) -> Found:
    """Read the running store, waiting a little while it is being rebuilt. Raises ClickException."""
    store = Store(connect(settings.redis, timeout=30.0), settings.topic)
    reader = Reader(store)
    until = time.monotonic() + WAIT
    try:
        while True:
            await reader.turn()
            try:
                snapshot = reader.snapshot()
                cases = (
                    [case for n, _ in reader.positions() for case in await store.households(n)] if with_cases else []
                )
                return Found(snapshot, cases)
            except NotReady as exc:
                if time.monotonic() > until:
                    share = "" if exc.read is None else f" ({exc.read:.0%} read)"
                    raise click.ClickException(f"{exc}{share}: try again in a while; is a worker running?") from exc
            except Moved as exc:
                raise click.ClickException(str(exc)) from exc
            await asyncio.sleep(0.2)
    finally:
        await store.close()
