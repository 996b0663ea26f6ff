"""What a period of care tells: for each of its rows, whether it begins the period, a legal status, a placement.

Denials are told too, as retractions: before somebody added a row or took back an end, an earlier telling may have said
otherwise. So of two returns of one year, loaded apart, the later corrects the earlier, row by row.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from events.care import CareEnded, CareStarted, LegalStatusChanged, PlacementEnded, PlacementStarted
from events.leaving_care import AdoptionOrdered, AdoptionPlaced
from events.sources.ssda903.entries import Filed, in_turn
from events.sources.ssda903.episodes import SAME_CARER, Episode
from events.sources.ssda903.periods import (
    Note,
    Period,
    Placement,
    children,
    ends,
    note_periods,
    periods,
    placements,
    temporary,
)
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.teller import Said, Statement, deny, record_name, state

WITH_ADOPTERS = ("A3", "A4", "A5", "A6")  # PLACE: placed for adoption
ADOPTED = ("E11", "E12")  # REC: the adoption order was made, with consent or without


def care(years: Sequence[Filed[Episode]], as_of: Sequence[date]) -> Iterator[list[Said]]:
    """Yield, after each return, what all episodes until then tell.

    All of a child's statements are said anew if the return changes any of the child's rows: one row may change what
    another tells, and an earlier reading of fewer returns may have told that differently.
    """
    before: set[Episode] = set()
    for nth, standing in enumerate(in_turn(years)):
        changed = {episode.child for episode in before ^ set(standing)}
        before = set(standing)
        of_children = children(episode.known(as_of[nth]) for episode in standing)
        note = _noter(years[nth], nth)
        yield [said for of_child in of_children for said in _said(of_child, of_child[0].child in changed, note)]


def _noter(filed: Filed[Episode], nth: int) -> Note:
    """Return what notes a finding about a row of the *nth* return; rows of earlier ones are noted with theirs."""

    def note(episode: Episode, reason: Ssda903Reason) -> None:
        if episode.nth == nth:
            filed.report.note(episode.line, reason)

    return note


def _said(of_child: list[Episode], anew: bool, note: Note) -> Iterator[Said]:
    of_care = periods(of_child)
    note_periods(of_care, note)
    return (Said(statement, anew) for period in of_care for statement in statements(period))


def statements(period: Period) -> Iterator[Statement]:
    """Yield what a period tells. The child and a row's DECOM name its records: all else may be corrected."""
    first, last = period[0], period[-1]
    record = _record("care", first)
    yield state(CareStarted, first.child, record, first.start, need=first.need)
    if last.end is None:
        yield deny(CareEnded, first.child, record, first.start)
    else:
        yield state(CareEnded, first.child, record, last.end, reason=last.reason)
    for episode in period[1:]:
        for kind in (CareStarted, CareEnded):
            yield deny(kind, episode.child, _record("care", episode), episode.start)
    for episode in period:
        yield _status(episode, record)
    of_period = placements(period)
    for placement, after in zip(of_period, [*of_period[1:], None], strict=True):
        yield from _placement(placement, after, record)
    yield from _adoption(of_period)


def _record(of: str, episode: Episode) -> str:
    return record_name(of, episode.child, episode.start)


def _status(episode: Episode, care: str) -> Statement:
    record = _record("episode", episode)
    if episode.status is None:
        return deny(LegalStatusChanged, episode.child, record, episode.start)
    return state(LegalStatusChanged, episode.child, record, episode.start, status=episode.status, care=care)


def _placement(placement: Placement, after: Placement | None, care: str) -> Iterator[Statement]:
    first = placement[0]
    if first.place is None:
        yield from _no_placement(first)
    else:
        record = _record("placement", first)
        yield state(
            PlacementStarted,
            first.child,
            record,
            first.start,
            placement=first.place,
            provider=first.provider,
            same_carer=SAME_CARER.get(first.cause or ""),
            care=care,
        )
        yield _placement_end(placement, after, record)
    for episode in placement[1:]:
        yield from _no_placement(episode)


def _placement_end(placement: Placement, after: Placement | None, record: str) -> Statement:
    """Return the end of a placement if it adds anything: a reason, or an end before a row without PLACE.

    Otherwise the next placement ends it, or the end of care.
    """
    first, last = placement[0], placement[-1]
    if last.end is not None and ends(placement, after) and (last.moved or (after and after[0].place is None)):
        return state(PlacementEnded, first.child, record, last.end, reason=last.moved)
    return deny(PlacementEnded, first.child, record, first.start)


def _no_placement(episode: Episode) -> Iterator[Statement]:
    for kind in (PlacementStarted, PlacementEnded):
        yield deny(kind, episode.child, _record("placement", episode), episode.start)


def _adoption(of_period: list[Placement]) -> Iterator[Statement]:
    """Yield when the child moved in with adopters, and when the court made the order: facts of one adoption."""
    last = of_period[-1][-1]
    adopted = last.end is not None and last.reason in ADOPTED
    moves = _moves_in(of_period)
    of_order = moves[-1] if moves else last
    for episode in (episode for placement in of_period for episode in placement):
        record = _record("adoption", episode)
        if episode.place in WITH_ADOPTERS:
            say = state if episode in moves else deny
            yield say(AdoptionPlaced, episode.child, record, episode.start)
        if adopted and episode == of_order:
            yield state(AdoptionOrdered, episode.child, record, last.end or last.start)
        elif episode.place in WITH_ADOPTERS or (adopted and episode == last):
            yield deny(AdoptionOrdered, episode.child, record, episode.start)


def _moves_in(of_period: list[Placement]) -> list[Episode]:
    """Return the rows with which the child moves in with adopters.

    From one kind of adoptive placement into another with the same carer, the adopters stay who they were.
    """
    moves: list[Episode] = []
    before: Placement | None = None
    for placement in of_period:
        first = placement[0]
        stays = before is not None and before[0].place in WITH_ADOPTERS and SAME_CARER.get(first.cause or "")
        if first.place in WITH_ADOPTERS and not stays:
            moves.append(first)
        before = before if temporary(placement) else placement
    return moves
