"""What a period of care tells: of each of its rows, whether it begins the period, a legal status, a placement.

What is not so is told too, as a retraction: an earlier telling may have said it, before somebody added a row or took
back an end. So of two returns of one year, loaded apart, the later corrects the earlier, row by row.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from events.care import CareEnded, CareStarted, LegalStatusChanged, PlacementEnded, PlacementStarted
from events.leaving_care import AdoptionOrdered, AdoptionPlaced
from events.sources.report import Reason
from events.sources.ssda903.entries import Filed, in_turn
from events.sources.ssda903.episodes import SAME_CARER, Episode
from events.sources.ssda903.facts import Fact, Said, fact, name, never
from events.sources.ssda903.periods import (
    Period,
    Placement,
    children,
    ends,
    note_periods,
    periods,
    placements,
    temporary,
)

WITH_ADOPTERS = ("A3", "A4", "A5", "A6")  # PLACE: placed for adoption (DOMAIN 2.4, A1)
ADOPTED = ("E11", "E12")  # REC: the adoption order was made, with consent or without


def care(years: Sequence[Filed[Episode]], as_of: Sequence[date]) -> Iterator[list[Said]]:
    """Yield, after each return, what all episodes until then tell, and whether the return says anything of the child.

    What it says of one row may be about another: who knew fewer returns may have told it of that one.
    """
    before: set[Episode] = set()
    for nth, standing in enumerate(in_turn(years)):
        changed = {episode.child for episode in before ^ set(standing)}
        before = set(standing)

        def note(episode: Episode, reason: Reason, nth: int = nth) -> None:
            if episode.nth == nth:  # of an earlier return's row, what holds there is told there
                years[nth].about.note(episode.line, reason)

        said: list[Said] = []
        for mine in children(episode.known(as_of[nth]) for episode in standing):
            found = periods(mine)
            note_periods(found, note)
            for period in found:
                said.extend((one, period[0].child in changed) for one in tell(period))
        yield said


def tell(period: Period) -> Iterator[Fact]:
    """Yield what a period tells. Records are named by the child and a row's DECOM: all else may be corrected."""
    first, last = period[0], period[-1]
    record = _record("care", first)
    yield fact(CareStarted, first.child, record, first.start, need=first.need)
    if last.end is None:
        yield never(CareEnded, first.child, record, first.start)
    else:
        yield fact(CareEnded, first.child, record, last.end, reason=last.reason)
    for episode in period[1:]:
        for kind in (CareStarted, CareEnded):
            yield never(kind, episode.child, _record("care", episode), episode.start)
    for episode in period:
        yield _status(episode, record)
    found = placements(period)
    for placement, after in zip(found, [*found[1:], None], strict=True):
        yield from _placement(placement, after, record)
    yield from _adoption(found)


def _record(of: str, episode: Episode) -> str:
    return name(of, episode.child, episode.start)


def _status(episode: Episode, care: str) -> Fact:
    record = _record("episode", episode)
    if episode.status is None:
        return never(LegalStatusChanged, episode.child, record, episode.start)
    return fact(LegalStatusChanged, episode.child, record, episode.start, status=episode.status, care=care)


def _placement(placement: Placement, after: Placement | None, care: str) -> Iterator[Fact]:
    first, last = placement[0], placement[-1]
    record = _record("placement", first)
    if first.place is None:
        yield from _none(first)
    else:
        yield fact(
            PlacementStarted,
            first.child,
            record,
            first.start,
            placement=first.place,
            provider=first.provider,
            same_carer=SAME_CARER.get(first.cause or ""),
            care=care,
        )
        # The next placement ends it, or the end of care; this adds the reason. A place that is not told ends none.
        if last.end is not None and ends(placement, after) and (last.moved or (after and after[0].place is None)):
            yield fact(PlacementEnded, first.child, record, last.end, reason=last.moved)
        else:
            yield never(PlacementEnded, first.child, record, first.start)
    for episode in placement[1:]:
        yield from _none(episode)


def _none(episode: Episode) -> Iterator[Fact]:
    for kind in (PlacementStarted, PlacementEnded):
        yield never(kind, episode.child, _record("placement", episode), episode.start)


def _adoption(found: list[Placement]) -> Iterator[Fact]:
    """Yield when the child moved in with adopters, and when the court made the order: facts of one adoption."""
    last = found[-1][-1]
    adopted = last.end is not None and last.reason in ADOPTED
    moves = _moves_in(found)
    of_order = moves[-1] if moves else last
    for episode in (episode for placement in found for episode in placement):
        record = _record("adoption", episode)
        if episode.place in WITH_ADOPTERS:
            told = fact if episode in moves else never
            yield told(AdoptionPlaced, episode.child, record, episode.start)
        if adopted and episode == of_order:
            yield fact(AdoptionOrdered, episode.child, record, last.end or last.start)
        elif episode.place in WITH_ADOPTERS or (adopted and episode == last):
            yield never(AdoptionOrdered, episode.child, record, episode.start)


def _moves_in(found: list[Placement]) -> list[Episode]:
    """Return the rows with which the child moves in with adopters.

    From one kind of adoptive placement into another with the same carer, the adopters stay who they were.
    """
    moves: list[Episode] = []
    before: Placement | None = None
    for placement in found:
        first = placement[0]
        stays = before is not None and before[0].place in WITH_ADOPTERS and SAME_CARER.get(first.cause or "")
        if first.place in WITH_ADOPTERS and not stays:
            moves.append(first)
        before = before if temporary(placement) else placement
    return moves
