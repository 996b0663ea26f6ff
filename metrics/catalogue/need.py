"""Children in need, and the episodes of need that open and close."""

from typing import Any

from events.need import EpisodeClosed, EpisodeOpened
from metrics.catalogue.sources import CHILDREN_IN_NEED
from metrics.lives.life import AGE_BANDS, Life
from metrics.lives.terms import EPISODES, NEED
from metrics.lives.timeline import EVER, Stretch, Timeline, uppermost
from metrics.measure import Measure
from metrics.shapes import UNKNOWN, Breakdown, Count, Spells, Value, code


def needs(start: Any, life: Life) -> Timeline[Value]:
    """The primary need of the open episode that began last; none open, `unknown`."""

    def over_time() -> Timeline[Value]:
        always: Stretch[Value] = Stretch(EVER, None, (EVER, ""), UNKNOWN)
        episodes = (Stretch(s.start, s.end, s.rank, code(s.value.primary_need)) for s in life.stretches(EPISODES))
        return uppermost((always, *episodes))

    return life.once(needs, over_time)


NEEDS = tuple(f"N{n}" for n in range(10))
CLOSURE_REASONS = tuple(f"RC{n}" for n in range(1, 10))

PRIMARY_NEED = Breakdown("primary_need", lambda opened, _: code(opened.primary_need), order=NEEDS)
AGE_BAND = Breakdown(
    "age_band", over=lambda _, life: life.age_bands, order=("unborn", *(band for _, band in AGE_BANDS))
)

IN_NEED = Spells(
    name="children_in_need",
    terms=NEED,
    by=(Breakdown("primary_need", over=needs, order=NEEDS), AGE_BAND),
    any_team=True,
)
EPISODE_OPENINGS = Count(name="episodes_opened", of=EpisodeOpened, by=(PRIMARY_NEED,))
EPISODE_CLOSURES = Count(
    name="episodes_closed",
    of=EpisodeClosed,
    by=(Breakdown("closure_reason", lambda closed, _: code(closed.closure_reason), order=CLOSURE_REASONS),),
)

CHILDREN_IN_NEED_NOW = Measure(
    name="children_in_need",
    title="Children in need",
    definition=(
        "Children with an open episode of need, or subject to a child protection plan, or in a period of care, short "
        "breaks too: each child once."
    ),
    kind="count",
    unit="children",
    numerator=IN_NEED.present,
    by=("primary_need", "age_band"),
    source=CHILDREN_IN_NEED,
)

EPISODES_OPENED = Measure(
    name="episodes_opened",
    title="Episodes of need opened",
    definition="Episodes of need that opened in the window.",
    kind="count",
    unit="episodes",
    numerator=EPISODE_OPENINGS.counted,
    window="month",
    by=("primary_need",),
    source=CHILDREN_IN_NEED,
)

EPISODES_CLOSED = Measure(
    name="episodes_closed",
    title="Episodes of need closed",
    definition="Episodes of need that closed in the window.",
    kind="count",
    unit="episodes",
    numerator=EPISODE_CLOSURES.counted,
    window="month",
    by=("closure_reason",),
    source=CHILDREN_IN_NEED,
)

MEASURES = (CHILDREN_IN_NEED_NOW, EPISODES_OPENED, EPISODES_CLOSED)
