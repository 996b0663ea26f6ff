"""The page of measures is the declarations, and says what they say today."""

from pathlib import Path

from metrics.catalogue import MEASURES
from tests.stories.page import page

PAGE = Path("docs/measures.md")


def test_the_page_is_fresh() -> None:
    """Printed again it is the same: `python -m tests.stories.page > docs/measures.md` where it is not."""
    assert PAGE.read_text() == page()


def test_none_comes_or_goes_unnoticed() -> None:
    """So many measures, each with a name of its own and a definition that is a sentence."""
    assert len({measure.name for measure in MEASURES}) == len(MEASURES) == 36
    for measure in MEASURES:
        assert measure.definition.endswith(".")
        assert not measure.title.endswith(".")
