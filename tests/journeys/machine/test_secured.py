"""Kafka with TLS and SASL, Redis with TLS and ACL users who may do what they must: a figure goes all the way."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from kafka import KafkaConsumer, TopicPartition

from deploy.configuration.variables import VARIABLES, values
from deploy.doctor import Level, examine
from deploy.verbs.settings import shown
from streams.broker import topics
from streams.broker.connection import KafkaSettings
from streams.broker.partitions import partition_of
from tests.journeys.machine import secured
from tests.journeys.machine.test_spine import log_of
from tests.journeys.parts import MAIN, eventually, send, worker

ROOT = Path(__file__).parents[3]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("CASEPULSE_")}
LATER = "2026-11-20T12:00:00+00:00"
OLDER = "000000000000.older"  # a generation of tallies
SECRETS = ("broker-secret", "worker-secret", "reader-secret")


@dataclass(frozen=True)
class Parts:
    """What is up, and how to be let in."""

    kafka: KafkaSettings  # as the broker itself, who may do anything
    redis: str
    ca: Path
    folder: Path

    def env(self, user: str, **other: str) -> dict[str, str]:
        """Return the environment of a process that reaches Kafka and Redis as *user*."""
        password = str(secured.secret(self.folder, f"{user}.secret", f"{user}-secret"))
        return {
            **CLEAN,
            "CASEPULSE_KAFKA": self.kafka.servers,
            "CASEPULSE_KAFKA_SECURITY": "sasl_ssl",
            "CASEPULSE_KAFKA_CA_FILE": str(self.ca),
            "CASEPULSE_KAFKA_USER": user,
            "CASEPULSE_KAFKA_PASSWORD_FILE": password,
            "CASEPULSE_REDIS": self.redis,
            "CASEPULSE_REDIS_CA_FILE": str(self.ca),
            "CASEPULSE_REDIS_USER": user,
            "CASEPULSE_REDIS_PASSWORD_FILE": password,
            **other,
        }


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Both, secured, with the topics made."""
    server = shutil.which("redis-server")
    if server is None or shutil.which("openssl") is None:
        pytest.skip("redis-server or openssl is not installed")
    folder = tmp_path_factory.mktemp("secured")
    made = secured.certificates(folder)
    with secured.secured_redis(folder, made, server) as address, secured.secured_kafka(folder, made) as kafka:
        topics.ensure(kafka)
        secured.let_in(kafka)
        yield Parts(kafka, address, made.ca, folder)


def run(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MAIN, *arguments], env=dict(env), text=True, capture_output=True, timeout=60, check=False)


def found(env: Mapping[str, str], *arguments: str) -> Any:
    done = run(env, "figures", *arguments, "--at", "2026-11-30", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["figures"]


def test_a_figure_goes_all_the_way(parts: Parts, tmp_path: Path) -> None:
    """Loaded, folded, committed, recounted and read over TLS as users with few rights: every figure of the reference.

    And what the users may do is what they need: nothing was denied them, and nothing they may was left undone.
    """
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    log = list(log_of(3))
    first.write_text("".join(json.dumps(event) + "\n" for event in log))
    undone = [{**event, "id": f"undone-{n}", "recorded_at": LATER, "retracted": True} for n, event in enumerate(log)]
    second.write_text("".join(json.dumps({**event, "revision": 2**62}) + "\n" for event in undone[::2]))
    told = tmp_path / "told.ndjson", tmp_path / "both.ndjson"  # as they are sent: each load says what it is complete to
    for file, sent in zip((first, second), told, strict=True):
        assert run(CLEAN, "load", str(file), "--source", "events", "--to", str(sent)).returncode == 0
    told[1].write_text(told[0].read_text() + told[1].read_text())
    reference = found(CLEAN, "--from", str(told[0])), found(CLEAN, "--from", str(told[1]))
    assert reference[0] != reference[1]
    keeper = redis.Redis.from_url(
        parts.redis, ssl_ca_certs=str(parts.ca), username="keeper", password="keeper-secret", decode_responses=True
    )
    config = tmp_path / "casepulse.toml"
    config.write_text('kafka_sasl_mechanism = "SCRAM-SHA-256"\nredis_user = "nobody, as the environment counts more"\n')
    with worker(parts.env("worker", CASEPULSE_CONFIG=str(config)), tmp_path / "worker.log") as process:
        for file, right in ((first, reference[0]), (second, reference[1])):
            done = run(parts.env("reader"), "load", str(file), "--source", "events")
            assert done.returncode == 0, done.stderr
            eventually(lambda: read(keeper) == ends(parts.kafka, topics.EVENTS), within=40)
            assert found(parts.env("reader")) == right
        send(parts.kafka, topics.EVENTS, [b"{}"], topics.PARTITIONS)  # goes to the dead letters
        key = f"{{{topics.EVENTS}:{partition_of('X99999901', topics.PARTITIONS)}}}:"
        keeper.hset(f"{key}tally:{OLDER}:X99999901:a", "cell", 1)
        keeper.hset(f"{key}position", "generation", OLDER)  # so it is recounted, and what is older dropped
        eventually(lambda: not list(keeper.scan_iter(f"*:tally:{OLDER}*")), within=40)
        eventually(lambda: read(keeper) == ends(parts.kafka, topics.EVENTS), within=40)
        assert found(parts.env("reader")) == reference[1]
        assert "offset" in run(parts.env("reader"), "dead-letters").stdout
        assert ends(parts.kafka, topics.rejected(topics.EVENTS)) > 0  # more than one where the recount began meanwhile
        eventually(lambda: ends(parts.kafka, topics.figures(topics.EVENTS)) > 0, within=20)
        assert process.ended() is None
        spoken = process.log.read_text() + done.stdout + done.stderr
        assert not [secret for secret in SECRETS if secret in spoken]
    assert [(entry["username"], entry["object"]) for entry in keeper.acl_log()] == []
    used = {name.removeprefix("cmdstat_") for name in keeper.info("commandstats")}
    granted = {word[1:] for word in f"{secured.WORKER} {secured.READER}".split() if word.startswith("+")}
    assert granted - used <= {"select"}  # of a database that is not the first
    keeper.close()


def ends(kafka: KafkaSettings, topic: str) -> int:
    """Return how many records were ever appended to *topic*."""
    with KafkaConsumer(**kafka.options) as consumer:
        all_of = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        return sum(consumer.end_offsets(all_of).values())


def read(keeper: "redis.Redis") -> int:
    """Return how many records the store has read."""
    return sum(int(keeper.hget(key, "offset") or 0) for key in keeper.scan_iter("*:position"))


def test_settings_never_show_a_secret(parts: Parts) -> None:
    """Set, and where; and a password in a URL is left out of it."""
    settings = shown_settings(parts.env("reader"))
    assert settings["CASEPULSE_KAFKA_PASSWORD_FILE"].startswith("set, in ")
    assert settings["CASEPULSE_KAFKA_KEY_FILE"] == "not set"
    settings = shown_settings(
        {"CASEPULSE_REDIS": "redis://me:reader-secret@store:6379/0", "CASEPULSE_REDIS_PASSWORD_FILE": "/no"}
    )
    assert settings["CASEPULSE_REDIS"] == "redis://store:6379/0, password set"
    assert settings["CASEPULSE_REDIS_PASSWORD_FILE"] == "not set: /no cannot be read, or is empty"


def shown_settings(env: Mapping[str, str]) -> dict[str, str]:
    """Return what `casepulse settings` shows."""
    found = values(env)
    return {variable.name: shown(variable, found[variable.name]) for variable in VARIABLES}


def test_the_doctor_may_look_with_few_rights(parts: Parts) -> None:
    """He needs no more than a reader has; and he says no secret."""
    done = run(parts.env("reader"), "doctor", "--json")
    findings = json.loads(done.stdout)
    known = {"topic", "the", "no", "1", "nothing", "authority.toml"}
    assert {finding["what"].partition(" ")[0] for finding in findings} <= known, findings
    not_let_in = ("let", "tell", "password", "who comes")
    assert not [finding["what"] for finding in findings for word in not_let_in if word in finding["what"]]
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]


REFUSALS = (
    ({"CASEPULSE_KAFKA_CA_FILE": ""}, "the certificate of Kafka at"),
    ({"CASEPULSE_KAFKA_SECURITY": "sasl_plaintext", "CASEPULSE_KAFKA_CA_FILE": ""}, "does not let reader in"),
    ({"CASEPULSE_KAFKA_USER": "nobody"}, "does not let nobody in"),
    ({"CASEPULSE_REDIS_CA_FILE": ""}, "the certificate of the store at"),
    ({"CASEPULSE_REDIS_USER": "nobody"}, "does not let nobody in"),
    ({"CASEPULSE_KAFKA_PASSWORD_FILE": "/nowhere"}, "/nowhere: the secret cannot be read"),
)


@pytest.mark.parametrize(("other", "says"), REFUSALS, ids=[says for _, says in REFUSALS])
def test_why_one_is_not_let_in_is_named(parts: Parts, other: dict[str, str], says: str) -> None:
    """The doctor tells a certificate from a password."""
    found = [finding.what for finding in examine({**parts.env("reader"), **other}) if finding.level is Level.WRONG]
    assert len([what for what in found if says in what]) == 1, found


@pytest.mark.parametrize("rights", [secured.WORKER, secured.READER], ids=["worker", "reader"])
def test_the_runbook_has_these_rights(rights: str) -> None:
    """Whoever copies the lines of docs/operations.md has what is tested here, word for word."""
    written = " ".join((ROOT / "docs" / "operations.md").read_text().split())
    assert rights in written
