"""The real worker, with traps: at a step that is armed it stops itself, so that a fault can hit just there.

`CASEPULSE_TRAPS` is a folder. A file named after a step arms it. The first worker that comes to the step renames the
file to `<step>.<pid>`, and stops (SIGSTOP) until the journey lets it go on. The product knows nothing of this.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from redis.exceptions import ConnectionError as ReplyLost

from deploy.command import main
from metrics.store import position
from metrics.store.redis import Store
from streams.worker import owned_partition
from streams.worker.owned_partition import OwnedPartition
from streams.worker.owner import Owner

STEPS = ("read", "fold", "send", "reply lost", "applied", "seek")
TRAPS = Path(os.environ.get("CASEPULSE_TRAPS", "traps"))


def passing(step: str) -> bool:
    """Stop here if *step* is armed; return whether it was."""
    try:
        (TRAPS / step).rename(TRAPS / f"{step}.{os.getpid()}")
    except FileNotFoundError:
        return False
    os.kill(os.getpid(), signal.SIGSTOP)
    return True


def before(step: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def trapped(*args: Any, **kwargs: Any) -> Any:
        passing(step)
        return await method(*args, **kwargs)

    return trapped


def commit_with_traps(commit: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def trapped(*args: Any) -> None:
        passing("send")
        await commit(*args)
        if passing("reply lost"):
            raise ReplyLost("the answer was lost on its way")

    return trapped


def fold_with_trap(fold: Callable[..., Any]) -> Callable[..., Any]:
    def trapped(*args: Any) -> Any:
        passing("fold")
        return fold(*args)

    return trapped


def count_with_trap(count: Callable[..., None]) -> Callable[..., None]:
    def trapped(*args: Any) -> None:
        passing("applied")
        count(*args)

    return trapped


def set_traps() -> None:
    """Put a trap before each step of the owner's work."""
    reading: Any = OwnedPartition.fold
    OwnedPartition.fold = before("read", reading)  # type: ignore[method-assign]  # a trap
    seeking: Any = Owner.positions
    Owner.positions = before("seek", seeking)  # type: ignore[method-assign]  # a trap
    Store.commit = commit_with_traps(Store.commit)  # type: ignore[method-assign]  # a trap
    Owner._count = count_with_trap(Owner._count)  # type: ignore[method-assign]  # a trap
    owned_partition.fold = fold_with_trap(owned_partition.fold)


if __name__ == "__main__":
    set_traps()
    position.LONG_LOG_EVENTS = (
        1_000  # so that a log of this journey is long enough to be told first and counted afterwards
    )
    sys.exit(main())
