"""The live process's clock, and the only module that reads one.

`elapsed` must not go back, also over a restart, because leases, expiries and windows are compared with values that a
former process stored. So the store keeps the moment of its last commit, and a start goes on from there: it adds the
wall time that has passed since, and nothing when the wall clock was set back meanwhile. While the process runs, only
the monotonic clock moves `elapsed`; a wall clock that is set, forth or back, changes `wall` alone.
"""

import time
from collections.abc import Callable

from twin.model.instant import Now

Nanoseconds = Callable[[], int]


class Clock:
    """The present moment, whole microseconds, continuing from `mark`: the last moment that a store has kept.

    `monotonic` and `wall` read the machine's clocks in nanoseconds; `wall` counts from 1970-01-01T00:00Z.
    """

    def __init__(
        self, mark: Now | None = None, *, monotonic: Nanoseconds = time.monotonic_ns, wall: Nanoseconds = time.time_ns
    ) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._start = 0 if mark is None else mark.elapsed + max(0, wall() // 1000 - mark.wall)
        self._started = monotonic()
        self._last = self._start

    def __call__(self) -> Now:
        """Return the moment of this call; its `elapsed` is never less than that of an earlier call."""
        passed = (self._monotonic() - self._started) // 1000
        self._last = max(self._last, self._start + passed)
        return Now(elapsed=self._last, wall=self._wall() // 1000)
