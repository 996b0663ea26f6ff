"""Tallies that another version counted: shown as far as they mean what they mean to us, and never further."""

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from events.time import midnight
from metrics.catalogue import BY_NAME, MEASURES, PARTS
from metrics.counting.definitions import definitions
from metrics.counting.fingerprint import code
from metrics.counting.fold import Change
from metrics.exposition.prometheus.collector import FigureCollector
from metrics.figures.answers import Answers
from metrics.figures.figure import Figure
from metrics.figures.question import Question
from metrics.store.commits import Commit
from metrics.store.reader import NotReady, Reader
from metrics.store.redis import Store
from metrics.store.worker_sign import WorkerSign
from metrics.windows import parse_at
from tests import conftest
from tests.another_version import Edit, another_version, definitions_of
from tests.boards import DECEMBER, Clock, Told, front_door
from tests.contracts.test_reader import reading
from tests.promises.test_time_passes_on_read import LOG
from tests.story import AUTHORITY

OTHER = "0123456789ab"
POSITION = "{case-events:0}:position"
DEFINITIONS = f"{{case-events:0}}:definitions:{OTHER}"
DEADLINE = "deadline=WorkingDays({}),\n    stopped_by"
DUE = frozenset(part.name for part in BY_NAME["assessments_due"].parts)


def test_every_part_is_declared_and_means_something_of_its_own() -> None:
    """Else a part of another version could be taken for it."""
    assert set(definitions()) == {part.name for part in PARTS}
    assert len(set(definitions().values())) == len(PARTS)


def test_only_what_is_declared_otherwise_means_something_else(tmp_path: Path) -> None:
    """A deadline, a rule, a breakdown that others use. Words do not, nor does how a life is found out about."""
    other = another_version(
        tmp_path,
        Edit("metrics/catalogue/assessments.py", *(DEADLINE.format(days) for days in (45, 40))),
        Edit("metrics/catalogue/referrals.py", "add_months(referral.day, -12)", "add_months(referral.day, -11)"),
        Edit("metrics/catalogue/need.py", '"age_band", over=', '"age", over='),
        Edit("metrics/catalogue/protection.py", 'name="section_47_started", of=', 'name="section_47_begun", of='),
        Edit("metrics/catalogue/front_door.py", 'title="Enquiries received"', 'title="Contacts, as some say"'),
        Edit("metrics/lives/timeline.py", "at < self.end)", "at <= self.end)"),
    )
    theirs = definitions_of(other)
    changed = {name for name in definitions() if theirs.get(name) != definitions()[name]}
    of_clock = {name for name in definitions() if name.startswith("assessment_clock.")}
    assert changed == {
        *of_clock,
        "re_referrals",
        "section_47_started",
        "children_in_need",
        "protection_plans_open",
        "children_looked_after",
    }
    assert theirs.keys() - definitions().keys() == {"section_47_begun"}


async def counted_by_another(client: Any, declared: dict[str, str]) -> None:
    """Let what is kept be another version's count, which declares its parts so."""
    generation = (await client.hget(POSITION, "generation")).decode()
    for key in [key.decode() async for key in client.scan_iter("*:tally:*")]:
        await client.rename(key, key.replace(generation, f"{OTHER}.count"))
    await client.hset(POSITION, "generation", f"{OTHER}.count")
    if declared:
        await client.hset(DEFINITIONS, mapping=declared)


def figures_of(reader: Reader) -> dict[str, list[Figure]]:
    answers = Answers(reader.snapshot(), lambda _: datetime(2025, 5, 9, tzinfo=UTC))
    moment = parse_at("2025-05-09")
    return {m.name: answers.figures(AUTHORITY, Question(measure=m, at=moment)) for m in MEASURES}


CHANGED = {**definitions(), "assessment_clock.stopped": "otherwise"}
OF_CHANGED = {m.name for m in MEASURES if any(part.name == "assessment_clock.stopped" for part in m.parts)}


def test_measures_that_mean_the_same_are_shown_and_others_have_no_number(valkey: conftest.Store) -> None:
    """A reader that has just begun shows them too; the answer names the version that counted it."""

    async def look(store: Store, reader: Reader, client: Any) -> None:
        before = figures_of(reader)
        await counted_by_another(client, CHANGED)
        new = Reader(store)
        for each in (reader, new):
            await each.turn()
            assert each.snapshot().catalogue == OTHER
            for name, figures in figures_of(each).items():
                if name in OF_CHANGED:
                    assert {(f.numerator, f.denominator, f.value, f.status) for f in figures} == {
                        (None, None, None, "being_counted")
                    }
                    assert len(figures) == len(before[name])
                else:
                    assert figures == before[name]
        careful = Reader(store, all_parts=True)
        await careful.turn()
        with pytest.raises(NotReady):
            careful.snapshot()

    assert OF_CHANGED
    reading(valkey, look)


def test_what_another_version_commits_is_followed_as_far(valkey: conftest.Store) -> None:
    """Neither a part that is declared otherwise nor one that we do not know finds its way into ours."""

    async def look(store: Store, reader: Reader, client: Any) -> None:
        await counted_by_another(client, CHANGED)
        await reader.turn()
        before = {name: figures[0].numerator or 0 for name, figures in figures_of(reader).items()}
        position = await store.position(0)
        assert position is not None
        parts = ("assessments_started", "assessment_clock.stopped", "unheard_of")
        tally: dict[str, Any] = {part: {("North", (), midnight(date(2025, 5, 8))): 1} for part in parts}
        commit = Commit(
            token=position.token,
            expected=position.offset,
            position=position.offset + 1,
            generation=position.generation,
            change=Change(tallies={AUTHORITY: tally}),
        )
        await store.commit(0, commit)
        await reader.turn()
        after = {name: figures[0].numerator or 0 for name, figures in figures_of(reader).items()}
        assert {name for name in after if after[name] != before[name]} == {"assessments_started"}
        assert {part for part, _, _ in reader._partitions[0].sums[AUTHORITY].cells()} <= set(definitions())

    reading(valkey, look)


def test_a_count_of_which_nothing_is_known_is_said_to_be_another_versions(valkey: conftest.Store) -> None:
    """Neither a zero nor "rebuilding"; and once its version says what it declares, it is shown."""

    async def look(_: Store, reader: Reader, client: Any) -> None:
        await counted_by_another(client, {})
        await reader.turn()
        with pytest.raises(NotReady, match="another version") as withheld:
            reader.snapshot()
        assert withheld.value.why == "other_version"
        sign = WorkerSign(given_at=time.time(), waiting=0, behind_seconds=0.0, recounting=True)
        await client.hset("{case-events:0}:worker", mapping=sign.fields())
        await reader.turn()
        with pytest.raises(NotReady) as withheld:
            reader.snapshot()
        assert withheld.value.why == "rebuilding", "a worker counts it afresh"
        await client.hset(DEFINITIONS, mapping=definitions())
        await reader.turn()
        assert figures_of(reader)

    reading(valkey, look)


def test_a_store_of_a_later_format_is_said_to_be_another_versions(valkey: conftest.Store) -> None:
    """Nothing of it is guessed at; one of an earlier format is read as it is."""

    async def look(_: Store, reader: Reader, client: Any) -> None:
        await client.hset(POSITION, "format", "2")
        await client.hdel(POSITION, "token")
        await reader.turn()
        assert figures_of(reader)
        await client.hset(POSITION, "format", "99")
        await reader.turn()
        with pytest.raises(NotReady) as withheld:
            reader.snapshot()
        assert withheld.value.why == "other_version"

    reading(valkey, look)


def test_a_claim_says_what_this_version_declares(valkey: conftest.Store) -> None:
    """So that another version can show what this one counts."""

    async def look(store: Store, _: Reader, client: Any) -> None:
        await client.delete(f"{{case-events:0}}:definitions:{code()}")
        await store.claim(0, LOG, 11)
        kept = await client.hgetall(f"{{case-events:0}}:definitions:{code()}")
        assert {name.decode(): digest.decode() for name, digest in kept.items()} == definitions()

    reading(valkey, look)


def test_a_board_shows_all_but_what_is_being_counted() -> None:
    """It stays live: a tile of a measure that is being counted has no number, and no sum of the others."""
    told = Told(front_door(DECEMBER.date()))
    whole = told.message(DECEMBER)
    told.still_to_count = DUE
    message = told.message(DECEMBER)
    assert message["state"] == whole["state"]
    assert message["figures"]["assessments_due"] is None
    assert message["deadlines"] is message["lead"] is None, "it may be the most urgent"
    others = {name for name in whole["figures"] if name != "assessments_due"}
    assert {name: message["figures"][name] for name in others} == {name: whole["figures"][name] for name in others}
    assert message["loaded"] == whole["loaded"]


def test_no_series_is_made_of_what_is_being_counted() -> None:
    """What is not known is absent from /metrics: it is no 0."""
    told = Told(front_door(DECEMBER.date()))
    told.answered_at = time.monotonic()
    collector = FigureCollector(told, Clock().clocks(told.rules), "1")

    def shown() -> set[str]:
        return {family.name for family in collector.collect() if family.samples}

    whole = shown()
    told.still_to_count = DUE
    assert whole - shown() == {"casepulse_assessments_due"}
