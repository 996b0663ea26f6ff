"""The SSDA903 return of children looked after, one year's or several in turn, as events.

An odd row is used, repaired or left by a rule in `reasons`, and counted there. Several returns are told one after
another, each as it was known then (`teller.Teller`). A later return closes, corrects and withdraws what the earlier
ones said (`entries.in_turn`), so give the earlier returns again with a later one.

A year's return alone has no rows that ended before that year. A period that began earlier begins anew in it
(BEGAN_EARLIER), the one that the earlier return began never ends, and no row can be missed. Loading both together
afterwards puts that right: of two tellings made as of one day, the one that knew more returns stands.

Only the pseudonym and the month of birth of a child leave this package; only dates and codes leave a cell.
"""

from events.sources.source import EventSource, PathKind, Request, SourceReading


def _read(request: Request) -> SourceReading:
    from events.sources.ssda903.returns import read_request  # imported where it is used: the command must start at once

    return read_request(request)


SOURCE = EventSource(
    name="ssda903",
    path_kind=PathKind.FOLDER,
    path_is="the folder with the .csv files of a return",
    is_return=True,
    read=_read,
)
