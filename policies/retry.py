"""How long to wait before the next attempt, or that there is none (`Retry`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from twin.model.instant import SECOND

_DOUBLINGS_MAX = 62
"""Beyond it a power of two exceeds every time that is kept in 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Waits between the attempts of one call, in microseconds.

    `attempts` counts the first one. `fixed` waits `base_us` each time; `exponential` has the ladder
    v = min(cap_us, base_us * 2^(k - 1 + first_exponent)) after the k-th failure, spread by `jitter`: `none` waits v,
    `full` uniformly up to v, `equal` half of v and up to half more, `decorrelated` uniformly from the base to three
    times the wait before, at most the cap. The jitter family is that of the AWS architecture blog's simulator, where
    `first_exponent` is 1; in the AWS SDKs, gRPC, Polly and resilience4j it is 0.
    """

    kind: Literal["none", "fixed", "exponential"] = "exponential"
    attempts: int = 3
    base_us: int = SECOND
    cap_us: int = 20 * SECOND
    jitter: Literal["none", "full", "equal", "decorrelated"] = "full"
    first_exponent: int = 0

    def delay(self, attempt: int, draw: float, previous_us: int = 0, retry_after_us: int | None = None) -> int | None:
        """Return the wait after the failed attempt number `attempt` (1 is the first call), None when it was the last.

        `draw` is uniform in [0, 1]; `previous_us` is the wait before this attempt (0: none), which only `decorrelated`
        reads; no attempt is made before `retry_after_us`, which the called side asked for, even beyond the cap.
        """
        if self.kind == "none" or attempt >= self.attempts:
            return None
        return max(self._wait(attempt, draw, previous_us), retry_after_us or 0)

    def _wait(self, attempt: int, draw: float, previous_us: int) -> int:
        if self.kind == "fixed":
            return self.base_us
        ladder = min(self.cap_us, self.base_us << min(attempt - 1 + self.first_exponent, _DOUBLINGS_MAX))
        match self.jitter:
            case "none":
                return ladder
            case "full":
                return _between(0, ladder, draw)
            case "equal":
                return _between(ladder - ladder // 2, ladder, draw)
            case "decorrelated":
                return min(self.cap_us, _between(self.base_us, 3 * max(previous_us, self.base_us), draw))


PRESETS: Mapping[str, Retry] = {
    "aws-standard-2.0": Retry(attempts=3, base_us=SECOND, cap_us=20 * SECOND),
    "aws-standard-2.1": Retry(attempts=3, base_us=50_000, cap_us=20 * SECOND),
    "polly": Retry(kind="fixed", attempts=4, base_us=2 * SECOND),
    "resilience4j": Retry(kind="fixed", attempts=3, base_us=500_000),
}
"""Published defaults: boto/botocore botocore/retries/standard.py (2.1 for transient errors), Polly and resilience4j."""


def _between(low: int, high: int, draw: float) -> int:
    """Return the whole number nearest to `draw` of the way from `low` to `high`, halves up."""
    return low + int(draw * (high - low) + 0.5)


def attempts_in_all(immediate: int, delayed: int) -> int:
    """Return how often a message is tried with `immediate` retries on the spot within each of `delayed` rounds.

    >>> attempts_in_all(5, 3)
    24
    """
    return (immediate + 1) * (delayed + 1)
