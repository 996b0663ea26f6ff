"""What `casepulse load` says about the files that it read: how many rows were used, repaired and left, and why."""

from collections.abc import Iterator

from events.sources.report import EventFileReport, FileReport, LoadReport, Outcome, RowReason


def report_lines(report: LoadReport) -> Iterator[str]:
    """Yield what a person is told about one file. No line holds a cell."""
    if isinstance(report, EventFileReport):
        yield _event_file_line(report)
        yield from (f"  {line}" for line in report.dead.told())
    else:
        yield from _row_lines(report)


def _event_file_line(report: EventFileReport) -> str:
    reasons = "".join(f", {reason} {n:,}" for reason, n in report.left.most_common())
    return f"{report.file}: {report.events:,} events; {report.left.total():,} left{reasons}"


def _order(counted: tuple[RowReason, int]) -> tuple[int, int, str]:
    reason, n = counted
    return reason.outcome, -n, reason.name


def _row_lines(report: FileReport) -> Iterator[str]:
    if report.absent:
        yield f"{report.file}: not in the return"
        return
    if report.empty:
        yield f"{report.file}: empty, not even headings: nothing is said about it"
        return
    by_outcome = report.outcomes
    outcomes = ", ".join(f"{by_outcome[outcome]:,} {outcome.name.lower()}" for outcome in Outcome)
    yield f"{report.file}: {report.read:,} rows: {outcomes}"
    for reason, n in sorted(report.reasons.items(), key=_order):
        yield f"  {n:7,}  {reason.outcome.name.lower():8}  {reason.rule}"
    for column, form in report.forms.items():
        yield f"           dates of {column}: {form}"
    if report.lacking:
        yield f"           columns not there, taken as blank: {', '.join(report.lacking)}"
    if report.unused:
        yield f"           columns not used: {', '.join(report.unused)}"
