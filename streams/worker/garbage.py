"""When a worker looks for garbage."""

import asyncio
import gc

YOUNG_SECONDS, ALL_SECONDS = 5.0, 3600.0  # between looks among new objects, and among all


async def collect_garbage() -> None:
    """Look for garbage for ever, in place of Python: its own collector takes a quarter of the worker's time.

    It would walk all that is remembered again and again. References free nearly everything; only cycles need looking
    for, and those are young.
    """
    gc.disable()
    gc.freeze()  # modules and the like stay
    while True:
        for _ in range(round(ALL_SECONDS / YOUNG_SECONDS)):
            await asyncio.sleep(YOUNG_SECONDS)
            gc.collect(1)
        gc.collect()
