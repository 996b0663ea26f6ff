"""The words in which a planted case is written: it has a child of its own, and working days from an anchor."""

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from events.care import CareEnded, CareStarted, LegalStatusChanged, PlacementStarted
from events.event import Event, Retraction
from events.front_door import EnquiryDecided, EnquiryReceived, ReferralReceived
from events.need import AssessmentAuthorised, AssessmentStarted, EpisodeClosed, EpisodeOpened
from events.person import PersonRecorded
from events.simulator.chance import name
from events.simulator.days import Day, Month, as_date, first_day, in_office, next_working, nth_after, on_or_after
from events.simulator.wexshire import SOURCE, World, postcode, team
from events.time import LONDON

PLANTED_SECTOR = 13  # all planted children live there: their team is the Coast's second
CASE_CLOSED = ("case_closed",)


class Script:
    """Tells one planted case. *tellings* are what it told."""

    def __init__(self, world: World, case: str, quarter: Month) -> None:
        self.world = world
        self.child = f"planted-{case}-{quarter // 12}q{quarter % 12 // 3 + 1}"
        self.quarter = quarter
        self.anchor = next_working(first_day(quarter) + (3 - first_day(quarter)) % 7 + 7)  # its second Wednesday
        self.random = Random(f"{world.name}/{self.child}")
        self.tellings: list[Event] = []

    def day(self, n: int) -> Day:
        """Return the *n*-th working day after the anchor."""
        return nth_after(self.anchor, n)

    def tell(
        self, kind: type[Event], record: str, when: Day | datetime, known: Day = 0, /, child: str = "", **fields: Any
    ) -> Event:
        """Tell a fact, recorded on the day *known*, or on its own."""
        recorded = self._recorded(when, known)
        when_fields = {"occurred_at": when} if isinstance(when, datetime) else {"occurred_on": as_date(when)}
        telling = kind(
            **{
                "id": name(self.world.name, kind.__struct_config__.tag, self.child, record, len(self.tellings)),
                "record": record,
                "recorded_at": recorded,
                "authority": self.world.authority,
                "source": SOURCE,
                "origin": "simulation",
                "child": child or self.child,
                "team": team("assessment", PLANTED_SECTOR),
                **when_fields,
                **fields,
            }
        )
        self.tellings.append(telling)
        return telling

    def _recorded(self, when: Day | datetime, known: Day) -> datetime:
        """Return when a fact is typed in: some time on the day *known* or its own, and never before it happened."""
        day = when.toordinal() if isinstance(when, datetime) else when
        recorded = in_office(on_or_after(known or day), self.random)
        if isinstance(when, datetime) and (known or recorded < when):
            return max(recorded, when + timedelta(minutes=3))
        return recorded

    def once_more(self, telling: Event, known: Day, **changed: Any) -> None:
        """Tell the same fact again on a later day, changed."""
        recorded = in_office(on_or_after(known), self.random)
        self.tellings.append(
            replace(telling, **{"id": f"{telling.id}-{len(self.tellings)}", "recorded_at": recorded, **changed})
        )

    def retract(self, telling: Event, known: Day) -> None:
        """Retract *telling*, with no more than the envelope."""
        self.tellings.append(
            Retraction(
                id=f"{telling.id}-{len(self.tellings)}",
                authority=telling.authority,
                record=telling.record,
                source=SOURCE,
                recorded_at=in_office(on_or_after(known), self.random),
                occurred_on=telling.day,
                retracted=True,
                origin="simulation",
                retracts=telling.type,
                child=telling.subject,
            )
        )

    # --- what many cases need ------------------------------------------------------------------------------------

    def born(self, years: int, **fields: Any) -> None:
        """Tell who the child is: about *years* old."""
        year, month = divmod(self.quarter - 12 * years - 7, 12)
        self.tell(PersonRecorded, self.child, self.day(0), birth_month=f"{year:04}-{month + 1:02}", **fields)

    def enquiry(self, record: str, at: datetime, decided: datetime, outcomes: tuple[str, ...], **fields: Any) -> None:
        """Tell an enquiry and its decision."""
        child = fields.pop("child", "")
        self.tell(
            EnquiryReceived,
            record,
            at,
            child=child,
            **{"enquiry_source": "6", "rag": "amber", "postcode_sector": postcode(PLANTED_SECTOR), **fields},
        )
        self.tell(EnquiryDecided, f"D-{record}", decided, child=child, outcomes=outcomes, enquiry=record)

    def referral(self, record: str, when: Day, known: Day = 0, **fields: Any) -> Event:
        return self.tell(
            ReferralReceived,
            record,
            when,
            known,
            **{"referral_source": "2A", "postcode_sector": postcode(PLANTED_SECTOR), **fields},
        )

    def assessment(
        self, record: str, started: Day, signed_off: Day, referral: str | None = None, **fields: Any
    ) -> Event:
        self.tell(AssessmentStarted, record, started, referral=referral, **fields)
        return self.tell(AssessmentAuthorised, record, signed_off, outcomes=CASE_CLOSED, **fields)

    def episode(self, record: str, opened: Day, closed: Day, reason: str = "RC8") -> Event:
        self.tell(EpisodeOpened, record, opened, primary_need="N1")
        return self.tell(EpisodeClosed, record, closed, closure_reason=reason)

    def care(self, record: str, entered: Day, left: Day, status: str = "V2", reason: str = "E4A") -> None:
        self.tell(CareStarted, record, entered, need="N1")
        self.tell(LegalStatusChanged, f"{record}-1", entered, status=status, care=record)
        self.tell(PlacementStarted, f"{record}-1", entered, placement="U6", provider="PR1", care=record)
        self.tell(CareEnded, record, left, reason=reason)


def local(day: Day, hour: int, minute: int) -> datetime:
    """Return the moment of a time of day in London."""
    return datetime.combine(as_date(day), time(hour, minute), LONDON).astimezone(UTC)


def birth_month(month: Month) -> str:
    """Return a month as it is written."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def clock_change(quarter: Month) -> Day | None:
    """Return the Sunday on which the clocks change in a quarter: the last of March, or of October."""
    change = {0: quarter + 3, 9: quarter + 1}.get(quarter % 12)
    return None if change is None else first_day(change) - 1 - (first_day(change) - 1) % 7


def of_child(event: Event, child: str) -> Event:
    """Return *event* about another child."""
    return replace(event, child=child)
