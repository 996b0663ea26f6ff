"""A day at Wexshire's front door, and all that follows from it."""

from collections.abc import Iterator
from datetime import date
from random import Random

from events.event import Event
from events.front_door import EnquiryDecided, EnquiryGraded, EnquiryReceived, ReferralReceived
from events.need import AssessmentAuthorised, AssessmentCancelled, AssessmentStarted
from events.office import OfficeHours, office_hours
from events.simulator import wexshire
from events.simulator.clerk import MINUTE, SECOND, Clerk, name, utc
from events.simulator.wexshire import FRONT_DOOR, choose, sector
from events.time import HOUR, day_of

KNOWN_BEFORE = 0.2  # of the children enquired about: the re-referrals
KNOWN_SINCE = (60, 250)  # working days, so that what followed from that enquiry is mostly over
SLOWEST = 25  # working days to a decision


def begun_at_the_front_door(seed: int, day: date) -> Iterator[Event]:
    """Yield all that is ever told of the enquiries and assessments that began on *day*, if it is a working day."""
    hours = office_hours()
    index = hours.on_or_after(day)
    if hours.days[index] != day:
        return
    clerk = Clerk(seed, Random(f"{seed}/front door/{day}"))
    for number, at in enumerate(_arrivals(clerk.random, hours, index, wexshire.ENQUIRIES_AN_HOUR)):
        yield from _enquiry(clerk, index, f"{day:%Y%m%d}-{number:02}", _child(clerk, index, number), at)
    for number, at in enumerate(_arrivals(clerk.random, hours, index, wexshire.REASSESSMENTS_AN_HOUR)):
        record = f"{day:%Y%m%d}-R{number:02}"
        team = sector(clerk.random)[1]
        yield from _assessment(clerk, index, record, name(seed, "child", record), team, at, referral=None)


def _arrivals(random: Random, hours: OfficeHours, index: int, an_hour: float) -> Iterator[int]:
    at: float = hours.before[index]
    while (at := at + random.expovariate(an_hour) * HOUR) < hours.before[index + 1] - SECOND:
        yield int(at) // SECOND * SECOND


def _child(clerk: Clerk, index: int, number: int) -> str:
    """Return the pseudonym of the child that an enquiry is about: one never heard of, or one of some time ago."""
    if clerk.random.random() < KNOWN_BEFORE:
        index, number = index - clerk.random.randint(*KNOWN_SINCE), clerk.random.randrange(20)
    return name(clerk.seed, "child", index, number)


def _enquiry(clerk: Clerk, index: int, number: str, child: str, at: int) -> Iterator[Event]:
    random, record = clerk.random, f"E{number}"
    rag = choose(random, wexshire.GRADES)
    place, team = sector(random)
    told_by = choose(random, wexshire.ENQUIRY_SOURCES)
    yield from clerk.tell(
        EnquiryReceived, record, at, child=child, occurred_at=utc(at), team=FRONT_DOOR,
        enquiry_source=told_by, postcode_sector=place,
    )  # fmt: skip
    graded = at + clerk.between(2 * MINUTE, 20 * MINUTE)
    yield from clerk.tell(
        EnquiryGraded, f"G{number}", graded, child=child, occurred_at=utc(graded), team=FRONT_DOOR,
        rag=rag, enquiry=record,
    )  # fmt: skip
    decided = _decided(random, index, graded, rag)
    assessed = random.random() < wexshire.TO_ASSESSMENT[rag]
    outcomes = ("assessment",) if assessed else choose(random, wexshire.OTHER_DECISIONS)
    yield from clerk.tell(
        EnquiryDecided, f"D{number}", decided, child=child, occurred_at=utc(decided), team=FRONT_DOOR,
        outcomes=outcomes, enquiry=record,
    )  # fmt: skip
    if assessed:
        yield from clerk.tell(
            ReferralReceived, f"R{number}", decided, child=child, occurred_on=utc(decided).date(), team=team,
            referral_source=told_by, postcode_sector=place, enquiry=record,
        )  # fmt: skip
        after = random.choices((0, 1, 2), (0.5, 0.35, 0.15))[0]
        yield from _assessment(clerk, _day_of(decided) + after, number, child, team, decided, f"R{number}")


def _decided(random: Random, index: int, graded: int, rag: str) -> int:
    """Return when the front door decides: the redder the sooner, nearly always by the end of the next working day."""
    before = office_hours().before
    deadline = before[index + 2] - SECOND
    if random.random() < wexshire.DECIDED_IN_TIME:
        slowness = {"red": 0.12, "amber": 0.24, "green": 0.38}[rag]
        share = random.betavariate(4 * slowness, 4 * (1 - slowness))
        return graded + int((deadline - graded) * share) // SECOND * SECOND
    latest = index + (5 if random.random() < wexshire.DECIDED_SOON else SLOWEST)
    return random.randrange(deadline + SECOND, before[latest], SECOND)


def _assessment(
    clerk: Clerk, index: int, number: str, child: str, team: str, earliest: int, referral: str | None
) -> Iterator[Event]:
    random, record = clerk.random, f"A{number}"
    started = max(earliest, _on(clerk, index))
    yield from clerk.tell(
        AssessmentStarted, record, started, child=child, occurred_on=utc(started).date(), team=team, referral=referral
    )
    lasted = random.randint(*choose(random, wexshire.DURATIONS))
    if random.random() < wexshire.CANCELLED:
        ended = max(started, _on(clerk, index + lasted // 2))
        yield from clerk.tell(AssessmentCancelled, record, ended, child=child, occurred_on=utc(ended).date(), team=team)
    else:
        ended = max(started, _on(clerk, index + lasted))
        yield from clerk.tell(
            AssessmentAuthorised, record, ended, child=child, occurred_on=utc(ended).date(), team=team,
            outcomes=choose(random, wexshire.ASSESSED),
        )  # fmt: skip


def _on(clerk: Clerk, index: int) -> int:
    """Return some office time on that working day."""
    before = office_hours().before
    return before[index] + clerk.between(HOUR // 2, before[index + 1] - before[index] - SECOND)


def _day_of(elapsed: int) -> int:
    hours = office_hours()
    return hours.on_or_after(day_of(hours.moment(elapsed)))
