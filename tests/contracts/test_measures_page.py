"""The page of measures is the declarations, and says what they say today; and no measure is without a story."""

import pytest

from metrics.catalogue import MEASURES
from tests.stories.page import PAGE, ROOT, left_out, page, without_story


def test_the_page_is_fresh() -> None:
    """Printed again it is the same."""
    if PAGE.read_text() != page():
        stale = f"{PAGE.relative_to(ROOT)} is not what the catalogue says"
        pytest.fail(f"{stale}: run .venv/bin/python -m tests.stories.page", pytrace=False)


def test_every_measure_is_listed() -> None:
    """What is declared is counted: a constant that nobody lists would be no measure, and nobody would be told."""
    if lines := [*left_out()]:
        pytest.fail("\n".join(lines), pytrace=False)


def test_every_measure_has_a_story() -> None:
    """What it counts is told of a child, in words that stand on the page."""
    if lines := [*without_story()]:
        pytest.fail("\n".join(lines), pytrace=False)


def test_each_has_a_name_of_its_own_and_a_sentence() -> None:
    """A definition is a sentence; a title is none."""
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    for measure in MEASURES:
        assert measure.definition.endswith("."), measure.name
        assert not measure.title.endswith("."), measure.name
