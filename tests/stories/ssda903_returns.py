"""Helpers of the stories of SSDA903 returns: returns written by hand, read, and told to a store."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from events.care import CareEnded, CareStarted, LegalStatusChanged
from events.case import Case, tell
from events.event import Event
from events.sources.pseudonym import keyed
from events.sources.report import FileReport
from events.sources.source import Limits, SourceReading
from events.sources.ssda903.returns import Return, read_all
from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.windows import parse_at

DATA = Path(__file__).parents[1] / "data" / "ssda903_2017_18"
AUTHORITY = "X99999901"
MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
YEAR_END = date(2018, 3, 31)
NAMED = keyed(b"a key for the tests, not a secret")
COLUMNS = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN\n1,2,27/03/2008,WBRI,D051910639385\n"

Write = Callable[..., Path]


def write_return(folder: Path, episodes: str, header: str = HEADER, **files: str) -> Path:
    """Write a return whose episodes are lines of `child DECOM RNE LS DEC REC PLACE PROVIDER REASON HOME`.

    `-` is a blank; of the last four, what is left out is U1, PR1, blank, and `SC1@EX2_2BB`, which is URN and PL_POST. A
    line of less than six cells is written as it is, and so are other files. Return *folder*.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = [COLUMNS]
    for line in episodes.strip().splitlines():
        cells = line.split()
        if len(cells) < 6:
            rows.append(",".join(cells))
            continue
        cells += ["U1", "PR1", "-", "SC1@EX2_2BB"][len(cells) - 6 :]
        child, start, rne, status, end, rec, place, provider, moved, home = (
            "" if cell == "-" else cell for cell in cells
        )
        registration, _, postcode = home.partition("@")
        where = f"EX1 1AA,{postcode.replace('_', ' ')},{registration}"
        rows.append(f"{child},{start},{rne},{status},N1,{place},{provider},{end},{rec},{moved},{where}")
    (folder / "episodes.csv").write_text("\n".join(rows) + "\n")
    (folder / "header.csv").write_text(header)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def writer(tmp_path: Path) -> Write:
    """Return what writes a return by `write_return` and returns its folder: the fixture `write` of each file."""

    def write(episodes: str, header: str = HEADER, **files: str) -> Path:
        return write_return(tmp_path, episodes, header, **files)

    return write


# Most stories are of a row or two, of which a whole file would be refused.
WITHOUT_LIMITS = Limits(min_usable=0, max_missing=1)


def reading(folder: Path, as_of: date = YEAR_END, limits: Limits = WITHOUT_LIMITS) -> SourceReading:
    return in_turn((folder, as_of), limits=limits)


def in_turn(*returns: tuple[Path, date], limits: Limits = WITHOUT_LIMITS) -> SourceReading:
    """Read several returns together, and make all of their events."""
    read = read_all([Return(folder, as_of) for folder, as_of in returns], AUTHORITY, NAMED, limits)
    return SourceReading(tuple(read.events), read.reports, read.not_read)


def store_of(*readings: Iterable[Event]) -> InMemoryStore:
    """Return a store that was told the events of *readings*, one after another."""
    store = InMemoryStore(RulesByAuthority())
    for events in readings:
        store.tell(events)
    return store


def kept(store: InMemoryStore) -> tuple[object, ...]:
    return store.kept, store.authorities, store.tallies


def standing(*readings: Iterable[Event]) -> list[tuple[object, ...]]:
    """Every fact about a child that stands after all was told: what it says, whenever it was told."""
    case = tell(Case(), (event for events in readings for event in events))
    facts = (msgspec.structs.replace(event, id="", recorded_at=MOMENT, revision=None) for event in case.standing())
    return sorted(((type(fact).__name__, *msgspec.structs.astuple(fact)) for fact in facts if fact.subject), key=str)


def looked_after(store: InMemoryStore, at: str) -> Counter[str]:
    """Children looked after by legal group."""
    sums = store.sums()[AUTHORITY]
    question = Question(measure=CHILDREN_LOOKED_AFTER, at=parse_at(at), by=("legal_group",))
    return Counter({figure.by["legal_group"]: figure.numerator for figure in evaluate(sums, AUTHORITY, question)})


def total(store: InMemoryStore, at: str) -> int:
    (figure,) = evaluate(store.sums()[AUTHORITY], AUTHORITY, Question(measure=CHILDREN_LOOKED_AFTER, at=parse_at(at)))
    return figure.numerator


def periods(events: Iterable[Event]) -> list[tuple[str, str, str]]:
    """Each period of care that stands: first day, last day or '', reason or ''."""
    standing_events = [event for event in events if not event.retracted]
    ends = {event.record: event for event in standing_events if isinstance(event, CareEnded)}
    of_care = []
    for start in standing_events:
        if isinstance(start, CareStarted):
            end = ends.pop(start.record, None)
            of_care.append((str(start.occurred_on), str(end.occurred_on) if end else "", (end and end.reason) or ""))
    assert not ends, "an end without a start"
    return sorted(of_care)


def statuses(events: Iterable[Event]) -> list[tuple[str, str]]:
    return sorted((str(e.occurred_on), e.status) for e in events if isinstance(e, LegalStatusChanged))


def of_type(events: Iterable[Event], *types: str) -> list[tuple[str, dict[str, Any]]]:
    """Each telling of *types* that something was so: its day, and the fields that are its own and told."""
    tellings = []
    for event in events:
        if event.type in types and not event.retracted:
            names = set(event.__struct_fields__) - (set(Event.__struct_fields__) - {"team"}) - {"child"}
            fields = {name: getattr(event, name) for name in sorted(names)}
            tellings.append((str(event.day), {name: value for name, value in fields.items() if value is not None}))
    return sorted(tellings, key=str)


def report_of(reading: SourceReading, name: str) -> FileReport:
    (report,) = (report for report in reading.reports if report.file == name)
    return report


def reasons(reading: SourceReading, name: str = "episodes.csv") -> dict[str, int]:
    return {reason.name: n for reason, n in report_of(reading, name).reasons.items()}
