"""What `casepulse figures` was asked for: of a server or, with what is counted here, of the store or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.verbs.month_before import moments_before
from metrics.figures.figure import Figure
from metrics.windows import At


class QuestionRefused(Exception):
    """A server refuses a question. The message is its reason."""


@dataclass(frozen=True, kw_only=True)
class FigureRequest:
    """Which figures are wanted. No measure is every measure, no moment is now, and no authority is all of them."""

    measures: tuple[str, ...]
    moments: tuple[At, ...]
    known_at: At | None
    window: str | None
    by: tuple[str, ...]
    wanted: Mapping[str, str]  # the one value of a breakdown that is kept to
    team: str | None
    locality: str | None
    authority: str | None

    def moments_before(self, figures: Sequence[Figure], for_machines: bool) -> tuple[At, ...]:
        """Return the moments a month before *figures* that they are compared with.

        None for machines, and where several moments are compared already.
        """
        return () if for_machines or len(self.moments) > 1 else moments_before(figures)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What /v1/figures calls it. A server knows no *known_at*."""
        once = {"window": self.window, "team": self.team, "locality": self.locality, "authority": self.authority}
        return [
            *(("measure", name) for name in self.measures),
            *(("at", at.text) for at in self.moments),
            *(("by", name) for name in self.by),
            *(("only", f"{name}={value}") for name, value in self.wanted.items()),
            *((name, value) for name, value in once.items() if value is not None),
        ]
