"""The tests themselves are tested: ten mistakes that somebody may well make, each planted, and each must be caught.

A mistake is a line of the product replaced in a copy of the repository. The story named beside it passes there before,
and must fail with it. Where the code has moved on, so that the line is not there just once, that fails too: find the
line anew, or find out what has become of the mistake.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("events", "metrics", "streams", "deploy")


@dataclass(frozen=True)
class Mistake:
    """What is planted where, and the story that catches it."""

    name: str
    file: str
    old: str
    new: str
    story: str


MISTAKES = (
    Mistake(
        "< for <= at a deadline",
        "metrics/shapes/clock.py",
        "midnight(last + timedelta(days=1))",
        "midnight(last)",
        "test_assessments.py::test_day_45_is_in_time",
    ),
    Mistake(
        "calendar days for working days",
        "events/working_days.py",
        "return days.nth_after(days.on_or_after(start) if roll_start_forward else start, self.n)",
        "return start + timedelta(days=self.n)",
        "test_protection.py::test_a_conference_is_due_from_the_fifth_working_day_before_and_overdue_at_midnight",
    ),
    Mistake(
        "the assessment's clock from the referral instead of its own start",
        "metrics/catalogue/assessments.py",
        "    link=SameRecord(starts=AssessmentStarted, stops=AssessmentAuthorised, abandoned_by=AssessmentCancelled),",
        "    link=FromReferral(SameRecord(AssessmentStarted, AssessmentAuthorised, AssessmentCancelled)),",
        "test_assessments.py::test_45_working_days_may_also_be_counted_from_the_referral",
    ),
    Mistake(
        "V3 counted as looked after",
        "metrics/catalogue/looked_after.py",
        'SHORT_BREAKS = ("V3", "V4")',
        'SHORT_BREAKS = ("V4",)',
        "test_looked_after.py::test_short_breaks_are_no_care",
    ),
    Mistake(
        "temporary stays counted as placements",
        "metrics/lives/care.py",
        'TEMPORARY = ("T0", "T1", "T2", "T3", "T4")',
        "TEMPORARY: tuple[str, ...] = ()",
        "test_placements.py::test_a_temporary_stay_and_the_return_from_it_are_no_new_placement",
    ),
    Mistake(
        "a second referral of the same day is a re-referral",
        "metrics/catalogue/referrals.py",
        "bisect_left(referrals, referral.day, key=_day)",
        "referrals.index(referral)",
        "test_referrals.py::test_a_second_referral_of_the_same_day_is_no_re_referral",
    ),
    Mistake(
        "a merge that forgets that it was retracted",
        "events/case.py",
        "links = [(fact.child, fact.into) for fact in standing if isinstance(fact, ChildMerged)]",
        "links = [(fact.child, fact.into) for fact in case if isinstance(fact, ChildMerged)]",
        "test_people.py::test_a_merge_makes_a_re_referral_and_its_retraction_unmakes_it",
    ),
    Mistake(
        "what was late belongs to the team that stopped it",
        "metrics/shapes/clock.py",
        "return (_place_when_late(timed, life), ",
        "return (told(timed.lap.stop.team) if timed.lap.stop else _place_when_late(timed, life), ",
        "test_place.py::test_what_was_late_is_where_it_stood_at_the_end_of_the_day_it_became_late",
    ),
    Mistake(
        "a window one day too long",
        "metrics/windows.py",
        "return add_months(day, -12) + timedelta(days=1)",
        "return add_months(day, -12)",
        "test_referrals.py::test_a_year_leaves_out_the_same_day_of_the_year_before",
    ),
    Mistake(
        "a start on a day off rolled forward",
        "metrics/rules/rules.py",
        "roll_start_forward: bool = False",
        "roll_start_forward: bool = True",
        "test_assessments.py::test_a_start_on_a_day_off_behaves_as_the_working_day_before",
    ),
)


def copied(to: Path) -> Path:
    """Copy the product and its tests."""
    for folder in (*PRODUCT, "tests"):
        shutil.copytree(
            ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", "kafka", "data", "journeys")
        )
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def run(copy: Path, *stories: str) -> subprocess.CompletedProcess[str]:
    """Run *stories* of the copy, on the copy."""
    ids = [f"tests/stories/{story}" for story in stories]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *ids],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_each_mistake_can_still_be_planted() -> None:
    """The line is there just once, and so is the story: checked with every change, and not only at night."""
    gone = [mistake.name for mistake in MISTAKES if (ROOT / mistake.file).read_text().count(mistake.old) != 1]
    assert gone == [], "the code has moved on: find these lines anew"
    for mistake in MISTAKES:
        file, _, story = mistake.story.partition("::")
        assert f"def {story}(" in (ROOT / "tests" / "stories" / file).read_text(), mistake.name


@pytest.mark.nightly
def test_unspoilt_the_stories_pass_and_the_copy_is_what_they_run(tmp_path: Path) -> None:
    """Else a story that fails there would say nothing of the mistake."""
    copy = copied(tmp_path)
    stories = dict.fromkeys(mistake.story for mistake in MISTAKES)
    passed = run(copy, *stories)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    (copy / "metrics" / "figures" / "evaluate.py").write_text('raise RuntimeError("the copy is run")')
    assert "the copy is run" in run(copy, *stories).stderr, "something else is run"


@pytest.mark.nightly
@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_each_mistake_is_caught(mistake: Mistake, tmp_path: Path) -> None:
    """Planted where somebody may well make it, it makes the story fail, and not merely break."""
    copy = copied(tmp_path)
    file = copy / mistake.file
    text = file.read_text()
    assert text.count(mistake.old) == 1, f"{mistake.file} has moved on: {mistake.old!r} is not there just once"
    file.write_text(text.replace(mistake.old, mistake.new))
    spoilt = run(copy, mistake.story)
    assert spoilt.returncode == 1, f"nobody noticed: {mistake.name}\n{spoilt.stdout}{spoilt.stderr}"
    assert ", and not " in spoilt.stdout, f"it failed of something else\n{spoilt.stdout}{spoilt.stderr}"
