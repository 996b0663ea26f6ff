"""What a worker remembers of the cases of one partition, so that it need not ask the store at every event."""

from collections import OrderedDict
from collections.abc import Mapping

from metrics.counting.fold import CaseKey, Kept

MAX_REMEMBERED_CASES = 100_000  # beside those of the records at hand


class CaseCache(OrderedDict[CaseKey, Kept | None]):
    """What is kept under each key, None for nothing; first the cases that were longest without an event."""

    def remember(self, cases: Mapping[CaseKey, Kept | None]) -> None:
        """Take in *cases* as the newest."""
        for key, case in cases.items():
            self[key] = case
            self.move_to_end(key)

    def forget(self) -> None:
        """Forget the oldest cases beyond MAX_REMEMBERED_CASES. Not while any of them may be on its way to the store."""
        while len(self) > MAX_REMEMBERED_CASES:
            self.popitem(last=False)
