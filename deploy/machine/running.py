"""A program's process on loopback: started, watched, frozen, ended; it ends with whoever started it."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# A child asks the kernel for a signal on its parent's death and then becomes the program. SIGKILL and not SIGTERM: it
# also ends a child that is frozen or busy, and loses nothing, as what was written is with the kernel, and both programs
# start from an unclean end. Not Popen's preexec_fn: Python code between fork and exec may deadlock if threads run.
DIE_WITH_PARENT = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
    sys.exit("cannot be tied to its parent's life")
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class Failed(Exception):
    """A program did not start; the message names its log and the log's last line."""


@dataclass(frozen=True)
class Program:
    """What to run, where, and how to know that it is ready."""

    name: str
    address: str
    argv: tuple[str, ...]
    data: Path
    ready: Callable[[int], bool]  # given the process id: another process may be answering at the address
    folder: Path | None = None  # to run in, where that is not *data*
    environment: Mapping[str, str] = field(default_factory=dict)  # beside our own

    @property
    def log(self) -> Path:
        return self.data / f"{self.name}.log"


class Running:
    """A program's process. It may be started again after it has ended."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._started().pid

    def start(self) -> None:
        """Start the program, in a session of its own so that the terminal's Ctrl-C reaches only us."""
        if self._process is not None and self.poll() is None:
            raise RuntimeError(f"{self.program.name} is already running")
        # To Linux the parent is the thread that forked: the child would die when a passing thread ends.
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.program.name} must be started from the main thread")
        with self.program.log.open("ab") as log:
            self._claim(log.fileno())
            self._process = subprocess.Popen(
                (sys.executable, "-ISc", DIE_WITH_PARENT, str(os.getpid()), *self.program.argv),
                cwd=self.program.folder or self.program.data,
                env={**os.environ, **self.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self, timeout: float) -> None:
        """Wait until the program answers; raise Failed if it ends first or takes more than *timeout* seconds."""
        until = time.monotonic() + timeout
        while not self.program.ready(self.pid):
            if (code := self.poll()) is not None:
                raise self._failed(f"ended with code {code}")
            if time.monotonic() > until:
                raise self._failed(f"is not ready after {timeout:g} s")
            time.sleep(0.02)

    def poll(self) -> int | None:
        """Return the exit code, or None while the process lives (frozen is alive)."""
        return self._started().poll()

    def ask_to_end(self) -> None:
        self._signal(signal.SIGTERM)
        self.thaw()  # a frozen process hears nothing until it goes on

    def stop(self, grace: float) -> None:
        """Ask the program to end, and kill it if it has not within *grace* seconds."""
        self.ask_to_end()
        try:
            self._started().wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once, frozen or not."""
        self._signal(signal.SIGKILL)
        self._started().wait()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def trim_log(self, limit: int) -> None:
        """Begin the log afresh once it is longer than *limit*; what it held can be read until the next time."""
        if self.program.log.stat().st_size > limit:
            self._set_aside()

    def _set_aside(self) -> None:
        shutil.copyfile(self.program.log, self.program.log.with_suffix(".log.before"))
        os.truncate(self.program.log, 0)  # the process goes on writing at the end, wherever that is

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.killpg(self.pid, number)  # the group: Valkey forks to rewrite its append-only file

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.program.name} was never started")
        return self._process

    def _claim(self, log: int) -> None:
        """Lock the log, which the child holds open for life: two Valkeys would write one append-only file."""
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"{self.program.name} is already running in {self.program.data}") from None
        # So that the last line is this run's, and the last run's can still be read.
        self._set_aside()

    def _failed(self, what: str) -> Failed:
        log = self.program.log
        return Failed(f"{self.program.name} {what}; the last line of {log}: {last_line(log) or 'nothing'}")


def last_line(log: Path) -> str:
    """Return the last line of *log* that is no part of a stack trace, such as why a disk was full."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 65536))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line for line in reversed(lines) if line and not line[0].isspace()), "")


SPEAKERS = ("casepulse worker: refused to run: ", "casepulse worker: ", "Error: ")


def words(log: Path) -> str:
    """Return the last line of *log* as a person is told it: without who says it."""
    line = last_line(log)
    return next((line.removeprefix(who) for who in SPEAKERS if line.startswith(who)), line)
