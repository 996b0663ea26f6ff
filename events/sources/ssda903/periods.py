"""Episodes of one child chain into periods of care, by their dates. What is odd about a chain is noted, not tidied."""

from collections.abc import Callable, Iterable
from datetime import date
from itertools import groupby, pairwise

from events.sources.report import Reason
from events.sources.ssda903.episodes import CARE_GOES_ON, LEGAL_ONLY, Episode

Period = tuple[Episode, ...]  # each ends as the next begins
Placement = tuple[Episode, ...]  # a part of a period
Note = Callable[[Episode, Reason], None]


def children(episodes: Iterable[Episode]) -> list[list[Episode]]:
    """Return the episodes of each child; *episodes* come by child."""
    return [list(mine) for _, mine in groupby(episodes, key=lambda episode: episode.child)]


def periods(episodes: list[Episode]) -> list[Period]:
    """Return the chains of one child's episodes, by their first day. Each start is one episode's alone."""
    following: dict[Episode, Episode] = {}
    for episode in episodes:
        before = [other for other in episodes if _goes_on(other, episode)]
        if before:  # of several that end on this day, the one that says it goes on, else the last begun
            following[max(before, key=lambda other: (other.reason == "X1", other.start))] = episode
    later = set(following.values())
    return [_chain(episode, following) for episode in episodes if episode not in later]


def _goes_on(episode: Episode, after: Episode) -> bool:
    """Return whether *after* is of the same period: it begins as *episode* ends, unless both say that care ended."""
    return episode.end == after.start and not (after.begins and episode.reason not in CARE_GOES_ON)


def _chain(first: Episode, following: dict[Episode, Episode]) -> Period:
    chain = [first]
    while chain[-1] in following:
        chain.append(following[chain[-1]])
    return tuple(chain)


def placements(period: Period) -> list[Placement]:
    """Return the placements of a period. The first row begins one, though the child may have moved in before."""
    found = [[period[0]]]
    for before, episode in pairwise(period):
        if _moves(before, episode):
            found.append([episode])
        else:
            found[-1].append(episode)
    return [tuple(placement) for placement in found]


def _moves(before: Episode, episode: Episode) -> bool:
    """Return whether *episode* begins a placement, as RNE says; where RNE says nothing, as the cells do."""
    if episode.cause is None:
        return _place(before) != _place(episode)
    return episode.cause != LEGAL_ONLY


def _place(episode: Episode) -> tuple[str | None, str | None]:
    return episode.place, episode.provider


def temporary(placement: Placement) -> bool:
    """Return whether it is a T stay: the place before is kept (MEASURES 5, run)."""
    return (placement[0].place or "").startswith("T")


def ends(placement: Placement, after: Placement | None) -> bool:
    """Return whether the placement is over: the child has left it, and not to be back."""
    return placement[-1].end is not None and not (after is not None and temporary(after))


def note_periods(of_child: list[Period], note: Note) -> None:
    """Note what is odd about a child's periods, and within each."""
    last = max((period[-1].start for period in of_child), default=date.min)
    for place, period in enumerate(of_child):
        _note_period(period, note)
        _note_placements(placements(period), note)
        if period[-1].end is None and period[-1].start < last:
            note(period[-1], Reason.OPEN_THEN_ANOTHER)
        earlier = [other[-1] for other in of_child[:place]]
        starts = period[0].start
        if any(other.end is None or other.end > starts for other in earlier):
            note(period[0], Reason.OVERLAPS)
        elif any(other.end == starts for other in earlier):
            note(period[0], Reason.TOUCHES)
        elif earlier:
            note(period[0], Reason.AFTER_A_GAP)


def _note_period(period: Period, note: Note) -> None:
    if not period[0].begins:
        note(period[0], Reason.BEGAN_EARLIER)
    for episode, after in pairwise(period):
        if after.begins or episode.reason not in CARE_GOES_ON:
            note(after, Reason.JOINED_BY_DATE)
    if period[-1].end is not None and period[-1].reason in CARE_GOES_ON:
        note(period[-1], Reason.ENDS_UNEXPLAINED)


def _note_placements(found: list[Placement], note: Note) -> None:
    for placement, after in zip(found, [*found[1:], None], strict=True):
        for episode in placement[1:]:
            if episode.cause == LEGAL_ONLY and _place(episode) != _place(placement[0]):
                note(episode, Reason.OTHER_PLACE)
        idle = placement if not ends(placement, after) else placement[:-1]
        for episode in idle:
            if episode.moved:
                note(episode, Reason.PLACE_GOES_ON)
