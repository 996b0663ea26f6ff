"""What is written to a partition and read of it in one step."""

import msgspec

from metrics.counting.completeness import Completeness
from metrics.counting.fold import Change
from metrics.counting.tally import Tally
from metrics.store.position import LastRecord, Position
from metrics.store.worker_sign import WorkerSign

TallyName = tuple[str, str]  # authority, part


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch writes. *expected* is the offset that the store must still stand at, under the claim *token*."""

    token: str
    expected: int
    position: int  # the offset after it
    generation: str
    change: Change
    dead: list[tuple[int, str]] = []  # offset, and how the store lists it
    dead_in_a_row: int = 0  # at the end of the batch
    last: LastRecord | None = None  # the record that was read last


class CommitStep(msgspec.Struct, frozen=True):
    """What one commit added to the tallies, from one offset to the next."""

    start: int
    end: int
    tallies: dict[str, Tally]


class PartitionView(msgspec.Struct, frozen=True):
    """What a reader that follows sees: where a partition stands, the steps that took it there, its worker's sign."""

    position: Position | None
    authorities: dict[str, Completeness]
    steps: list[CommitStep]
    sign: WorkerSign | None = None
    sign_age: float = 0.0  # seconds, by the store's clock
