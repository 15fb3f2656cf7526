"""Running a timeline to its horizon, in slices, so that somebody can say how far it is.

Garbage collection is frozen and off while it runs, because nothing on the hot path makes cycles, and restored after.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from twin.kernel.timeline import Timeline
from twin.model.instant import Elapsed

SLICES: Final = 200
"""How often a run says how far it is."""


def advance(timeline: Timeline, horizon: Elapsed, progress: Callable[[float], None] | None) -> None:
    """Run to `horizon`; `progress` hears the share of it that is done."""
    with no_collections():
        for part in range(1, SLICES + 1):
            until = horizon * part // SLICES
            if until > timeline.now:
                timeline.run(until=until)
            if progress is not None:
                progress(part / SLICES)


@contextmanager
def no_collections() -> Iterator[None]:
    """Freeze and switch off the garbage collector, and restore it."""
    enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()
