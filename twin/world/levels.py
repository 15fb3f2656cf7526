"""Levels and samples: what measures are added up in while a run goes on."""

from array import array

import numpy as np

from twin.model.instant import SECOND, Elapsed


class Level:
    """A quantity that holds until it changes: its time-weighted mean, its maximum and its last value."""

    __slots__ = ("_area", "_last", "_since", "maximum", "value")

    def __init__(self) -> None:
        self.value = 0
        self.maximum = 0
        self._area = 0
        self._last: Elapsed = 0
        self._since: Elapsed = 0

    def add(self, change: int, now: Elapsed) -> None:
        """Change the level at `now`."""
        self.put(self.value + change, now)

    def put(self, value: int, now: Elapsed) -> None:
        """Set the level at `now`."""
        self._area += self.value * (now - self._last)
        self._last = now
        self.value = value
        if value > self.maximum:
            self.maximum = value

    def restart(self, now: Elapsed) -> None:
        """Forget what was, keep the level: the warm-up is over."""
        self._area = 0
        self._last = self._since = now
        self.maximum = self.value

    def mean(self, now: Elapsed) -> float:
        """Return the time-weighted mean from the restart until `now`."""
        span = now - self._since
        return (self._area + self.value * (now - self._last)) / span if span else float(self.value)


class Samples:
    """Durations in whole microseconds, all of them kept (8 bytes each), reported in seconds."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values = array("q")

    def add(self, value: Elapsed) -> None:
        """Take one sample."""
        self.values.append(value)

    def restart(self) -> None:
        """Forget what was sampled: the warm-up is over."""
        self.values = array("q")

    def statistics(self) -> dict[str, float | None]:
        """Return mean, p50, p95, p99, max (seconds; None without samples) and n."""
        if not self.values:
            return {"mean": None, "p50": None, "p95": None, "p99": None, "max": None, "n": 0}
        seconds = np.frombuffer(self.values, dtype=np.int64) / SECOND
        p50, p95, p99 = (float(q) for q in np.percentile(seconds, (50, 95, 99)))
        return {
            "mean": float(seconds.mean()),
            "p50": p50,
            "p95": p95,
            "p99": p99,
            "max": float(seconds.max()),
            "n": len(self.values),
        }
