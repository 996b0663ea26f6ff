"""One child's episodes of several returns read in turn: what both of two returns say is kept.

A row that was open, and that the later return has not, is looked for in what that return says of the same child. Its
rows may have other dates for the same move, or go on from where the open row was (RNE P, L, T, B or U, which only a
child who is looked after already can have), or begin care anew. Only what nothing goes on from has ended, or never was.
"""

from datetime import timedelta

from events.sources.ssda903.entries import Filed, absent
from events.sources.ssda903.episodes import SAME_CARER, Episode
from events.sources.ssda903.reasons import Ssda903Reason

SAME_MOVE = timedelta(days=7)  # two returns give one move dates at most so far apart


def settled(episode: Episode, filed: Filed[Episode], told: Filed[Episode]) -> Episode | None:
    """Return what stands of an episode that *told* said, and *filed* should have and has not; None if nothing does."""
    following = next((later for later in filed.entries if later.start > episode.start), None)
    if _told_otherwise(episode, filed) or (following is not None and _same_move(episode, following)):
        told.report.note(episode.line, Ssda903Reason.RETOLD)
        return None
    if following is not None and following.went_on:
        if episode.end is None:
            told.report.note(episode.line, Ssda903Reason.CARRIED_ON)
            return episode.carried_on(following.start)
        if episode.end == following.start:
            return episode
    if filed.doubtful:
        return episode
    return absent(episode, filed, told) if following is None else absent(episode, filed, told, following.start)


def _told_otherwise(episode: Episode, filed: Filed[Episode]) -> bool:
    """Return whether a row of the later return covers the day on which the episode began."""
    return any(
        later.start < episode.start and (later.end is None or later.end > episode.start) for later in filed.entries
    )


def _same_move(episode: Episode, later: Episode) -> bool:
    """Return whether *later* is the same move, or the same start of care, a few days after."""
    return (
        _kind(later) == _kind(episode)
        and later.start - episode.start <= SAME_MOVE
        and _agree(later.place, episode.place)
        and _agree(later.provider, episode.provider)
        and _agree(later.postcode, episode.postcode)
    )


def _kind(episode: Episode) -> str | None:
    """Return what began: a placement is one whether the legal status is new as well, or not."""
    return "placement" if episode.cause in SAME_CARER else episode.cause


def _agree(one: str | None, other: str | None) -> bool:
    """Return whether two cells do not contradict each other: a blank contradicts nothing."""
    return not one or not other or one == other
