"""What the stories stand on."""

import pytest

from tests.story import Story, usual


@pytest.fixture
def story() -> Story:
    """Tell a table, look on a day, and see the figures; see `Story`."""
    return usual()
