"""What the topics and the group of workers are called. No client of Kafka is needed to know it."""

EVENTS = "case-events"
GROUP = "casepulse"  # that workers share the partitions in
PARTITIONS = 8  # fixed for life: an authority must not change its log


def rejected(topic: str) -> str:
    """Return the topic that dead letters of *topic* go to."""
    return f"{topic}-rejected"


def figures(topic: str) -> str:
    """Return the topic that figures counted from *topic* go to, unless it is named."""
    return "figures" if topic == EVENTS else f"{topic}-figures"
