"""Which partition an authority's events stand in: one authority is one log."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=4096)
def partition_of(authority: str, partitions: int) -> int:
    """Return the partition of an authority: murmur2 of the key, as Java's default has it."""
    return int((murmur2(authority.encode()) & 0x7FFFFFFF) % partitions)
