"""The fingerprint changes with what the counting code means, and with nothing else."""

import pytest

from metrics.counting.fingerprint import ROOT, counting_files, meaning
from tests.structure import House, module_of

SOURCE = '''
"""A module."""

from events.need import AssessmentStarted


def is_late(started: AssessmentStarted, days: int) -> bool:
    """Return whether it is late."""
    return days > 45
'''


@pytest.mark.parametrize(
    "same",
    [
        SOURCE.replace("    return", "    # The law says so.\n    return"),
        SOURCE.replace("Return whether it is late.", "Say whether the deadline has passed."),
        SOURCE.replace('"""A module."""', ""),
        SOURCE.replace(
            "(started: AssessmentStarted, days: int)", "(\n    started: AssessmentStarted,\n    days: int,\n)"
        ),
        SOURCE.replace("days > 45", "(days > 45)"),
    ],
)
def test_what_changes_no_meaning_recounts_nothing(same: str) -> None:
    """A comment, a docstring, a line broken otherwise: a country's recount takes an hour."""
    assert same != SOURCE
    assert meaning(same) == meaning(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"), [("45", "46"), ("days > 45", "days >= 45"), ("events.need", "events.care"), ("int", "float")]
)
def test_what_changes_a_meaning_recounts(old: str, new: str) -> None:
    """A number, a comparison, another fact read, another type."""
    assert meaning(SOURCE.replace(old, new)) != meaning(SOURCE)


def test_a_string_that_is_no_docstring_counts() -> None:
    """The name of a breakdown is meaning; the sentence above a function is none."""
    assert meaning('X = "red"') != meaning('X = "amber"')
    assert meaning('def f():\n    "Say."\n    return "a"') != meaning('def f():\n    "Say."\n    return "b"')


def test_whatever_counts_lies_inside() -> None:
    """Catalogue, fold and tally, and all that they import: a file left out would keep yesterday's figures standing."""
    house = House.read(ROOT)
    arrows, inside = house.file_arrows(), {module_of(file.relative_to(ROOT)) for file in counting_files()}
    waiting, met = ["metrics.catalogue", "metrics.counting.fold", "metrics.counting.tally", "events.decode"], set[str]()
    while waiting:
        module = waiting.pop()
        if module not in met:
            met.add(module)
            waiting += arrows[module]
    assert len(met) > 30
    assert met <= inside, f"outside the fingerprint: {sorted(met - inside)}"


def test_what_only_makes_or_shows_events_lies_outside() -> None:
    """A new rule of the simulator, a source or a board recounts nobody."""
    inside = {file.relative_to(ROOT).as_posix() for file in counting_files()}
    outside = ("events/sources/", "events/simulator/", "metrics/figures/", "metrics/store/", "metrics/exposition/")
    assert not [file for file in inside if file.startswith(outside)]
