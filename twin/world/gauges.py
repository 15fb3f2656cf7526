"""What of a run can be watched while it goes on: measures as they stand at a moment, under their keys.

A level is its present value. A count is by how much it grew within a span until now, a rate that by the second, a ratio
that of two such counts, and a distribution its statistic over the samples of that span; without a sample there is no
value. What a span goes back to is remembered look by look, so a span is as long as the looks that fit into it.
"""

from array import array
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np

from twin.model.instant import SECOND, Elapsed
from twin.world.levels import Level
from twin.world.measures import Watch
from twin.world.watchable import COUNTS, KEY, LEVELS, RATE, RATIO, STATISTICS, refusal

Gauge = Callable[[], float | None]


def gauge(key: str, watch: Watch, looks: int, apart: Elapsed) -> Gauge:
    """Return what reads a measure off a watch once at each look; a span is as many `looks`, each so far `apart`."""
    found = KEY.fullmatch(key)
    assert found is not None
    assert refusal(key) is None
    name, statistic, _, value = found.groups()
    if name in LEVELS:
        return _level(name, value, watch)
    if name in COUNTS:
        return _Growth(lambda: watch.counted(name), looks)
    if name == RATE:
        grew = _Growth(lambda: watch.requests.good, looks)
        return lambda: None if (more := grew()) is None else more * SECOND / (looks * apart)
    if name == RATIO:
        return _PerCall(_attempts(watch.attempts, value), _attempts(watch.calls, value), looks)
    return _Recent(_samples(name, value or "", watch), STATISTICS[statistic], looks)


def _level(name: str, queue: str | None, watch: Watch) -> Gauge:
    def value_of(level: Level | None) -> float:
        return float(level.value) if level is not None else 0.0

    match name:
        case "queue_length":
            return lambda: value_of(watch.queues.get(queue or ""))
        case "dlq_length":
            return lambda: value_of(watch.dead)
        case "orders_open":
            return lambda: float(watch.open)
        case "drift_units":
            return lambda: value_of(watch.drift)
        case "ghost_stock_units":
            return lambda: value_of(watch.ghost)
        case _:
            return lambda: value_of(watch.stale)


def _samples(name: str, link: str, watch: Watch) -> Callable[[], "array[int]"]:
    match name:
        case "availability_age_s":
            return lambda: watch.age.values
        case "capture_latency_s":
            return lambda: watch.capture.values
        case "order_cycle_s":
            return lambda: watch.cycle.values
        case "milestone_lag_s":
            return lambda: watch.milestones.values
        case _:
            return lambda: watch.latency[link].values if link in watch.latency else array("q")


class _Growth:
    """By how much a count grew within a span; no value until a whole span has gone by.

    What a restart of the measures took from the count is no fall.
    """

    def __init__(self, count: Callable[[], int], looks: int) -> None:
        self._count = count
        self._earlier = deque([0], maxlen=looks)

    def __call__(self) -> float | None:
        now = self._count()
        grew = now - min(self._earlier[0], now) if len(self._earlier) == self._earlier.maxlen else None
        self._earlier.append(now)
        return grew


def _attempts(counts: Mapping[str, int], link: str | None) -> Callable[[], int]:
    return lambda: sum(counts.values()) if link is None else counts.get(link, 0)


class _PerCall:
    """Attempts that ended within a span per call that began in it; no value where none began."""

    def __init__(self, attempts: Callable[[], int], calls: Callable[[], int], looks: int) -> None:
        self._attempts = _Growth(attempts, looks)
        self._calls = _Growth(calls, looks)

    def __call__(self) -> float | None:
        attempts, calls = self._attempts(), self._calls()
        return attempts / calls if attempts is not None and calls else None


class _Recent:
    """A statistic of the samples of a span, seconds."""

    def __init__(self, samples: Callable[[], "array[int]"], percent: float, looks: int) -> None:
        self._samples = samples
        self._percent = percent
        self._ends = deque([0], maxlen=looks)

    def __call__(self) -> float | None:
        values = self._samples()
        first = self._ends[0] if self._ends[0] <= len(values) else 0
        self._ends.append(len(values))
        recent = np.array(values[first:], dtype=np.int64)
        if not recent.size:
            return None
        found = recent.mean() if self._percent < 0 else np.percentile(recent, self._percent)
        return float(found) / SECOND
