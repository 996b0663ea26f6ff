"""Bytes to events, here and nowhere else. A record that does not fit is a dead letter: a reason and a place, no value.

Every rule of the contract that a single record can break has its reason below (contract 1).
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_

import msgspec

from events import EVENTS
from events.event import MOMENTS, ChildEvent, Event, Id, Moment, Retraction
from events.time import instant
from events.workforce import WorkerRecorded
from events.working_days import END, START

LARGEST_BYTES = 64 * 1024
TOLERANCE = timedelta(hours=24)  # how far a clock or an entry may run ahead
MAY_LIE_OUTSIDE_CALENDAR = frozenset(("person.recorded", "worker.recorded"))
STORABLE_YEARS = (1900, 2100)  # of every instant: arithmetic on offsets may overflow beyond


class Reason(StrEnum):
    """Why a record is a dead letter. The words are part of the contract: dashboards group by them."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_ORIGIN = "unknown_origin"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    WRONG_LENGTH = "wrong_length"
    OUT_OF_RANGE = "out_of_range"
    BAD_DATE = "bad_date"
    NO_OFFSET = "no_offset"
    TWO_DATES = "two_dates"
    IN_THE_FUTURE = "in_the_future"
    RECORDED_IN_THE_FUTURE = "recorded_in_the_future"
    OUTSIDE_CALENDAR = "outside_calendar"
    WRONG_KEY = "wrong_key"
    WRONG_PARTITION = "wrong_partition"
    HOUSEHOLD_FULL = "household_full"


class DeadLetter(Exception):
    """A record that cannot be read: *reason*, and *place* in it as a JSON path. Holds no value of the record."""

    def __init__(self, reason: Reason, place: str = "$") -> None:
        super().__init__(f"{reason} at {place}")
        self.reason = reason
        self.place = place
        self.line: int | None = None  # of a file, counted from 1


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that a retraction needs."""

    type: str
    id: Id
    authority: Id
    record: Id
    source: Id
    recorded_at: Moment
    retracted: bool | None = None
    child: Id | None = None
    worker: Id | None = None


TYPES: dict[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in EVENTS}
_MOMENTS: dict[type[Event], tuple[str, ...]] = {
    kind: tuple(n for n in (*MOMENTS, "died_on") if n != "occurred_at" and n in kind.__struct_fields__)
    for kind in (*EVENTS, Retraction)
}
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(reduce(or_, EVENTS))
_envelope = msgspec.json.Decoder(_Envelope)
_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LONG_FRACTION = re.compile(rb"\.[0-9]{7}")
_FINER_DIGITS = re.compile(r"(?<=\.[0-9]{6})[0-9]+", re.ASCII)  # of a second, beyond the sixth


def decode(value: bytes | None, appended_at: datetime) -> Event:
    """Return the event that *value* holds.

    *appended_at* is the record's Kafka append time; for a file, or a request over HTTP, the time of the reading.
    Raises DeadLetter.
    """
    event = _parse(value)
    _check_times(event, appended_at)
    return event


def decode_lines(lines: Iterator[bytes], now: datetime) -> Iterator[Event | DeadLetter]:
    """Yield the event or the dead letter of each line of an `.ndjson` file.

    Empty lines are skipped, and so is the byte order mark that Windows tools begin a file with.
    """
    for number, line in enumerate(lines):
        text = line.removeprefix(BOM_UTF8) if number == 0 else line
        if text.strip():
            try:
                yield decode(text.rstrip(b"\r\n"), now)  # the line's end is no part of the event
            except DeadLetter as dead:
                dead.line = number + 1
                yield dead


def encode(event: Event) -> bytes:
    """Return *event* as it stands on the wire; decode gives it back."""
    if not isinstance(event, Retraction):
        return msgspec.json.encode(event)
    builtins = msgspec.to_builtins(event)
    about = "worker" if event.retracts == "worker.recorded" else "child" if event.child else None
    fields = {name: value for name, value in builtins.items() if name not in ("type", "retracts", "child")}
    subject = {about: event.child.removeprefix("worker\x1f")} if about else {}
    return msgspec.json.encode({"type": event.retracts, **fields, **subject})


def _parse(value: bytes | None) -> Event:
    if not value or not value.strip():
        raise DeadLetter(Reason.EMPTY)
    if len(value) > LARGEST_BYTES:
        raise DeadLetter(Reason.TOO_LARGE)
    parsed = _read(value)
    if isinstance(parsed, DeadLetter):
        raise parsed  # only here: an error of msgspec in flight would be its context, and that quotes values
    return parsed


def _read(value: bytes) -> Event | DeadLetter:
    try:
        value.decode()  # msgspec does not look into fields that it skips
        value = _with_cut_seconds(value)
        return _event.decode(value)
    except UnicodeDecodeError:
        return DeadLetter(Reason.NOT_UTF8)
    except RecursionError:  # msgspec's own limit raises Python's error, not its own
        return DeadLetter(Reason.NESTED_TOO_DEEPLY)
    except msgspec.ValidationError as exc:
        fault = str(exc)
    except msgspec.DecodeError:
        return DeadLetter(Reason.NOT_JSON)
    return _retracted(value) or _letter(fault)


def _with_cut_seconds(value: bytes) -> bytes:
    """Return *value* with the digits of a second beyond the sixth cut off.

    msgspec rounds them: the last tick of a day, as .NET and SQL Server write it, would be the next day, or year.
    """
    if _LONG_FRACTION.search(value) is None and b"\\" not in value:  # an escape may hide one
        return value
    try:
        fields = _raw_fields.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value
    cut = {name: short for name in MOMENTS if name in fields and (short := _cut(fields[name])) is not None}
    return msgspec.json.encode({**fields, **cut}) if cut else value


def _cut(raw: msgspec.Raw) -> str | None:
    """Return the moment that *raw* writes, with its finer digits cut off; None where there are none."""
    try:
        text = msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return None
    short = _FINER_DIGITS.sub("", text)
    return short if short != text else None


def _retracted(value: bytes) -> Retraction | DeadLetter | None:
    """Return *value* as a retraction that has no more than the envelope, or None if it is not one."""
    try:
        envelope = _envelope.decode(value)
        kind = TYPES[envelope.type]
        if not envelope.retracted:
            return None
        fields = _raw_fields.decode(value)
        wanted = {name: fields[name] for name in Retraction.__struct_fields__ if name in fields and name != "retracts"}
        about_child, about_worker = issubclass(kind, ChildEvent), kind is WorkerRecorded
        subject = envelope.child if about_child else envelope.worker if about_worker else ""
        if subject is None:
            return DeadLetter(Reason.MISSING_FIELD, "$.child" if about_child else "$.worker")
        about = f"worker\x1f{subject}" if about_worker else subject
        text = msgspec.json.encode({**wanted, "type": "Retraction", "retracts": envelope.type, "child": about})
        return msgspec.json.decode(text, type=Retraction)
    except (KeyError, RecursionError, msgspec.DecodeError):
        return None


_FAULTS: tuple[tuple[str, Reason], ...] = (  # how msgspec's messages begin; what follows may quote a value
    ("Object missing required field", Reason.MISSING_FIELD),
    ("Invalid RFC3339", Reason.BAD_DATE),
    ("Expected `datetime` with a timezone", Reason.NO_OFFSET),
    ("Timestamp is out of range", Reason.BAD_DATE),
    ("Integer value out of range", Reason.OUT_OF_RANGE),
    ("Number out of range", Reason.OUT_OF_RANGE),
    ("Expected `str` matching", Reason.BAD_DATE),  # the one pattern is birth_month's
)


def _letter(message: str) -> DeadLetter:
    """Return the DeadLetter for msgspec's *message*, with its place and none of the values that it quotes."""
    fault, _, place = message.rpartition(" - at `")
    place = place.rstrip("`") if fault else "$"
    fault = fault or message
    reason = next((reason for start, reason in _FAULTS if fault.startswith(start)), None)
    if reason is Reason.MISSING_FIELD:
        return DeadLetter(reason, f"{place}.{fault.split('`')[1]}")
    return DeadLetter(_reason_at(place, fault) or reason or Reason.WRONG_TYPE, place)


def _reason_at(place: str, fault: str) -> Reason | None:
    """Return the reason that a fault has because of where it is, or None."""
    if fault.endswith("got `null`") and place.startswith("$.") and not place.endswith("]"):  # null is as left out
        return Reason.MISSING_FIELD
    if place == "$" and fault.startswith("Expected `object`"):
        return Reason.NOT_AN_OBJECT
    if place == "$.type" and fault.startswith("Invalid value"):
        return Reason.UNKNOWN_TYPE
    if place == "$.origin" and fault.startswith("Invalid enum value"):
        return Reason.UNKNOWN_ORIGIN
    if " of length " in fault:
        return Reason.WRONG_LENGTH
    if fault.startswith(("Expected `int` ", "Expected `float` ")) and "got" not in fault:
        return Reason.OUT_OF_RANGE
    return None


def _check_times(event: Event, appended_at: datetime) -> None:
    if event.recorded_at > appended_at + TOLERANCE:
        raise DeadLetter(Reason.RECORDED_IN_THE_FUTURE, "$.recorded_at")
    for name in _MOMENTS[type(event)]:
        moment = getattr(event, name)
        if moment is not None and not STORABLE_YEARS[0] <= moment.year <= STORABLE_YEARS[1]:
            raise DeadLetter(Reason.OUTSIDE_CALENDAR, f"$.{name}")
    _check_occurred(event)


def _check_occurred(event: Event) -> None:
    day, moment = event.occurred_on, event.occurred_at
    given = day or moment
    if given is None:
        raise DeadLetter(Reason.MISSING_FIELD, "$.occurred_on")
    if day is not None and moment is not None:
        raise DeadLetter(Reason.TWO_DATES, "$.occurred_at")
    place = "$.occurred_on" if moment is None else "$.occurred_at"
    if not STORABLE_YEARS[0] <= given.year <= STORABLE_YEARS[1]:
        raise DeadLetter(Reason.OUTSIDE_CALENDAR, place)
    occurred = event.occurred
    # Working days are London's: 1995-01-01T00:00+01:00 is a moment of 1994.
    if not START <= occurred < END and event.type not in MAY_LIE_OUTSIDE_CALENDAR:
        raise DeadLetter(Reason.OUTSIDE_CALENDAR, place)
    # Allocations may be planned; anything else dated after it was recorded is a slip of the keyboard.
    if occurred > instant(event.recorded_at + TOLERANCE) and event.type != "case.allocated":
        raise DeadLetter(Reason.IN_THE_FUTURE, place)
