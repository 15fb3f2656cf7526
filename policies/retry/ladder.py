"""Waits that stay, grow by steps or double, spread by a jitter (`Retry`)."""

from dataclasses import dataclass
from typing import Literal

from policies.retry.failed import Failed
from twin.model.instant import SECOND

DOUBLINGS_MAX = 62
"""Beyond it a power of two exceeds every time that is kept in 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Waits between the attempts of one call, in microseconds.

    `attempts` counts the first one. The ladder v after the k-th failure is `base_us` where it is `fixed`, k x `base_us`
    where it is `linear`, and base_us * 2^(k - 1 + first_exponent) where it is `exponential`; it is cut at `cap_us` and
    spread by `jitter`: `none` waits v, `full` uniformly up to v, `equal` half of v and up to half more, `decorrelated`
    uniformly from the base to three times the wait before, at most the cap. The jitter family is that of the AWS
    architecture blog's simulator, where `first_exponent` is 1; in the AWS SDKs, gRPC, Polly and resilience4j it is 0
    (POLICIES 2).
    """

    kind: Literal["none", "fixed", "linear", "exponential"] = "exponential"
    attempts: int = 3
    base_us: int = SECOND
    cap_us: int = 20 * SECOND
    jitter: Literal["none", "full", "equal", "decorrelated"] = "full"
    first_exponent: int = 0
    asked: Literal["obeyed", "ignored"] = "obeyed"

    def delay(self, failed: Failed) -> int | None:
        """Return the wait after a failed attempt, None when it was the last.

        Where it is `obeyed`, no attempt is made before the wait that the called side asked for is over, even beyond the
        cap. A negative one forbids the retry in any case: it is a no for good.
        """
        asked = failed.asked_us or 0
        if self.kind == "none" or failed.attempt >= self.attempts or asked < 0:
            return None
        return self._wait(failed) if self.asked == "ignored" else max(self._wait(failed), asked)

    def _wait(self, failed: Failed) -> int:
        if self.jitter == "decorrelated":
            high = 3 * max(failed.previous_us, self.base_us)
            return min(self.cap_us, between(self.base_us, high, failed.draw))
        step = min(self.cap_us, self._step(failed.attempt))
        match self.jitter:
            case "none":
                return step
            case "full":
                return between(0, step, failed.draw)
            case "equal":
                return between(step - step // 2, step, failed.draw)

    def _step(self, attempt: int) -> int:
        match self.kind:
            case "linear":
                return self.base_us * attempt
            case "exponential":
                return self.base_us << min(attempt - 1 + self.first_exponent, DOUBLINGS_MAX)
            case _:
                return self.base_us


def between(low: int, high: int, draw: float) -> int:
    """Return the whole number nearest to `draw` of the way from `low` to `high`, halves up."""
    return low + int(draw * (high - low) + 0.5)


def attempts_in_all(immediate: int, delayed: int) -> int:
    """Return how often a message is tried with `immediate` retries on the spot within each of `delayed` rounds.

    >>> attempts_in_all(5, 3)
    24
    """
    return (immediate + 1) * (delayed + 1)
