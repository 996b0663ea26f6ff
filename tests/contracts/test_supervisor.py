"""What keeps programs running: how long it waits, when it gives up, and what it says of one that has refused."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.doctor.positions import StorePositions, judge
from deploy.machine.rebuilding import Rebuilding
from deploy.machine.running import Failed, Program, Running
from deploy.machine.supervisor import FIRST_TRIES, Service, Supervisor
from deploy.processes import refusal
from deploy.processes.backoff import Backoff
from streams.worker.ending import REFUSED
from tests.contracts.test_settings import up_here

KILLED, CRASHED, FAILED = -signal.SIGKILL, -signal.SIGSEGV, 1


def test_kills_do_not_add_up() -> None:
    """A program that is killed often, ready or not yet, is away for two seconds and its start, and never for longer."""
    backoff = Backoff()
    waits = [backoff.after(5.0, KILLED, was_of_use) for was_of_use in (True, False, True) * 10]
    assert max(waits) <= 2.0
    assert waits[0] == 0.5


def test_what_was_ready_waits_little() -> None:
    """However it ended, and however often before it was ready; what does not come up at all waits longer each time."""
    backoff = Backoff()
    assert [backoff.after(1.0, FAILED, was_of_use=False) for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    assert backoff.after(1.0, FAILED, was_of_use=True) == 2.0
    assert [backoff.after(1.0, CRASHED, was_of_use=False) for _ in range(3)] == [4, 8, 10]
    assert backoff.after(31.0, CRASHED, was_of_use=True) == 0.5


class Kept:
    """A supervisor, and what it said."""

    def __init__(self, *services: Service) -> None:
        self.said: list[str] = []
        self.refusals: list[str] = []
        self.supervisor = Supervisor(self.said.append, self.refusals.append)
        self.supervisor.keep(services)

    def until(self, so: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not so():
            assert time.monotonic() < until, self.said
            self.supervisor.turn()
            time.sleep(0.01)


@contextmanager
def kept(*services: Service) -> Iterator[Kept]:
    here = Kept(*services)
    try:
        yield here
    finally:
        here.supervisor.stop()


def script(folder: Path, name: str, text: str) -> Program:
    """Return a program of *text*: it is ready once its file `ready` is there, and counts its starts in `starts`."""
    counted = "import os, sys, time\nfrom pathlib import Path\nwith open('starts', 'a') as f: f.write('.')\n"
    return Program(name, "", (sys.executable, "-c", counted + text), folder, lambda _: (folder / "ready").exists())


def starts(folder: Path) -> int:
    file = folder / "starts"
    return len(file.read_text()) if file.exists() else 0


def hurried() -> Backoff:
    return Backoff(min_seconds=0.01, short_seconds=0.01, max_seconds=0.01)


def test_what_comes_further_is_never_given_up(tmp_path: Path) -> None:
    """Under load a program may end many times before it is ready first: as long as it comes further it is let go on."""
    goes_on = """
n = len(Path('starts').read_text())
Path('at').write_text(f'{100 - n} events to go')
time.sleep(0.2)
if n <= 9: sys.exit('too slow')
Path('ready').touch()
time.sleep(100)
"""
    at = tmp_path / "at"
    program = script(tmp_path, "worker", goes_on)
    service = Service(
        Running(program),
        backoff=hurried(),
        told=lambda: at.read_text() if at.exists() else "",
        look_seconds=0.0,  # at every turn
    )
    with kept(service) as here:
        here.until(lambda: service.ready is not None)
        assert starts(tmp_path) == 10 > FIRST_TRIES
        assert service.progress == "worker starts, 90 events to go"


def test_what_comes_no_further_is_given_up(tmp_path: Path) -> None:
    """Five times the same end, with nothing done: whoever starts it is told at once, with the last that it said."""
    service = Service(Running(script(tmp_path, "worker", "sys.exit('no such thing')")), backoff=hurried())
    with kept(service) as here, pytest.raises(Failed, match=r"worker does not start \(code 1\);.*: no such thing"):
        here.until(lambda: False)
    assert starts(tmp_path) == FIRST_TRIES


def test_kills_are_no_reason_to_give_up(tmp_path: Path) -> None:
    """Somebody, or the kernel for want of memory, kills it before it is ready: it is not its own fault."""
    ends = """
if len(Path('starts').read_text()) <= 7: os.kill(os.getpid(), 9)
Path('ready').touch()
time.sleep(100)
"""
    service = Service(Running(script(tmp_path, "server", ends)), backoff=hurried())
    with kept(service) as here:
        here.until(lambda: service.ready is not None)
        assert here.said.count("server ended (killed by signal 9); starting it again") == 7


def test_a_refusal_is_said_in_its_own_words(tmp_path: Path) -> None:
    """What has refused is not started again, and what it said is told to the screen and kept for who asks."""
    said = "the log was cut back: restore it"
    text = f"print('casepulse worker: {said}'); sys.exit({REFUSED})"
    service = Service(Running(script(tmp_path, "worker", text)), refusal=REFUSED)
    with kept(service) as here:
        here.until(lambda: service.has_refused)
        for _ in range(50):
            here.supervisor.turn()
        assert here.said == [
            f"the worker has refused to run, and is not started again; the rest stays up. It said: {said}"
        ]
        assert (here.refusals, starts(tmp_path)) == ([said], 1)


def test_who_asks_is_told_what_a_worker_said(tmp_path: Path) -> None:
    """Of the `up` that runs here, of its store and topic, and only while it runs."""
    here = tmp_path / "here"
    mine = SimpleNamespace(data_dir=here, variables={"CASEPULSE_REDIS": "redis://r:1/0", "CASEPULSE_TOPIC": "t"})
    other = SimpleNamespace(data_dir=here, variables={"CASEPULSE_REDIS": "redis://r:2/0", "CASEPULSE_TOPIC": "t"})
    with up_here(here, **mine.variables):
        assert refusal.refusal(mine) is None
        refusal.note(here, "the log was cut back: restore it")
        assert refusal.refusal(mine) == "the log was cut back: restore it"
        assert refusal.refusal(other) is None
    assert refusal.refusal(mine) is None


def test_the_doctor_says_what_a_worker_said(tmp_path: Path) -> None:
    """And not that one should be started: it would refuse as well."""
    stands = StorePositions({}, {}, "these-rules")
    (found,) = judge(stands, None, "partition 3 was cut back: restore the log")
    assert (found.level, found.what) == ("wrong", "the worker has refused to run (partition 3 was cut back)")
    assert found.remedy == "restore the log; then start `casepulse up` again"


def test_withheld_figures_are_told_of_until_they_are_whole() -> None:
    """How far they are while it lasts, in the server's words; once that they are whole; of a moment's pause nothing."""
    said: list[str] = []
    answers = iter(["", "rebuilt, 1 % read", "", "rebuilt, 2 % read", None, "rebuilt, 9 % read", "", ""])
    rebuilding = Rebuilding(lambda: next(answers), said.append)
    shown = []
    for now in (0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0, 22.0):
        rebuilding.look(now)
        shown.append(rebuilding.progress)
    assert shown == [(), ("rebuilt, 1 % read",), (), *[("rebuilt, 2 % read",)] * 2, ("rebuilt, 9 % read",), (), ()]
    assert said == ["figures are whole again; they were withheld for 14 s"]
