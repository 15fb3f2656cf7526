"""The live process's clock, and the only module that reads one.

`elapsed` must not go back, also over a restart, because leases, expiries and windows are compared with values that a
former process stored. So the store keeps the moment of its last commit, and a start goes on from there: it adds the
wall time that has passed since, and nothing when the wall clock was set back meanwhile. While the process runs, only
the monotonic clock moves `elapsed`; a wall clock that is set, forth or back, changes `wall` alone.
"""

import time
from collections.abc import Callable

from twin.model.instant import Elapsed, Instant, Now

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

    def until(self, at: Elapsed | None) -> Elapsed:
        """Return up to when what is due is done before a line is taken: now, whatever the line's own time `at`."""
        return self().elapsed

    def move(self, to: Elapsed) -> None:
        """Do nothing: this clock goes by itself."""


class RecordedClock:
    """The moments of a recording: the present is the time of the line at hand, or of the timer before it.

    `start` is the wall time at elapsed 0. Two processes that read one recording see the same moments.
    """

    def __init__(self, mark: Now | None, start: Instant) -> None:
        self._start = start
        self._elapsed = 0 if mark is None else mark.elapsed

    def __call__(self) -> Now:
        """Return the present moment."""
        return Now(elapsed=self._elapsed, wall=self._start + self._elapsed)

    def until(self, at: Elapsed | None) -> Elapsed:
        """Return up to when what is due is done before a line of the time `at` is taken."""
        return self._elapsed if at is None else max(at, self._elapsed)

    def move(self, to: Elapsed) -> None:
        """Go on to a moment; an earlier one leaves the clock where it is."""
        self._elapsed = max(self._elapsed, to)
