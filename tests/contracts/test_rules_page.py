"""The page of rules: its parameters are those that an authority can set, its measures are there, its dates come out."""

import re
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path

from events import EVENTS
from events.working_days import WorkingDays, calendar
from metrics.catalogue import BY_NAME
from metrics.rules.rules import Parameters, Rules
from tests.contracts.test_contract_page import table

PAGE = Path("docs/rules.md").read_text()
SET_BESIDE = {"extra_closure_days", "office_hours", *(field.name for field in fields(Rules))}


def test_every_parameter_is_said_and_can_be_set() -> None:
    """What is in italics is a key of `authority.toml`; and each that changes a count is in italics somewhere."""
    said = {*re.findall(r"(?<![*\w])\*([a-z_]+)\*(?!\*)", PAGE)}
    parameters = {field.name for field in fields(Parameters)}
    assert parameters <= said <= parameters | SET_BESIDE


def test_every_name_of_a_measure_or_an_event_is_one() -> None:
    """A measure renamed, or a type, is renamed here."""
    types = {str(kind.__struct_config__.tag) for kind in EVENTS}
    dotted = {*re.findall(r"`([a-z_0-9]+\.[a-z_]+)`", PAGE)}
    assert dotted - types == {"authority.toml"}
    assert {*re.findall(r"`(\w+_timeliness\w*)`", PAGE)} <= BY_NAME.keys()


def test_its_dates_are_those_of_the_calendar() -> None:
    """Each row of the table of 45 working days, both ways of rolling."""
    rows = table(PAGE, "start")
    assert len(rows) == 4
    for start, usual, rolled in rows:
        begins, days = _day(start.partition(",")[0]), WorkingDays(45)
        assert days.falls_on(begins, calendar()) == _day(usual), start
        wanted = _day(usual if rolled == "the same" else rolled)
        assert days.falls_on(begins, calendar(), roll_start_forward=True) == wanted, start


def _day(text: str) -> date:
    """Return the day that words name: the weekday is checked, as the format reads it and does not."""
    day = datetime.strptime(text, "%A %d %B %Y").date()  # noqa: DTZ007  # a day has no zone
    assert f"{day:%A}" == text.partition(" ")[0], text
    return day
