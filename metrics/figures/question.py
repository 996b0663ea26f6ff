"""What is asked of one measure."""

from collections.abc import Iterable, Mapping

import msgspec

from metrics.measure import Measure
from metrics.windows import At
from metrics.wrong_question import WrongQuestion

Key = tuple[str, ...]  # names of breakdowns, or one value of each

PLACES = ("team", "locality")


def kept_to(texts: Iterable[str]) -> dict[str, str]:
    """Return the values that `only` keeps to, by breakdown: of `band=3+`. Raises WrongQuestion."""
    wanted: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise WrongQuestion(f"only={text!r}: write it as NAME=VALUE, as in band=3+")
        if wanted.setdefault(name, value) != value:
            raise WrongQuestion(f"only={name} is given two values: ask for one, or divide by={name}")
    return wanted


class UnknownBreakdown(WrongQuestion):
    """The question names a breakdown that the measure does not have."""

    def __init__(self, measure: Measure, name: str) -> None:
        have = ", ".join((*measure.by, *PLACES))
        super().__init__(f"{measure.name} has no breakdown {name!r}: it has {have}")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one measure. *by* names breakdowns to divide by, *wanted* the values to keep to."""

    measure: Measure
    at: At
    window: str | None = None
    known_at: str | None = None
    team: str | None = None
    locality: str | None = None
    by: Key = ()
    wanted: Mapping[str, str] = {}

    @property
    def over(self) -> str:
        """The window of the answer; a stock has the one window `now`."""
        return "now" if self.measure.numerator.stock else self.window or self.measure.window

    @property
    def keeping(self) -> dict[str, str]:
        """Every value that the answer keeps to, those of the place included."""
        return {**self.wanted, **dict(self.places)}

    @property
    def places(self) -> list[tuple[str, str]]:
        """The team and the locality that the answer keeps to."""
        asked = (("team", self.team), ("locality", self.locality))
        return [(name, place) for name, place in asked if place is not None]

    def check(self) -> None:
        """Raise WrongQuestion where the measure has no such breakdown, or is divided by one twice.

        A band is only ever kept to.
        """
        breakdowns = (*self.measure.by, *PLACES)
        kept_to = (*breakdowns, "band") if self.measure.bands else breakdowns
        for names, known in ((self.by, breakdowns), (self.wanted, kept_to)):
            for name in names:
                if name not in known:
                    raise UnknownBreakdown(self.measure, name)
        for name in self.by:
            if self.by.count(name) > 1:
                raise WrongQuestion(f"by {name} is given {self.by.count(name)} times: give each breakdown once")
