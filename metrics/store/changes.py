"""How much of what was committed is kept for readers to follow. Who is further behind reads a partition anew."""

from collections import deque

MAX_CHANGES = 2000
MAX_CHANGE_BYTES = 64 * 1024 * 1024  # of a partition; a commit of a backlog may have a megabyte
TRUSTED_CHANGES = 100  # that were there before a claim: nobody knows their size, and no reader is so far behind


class KeptChanges:
    """The sizes of the changes that a worker has written since its claim of a partition."""

    def __init__(self) -> None:
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._earlier = TRUSTED_CHANGES

    def with_one_of(self, size: int) -> int:
        """Note a change of *size* bytes that is being written; return how many are to be kept, with it."""
        self._sizes.append(size)
        self._bytes += size
        while self._bytes > MAX_CHANGE_BYTES and len(self._sizes) > 1:
            self._bytes -= self._sizes.popleft()
            self._earlier = 0
        if len(self._sizes) > MAX_CHANGES:
            self._bytes -= self._sizes.popleft()
        return min(MAX_CHANGES, len(self._sizes) + self._earlier)
