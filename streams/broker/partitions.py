"""Which partition an authority's events stand in: one authority is one log."""

from functools import lru_cache
from typing import Protocol

from aiokafka.partitioner import murmur2


class TopicPartition(Protocol):
    """A partition of a topic, as aiokafka, kafka-python and Faust each have a named tuple for it."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int: ...


@lru_cache(maxsize=4096)
def partition_of(authority: str, partitions: int) -> int:
    """Return the partition of an authority: murmur2 of the key, as Kafka's Java client has it."""
    return int((murmur2(authority.encode()) & 0x7FFFFFFF) % partitions)
