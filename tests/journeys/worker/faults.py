"""Faults, done to real processes while events flow: each at a step of a worker's work."""

import itertools
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import redis as redis_client

from deploy.machine.running import Running
from streams.broker import topics
from tests.journeys.parts import Process, batches, committed, eventually, send

SESSION_SECONDS = 6.0  # until Kafka gives a silent worker's partitions to another
# A backup is of one moment; a copy key by key, during commits, would be of none.
COPY = """
local copied = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  copied[#copied + 1] = key
  copied[#copied + 1] = redis.call('DUMP', key)
end
return copied
"""


@dataclass(frozen=True)
class Hit:
    """A fault and the step that it hit."""

    fault: str
    step: str


@dataclass
class Scene:
    """The parts that faults are done to. It keeps at least two workers alive."""

    kafka: Running
    store: Running
    env: Mapping[str, str]
    folder: Path
    command: tuple[str, ...]
    arguments: Callable[[], tuple[str, ...]]
    authorities: Sequence[str] = ()
    workers: list[Process] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    trapped: bool = True  # whether its workers stop at steps; a stock agent has no traps
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    copied: dict[bytes, bytes] = field(default_factory=dict)  # the store, by key
    refusals: list[str] = field(default_factory=list)  # in words, of workers that ended with 3
    held: threading.Event = field(default_factory=threading.Event)  # while it is set, nothing more is sent
    quiet: threading.Event = field(default_factory=threading.Event)  # set once nothing is on its way any more

    @property
    def traps(self) -> Path:
        return self.folder / "traps"

    def client(self) -> "redis_client.Redis":
        return redis_client.Redis.from_url(self.store.program.address, socket_timeout=5)

    def join(self) -> Process:
        """Start one more worker."""
        log = self.folder / f"worker-{next(self._numbers)}.log"
        process = Process(*self.arguments(), env=self.env, log=log, command=self.command)
        self.workers.append(process)
        return process

    def join_with_other_rules(self) -> Process:
        """Start a worker that counts by other rules, of an authority of which there are no events."""
        rules = self.folder / "other-rules.toml"
        rules.write_text("[X99999999]\nextra_closure_days = [2026-11-30]\n")
        log = self.folder / f"worker-{next(self._numbers)}.log"
        env = {**self.env, "CASEPULSE_AUTHORITIES": str(rules)}
        return Process(*self.arguments(), env=env, log=log, command=self.command)

    def mend(self) -> None:
        """Bring the workers back to two, as a supervisor would."""
        self._bury()
        for extra in self.workers[2:]:
            extra.stop(12)
        self.workers = self.workers[:2]
        while len(self.workers) < 2:
            self.join()

    def _bury(self) -> None:
        """Forget the workers that ended, but for what they refused."""
        self.refusals += [_refusal(worker) for worker in self.workers if worker.ended() == 3]
        self.workers = [worker for worker in self.workers if worker.ended() is None]

    def copy_store(self) -> None:
        """Take a copy of the store, to roll back to later."""
        client = self.client()
        flat = client.eval(COPY, 0)
        assert isinstance(flat, list)
        self.copied = dict(zip(flat[::2], flat[1::2], strict=True))
        client.close()

    def hit(self, fault: str, step: str) -> None:
        """Do *fault* to a worker that has come to *step*."""
        victim = self._trapped(step) if self.trapped else self.workers[0]
        FAULTS[fault](self, victim)
        self.hits.append(Hit(fault, step))
        if victim.ended() is None:
            victim.signal(signal.SIGCONT)
        self.mend()

    def _trapped(self, step: str) -> Process:
        """Arm *step*, wait until a worker has stopped there, and return it."""
        (self.traps / step).touch()
        if step == "seek":  # comes with an assignment, so bring one about
            self.join()
        until = time.monotonic() + 30
        while not (stopped := list(self.traps.glob(f"{step}.*"))):
            assert time.monotonic() < until, f"no worker came to {step}"
            self._bury()
            while len(self.workers) < 2:
                self.join()
            time.sleep(0.02)
        pid = int(stopped[0].suffix[1:])
        stopped[0].unlink()
        eventually(lambda: _state(pid) == "T", within=5, every=0.01)
        return next(worker for worker in self.workers if worker.pid == pid)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _refusal(worker: Process) -> str:
    return next(line for line in worker.log.read_text().splitlines() if "refused" in line)


def _kill(scene: Scene, victim: Process) -> None:
    victim.kill()


def _freeze(scene: Scene, victim: Process) -> None:
    victim.signal(signal.SIGSTOP)
    time.sleep(SESSION_SECONDS + 2)  # past the session: its partitions go to another worker, and it wakes without them


def _join(scene: Scene, victim: Process) -> None:
    scene.join()
    time.sleep(1.5)
    victim.signal(signal.SIGCONT)
    time.sleep(1.5)


def _leave(scene: Scene, victim: Process) -> None:
    victim.signal(signal.SIGTERM)
    victim.signal(signal.SIGCONT)
    victim.wait(12)


def _store_killed(scene: Scene, victim: Process) -> None:
    scene.store.kill()
    scene.store.start()
    scene.store.wait_ready(10)


def _store_frozen(scene: Scene, victim: Process) -> None:
    scene.store.freeze()
    victim.signal(signal.SIGCONT)
    time.sleep(7)  # past the client's timeout
    scene.store.thaw()


def _store_rolled_back(scene: Scene, victim: Process) -> None:
    client = scene.client()
    with client.pipeline(transaction=True) as pipe:
        pipe.flushall()
        for key, dump in scene.copied.items():
            pipe.restore(key, 0, dump)
        pipe.execute()
    client.close()


def _store_put_back(scene: Scene, victim: Process) -> None:
    """Put the store back in place to where it was a moment ago, and once more to where it is: connections stay open."""
    scene.copy_store()
    victim.signal(signal.SIGCONT)
    time.sleep(1)
    _store_rolled_back(scene, victim)
    scene.copy_store()
    _store_rolled_back(scene, victim)


def _store_cut(scene: Scene, victim: Process) -> None:
    """Lose the end of the store's file with the power."""
    scene.store.kill()
    files = sorted(scene.store.program.data.rglob("*.incr.aof"))
    with files[-1].open("r+b") as file:
        file.truncate(max(0, files[-1].stat().st_size - 20_000))
    scene.store.start()
    scene.store.wait_ready(10)


def _right_missing(scene: Scene, victim: Process) -> None:
    """Take a right away that a commit needs, one that it needs late; give it back when a worker has refused."""
    client = scene.client()
    client.execute_command("ACL", "SETUSER", "default", "-hdel")
    victim.signal(signal.SIGCONT)
    eventually(lambda: any(worker.ended() == 3 for worker in scene.workers), within=30)
    client.execute_command("ACL", "SETUSER", "default", "+hdel")
    client.close()


def _log_cut(scene: Scene, victim: Process) -> None:
    """Lose the end of the log with the power, and have it grow again with other records; later it is restored."""
    victim.signal(signal.SIGCONT)
    scene.quiet.clear()
    scene.held.set()
    assert scene.quiet.wait(30)
    topic = scene.env["CASEPULSE_TOPIC"]
    sent = sum(end for _, end in topics.bounds(scene.kafka.program.address, topic).values())
    eventually(lambda: committed(scene.store.program.address, topic) == sent, within=60)
    scene.kafka.kill()
    log = scene.kafka.program.data / "log"
    copies = scene.folder / "copies"
    for folder in log.glob(f"{topic}-[0-9]*"):
        shutil.copytree(folder, copies / folder.name)
        segment = max(folder.glob("*.log"))  # Kafka begins another where an index does not fit what was restored
        with segment.open("r+b") as file:
            file.truncate(batches(segment)[-4])
    scene.kafka.start()
    scene.kafka.wait_ready(60)
    junk = [{"authority": name, "type": "unknown"} for name in scene.authorities for _ in range(300)]
    send(scene.kafka.program.address, topic, junk)
    eventually(lambda: {worker.ended() for worker in scene.workers} in ({3}, {1, 3}), within=90)  # 1: Kafka was away
    scene.kafka.stop(grace=20)
    for folder in copies.iterdir():
        shutil.rmtree(log / folder.name)
        shutil.move(folder, log / folder.name)
    scene.kafka.start()
    scene.kafka.wait_ready(60)
    scene.held.clear()


def _other_rules(scene: Scene, victim: Process) -> None:
    """Have a worker of other rules take over, as in an upgrade, and be killed at its count or later: a rollback."""
    other = scene.join_with_other_rules()
    victim.signal(signal.SIGCONT)
    try:
        time.sleep(6 if len(scene.hits) % 2 else 3)
    finally:
        other.kill()


def _store_flushed(scene: Scene, victim: Process) -> None:
    client = scene.client()
    client.flushall()
    client.close()


def _kafka_stopped(scene: Scene, victim: Process) -> None:
    scene.kafka.stop(grace=10)
    victim.signal(signal.SIGCONT)
    time.sleep(10)
    scene.kafka.start()
    scene.kafka.wait_ready(60)


FAULTS: dict[str, Callable[[Scene, Process], None]] = {
    "kill -9": _kill,
    "freeze": _freeze,
    "join": _join,
    "leave": _leave,
    "store killed": _store_killed,
    "store frozen": _store_frozen,
    "store rolled back": _store_rolled_back,
    "store flushed": _store_flushed,
    "Kafka stopped": _kafka_stopped,
    "store put back": _store_put_back,
    "store's file cut": _store_cut,
    "right missing": _right_missing,
    "log cut": _log_cut,
    "other rules": _other_rules,
}

PLAN = (
    ("kill -9", "read"),
    ("kill -9", "fold"),
    ("kill -9", "send"),
    ("kill -9", "reply lost"),
    ("kill -9", "applied"),
    ("kill -9", "seek"),
    ("freeze", "read"),
    ("freeze", "send"),
    ("freeze", "reply lost"),
    ("join", "fold"),
    ("join", "send"),
    ("join", "applied"),
    ("leave", "read"),
    ("leave", "send"),
    ("leave", "seek"),
    ("leave", "reply lost"),
    ("store killed", "send"),
    ("store killed", "applied"),
    ("store killed", "fold"),
    ("store killed", "seek"),
    ("store frozen", "send"),
    ("store frozen", "seek"),
    ("store rolled back", "read"),
    ("store rolled back", "send"),
    ("store rolled back", "reply lost"),
    ("store rolled back", "seek"),
    ("store rolled back", "applied"),
    ("store flushed", "read"),
    ("store flushed", "send"),
    ("store flushed", "applied"),
    ("store flushed", "seek"),
    ("Kafka stopped", "send"),
    ("Kafka stopped", "applied"),
    ("store put back", "read"),
    ("store put back", "fold"),
    ("store put back", "send"),
    ("store's file cut", "send"),
    ("store's file cut", "applied"),
    ("right missing", "fold"),
    ("right missing", "send"),
    ("log cut", "read"),
    ("log cut", "applied"),
    ("other rules", "fold"),
    ("other rules", "send"),
    ("other rules", "seek"),
)


REFUSED = ("right missing", "log cut")  # faults that last until a worker refuses: a stock agent never does


def table(hits: list[Hit]) -> str:
    """Return how many faults hit which step."""
    steps = list(dict.fromkeys(hit.step for hit in hits))
    lines = [f"{'fault':18}" + "".join(f"{step:>12}" for step in steps)]
    for fault in FAULTS:
        counts = [sum(hit == Hit(fault, step) for hit in hits) for step in steps]
        lines.append(f"{fault:18}" + "".join(f"{n or '':>12}" for n in counts))
    return "\n".join(lines)
