"""Stories: a table of what was told of a few children, a day to look on, and the figures to be seen there."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from events.decode import decode
from events.event import Event
from events.working_days import Calendar, calendar
from metrics.figures.evaluate import evaluate
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.measure import Measure
from metrics.rules.rules import Rules, RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.windows import parse_at

AUTHORITY = "X99999901"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
CHILD = "ada"  # whom a row is about that names nobody

Number = int | tuple[int, int] | float | None  # a count, a numerator and its denominator, or office hours
Expected = Number | Mapping[str, Number]  # or one for each value of the breakdown, and no others


@dataclass(frozen=True)
class Story:
    """Tells a table and looks at the figures; `story` in a test is one of these."""

    rules: RulesByAuthority
    authority: str = AUTHORITY

    def __call__(
        self,
        table: str,
        *,
        on: str,
        expect: Mapping[Measure, Expected],
        by: str | Mapping[str, str] | None = None,
        team: str | None = None,
        window: str | None = None,
        known_at: str | None = None,
    ) -> list[Figure]:
        """Assert that whoever is told *table* and looks *on* a date or instant sees what is *expect*ed.

        *by* names the breakdown to divide by, or the value of one to keep to. Of a distribution, by="band" sees the
        children in each band that holds any, everything else the mean: how many there are, and of how many children.
        Every story is told as it stands, and once more backwards with all of it twice. Returns the figures seen, in
        the order of *expect*.
        """
        __tracebackhide__ = True
        events = told(table, self.authority)
        seen: list[Figure] = []
        for order, log in (("", events), (", told backwards and twice", [*reversed(events), *events])):
            store = InMemoryStore(self.rules).tell(log)
            sums = (store if known_at is None else store.known_at(parse_at(known_at).instant)).sums()[self.authority]
            seen = []
            for measure, wanted in expect.items():
                question = Question(
                    measure=measure,
                    at=parse_at(on),
                    window=window,
                    known_at=known_at,
                    team=team,
                    by=(by,) if isinstance(by, str) and by != "band" else (),
                    wanted=by if isinstance(by, Mapping) else {},
                )
                answer = _meant(evaluate(sums, self.authority, question, self.rules.of(self.authority)), by)
                number = {_value(f, by): _number(f) for f in answer} if isinstance(by, str) else _number(*answer)
                asked = "".join(f" {k}={v}" for k, v in (("by", by), ("team", team), ("window", window)) if v)
                assert number == wanted, (
                    f"{measure.name} on {on}{asked}{order}: {number}, and not {wanted}\n\n{table.rstrip()}\n\n"
                    + "\n".join(json.dumps(_shown(figure), default=str) for figure in answer)
                )
                seen += answer
        return seen


def told(table: str, authority: str = AUTHORITY) -> list[Event]:
    """Return the events of *table*, each one read as a record of Kafka is."""
    return [decode(json.dumps(row).encode(), NOW) for row in rows(table, authority)]


def rows(table: str, authority: str = AUTHORITY) -> Iterator[dict[str, Any]]:
    """Yield each row of *table* as an event on the wire.

    `day` is a date or an instant, `event` the type in words (`legal status changed`), `child` and `fields` (`team=North
    outcomes=care,advice`) may be left out, and `note` is for the reader. A row is recorded at noon of its day, or a
    minute after the row above where that is later: further down is newer, unless it says `recorded_at=`.
    """
    head, _, *lines = [line for line in table.splitlines() if line.strip()]
    columns = [cell.strip() for cell in head.split("|")]
    recorded = datetime(1995, 1, 1, tzinfo=UTC)
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line.split("|")]
        assert len(cells) == len(columns), f"{len(cells)} cells for {len(columns)} columns: {line}"
        row = dict(zip(columns, cells, strict=True))
        *thing, verb = row["event"].split()
        fields = dict(_field(text) for text in row.get("fields", "").split())
        recorded = max(recorded + timedelta(minutes=1), datetime.fromisoformat(row["day"][:10] + "T12:00:00+00:00"))
        event = {
            "type": f"{'_'.join(thing)}.{verb}",
            "id": f"row-{number}",
            "authority": authority,
            "child": row.get("child") or CHILD,
            "record": row["record"],
            "source": "eclipse",
            "recorded_at": recorded.isoformat(),
            "occurred_at" if "T" in row["day"] else "occurred_on": row["day"],
        }
        yield event | fields


def _field(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    if name in ("outcomes", "factors"):
        return name, [one for one in value.split(",") if one]
    if name in ("revision", "previous_plans"):
        return name, int(value)
    return name, {"true": True, "false": False}.get(value, value)


def _meant(answer: list[Figure], by: str | Mapping[str, str] | None) -> list[Figure]:
    """Return the figures that a story means: of a distribution the bands that hold anybody, or else its mean."""
    if by == "band":
        return [figure for figure in answer if "band" in figure.by and figure.numerator]
    if by is not None and "band" in by:
        return answer
    return [figure for figure in answer if "band" not in figure.by]


def _number(figure: Figure) -> Number:
    if figure.kind == "age":
        return figure.value
    return figure.numerator if figure.denominator is None else (figure.numerator, figure.denominator)


def _value(figure: Figure, by: str) -> str:
    places = {"team": figure.team, "locality": figure.locality}
    return places[by] or "" if by in places else figure.by[by]


def _shown(figure: Figure) -> dict[str, Any]:
    names = ("numerator", "denominator", "value", "window", "from_", "at", "team", "by", "beside", "status")
    return {name: getattr(figure, name) for name in names}


def usual() -> Story:
    """Return the story of an authority that closes on no other days and rolls no start forward."""
    return setting()


def setting(days: Calendar | None = None, authority: str = AUTHORITY, **rules: Any) -> Story:
    """Return the story of an authority that works on *days* and sets *rules*: parameters, teams, targets."""
    return Story(RulesByAuthority(default=Rules(days or calendar(), **rules)), authority)
