"""The topics, by kafka-python: made if they are not there, and asked what they are."""

from contextlib import suppress

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from metrics.store import Log, Refused

EVENTS = "case-events"
PATIENCE = 5_000  # milliseconds
PARTITIONS = 8  # fixed for life: an authority must not change its log

__all__ = ["EVENTS", "PARTITIONS", "KafkaError", "describe", "ensure", "rejected"]


def rejected(topic: str) -> str:
    """Return the topic that dead letters of *topic* go to."""
    return f"{topic}-rejected"


def ensure(bootstrap: str, topic: str = EVENTS, partitions: int = PARTITIONS) -> None:
    """Make the topics that are missing. Raises KafkaError."""
    wanted = (
        # The append time is what "recorded in the future" is measured by; a producer's own clock is not to be trusted.
        NewTopic(
            topic, partitions, 1,
            topic_configs={"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "cleanup.policy": "delete"},
        ),
        # Dead letters may hold anything that a broken source wrote: kept only as long as mending it takes.
        NewTopic(rejected(topic), 1, 1, topic_configs={"retention.ms": str(14 * 24 * 3600 * 1000)}),
    )  # fmt: skip
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=PATIENCE)
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


def describe(bootstrap: str, topic: str = EVENTS) -> Log:
    """Return which log the offsets of *topic* belong to.

    Raises KafkaError where Kafka does not answer, Refused where the topic is missing or not as it must be.
    """
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=PATIENCE)
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
