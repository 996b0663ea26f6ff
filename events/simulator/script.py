"""What a planted case is written with: a child of its own, days counted in working days from the quarter's anchor."""

from datetime import datetime, timedelta
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

SECTOR = 13  # that all planted children live in: their team is the Coast's second
CLOSED = ("case_closed",)


class Script:
    """Tells one planted case, in *told*."""

    def __init__(self, world: World, case: str, quarter: Month) -> None:
        self.world = world
        self.child = f"planted-{case}-{quarter // 12}q{quarter % 12 // 3 + 1}"
        self.quarter = quarter
        self.anchor = next_working(first_day(quarter) + (3 - first_day(quarter)) % 7 + 7)  # its second Wednesday
        self.random = Random(f"{world.name}/{self.child}")
        self.told: list[Event] = []

    def day(self, n: int) -> Day:
        """Return the *n*-th working day after the anchor."""
        return nth_after(self.anchor, n)

    def tell(
        self, kind: type[Event], record: str, when: Day | datetime, known: Day = 0, /, child: str = "", **fields: Any
    ) -> Event:
        """Tell a fact, recorded on the day *known*, or on its own."""
        day = when.toordinal() if isinstance(when, datetime) else when
        recorded = in_office(on_or_after(known or day), self.random)
        if isinstance(when, datetime):
            fields["occurred_at"] = when
            recorded = max(recorded, when + timedelta(minutes=3)) if known or recorded < when else recorded
        else:
            fields["occurred_on"] = as_date(day)
        telling = kind(
            **{
                "id": name(self.world.name, kind.__struct_config__.tag, self.child, record, len(self.told)),
                "record": record,
                "recorded_at": recorded,
                "authority": self.world.authority,
                "source": SOURCE,
                "origin": "simulation",
                "child": child or self.child,
                "team": team("assessment", SECTOR),
                **fields,
            }
        )
        self.told.append(telling)
        return telling

    def once_more(self, telling: Event, known: Day, **changed: Any) -> None:
        """Tell the same fact again on a later day, changed."""
        recorded = in_office(on_or_after(known), self.random)
        self.told.append(
            replace(telling, **{"id": f"{telling.id}-{len(self.told)}", "recorded_at": recorded, **changed})
        )

    def retract(self, telling: Event, known: Day) -> None:
        """Tell that the fact never was, with no more than the envelope."""
        self.told.append(
            Retraction(
                id=f"{telling.id}-{len(self.told)}",
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
        """Tell who the child is: *years* old, or so."""
        year, month = divmod(self.quarter - 12 * years - 7, 12)
        self.tell(PersonRecorded, self.child, self.day(0), birth_month=f"{year:04}-{month + 1:02}", **fields)

    def enquiry(self, record: str, at: datetime, decided: datetime, outcomes: tuple[str, ...], **fields: Any) -> None:
        child = fields.pop("child", "")
        self.tell(
            EnquiryReceived,
            record,
            at,
            child=child,
            **{"enquiry_source": "6", "rag": "amber", "postcode_sector": postcode(SECTOR), **fields},
        )
        self.tell(EnquiryDecided, f"D-{record}", decided, child=child, outcomes=outcomes, enquiry=record)

    def referral(self, record: str, when: Day, known: Day = 0, **fields: Any) -> Event:
        return self.tell(
            ReferralReceived,
            record,
            when,
            known,
            **{"referral_source": "2A", "postcode_sector": postcode(SECTOR), **fields},
        )

    def assessment(
        self, record: str, started: Day, signed_off: Day, referral: str | None = None, **fields: Any
    ) -> Event:
        self.tell(AssessmentStarted, record, started, referral=referral, **fields)
        return self.tell(AssessmentAuthorised, record, signed_off, outcomes=CLOSED, **fields)

    def episode(self, record: str, opened: Day, closed: Day, reason: str = "RC8") -> Event:
        self.tell(EpisodeOpened, record, opened, primary_need="N1")
        return self.tell(EpisodeClosed, record, closed, closure_reason=reason)

    def care(self, record: str, entered: Day, left: Day, status: str = "V2", reason: str = "E4A") -> None:
        self.tell(CareStarted, record, entered, need="N1")
        self.tell(LegalStatusChanged, f"{record}-1", entered, status=status, care=record)
        self.tell(PlacementStarted, f"{record}-1", entered, placement="U6", provider="PR1", care=record)
        self.tell(CareEnded, record, left, reason=reason)
