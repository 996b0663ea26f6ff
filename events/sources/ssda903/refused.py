"""When a return is refused as a whole: nothing of it is told, so that no figure is made of what is no return."""

from collections.abc import Iterable, Sequence

from events.sources.report import FileReport
from events.sources.source import Limits, SourceUnreadable
from events.sources.ssda903.files import EPISODES, HEADER, File
from events.sources.ssda903.reasons import UNUSABLE, Ssda903Reason

MAY_BE_MISSING = 1  # row, however few there should be: one of two children may have left unseen


class RowsRefused(SourceUnreadable):
    """Too few of a file's rows can be used, or too many are missing that an earlier return has."""


def check_rows(files: Sequence[tuple[File, ...]], limits: Limits) -> None:
    """Raise RowsRefused if a file is blank that a return cannot do without, or is not what it seems to be."""
    reports = tuple(file.report for of_return in files for file in of_return)
    for file in (file for of_return in files for file in of_return):
        for why in (*_blank(file, limits), *_unusable(file, limits), *_missing(file, limits)):
            raise RowsRefused(f"{file.report.file}: {why}", reports)


def _blank(file: File, limits: Limits) -> Iterable[str]:
    if file.name not in (HEADER, EPISODES) or file.report.read:
        return
    if not file.there:
        yield "it is empty, it has not even headings: nothing is sent; export it again"
    elif limits.max_missing < 1:
        yield "it has headings and no row: nothing is sent; export it again, or say that all is gone: --max-missing 100"


def _unusable(file: File, limits: Limits) -> Iterable[str]:
    rows, unusable = file.report.read, _unusable_rows(file.name, file.report)
    if rows and (rows - unusable) / rows < limits.min_usable:
        yield (
            f"{rows - unusable:,} of {rows:,} rows can be used, under half: nothing is sent; "
            "mend what the report says of the others, or export it again"
        )


def _unusable_rows(name: str, report: FileReport) -> int:
    # A review or an allocation may be planned. If most of care begins after the as-of day, that day is wrong.
    return report.rows_with((*UNUSABLE, Ssda903Reason.STARTS_AFTER_AS_OF) if name == EPISODES else UNUSABLE)


def _missing(file: File, limits: Limits) -> Iterable[str]:
    due, missing = file.again.due, file.again.missing
    if missing > max(MAY_BE_MISSING, limits.max_missing * due):
        yield (
            f"{missing:,} of the {due:,} rows of earlier returns that it should have again are missing, over "
            f"{limits.max_missing:.0%}: nothing is sent; is it whole, and of the same authority? "
            "If they are rightly gone, say so: --max-missing 100"
        )
