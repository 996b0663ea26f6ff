"""Broken installations, on real parts, and what the doctor says of each: what is wrong, and what to do about it."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from kafka.admin import NewPartitions, NewTopic
from kafka.structs import TopicPartition

from deploy.doctor import Level, broker, examine, machine, store
from deploy.doctor.broker import clock
from deploy.doctor.positions import _rebuilding
from deploy.machine.programs import free_port
from events.decode import DeadLetter, decode
from metrics.counting.fingerprint import fingerprint
from metrics.counting.fold import fold
from metrics.rules.rules import RulesByAuthority
from metrics.store.commits import Commit
from metrics.store.connection import connect
from metrics.store.position import FORMAT, FORMATS_BEFORE, UNCOUNTED, Log, Position
from metrics.store.redis import Store
from streams.broker import topics
from streams.broker.partitions import partition_of
from tests.conftest import Store as Valkey
from tests.journeys.machine.test_spine import log_of
from tests.journeys.parts import MAIN, eventually, new_topic, send

PARTITIONS = 4
SAID = Path(os.environ["CASEPULSE_SAID"]) if "CASEPULSE_SAID" in os.environ else None  # a page of it, for docs/
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("CASEPULSE_")}
NOW = datetime.now(UTC)
LOG = [{name: it for name, it in event.items() if name != "origin"} for event in log_of(4, histories=1)]
CHILDREN = {"canary", *(str(event["child"]) for event in LOG if "child" in event)}


def reported(authority: str, complete_to: datetime) -> dict[str, Any]:
    """Return what a feed tells each minute."""
    return {
        "type": "feed.reported",
        "id": f"feed-{complete_to.timestamp()}",
        "authority": authority,
        "record": "eclipse",
        "source": "eclipse",
        "occurred_at": complete_to.isoformat(),
        "recorded_at": complete_to.isoformat(),
        "complete_to": complete_to.isoformat(),
    }


def healthy() -> list[dict[str, Any]]:
    """Return a log whose feeds have reported just now."""
    return [*LOG, *(reported(f"X9999990{n}", datetime.now(UTC)) for n in range(4))]


@pytest.fixture(autouse=True)
def heading(request: pytest.FixtureRequest) -> None:
    """Begin what is kept of a test with what that test is about."""
    if SAID and request.function.__name__.startswith("test_one_"):
        with SAID.open("a") as page:
            page.write(f"\n## {request.function.__doc__.strip()}\n")


def keep(said: Iterable[str]) -> None:
    """Keep what was said, where somebody wants it, each line once."""
    if SAID:
        before = SAID.read_text().rpartition("\n## ")[2]
        with SAID.open("a") as page:
            page.writelines(f"{line}\n" for line in said if line not in before)


@dataclass
class Installation:
    """A Kafka topic and a Valkey, filled as a worker fills it."""

    kafka: str
    valkey: Valkey
    topic: str
    folder: Path
    other: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CASEPULSE_KAFKA": self.kafka,
            "CASEPULSE_REDIS": self.valkey.url,
            "CASEPULSE_TOPIC": self.topic,
            "CASEPULSE_DATA_DIR": str(self.folder),
            "CASEPULSE_AUTHORITIES": str(self.folder / "authority.toml"),
            **self.other,
        }

    def fill(self, events: Iterable[Mapping[str, Any] | bytes], partitions: int = PARTITIONS) -> None:
        """Send *events*, and leave the store as a worker would that has read them all and gone home."""
        told = list(events)
        send(self.kafka, self.topic, told, partitions)
        asyncio.run(_committed(self.kafka, self.valkey.url, self.topic, told, partitions))

    def found(self, level: Level, **options: bool) -> list[str]:
        """Return what the doctor says; no child is ever in it."""
        findings = examine(self.environ, **options)
        keep(map(str, findings))
        said = "\n".join(str(finding) for finding in findings)
        assert not [child for child in CHILDREN if child in said]
        assert all(finding.remedy and "\n" not in str(finding) for finding in findings)
        return [finding.what for finding in findings if finding.level is level]

    def wrong(self, **options: bool) -> list[str]:
        return self.found(Level.WRONG, **options)

    def worth_knowing(self, **options: bool) -> list[str]:
        return self.found(Level.WORTH_KNOWING, **options)

    def store(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey.url, decode_responses=True)


async def _committed(kafka: str, url: str, topic: str, told: list[Mapping[str, Any] | bytes], partitions: int) -> None:
    rules = RulesByAuthority()
    store = Store(connect(url), topic, fingerprint(rules))
    log = topics.describe(kafka, topic)
    for number in range(partitions):
        here = [it for it in told if partition_of(_authority(it), partitions) == number]
        position = await store.claim(number, log, len(here))
        events, dead = [], []
        for offset, it in enumerate(here):
            try:
                events.append(decode(it if isinstance(it, bytes) else json.dumps(it).encode(), NOW))
            except DeadLetter as letter:
                dead.append((offset, f"{offset} {letter.reason} {letter.place}"))
        change = fold({}, {}, events, rules)
        await store.commit(
            number,
            Commit(
                token=position.token,
                expected=0,
                position=len(here),
                generation=position.generation,
                change=change,
                dead=dead,
            ),
        )
    await store.close()


def _authority(told: Mapping[str, Any] | bytes) -> str:
    return "X99999901" if isinstance(told, bytes) else str(told["authority"])


@pytest.fixture
def installation(kafka: str, valkey: Valkey, tmp_path: Path) -> Installation:
    """One that is well."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    (folder / "authority.toml").write_text("")
    return Installation(kafka, valkey, new_topic(kafka, PARTITIONS), folder)


def run(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*MAIN, "doctor", *arguments], env={**CLEAN, **env}, text=True, capture_output=True, timeout=60, check=False
    )
    keep(line for line in done.stdout.splitlines() if line.startswith(("wrong", "worth")))
    return done


def test_one_that_is_well(installation: Installation) -> None:
    """Nothing is wrong; one copy on one disk is worth knowing, and that no worker runs just now. Exit 0."""
    installation.fill(healthy())
    assert installation.wrong(with_cases=True) == []
    eventually(lambda: "no worker runs" in installation.worth_knowing(), within=30)  # one that was killed may linger
    everybody = "X99999900, X99999901, X99999902, X99999903"
    assert installation.worth_knowing() == [
        f"topic {installation.topic} has 4 partitions, and 8 are usual",
        f"topic {installation.topic} has one copy, on one disk",
        "Kafka does not ask who comes, so whoever reaches it can read every event and send some",
        "the store asks for no password, so whoever reaches it can read and change every case",
        "no worker runs",
        f"authority.toml names no team of {everybody}, so every locality there is unknown",
        f"authority.toml sets no population of {everybody}, so rates have no number there",
        f"authority.toml sets no targets of {everybody}, so it is judged by the few that hold for all",
    ]
    assert "deploy/wexshire.toml has those of X99999901" in str(examine(installation.environ))
    done = run(installation.environ, "--json")
    assert (done.returncode, {it["level"] for it in json.loads(done.stdout)}) == (0, {"worth knowing"})


def test_one_that_is_not_there(tmp_path: Path) -> None:
    """1: neither Kafka nor the store answers. Exit 1, a line each."""
    env = {
        "CASEPULSE_KAFKA": f"127.0.0.1:{free_port()}",
        "CASEPULSE_REDIS": f"redis://127.0.0.1:{free_port()}/0",
        "CASEPULSE_DATA_DIR": str(tmp_path),
    }
    done = run(env)
    assert (done.returncode, done.stderr) == (1, "")
    kafka, store, total = done.stdout.splitlines()
    assert kafka.startswith("wrong          Kafka does not answer at 127.0.0.1:")
    assert store.startswith("wrong          the store does not answer at 127.0.0.1:")
    assert total == "2 wrong."


def test_one_without_its_topic(installation: Installation) -> None:
    """2: the name is mistyped, or nobody made it."""
    installation.other["CASEPULSE_TOPIC"] = "case-evnets"
    assert installation.wrong() == ["Kafka has no topic case-evnets"]


def test_one_whose_topic_was_made_by_hand(installation: Installation, kafka: str) -> None:
    """3: a week's retention, compaction, the producer's clock, more copies wanted than there are, no dead letters."""
    installation.topic += "-by-hand"
    admin = topics.admin_of(kafka)
    settings = {
        "retention.ms": "604800000",
        "cleanup.policy": "compact",
        "min.insync.replicas": "2",
        "max.message.bytes": "10000",
    }
    admin.create_topics([NewTopic(installation.topic, PARTITIONS, 1, topic_configs=settings)])
    admin.wait_for_topics([installation.topic])
    admin.close()
    name = installation.topic
    assert installation.wrong() == [
        f"Kafka has no topic {name}-rejected, where dead letters go",
        f"Kafka has no topic {name}-figures, where figures are published",
        f"topic {name} has retention.ms=604800000, and what is dropped for its age can never be counted again",
        f"topic {name} has cleanup.policy=compact, and compaction drops all but one event of an authority",
        f"topic {name} has message.timestamp.type=CreateTime, and workers refuse to run: "
        "a producer's clock is not to be trusted",
        f"topic {name} takes no event of 64 KiB (max.message.bytes is 10000)",
        f"topic {name} wants 2 copies in step and has 1, so nothing can be sent to it",
    ]


def test_one_whose_store_forgets(installation: Installation) -> None:
    """4: it evicts, is nearly full, writes nothing to disk, and is a copy of another."""
    installation.fill(healthy())
    with installation.store() as client:
        client.config_set("appendonly", "no")
        client.config_set("maxmemory-policy", "allkeys-lru")
        evicts, disk = installation.wrong()
        assert evicts.startswith("the store may evict keys (maxmemory-policy is allkeys-lru), and with them children")
        assert disk.startswith("the store writes no append-only file")
        client.config_set("appendonly", "yes")
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 50_000)
        (full,) = installation.wrong()
        assert full.startswith("the store has taken 9")
        client.config_set("maxmemory", 0)
        client.replicaof("127.0.0.1", str(free_port()))
        assert installation.wrong() == ["the store at this address is a copy (role:slave) and takes no writes"]
        client.replicaof("NO", "ONE")


def made_anew(installation: Installation) -> None:
    admin = topics.admin_of(installation.kafka)
    admin.delete_topics([installation.topic])
    eventually(lambda: installation.topic not in admin.list_topics(), within=10)
    admin.close()
    topics.ensure(installation.kafka, installation.topic, PARTITIONS)


def partitions_added(installation: Installation) -> None:
    admin = topics.admin_of(installation.kafka)
    admin.create_partitions({installation.topic: NewPartitions(PARTITIONS + 2)})
    admin.close()
    eventually(lambda: topics.describe(installation.kafka, installation.topic).partitions == PARTITIONS + 2, within=10)


def of_another_cluster(installation: Installation) -> None:
    each_position(installation, lambda client, key: client.hset(key, "cluster", "another"))


def log_cut_in_front(installation: Installation) -> None:
    roll_back(installation, 1)
    admin = topics.admin_of(installation.kafka)
    used = {partition_of(str(event["authority"]), PARTITIONS) for event in LOG}
    admin.delete_records({TopicPartition(installation.topic, number): 3 for number in used})
    admin.close()


def read_past_the_end(installation: Installation) -> None:
    roll_back(installation, 10_000_000)


def another_format(installation: Installation) -> None:
    each_position(installation, lambda client, key: client.hset(key, "format", "99"))


def damaged(installation: Installation) -> None:
    each_position(installation, lambda client, key: client.hdel(key, "offset"))


def roll_back(installation: Installation, offset: int) -> None:
    def back(client: redis.Redis, key: str) -> None:
        if client.hget(key, "offset") != "0":  # a partition that nothing was sent to
            client.hset(key, mapping={"offset": offset, "head": offset})

    each_position(installation, back)


def each_position(installation: Installation, do: Callable[[redis.Redis, str], object]) -> None:
    with installation.store() as client:
        for key in list(client.scan_iter("*:position")):
            do(client, key)


REFUSALS = (
    (made_anew, "was deleted and made again since the store was filled"),
    (partitions_added, "had 4 partitions and now has 6"),
    (of_another_cluster, "the store was filled from another Kafka cluster"),
    (log_cut_in_front, "what is to be read next is gone from Kafka"),
    (read_past_the_end, "the store has read further than the log goes"),
    (another_format, f"of the store: format 99, and not {FORMAT}"),
    (damaged, "of the store: the position is damaged"),
)


def test_a_store_of_the_version_before(installation: Installation) -> None:
    """No fault: a worker carries it on, and what it holds is read meanwhile, its dead letters for one."""
    installation.fill(healthy())
    each_position(installation, lambda client, key: client.hset(key, "format", FORMATS_BEFORE[-1]))
    assert [what for what in installation.found(Level.WORTH_KNOWING) if "written by an earlier version" in what]
    assert not [what for what in installation.wrong() if "format" in what or "damaged" in what]
    env = {**CLEAN, **installation.environ}
    done = subprocess.run([*MAIN, "dead-letters"], env=env, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, "No dead letters.\n")


@pytest.mark.parametrize(("spoil", "says"), REFUSALS, ids=[spoil.__name__ for spoil, _ in REFUSALS])
def test_one_that_a_worker_refuses(
    installation: Installation, spoil: Callable[[Installation], None], says: str
) -> None:
    """5 to 7: the log and the store are not of each other. One line, and nothing is touched."""
    installation.fill(healthy())
    spoil(installation)
    with installation.store() as client:
        before = {key: client.dump(key) for key in client.scan_iter("*:position")}
        (said,) = [what for what in installation.wrong() if "no worker runs" not in what]
        assert says in said
        assert {key: client.dump(key) for key in client.scan_iter("*:position")} == before


def test_a_feed_that_goes_on_while_the_doctor_looks(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came, and was counted, between its look at Kafka and its look at the store is no log cut back."""
    installation.fill(healthy())
    look = broker.look

    def earlier(*about: Any) -> broker.KafkaView:
        seen = look(*about)
        return replace(seen, bounds={n: (oldest, max(0, end - 3)) for n, (oldest, end) in seen.bounds.items()})

    monkeypatch.setattr(broker, "look", earlier)
    assert not [what for what in installation.wrong() if "further than the log" in what]


def test_one_whose_sources_are_ill(installation: Installation) -> None:
    """8: a feed late and one silent, dead letters, events that wait, teams that nobody knows, halves of revisions."""
    late, silent = NOW - timedelta(hours=3), NOW - timedelta(days=30)
    first = {
        "type": "enquiry.received",
        "authority": "X99999900",
        "child": "canary",
        "record": "E1",
        "source": "carefirst",
        "occurred_on": "2026-06-01",
        "recorded_at": "2026-06-01T12:00:00Z",
        "team": "North Assesment",
    }
    halves = [{**first, "id": f"half-{n}", **({"revision": n} if n else {})} for n in range(2)]
    (installation.folder / "authority.toml").write_text(
        '[X99999900]\n[[X99999900.teams]]\nteam = "North Assessment"\nlocality = "Northern"\n'
    )
    installation.fill(
        [*LOG, *halves, reported("X99999900", late), reported("X99999901", silent), b"no JSON", b"{}", b"\xff"]
    )
    send(installation.kafka, installation.topic, LOG[:7], PARTITIONS)
    wrong = installation.wrong(with_cases=True)
    assert wrong[0] == "7 events wait and no worker runs"
    assert wrong[1].startswith("X99999900: the feed eclipse is late, complete to ")
    assert wrong[2].startswith("1 fact has tellings with a revision and tellings without (X99999900 ")
    told = installation.worth_knowing()
    assert [what for what in told if what.startswith("3 records could not be read (")]
    assert [what for what in told if what.startswith("X99999901: nothing from the source eclipse since ")]
    assert [what for what in told if what.startswith("X99999900: events tell ") and "North Assesment" in what]
    assert "X99999900: authority.toml names teams that no event tells (North Assessment)" in told
    assert "is 'North Assesment' meant as 'North Assessment'?" in str(examine(installation.environ))
    assert "is 'North Assessment' meant as 'North Assesment'?" in str(examine(installation.environ))


def test_one_whose_files_are_wrong(installation: Installation) -> None:
    """9: a key and a log that others may read, faults in authority.toml, an open secret, settings at odds."""
    key = installation.folder / "pseudonym.key"
    key.write_text("ab" * 32)
    key.chmod(0o644)
    password = installation.folder / "redis.secret"
    password.write_text("secret-word\n")
    password.chmod(0o640)
    (installation.folder / "authority.toml").write_text("[E1]\n[X99999900]\nextra_closure_day = []\n")
    log = installation.folder / "worker.log"
    log.touch()
    log.chmod(0o644)
    others, *wrong = installation.wrong()
    assert others == f"other users of this machine can read or write 1 file or folder of {key.parent} (worker.log)"
    assert wrong[0] == f"{key}, the key of pseudonyms, can be read by other users"
    assert [what.partition(", line ")[2] for what in wrong[1:]] == [
        "1: E1: is no authority",
        "3: extra_closure_day: there is no such key",
    ]
    installation.other |= {"CASEPULSE_REDIS_PASSWORD_FILE": str(password)}
    assert f"{password} holds a secret and can be read by other users" in installation.worth_knowing()
    installation.other |= {"CASEPULSE_KAFKA_SECURITY": "sasl_ssl"}
    assert installation.wrong() == [
        "CASEPULSE_KAFKA_USER is not set, and CASEPULSE_KAFKA_SECURITY is sasl_ssl",
        "CASEPULSE_KAFKA_PASSWORD_FILE is not set, and CASEPULSE_KAFKA_SECURITY is sasl_ssl",
    ]
    assert "secret-word" not in str(examine(installation.environ))


def test_one_whose_time_zone_is_another_place(installation: Installation) -> None:
    """10: the machine takes London for Reykjavik, or the store's clock runs ahead."""
    zones = installation.folder / "zones"
    (zones / "Europe").mkdir(parents=True)
    shutil.copy("/usr/share/zoneinfo/UTC", zones / "Europe" / "London")
    done = run({**installation.environ, "PYTHONTZPATH": str(zones)})
    assert "the time zone data of this machine are wrong about Europe/London" in done.stdout
    assert [it.level for it in clock("the store", 61.0)] == [Level.WRONG]
    assert [it.level for it in clock("the store", -3.0)] == [Level.WORTH_KNOWING]
    assert list(clock("Kafka", 0.5)) == []


def test_what_is_read_and_not_counted_yet_is_said_to_be() -> None:
    """A long log is told first: that is no other version's doing."""
    told = Position(5, 5, f"{UNCOUNTED}.1", Log("case-events", "a-cluster", "a-topic", 1), 0)
    (found,) = _rebuilding({0: told}, "these-rules")
    assert "being counted" in found.what


def test_a_calendar_that_runs_out() -> None:
    """Known a year before the published bank holidays end."""
    assert list(machine.calendar(date(2027, 12, 31))) == []
    assert [it.level for it in machine.calendar(date(2028, 1, 2))] == [Level.WORTH_KNOWING]
    assert [it.level for it in machine.calendar(date(2050, 6, 1))] == [Level.WRONG]


def test_a_full_disk(tmp_path: Path) -> None:
    """Worth knowing while it fills, wrong once it nearly is."""
    assert [it.level for it in machine.disk(tmp_path / "not yet", 0, 1e12)] == [Level.WORTH_KNOWING]
    assert [it.level for it in machine.disk(tmp_path, 1e12, 1e12)] == [Level.WRONG]


SOUND = {"maxmemory_policy": "noeviction", "aof_enabled": 1, "role": "master"}


@pytest.mark.parametrize(
    ("version", "old"),
    [("7.0.15", 1), ("7.2.10", 1), ("7.2.11", 0), ("8.2.1", 1), ("8.2.2", 0), ("8.4.0", 0), ("6.0.16", 1)],
)
def test_a_store_that_lacks_security_mends(version: str, old: int) -> None:
    """By the release of its line; Redis before 7.0 cannot run our scripts at all."""
    assert len(list(store.judge({**SOUND, "redis_version": version}))) == old


def test_a_valkey_is_known_by_its_own_version() -> None:
    """It says a version of Redis too, for clients that ask for one."""
    for version, old in (("8.1.3", 1), ("8.1.4", 0), ("9.1.2", 0)):
        assert len(list(store.judge({**SOUND, "redis_version": "7.2.4", "valkey_version": version}))) == old
