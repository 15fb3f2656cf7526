"""The share of failed and of slow calls among the last ones, by number or by time: what a breaker opens on."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from policies.breaker.ruling import Counts
from policies.window import SlicedWindow


class Rates(NamedTuple):
    """Calls in the window, and how many of them failed and were slow; a slow failure counts in both."""

    calls: int = 0
    failed: int = 0
    slow: int = 0


class CallWindow(Protocol):
    """What both windows have in common."""

    def record(self, counts: Counts, now: int, failed: bool, slow: bool) -> Counts:
        """Return the counts after one more call ended at `now`."""

    def read(self, counts: Counts, now: int) -> Rates:
        """Return what the window holds at `now`."""


@dataclass(frozen=True, slots=True)
class LastCalls:
    """The last `size` calls: how many there are, and one bit each for failed and for slow, the newest lowest."""

    size: int

    def record(self, counts: Counts, now: int, failed: bool, slow: bool) -> Counts:
        """Shift one call in; the oldest one falls out."""
        calls, failures, slows = counts or (0, 0, 0)
        mask = (1 << self.size) - 1
        return min(self.size, calls + 1), (failures << 1 | failed) & mask, (slows << 1 | slow) & mask

    def read(self, counts: Counts, now: int) -> Rates:
        """Count the bits."""
        calls, failures, slows = counts or (0, 0, 0)
        return Rates(calls, failures.bit_count(), slows.bit_count())


@dataclass(frozen=True, slots=True)
class LastTime:
    """The calls of the last `slices` slices of `slice_ticks` ticks, the current one included."""

    slice_ticks: int
    slices: int

    def record(self, counts: Counts, now: int, failed: bool, slow: bool) -> Counts:
        """Count one call in the current slice."""
        return self._window.add(counts, now, (1, int(failed), int(slow)))

    def read(self, counts: Counts, now: int) -> Rates:
        """Sum the slices that are still in the window."""
        return Rates(*self._window.sums(counts, now))

    @property
    def _window(self) -> SlicedWindow:
        return SlicedWindow(self.slice_ticks, self.slices, 3)
