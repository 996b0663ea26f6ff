"""The calendar: the deadlines of the guidance, the bank holidays of GOV.UK, and no answer outside what is known."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from events.working_days import FIRST, LAST, PUBLISHED, Calendar, OutsideCalendar, WorkingDays, bank_holidays, calendar

FEED = Path(__file__).parents[1] / "data" / "calendar" / "bank-holidays.json"
LENGTHS = (1, 10, 15, 20, 45)
A_DAY = timedelta(days=1)

# Each start, the last day in time of each length, and, where the start is first rolled to the next working day, the
# last of 45. Worked out by hand; the weekend, Christmas and the day before it are in them.
DEADLINES = """
    2017-10-26  2017-10-27 2017-11-09 2017-11-16 2017-11-23 2018-01-02  2018-01-02
    2017-10-27  2017-10-30 2017-11-10 2017-11-17 2017-11-24 2018-01-03  2018-01-03
    2017-10-28  2017-10-30 2017-11-10 2017-11-17 2017-11-24 2018-01-03  2018-01-04
    2017-10-29  2017-10-30 2017-11-10 2017-11-17 2017-11-24 2018-01-03  2018-01-04
    2017-11-24  2017-11-27 2017-12-08 2017-12-15 2017-12-22 2018-01-31  2018-01-31
    2017-12-22  2017-12-27 2018-01-10 2018-01-17 2018-01-24 2018-02-28  2018-02-28
    2017-12-25  2017-12-27 2018-01-10 2018-01-17 2018-01-24 2018-02-28  2018-03-01
"""


def feed() -> list[date]:
    told = json.loads(FEED.read_text())["england-and-wales"]["events"]
    return [date.fromisoformat(holiday["date"]) for holiday in told]


def every_day(first: date, last: date) -> Iterator[date]:
    return (first + n * A_DAY for n in range((last - first).days + 1))


@pytest.mark.parametrize("row", DEADLINES.strip().splitlines(), ids=lambda row: row.split()[0])
def test_deadlines_are_those_worked_out_by_hand(row: str) -> None:
    """1, 10, 15, 20 and 45 working days from working days and others, with the start as it is and rolled forward."""
    start, *as_it_is, rolled = map(date.fromisoformat, row.split())
    found = [WorkingDays(n).falls_on(start, calendar()) for n in LENGTHS]
    assert found == as_it_is
    assert WorkingDays(45).falls_on(start, calendar(), roll_start_forward=True) == rolled


def test_bank_holidays_are_those_that_gov_uk_publishes() -> None:
    """For the whole years of the feed, every weekday that is a bank holiday there is one here, and no other."""
    told = feed()
    assert (min(told), max(told)) == (date(2012, 1, 2), date(2028, 12, 26))
    assert len(told) == 140
    years = every_day(date(2012, 1, 1), PUBLISHED)
    weekdays = [day for day in years if day.weekday() < 5]
    assert [day for day in weekdays if day in bank_holidays()] == sorted(told)
    assert [day for day in weekdays if not calendar().covers(day)] == sorted(told)


@pytest.mark.parametrize(
    ("day", "of"),
    [
        ("1995-05-08", "VE Day, 50 years on, in the place of May Day"),
        ("1995-05-01", None),
        ("1999-12-31", "the millennium"),
        ("2002-06-03", "the Golden Jubilee"),
        ("2011-04-29", "a royal wedding"),
        ("2020-05-04", None),
        ("2020-05-08", "VE Day, in the place of May Day"),
        ("2022-06-03", "the Platinum Jubilee"),
        ("2022-09-19", "the state funeral"),
        ("2023-05-08", "the coronation"),
        ("2022-12-27", "Christmas Day, which fell on a Sunday"),
        ("2025-12-29", None),
        ("2026-04-06", "Easter Monday"),
    ],
)
def test_holidays_that_tables_forget(day: str, of: str | None) -> None:
    """One-off holidays, moved ones, and days between Christmas and New Year, which are working days."""
    assert calendar().covers(date.fromisoformat(day)) is (of is None)


def test_every_deadline_equals_a_count_day_by_day() -> None:
    """From every day of 1995 to 2050: one step at a time, over whatever is no working day."""
    days = calendar()
    closed = bank_holidays()
    for start in every_day(FIRST, date(2050, 9, 30)):
        day, n = start, 0
        while n < max(LENGTHS):
            day += A_DAY
            if day.weekday() < 5 and day not in closed:
                n += 1
                if n in LENGTHS:
                    assert days.nth_after(start, n) == day, (start, n)


@pytest.mark.parametrize("day", [FIRST - A_DAY, LAST + A_DAY, date(1900, 1, 1), date(2051, 6, 1), date.max, date.min])
def test_outside_the_calendar_is_an_error(day: date) -> None:
    """Never a working day, never a day off: whoever asks is told to extend the calendar."""
    for ask in (
        lambda: calendar().covers(day),
        lambda: calendar().nth_after(day, 1),
        lambda: calendar().on_or_after(day),
        lambda: WorkingDays(1).falls_on(day, calendar()),
        lambda: WorkingDays(1).falls_on(day, calendar(), roll_start_forward=True),
    ):
        with pytest.raises(OutsideCalendar, match=r"outside the bank holidays known \(1995 to 2050\): extend"):
            ask()


def test_a_deadline_beyond_the_last_day_known_is_an_error() -> None:
    """The calendar does not end quietly: the last deadline that it knows is Friday 30 December 2050."""
    last = date(2050, 12, 30)
    assert calendar().nth_after(date(2050, 12, 29), 1) == last
    for start in (last, LAST):
        with pytest.raises(OutsideCalendar, match="1 working days after"):
            calendar().nth_after(start, 1)
    with pytest.raises(OutsideCalendar):
        calendar().on_or_after(LAST)


def test_the_calendar_answers_for_its_first_and_last_day() -> None:
    """1 January 1995 was a Sunday, and the Monday after it the holiday; 31 December 2050 is a Saturday."""
    assert not calendar().covers(FIRST)
    assert not calendar().covers(LAST)
    assert calendar().nth_after(FIRST, 1) == date(1995, 1, 3)
    assert calendar().on_or_after(FIRST) == date(1995, 1, 3)
    assert WorkingDays(1).falls_on(FIRST, calendar(), roll_start_forward=True) == date(1995, 1, 4)


def test_an_authority_may_close_on_days_of_its_own() -> None:
    """Between Christmas and New Year only where it says so; then deadlines pass over, and the version tells."""
    shut = calendar(frozenset({date(2025, 12, 29), date(2025, 12, 30), date(2025, 12, 31)}))
    assert calendar().nth_after(date(2025, 12, 24), 1) == date(2025, 12, 29)
    assert shut.nth_after(date(2025, 12, 24), 1) == date(2026, 1, 2)
    assert not shut.covers(date(2025, 12, 29))
    assert shut.version != calendar().version
    assert Calendar(calendar().days).version == calendar().version
