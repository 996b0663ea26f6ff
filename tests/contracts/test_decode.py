"""What is an event and what is a dead letter: every rule of contract 1, from both sides of each boundary."""

import json
import random
import re
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from deploy.command import main
from events.case import Case, decode_case, encode_case, tell
from events.decode import LARGEST_BYTES, TYPES, DeadLetter, Reason, decode, decode_lines
from events.event import Event
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from streams.broker.partitions import partition_of
from streams.worker.processor import LogRecord, read
from tests.contracts import examples
from tests.contracts.examples import DAYS, INSTANTS, Fields, envelope, full, least, optional, required
from tests.histories import history

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
A_MICROSECOND = timedelta(microseconds=1)
EVERY_TYPE = pytest.mark.parametrize("kind", examples.TYPES)


def written(fields: Fields) -> bytes:
    return json.dumps(fields).encode()


def raw(event: Fields, name: str, literal: bytes) -> bytes:
    """Return *event* with the field *name* at its end, its value as it stands: JSON that json.dumps would not write."""
    return (
        written({n: v for n, v in event.items() if n != name})[:-1] + b', "' + name.encode() + b'": ' + literal + b"}"
    )


def rejected(value: bytes | None, now: datetime = NOW) -> tuple[str, str]:
    """Return the reason and the place of the dead letter that *value* is."""
    with pytest.raises(DeadLetter) as caught:
        decode(value, now)
    return str(caught.value.reason), caught.value.place


def told(value: bytes) -> Fields:
    """Return the fields of the event that *value* is."""
    fields: Fields = msgspec.to_builtins(decode(value, NOW))
    return fields


def letter_of(value: bytes | None) -> DeadLetter | None:
    """Return the dead letter that *value* is, or None where it is an event. Whatever else is raised comes through."""
    try:
        decode(value, NOW)
    except DeadLetter as letter:
        return letter
    return None


# --- every type ---------------------------------------------------------------------------------------------------


def test_the_examples_are_all_there_is() -> None:
    """Every type of the contract, and no field that its example lacks."""
    assert set(examples.TYPES) == set(TYPES)
    assert len(examples.TYPES) == 41
    for kind in examples.TYPES:
        assert {"occurred_at", *full(kind)} == {"type", *TYPES[kind].__struct_fields__}, kind


@EVERY_TYPE
def test_a_full_event_decodes_and_round_trips(kind: str) -> None:
    """Nothing of it is lost: on the wire, and in what is kept of the child."""
    event = decode(written(full(kind)), NOW)
    assert type(event) is TYPES[kind]
    assert event.type == kind
    fields = told(written(full(kind)))
    for name, value in full(kind).items():
        if name in INSTANTS:
            assert datetime.fromisoformat(fields[name]) == datetime.fromisoformat(value)
        else:
            assert fields[name] == (tuple(value) if isinstance(value, list) else value), name
    assert decode(msgspec.json.encode(event), NOW) == event
    assert list(decode_case(encode_case(tell(Case(), [event])))) == [event]


@EVERY_TYPE
def test_null_is_as_left_out(kind: str) -> None:
    """For every optional field, alone and together."""
    bare = decode(written(least(kind)), NOW)
    assert all(getattr(bare, name) is None for name in optional(kind))
    assert decode(written({**least(kind), **dict.fromkeys(optional(kind)), "occurred_at": None}), NOW) == bare
    for name in optional(kind):
        whole = full(kind)
        without = {field: value for field, value in whole.items() if field != name}
        assert decode(written({**whole, name: None}), NOW) == decode(written(without), NOW), name


@EVERY_TYPE
def test_a_required_field_must_be_there(kind: str) -> None:
    """Left out or null, for every field that the contract requires."""
    for name in required(kind):
        without = {field: value for field, value in full(kind).items() if field != name}
        assert rejected(written(without)) == ("missing_field", f"$.{name}")
        assert rejected(written({**without, name: None})) == ("missing_field", f"$.{name}")


@EVERY_TYPE
def test_a_field_has_one_type(kind: str) -> None:
    """A value of every other JSON type, in every field."""
    for name, value in full(kind).items():
        others: list[Any] = ["words", 5, 2.5, True, ["words"], {"words": 1}]
        alike = [int, float] if isinstance(value, float) else [type(value)]
        for other in others:
            if type(other) not in alike:
                assert rejected(written({**full(kind), name: other})) == ("wrong_type", f"$.{name}"), (name, other)


@EVERY_TYPE
def test_a_retraction_needs_only_the_envelope(kind: str) -> None:
    """It removes the fact that its type, subject and record name; no more of it is asked for, or read."""
    withdrawn = decode(written({**envelope(kind), "retracted": True}), NOW)
    first = decode(written(full(kind)), NOW)
    assert withdrawn.retracted
    assert (withdrawn.type, withdrawn.subject, withdrawn.record) == (first.type, first.subject, first.record)
    assert list(decode_case(encode_case(tell(Case(), [withdrawn])))) == [withdrawn]
    _, needed, _ = examples.PAYLOADS[kind]
    for name in needed.keys() - {"team", "worker"}:  # those are in the envelope, of one type or another
        broken = decode(written({**full(kind), "retracted": True, name: {"any": "thing"}}), NOW)
        assert (broken.type, broken.subject, broken.record) == (first.type, first.subject, first.record)
    for name in envelope(kind).keys() - {"type", "occurred_on"}:
        without = {field: value for field, value in envelope(kind).items() if field != name}
        reason, _ = rejected(written({**without, "retracted": True}))
        assert reason == "missing_field", name


@pytest.mark.parametrize("kind", ["enquiry.graded", "worker.recorded", "case.allocated", "feed.reported"])
def test_a_retraction_keeps_the_rules_of_the_envelope(kind: str) -> None:
    """With no payload it is read another way; every rule of the envelope still holds."""
    bare = {**envelope(kind), "retracted": True}
    for name, value, reason in (
        ("id", "x" * 65, "wrong_length"),
        ("record", 5, "wrong_type"),
        ("origin", "elsewhere", "unknown_origin"),
        ("revision", -1, "out_of_range"),
        ("recorded_at", "2026-11-27T10:30:00", "no_offset"),
        ("occurred_on", "2026-11-31", "bad_date"),
        ("recorded_at", "2026-12-01T12:00:00.1Z", "recorded_in_the_future"),
    ):
        assert rejected(written({**bare, name: value})) == (reason, f"$.{name}")
    assert rejected(written({**bare, "occurred_at": "2026-11-26T10:00:00Z"})) == ("two_dates", "$.occurred_at")
    del bare["occurred_on"]
    assert rejected(written(bare)) == ("missing_field", "$.occurred_on")


def test_not_retracted_is_no_retraction() -> None:
    """False, null or a word that looks true gives no leave to drop the payload."""
    for said in (False, None, "true", 1):
        assert rejected(written({**envelope("enquiry.graded"), "retracted": said}))[0] in (
            "missing_field",
            "wrong_type",
        )


# --- lengths and ranges -------------------------------------------------------------------------------------------

REFERENCES = {
    "id",
    "authority",
    "record",
    "source",
    "team",
    "child",
    "worker",
    "into",
    "enquiry",
    "plan",
    "missing",
    "section_47",
    "referral",
    "care",
}
BOUNDED = REFERENCES | {
    *("need", "reason", "status", "placement", "provider", "postcode_sector", "home", "kind", "enquiry_source", "rag"),
    *("incident", "referral_source", "in_touch", "activity", "accommodation", "primary_need", "closure_reason"),
    *("outcome", "category"),
}
LISTS = {"outcomes", "factors"}


@EVERY_TYPE
def test_64_characters_and_not_one_more(kind: str) -> None:
    """Characters, not bytes: 64 clefs are 256 bytes and fit."""
    for name in BOUNDED & full(kind).keys():
        for letter in "aé𝄞":
            assert told(written({**full(kind), name: letter * 64}))[name] == letter * 64
            too_long = json.dumps({**full(kind), name: letter * 65}, ensure_ascii=False).encode()
            assert rejected(too_long) == ("wrong_length", f"$.{name}")
        if name in REFERENCES & set(required(kind)):
            assert rejected(written({**full(kind), name: ""})) == ("wrong_length", f"$.{name}")
    for name in LISTS & full(kind).keys():
        assert list(told(written({**full(kind), name: ["é" * 64] * 64}))[name]) == ["é" * 64] * 64
        assert rejected(written({**full(kind), name: ["a", "a" * 65]})) == ("wrong_length", f"$.{name}[1]")
        assert rejected(written({**full(kind), name: ["a"] * 65})) == ("wrong_length", f"$.{name}")


@EVERY_TYPE
def test_no_text_has_room_for_more_than_a_code(kind: str) -> None:
    """Whatever text an event type has, now or later, is bounded: a list of a feed's own words would fill the store."""
    words = {name for name, value in full(kind).items() if isinstance(value, str)}
    words -= {"type", "origin", "birth_month", *DAYS, *INSTANTS}
    assert words <= BOUNDED
    assert {name for name, value in full(kind).items() if isinstance(value, list | tuple)} <= LISTS


@pytest.mark.parametrize(
    ("kind", "name", "good", "bad"),
    [
        ("care.started", "revision", (b"0", b"9223372036854775807"), (b"-1", b"9223372036854775808", b"9" * 55_000)),
        ("protection_plan.started", "previous_plans", (b"0", b"9223372036854775807"), (b"-1", b"1" + b"0" * 19)),
        (
            "worker.recorded",
            "fte",
            (b"0", b"0.0", b"1", b"1.5"),
            (b"-0.000001", b"1.500001", b"2", b"1e400", b"-1e400"),
        ),
        ("placement.started", "distance_miles", (b"0", b"-0.5", b"1e308"), (b"1e309", b"1e400", b"9" * 55_000)),
        ("care.started", "id", (), (b"1e400", b"9" * 55_000)),
    ],
)
def test_numbers_have_bounds(kind: str, name: str, good: tuple[bytes, ...], bad: tuple[bytes, ...]) -> None:
    """Whatever the number of digits."""
    for literal in good:
        assert told(raw(full(kind), name, literal))[name] == json.loads(literal)
    for literal in bad:
        assert rejected(raw(full(kind), name, literal)) == ("out_of_range", f"$.{name}")


def test_a_number_of_a_hundred_thousand_digits_is_too_large_to_be_read() -> None:
    """By its bytes, before it is a number at all."""
    assert rejected(raw(full("care.started"), "revision", b"9" * 100_000)) == ("too_large", "$")


@pytest.mark.parametrize("month", ["2009-04", "1900-01", "2099-12"])
def test_a_month_of_birth(month: str) -> None:
    """A year and a month, so that no date of birth can be sent by mistake."""
    assert told(written({**full("person.recorded"), "birth_month": month}))["birth_month"] == month


@pytest.mark.parametrize(
    "month", ["2009-13", "2009-00", "2009-4", "09-04", "0000-04", "2009-04-01", "2009-04\n", "\n2009-04", "٢٠٠٩-٠٤", ""]
)
def test_no_month_of_birth(month: str) -> None:
    """Nothing that a calendar could choke on later, in whatever script its digits are."""
    reason, place = rejected(written({**full("person.recorded"), "birth_month": month}))
    assert reason in ("bad_date", "wrong_length")
    assert place == "$.birth_month"


# --- dates --------------------------------------------------------------------------------------------------------

NO_DATES = (
    "",
    "2026",
    "2026-11",
    "2026-1-1",
    "20261126",
    "2026-W48-4",
    "2026-330",
    "26-11-2026",
    "26/11/2026",
    "0000-01-01",
    "2026-00-10",
    "2026-13-01",
    "2026-11-31",
    "2025-02-29",
    "2026-11-26T00:00:00Z",
    "2026-11-26 ",
    "+2026-11-26",
    "-001-01-01",
    "today",
    "٢٠٢٦-١١-٢٦",
)
NO_INSTANTS = (
    "",
    "2026-11-26",
    "2026-11-26T10:00Z",
    "2026-11-26T10:00:60Z",
    "2026-11-26T24:00:00Z",
    "2026-11-26T25:00:00Z",
    "2026-11-26T10:00:00+24:00",
    "2026-11-26T10:00:00+01:60",
    "2026-11-31T10:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-11-26T10:00:00 GMT",
    "2026-11-26T10:00:00,5Z",
    "1764151200",
    "now",
)


@pytest.mark.parametrize("name", [*DAYS, *INSTANTS])
def test_a_bad_date(name: str) -> None:
    """In every field that is a date or an instant; an instant without its offset has a reason of its own."""
    kind = {"died_on": "person.recorded", "complete_to": "feed.reported"}.get(name, "care.started")
    event = {field: value for field, value in full(kind).items() if name != "occurred_at" or field != "occurred_on"}
    for text in NO_DATES if name in DAYS else NO_INSTANTS:
        assert rejected(written({**event, name: text})) == ("bad_date", f"$.{name}"), text
    if name in INSTANTS:
        for text in ("2026-11-26T10:00:00", "2026-11-26T10:00:00.5"):
            assert rejected(written({**event, name: text})) == ("no_offset", f"$.{name}")


def at(kind: str, recorded_at: str, occurred: str, **more: Any) -> bytes:
    """Return an event that happened at *occurred*, a date or an instant."""
    name = "occurred_at" if "T" in occurred else "occurred_on"
    event = {field: value for field, value in least(kind).items() if field != "occurred_on"}
    return written({**event, "recorded_at": recorded_at, name: occurred, **more})


@pytest.mark.parametrize("name", INSTANTS)
@pytest.mark.parametrize("digits", ["9999999", "999999999", "9999995", "9" * 40])
def test_digits_of_a_second_beyond_the_sixth_are_cut_off(name: str, digits: str) -> None:
    """As .NET and SQL Server write the last tick of a day: it stays in its second, day and year. Never rounded up."""
    kind = "feed.reported" if name == "complete_to" else "care.started"
    event = {**full(kind), "occurred_on": "2025-12-01"}
    if name == "occurred_at":
        del event["occurred_on"]
    for text, second in (
        (f"2025-12-31T23:59:59.{digits}Z", "2025-12-31T23:59:59.999999Z"),
        (f"2026-01-01t00:59:59.{digits}+01:00", "2026-01-01T00:59:59.999999+01:00"),
        ("2025-12-31T23:59:59.0000001Z", "2025-12-31T23:59:59Z"),
    ):
        wanted = decode(written({**event, name: second}), NOW)
        assert decode(written({**event, name: text}), NOW) == wanted
        assert decode(written({**event, name: text}).replace(b".", b"\\u002e"), NOW) == wanted
        assert decode(written({**event, name: text, "moon": "\\ 1.12345678"}), NOW) == wanted


def test_only_moments_are_cut() -> None:
    """A code, a number and a field that we do not know keep all of their digits; what is no moment becomes none."""
    record, miles = "1.12345678", 1.123456789
    event = {**full("placement.started"), "record": record, "distance_miles": miles}
    event |= {"recorded_at": "2026-11-26T10:00:00.1234567Z"}
    assert (told(written(event))["record"], told(written(event))["distance_miles"]) == (record, miles)
    for text in ("2026-11-26T10:00:00.12345678x", "2026-11-26T10:00:00.1234567.1234567Z", "1.12345678"):
        assert rejected(written({**event, "recorded_at": text})) == ("bad_date", "$.recorded_at")
    for value in (5, None, ["2026-11-26T10:00:00.1234567Z"]):
        at = {**least("care.started"), "recorded_at": value, "need": "1.12345678"}
        assert rejected(written(at))[1] == "$.recorded_at"


def test_the_last_tick_of_the_calendar_is_inside_it() -> None:
    """2050 ends with it; a retraction, which is read in a way of its own, is cut alike."""
    event = {**envelope("case.allocated"), "retracted": True, "recorded_at": "2050-12-31T23:59:59.9999999Z"}
    del event["occurred_on"]
    moment = datetime(2050, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    event |= {"occurred_at": event["recorded_at"]}
    assert decode(written(event), moment).occurred_at == moment


def test_exactly_one_date() -> None:
    """Not two, and not none, whatever the fields are called that are null."""
    event = least("care.started")
    assert rejected(written({**event, "occurred_at": "2026-11-26T10:00:00Z"})) == ("two_dates", "$.occurred_at")
    assert rejected(written({**event, "occurred_on": None, "occurred_at": None})) == ("missing_field", "$.occurred_on")
    del event["occurred_on"]
    assert rejected(written(event)) == ("missing_field", "$.occurred_on")
    assert decode(written({**event, "occurred_at": "2026-11-26T10:00:00Z"}), NOW).occurred_on is None


@EVERY_TYPE
def test_recorded_24_hours_after_it_was_appended_and_no_later(kind: str) -> None:
    """To the microsecond, in any offset; a clock that is years ahead is the same fault."""
    for text in ("2026-12-01T12:00:00Z", "2026-12-01T17:30:00+05:30"):
        assert decode(written({**least(kind), "recorded_at": text}), NOW)
    assert decode(written({**least(kind), "recorded_at": "2026-12-01T12:00:00.000001Z"}), NOW + A_MICROSECOND)
    for text in (
        "2026-12-01T12:00:00.000001Z",
        "2026-12-01T13:00:00.000001+01:00",
        "2036-01-01T00:00:00Z",
        "2101-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.999999-23:59",
    ):
        assert rejected(written({**least(kind), "recorded_at": text})) == ("recorded_in_the_future", "$.recorded_at")


IN_TIME = (  # recorded at, happened at the last moment that is no slip, and the first that is
    ("2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000001Z"),
    ("2026-11-20T10:00:00Z", "2026-11-21T15:30:00+05:30", "2026-11-21T15:30:00.000001+05:30"),
    ("2026-03-28T12:00:00Z", "2026-03-29T13:00:00+01:00", "2026-03-29T13:00:00.000001+01:00"),  # the clocks change
    ("2026-11-20T00:00:00Z", "2026-11-21", "2026-11-22"),  # a date is its first moment in London
    ("2026-06-14T23:00:00Z", "2026-06-16", "2026-06-17"),
    ("2026-06-15T22:59:59.999999Z", "2026-06-16", "2026-06-17"),
)


@EVERY_TYPE
def test_happened_24_hours_after_it_was_recorded_and_no_later(kind: str) -> None:
    """Save for an allocation, which may be planned."""
    for recorded_at, last, first in IN_TIME:
        assert decode(at(kind, recorded_at, last), NOW)
        if kind == "case.allocated":
            assert decode(at(kind, recorded_at, first), NOW)
        else:
            place = "$.occurred_at" if "T" in first else "$.occurred_on"
            assert rejected(at(kind, recorded_at, first)) == ("in_the_future", place)
    day_before = "2026-06-14T22:59:59.999999Z"
    if kind != "case.allocated":
        assert rejected(at(kind, day_before, "2026-06-16")) == ("in_the_future", "$.occurred_on")


def test_a_planned_allocation() -> None:
    """Up to the end of the calendar; and it can be taken back."""
    recorded_at = "2026-11-20T10:00:00Z"
    assert decode(at("case.allocated", recorded_at, "2050-12-31"), NOW)
    assert rejected(at("case.allocated", recorded_at, "2051-01-01")) == ("outside_calendar", "$.occurred_on")
    bare = {**envelope("case.allocated"), "retracted": True, "occurred_on": "2030-01-01"}
    assert decode(written(bare), NOW).type == "case.allocated"


FIRST_MOMENTS = ("1995-01-01", "1995-01-01T00:00:00Z", "1994-12-31T23:00:00-01:00", "1995-01-01T12:00:00+12:00")
TOO_EARLY = ("1994-12-31", "1994-12-31T23:59:59.999999Z", "1995-01-01T00:59:59.999999+01:00", "1901-01-01")
LAST_MOMENTS = ("2050-12-31", "2050-12-31T23:59:59.999999Z", "2051-01-01T00:59:59.999999+01:00")
TOO_LATE = ("2051-01-01", "2051-01-01T00:00:00Z", "2050-12-31T23:00:00-01:00", "2099-12-31")


@EVERY_TYPE
def test_the_calendar_is_1995_to_2050(kind: str) -> None:
    """In London, whatever the offset; who a person or a worker is may be older. What is let in can be counted."""
    let_in, later = [], datetime(2051, 1, 2, tzinfo=UTC)
    for occurred in FIRST_MOMENTS:
        let_in.append(decode(at(kind, "2026-11-20T10:00:00Z", occurred), NOW))
    for occurred in LAST_MOMENTS:
        let_in.append(decode(at(kind, "2051-01-01T00:00:00Z", occurred), later))
    for occurred in TOO_EARLY + TOO_LATE:
        recorded_at, now = ("2026-11-20T10:00:00Z", NOW) if occurred in TOO_EARLY else ("2099-12-31T00:00:00Z", later)
        now = max(now, datetime.fromisoformat(recorded_at))
        for more in ({}, {"retracted": True}):
            value = at(kind, recorded_at, occurred, **more)
            if kind in ("person.recorded", "worker.recorded"):
                assert decode(value, now)
            else:
                place = "$.occurred_at" if "T" in occurred else "$.occurred_on"
                assert rejected(value, now) == ("outside_calendar", place)
    early = [event for event in let_in if event.recorded_at < NOW]
    InMemoryStore(RulesByAuthority()).tell(early)


@pytest.mark.parametrize("kind", ["person.recorded", "worker.recorded"])
def test_who_somebody_is_may_be_withdrawn_outside_the_calendar(kind: str) -> None:
    """By the envelope alone, or what was told could never be taken back."""
    bare = {**envelope(kind), "retracted": True, "occurred_on": "1985-06-01"}
    assert decode(written(bare), NOW).type == kind


@EVERY_TYPE
def test_offsets_at_the_ends_of_time(kind: str) -> None:
    """Instants that have no equal in UTC: a dead letter like any other, in every field."""
    for text in (
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.999999-23:59",
        "1899-12-31T23:59:59Z",
    ):
        assert rejected(at(kind, "2026-11-20T10:00:00Z", text)) == ("outside_calendar", "$.occurred_at")
        for name in {"received_at", "complete_to"} & full(kind).keys():
            assert rejected(written({**full(kind), name: text})) == ("outside_calendar", f"$.{name}")
        if text < "2000":
            assert rejected(written({**full(kind), "recorded_at": text})) == ("outside_calendar", "$.recorded_at")
    for text in ("0001-01-01", "9999-12-31", "1899-12-31"):
        assert rejected(at(kind, "2026-11-20T10:00:00Z", text)) == ("outside_calendar", "$.occurred_on")
        if kind == "person.recorded":
            assert rejected(written({**full(kind), "died_on": text})) == ("outside_calendar", "$.died_on")


# --- words --------------------------------------------------------------------------------------------------------


def test_unknown_words() -> None:
    """A type or an origin that we do not know; but a code that we do not know is kept as it is."""
    for kind in ("", "child.born", "Care.started", "care.started ", "Retraction", "ChildEvent", "null"):
        assert rejected(written({**full("care.started"), "type": kind})) == ("unknown_type", "$.type")
        assert rejected(written({**full("care.started"), "type": kind, "retracted": True}))[0] == "unknown_type"
    for origin in ("", "Live", "dream"):
        assert rejected(written({**full("care.started"), "origin": origin})) == ("unknown_origin", "$.origin")
    for origin in ("live", "backload", "migration", "simulation"):
        assert decode(written({**full("care.started"), "origin": origin}), NOW).origin == origin
    assert told(written({**full("care.started"), "need": "N99 ½"}))["need"] == "N99 ½"


@EVERY_TYPE
def test_unknown_fields_are_ignored(kind: str) -> None:
    """Whatever they are called and hold; the fields of other types, and of our own making, among them."""
    known = {"child": 5, "worker": [], "retracts": "x", "outcomes": {}, "kind": None, "subject": 1, "tag": 2, "": 3}
    event = decode(written(full(kind)), NOW)
    for name, value in {**known, "moon": {"phase": ["full", None, 1e300, {"": []}]}}.items():
        if name not in full(kind):
            assert decode(written({name: value, **full(kind)}), NOW) == event
            assert decode(written({**full(kind), name: value}), NOW) == event


# --- bytes --------------------------------------------------------------------------------------------------------

CARE = full("care.started")
AS_BYTES = written(CARE)
DEEP = 10_000
BOMBS = (
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'[{"a":' * 7_500 + b"1" + b"}]" * 7_500,
    b"[" * 55_000,
)
WIDE = (
    b"[" + b"{}," * 20_000 + b"{}]",
    b"[" + b"0," * 25_000 + b"0]",
    b"{" + b",".join(b'"%d":0' % n for n in range(6_000)) + b"}",
)

NOTHING = (None, b"", b" ", b"\n", b" \t\r\n" * 100)
NOT_UTF8 = (
    b"\xff\xfe",
    AS_BYTES.decode().encode("utf-16"),
    b"\xff" + AS_BYTES,
    raw(CARE, "need", b'"\xff"'),
    raw(CARE, "moon", b'"\xff"'),
    raw(CARE, "need", b'"caf\xe9"'),
    raw(CARE, "moon", b'"\xc0\xaf"'),
    raw(CARE, "need", b'"\xed\xa0\x80"'),
    raw(CARE, "moon", b'"\xed\xa0\x80"'),
    AS_BYTES[:-1] + b', "\xff": 1}',
    AS_BYTES + b"\xff",
    raw(CARE, "need", b'"\xf4\x90\x80\x80"'),
)
NOT_JSON = (
    b"{",
    b"}",
    b'{"type"',
    AS_BYTES[:-1],
    AS_BYTES + b"}",
    AS_BYTES + AS_BYTES,
    AS_BYTES[:-1] + b",}",
    AS_BYTES.replace(b'"', b"'"),
    b"\xef\xbb\xbf" + AS_BYTES,
    AS_BYTES + b"// said",
    b"\0",
    b"\0" + AS_BYTES,
    AS_BYTES + b"\0",
    raw(CARE, "need", b'"a\0b"'),
    raw(CARE, "moon", b'"a\0b"'),
    raw(CARE, "need", b'"a\nb"'),
    *(
        raw(CARE, name, literal)
        for name in ("need", "moon", "revision")
        for literal in (
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"nan",
            b"undefined",
            b"01",
            b"+1",
            b".5",
            b"1.",
            b"1e",
            b"TRUE",
        )
    ),
    *(
        raw(CARE, name, literal)
        for name in ("need", "moon")
        for literal in (
            b'"\\ud800"',
            b'"\\udc00"',
            b'"\\ud800\\u0041"',
            b'"\\ud800\\ud800"',
            b'"\\x41"',
            b'"\\u12"',
            b'"open',
        )
    ),
)
NO_OBJECT = (b"null", b"true", b"1", b"1e400", b'"words"', b"[]", b"[" + AS_BYTES + b"]", *BOMBS[:1])
FAULTY: tuple[tuple[bytes | None, str, str], ...] = (
    *((value, "empty", "$") for value in NOTHING),
    *((value, "not_utf8", "$") for value in NOT_UTF8),
    *((value, "not_json", "$") for value in NOT_JSON),
    *((raw(CARE, "moon", bomb), "nested_too_deeply", "$") for bomb in BOMBS),
    *((raw(CARE, "need", bomb), "wrong_type", "$.need") for bomb in BOMBS),
    *((raw(CARE, "need", wide), "wrong_type", "$.need") for wide in WIDE),
    *((raw({**CARE, "need": 5}, "moon", bomb), "wrong_type", "$.need") for bomb in BOMBS),
    *((raw(full("enquiry.graded"), "rag", bomb), "wrong_type", "$.rag") for bomb in BOMBS),
    *((raw(full("enquiry.decided"), "outcomes", b"[" + bomb + b"]"), "wrong_type", "$.outcomes[0]") for bomb in BOMBS),
    (raw(full("enquiry.decided"), "outcomes", WIDE[0]), "wrong_type", "$.outcomes[0]"),
    (raw(full("enquiry.decided"), "outcomes", b'["advice", null]'), "wrong_type", "$.outcomes[1]"),
    (raw({"type": "child.born"}, "moon", BOMBS[0]), "unknown_type", "$.type"),
    (raw(CARE, "type", b"null"), "wrong_type", "$.type"),
    (raw(CARE, "type", b"5"), "wrong_type", "$.type"),
    (b"{}", "missing_field", "$.type"),
    (raw(CARE, "type", b'"care.started", "type": "care.ended"'), "unknown_type", "$.type"),
)


@pytest.mark.parametrize("number", range(len(FAULTY)))
def test_what_is_no_event(number: int) -> None:
    """One error, with a reason and a place, whatever a broken or hostile source writes; retracted or not."""
    value, reason, place = FAULTY[number]
    assert rejected(value) == (reason, place)
    if value is not None and value.startswith(b'{"type"') and b'"retracted": false' in value:
        said = value.replace(b'"retracted": false', b'"retracted": true')
        letter = letter_of(said)  # None where what is broken is payload, of which a retraction needs none
        assert letter is None or letter.reason in (reason, "wrong_type")


@pytest.mark.parametrize("value", NO_OBJECT)
def test_json_that_is_no_object(value: bytes) -> None:
    """Lists of events are no event, and a number too large for any machine is no exception."""
    assert rejected(value)[0] in ("not_an_object", "out_of_range")


@pytest.mark.parametrize("unit", [b"x", "é".encode(), "𝄞".encode()])
def test_64_kib_and_not_a_byte_more(unit: bytes) -> None:
    """Bytes, not characters; in a field that nobody knows, or nothing but space."""
    for name in ("moon", "sun"):
        for size in (LARGEST_BYTES - 1, LARGEST_BYTES):
            room = size - len(raw(CARE, name, b'""'))
            value = raw(CARE, name, b'"' + unit * (room // len(unit)) + b"x" * (room % len(unit)) + b'"')
            assert len(value) == size
            assert decode(value, NOW)
        value = raw(CARE, name, b'"' + b"x" * (room % len(unit) + 1) + unit * (room // len(unit)) + b'"')
        assert len(value) == LARGEST_BYTES + 1
        assert rejected(value) == ("too_large", "$")
    assert decode(AS_BYTES.ljust(LARGEST_BYTES), NOW)
    assert rejected(AS_BYTES.ljust(LARGEST_BYTES + 1)) == ("too_large", "$")
    assert rejected(b"\xff" * (LARGEST_BYTES + 1)) == ("too_large", "$")


def test_odd_and_yet_an_event() -> None:
    """What JSON allows we read: the last of two equal keys counts, and no character is forbidden in a string."""
    assert told(AS_BYTES[:-1] + b', "need": "N8", "need": "N9"}')["need"] == "N9"
    assert decode(raw(CARE, "type", b'"care.started", "type": "care.started"'), NOW) == decode(AS_BYTES, NOW)
    assert decode(AS_BYTES.replace(b"care.started", b"care\\u002estarted"), NOW).type == "care.started"
    assert told(raw(CARE, "need", b'"a\\u0000b"'))["need"] == "a\0b"
    assert told(raw(CARE, "need", b'"\\ud834\\udd1e"'))["need"] == "𝄞"
    assert decode(b" \r\n\t" + AS_BYTES + b" \n", NOW) == decode(AS_BYTES, NOW)
    for literal in (b"1e400", b"-1e400", b"9" * 55_000, *WIDE):
        assert decode(raw(CARE, "moon", literal), NOW) == decode(AS_BYTES, NOW)
    assert decode(written(dict(reversed(CARE.items()))), NOW) == decode(AS_BYTES, NOW)


def test_lines_of_a_file() -> None:
    """Empty lines are skipped, each bad line is one dead letter, and what ends a line is no part of the event."""
    largest = AS_BYTES.ljust(LARGEST_BYTES)
    lines = [AS_BYTES + b"\n", b"\n", b"  \r\n", b"{\n", largest + b"\n", largest + b"\r\n", largest + b" \n", AS_BYTES]
    event = decode(AS_BYTES, NOW)
    found = [x.reason if isinstance(x, DeadLetter) else x for x in decode_lines(iter(lines), NOW)]
    assert found == [event, Reason.NOT_JSON, event, event, Reason.TOO_LARGE, event]


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("before", [MARK, MARK + b"\n", MARK + b" \r\n\n", MARK + b"  "])
def test_a_byte_order_mark_at_the_start_of_a_file_is_skipped(before: bytes) -> None:
    """Windows tools write one: the first event behind it counts, on its line or further down."""
    lines = (before + AS_BYTES + b"\r\n" + AS_BYTES).splitlines(keepends=True)
    assert list(decode_lines(iter(lines), NOW)) == [decode(AS_BYTES, NOW)] * 2
    assert list(decode_lines(iter([MARK]), NOW)) == []
    largest = AS_BYTES.ljust(LARGEST_BYTES)
    assert list(decode_lines(iter([MARK + largest]), NOW)) == [decode(AS_BYTES, NOW)]


def test_a_byte_order_mark_elsewhere_is_no_json() -> None:
    """In a record of Kafka, twice, or within a file."""
    assert rejected(MARK + AS_BYTES) == ("not_json", "$")
    for lines in ([MARK + MARK + AS_BYTES], [b"\n", MARK + AS_BYTES]):
        (letter,) = decode_lines(iter(lines), NOW)
        assert isinstance(letter, DeadLetter)
        assert letter.reason is Reason.NOT_JSON


# --- keys ---------------------------------------------------------------------------------------------------------


def test_an_authority_is_one_log() -> None:
    """A record under another key, or in another partition than its key's, would be a second history."""
    home = partition_of("X99999901", 8)
    key = b"X99999901"

    def letters(key: bytes | None, partition: int, value: bytes = AS_BYTES) -> list[tuple[str, str]]:
        batch = read([LogRecord(0, NOW, key, value)], partition, 8)
        return [(str(dead.letter.reason), dead.letter.place) for dead in batch.rejected]

    assert letters(key, home) == []
    for other in (None, b"", b"x99999901", b"X99999901 ", b"X99999902", b"\xff"):
        assert letters(other, home) == [("wrong_key", "$")]
    for partition in set(range(8)) - {home}:
        assert letters(key, partition) == [("wrong_partition", "$")]
    assert letters(None, home, b"{") == [("not_json", "$")]
    (full,) = read([LogRecord(7, NOW, key, AS_BYTES)], home, 8, without_room={7}).rejected
    assert (str(full.letter.reason), full.letter.place) == ("household_full", "$")


def test_every_reason_is_met_in_this_file() -> None:
    """A reason that no test here brings about is a rule that nobody has tried to break."""
    here = Path(__file__).read_text()
    assert not [str(reason) for reason in Reason if f'"{reason}"' not in here]


# --- nothing of it is told ----------------------------------------------------------------------------------------

CANARY = "kanarie-7519"
NUMBER = 7519751975


def said(letter: DeadLetter) -> str:
    """Return all that a log could ever show of *letter*."""
    assert letter.__cause__ is None
    assert letter.__context__ is None
    shown = "".join(traceback.format_exception(letter))
    return f"{letter} {letter!r} {letter.args} {vars(letter)} {letter.reason} {letter.place} {shown}"


def canaries(kind: str) -> Iterator[bytes]:
    """Yield events with a canary in every string, each broken in another way."""
    event: Fields = {**full(kind), CANARY: CANARY}
    for name, value in event.items():
        if isinstance(value, list):
            event[name] = [f"{CANARY}-{name}"]
        elif isinstance(value, str) and name not in (*INSTANTS, *DAYS, "type", "origin", "birth_month"):
            event[name] = f"{CANARY}-{name}"
    for name in event:
        yield written({field: value for field, value in event.items() if field != name})
        for wrong in (
            CANARY,
            CANARY * 20,
            [CANARY],
            {CANARY: CANARY},
            NUMBER,
            -NUMBER,
            -NUMBER - 0.5,
            10**30,
            None,
            "",
            f"{CANARY} - at `$.{CANARY}`",
            f"2026-11-{CANARY}",
            f"` - at `{CANARY}",
        ):
            yield written({**event, name: wrong})
            yield written({**event, name: wrong, "retracted": True})
        for literal in (b'"%s\xff"', b'"%s\\ud800"', b"%s", b'"%s', b'["%s", 5]', b'{"%s": "%s"}', b'"%s\n"'):
            yield raw(event, name, literal.replace(b"%s", CANARY.encode()))
        yield raw(event, name, b'["' + CANARY.encode() + b'", ' + BOMBS[0] + b"]")
    yield written({**event, "moon": CANARY * 10_000})
    yield written({**event, "occurred_at": "2026-11-26T10:00:00Z"})
    for when in ("1751-09-02", "7519-07-05"):
        yield written({**event, "occurred_on": when})


@EVERY_TYPE
def test_no_value_is_ever_told(kind: str) -> None:
    """Not in the message, not in the place, not in an error that stands behind it: canaries in every field."""
    letters = 0
    for value in canaries(kind):
        if (letter := letter_of(value)) is not None:
            letters += 1
            shown = said(letter)
            assert "kanarie" not in shown.lower(), shown
            assert not re.search(r"7519|1751", shown), shown
    assert letters > 100


# --- chance -------------------------------------------------------------------------------------------------------

TOKENS = (
    b"",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b"0",
    b"-1",
    b"1e400",
    b"NaN",
    b"9" * 40,
    b'"\\ud800"',
    b'"\\u0000"',
    b"\xff",
    b"\0",
    b'"',
    b"\\",
    b",",
    b":",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"retracted": true, ',
    b'"9999-12-31T23:59:59-23:59"',
    b'"0001-01-01T00:00:00+23:59"',
    b'"1995-01-01T00:00:00+14:00"',
    b'"2026-11-30"',
    b"[" * 2000,
    "é".encode(),
    b"Z",
)
WORDS = re.compile(rb'"[^"]*"|[\d.]+|true|false|null')


def mutated(rng: random.Random, pool: list[bytes]) -> bytes:
    """Return an event out of *pool*, damaged as hands, networks and hostile minds would damage it."""
    value = rng.choice(pool)
    for _ in range(rng.choice((1, 1, 2, 4))):
        size = len(value)
        first = int(rng.random() * size)
        last = first + int(rng.random() * 12)
        match int(rng.random() * 6):
            case 0:
                value = value[:first] + bytes((int(rng.random() * 256),)) + value[first + 1 :]
            case 1:
                value = value[:first] + value[last:]
            case 2:
                value = value[:first] + value[first:last] * 2 + value[last:]
            case 3:
                value = value[:first] + rng.choice(TOKENS) + value[last:]
            case 4:
                other = rng.choice(pool)
                value = value[:first] + other[int(rng.random() * len(other)) :]
            case _:  # another value where a value stands, so that it is still JSON
                word = WORDS.search(value, first)
                if word:
                    value = value[: word.start()] + rng.choice(TOKENS) + value[word.end() :]
    return value


def pool() -> list[bytes]:
    return [written(full(kind)) for kind in examples.TYPES] + [written(event) for event in history(1)]


def resident() -> int:
    """Return how many bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_a_hundred_thousand_mutations() -> None:
    """Each is an event or a dead letter, nothing else is raised; no memory is kept, and no time is lost."""
    rng, events, letters = random.Random("mutations"), pool(), 0
    held = 0
    began = time.perf_counter()
    for turn in range(100_000):
        if (letter := letter_of(mutated(rng, events))) is not None:
            letters += 1
            assert letter.__context__ is None
            assert re.fullmatch(r"\$[\w.\[\]]*", letter.place), letter.place
        if turn == 30_000:
            held = resident()
    assert letters > 50_000
    assert resident() - held < 8 * 1024 * 1024
    assert time.perf_counter() - began < 60  # some 3 s on an idle machine


def test_no_record_takes_long() -> None:
    """The worst that fits into 64 KiB: thousands of times longer than an event, and still milliseconds."""
    worst = [value for value, _, _ in FAULTY if value and len(value) > 10_000]
    worst += [raw(CARE, "moon", wide) for wide in WIDE] + [
        raw(full("enquiry.decided"), "outcomes", wide) for wide in WIDE
    ]
    worst += [raw({**envelope("enquiry.decided"), "retracted": True}, "outcomes", wide) for wide in WIDE]
    worst += [raw(CARE, "revision", b"9" * 55_000), raw(CARE, "need", b'"' + b"\\u0041" * 10_000 + b'"')]
    for value in worst:
        assert min(islice(times(value), 5)) < 0.05  # aim: 5 ms; a busy machine is no reason to fail


def times(value: bytes) -> Iterator[float]:
    while True:
        began = time.perf_counter()
        letter_of(value)
        yield time.perf_counter() - began


EDGES: tuple[Any, ...] = (
    "",
    "a\0b",
    "\x1f",
    "worker\x1fW-1",
    ":",
    "%",
    "*",
    "{x}",
    "𝄞" * 64,
    "child-1",
    "W-1",
    "x" * 64,
    None,
    True,
    False,
    0,
    1,
    1.5,
    2**63 - 1,
    -1e308,
    [],
    [""],
    ["a"] * 500,
    ["\0", "𝄞", "a"],
    "1995-01-01",
    "2050-12-31",
    "2026-11-30",
    "1995-01-01T00:00:00Z",
    "1995-01-01T12:00:00+12:00",
    "2026-12-01T12:00:00Z",
    "2026-10-25T01:30:00+01:00",
    "1900-01-01T00:00:00+23:59",
    "2100-12-31T23:59:59-23:59",
    "1900-01",
    "2099-12",
    "simulation",
)


def test_what_is_let_in_can_be_counted() -> None:
    """No event that decode lets through may stop the fold: it would stop the line for good, as no dead letter can."""
    rng, let_in = random.Random("edges"), list[Event]()
    while len(let_in) < 1_500:
        event = full(rng.choice(examples.TYPES))
        if rng.random() < 0.3:
            event["occurred_at"], event["occurred_on"] = rng.choice(EDGES), None
        for name in rng.sample(sorted(event), 3):
            if name != "type":
                event[name] = rng.choice(EDGES)
        if rng.random() < 0.9:
            event |= {"authority": f"X{rng.randrange(100)}", "record": f"R{rng.randrange(9)}"}
        if letter_of(written(event)) is None:
            let_in.append(decode(written(event), NOW))
    book = InMemoryStore(RulesByAuthority()).tell(let_in)
    assert {name: tally for name, tally in book.tallies.items() if tally} == book.recounted()


# --- the schema ---------------------------------------------------------------------------------------------------


def fits(value: Any, schema: Fields, document: Fields) -> bool:
    """Return whether *value* fits *schema*: as much of JSON Schema as ours uses, and nothing unknown in it."""
    known = {
        "$ref",
        "anyOf",
        "oneOf",
        "type",
        "enum",
        "const",
        "title",
        "description",
        "default",
        "properties",
        "required",
        "items",
        "minLength",
        "maxLength",
        "maxItems",
        "minimum",
        "maximum",
        "pattern",
        "format",
    }
    assert schema.keys() <= known, schema.keys() - known
    if "$ref" in schema:
        return fits(value, document["$defs"][schema["$ref"].rpartition("/")[2]], document)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int}
    wanted = schema.get("type")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    sized = len(value) if isinstance(value, str) else 0
    return all(
        (
            wanted is None or (is_number if wanted == "number" else type(value) is kinds[wanted]),
            "anyOf" not in schema or any(fits(value, one, document) for one in schema["anyOf"]),
            "oneOf" not in schema or sum(fits(value, one, document) for one in schema["oneOf"]) == 1,
            value in schema.get("enum", [value]),
            value == schema.get("const", value),
            not isinstance(value, dict) or set(schema.get("required", ())) <= value.keys(),
            not isinstance(value, dict)
            or all(fits(value[n], one, document) for n, one in schema.get("properties", {}).items() if n in value),
            not isinstance(value, list) or len(value) <= schema.get("maxItems", len(value)),
            not isinstance(value, list) or all(fits(item, schema.get("items", {}), document) for item in value),
            schema.get("minLength", 0) <= sized <= schema.get("maxLength", sized),
            not is_number or schema.get("minimum", value) <= value <= schema.get("maximum", value),
            not isinstance(value, str) or "pattern" not in schema or re.search(schema["pattern"], value) is not None,
        )
    )


@pytest.fixture(scope="module")
def schema() -> Fields:
    shown = CliRunner().invoke(main, ["schema"])
    assert shown.exit_code == 0
    document: Fields = json.loads(shown.output)
    return document


@EVERY_TYPE
def test_the_schema_accepts_what_we_accept(kind: str, schema: Fields) -> None:
    """Full, least, and with nulls; and it refuses what is missing, wrong or too long, so a producer can rely on it."""
    rules = {name: value for name, value in schema.items() if name not in ("$schema", "$defs")}
    for event in (full(kind), least(kind), {**least(kind), **dict.fromkeys(optional(kind))}, {**full(kind), "moon": 1}):
        assert fits(event, rules, schema)
    assert not fits({**full(kind), "type": "child.born"}, rules, schema)
    assert not fits({**full(kind), "revision": -1}, rules, schema)
    for name in required(kind):
        assert not fits({field: value for field, value in full(kind).items() if field != name}, rules, schema)
        assert not fits({**full(kind), name: {}}, rules, schema)
    for name in BOUNDED & full(kind).keys():
        assert not fits({**full(kind), name: "x" * 65}, rules, schema)
