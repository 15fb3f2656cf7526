"""The waits of resilience4j's interval functions, in whole milliseconds (`Resilience4jRetry`)."""

from dataclasses import dataclass

from policies.retry.failed import Failed
from twin.model.instant import DAY

_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resilience4jRetry:
    """`base_us` x `multiplier`^(k - 1) after the k-th failure, spread by `randomisation` of itself to both sides.

    The value is cut to whole milliseconds, and is at least one. Source: resilience4j/resilience4j IntervalFunction.java
    (POLICIES 2).
    """

    attempts: int = 3
    base_us: int = 500_000
    multiplier: float = 1.0
    randomisation: float = 0.0
    cap_us: int = DAY

    def delay(self, failed: Failed) -> int | None:
        """Return the wait after a failed attempt, None when it was the last; what was asked for is not looked at."""
        if failed.attempt >= self.attempts:
            return None
        step = min(float(self.cap_us), self.base_us * self.multiplier ** min(failed.attempt - 1, 1_000))
        spread = step * (1 - self.randomisation + 2 * self.randomisation * failed.draw)
        return max(1, int(min(spread, float(self.cap_us)) / _MS)) * _MS
