"""Whether figures are late, and by whom: every face says the same of it."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from events.time import instant, moment_of
from events.working_days import START
from metrics.counting.completeness import Completeness
from metrics.rules.rules import Rules
from metrics.store.worker_sign import WorkerReport

REPORT_GAP_SECONDS = 60  # between two reports of a feed (contract 2)
REPORT_DELAY_SECONDS = 5  # of ours that a report may take to get here; at a demonstration's speed they are many more
WORKER_LATE_SECONDS = 30  # of ours that our worker may be away or behind before a board says so by itself
MICROSECONDS_PER_SECOND = 1e6

DelayedBy = Literal["case_system", "worker_away", "worker_behind", "log_away"]


class Delay(msgspec.Struct, frozen=True):
    """Who has figures wait, and since when. *waiting*: records of the log that our worker has not read yet."""

    by: DelayedBy
    since: datetime
    waiting: int = 0


def complete_to_of(completeness: Completeness, now: datetime) -> datetime | None:
    """Return up to when everything is here, or was when a feed last said so; None where none ever did."""
    complete_to = completeness.complete_to(instant(now)) or completeness.last_complete_to()
    return None if complete_to is None else max(complete_to, moment_of(START))  # one that never looked may say 1970


def delay_at(
    now: datetime, complete_to: datetime | None, worker: WorkerReport, rules: Rules, speed: float
) -> Delay | None:
    """Return the delay of figures that are complete to then; None where they are live."""
    is_late = complete_to is not None and delayed(complete_to, now, rules, speed)
    return delay_of(complete_to if is_late else None, worker, now, speed)


def delay_of(late_since: datetime | None, worker: WorkerReport, now: datetime, speed: float) -> Delay | None:
    """Return the delay of figures whose feed is late since then (None: it is not), counted by *worker*.

    A feed whose reports lie unread is not late itself. So where our worker is away or behind it is our delay.
    """
    stands_since = now - timedelta(seconds=worker.seconds * speed)
    is_late = late_since is not None or worker.seconds > WORKER_LATE_SECONDS
    match worker.state:
        case "away" if is_late:
            return Delay("worker_away", late_since or stands_since, worker.waiting)
        case "no_log" if is_late:
            return Delay("log_away", late_since or stands_since)
        case "behind" if is_late:
            return Delay("worker_behind", late_since or stands_since, worker.waiting)
    return None if late_since is None else Delay("case_system", late_since)


def delayed(complete_to: datetime, now: datetime, rules: Rules, speed: float) -> bool:
    """Return whether a feed is late: twice its usual gap behind, counted in office hours.

    While the office is closed it is late only if it was when the office closed: a quiet Sunday is no broken feed.
    """
    behind_seconds = rules.office.elapsed(instant(complete_to), instant(now)) / MICROSECONDS_PER_SECOND
    return behind_seconds > 2 * REPORT_GAP_SECONDS + REPORT_DELAY_SECONDS * speed
