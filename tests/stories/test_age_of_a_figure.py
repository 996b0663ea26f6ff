"""Stories of the sources behind a figure: up to when all that they recorded is here."""

import json
from datetime import UTC, datetime
from functools import partial

import pytest

from events.decode import decode
from metrics.catalogue.front_door import ENQUIRIES_RECEIVED
from metrics.figures.answers import Answers
from metrics.figures.figure import Answer
from metrics.figures.inquiry import Inquiry
from metrics.figures.question import Question
from metrics.store.in_memory import InMemoryStore
from tests.story import rows, usual

TWO_SOURCES = """
    day        | event            | record    | fields
    -----------+------------------+-----------+-----------------------------------------------------------------------
    2025-06-02 | feed reported    | eclipse   | complete_to=2025-06-02T09:00:00Z recorded_at=2025-06-02T09:01:00Z
    2025-06-02 | feed reported    | carefirst | complete_to=2025-06-02T08:00:00Z recorded_at=2025-06-02T09:02:00Z
    2025-06-02 | enquiry received | E1        | recorded_at=2025-06-02T09:30:00Z
    2025-06-02 | feed reported    | eclipse   | complete_to=2025-06-02T10:00:00Z recorded_at=2025-06-02T10:01:00Z
"""
NONE_REPORTED = """
    day        | event            | record
    -----------+------------------+-------
    2025-06-02 | enquiry received | E1
"""


def asked(table: str, now: str, backwards: bool = False) -> Answer:
    """Return what an authority that was told *table* answers at the moment *now*."""
    events = [decode(json.dumps(row).encode(), datetime(2026, 11, 30, tzinfo=UTC)) for row in rows(table)]
    store = InMemoryStore(usual().rules).tell(reversed(events) if backwards else events)
    ask = partial(Question, measure=ENQUIRIES_RECEIVED)

    def clock(_: str) -> datetime:
        return datetime.fromisoformat(now)

    return Inquiry(Answers(store.snapshot(), clock), [], clock).answer([lambda at: ask(at=at)])


def age(table: str, now: str) -> str | None:
    first, second = (asked(table, now, backwards).complete_to for backwards in (False, True))
    assert first == second, "the order of arrival changed it"
    return first


def test_a_figure_is_as_old_as_its_slowest_source() -> None:
    """Of each source its newest report; of several sources the one that is furthest behind."""
    assert age(TWO_SOURCES, "2025-06-02T10:30:00Z") == "2025-06-02T09:00:00+01:00"
    caught_up = TWO_SOURCES + "2025-06-02 | feed reported | carefirst | complete_to=2025-06-02T10:30:00Z"
    assert age(caught_up, "2025-06-02T12:30:00Z") == "2025-06-02T11:00:00+01:00"


def test_a_source_silent_for_seven_days_is_no_longer_waited_for() -> None:
    """Until a microsecond before, the old system holds the figure's age back; from then on the others alone say."""
    live = TWO_SOURCES + (
        "2025-06-08 | feed reported | eclipse | complete_to=2025-06-08T12:00:00Z recorded_at=2025-06-08T12:00:00Z"
    )
    assert age(live, "2025-06-09T09:01:59.999999Z") == "2025-06-02T09:00:00+01:00"
    assert age(live, "2025-06-09T09:02:00Z") == "2025-06-08T13:00:00+01:00"
    assert age(live, "2025-06-15T12:00:00Z") is None


def test_nobody_has_reported_and_the_age_is_not_known() -> None:
    """No report is no age: not now, and not the newest event. A report taken back is none either."""
    assert age(NONE_REPORTED, "2025-06-02T12:00:00Z") is None
    retracted = TWO_SOURCES + "2025-06-02 | feed reported | carefirst | retracted=true"
    assert age(retracted, "2025-06-02T12:30:00Z") == "2025-06-02T11:00:00+01:00"


@pytest.mark.parametrize(("origin", "simulated"), [("simulation", True), ("live", False), ("backload", False)])
def test_made_up_events_say_so(origin: str, simulated: bool) -> None:
    """One simulated event among real ones, and every answer of the authority is marked."""
    table = f"""
        day        | event            | record | fields
        -----------+------------------+--------+----------------
        2025-06-02 | enquiry received | E1     |
        2025-06-02 | enquiry received | E2     | origin={origin}
    """
    assert asked(table, "2025-06-02T12:30:00Z").simulated is simulated
