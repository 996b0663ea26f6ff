"""The topics, by kafka-python: made if they are not there, and asked what they are."""

from contextlib import suppress
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from metrics.store.redis import Log, Refused
from streams.broker.connection import KafkaAddress, reached

EVENTS = "case-events"
GROUP = "casepulse"  # that workers share the partitions in
PATIENCE = 5_000  # milliseconds
DAY = 24 * 3600 * 1000  # milliseconds
PARTITIONS = 8  # fixed for life: an authority must not change its log

__all__ = ["EVENTS", "GROUP", "PARTITIONS", "KafkaError", "admin_of", "describe", "ensure", "figures", "rejected"]


def rejected(topic: str) -> str:
    """Return the topic that dead letters of *topic* go to."""
    return f"{topic}-rejected"


def figures(topic: str) -> str:
    """Return the topic that figures counted from *topic* go to, unless it is named."""
    return "figures" if topic == EVENTS else f"{topic}-figures"


def ensure(
    kafka: KafkaAddress, topic: str = EVENTS, partitions: int = PARTITIONS, figures_topic: str | None = None
) -> None:
    """Make the topics that are missing. Raises KafkaError."""
    wanted = (
        # The append time is what "recorded in the future" is measured by; a producer's own clock is not to be trusted.
        NewTopic(
            topic,
            partitions,
            1,
            topic_configs={"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "cleanup.policy": "delete"},
        ),
        # Dead letters may hold anything that a broken source wrote: kept only as long as mending it takes.
        NewTopic(rejected(topic), 1, 1, topic_configs={"retention.ms": str(14 * DAY)}),
        # Divided as events are: the figures of an authority are in order, and one worker at a time writes them. All of
        # them are written within the hour, so what is behind them is cleaned often; what was withdrawn is told for a
        # week, to readers that were away.
        NewTopic(
            figures_topic or figures(topic),
            partitions,
            1,
            topic_configs={
                "cleanup.policy": "compact",
                "min.cleanable.dirty.ratio": "0.2",
                "segment.ms": str(DAY // 24),
                "max.compaction.lag.ms": str(DAY),
                "delete.retention.ms": str(7 * DAY),
            },
        ),
    )
    admin = admin_of(kafka)
    try:
        there = set(admin.list_topics())
        for new in wanted:
            if new.name not in there:
                _create(admin, new)
        admin.wait_for_topics([new.name for new in wanted])
    finally:
        admin.close()


def _create(admin: "KafkaAdminClient", new: "NewTopic") -> None:
    with suppress(TopicAlreadyExistsError):  # another process was quicker
        admin.create_topics([new])


def admin_of(kafka: KafkaAddress) -> Any:
    """Return a client that makes topics and asks about them; close it. Raises KafkaError."""
    return KafkaAdminClient(**reached(kafka).options, bootstrap_timeout_ms=PATIENCE)


def describe(kafka: KafkaAddress, topic: str = EVENTS) -> Log:
    """Return which log the offsets of *topic* belong to.

    Raises KafkaError where Kafka does not answer, Refused where the topic is missing or not as it must be.
    """
    admin = admin_of(kafka)
    try:
        if topic not in admin.list_topics():
            raise Refused(f"Kafka has no topic {topic}: `casepulse up` makes one, or make it as the runbook says")
        found = admin.describe_topics([topic])[0]
        cluster = admin.describe_cluster()["cluster_id"]
        stamps = _setting(admin, topic, "message.timestamp.type")
    finally:
        admin.close()
    if stamps != "LogAppendTime":
        raise Refused(f"topic {topic} must have message.timestamp.type=LogAppendTime and has {stamps}: set it")
    return Log(topic, str(cluster), str(found["topic_id"]), len(found["partitions"]))


def _setting(admin: "KafkaAdminClient", topic: str, name: str) -> str:
    def find(found: object) -> str | None:
        if isinstance(found, dict):
            value = found.get(name)
            if value is not None:
                return str(value["value"] if isinstance(value, dict) else value)
            return next((hit for inner in found.values() if (hit := find(inner))), None)
        if isinstance(found, list | tuple):
            return next((hit for inner in found if (hit := find(inner))), None)
        return None

    return find(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])) or "unknown"
