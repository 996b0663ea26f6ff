"""Whether figures are late, and by whom: every face says the same of it."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from metrics.figures.reach import is_late
from metrics.rules.rules import Rules
from metrics.store.worker_sign import WorkerReport

WORKER_LATE_SECONDS = 30  # of ours that our worker may be away or behind before a board says so by itself

DelayedBy = Literal["case_system", "worker_away", "worker_behind", "recounting", "log_away"]


class Delay(msgspec.Struct, frozen=True):
    """Who has figures wait, and since when. *waiting*: records of the log that our worker has not read yet."""

    by: DelayedBy
    since: datetime
    waiting: int = 0


def delay_at(
    now: datetime, complete_to: datetime | None, worker: WorkerReport, rules: Rules, speed: float
) -> Delay | None:
    """Return the delay of figures that are complete to then; None where they are live."""
    behind = complete_to is not None and is_late(complete_to, now, rules, speed)
    return delay_of(complete_to if behind else None, worker, now, speed)


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
        case "recounting" if is_late:
            return Delay("recounting", late_since or stands_since, worker.waiting)
        case "behind" if is_late:
            return Delay("worker_behind", late_since or stands_since, worker.waiting)
    return None if late_since is None else Delay("case_system", late_since)
