"""What Kafka is like, and the topic: looked at with one client, judged as values."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from kafka.admin import ConfigFilterType, ConfigResource, ConfigResourceType
from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError, KafkaError

from deploy.doctor.finding import Finding, which, worth_knowing, wrong
from deploy.doctor.reach import reach
from metrics.store.position import Log
from streams.broker import topics
from streams.broker.connection import KafkaSettings

T = TypeVar("T")
LARGEST_EVENT_BYTES = 64 * 1024 + 4096  # the largest event, its headers and what is around a record
APART_SECONDS, FAR_APART_SECONDS = 2.0, 60.0
RIGHTS_REMEDY = (
    "give this user DescribeConfigs on the topic and Describe on the cluster: docs/operations.md has the rights"
)

# What the topic of events must be like, and what else would come of it.
WANTED_OF_TOPIC = {
    "retention.ms": ("-1", "what is dropped for its age can never be counted again"),
    "retention.bytes": ("-1", "what is dropped for want of room can never be counted again"),
    "cleanup.policy": ("delete", "compaction drops all but one event of an authority"),
    "message.timestamp.type": ("LogAppendTime", "workers refuse to run: a producer's clock is not to be trusted"),
}


@dataclass(frozen=True)
class Partition:
    """One partition, as Kafka has it."""

    leader: int
    replicas: int
    in_sync: int


@dataclass(frozen=True)
class KafkaView:
    """What Kafka says. None, or nothing: it does not tell us."""

    topic: str
    log: Log | None = None  # None: there is no such topic
    has_rejected: bool = True
    figures: str = ""  # the topic that they go to
    has_figures: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)  # of the topic
    makes_topics: bool = False  # for whoever mistypes a name
    partitions: Mapping[int, Partition] = field(default_factory=dict)
    bounds: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # oldest offset and end
    apart: float | None = None  # seconds that its clock is ahead of ours
    workers: int | None = None


def reached(kafka: KafkaSettings) -> list[Finding]:
    """Return why none of the brokers can be talked to; empty where one can."""
    found = []
    for server in kafka.servers.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal():
            return [wrong(f"CASEPULSE_KAFKA names {server!r}", "write each as host:port")]
        why = reach("Kafka", "CASEPULSE_KAFKA", (host, int(port)), kafka.tls if kafka.has_tls else None)
        if why is None:
            return []
        found.append(why)
    return found


def unanswered(kafka: KafkaSettings, exc: Exception) -> Finding:
    """Return why a Kafka that somebody can connect to does not talk to us."""
    if kafka.has_sasl:
        return wrong(
            f"Kafka at {kafka} does not let {kafka.user} in ({type(exc).__name__})",
            "look at CASEPULSE_KAFKA_USER, the password in its file, and CASEPULSE_KAFKA_SASL_MECHANISM",
        )
    return wrong(
        f"something listens at {kafka} and does not talk to us as Kafka does ({type(exc).__name__})",
        f"is it Kafka, and does it ask for TLS or a password? CASEPULSE_KAFKA_SECURITY is {kafka.security}",
    )


def look(kafka: KafkaSettings, topic: str, figures: str, group: str) -> KafkaView:
    """Return what Kafka says. Raises KafkaError where it says nothing at all."""
    admin = topics.admin_of(kafka)
    try:
        names = set(admin.list_topics())
        apart, workers = _asked(lambda: _clock(admin)), _asked(lambda: _workers(admin, group))
        makes_topics = _makes_topics(admin)
        if topic not in names:
            return KafkaView(topic, makes_topics=makes_topics, apart=apart, workers=workers)
        found = admin.describe_topics([topic])[0]
        partitions = _partitions(found)
        return KafkaView(
            topic,
            log=Log(topic, str(admin.describe_cluster()["cluster_id"]), str(found["topic_id"]), len(partitions)),
            has_rejected=topics.rejected(topic) in names,
            figures=figures,
            has_figures=figures in names,
            settings=_asked(lambda: _settings(admin, ConfigResourceType.TOPIC, topic)) or {},
            makes_topics=makes_topics,
            partitions=partitions,
            bounds=_asked(lambda: topics.bounds_of(admin, topic, partitions)) or {},
            apart=apart,
            workers=workers,
        )
    finally:
        admin.close()


def seen_again(kafka: KafkaSettings, seen: KafkaView) -> KafkaView:
    """Return *seen* with the bounds of now. Raises KafkaError."""
    admin = topics.admin_of(kafka)
    try:
        bounds = _asked(lambda: topics.bounds_of(admin, seen.topic, seen.partitions))
        return replace(seen, bounds=bounds or seen.bounds)
    finally:
        admin.close()


def _asked(ask: Callable[[], T]) -> T | None:
    """Return an answer; None where it is refused."""
    try:
        return ask()
    except (KafkaError, KeyError, IndexError, TypeError):
        return None


def _settings(admin: Any, kind: Any, name: str) -> dict[str, str]:
    described = admin.describe_configs([ConfigResource(kind, name)], config_filter=ConfigFilterType.ALL)
    ((found,),) = ([*named.values()] for named in described.values())
    return {key: str(it["value"]) for key, it in found.items()}


def _partitions(topic: Mapping[str, Any]) -> dict[int, Partition]:
    return {
        p["partition_index"]: Partition(p["leader_id"], len(p["replica_nodes"]), len(p["isr_nodes"]))
        for p in topic["partitions"]
    }


def _makes_topics(admin: Any) -> bool:
    """Return whether Kafka makes a topic for whoever mistypes its name; False where it does not tell us."""
    settings = _asked(lambda: _settings(admin, ConfigResourceType.BROKER, str(_broker(admin)))) or {}
    return settings.get("auto.create.topics.enable") == "true"


def _broker(admin: Any) -> int:
    return int(admin.describe_cluster()["brokers"][0]["broker_id"])


def _clock(admin: Any) -> float:
    """Return how far Kafka's clock is ahead: the leader of its metadata is never behind itself."""
    asked = time.time()
    quorum = admin.describe_metadata_quorum()["topics"][0]["partitions"][0]
    (leader,) = (v for v in quorum["current_voters"] if v["replica_id"] == quorum["leader_id"])
    there = leader["last_caught_up_timestamp"] / 1000
    return float(max(0.0, there - time.time()) or min(0.0, there + 0.001 - asked))


def _workers(admin: Any, group: str) -> int:
    try:
        return len(admin.describe_groups([group])[group]["members"])
    except (GroupIdNotFoundError, CoordinatorNotAvailableError):  # nobody ever joined it, or any
        return 0


def lets_in(kafka: KafkaSettings) -> Iterator[Finding]:
    """Say that a Kafka which has answered us does not ask who comes."""
    if not (kafka.has_sasl or kafka.cert_file):
        yield worth_knowing(
            "Kafka does not ask who comes, so whoever reaches it can read every event and send some",
            "give it users (docs/operations.md has their rights); `casepulse up` sets a password for its own",
        )


def judge(seen: KafkaView) -> Iterator[Finding]:
    """Yield what is wrong with Kafka and the topic."""
    yield from clock("Kafka", seen.apart)
    if seen.makes_topics:
        yield worth_knowing(
            "Kafka makes a topic for whoever mistypes its name (auto.create.topics.enable)", "set it to false"
        )
    if seen.log is None:
        yield wrong(
            f"Kafka has no topic {seen.topic}",
            f"make it with {topics.PARTITIONS} partitions, or look whether CASEPULSE_TOPIC is right",
        )
        return
    if not seen.has_rejected:
        yield wrong(
            f"Kafka has no topic {topics.rejected(seen.topic)}, where dead letters go",
            "make it, with one partition: at the first dead letter the line would stand still",
        )
    if not seen.has_figures:
        yield wrong(
            f"Kafka has no topic {seen.figures}, where figures are published",
            f"make it, compacted, with {seen.log.partitions} partitions; or let workers --no-publish",
        )
    yield from _topic(seen, seen.log)
    yield from _copies(seen)


def _topic(seen: KafkaView, log: Log) -> Iterator[Finding]:
    if log.partitions != topics.PARTITIONS:
        yield worth_knowing(
            f"topic {seen.topic} has {log.partitions} partitions, and {topics.PARTITIONS} are usual",
            "leave it so once events are in it: an authority must not change its partition",
        )
    if not seen.settings:
        yield worth_knowing(f"Kafka does not tell us how topic {seen.topic} is set up", RIGHTS_REMEDY)
        return
    for name, (value, why) in WANTED_OF_TOPIC.items():
        if (found := seen.settings.get(name)) != value:
            yield wrong(f"topic {seen.topic} has {name}={found}, and {why}", f"set {name}={value}")
    if int(seen.settings.get("max.message.bytes", LARGEST_EVENT_BYTES)) < LARGEST_EVENT_BYTES:
        yield wrong(
            f"topic {seen.topic} takes no event of 64 KiB (max.message.bytes is {seen.settings['max.message.bytes']})",
            "set max.message.bytes=1048576",
        )


def _copies(seen: KafkaView) -> Iterator[Finding]:
    headless = [number for number, it in seen.partitions.items() if it.leader < 0]
    if headless:
        yield wrong(f"{which(headless)} of topic {seen.topic}: no broker leads", "start the brokers that are away")
    behind = [number for number, it in seen.partitions.items() if it.in_sync < it.replicas]
    if behind:
        yield worth_knowing(f"{which(behind)} of topic {seen.topic}: not every copy is in step", "look at the brokers")
    least = int(seen.settings.get("min.insync.replicas", 1))
    copies = min((it.replicas for it in seen.partitions.values()), default=1)
    if least > copies:
        yield wrong(
            f"topic {seen.topic} wants {least} copies in step and has {copies}, so nothing can be sent to it",
            f"set min.insync.replicas={max(1, copies - 1)}",
        )
    elif copies == 1:
        yield worth_knowing(
            f"topic {seen.topic} has one copy, on one disk", "on a cluster, give it three and min.insync.replicas=2"
        )
    elif least == 1:
        yield worth_knowing(
            f"topic {seen.topic} takes an event that one copy alone has (min.insync.replicas=1)",
            f"set min.insync.replicas={copies - 1}",
        )


def clock(whose: str, apart: float | None) -> Iterator[Finding]:
    """Yield how far a clock is *apart* from ours, in seconds, where that matters."""
    if apart is not None and abs(apart) > APART_SECONDS:
        say = wrong if abs(apart) > FAR_APART_SECONDS else worth_knowing
        yield say(f"the clock of {whose} and ours are {abs(apart):,.0f} s apart", "set both by NTP")


__all__ = ["KafkaView", "clock", "judge", "lets_in", "look", "reached", "unanswered"]
