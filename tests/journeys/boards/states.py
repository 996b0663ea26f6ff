"""Messages of every state that a board can be in, as the server builds them.

What no server of ours says yet (a shared screen's suppressed figures) is written in.
"""

import copy
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from metrics.store.reader import Withheld
from metrics.store.worker_sign import WorkerReport
from tests.boards import Told, front_door, table
from tests.contracts.test_mash import DAY

Message = dict[str, Any]
AFTERNOON = "2017-12-14T14:32"

# All that was ever told is long over.
OVER = """
    day                       | event                 | record | child | fields
    --------------------------+-----------------------+--------+-------+--------------------------------
    2017-10-02T10:00:00+01:00 | enquiry received      | E1     | ada   | team=Front_door
    2017-10-02T11:00:00+01:00 | enquiry decided       | D1     | ada   | enquiry=E1 outcomes=assessment
    2017-10-03                | assessment started    | A1     | ada   | team=North
    2017-10-09                | assessment authorised | A1     | ada   | team=North outcomes=case_closed
    2017-10-03                | section_47 started    | S1     | ada   | team=North
    2017-10-09                | section_47 ended      | S1     | ada   | team=North outcome=no_conference
"""


@lru_cache(maxsize=1)
def front() -> Told:
    return Told(front_door(date(2017, 12, 14), weeks=28, a_day=12))


@lru_cache(maxsize=1)
def christmas() -> Told:
    """The last working day before Christmas, a Friday."""
    return Told(front_door(date(2017, 12, 22), weeks=28, a_day=12))


def busy(moment: str = AFTERNOON, **over: Any) -> Message:
    return front().message(moment) | over


def doctored(change: Callable[[Message], None]) -> Message:
    message = copy.deepcopy(busy())
    change(message)
    return message


def without(*names: str) -> Told:
    return Told("\n".join(row for row in DAY.splitlines() if not any(name in row for name in names)))


def crowd() -> Message:
    rows = [
        (f"2017-12-14T{9 + n // 12:02}:{n * 5 % 60:02}:00+00:00", "enquiry received", f"E{n}", f"c{n}", "")
        for n in range(64)
    ]
    rows += [(f"2017-12-13T{9 + n:02}:30:00+00:00", "enquiry received", f"F{n}", f"f{n}", "") for n in range(7)]
    rows += [(f"2017-12-{4 + n:02}T10:30:00+00:00", "enquiry received", f"G{n}", f"g{n}", "") for n in range(3)]
    return Told(table(rows)).message(AFTERNOON)


def siblings() -> Message:
    """Fourteen at one moment, and a dozen of long ago: more than stand above one place."""
    rows = [("2017-12-14T13:30:00+00:00", "enquiry received", f"E{n}", f"c{n}", "") for n in range(14)]
    rows += [(f"2017-11-{6 + n:02}T10:30:00+00:00", "enquiry received", f"G{n}", f"g{n}", "") for n in range(16)]
    return Told(table(rows)).message(AFTERNOON)


def suppressed(message: Message) -> None:
    for name in ("enquiries_awaiting_decision", "assessments_overdue", "decided_month", "received_today"):
        message["figures"][name] |= {"suppressed": True, "numerator": None, "denominator": None, "value": None}
    for figure in message["figures"]["conferences_due"][:1]:
        figure |= {"suppressed": True, "numerator": None, "value": None}


def huge(message: Message) -> None:
    """The longest of everything: it must all have room."""
    figures = message["figures"]
    figures["enquiries_awaiting_decision"] |= {"value": 188.0, "numerator": 188}
    figures["enquiries_overdue"] |= {"value": 104.0, "numerator": 104}
    figures["longest_wait"] |= {"value": 1204.99}
    message["wait"] = {"days": 156, "hours": 7.99}
    figures["decided_today"] |= {"value": 1.0, "numerator": 128, "denominator": 128, "status": "on_target"}
    figures["decided_month"] |= {"value": 1.0, "numerator": 1372, "denominator": 1372, "from": "2017-09-01"}
    figures["received_today"] |= {"value": 244.0, "numerator": 244}
    message["arrivals"] |= {"received": 244, "more": 188}
    figures["enquiries_to_assessment"] |= {
        "value": 1.0,
        "numerator": 1372,
        "denominator": 1372,
        "beside": {"undecided": 188},
        "from": "2017-09-01",
    }
    figures["assessments_overdue"] |= {"value": 1204.0, "numerator": 1204}
    figures["conferences_overdue"] |= {"value": 188.0, "numerator": 188}
    figures["section_47_week"] |= {"value": 188.0, "numerator": 188}
    figures["assessments_due"] = []
    for day in message["deadlines"]["days"]:
        day["n"] = 288
    message["lead"] |= {"kind": "late", "text": "104 enquiries are late"}
    message |= {"name": "Bournemouth, Christchurch and Poole", "speed": 60.0}


def uncounted(message: Message) -> None:
    """A new version declares the enquiries' clock otherwise, and has not counted it yet: nothing of it is a number."""
    clock = ("enquiries_awaiting_decision", "longest_wait", "enquiries_due", "enquiries_overdue")
    message["figures"] |= dict.fromkeys((*clock, "decided_today", "decided_month"))
    message |= dict.fromkeys(("queue", "wait", "lead"))


STATES: dict[str, tuple[Callable[[], Message], dict[str, str]]] = {
    "live": (busy, {"light": "Live", "waiting_word": "", "conferences_word": "None late"}),
    "crowd": (crowd, {"waiting": "74", "waiting_late": "3 late", "waiting_today": "7 due today"}),
    "siblings": (siblings, {"waiting": "30", "waiting_late": "16 late"}),
    "huge": (lambda: doctored(huge), {"longest_first": "156", "longest_second": "7", "decided": "100"}),
    "nothing": (
        lambda: Told(OVER).message("2017-12-13T12:00"),
        {
            "waiting": "0",
            "waiting_word": "None waiting",
            "longest_first": "–",
            "longest_word": "None waiting",
            "decided": "–",
            "decided_word": "None settled yet",
            "sent_detail": "None received in December",
            "conferences_word": "None late",
            "past": "0",
            "past_word": "None late",
            "lead": "Nothing is due today",
        },
    ),
    "no-enquiries": (
        lambda: without("enquiry").message(AFTERNOON),
        {
            "waiting": "–",
            "waiting_word": "None loaded",
            "longest_word": "None loaded",
            "decided_word": "None loaded",
            "received_word": "None loaded",
            "sent_detail": "None loaded",
            "conferences_word": "and 1 late",
            "past": "1",
        },
    ),
    "no-assessments": (
        lambda: without("assessment started", "section_47").message(AFTERNOON),
        {"day_0_word": "None loaded", "past": "–", "past_word": "None loaded", "conferences_word": "None loaded"},
    ),
    "short-history": (
        lambda: Told(DAY).message(AFTERNOON),
        {"received": "2", "received_word": "no usual yet, 1 of 26", "lead": "2 enquiries must be decided today"},
    ),
    "suppressed": (
        lambda: doctored(suppressed),
        {
            "waiting": "1–5",
            "waiting_word": "Too few to show",
            "waiting_late": "",
            "past": "1–5",
            "past_word": "Too few to show",
            "decided": "–",
            "decided_word": "Too few to show",
            "decided_detail": "December",
            "decided_day_detail": "today",
            "decided_target": "",
            "received": "1–5",
            "conferences": "1–5",
            "conferences_word": "",
        },
    ),
    "closed": (
        lambda: busy("2017-12-16T11:00"),
        {"light": "Office closed", "aside": "opens Mon 09:00"},
    ),
    "delayed": (
        lambda: busy(
            state="delayed", as_of="2017-12-14T14:10:00+00:00", complete_to="2017-12-14T14:10:00+00:00", lead=None
        ),
        {
            "light": "Delayed 22 min",
            "lead": "Figures as of 14:10",
            "aside": "The case system has sent nothing for 22 minutes",
        },
    ),
    "delayed-since-yesterday": (
        lambda: (
            busy("2017-12-13T16:30")
            | {
                "state": "delayed",
                "now": "2017-12-14T09:10:00+00:00",
                "complete_to": "2017-12-13T16:30:00+00:00",
            }
        ),
        {
            "lead": "Figures as of Wed 16:30",
            "received_title": "Received Wed",
            "day_0_word": "Wed",
        },
    ),
    "worker-away": (
        lambda: late_by(WorkerReport("away", 1320.0, 12)),
        {
            "light": "Delayed 22 min",
            "lead": "Figures as of 14:10",
            "aside": "casepulse has counted nothing for 22 minutes",
        },
    ),
    "worker-behind": (
        lambda: late_by(WorkerReport("behind", 240.0, 120_400)),
        {"lead": "Figures as of 14:28", "aside": "casepulse is behind, 120,400 events to count"},
    ),
    "log-away": (
        lambda: late_by(WorkerReport("no_log", 240.0)),
        {"lead": "Figures as of 14:28", "aside": "casepulse has reached no new events for 4 minutes"},
    ),
    "recounting": (
        lambda: late_by(WorkerReport("recounting", 240.0)),
        {"lead": "Figures as of 14:28", "aside": "casepulse has been counting everything afresh for 4 minutes"},
    ),
    "other-version": (
        lambda: withheld("other_version"),
        {"lead": "Another version of casepulse counts", "aside": "start this server in the version of its worker"},
    ),
    "being-counted": (
        lambda: doctored(uncounted),
        {
            "light": "Live",
            "lead": "",
            "waiting": "–",
            "waiting_word": "Being counted",
            "waiting_today": "",
            "longest_word": "Being counted",
            "decided_word": "Being counted",
            "conferences_word": "None late",
        },
    ),
    "store-away": (
        lambda: withheld("store_away") | {"store_answered_at": "2017-12-14T14:10:00+00:00"},
        {
            "light": "No store",
            "lead": "The store has not answered since 14:10",
            "aside": "No figures until it does",
            "waiting": "–",
            "waiting_word": "No store",
            "day_0_word": "No store",
        },
    ),
    "not-counting": (
        lambda: withheld("not_counting"),
        {
            "light": "Not counting",
            "lead": "Rebuilding stands still, 31 % read",
            "aside": "“casepulse doctor” says why",
            "waiting_word": "Not counting",
        },
    ),
    "rebuilding": (
        lambda: rebuilding("2017-12-14T14:36:00+00:00"),
        {
            "light": "Rebuilding",
            "lead": "Rebuilding, 31 % read",
            "aside": "back at about 14:36",
            "waiting": "–",
            "waiting_word": "Rebuilding",
            "past": "–",
            "day_0_word": "Rebuilding",
            "decided": "–",
        },
    ),
    "empty": (
        lambda: Told().message(AFTERNOON),
        {"lead": "No events of Wexshire have arrived yet", "waiting": "–", "past_word": "No events yet"},
    ),
    "unknown-team": (
        lambda: front().message(AFTERNOON, team="Nroth"),
        {"lead": "No team Nroth", "aside": "there are Front_door, North", "waiting": "–"},
    ),
}


def withheld(why: Withheld) -> Message:
    reader = Told()
    reader.withheld, reader.why = 0.31, why
    return reader.message(AFTERNOON)


def late_by(report: WorkerReport) -> Message:
    """Return what a board says whose worker is away or behind; no feed says that it is late."""
    reader = copy.copy(front())
    reader.worker_report = report
    return reader.message(AFTERNOON, speed=1.0)


def rebuilding(back_at: str) -> Message:
    message = withheld("rebuilding")
    message["rebuilding"]["back_at"] = back_at
    return message
