"""What a period of care tells: for each of its rows, whether it begins the period, a legal status, a placement.

Denials are told too, as retractions: before somebody added a row or took back an end, an earlier telling may have said
otherwise. So of two returns of one year, loaded apart, the later corrects the earlier, row by row.
"""

from collections.abc import Iterable, Iterator, Sequence

from events.care import CareEnded, CareStarted, LegalStatusChanged, PlacementEnded, PlacementStarted
from events.event import ChildEvent
from events.leaving_care import AdoptionOrdered, AdoptionPlaced
from events.sources.ssda903.entries import Filed, in_turn
from events.sources.ssda903.episodes import SAME_CARER, Episode
from events.sources.ssda903.files import ChildsFile
from events.sources.ssda903.history import settled
from events.sources.ssda903.periods import Note, Period, Placement, ends, note_periods, periods, placements, temporary
from events.sources.ssda903.reasons import Ssda903Reason
from events.sources.teller import Said, Statement, deny, record_name, state

WITH_ADOPTERS = ("A3", "A4", "A5", "A6")  # PLACE: placed for adoption
ADOPTED = ("E11", "E12")  # REC: the adoption order was made, with consent or without


def care(file: Sequence[ChildsFile], years: Sequence[Filed[Episode]]) -> Iterator[Iterable[Said]]:
    """Yield, after each return, what all of the child's episodes until then tell.

    All is said anew if the return changes any of the rows: one row may change what another tells, and an earlier
    reading of fewer returns may have told that differently.
    """
    before: tuple[Episode, ...] = ()
    for nth, standing in enumerate(in_turn(years, settled)):
        note = _noter(years[nth], nth)
        of_care = periods([episode.known(file[nth].as_of) for episode in standing], note)
        note_periods(of_care, note)
        yield _said(of_care, standing != before, file[nth])
        before = standing


def _noter(filed: Filed[Episode], nth: int) -> Note:
    """Return what notes a finding about a row of the *nth* return; rows of earlier ones are noted with theirs."""

    def note(episode: Episode, reason: Ssda903Reason) -> None:
        if episode.nth == nth:
            filed.report.note(episode.line, reason)

    return note


def _said(of_care: list[Period], anew: bool, file: ChildsFile) -> Iterator[Said]:
    return (Said(statement, anew) for period in of_care for statement in statements(period, file))


def statements(period: Period, file: ChildsFile) -> Iterator[Statement]:
    """Yield what a period tells. The child and a row's DECOM name its records: all else may be corrected."""
    first, last = period[0], period[-1]
    record = _record("care", first)
    yield state(CareStarted, first.child, record, first.start, need=first.need)
    if last.end is None:
        yield deny(CareEnded, first.child, record, first.start)
    else:
        yield state(CareEnded, first.child, record, last.end, reason=last.reason)
    for episode in period[1:]:
        yield from _deny("care", (CareStarted, CareEnded), episode)
    for episode in period:
        yield _status(episode, record)
    of_period = placements(period)
    homes = _homes(of_period, file)
    for placement, after, home in zip(of_period, [*of_period[1:], None], homes, strict=True):
        yield from _placement(placement, after, record, home)
    yield from _adoption(of_period)


def _record(of: str, episode: Episode) -> str:
    return record_name(of, episode.child, episode.start)


def _status(episode: Episode, care: str) -> Statement:
    record = _record("episode", episode)
    if episode.status is None:
        return deny(LegalStatusChanged, episode.child, record, episode.start)
    return state(LegalStatusChanged, episode.child, record, episode.start, status=episode.status, care=care)


def _homes(of_period: list[Placement], file: ChildsFile) -> Iterator[str | None]:
    """Yield the pseudonym of the place of each placement: of its registration and postcode (contract 2).

    Only homes on both sides of a T stay are compared, so of those only what all tell: one that lacks the one or the
    other would look like another place. A registration alone does not tell two homes of one agency apart; nor would
    kind and provider, which are compared where a home tells neither.
    """
    for group in _around_stays(of_period):
        homes = [placement[0] for placement in group if not temporary(placement)]
        registered, posted = all(home.registration for home in homes), all(home.postcode for home in homes)
        for first, *_ in group:
            parts = (first.registration if registered else "", first.postcode if posted else "")
            yield file.home(*parts) if any(parts) else None


def _around_stays(of_period: list[Placement]) -> list[list[Placement]]:
    """Return the placements in groups: each T stay, or several, with the homes before and after."""
    groups: list[list[Placement]] = []
    for placement in of_period:
        if groups and (temporary(placement) or temporary(groups[-1][-1])):
            groups[-1].append(placement)
        else:
            groups.append([placement])
    return groups


def _placement(placement: Placement, after: Placement | None, care: str, home: str | None) -> Iterator[Statement]:
    first = placement[0]
    if first.place is None:
        yield from _deny("placement", (PlacementStarted, PlacementEnded), first)
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
            home=home,
            care=care,
        )
        yield _placement_end(placement, after, record)
    for episode in placement[1:]:
        yield from _deny("placement", (PlacementStarted, PlacementEnded), episode)


def _placement_end(placement: Placement, after: Placement | None, record: str) -> Statement:
    """Return the end of a placement if it adds anything: a reason, or an end before a row without PLACE.

    Otherwise the next placement ends it, or the end of care.
    """
    first, last = placement[0], placement[-1]
    if last.end is not None and ends(placement, after) and (last.moved or (after and after[0].place is None)):
        return state(PlacementEnded, first.child, record, last.end, reason=last.moved)
    return deny(PlacementEnded, first.child, record, first.start)


def _deny(of: str, kinds: Iterable[type[ChildEvent]], episode: Episode) -> Iterator[Statement]:
    record = _record(of, episode)
    for kind in kinds:
        yield deny(kind, episode.child, record, episode.start)


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
