"""Referrals to social care, and those that come back."""

from bisect import bisect_left
from datetime import date

from events.front_door import ReferralReceived
from events.time import add_months
from metrics.catalogue.sources import REFERRALS
from metrics.lives.life import Life
from metrics.measure import Measure
from metrics.shapes import Breakdown, Count, code, sector


def came_back(referral: ReferralReceived, life: Life) -> bool:
    """Return whether another referral of the child is dated before this one and not before its day 12 months ago.

    The same day a year earlier counts; another referral of the same day does not.
    """
    referrals = life.facts(ReferralReceived)  # by when they happened, so by day as well
    earlier = bisect_left(referrals, referral.day, key=_day)
    return earlier > 0 and referrals[earlier - 1].day >= add_months(referral.day, -12)


def _day(referral: ReferralReceived) -> date:
    return referral.day


SOURCE = Breakdown("referral_source", lambda referral, _: code(referral.referral_source))

RECEIVED = Count(
    name="referrals_received",
    of=ReferralReceived,
    by=(SOURCE, Breakdown("postcode_sector", lambda referral, _: sector(referral.postcode_sector))),
)
RETURNED = Count(name="re_referrals", of=ReferralReceived, by=(SOURCE,), where=came_back)
NO_FURTHER_ACTION = Count(
    name="referrals_no_further_action",
    of=ReferralReceived,
    where=lambda referral, _: referral.no_further_action is True,
)

REFERRALS_RECEIVED = Measure(
    name="referrals_received",
    title="Referrals received",
    definition="Requests for services that the authority accepted in the window, for children whose case was not open.",
    kind="count",
    unit="referrals",
    numerator=RECEIVED.counted,
    window="month",
    by=("referral_source", "postcode_sector"),
    source=REFERRALS,
)

REFERRAL_RATE = Measure(
    name="referral_rate",
    title="Referrals per 10,000 children",
    definition="Referrals received in the window per 10,000 children aged 0 to 17; nothing is made up to a year.",
    kind="rate",
    unit="per_10000_children",
    numerator=RECEIVED.counted,
    window="quarter",
    source=REFERRALS,
)

RE_REFERRALS = Measure(
    name="re_referrals",
    title="Re-referrals within 12 months",
    definition=(
        "Of the referrals received in the window, those of a child who had another referral before, on or after the "
        "same day 12 months earlier."
    ),
    kind="quotient",
    unit="ratio",
    numerator=RETURNED.counted,
    denominator=RECEIVED.counted,
    window="month",
    by=("referral_source",),
    polarity="low_is_good",
    looks_back=12,
    source=REFERRALS,
)

REFERRALS_NO_FURTHER_ACTION = Measure(
    name="referrals_no_further_action",
    title="Referrals with no further action",
    definition="Of the referrals received in the window, those that led to no further action.",
    kind="quotient",
    unit="ratio",
    numerator=NO_FURTHER_ACTION.counted,
    denominator=RECEIVED.counted,
    window="month",
    source=REFERRALS,
)

MEASURES = (REFERRALS_RECEIVED, REFERRAL_RATE, RE_REFERRALS, REFERRALS_NO_FURTHER_ACTION)
