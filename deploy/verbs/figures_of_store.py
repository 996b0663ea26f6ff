"""Figures counted in this process: from the running store, or from a file that is folded here and now."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from deploy.configuration.settings import Settings
from deploy.processes.authority_directory import authority_directory
from deploy.processes.refusal import refusal
from deploy.terminal import progress_bar
from deploy.verbs.month_before import Earlier
from deploy.verbs.request import FigureRequest
from deploy.verbs.written import written
from deploy.verbs.written_cases import Shown, cases_written
from events.case import Case
from events.decode import DeadLetter, Reason, decode_lines
from events.event import Event
from events.sources.dead_lines import DeadLines
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
from metrics.windows import At
from metrics.wrong_question import WrongQuestion

REBUILD_WAIT_SECONDS = 30
REBUILD_LOOK_SECONDS = 0.2
STORE_TIMEOUT_SECONDS = 30.0
BYTES_PER_EVENT = 300  # about; for the bar


@dataclass(frozen=True)
class Counted:
    """What figures are asked of and, where they were read, the cases that it was counted from."""

    snapshot: Snapshot
    cases: Sequence[tuple[str, Case]] = ()


def show(request: FigureRequest, file: Path | None, settings: Settings, as_json: bool, as_csv: bool) -> None:
    """Write the figures of *file* or, without one, of the store; for people also how they changed in a month.

    Raises ClickException.
    """
    try:
        asks = _asks(request)
        counted = _counted(request, file, settings, with_cases=request.known_at is not None)
        inquiry = _inquiry(request, _answers(counted, settings), settings)
        result = inquiry.answer(asks)
    except WrongQuestion as exc:
        raise click.UsageError(str(exc)) from exc
    before = _earlier(inquiry, asks, request.moments_before(result.figures, as_json or as_csv))
    click.echo(written(result, as_json, as_csv, before.change), nl=False)


def _earlier(inquiry: Inquiry, asks: Sequence[Ask], moments: tuple[At, ...]) -> Earlier:
    """Return the figures of *moments* to compare with; none where none is asked for, or there are none of then."""
    try:
        return Earlier(inquiry.at(moments).answer(asks).figures if moments else ())
    except WrongQuestion:
        return Earlier()


def show_cases(request: FigureRequest, file: Path | None, settings: Settings, as_json: bool, as_csv: bool) -> None:
    """Write the figures of one measure, and the children and records behind the last. Raises ClickException."""
    try:
        (ask,) = _asks(request)
        counted = _counted(request, file, settings, with_cases=True)
        answers = _answers(counted, settings)
        result = _inquiry(request, answers, settings).answer([ask])
        shown = list(_cases(request, ask, counted, answers))
    except WrongQuestion as exc:
        raise click.UsageError(str(exc)) from exc
    click.echo(cases_written(result.figures, shown, as_json, as_csv), nl=False)


def _asks(request: FigureRequest) -> list[Ask]:
    return [_ask(measure, request) for measure in chosen(request.measures)]


def _ask(measure: Measure, request: FigureRequest) -> Ask:
    return lambda at: Question(
        measure=measure,
        at=at,
        window=request.window,
        known_at=str(request.known_at) if request.known_at else None,
        team=request.team,
        locality=request.locality,
        by=request.by,
        wanted=request.wanted,
    )


def _answers(counted: Counted, settings: Settings) -> Answers:
    directory = authority_directory(settings)
    return Answers(counted.snapshot, directory.now, directory.rules, directory.speed)


def _inquiry(request: FigureRequest, answers: Answers, settings: Settings) -> Inquiry:
    return Inquiry(answers, request.moments, authority_directory(settings).now)


def _cases(request: FigureRequest, ask: Ask, counted: Counted, answers: Answers) -> Iterator[Shown]:
    """Yield, for each authority, the question at the last moment asked about and the cases behind its answer."""
    for name in answers.authorities:
        question = ask(request.moments[-1] if request.moments else answers.now(name))
        cases = (case for authority, case in counted.cases if authority == name)
        yield Shown(name, question, behind(cases, name, question, answers.rules(name)))


def _counted(request: FigureRequest, file: Path | None, settings: Settings, with_cases: bool) -> Counted:
    counted = _folded(file, settings.rules) if file else asyncio.run(_read(settings, with_cases))
    if request.known_at:
        counted = _as_known(counted, request.known_at, settings.rules)
    return _only(request.authority, counted)


def _only(authority: str | None, counted: Counted) -> Counted:
    """Return what is counted of one *authority*, or all of it. Raises UsageError where there is none of it."""
    authorities = counted.snapshot.authorities
    kept = {name: snapshot for name, snapshot in authorities.items() if authority in (None, name)}
    if authority and not kept:
        there = ", ".join(authorities) or "none of anybody yet"
        raise click.UsageError(f"no events of {authority!r}: there are {there}")
    return Counted(Snapshot(kept, counted.snapshot.catalogue), counted.cases)


def _folded(file: Path, rules: RulesByAuthority) -> Counted:
    """Fold *file*; say on standard error what could not be read."""
    dead = DeadLines()
    size = file.stat().st_size
    with progress_bar("folding", size) as bar:
        store = InMemoryStore(rules).tell(_events(file, dead), lambda n: bar.update(n * BYTES_PER_EVENT))
    counted = dead.reasons + Counter({str(Reason.HOUSEHOLD_FULL): store.refused})
    reasons = "".join(f", {reason} {n}" for reason, n in counted.most_common())
    click.echo(f"{counted.total()} dead letters{reasons}", err=True)
    for line in dead.told():
        click.echo(f"  {line}", err=True)
    return _of_memory(store)


def _events(file: Path, dead: DeadLines) -> Iterator[Event]:
    now = datetime.now(UTC)
    with file.open("rb") as lines:
        for event in decode_lines(lines, now):
            if isinstance(event, DeadLetter):
                dead.note(event)
            else:
                yield event


def _of_memory(store: InMemoryStore) -> Counted:
    return Counted(store.snapshot(fingerprint(store.rules)), list(store.households()))


def _as_known(counted: Counted, known_at: At, rules: RulesByAuthority) -> Counted:
    """Return what is counted from the tellings that were known by then."""
    store = InMemoryStore(rules)
    store.kept = {(name, str(n)): case for n, (name, case) in enumerate(counted.cases)}
    store.authorities = {name: snapshot.completeness for name, snapshot in counted.snapshot.authorities.items()}
    return _of_memory(store.known_at(known_at.instant))


async def _read(settings: Settings, with_cases: bool) -> Counted:
    """Read the running store; wait a little while it is being rebuilt. Raises ClickException."""
    store = Store(connect(settings.redis, timeout=STORE_TIMEOUT_SECONDS), settings.topic)
    reader = Reader(store)
    until = time.monotonic() + REBUILD_WAIT_SECONDS
    try:
        while True:
            await reader.turn()
            try:
                return await _whole(reader, store, with_cases)
            except NotReady as exc:
                if (said := refusal(settings)) is not None:
                    raise click.ClickException(f"figures are withheld: the worker has refused to run: {said}") from exc
                if time.monotonic() > until:
                    share = "" if exc.read is None else f" ({exc.read:.0%} read)"
                    raise click.ClickException(f"{exc}{share}: try again in a while; is a worker running?") from exc
            except Moved as exc:
                raise click.ClickException(str(exc)) from exc
            await asyncio.sleep(REBUILD_LOOK_SECONDS)
    finally:
        await store.close()


async def _whole(reader: Reader, store: Store, with_cases: bool) -> Counted:
    """Return all that *reader* holds. Raises NotReady while any of it is withheld, Moved where cases moved on."""
    snapshot = reader.snapshot()
    cases = [case for n, _ in reader.positions() for case in await store.households(n)] if with_cases else []
    return Counted(snapshot, cases)
