"""The topics, by kafka-python: made where they are missing, and described."""

from collections.abc import Iterable
from contextlib import suppress

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic, OffsetSpec
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import TopicPartition

from metrics.store.position import Log, Refused
from streams.broker.connection import KafkaAddress, reached
from streams.broker.names import EVENTS, GROUP, PARTITIONS, figures, rejected

ADMIN_TIMEOUT_MS = 5_000
DAY_MS = 24 * 3600 * 1000

__all__ = [
    "EVENTS",
    "GROUP",
    "PARTITIONS",
    "KafkaError",
    "admin_of",
    "bounds",
    "bounds_of",
    "describe",
    "ensure",
    "figures",
    "rejected",
]


def ensure(
    kafka: KafkaAddress, topic: str = EVENTS, partitions: int = PARTITIONS, figures_topic: str | None = None
) -> None:
    """Make the topics that are missing. Raises KafkaError."""
    wanted = (
        _of_events(topic, partitions),
        _of_dead_letters(rejected(topic)),
        _of_figures(figures_topic or figures(topic), partitions),
    )
    admin = admin_of(kafka)
    try:
        present = set(admin.list_topics())
        for new in wanted:
            if new.name not in present:
                _create(admin, new)
        admin.wait_for_topics([new.name for new in wanted])
    finally:
        admin.close()


def _of_events(name: str, partitions: int) -> NewTopic:
    # The append time is what "recorded in the future" is measured by: a producer's own clock is not to be trusted.
    settings = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "cleanup.policy": "delete"}
    return NewTopic(name, partitions, 1, topic_configs=settings)


def _of_dead_letters(name: str) -> NewTopic:
    # Dead letters may hold anything that a broken source wrote: they are kept only as long as mending it takes.
    return NewTopic(name, 1, 1, topic_configs={"retention.ms": str(14 * DAY_MS)})


def _of_figures(name: str, partitions: int) -> NewTopic:
    # Divided as events are: the figures of an authority are in order, and one worker at a time writes them. Each figure
    # is written again within the hour, so older ones are cleaned up often. A withdrawn figure is told for a week, to
    # readers that were away.
    settings = {
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.2",
        "segment.ms": str(DAY_MS // 24),
        "max.compaction.lag.ms": str(DAY_MS),
        "delete.retention.ms": str(7 * DAY_MS),
    }
    return NewTopic(name, partitions, 1, topic_configs=settings)


def _create(admin: KafkaAdminClient, new: NewTopic) -> None:
    with suppress(TopicAlreadyExistsError):  # another process was quicker
        admin.create_topics([new])


def admin_of(kafka: KafkaAddress) -> KafkaAdminClient:
    """Return a client that makes topics and asks about them; close it. Raises KafkaError."""
    return KafkaAdminClient(**reached(kafka).options, bootstrap_timeout_ms=ADMIN_TIMEOUT_MS)


def describe(kafka: KafkaAddress, topic: str = EVENTS) -> Log:
    """Return which log the offsets of *topic* belong to.

    Raises KafkaError where Kafka does not answer, Refused where the topic is missing or not as it must be.
    """
    admin = admin_of(kafka)
    try:
        if topic not in admin.list_topics():
            raise Refused(f"Kafka has no topic {topic}: `casepulse up` makes one, or make it as the runbook says")
        described = admin.describe_topics([topic])[0]
        cluster = admin.describe_cluster()["cluster_id"]
        stamps = _setting(admin, topic, "message.timestamp.type")
    finally:
        admin.close()
    if stamps != "LogAppendTime":
        raise Refused(f"topic {topic} must have message.timestamp.type=LogAppendTime and has {stamps}: set it")
    return Log(topic, str(cluster), str(described["topic_id"]), len(described["partitions"]))


def bounds(kafka: KafkaAddress, topic: str = EVENTS) -> dict[int, tuple[int, int]]:
    """Return the oldest offset of each partition and its end. Raises KafkaError; Refused where there is no topic."""
    log = describe(kafka, topic)
    admin = admin_of(kafka)
    try:
        return bounds_of(admin, topic, range(log.partitions))
    finally:
        admin.close()


def bounds_of(admin: KafkaAdminClient, topic: str, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return the oldest offset of each partition and its end, asked of *admin*. Raises KafkaError."""
    all_of = [TopicPartition(topic, number) for number in partitions]
    oldest = admin.list_partition_offsets(dict.fromkeys(all_of, OffsetSpec.EARLIEST))
    end = admin.list_partition_offsets(dict.fromkeys(all_of, OffsetSpec.LATEST))
    return {tp.partition: (oldest[tp].offset, end[tp].offset) for tp in all_of}


def _setting(admin: KafkaAdminClient, topic: str, name: str) -> str:
    """Return a setting of *topic*, wherever it stands in Kafka's answer; "unknown" where it does not."""
    return _find(name, admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])) or "unknown"


def _find(name: str, answer: object) -> str | None:
    if isinstance(answer, dict):
        value = answer.get(name)
        if value is not None:
            return str(value["value"] if isinstance(value, dict) else value)
        return next((hit for inner in answer.values() if (hit := _find(name, inner))), None)
    if isinstance(answer, list | tuple):
        return next((hit for inner in answer if (hit := _find(name, inner))), None)
    return None
