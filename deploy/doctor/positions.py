"""Where the store stands in the log: what a worker would refuse, what is being rebuilt, what waits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.doctor.broker import KafkaView
from deploy.doctor.finding import Finding, which, worth_knowing, wrong
from metrics.store.position import FORMAT, FORMATS, FORMATS_BEFORE, MADE_AFRESH, UNCOUNTED, Log, Position

MAX_WAITING_EVENTS = 10_000  # that may wait beside a running worker: a few seconds of it


@dataclass(frozen=True)
class StorePositions:
    """What the store says of the partitions."""

    positions: Mapping[int, Position]
    formats: Mapping[int, str]  # of all that anything is kept of
    catalogue: str | None  # by which this version counts; None: authority.toml cannot be read


def judge(stands: StorePositions, seen: KafkaView | None, refusal: str | None = None) -> Iterator[Finding]:
    """Yield what is wrong with where the store stands.

    *seen* is None where Kafka does not answer; *refusal* is what the worker of the `up` here said as it refused.
    """
    if refusal is not None:
        yield _refused(refusal)
    yield from _readable(stands)
    log = seen.log if seen else None
    ours = {number: it for number, it in stands.positions.items() if log is None or it.log == log}
    if log is not None:
        yield from _another(stands.positions, log)
        if not stands.formats and refusal is None:
            yield worth_knowing("nothing has been read from the log yet", "start a worker: `casepulse worker`")
    if seen is not None:
        yield from _within(ours, seen)
        if len(ours) == len(stands.formats):  # else the workers wait for somebody, and not the events
            yield from _waiting(ours, seen, refusal is not None)
    yield from _rebuilding(ours, stands.catalogue)


def _readable(stands: StorePositions) -> Iterator[Finding]:
    before = {number for number, kind in stands.formats.items() if kind in FORMATS_BEFORE}
    if before:
        yield worth_knowing(
            f"{which(before)} of the store: written by an earlier version",
            "start a worker: it carries them on; the earlier version cannot read them from then on",
        )
    other = {number: kind for number, kind in stands.formats.items() if kind not in FORMATS}
    if other:
        yield wrong(
            f"{which(other)} of the store: format {', '.join(sorted(set(other.values())))}, and not {FORMAT}",
            "use the version of casepulse that wrote it",
        )
    damaged = stands.formats.keys() - before - other.keys() - stands.positions.keys()
    if damaged:
        yield wrong(f"{which(damaged)} of the store: the position is damaged", MADE_AFRESH)


def _another(positions: Mapping[int, Position], log: Log) -> Iterator[Finding]:
    """Yield how the log is not the one that the store was filled from. Workers refuse to run."""
    kept = next((it.log for it in positions.values() if it.log != log), None)
    if kept is None:
        return
    if kept.cluster != log.cluster:
        yield wrong(
            "the store was filled from another Kafka cluster",
            f"set CASEPULSE_KAFKA to that one, or CASEPULSE_REDIS to the store of this one; or {MADE_AFRESH}",
        )
    elif kept.topic_id != log.topic_id:
        yield wrong(
            f"topic {log.topic} was deleted and made again since the store was filled",
            f"see that the new one holds all of the past; then {MADE_AFRESH}",
        )
    else:
        yield wrong(
            f"topic {log.topic} had {kept.partitions} partitions and now has {log.partitions}, "
            "so an authority may stand in two of them",
            "make the topic anew with as many as before, and load it again",
        )


def _within(ours: Mapping[int, Position], seen: KafkaView) -> Iterator[Finding]:
    bounds = {number: seen.bounds[number] for number in ours if number in seen.bounds}
    gone = [number for number, (oldest, _) in bounds.items() if ours[number].offset < oldest]
    past = [number for number, (_, end) in bounds.items() if ours[number].offset > end]
    cut = [number for number, (oldest, _) in bounds.items() if 0 < oldest <= ours[number].offset]
    if gone:
        yield wrong(
            f"{which(gone)}: what is to be read next is gone from Kafka",
            "restore the log or the store from a backup; look at retention.ms",
        )
    if past:
        yield wrong(
            f"{which(past)}: the store has read further than the log goes, so the log was cut back or is another",
            f"restore the log; or, where this one holds all of the past, {MADE_AFRESH}",
        )
    if cut:
        yield worth_knowing(
            f"{which(cut)}: the log has lost its beginning, so the store is the only copy of it",
            "keep backups of the store, and set retention.ms=-1",
        )


def _refused(said: str) -> Finding:
    what, colon, remedy = said.rpartition(": ")
    again = "then start `casepulse up` again"
    return wrong(f"the worker has refused to run ({what if colon else said})", f"{remedy}; {again}" if colon else again)


def _waiting(ours: Mapping[int, Position], seen: KafkaView, has_refused: bool) -> Iterator[Finding]:
    waiting = sum(max(0, end - ours[n].offset if n in ours else end) for n, (_, end) in seen.bounds.items())
    if has_refused:  # which is said: another one would refuse as well
        return
    if seen.workers == 0 and waiting:
        yield wrong(f"{waiting:,} events wait and no worker runs", "start one: `casepulse worker`")
    elif seen.workers == 0:
        yield worth_knowing("no worker runs", "start one: `casepulse worker`")
    elif waiting > MAX_WAITING_EVENTS:
        yield worth_knowing(
            f"{waiting:,} events wait to be read",
            "ask again in a minute; if they are not fewer, look at the worker's log",
        )


def _rebuilding(ours: Mapping[int, Position], catalogue: str | None) -> Iterator[Finding]:
    rebuilding = {number: it for number, it in ours.items() if it.rebuilding}
    if rebuilding:
        read = sum(position.offset for position in rebuilding.values())
        head = sum(position.head for position in rebuilding.values())
        yield worth_knowing(
            f"{which(rebuilding)}: figures are withheld until all of the log is read ({read / head:.0%} is)",
            "let a worker run",
        )
    uncounted = [n for n, it in ours.items() if it.catalogue == UNCOUNTED and n not in rebuilding]
    if uncounted:
        yield worth_knowing(
            f"{which(uncounted)}: all is read, and being counted; figures are withheld until then", "wait"
        )
    counted = [n for n in ours if n not in rebuilding and n not in uncounted]
    older = [n for n in counted if catalogue is not None and ours[n].catalogue != catalogue]
    if older:
        yield worth_knowing(
            f"{which(older)}: counted by another version or other rules, and being recounted by these",
            "let a worker of this version run, with the same authority.toml",
        )
