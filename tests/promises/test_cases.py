"""The records behind a number: they add up to it, alone they give it, and none of them could be left out."""

import pytest

from events.case import Case, tell
from metrics.catalogue import MEASURES
from metrics.catalogue.assessments import ASSESSMENTS_OVERDUE
from metrics.catalogue.looked_after import PLACEMENTS_IN_YEAR
from metrics.catalogue.referrals import RE_REFERRALS
from metrics.figures.behind import Behind, behind
from metrics.figures.evaluate import evaluate
from metrics.figures.question import Question
from metrics.measure import Measure
from metrics.rules.rules import RulesByAuthority
from metrics.store.in_memory import InMemoryStore
from metrics.windows import parse_at
from tests.histories import history, moments
from tests.promises.test_equals_plain import AUTHORITY, events
from tests.story import told

RULES = RulesByAuthority()


def asked(table: str, measure: Measure, on: str, **options: dict[str, str]) -> list[Behind]:
    question = Question(measure=measure, at=parse_at(on), **options)  # type: ignore[arg-type]
    store = InMemoryStore(RULES).tell(told(table))
    return list(behind((case for _, case in store.households()), AUTHORITY, question, RULES.of(AUTHORITY)))


def test_a_late_assessment_shows_its_start_and_since_when_it_is_late() -> None:
    """Late since the day after the 45th working day; the child's other assessment has no part in it."""
    (one,) = asked(
        """
        day        | event                 | record | fields
        -----------+-----------------------+--------+-----------
        2025-03-03 | assessment started    | A1     | team=North
        2025-03-03 | assessment started    | A2     | team=North
        2025-05-08 | assessment authorised | A2     | outcomes=care
        2025-03-04 | referral received     | R1     |
        """,
        ASSESSMENTS_OVERDUE,
        "2025-06-01",
    )
    assert (one.children, one.moments, one.until) == (["ada"], ["2025-05-09T00:00:00+01:00"], None)
    assert [(record.record, [fact.type for fact in record.facts]) for record in one.records] == [
        ("A1", ["assessment.started"])
    ]


def test_a_child_on_a_third_placement_shows_all_three_and_the_period_of_care() -> None:
    """Each of the placements is needed for the number; a hospital stay that the child came back from is not."""
    (one,) = asked(
        """
        day        | event             | record | fields
        -----------+-------------------+--------+------------------------------
        2025-01-06 | care started      | C1     | team=North
        2025-01-06 | placement started | P1     | placement=U1 provider=PR1
        2025-02-03 | placement started | P2     | placement=T1
        2025-02-10 | placement started | P3     | placement=U1 provider=PR1
        2025-04-01 | placement started | P4     | placement=K2
        2025-05-01 | placement started | P5     | placement=U4
        """,
        PLACEMENTS_IN_YEAR,
        "2025-06-01",
        wanted={"band": "3+"},
    )
    assert [record.record for record in one.records] == ["C1", "P3", "P4", "P5"]
    assert [figure.by for figure in one.figures] == [{"band": "3+"}]
    assert one.moments == ["2025-05-01T00:00:00+01:00"]


def test_a_re_referral_shows_the_referral_that_makes_it_one() -> None:
    """Of two earlier ones the later is enough, and is shown; who was referred once counts, and not in the numerator."""
    behind_it = asked(
        """
        day        | event             | record | child
        -----------+-------------------+--------+------
        2025-01-06 | referral received | R1     | ada
        2025-02-06 | referral received | R2     | ada
        2025-06-06 | referral received | R3     | ada
        2025-06-07 | referral received | R4     | ben
        """,
        RE_REFERRALS,
        "2025-06-30",
    )
    assert {one.children[0]: [record.record for record in one.records] for one in behind_it} == {
        "ada": ["R2", "R3"],
        "ben": ["R4"],
    }
    assert {one.children[0]: one.figures[0].numerator for one in behind_it} == {"ada": 1, "ben": 0}


@pytest.mark.parametrize("chunk", range(4))
def test_what_each_child_adds_is_the_whole_and_needs_each_of_its_records(chunk: int) -> None:
    """For any history: the children add up to the figure, and their records alone give the same figure again."""
    shown = 0
    for seed in range(chunk * 8, chunk * 8 + 8):
        log = history(seed)
        store = InMemoryStore(RULES).tell(events(log))
        for turn, at in enumerate(moments(seed, log)[:6]):
            for measure in MEASURES[turn % 3 :: 3]:
                question = Question(measure=measure, at=parse_at(at))
                cases = [case for _, case in store.households()]
                behind_it = list(behind(cases, AUTHORITY, question, RULES.of(AUTHORITY)))
                shown += len(behind_it)
                _check(store, question, behind_it)
                _check(_only(store, behind_it), question, behind_it)
    assert shown > 100


def _check(store: InMemoryStore, question: Question, behind_it: list[Behind]) -> None:
    sums = store.sums().get(AUTHORITY)
    wanted = evaluate(sums, AUTHORITY, question)[0] if sums else None
    if question.measure.numerator.reducer is None:
        mine = [figure for one in behind_it for figure in one.figures if figure.by == (wanted.by if wanted else {})]
        assert sum(figure.numerator or 0 for figure in mine) == ((wanted.numerator or 0) if wanted else 0), question


def _only(store: InMemoryStore, behind_it: list[Behind]) -> InMemoryStore:
    """Return a book that was told nothing but the records that are shown, and who is who."""
    kept = {(child, record.record) for one in behind_it for record in one.records for child in one.children}
    case = tell(Case(), (telling for _, case in store.households() for telling in case))
    return InMemoryStore(RULES).tell(
        telling for telling in case if telling.type == "child.merged" or (telling.subject, telling.record) in kept
    )


def test_nothing_is_shown_of_what_is_not_so_yet() -> None:
    """Asked of a moment before anything happened, nobody is behind the number."""
    table = """
        day        | event              | record
        -----------+--------------------+-------
        2025-03-03 | assessment started | A1
    """
    assert asked(table, ASSESSMENTS_OVERDUE, "2025-05-08") == []
    assert len(asked(table, ASSESSMENTS_OVERDUE, "2025-05-09")) == 1
