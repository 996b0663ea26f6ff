"""Stories of what a source tells where a code belongs: what is no code by its shape becomes no row of a breakdown."""

import json

import pytest

from events.decode import decode
from events.event import Event
from metrics.catalogue.assessments import ASSESSMENTS_AUTHORISED, ASSESSMENTS_CASE_CLOSED
from metrics.catalogue.front_door import ENQUIRIES_AWAITING_DECISION, ENQUIRIES_RECEIVED
from metrics.catalogue.looked_after import CHILDREN_LOOKED_AFTER
from metrics.catalogue.need import CHILDREN_IN_NEED_NOW, EPISODES_CLOSED
from metrics.catalogue.protection import PROTECTION_PLANS_OPEN
from metrics.catalogue.referrals import RE_REFERRALS, REFERRALS_RECEIVED
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.measure import Measure
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.windows import parse_at
from tests.story import AUTHORITY, NOW

NO_CODES = (
    "Mrs Hill, next door",
    "a b",
    " police",
    "police ",
    "po\tlice",
    "\x1b[2J",
    "a\nb",
    "=1+1!",
    "x@y.uk",
    "",
    "\0",
)
CODES = ("1A", "RC1", "E4A", "case_closed", "section-47", "N0", "2.1", "police/999", "école", "x" * 64)


def event(kind: str, record: str, **fields: object) -> Event:
    told = {"type": kind, "id": f"{kind} {record}", "authority": AUTHORITY, "child": "ada", "record": record}
    told |= {"source": "eclipse", "occurred_on": "2025-06-02", "recorded_at": "2025-06-02T12:00:00Z"}
    return decode(json.dumps(told | fields).encode(), NOW)


def rows(measure: Measure, by: str, *events: Event) -> dict[str, int | None]:
    """Return the rows of *measure* by *by* at the end of the day."""
    sums = InMemoryStore(RulesByAuthority()).tell(events).sums()[AUTHORITY]
    question = Question(measure=measure, at=parse_at("2025-06-02"), by=(by,))
    return {figure.by[by]: figure.numerator for figure in evaluate(sums, AUTHORITY, question)}


@pytest.mark.parametrize(
    ("measure", "by", "kind", "field"),
    [
        (ENQUIRIES_RECEIVED, "enquiry_source", "enquiry.received", "enquiry_source"),
        (ENQUIRIES_RECEIVED, "rag", "enquiry.received", "rag"),
        (ENQUIRIES_AWAITING_DECISION, "rag", "enquiry.received", "rag"),
        (REFERRALS_RECEIVED, "referral_source", "referral.received", "referral_source"),
        (CHILDREN_IN_NEED_NOW, "primary_need", "episode.opened", "primary_need"),
        (EPISODES_CLOSED, "closure_reason", "episode.closed", "closure_reason"),
        (PROTECTION_PLANS_OPEN, "category", "protection_plan.started", "category"),
        (CHILDREN_LOOKED_AFTER, "placement", "placement.started", "placement"),
    ],
)
def test_free_text_counts_as_unknown_and_a_code_as_itself(measure: Measure, by: str, kind: str, field: str) -> None:
    """A code that we do not know is kept as it is; a sentence may say who somebody is, and is shown to nobody."""
    care = event("care.started", "P1")
    for value in NO_CODES:
        assert rows(measure, by, care, event(kind, "R1", **{field: value})) == {"unknown": 1}, value
    for value in CODES:
        assert rows(measure, by, care, event(kind, "R1", **{field: value})) == {value: 1}, value


def test_in_a_list_each_value_is_judged_by_itself() -> None:
    """Codes keep their rows, several sentences are one `unknown`, and what the codes decide stays decided."""
    outcomes = ["case_closed", "see notes", "and the letter", "advice"]
    authorised = event("assessment.authorised", "A1", outcomes=outcomes)
    assert rows(ASSESSMENTS_AUTHORISED, "outcome", authorised) == {"advice": 1, "case_closed": 1, "unknown": 1}
    assert rows(ASSESSMENTS_CASE_CLOSED, "referral_source", authorised) == {"unknown": 1}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("EX1 1", "EX1 1"),
        ("EX39 4", "EX39 4"),
        ("W1A 0", "W1A 0"),
        ("ex1 1", "ex1 1"),
        ("EX1", "EX1"),
        ("EX11", "EX11"),
        ("EX1 1AA", "unknown"),
        ("EX11AA", "unknown"),
        ("EX39 4ZZ", "unknown"),
        ("12 High Street", "unknown"),
        ("EX1  1", "unknown"),
        ("EX1 1\n", "unknown"),
        ("EX1 ١", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_full_postcode_is_no_sector(told: str, shown: str) -> None:
    """It leads to a street; the sector and the district do not."""
    assert rows(ENQUIRIES_RECEIVED, "postcode_sector", event("enquiry.received", "E1", postcode_sector=told)) == {
        shown: 1
    }
    received = event("referral.received", "R1", postcode_sector=told, referral_source="1A")
    assert rows(REFERRALS_RECEIVED, "postcode_sector", received) == {shown: 1}
    assert rows(RE_REFERRALS, "referral_source", received) == {"1A": 0}
