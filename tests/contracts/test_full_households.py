"""What doctor says of children of whom a feed has told too much: once it was refused, and before."""

import pytest

from deploy.doctor import households
from deploy.doctor.finding import Level
from events.case import Case, tell
from tests.promises.test_costs import enquiry


def test_refused_events_are_named_with_what_to_do() -> None:
    """By their number among the dead letters; other reasons are no business of this."""
    (finding,) = households.full({"household_full": 3, "not_json": 7})
    assert finding.level is Level.WRONG
    assert "3 events of children told of 20,000 times were refused" in str(finding)
    assert list(households.full({"not_json": 7})) == []


def test_children_who_come_near_to_the_limit_are_counted_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is refused: whose feed it is, and of how many children."""
    monkeypatch.setattr(households, "MAX_TELLINGS", 20)
    found = households.NearlyFull()
    for name, tellings in (("ada", 11), ("ben", 11), ("cat", 10)):
        found.note("X99999901", tell(Case(), (enquiry(n, child=name) for n in range(tellings))))
    (finding,) = found.findings()
    assert "2 children have been told of over 10 times (X99999901 eclipse)" in str(finding)
    assert finding.level is not Level.WRONG
