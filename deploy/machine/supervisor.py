"""Keeps programs running: starts each once what it needs is ready, and starts again what ends."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from deploy.machine.running import Failed, Running, last_line, words
from deploy.processes.backoff import FROM_OUTSIDE, Backoff

FIRST_TRIES = 5  # that a program is given which has not been ready even once, and does not come any further
QUICK_SECONDS = 20.0  # a program that ended sooner has something wrong with it; one that lived longer was slow
SLOW_SECONDS = 60.0  # after which it is said, each time, that a program is not ready yet
LOOK_SECONDS = 0.5
LARGEST_LOG_BYTES = 10_000_000


@dataclass
class Service:
    """A program to keep running, and how it stands. Times are of the monotonic clock."""

    running: Running
    needs: tuple[str, ...] = ()  # names of those that must be ready before it is started
    first_after: tuple[str, ...] = ()  # those that must be ready, or have refused, before its first start only
    first_when: Callable[[], bool] = lambda: True  # what must be so before its first start
    refusal: int | None = None  # the exit code after which it is left alone
    grace_seconds: float = 2.0  # that it is given to end
    does: str = "starts"  # what it does until it is ready
    told: Callable[[], str] = lambda: ""  # how far it is with that, in words
    heal: Callable[[int | None, int], str | None] = lambda code, failures: None  # before a start; what it did, in words
    tend: Callable[[bool], None] = lambda is_last: None  # now and then while it runs, and once when it was stopped
    remedy: str = ""  # what to do where it does not come up however often it is started
    aside: bool = False  # nobody waits for it, and nothing else ends where it does not start
    backoff: Backoff = field(default_factory=Backoff)
    due: float = 0.0
    started: float | None = None  # None while it does not run
    ready: float | None = None  # None while it is not
    ended: float | None = None  # when it last ended by itself
    tries: int = 0  # that came no further than the one before, since it was last ready
    failed_with: int | None = None  # the code of its last end, where it was not ready before
    failures: int = 0  # ends by itself in a row, without having been ready
    has_been_ready: bool = False
    has_refused: bool = False
    look_seconds: float = LOOK_SECONDS  # between looks at how far it is
    is_at: str = ""  # how far it was when that was last looked at
    looked: float = 0.0
    moved: float = 0.0  # when it had come further
    said_slow: float = 0.0

    @property
    def name(self) -> str:
        return self.running.program.name

    @property
    def progress(self) -> str:
        """What it does until it is ready and, where it tells, how far it is."""
        if self.started is None:
            return f"{self.name} waits"
        return f"{self.name} {self.does}" + (f", {self.is_at}" if self.is_at else "")


class Supervisor:
    """Starts, watches and stops services.

    *say* is given a line for whoever looks on, *note_refusal* what a service said that will not run as things are.
    """

    def __init__(self, say: Callable[[str], None], note_refusal: Callable[[str], None] = lambda _: None) -> None:
        self._services: dict[str, Service] = {}
        self._say = say
        self._note_refusal = note_refusal
        self._began = time.monotonic()
        self._paused: frozenset[str] = frozenset()

    def keep(self, services: Iterable[Service]) -> None:
        """Keep *services* running from the next turn on, each named after those that it needs."""
        self._services = {service.name: service for service in services}

    @property
    def waiting(self) -> tuple[Service, ...]:
        """Those that are not ready, and may yet be."""
        return tuple(s for s in self._services.values() if s.ready is None and not (s.has_refused or s.aside))

    @property
    def refused(self) -> tuple[Service, ...]:
        """Those that will not run as things are."""
        return tuple(service for service in self._services.values() if service.has_refused)

    def turn(self) -> None:
        """Look at each service once. Raises Failed where one cannot be started at all."""
        for service in self._services.values():
            if service.started is not None:
                self._watch(service)
            elif self._may_start(service):
                self._start(service)

    def pause(self, names: Iterable[str]) -> None:
        """Stop the services named, the last first, until `resume`."""
        self._paused = frozenset(names)
        self._stop([service for service in self._services.values() if service.name in self._paused])

    def resume(self) -> None:
        """Start again what was paused."""
        for name in self._paused & self._services.keys():
            self._services[name].due = 0.0
        self._paused = frozenset()

    def stop(self) -> None:
        """Stop everything, the last first."""
        self._stop(list(self._services.values()))

    def tend(self) -> None:
        """Do what is to be done now and then: each service's own, and keep logs from growing for ever."""
        for service in self._services.values():
            if service.ready is not None:
                service.tend(False)
            if service.started is not None:
                with suppress(OSError):  # no room to set it aside: another time
                    service.running.trim_log(LARGEST_LOG_BYTES)

    def _has(self, needs: Iterable[str]) -> bool:
        return all(self._services[name].ready is not None for name in needs if name in self._services)

    def _has_refused(self, name: str) -> bool:
        return name in self._services and self._services[name].has_refused

    def _may_start(self, service: Service) -> bool:
        if service.name in self._paused or service.has_refused or time.monotonic() < service.due:
            return False
        if not self._has(service.needs) or service.has_been_ready:
            return self._has(service.needs)
        return service.first_when() and self._has(name for name in service.first_after if not self._has_refused(name))

    def _start(self, service: Service) -> None:
        service.tries += 1
        try:
            if done := service.heal(service.failed_with, service.failures):
                service.failed_with, service.failures, service.tries = None, 0, 1
                self._say(done)
            service.running.start()
        except (Failed, OSError) as exc:  # the last run's process is not quite gone, or there is no room for a log
            self._again(service, service.backoff.after(0.0, 1, was_of_use=False), str(exc))
        else:
            service.started = service.said_slow = service.moved = time.monotonic()

    def _watch(self, service: Service) -> None:
        if (code := service.running.poll()) is not None:
            self._ended(service, code)
        elif service.ready is None:
            if service.running.program.ready(service.running.pid):
                self._is_ready(service)
            else:
                self._look(service, time.monotonic())
                self._tell_if_slow(service, time.monotonic())

    def _look(self, service: Service, now: float) -> None:
        """Ask how far *service* is: as long as it comes further, nobody gives it up."""
        if now - service.looked < service.look_seconds:
            return
        service.looked = now
        told = service.told()
        if told and told != service.is_at:
            service.is_at, service.moved, service.tries = told, now, 0

    def _ended(self, service: Service, code: int) -> None:
        now = time.monotonic()
        lived = now - (service.started or now)
        was_of_use = service.ready is not None
        service.started = service.ready = None
        service.ended = service.ended or now
        if not was_of_use and code not in FROM_OUTSIDE:
            service.failed_with, service.failures = code, service.failures + 1
        log = service.running.program.log
        if code == service.refusal:
            service.has_refused = True
            self._refused(service, words(log))
        elif self._has(service.needs):
            if lived > QUICK_SECONDS or code in FROM_OUTSIDE:
                service.tries = 0
            how = f"killed by signal {-code}" if code < 0 else f"code {code}"
            self._again(
                service, service.backoff.after(lived, code, was_of_use), how, "" if code < 0 else last_line(log)
            )
        else:
            service.tries = 0  # what it needs went first; it starts when that is back

    def _refused(self, service: Service, said: str) -> None:
        self._say(
            f"the {service.name} has refused to run, and is not started again; the rest stays up. It said: {said}"
        )
        self._note_refusal(said)

    def _again(self, service: Service, wait: float, how: str, said: str = "") -> None:
        if not service.has_been_ready and service.tries >= FIRST_TRIES:
            log = service.running.program.log
            remedy = f". {service.remedy}" if service.remedy else ""
            failed = Failed(f"{service.name} does not start ({how}); the last line of {log}: {last_line(log)}{remedy}")
            if not service.aside:
                raise failed
            service.has_refused = True
            self._say(f"{failed}. The rest stays up")
            return
        service.due = time.monotonic() + wait
        said = f". The last it said: {said}" if said else ""
        if service.failures < FIRST_TRIES:
            self._say(f"{service.name} ended ({how}); starting it again{said}")
        elif service.failures % FIRST_TRIES == 0:  # it may take hours until somebody looks
            times = f"{service.failures} times in a row"
            self._say(
                f"{service.name} does not come up, {times} ({how}){said}. {service.remedy or 'It is tried again'}"
            )

    def _is_ready(self, service: Service) -> None:
        service.ready, service.tries = time.monotonic(), 0
        service.failed_with, service.failures = None, 0
        if not service.has_been_ready:
            where = f": {service.running.program.address}" if service.aside else ""
            self._say(f"{service.name} ready in {service.ready - self._began:.1f} s{where}")
        elif service.ended is not None:
            self._say(f"{service.name} is back after {service.ready - service.ended:.1f} s")
        service.has_been_ready, service.ended = True, None

    def _tell_if_slow(self, service: Service, now: float) -> None:
        if service.started is None or now - service.said_slow < SLOW_SECONDS:
            return
        service.said_slow = now
        passed = f"after {now - service.started:.0f} s"
        if now - service.moved < SLOW_SECONDS:
            self._say(f"{passed} the {service.progress}: let it go on")
        else:
            self._say(f"{service.name} is not ready {passed}; see {service.running.program.log}")

    def _stop(self, services: list[Service]) -> None:
        """Ask each to end, once those that need it have ended; kill what takes longer than it is given."""
        left = [service for service in services if service.started is not None]
        while left:
            needed = {name for service in left for name in service.needs}
            free = [service for service in left if service.name not in needed]
            for service in free:
                service.running.ask_to_end()
            until = time.monotonic() + max(service.grace_seconds for service in free)
            for service in free:
                service.running.stop(max(0.0, until - time.monotonic()))
                service.started = service.ready = None
                service.tend(True)
            left = [service for service in left if service not in free]
