"""Running a timeline to its horizon, in slices, so that somebody can say how far it is or look at it on the way.

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


def observe(timeline: Timeline, horizon: Elapsed, every: Elapsed, level: Callable[[], int]) -> list[int]:
    """Run to the horizon and return the level at even times, `every` microseconds apart."""
    series: list[int] = []

    def look(_: None) -> None:
        series.append(level())
        timeline.call_in(every, look, None)

    timeline.call_in(every, look, None)
    advance(timeline, horizon, None)
    return series
