"""One child's episodes chain into periods of care, by their dates. Oddities of a chain are noted, not tidied."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from events.sources.ssda903.episodes import GOES_ON, LEGAL_ONLY, Episode
from events.sources.ssda903.reasons import Ssda903Reason

Period = tuple[Episode, ...]  # each ends as the next begins
Placement = tuple[Episode, ...]  # a part of a period
Note = Callable[[Episode, Ssda903Reason], None]

# A row that goes on (X1) and one that says that the child was looked after already: so far apart, they are one period.
MAX_GAP = timedelta(days=7)


def periods(episodes: Sequence[Episode], note: Note = lambda episode, reason: None) -> list[Period]:
    """Return the chains of one child's episodes, by their first day. Each start is one episode's alone.

    Where both of two rows say that care went on, the first ends as the second begins; the second is noted.
    """
    following = _by_date(episodes)
    _join_near(episodes, following, note)
    later = {after.key for after in following.values()}
    return [_chain(episode, following) for episode in episodes if episode.key not in later]


def _by_date(episodes: Sequence[Episode]) -> dict[str, Episode]:
    """Return, by its key, what follows each episode on the day on which it ends."""
    ending: dict[date, list[Episode]] = {}
    for episode in episodes:
        if episode.end is not None:
            ending.setdefault(episode.end, []).append(episode)
    following: dict[str, Episode] = {}
    for episode in episodes:
        before = [candidate for candidate in ending.get(episode.start, ()) if _goes_on(candidate, episode)]
        if before:  # if several end on this day, the one that says it goes on, else the last begun
            following[max(before, key=lambda candidate: (candidate.reason == GOES_ON, candidate.start)).key] = episode
    return following


def _goes_on(episode: Episode, after: Episode) -> bool:
    """Return whether *after* is of the same period: it begins as *episode* ends, unless both say that care ended."""
    return episode.end == after.start and not (after.begins and not episode.goes_on)


def _join_near(episodes: Sequence[Episode], following: dict[str, Episode], note: Note) -> None:
    """Add to *following* those that do not meet by date though both rows say that care went on."""
    preceded = {after.key for after in following.values()}
    for episode in episodes:
        if episode.reason == GOES_ON and episode.key not in following:
            near = [after for after in episodes if after.key not in preceded and _near(episode, after)]
            if near:
                after = min(near, key=lambda after: abs(after.start - (episode.end or after.start)))
                following[episode.key] = after
                preceded.add(after.key)
                overlap = episode.end is not None and after.start < episode.end
                note(after, Ssda903Reason.CUT if overlap else Ssda903Reason.BRIDGED)


def _near(episode: Episode, after: Episode) -> bool:
    """Return whether *after* goes on from *episode* after a few days, or, as a later return has it, before its end."""
    if not after.went_on or episode.end is None or after.start <= episode.start:
        return False
    if after.start > episode.end:
        return after.start - episode.end <= MAX_GAP
    return after.nth > episode.nth and (after.end is None or after.end >= episode.end)


def _chain(first: Episode, following: dict[str, Episode]) -> Period:
    chain = [first]
    while chain[-1].key in following:
        after = following[chain[-1].key]
        if chain[-1].end != after.start:
            chain[-1] = chain[-1].carried_on(after.start)
        chain.append(after)
    return tuple(chain)


def placements(period: Period) -> list[Placement]:
    """Return the placements of a period. The first row begins one, though the child may have moved in before."""
    of_period = [[period[0]]]
    for before, episode in pairwise(period):
        if _moves(before, episode):
            of_period.append([episode])
        else:
            of_period[-1].append(episode)
    return [tuple(placement) for placement in of_period]


def _moves(before: Episode, episode: Episode) -> bool:
    """Return whether *episode* begins a placement, as RNE says; where RNE says nothing, as the cells do."""
    if episode.cause is None:
        return _place(before) != _place(episode)
    return episode.cause != LEGAL_ONLY


def _place(episode: Episode) -> tuple[str | None, str | None]:
    return episode.place, episode.provider


def temporary(placement: Placement) -> bool:
    """Return whether it is a T stay: the place before is kept (rules 5)."""
    return (placement[0].place or "").startswith("T")


def ends(placement: Placement, after: Placement | None) -> bool:
    """Return whether the placement is over: the child has left it, and not for a T stay."""
    return placement[-1].end is not None and not (after is not None and temporary(after))


def note_periods(of_child: list[Period], note: Note) -> None:
    """Note what is odd about a child's periods, and within each."""
    last = max((period[-1].start for period in of_child), default=date.min)
    for index, period in enumerate(of_child):
        _note_period(period, note)
        _note_placements(placements(period), note)
        if period[-1].end is None and period[-1].start < last:
            note(period[-1], Ssda903Reason.OPEN_THEN_ANOTHER)
        last_rows = [before[-1] for before in of_child[:index]]
        starts = period[0].start
        if any(row.end is None or row.end > starts for row in last_rows):
            note(period[0], Ssda903Reason.OVERLAPS)
        elif any(row.end == starts for row in last_rows):
            note(period[0], Ssda903Reason.TOUCHES)
        elif last_rows:
            note(period[0], Ssda903Reason.AFTER_A_GAP)


def _note_period(period: Period, note: Note) -> None:
    if not period[0].begins:
        note(period[0], Ssda903Reason.BEGAN_EARLIER)
    for episode, after in pairwise(period):
        if after.begins or not episode.goes_on:
            note(after, Ssda903Reason.JOINED_BY_DATE)
    if period[-1].end is not None and period[-1].goes_on:
        note(period[-1], Ssda903Reason.ENDS_UNEXPLAINED)


def _note_placements(of_period: list[Placement], note: Note) -> None:
    for placement, after in zip(of_period, [*of_period[1:], None], strict=True):
        for episode in placement[1:]:
            if episode.cause == LEGAL_ONLY and _place(episode) != _place(placement[0]):
                note(episode, Ssda903Reason.OTHER_PLACE)
        idle = placement if not ends(placement, after) else placement[:-1]
        for episode in idle:
            if episode.moved:
                note(episode, Ssda903Reason.PLACE_GOES_ON)
